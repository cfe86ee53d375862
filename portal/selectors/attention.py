"""What of a shopper's orders needs a look, most pressing first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from orders.types import OrderState, PaymentState, RequestKind
from portal.rules import STILL_COMING, answer_by, arrival_of, is_denied, is_late, parcel_state, waiting_arrival, wish_state
from portal.selectors.orders import Listed
from portal.selectors.returns import Waiting
from portal.types import Arrival, OrderFacts, ParcelFacts, State
from tracking.types import ShipmentStatus

RECENT = timedelta(days=14)
MOST = 5
SOON = timedelta(days=3)
WRONG = (ShipmentStatus.LOST, ShipmentStatus.DAMAGED, ShipmentStatus.ATTEMPT_FAILED, ShipmentStatus.ON_HOLD)
GOING_BACK = (ShipmentStatus.RETURNING, ShipmentStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing: what it is, its day or amount, a sentence more, and the page that says the rest."""

    rank: int
    row: Listed
    state: State
    arrival: Arrival | None = None
    day: date | None = None
    amount: Decimal | None = None
    until: date | None = None  # the last day to do something about it
    news: date | None = None  # when we say more, where no day of arrival is to be named
    words: str = ""
    leads_to: str = "order-shipping"
    path: str = ""  # of the very page, where it is not one of the order's own


def attention_of(rows: Iterable[Listed], *, today: date, zone: ZoneInfo, waiting: Sequence[Waiting] = ()) -> list[Attention]:
    """At most five things; one per order, the most pressing. `waiting` are returns and claims that need something of the shopper."""
    found = [
        min(things, key=lambda t: t.rank)
        for row in rows
        if (things := [*_things(row, today=today, zone=zone), *_cases(row, waiting, today=today)])
    ]
    return sorted(found, key=lambda t: (t.rank, -t.row.order.placed_at.timestamp()))[:MOST]


def _things(row: Listed, *, today: date, zone: ZoneInfo) -> Iterator[Attention]:
    """Each of these looks at one side of an order. A review is not among them: it never needs a look, so the hub asks once all is well."""
    yield from _paid_back(row, today=today, zone=zone)
    if row.facts.state != OrderState.CANCELLED:
        yield from _wishes(row)
    if row.facts.state != OrderState.CANCELLED and not any(wish.kind == RequestKind.CANCEL for wish in row.facts.asked):
        yield from _payment(row)
        yield from _on_the_road(row, today=today)
        yield from _not_sent(row, today=today)


def _cases(row: Listed, waiting: Sequence[Waiting], *, today: date) -> Iterator[Attention]:
    """Questions of ours that wait for an answer, and goods to be handed over by a day: no hurry while that is far off."""
    for one in waiting:
        if one.order_id != row.order.pk:
            continue
        step = one.next
        words = step.words if step is not None and step.day is None else ""
        day = step.day if step is not None else None
        rank = 3 if day is not None and day - today > SOON else 2
        yield Attention(rank, row, one.state, until=day, words=words, leads_to="order-returns", path=one.path)


def _wishes(row: Listed) -> Iterator[Attention]:
    """What the shopper asked for, until it is answered. Who wants to cancel is asked neither to pay nor to choose."""
    for wish in row.facts.asked:
        yield Attention(3, row, wish_state(wish.kind), news=wish.answer_by, leads_to="order")


def _payment(row: Listed) -> Iterator[Attention]:
    total = row.order.total
    if row.facts.payment_state == PaymentState.FAILED:
        words = _("We could not take the money. Write to us if you still want it.")
        yield Attention(0, row, State("bad", "alert", _("Payment failed")), amount=total, words=words, leads_to="order")
    elif row.facts.state == OrderState.PLACED and row.facts.payment_state == PaymentState.PENDING:
        words = _("We begin as soon as the payment has arrived.")
        yield Attention(3, row, State("info", "hourglass", _("Waiting for payment")), amount=total, words=words, leads_to="order")


