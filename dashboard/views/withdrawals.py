"""Statements of withdrawal: each belongs to an order, or has no effect for a reason the shopper is told."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from dashboard.rules import returns as look
from dashboard.views.base import page, staff_page
from dashboard.views.return_acts import Refused, by_of, whole_or_nothing
from dashboard.views.return_forms import BadForm, whole, words
from merchants.staff import Actor
from orders.models import Order, OrderLine
from orders.selectors import AmbiguousNumber, OrderNotFound, order_by_number
from returns import services
from returns.models import Withdrawal
from returns.types import Actor as By
from returns.types import WithdrawalState

W = WithdrawalState


def withdrawal_or_404(withdrawal_id: int) -> Withdrawal:
    row: Withdrawal | None = Withdrawal.objects.select_related("order", "case").filter(pk=withdrawal_id).first()
    if row is None:
        raise Http404
    return row


@require_safe
@staff_page()
def withdrawal_page(request: HttpRequest, actor: Actor, withdrawal_id: int) -> HttpResponse:
    return _show(request, actor, withdrawal_or_404(withdrawal_id))


def _show(request: HttpRequest, actor: Actor, row: Withdrawal, *, problems: Sequence[str] = (), status: int = 200) -> HttpResponse:
    tone, icon = look.WITHDRAWAL_LOOKS[row.state]
    is_open = row.state in (W.DECLARED, W.MATCHED)
    due_words, due_tone = look.due_words(row.refund_by, timezone.localdate(now())) if is_open else ("", "")
    context = {
        "here": "returns",
        "row": row,
        "tone": tone,
        "icon": icon,
        "due_words": due_words,
        "due_tone": due_tone,
        "step": look.WITHDRAWAL_NEXT.get(row.state, ""),
        "near": nearby(row),
        "lines": lines_of(row),
        "to_read": lines_to_read(row),
        "problems": problems,
        "posted": request.POST if problems else {},
    }
    return page(request, actor, "dashboard/withdrawal.html", context, status=status)


def nearby(row: Withdrawal) -> list[Order]:
    """Orders that may be meant while none is known: by the number that was typed and by the address, the newest ten of each."""
    if row.order_id is not None or row.state != W.DECLARED:
        return []
    found = {order.pk: order for order in Order.objects.filter(number=row.order_number).order_by("-placed_at")[:10]}
    mine = Order.objects.filter(customer__email_normalised=row.email.lower()).order_by("-placed_at", "-pk")[:10]
    found.update({order.pk: order for order in mine})
    return list(found.values())


def lines_of(row: Withdrawal) -> list[str]:
    """The lines the statement names, in words."""
    if row.order is None or not row.lines:
        return []
    return [f"{row.lines[line.public_id]} × {line.title}" for line in row.order.lines.order_by("position") if line.public_id in row.lines]


def lines_to_read(row: Withdrawal) -> list[OrderLine]:
    """What the shopper's words may mean, while nobody has said it."""
    return list(row.order.lines.order_by("position")) if row.order is not None and _is_in_words(row) else []


def _is_in_words(row: Withdrawal) -> bool:
    return bool(row.scope) and not row.lines and row.case_id is None


def _read(request: HttpRequest, row: Withdrawal) -> dict[str, int]:
    """The pieces staff read out of the words; an empty field names none."""
    found = {line.public_id: whole(request.POST.get(f"quantity-{line.public_id}") or "0", line.title) for line in lines_to_read(row)}
    return {id: units for id, units in found.items() if units}


def _match(request: HttpRequest, row: Withdrawal, by: By, at: datetime) -> str:
    services.match_withdrawal(withdrawal=row, order=_order(words(request, "number", 60)), at=at, by=by)
    if _is_in_words(row):
        return _("It is with its order now. Say next which products are meant.")
    return _("It is with its order now. The shopper is told.")


def _order(number: str) -> Order:
    try:
        return order_by_number(number=number)
    except OrderNotFound:
        raise BadForm(_("There is no order with the number “%(number)s”.") % {"number": number}) from None
    except AmbiguousNumber:
        raise BadForm(_("Several orders have the number “%(number)s”.") % {"number": number}) from None


def _unfounded(request: HttpRequest, row: Withdrawal, by: By, at: datetime) -> str:
    reason = words(request, "reason", 300)
    if not reason:
        raise BadForm(_("Write why it has no effect: the shopper reads it."))
    services.withdrawal_unfounded(withdrawal=row, reason=reason, at=at, by=by)
    return _("The shopper is told why it has no effect.")


def _accept(request: HttpRequest, row: Withdrawal, by: By, at: datetime) -> str:
    services.accept_withdrawal(withdrawal=row, at=at, by=by, lines=_read(request, row))
    return _("It counts. The way back is open.")


ACTS = {"match": _match, "accept": _accept, "unfounded": _unfounded}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, withdrawal_id: int, name: str) -> HttpResponse:
    row = withdrawal_or_404(withdrawal_id)
    if name not in ACTS:
        raise Http404
    try:
        with whole_or_nothing():
            said = ACTS[name](request, row, by_of(actor), now())
    except Refused as refused:
        return _show(request, actor, withdrawal_or_404(withdrawal_id), problems=refused.problems, status=refused.status)
    messages.success(request, said)
    return redirect("dashboard:withdrawal", withdrawal_id)
