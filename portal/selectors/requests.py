"""What can still be changed about an order, until when, what became of what was asked for, and when the money comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from orders.models import Order, OrderRequest, Refund
from orders.rules import DEFAULT_PACE, refund_by
from orders.selectors import Setting, request_closed, requests_until, setting
from orders.types import Fulfilment, OrderState, PaymentState, PromiseKind, RequestKind, RequestState
from portal.rules.refunds import Due, refund_due
from portal.rules.requests import cause_words_of, request_closed_words, request_refused_words, request_state
from portal.types import State


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish and what became of it."""

    id: str
    kind: str
    state: State
    asked_at: datetime
    answer_by: date
    decided_at: datetime | None
    why: str
    cause: str
    note: str
    address: dict[str, str]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Until when the order can be cancelled or sent elsewhere, and why not; an empty word means that it can."""

    until: datetime | None
    cancel: str
    address: str

    @property
    def any(self) -> bool:
        return not self.cancel or not self.address

    @property
    def cancel_words(self) -> str:
        return request_closed_words(self.cancel)

    @property
    def address_words(self) -> str:
        return request_closed_words(self.address)


def asked_of(row: OrderRequest) -> Asked:
    """A request in words."""
    return Asked(
        id=row.public_id,
        kind=row.kind,
        state=request_state(row.kind, row.state),
        asked_at=row.requested_at,
        answer_by=row.answer_by,
        decided_at=row.decided_at,
        why=request_refused_words(row.reason) if row.state == RequestState.REFUSED else "",
        cause=cause_words_of(row.cause),
        note=row.note,
        address=row.address,
        is_open=row.state == RequestState.REQUESTED,
    )


def changes_of(order: Order, *, asked: Sequence[Asked], now: datetime, here: Setting | None = None) -> Changes:
    """What can be asked of the order now. While a cancellation is asked for, nothing else is; one query at most, none with `here`."""
    here = here or (setting() if _is_open(order) else OVER)
    open_kinds = {one.kind for one in asked if one.is_open}
    cancel = request_closed(order, RequestKind.CANCEL, now=now, here=here)
    address = request_closed(order, RequestKind.ADDRESS, now=now, here=here)
    return Changes(
        until=requests_until(order, here=here),
        cancel="asked" if RequestKind.CANCEL in open_kinds else cancel,
        address="asked" if open_kinds else address,
    )


OVER = Setting("", ZoneInfo("UTC"), DEFAULT_PACE)  # of an order whose state alone says no


def _is_open(order: Order) -> bool:
    return order.state != OrderState.CANCELLED and order.fulfilment == Fulfilment.UNFULFILLED and order.packed_at is None


@dataclass(frozen=True, slots=True)
class Back:
    """The money that goes back when the order is cancelled: how much, sent by when, seen by when."""

    amount: Decimal
    is_reserved: bool  # authorised, never taken
    sent_by: date
    seen: Due


def money_back(order: Order, *, today: date, here: Setting) -> Back:
    """Reads the payments; what was only reserved is set free and not sent."""
    sent_by = refund_by(here.pace, today, here.country)
    return Back(
        amount=max(order.paid_total - order.refunded_total, Decimal(0)),
        is_reserved=order.payment_state == PaymentState.AUTHORIZED,
        sent_by=sent_by,
        seen=refund_due(_methods(order), sent_on=sent_by, country=here.country),
    )


def _methods(order: Order) -> list[str]:
    return [payment.method for payment in order.payments.all()]


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money that went back, and by when it is to be seen."""

    refund: Refund
    due: Due


def refunds_of(order: Order, *, country: str, zone: tzinfo) -> list[Refunded]:
    """Oldest first; reads what `order_page` has loaded. Goods put back on the shelf move no money and are left out."""
    if not order.refunded_total:
        return []
    rows = sorted((row for row in order.refunds.all() if row.amount), key=lambda row: (row.refunded_at, row.pk))
    methods = _methods(order)
    return [Refunded(row, refund_due(methods, sent_on=row.refunded_at.astimezone(zone).date(), country=country)) for row in rows]


def refund_promised(order: Order) -> date | None:
    """The day by which we said the money of a cancelled order is sent; None once some of it was, or when nothing was said."""
    said = [row.date for row in order.promises.all() if row.kind == PromiseKind.REFUND_BY]
    return said[-1] if said and order.paid_total and not order.refunded_total else None
