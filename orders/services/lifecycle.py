"""Life of an order: confirmed, paid, cancelled, sent, delivered."""

from collections.abc import Iterable
from datetime import datetime

from merchants.rows import update
from orders.models import Order
from orders.rules import can_cancel, may_become, money_has_come, payment_after, payment_after_refund, refund_by
from orders.selectors import Setting, confirmed_before, setting
from orders.services.additions import ORDER_CANCELLED, ORDER_SENT, refuse_open
from orders.services.journal import Journal
from orders.services.lines import fulfilment_now, sent_of_lines, set_sent
from orders.services.promises import promise_dates, settle_days
from orders.services.requests import settle_cancelled, settle_sent
from orders.types import Change, Fulfilment, IncomingLine, IncomingOrder, OrderState, PaymentState, PromiseKind


class CannotCancel(ValueError):
    """The order is cancelled already, or something of it has been handed to a carrier."""


def advance(order: Order, incoming: IncomingOrder, journal: Journal, here: Setting) -> None:
    """Move order and payment as far as the shop's news and the tables allow; the caller holds and saves the order."""
    if incoming.cancelled_at is not None and may_become(order.state, OrderState.CANCELLED):
        _cancel(order, incoming.cancel_reason, incoming.cancelled_at, journal)
    elif incoming.is_confirmed and may_become(order.state, OrderState.CONFIRMED):
        _confirm(order, incoming, journal, here)
    _move_payment(order, incoming, journal)


def _confirm(order: Order, incoming: IncomingOrder, journal: Journal, here: Setting) -> None:
    is_known_to_us = order.pk is not None
    order.state = OrderState.CONFIRMED
    order.confirmed_at = incoming.updated_at if is_known_to_us else incoming.placed_at
    if _must_ship(incoming.lines):
        promise_dates(order, journal, here, counted_from=order.confirmed_at)
    is_first = order.customer_id is not None and not confirmed_before(customer_id=order.customer_id, than=order.pk)
    journal.note(Change.CONFIRMED, order.confirmed_at)
    journal.tell("orders.order.confirmed", is_first=is_first)


def _must_ship(lines: Iterable[IncomingLine]) -> bool:
    return any(line.requires_shipping and line.quantity > line.quantity_removed for line in lines)


def _move_payment(order: Order, incoming: IncomingOrder, journal: Journal) -> None:
    before = order.payment_state
    is_new = order.pk is None
    state = incoming.payment_state if is_new else payment_after(before, incoming.payment_state)
    state = payment_after_refund(state, refunded=order.refunded_total, paid=order.paid_total or order.total)
    order.payment_state = state
    if money_has_come(state) and order.paid_at is None:
        order.paid_at = max((p.paid_at for p in incoming.payments if p.paid_at), default=incoming.updated_at)
        journal.note(Change.PAID, order.paid_at, amount=str(order.paid_total))
        journal.tell("orders.order.paid")
    elif state != before and not is_new:
        journal.note(Change.PAYMENT_CHANGED, incoming.updated_at, **{"from": before, "to": state})
        journal.what.append("payment")


def _cancel(order: Order, reason: str, at: datetime, journal: Journal) -> None:
    order.state, order.cancelled_at, order.cancel_reason = OrderState.CANCELLED, at, reason
    journal.note(Change.CANCELLED, at)
    journal.tell("orders.order.cancelled")
    _promise_refund(order, journal)
    refuse_open(order=order, reason=ORDER_CANCELLED, at=journal.at)
    settle_cancelled(order=order, at=journal.at)


def _promise_refund(order: Order, journal: Journal) -> None:
    """Money that has come goes back by a day; nobody was promised anything about an order we hear of when it is over."""
    if order.pk is not None and order.paid_total > order.refunded_total:
        here = setting()
        journal.promise(PromiseKind.REFUND_BY, refund_by(here.pace, journal.at.astimezone(here.zone).date(), here.country))


def cancel_order(*, order: Order, reason: str, at: datetime) -> Order:
    """Cancel on our own account. Refuses (CannotCancel) when cancelled already or when a parcel is on its way."""
    locked: Order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not can_cancel(locked.state, locked.fulfilment):
        raise CannotCancel(f"order {locked.number} is {locked.state}, {locked.fulfilment}")
    journal = Journal(locked, at)
    _cancel(locked, reason.replace("\0", "")[:200], at, journal)
    if locked.payment_state in (PaymentState.PENDING, PaymentState.AUTHORIZED):
        locked.payment_state = PaymentState.VOIDED
    update(locked, ["state", "cancelled_at", "cancel_reason", "payment_state"])
    journal.write()
    return locked


def note_fulfilled(
    *, order: Order, quantities: dict[int, int], at: datetime, shipment_id: int | None = None, is_held: bool = False, is_bare: bool = False
) -> Order:
    """Set how many of each line (by row id) lie in parcels the carriers have; totals, so that telling twice changes nothing.

    `is_held`: the caller read the order under its lock and holds it. `is_bare`: it was made just now, with no promise and no wish.
    """
    locked: Order = order if is_held else Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    sent = sent_of_lines(locked)
    changed = {id: count for id, count in quantities.items() if id in sent and sent[id] != count}
    added = {str(id): count - sent[id] for id, count in changed.items() if count > sent[id]}
    if changed:
        set_sent(changed)
        _refresh_fulfilment(locked, at, is_bare=is_bare)
    journal = Journal(locked, at)
    if added:
        journal.note(Change.SHIPPED, at, lines=added, **({"shipment": shipment_id} if shipment_id else {}))
    journal.write()
    return locked


def _refresh_fulfilment(order: Order, at: datetime, *, is_bare: bool) -> None:
    fulfilment = fulfilment_now(order)
    if fulfilment == order.fulfilment:
        return
    order.fulfilment = fulfilment
    update(order, ["fulfilment"])
    if is_bare:
        return
    if fulfilment != Fulfilment.UNFULFILLED:
        refuse_open(order=order, reason=ORDER_SENT, at=at)
        settle_sent(order=order, at=at)
    if fulfilment == Fulfilment.FULFILLED:
        settle_days(kind=PromiseKind.DISPATCH_BY, days={(order.pk, "order"): at.astimezone(setting().zone).date()})


def note_arrival(*, order: Order, shipment_id: int, at: datetime) -> None:
    """Write the arrival of a parcel into the history; what was promised for it is settled by `settle_arrivals`."""
    journal = Journal(order, at)
    journal.note(Change.DELIVERED, at, shipment=shipment_id)
    journal.write()
