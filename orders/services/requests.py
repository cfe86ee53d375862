"""What a shopper asks of an order that is not packed yet: to cancel it, or another address. The shop decides.

Asking changes nothing but the request. What the shop tells by itself decides as well: a cancelled order grants the wish to cancel,
a changed address the wish for it, and a parcel that has left refuses both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from core.text import BadPhone, normalise_phone
from merchants.rows import insert, update
from orders.models import Order, OrderRequest
from orders.rules import CAUSES, answer_day, is_granted_by, may_settle
from orders.selectors import request_closed, setting
from orders.services.additions import ORDER_CANCELLED, ORDER_SENT
from orders.services.journal import Journal
from orders.services.promises import settle_days
from orders.types import Address, Change, IncomingOrder, PromiseKind, RequestKind, RequestState

CHANGES = {
    RequestState.REQUESTED: Change.REQUEST_MADE,
    RequestState.ACCEPTED: Change.REQUEST_ACCEPTED,
    RequestState.REFUSED: Change.REQUEST_REFUSED,
    RequestState.WITHDRAWN: Change.REQUEST_WITHDRAWN,
}


class RequestsClosed(ValueError):
    """It cannot be asked for any more, or granted any more; says why in a word of the rules."""


class AlreadyAsked(ValueError):
    """Another request is open that has to be taken back first."""


class SameAddress(ValueError):
    """The order goes to this address already."""


class RequestSettled(ValueError):
    """It has been decided otherwise, or taken back."""


def request_cancel(*, order: Order, at: datetime, cause: str = "", note: str = "") -> OrderRequest:
    """Note that the shopper wants the order cancelled; an open wish for another address is taken back with it.

    Asked for again it is the same wish. Refuses (RequestsClosed) once it is packed, sent, cancelled, refunded or past its hour.
    """
    held, asked = _open(order, RequestKind.CANCEL, at)
    if RequestKind.CANCEL in asked:
        return asked[RequestKind.CANCEL]
    for row in asked.values():
        _settle(held, [row], RequestState.WITHDRAWN, at)
    values = {"cause": cause if cause in CAUSES else "", "note": note.replace("\0", "").strip()[:300]}
    return _ask(held, RequestKind.CANCEL, at, values)


def request_address(*, order: Order, address: Address, at: datetime) -> OrderRequest:
    """Note that the shopper wants the order sent to another address; a checked one. The same again is the same wish.

    Refuses (RequestsClosed) as above, (AlreadyAsked) while a wish to cancel or for yet another address is open, (SameAddress).
    """
    held, asked = _open(order, RequestKind.ADDRESS, at)
    wanted = asdict(replace(address, phone=_phone(address, held)))
    row = asked.get(RequestKind.ADDRESS)
    if row is not None and row.address == wanted and len(asked) == 1:
        return row
    if asked:
        raise AlreadyAsked(next(iter(asked)))
    if _where(wanted) == _where(held.shipping_address):
        raise SameAddress("the order goes there already")
    return _ask(held, RequestKind.ADDRESS, at, {"address": wanted})


def _phone(address: Address, order: Order) -> str:
    """The carrier's number stays the one of the old address unless another is given."""
    given = address.phone or str(order.shipping_address.get("phone") or "")
    try:
        return normalise_phone(given, address.country or None) if given else ""
    except BadPhone:
        return given[:40]


def _where(address: Mapping[str, Any]) -> list[str]:
    return [str(address.get(name) or "").strip() for name in asdict(Address()) if name != "phone"]


def _open(order: Order, kind: RequestKind, at: datetime) -> tuple[Order, dict[str, OrderRequest]]:
    """The order, held, and its open requests by kind."""
    held: Order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    reason = request_closed(held, kind, now=at)
    if reason:
        raise RequestsClosed(reason)
    return held, {row.kind: row for row in open_of(held)}


def open_of(order: Order) -> list[OrderRequest]:
    """What waits for the shop's decision."""
    return list(OrderRequest.objects.filter(order=order, state=RequestState.REQUESTED).order_by("pk"))


def _ask(order: Order, kind: RequestKind, at: datetime, values: Mapping[str, Any]) -> OrderRequest:
    here = setting()
    row = OrderRequest(order=order, kind=kind, requested_at=at, **values)
    row.answer_by = answer_day(here.pace, here.zone, here.country, at=at, ship_by=order.ship_by)
    insert([row])
    journal = Journal(order, at)
    journal.note(Change.REQUEST_MADE, at, request=row.pk, asked=kind)
    journal.promise(PromiseKind.REPLY_BY, row.answer_by, subject=subject_of(row))
    journal.tell("orders.request.made", request=row.pk)
    journal.write()
    return row


