"""The tracking page: one parcel's answer and journey, and the others beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.models import Order
from portal.formats import country_names, zone_text
from portal.rules import Clock, Stop, clock_of, dated, destination_zone, is_told_move, stops_of
from portal.rules.clocks import DESTINATION, PLACE, told
from portal.rules.stops import Seen, Telling, by_day
from portal.selectors.journey import Journey, Parcel
from portal.selectors.parcels import Scans, moves_of, scans_page
from tracking.models import Shipment
from tracking.types import ShipmentStatus as Status

HANDED_OVER = frozenset(Status) - {Status.PENDING, Status.LABEL_CREATED, Status.UNKNOWN, Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a reader may ask of the page. Unusable values count as not given."""

    parcel: int | None = None
    clock: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Home:
    """Where the shop is."""

    country: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Timetable:
    """One parcel's journey by one clock."""

    days: Sequence[tuple[date, list[Stop]]]
    clock: Clock
    destination: str  # the zone at the address, "" when it is not known
    zones: tuple[str, ...]  # short names of the zones the times are in
    page: int
    has_more: bool

    @property
    def is_mixed(self) -> bool:
        return len(self.zones) > 1

    @property
    def is_own_clock(self) -> bool:
        return self.clock.name not in (PLACE, DESTINATION)

    @property
    def is_first(self) -> bool:
        """Whether the newest news is on it."""
        return self.page <= 1


@dataclass(frozen=True, slots=True)
class Tracking:
    """Everything the page shows. `parcel` is the one its answer is about; None when the answer is about the whole order."""

    journey: Journey
    parcel: Parcel | None
    timetable: Timetable | None
    is_owner: bool


def tracking_of(journey: Journey, *, ask: Ask, is_owner: bool, home: Home) -> Tracking:
    """The page for one parcel; the scans are read here, in one query. Somebody who only holds the link gets no carrier's text."""
    parcel = _shown(journey, ask.parcel)
    if parcel is None:
        return Tracking(journey, None, None, is_owner)
    scans = scans_page(shipment_id=parcel.shipment.pk, page=ask.page, with_text=is_owner)
    timetable = _timetable(journey.order, parcel, scans, ask=ask, home=home)
    return Tracking(journey, _dated(parcel, scans, home.zone), timetable, is_owner)


def _dated(parcel: Parcel, scans: Scans, zone: ZoneInfo) -> Parcel:
    """The parcel with the days of its stages, as far as the scans on the page tell them: when it was packed, when it last went out."""
    packed = [_day_of(scan, zone) for scan in scans.rows if scan.status == Status.LABEL_CREATED]
    fourth = Status.READY_FOR_PICKUP if parcel.shipment.status == Status.READY_FOR_PICKUP else Status.OUT_FOR_DELIVERY
    out = [_day_of(scan, zone) for scan in scans.rows if scan.status == fourth]
    days = (None, min(packed, default=None), None, max(out, default=None), None)
    return replace(parcel, steps=dated(parcel.steps, days)) if parcel.steps else parcel


def _day_of(scan: Seen, zone: ZoneInfo) -> date:
    return told(scan.at, clock=Clock(PLACE), zone=scan.zone, fallback=zone).date()


def _shown(journey: Journey, asked: int | None) -> Parcel | None:
    """The parcel asked for, else what is still to come, what went wrong, what is unsent, what came last."""
    if asked is not None and 1 <= asked <= len(journey.parcels):
        return journey.parcels[asked - 1]
    wrong = [parcel for parcel in journey.parcels if parcel.state.tone in ("bad", "warn")]
    if found := journey.next_parcel or (wrong[0] if wrong else None):
        return found
    if not journey.parcels or journey.waiting_count or journey.untracked:
        waits = [parcel for parcel in journey.parcels if parcel.shipment.status == Status.READY_FOR_PICKUP]
        return waits[0] if waits else None
    return max(journey.parcels, key=lambda p: (not p.is_delivered, p.shipment.status_at or p.shipment.created_at))


