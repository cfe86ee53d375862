"""The shop says yes: the order is cancelled, or goes to the address that was asked for."""

from datetime import datetime

from merchants.rows import update
from orders.models import Order, OrderRequest
from orders.rules import is_same_place
from orders.selectors import setting
from orders.services.journal import Journal
from orders.services.lifecycle import cancel_order
from orders.services.promises import promise_arrival
from orders.services.requests import RequestsClosed, check_may, grant, held_request
from orders.types import Fulfilment, OrderState, RequestKind, RequestState


def accept_request(*, request: OrderRequest, at: datetime, reason: str = "") -> OrderRequest:
    """Do what was asked for; `reason` is what a cancelled order says. Granted before, it stays as it is.

    What was refused before may be granted all the same.

    Refuses (RequestSettled) what was taken back, (CannotCancel, RequestsClosed) once something of the order was sent.
    """
    order, row = held_request(request)
    if row.state == RequestState.ACCEPTED:
        return row
    check_may(row, RequestState.ACCEPTED)
    if row.kind == RequestKind.CANCEL:
        cancel_order(order=order, reason=reason, at=at)
        row.refresh_from_db()
    else:
        _send_elsewhere(order, row, at)
    if row.state != RequestState.ACCEPTED:
        grant(order, [row], at)
    return row


def _send_elsewhere(order: Order, row: OrderRequest, at: datetime) -> None:
    if order.state == OrderState.CANCELLED or order.fulfilment != Fulfilment.UNFULFILLED:
        raise RequestsClosed(f"order {order.number} is {order.state}, {order.fulfilment}")
    if order.erased_at is not None:
        raise RequestsClosed(f"the shopper of order {order.number} was forgotten, and the address with them")
    before, order.shipping_address = order.shipping_address, row.address
    journal, here = Journal(order, at), setting()
    what = ["address"]
    if order.confirmed_at is not None and not is_same_place(before, row.address):
        is_late = order.ship_by is not None and order.ship_by < at.astimezone(here.zone).date()
        what += promise_arrival(order, journal, here, counted_from=at if is_late else order.confirmed_at)
    update(order, ["shipping_address", "arrive_from", "arrive_by"])
    journal.tell("orders.order.changed", what=what)
    journal.write()
