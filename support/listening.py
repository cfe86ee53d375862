"""What shoppers say when they send something back or complain, heard together with their reviews."""

from datetime import datetime

from django.utils.translation import override

from orders.models import Order
from returns.models import Claim, ClaimLine, Return, ReturnLine
from returns.rules.reasons import shipped_name
from returns.selectors.policy import reasons
from returns.types import Problem
from reviews.models import Voice
from reviews.services.listening import hear
from reviews.types import Source

UNSAID = ("other", "rather_not_say")  # reasons that say nothing


def hear_return(*, return_id: int, at: datetime) -> list[Voice]:
    """Why each line goes back: the reason in the shopper's language, and their own words."""
    case: Return | None = Return.objects.select_related("order__customer").filter(pk=return_id).first()
    if case is None:
        return []
    rows = ReturnLine.objects.filter(case=case).select_related("order_line__product").order_by("pk")
    language = _language(case.order, case.language)
    with override(language):
        names = {reason.code: reason.name for reason in reasons()}
        return [voice for row in rows if (voice := _of_line(case, row, names, language)) is not None]


def _of_line(case: Return, row: ReturnLine, names: dict[str, str], language: str) -> Voice | None:
    reason = "" if row.reason in UNSAID else names.get(row.reason) or shipped_name(row.reason)
    product = row.order_line.product
    return hear(
        source=Source.RETURN, source_id=str(row.pk), text=_joined(reason, row.note), language=language, at=case.requested_at,
        product=product, product_key="" if product else row.order_line.sku, order=case.order, customer_id=_whose(case),
    )  # fmt: skip


def _whose(case: Return) -> int | None:
    """Of a gift, who sends it back is not who bought it, and the giver is not told."""
    return None if case.is_gift else case.order.customer_id


def hear_claim(*, claim_id: int, at: datetime) -> Voice | None:
    """What was wrong, in the shopper's language and words; about the product when it is about one line."""
    claim: Claim | None = Claim.objects.select_related("order__customer").filter(pk=claim_id).first()
    if claim is None:
        return None
    lines = list(ClaimLine.objects.filter(claim=claim).select_related("order_line__product").order_by("pk")[:2])
    line = lines[0].order_line if len(lines) == 1 else None
    language = _language(claim.order)
    with override(language):
        problem = str(Problem(claim.problem).label)
    return hear(
        source=Source.CLAIM, source_id=str(claim.pk), text=_joined(problem, claim.note, claim.answer), language=language,
        at=claim.opened_at, product=line.product if line else None, product_key=line.sku if line and not line.product else "",
        order=claim.order, customer_id=claim.order.customer_id,
    )  # fmt: skip


def _joined(*parts: str) -> str:
    return ".\n".join(part.strip().rstrip(".") for part in parts if part.strip())


def _language(order: Order, told: str = "") -> str:
    customer = order.customer
    return told or order.language or (customer.language if customer else "")
