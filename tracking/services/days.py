"""The day a parcel is expected on: the carrier's own, else what its lane has taught, else the merchant's promise.

The lane is asked when the parcel's state or way changes, not at each scan: a scan that only says it moves must not move the day,
or the day would hang on when the scan was told. A day that has passed while the parcel was heard of is asked anew by the clock.
"""

from datetime import date, datetime, timedelta

from orders.rules import transit
from orders.services import record_promise
from orders.types import PromiseKind
from tracking.rules import is_open
from tracking.rules.fold import Folded, days_of, hidden_by
from tracking.services.hand import NAMED, WAY, Hand
from tracking.services.lanes import expected_arrival
from tracking.types import ShipmentStatus

ASKED_AGAIN = (*NAMED, *WAY, "status", "shipped_at", "is_delayed")
AT_ONCE = timedelta(hours=1)  # news told within it count as told when they happened
UNSAID = frozenset({ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.READY_FOR_PICKUP})


def expect(hand: Hand, folded: Folded) -> None:
    """Set the days of arrival, and whether an exception makes them untrue. A parcel that has come keeps the last ones."""
    row = hand.shipment
    if told := days_of(hand.state):
        row.eta_from, row.eta_by = told
        row.eta_source, row.eta_alike = "carrier", 0
    else:
        _reckon(hand)
    _say(hand, folded)


def renew(hand: Hand, folded: Folded) -> None:
    """Ask the lane again for a day that has passed."""
    _ask(hand, now=hand.at)
    _say(hand, folded)


def _say(hand: Hand, folded: Folded) -> None:
    row = hand.shipment
    if row.eta_by and hand.changed("eta_by"):
        row.eta_said_at, row.eta_first_by = hand.at, row.eta_first_by or row.eta_by
    row.eta_hidden = hidden_by(folded, hand.state, said_at=row.eta_said_at)


def _reckon(hand: Hand) -> None:
    row = hand.shipment
    row.order = hand.order  # at hand already: the lanes need not ask for it
    is_asked = _is_asked(hand)
    if _ask(hand, now=_as_of(hand)) if is_asked else row.eta_source == "learned":
        return
    start, end = _window(hand)
    if end is not None and (is_open(row.status) or row.eta_source != "learned"):
        row.eta_from, row.eta_by, row.eta_source, row.eta_alike = start, end, "merchant", 0


def _is_asked(hand: Hand) -> bool:
    return hand.shipment.eta_by is None or hand.shipment.eta_source == "carrier" or hand.changed(*ASKED_AGAIN)


def _as_of(hand: Hand) -> datetime:
    heard = hand.shipment.last_scan_at
    return heard if heard and hand.at - AT_ONCE < heard < hand.at else hand.at


def _ask(hand: Hand, *, now: datetime) -> bool:
    """Ask the lane; False when the parcel is over or too little is known."""
    row = hand.shipment
    learned = expected_arrival(shipment=row, now=now, house=hand.here) if is_open(row.status) else None
    if learned is not None:
        row.eta_from, row.eta_by, row.eta_source, row.eta_alike = learned.first, learned.last, "learned", learned.alike
    return learned is not None


def _window(hand: Hand) -> tuple[date | None, date | None]:
    here = hand.here
    if hand.shipment.shipped_at is None:
        return hand.order.arrive_from, hand.order.arrive_by
    sent_on = hand.shipment.shipped_at.astimezone(here.zone).date()
    return (
        transit(sent_on, here.pace.transit_days_min, here.country, here.pace),
        transit(sent_on, here.pace.transit_days_max, here.country, here.pace),
    )


def promise(hand: Hand) -> None:
    """Keep the day as said, when it is a new one that somebody is told: what is out comes today, what waits at a shop on no day."""
    row = hand.shipment
    is_said = row.status not in UNSAID or row.eta_source != "learned"
    if row.eta_by and hand.changed("eta_by") and is_open(row.status) and is_said and not hand.is_quiet:
        subject = f"shipment:{row.pk}"
        record_promise(order=hand.order, subject=subject, kind=PromiseKind.ARRIVE_BY, day=row.eta_by, source=row.eta_source, at=hand.at)