def _timetable(order: Order, parcel: Parcel, scans: Scans, *, ask: Ask, home: Home) -> Timetable:
    shipment, zone = parcel.shipment, home.zone
    country = shipment.to_country or str((order.shipping_address or {}).get("country") or "").upper()
    pairs = [(scan.country, scan.zone) for scan in scans.rows]
    destination = destination_zone(country, scans=pairs, home=(home.country, zone.key))
    clock = clock_of(ask.clock, destination=destination)
    seen = [*scans.rows, *_unscanned(shipment, scans, zone)]
    stops = stops_of(seen, Telling(clock, zone, parcel.carrier.name, here=country, countries=country_names(get_language() or "en")))
    ours = [stop for stop in _ours(order, parcel, clock=clock, zone=zone) if _belongs(stop, stops, scans)]
    stops = sorted([*stops, *ours], key=lambda stop: stop.at, reverse=True)
    names = tuple(sorted({zone_text(stop.at) for stop in stops if stop.has_time}))
    return Timetable(by_day(stops), clock, destination, names, scans.page, scans.has_more)


def _unscanned(shipment: Shipment, scans: Scans, zone: ZoneInfo) -> Iterator[Seen]:
    """What the shop told of a parcel whose carrier has not said the same."""
    if scans.has_more:
        return
    told_of = {scan.status for scan in scans.rows}
    if shipment.shipped_at and not told_of & HANDED_OVER:
        yield Seen(Status.PICKED_UP, shipment.shipped_at, zone=zone.key)
    if shipment.status == Status.DELIVERED and shipment.delivered_at and Status.DELIVERED not in told_of:
        yield Seen(Status.DELIVERED, shipment.delivered_at, zone=zone.key)
    elif not told_of and shipment.status_at and shipment.status not in (Status.PICKED_UP, Status.IN_TRANSIT):
        yield Seen(shipment.status, shipment.status_at, zone=zone.key)


def _ours(order: Order, parcel: Parcel, *, clock: Clock, zone: tzinfo) -> Iterator[Stop]:
    """What we did ourselves: the order came in, a day was moved beyond the promise or back."""
    yield Stop(told(order.placed_at, clock=clock, zone="", fallback=zone), _("We received your order"), tone="idle")
    promised = parcel.facts.promised_by or order.arrive_by
    for said_at, was, day in moves_of(order.promises.all(), shipment_id=parcel.shipment.pk):
        if is_told_move(was, day, promised=promised):
            yield Stop(told(said_at, clock=clock, zone="", fallback=zone), _("The day was moved"), tone="idle", moved_to=day)


def _belongs(stop: Stop, stops: Sequence[Stop], scans: Scans) -> bool:
    """On the page of the scans around it, so that each line of ours is on one page only."""
    if not stops:
        return True
    is_older, is_newer = stop.at < stops[-1].at, stop.at > stops[0].at
    return not (is_older and scans.has_more) and not (is_newer and scans.page > 1)


def ask_of(values: Any) -> Ask:
    """What the address asks: `parcel`, `clock`, `news`."""
    return Ask(_number(values.get("parcel", ""), 999), values.get("clock", "")[:40], _number(values.get("news", ""), 99) or 0)


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= most else None


def expected(parcel: Parcel) -> tuple[date, date] | None:
    """First and last day on which the parcel may come; None when no day is named."""
    last = parcel.arrival.last
    return (parcel.arrival.first or last, last) if parcel.is_coming and last else None


def sequence_of(order: Order, parcel: Parcel) -> int:
    """How often the parcel's day was moved: calendars take the entry with the highest number."""
    return len(moves_of(order.promises.all(), shipment_id=parcel.shipment.pk))


def as_of(moment: datetime, zone: tzinfo) -> str:
    """`2026-11-20T11:00+01:00`."""
    return moment.astimezone(zone).isoformat(timespec="minutes")
