"""Money that went back."""

from datetime import datetime
from decimal import Decimal

from orders.models import Order, Refund
from orders.rules import check_refund, exceeds_paid, payment_after_refund
from orders.rules.erasure import nameless_refund
from orders.selectors import setting
from orders.services.journal import Journal
from orders.services.promises import settle_days
from orders.types import Change, IncomingRefund, OrderState, PromiseKind


def record_refund(*, order: Order, refund: IncomingRefund, at: datetime, quiet: bool = False) -> Refund | None:
    """Add a refund the shop made; None when it is known already.

    Refuses (OrderRefused) bad amounts and over-long texts. More than was paid is recorded as told and flagged in the history.
    """
    checked = check_refund(refund, order.currency)
    locked: Order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    journal = Journal(locked, at, is_quiet=quiet)
    rows = add_refunds(locked, (nameless_refund(checked) if locked.erased_at else checked,), journal)
    if not rows:
        return None
    locked.save(update_fields=["refunded_total", "payment_state"])
    journal.write()
    return rows[0]


def add_refunds(order: Order, refunds: tuple[IncomingRefund, ...], journal: Journal) -> list[Refund]:
    """Store those of the refunds that are new, and what they make of the order; the caller holds its row and saves it."""
    if not refunds:
        return []
    known = set(Refund.objects.filter(order=order).values_list("external_id", flat=True))
    fresh = {refund.external_id: refund for refund in refunds if refund.external_id not in known}
    rows: list[Refund] = Refund.objects.bulk_create([_row(order, refund) for refund in fresh.values()])
    order.refunded_total += sum((row.amount for row in rows), Decimal(0))
    paid = order.paid_total or order.total
    order.payment_state = payment_after_refund(order.payment_state, refunded=order.refunded_total, paid=paid)
    flag = {"exceeds_paid": True} if exceeds_paid(refunded=order.refunded_total, paid=paid) else {}
    for row in rows:
        _tell(row, journal, flag)
    if order.state == OrderState.CANCELLED:
        _keep_promise(order, rows)
    return rows


def _keep_promise(order: Order, rows: list[Refund]) -> None:
    """The day promised for the money of a cancelled order is measured at the first that went back."""
    first = min((row.refunded_at for row in rows if row.amount), default=None)
    if first is not None:
        settle_days(kind=PromiseKind.REFUND_BY, days={(order.pk, "order"): first.astimezone(setting().zone).date()})


def _row(order: Order, refund: IncomingRefund) -> Refund:
    return Refund(
        order=order,
        external_id=refund.external_id,
        amount=refund.amount,
        note=refund.note,
        lines=refund.lines,
        refunded_at=refund.refunded_at,
    )


def _tell(row: Refund, journal: Journal, flag: dict[str, bool]) -> None:
    """Shops also call it a refund when goods go back on the shelf and no money moves: kept, but no news."""
    if row.amount:
        journal.note(Change.REFUNDED, row.refunded_at, refund=row.pk, amount=str(row.amount), **flag)
        journal.tell("orders.refund.recorded", refund=row.pk)
