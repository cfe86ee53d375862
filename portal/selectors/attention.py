"""What of a shopper's orders needs a look, most pressing first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from orders.types import OrderState, PaymentState
from portal.rules import STILL_COMING, answer_by, arrival_of, is_denied, is_late, parcel_state, waiting_arrival
from portal.selectors.orders import Listed
from portal.types import Arrival, State
from tracking.types import ShipmentStatus

RECENT = timedelta(days=14)
MOST = 5
WRONG = (ShipmentStatus.LOST, ShipmentStatus.DAMAGED, ShipmentStatus.ATTEMPT_FAILED, ShipmentStatus.ON_HOLD, ShipmentStatus.RETURNING)


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing: what it is, its day or amount, and the page that says more."""

    rank: int
    row: Listed
    state: State
    arrival: Arrival | None = None
    day: date | None = None
    amount: Decimal | None = None
    news: date | None = None  # when we say more, where no day of arrival is to be named
    leads_to: str = "order-shipping"


def attention_of(rows: Iterable[Listed], *, today: date, zone: ZoneInfo) -> list[Attention]:
    """At most five things; one per order, the most pressing."""
    found = [min(things, key=lambda t: t.rank) for row in rows if (things := list(_things(row, today=today, zone=zone)))]
    return sorted(found, key=lambda t: (t.rank, -t.row.order.placed_at.timestamp()))[:MOST]


def _things(row: Listed, *, today: date, zone: ZoneInfo) -> Iterator[Attention]:
    yield from _closed(row, today=today, zone=zone)
    if row.facts.state != OrderState.CANCELLED:
        yield from _on_the_road(row, today=today)


def _on_the_road(row: Listed, *, today: date) -> Iterator[Attention]:
    for parcel in row.parcels:
        state = parcel_state(parcel, order=row.facts, today=today)
        arrival = arrival_of(parcel, order=row.facts, today=today)
        if is_denied(parcel):
            yield Attention(0, row, state, news=answer_by(parcel.troubles, today=today))
        elif parcel.status in WRONG:
            yield Attention(0, row, state, arrival=arrival if parcel.status in STILL_COMING else None)
        elif is_late(parcel, order=row.facts, today=today):
            yield Attention(1, row, state, arrival=arrival)
        elif parcel.status == ShipmentStatus.READY_FOR_PICKUP:
            yield Attention(2, row, state, day=parcel.pickup_until)
    if _is_overdue(row, today=today):
        late = State("warn", "clock", _("Late: not sent yet"))
        leads_to = "order-choice" if row.facts.unsent else "order-shipping" if row.parcels else "order"
        yield Attention(1, row, late, arrival=waiting_arrival(row.facts, today=today), leads_to=leads_to)


def _is_overdue(row: Listed, *, today: date) -> bool:
    is_open = row.facts.state == OrderState.CONFIRMED and row.facts.waiting and not row.facts.is_refunded
    is_past = row.facts.ship_by is not None and row.facts.ship_by < today
    return bool(is_open and (is_past or row.facts.unsent))


def _closed(row: Listed, *, today: date, zone: ZoneInfo) -> Iterator[Attention]:
    if row.facts.payment_state == PaymentState.FAILED and row.facts.state != OrderState.CANCELLED:
        yield Attention(0, row, State("bad", "alert", _("Payment failed")), leads_to="order")
    cancelled = row.facts.cancelled_on
    refunded: datetime | None = getattr(row.order, "refunded_at", None)
    refunded_on = refunded.astimezone(zone).date() if refunded else None
    if refunded_on is not None and today - refunded_on <= RECENT:
        words = _("Cancelled and refunded") if cancelled else _("Refund sent")
        yield Attention(3, row, State("idle", "return", words), day=refunded_on, amount=row.order.refunded_total, leads_to="order")
    elif cancelled is not None and today - cancelled <= RECENT:
        yield Attention(3, row, State("idle", "stop", _("Cancelled")), day=cancelled, leads_to="order")
