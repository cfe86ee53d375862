"""What this room holds about a shopper: why things went back, what was wrong, pictures of it, and statements of withdrawal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from customers.registry import Holding, Record, register
from customers.types import Subject
from orders.selectors import orders_held
from returns.models import CasePhoto, Claim, ClaimLine, Exchange, MoneyBack, ParcelAnswer, Return, ReturnLine, Withdrawal
from returns.rules.states import OPEN_CLAIM, OPEN_RETURN
from returns.types import WithdrawalState
from tracking.models import Shipment

RETURN = ("rma", "state", "requested_at", "way", "carrier", "tracking_number", "question", "answer", "reason", "resolved_at")
LINE = ("order_line__title", "quantity", "reason", "note", "outcome", "amount", "quantity_accepted", "found")
CLAIM = ("number", "state", "problem", "wanted", "resolution", "note", "question", "answer", "reason", "amount", "currency", "opened_at")
MONEY = ("amount", "currency", "way", "state", "sent_at", "credit_code")
WITHDRAWAL = ("order_number", "name", "email", "scope", "declared_at", "state", "receipt", "reason")
PHOTO = ("public_id", "created_at", "width", "height")
EMPTY: dict[str, Any] = {"answer": "", "question": "", "reason": ""}
OF_RETURN: dict[str, Any] = {
    **EMPTY, "recipient": {}, "label_url": "", "label_code": "", "label_error": "", "label_provider_id": "", "tracking_number": "",
}  # fmt: skip
OF_WITHDRAWAL = {"name": "", "email": "", "scope": "", "receipt": "", "reason": ""}


def _returns(subject: Subject) -> QuerySet[Return]:
    rows: QuerySet[Return] = Return.objects.filter(order__customer=subject.customer_id).order_by("requested_at", "pk")
    return rows


def _claims(subject: Subject) -> QuerySet[Claim]:
    rows: QuerySet[Claim] = Claim.objects.filter(order__customer=subject.customer_id).order_by("opened_at", "pk")
    return rows


def _withdrawals(subject: Subject) -> QuerySet[Withdrawal]:
    """Of the person's orders; one without an order is found by the address its receipt went to."""
    mine = Q(order__customer=subject.customer_id) | Q(order=None, email__in=subject.emails)
    rows: QuerySet[Withdrawal] = Withdrawal.objects.filter(mine).order_by("declared_at", "pk")
    return rows


def _collect_returns(subject: Subject) -> Sequence[Record]:
    """Returns with their lines and money; three queries. A gift that goes back is not the giver's to read."""
    mine = _returns(subject).filter(is_gift=False)
    rows = {row.pop("pk"): {**row, "lines": [], "money": []} for row in mine.values("pk", *RETURN)}
    for line in ReturnLine.objects.filter(case__in=list(rows)).order_by("pk").values("case_id", *LINE):
        rows[line.pop("case_id")]["lines"].append(line)
    for money in MoneyBack.objects.filter(case__in=list(rows)).order_by("pk").values("case_id", *MONEY):
        rows[money.pop("case_id")]["money"].append(money)
    return list(rows.values())


def _collect_claims(subject: Subject) -> Sequence[Record]:
    """Claims with what they are about, and the pictures; three queries."""
    rows = {row.pop("pk"): {**row, "lines": []} for row in _claims(subject).values("pk", *CLAIM)}
    for line in ClaimLine.objects.filter(claim__in=list(rows)).order_by("pk").values("claim_id", "order_line__title", "quantity"):
        rows[line.pop("claim_id")]["lines"].append(line)
    photos = CasePhoto.objects.filter(order__customer=subject.customer_id, line__case__is_gift=False).order_by("pk")
    loose = CasePhoto.objects.filter(order__customer=subject.customer_id, line=None).order_by("pk")
    return [*rows.values(), *(dict(row) for row in [*photos.values(*PHOTO), *loose.values(*PHOTO)])]


def _collect_withdrawals(subject: Subject) -> Sequence[Record]:
    return [dict(row) for row in _withdrawals(subject).values(*WITHDRAWAL)]