def subject_of(row: OrderRequest) -> str:
    """What the promised answer is about."""
    return f"request:{row.pk}"


def held_request(request: OrderRequest) -> tuple[Order, OrderRequest]:
    """The order first, as everybody who changes it does."""
    order: Order = Order.objects.select_for_update(no_key=True).get(pk=request.order_id)
    row: OrderRequest = OrderRequest.objects.get(pk=request.pk)
    row.order = order
    return order, row


def withdraw_request(*, request: OrderRequest, at: datetime) -> OrderRequest:
    """The shopper wants it no more. Taken back before, it stays so; refuses (RequestSettled) what the shop has decided on."""
    return _decide(request, RequestState.WITHDRAWN, at)


def refuse_request(*, request: OrderRequest, reason: str, at: datetime) -> OrderRequest:
    """Say why it is not possible, in words for the shopper. Refused before, it stays as it is.

    Refuses (RequestSettled) what was granted or taken back.
    """
    return _decide(request, RequestState.REFUSED, at, reason.replace("\0", "").strip()[:200])


def _decide(request: OrderRequest, state: RequestState, at: datetime, reason: str = "") -> OrderRequest:
    order, row = held_request(request)
    if row.state != state:
        check_may(row, state)
        _settle(order, [row], state, at, reason)
    return row


def check_may(row: OrderRequest, state: RequestState) -> None:
    """Refuses (RequestSettled) a step the life of a request does not know."""
    if not may_settle(row.state, state):
        raise RequestSettled(f"the request was {row.get_state_display().lower()} before")


def grant(order: Order, rows: Sequence[OrderRequest], at: datetime) -> None:
    """What was asked for has been done; the caller holds the order."""
    _settle(order, rows, RequestState.ACCEPTED, at)


def _settle(order: Order, rows: Sequence[OrderRequest], state: RequestState, at: datetime, reason: str = "") -> None:
    """Decide, and measure the answer by the day it was promised for; the caller holds the order."""
    if not rows:
        return
    journal = Journal(order, at)
    for row in rows:
        row.state, row.decided_at, row.reason = state, at, reason
        update(row, ["state", "decided_at", "reason"])
        if not (state == RequestState.ACCEPTED and row.kind == RequestKind.CANCEL):  # the cancellation itself is in the history
            journal.note(CHANGES[state], at, request=row.pk, asked=row.kind)
        journal.tell("orders.request.decided", request=row.pk)
    journal.write()
    day = at.astimezone(setting().zone).date()
    settle_days(kind=PromiseKind.REPLY_BY, days={(order.pk, subject_of(row)): day for row in rows})


def settle_cancelled(*, order: Order, at: datetime) -> None:
    """The order was cancelled: so the wish is granted, and it goes nowhere else. The caller holds the order, or has yet to store it."""
    rows = open_of(order) if order.pk else []
    grant(order, [row for row in rows if row.kind == RequestKind.CANCEL], at)
    _settle(order, [row for row in rows if row.kind != RequestKind.CANCEL], RequestState.REFUSED, at, ORDER_CANCELLED)


def settle_sent(*, order: Order, at: datetime) -> None:
    """Something of the order has left: too late for what is open. The caller holds the order."""
    _settle(order, open_of(order), RequestState.REFUSED, at, ORDER_SENT)


def settle_address(*, order: Order, before: Mapping[str, Any], at: datetime) -> None:
    """The shop has changed the address: an open wish for this one is granted. The caller holds the order."""
    rows = [row for row in open_of(order) if row.kind == RequestKind.ADDRESS]
    grant(order, [row for row in rows if is_granted_by(asked=row.address, before=before, told=order.shipping_address)], at)


def knowing_address(order: Order, incoming: IncomingOrder) -> IncomingOrder:
    """The shop's news as they would be had the shop known of the address that was granted here since.

    Without it news that took their time would send the parcel to the old address again.
    """
    if asdict(incoming.shipping_address) == order.shipping_address:
        return incoming
    since = {"state": RequestState.ACCEPTED, "decided_at__gt": incoming.updated_at}
    if not OrderRequest.objects.filter(order=order, kind=RequestKind.ADDRESS, **since).exists():
        return incoming
    return replace(incoming, shipping_address=Address(**order.shipping_address))