def _on_the_road(row: Listed, *, today: date) -> Iterator[Attention]:
    for parcel in row.parcels:
        for look in LOOKS:
            if (found := look(row, parcel, today)) is not None:
                yield found
                break


def _denied(row: Listed, parcel: ParcelFacts, today: date) -> Attention | None:
    if not is_denied(parcel):
        return None
    return Attention(0, row, parcel_state(parcel, order=row.facts, today=today), news=answer_by(parcel.troubles, today=today))


def _wrong(row: Listed, parcel: ParcelFacts, today: date) -> Attention | None:
    if parcel.status not in WRONG:
        return None
    state = parcel_state(parcel, order=row.facts, today=today)
    arrival = arrival_of(parcel, order=row.facts, today=today) if parcel.status in STILL_COMING else None
    words = _("We are sorry. Write to us and choose: a new one, or your money back.") if state.tone == "bad" else ""
    return Attention(0, row, state, arrival=arrival, words=words)


def _late(row: Listed, parcel: ParcelFacts, today: date) -> Attention | None:
    if not is_late(parcel, order=row.facts, today=today):
        return None
    state = parcel_state(parcel, order=row.facts, today=today)
    words = _("We are sorry. Write to us and choose: a new one, or your money back.") if state.tone == "bad" else ""
    return Attention(1, row, state, arrival=arrival_of(parcel, order=row.facts, today=today), words=words)


def _to_collect(row: Listed, parcel: ParcelFacts, today: date) -> Attention | None:
    if parcel.status != ShipmentStatus.READY_FOR_PICKUP:
        return None
    words = _("The carrier keeps it for you. Take the tracking number and your ID.")
    return Attention(2, row, parcel_state(parcel, order=row.facts, today=today), until=parcel.pickup_until, words=words)


def _going_back(row: Listed, parcel: ParcelFacts, today: date) -> Attention | None:
    if parcel.status not in GOING_BACK or _is_settled(row.facts):
        return None
    words = _("When it is back with us, we write to you: a new parcel, or your money back.")
    if parcel.status == ShipmentStatus.RETURNED:
        words = _("We write to you: a new parcel, or your money back.")
    return Attention(2, row, parcel_state(parcel, order=row.facts, today=today), words=words)


def _is_settled(order: OrderFacts) -> bool:
    return order.is_refunded or order.is_partly_refunded


LOOKS: tuple[Callable[[Listed, ParcelFacts, date], Attention | None], ...] = (_denied, _wrong, _late, _to_collect, _going_back)


def _not_sent(row: Listed, *, today: date) -> Iterator[Attention]:
    if _is_overdue(row, today=today):
        late = State("warn", "clock", _("Late: not sent yet"))
        leads_to = "order-choice" if row.facts.unsent else "order-shipping" if row.parcels else "order"
        yield Attention(1, row, late, arrival=waiting_arrival(row.facts, today=today), leads_to=leads_to)


def _is_overdue(row: Listed, *, today: date) -> bool:
    is_open = row.facts.state == OrderState.CONFIRMED and row.facts.waiting and not row.facts.is_refunded
    is_past = row.facts.ship_by is not None and row.facts.ship_by < today
    return bool(is_open and (is_past or row.facts.unsent))


def _paid_back(row: Listed, *, today: date, zone: ZoneInfo) -> Iterator[Attention]:
    """Money sent back and orders cancelled, for two weeks."""
    cancelled = row.facts.cancelled_on
    refunded: datetime | None = getattr(row.order, "refunded_at", None)
    refunded_on = refunded.astimezone(zone).date() if refunded else None
    if refunded_on is not None and today - refunded_on <= RECENT:
        words = _("Cancelled and refunded") if cancelled else _("Refund sent")
        yield Attention(4, row, State("idle", "return", words), day=refunded_on, amount=row.order.refunded_total, leads_to="order")
    elif cancelled is not None and today - cancelled <= RECENT:
        yield Attention(4, row, State("idle", "stop", _("Cancelled")), day=cancelled, leads_to="order")