def _erase_returns(subject: Subject, at: datetime) -> int:
    """The orders are held first, as for every step of a case. Amounts, reasons from the list and days stay for the books."""
    orders_held(customer_id=subject.customer_id)
    ids = list(_returns(subject).values_list("pk", flat=True))
    changed = int(Return.objects.filter(pk__in=ids).exclude(**OF_RETURN).update(**OF_RETURN))
    lines = ReturnLine.objects.filter(case__in=ids).exclude(note="", found="")
    changed += int(lines.update(note="", found=""))
    paid = MoneyBack.objects.filter(order__customer=subject.customer_id)
    changed += int(paid.exclude(credit_code="", error="").update(credit_code="", error=""))
    swaps = Exchange.objects.filter(order__customer=subject.customer_id).exclude(error="")
    return changed + int(swaps.update(error=""))


def _erase_claims(subject: Subject, at: datetime) -> int:
    """Words go, and every picture."""
    orders_held(customer_id=subject.customer_id)
    words: dict[str, Any] = {**EMPTY, "note": ""}
    ids = list(_claims(subject).values_list("pk", flat=True))
    changed = int(Claim.objects.filter(pk__in=ids).exclude(**words).update(**words))
    changed += int(CasePhoto.objects.filter(order__customer=subject.customer_id).delete()[0])
    parcels = Shipment.any_way.filter(order__customer=subject.customer_id).values("pk")
    return changed + int(ParcelAnswer.objects.filter(shipment__in=parcels).delete()[0])


def _erase_withdrawals(subject: Subject, at: datetime) -> int:
    """That somebody withdrew, when, and what became of it stays; who and in which words goes. One that nobody matched goes whole."""
    orders_held(customer_id=subject.customer_id)
    ids = list(_withdrawals(subject).values_list("pk", flat=True))
    gone = Withdrawal.objects.filter(pk__in=ids, order=None).delete()[0]
    return int(gone) + int(Withdrawal.objects.filter(pk__in=ids).exclude(**OF_WITHDRAWAL).update(**OF_WITHDRAWAL))


def _open_returns(subject: Subject, now: datetime) -> list[str]:
    open_ = _returns(subject).filter(state__in=OPEN_RETURN, order__erased_at=None).exclude(state="resolved")
    return [now_("Return %(number)s is not settled yet.") % {"number": rma} for rma in open_.values_list("rma", flat=True)]


def _open_claims(subject: Subject, now: datetime) -> list[str]:
    open_ = _claims(subject).filter(state__in=OPEN_CLAIM, order__erased_at=None)
    return [
        now_("What you reported under %(number)s is not settled yet.") % {"number": one} for one in open_.values_list("number", flat=True)
    ]


def _open_withdrawals(subject: Subject, now: datetime) -> list[str]:
    open_ = _withdrawals(subject).filter(state__in=[WithdrawalState.DECLARED, WithdrawalState.MATCHED])
    text = now_("Your withdrawal from order %(number)s is not settled yet.")
    return [text % {"number": number} for number in open_.values_list("order_number", flat=True)]


register(
    Holding(
        key="returns",
        title=_("Your returns"),
        purpose=_("To take back what you sent, and to pay or replace it."),
        basis=_("Needed for what you bought; after that, required by tax law"),
        kept=_("As long as the order they belong to. After an erasure only amounts, days and reasons from the list."),
        personal={
            "returns.Return": tuple(OF_RETURN),
            "returns.ReturnLine": ("note", "found"),
            "returns.MoneyBack": ("credit_code", "error"),
            "returns.Exchange": ("error",),
        },
        rows=_returns,
        collect=_collect_returns,
        erase=_erase_returns,
        holds=_open_returns,
    )
)
register(
    Holding(
        key="claims",
        title=_("What you reported"),
        purpose=_("To make good what came damaged, wrong or not at all."),
        basis=_("Needed for what you bought"),
        kept=_("As long as the order they belong to. An erasure removes your words and every picture."),
        personal={
            "returns.Claim": ("note", "question", "answer", "reason"),
            "returns.CasePhoto": ("body",),
            "returns.ParcelAnswer": ("answer",),
        },
        rows=_claims,
        collect=_collect_claims,
        erase=_erase_claims,
        holds=_open_claims,
    )
)
register(
    Holding(
        key="withdrawals",
        title=_("Your withdrawals"),
        purpose=_("To prove that you withdrew from a contract, and when."),
        basis=_("Required by law"),
        kept=_("As long as the order they belong to. After an erasure without name, address and words."),
        personal={"returns.Withdrawal": tuple(OF_WITHDRAWAL)},
        rows=_withdrawals,
        collect=_collect_withdrawals,
        erase=_erase_withdrawals,
        holds=_open_withdrawals,
    )
)
