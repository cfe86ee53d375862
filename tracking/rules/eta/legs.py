"""A parcel's legs as the lanes learn them: from being ordered to being handed over, from there to the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from tracking.rules import places
from tracking.rules.eta.clock import clock_of, moment_of
from tracking.rules.eta.effects import Trait, measure
from tracking.rules.eta.trip import Trip, about, lane_of, traits

LONGEST = 120  # days; a leg of more is a mistake in its times
HANDLING, TRANSIT = "handling", "transit"


@dataclass(frozen=True, slots=True)
class House:
    """Where the merchant is: whose holidays and days the warehouse keeps."""

    country: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Record:
    """One parcel, or an order that has none yet (`id` 0), as the lanes see it."""

    id: int
    lessons: int
    ordered_at: datetime  # when the warehouse could begin
    shipped_at: datetime | None
    arrived_at: datetime | None  # first delivery attempt
    source: str
    method: str
    shipping_total: Decimal
    carrier: str = ""
    service: str = ""
    from_country: str = ""
    from_region: str = ""
    to_country: str = ""
    to_region: str = ""
    to_postcode: str = ""
    is_over: bool = False  # nothing more to come of it


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: its traits and lane, when it began and ended (local days), and whose clock it runs by."""

    name: str
    traits: Sequence[Trait]
    lane: str
    start: float
    end: float | None
    country: str
    zone: tzinfo

    @property
    def is_sound(self) -> bool:
        """Whether it can be learned from: finished, forwards, not absurdly long."""
        return self.end is not None and 0 <= self.end - self.start <= LONGEST

    def measured(self, until: float) -> float:
        clock = clock_of(self.country)
        return measure(clock.read(until) - clock.read(self.start))


def trip_of(record: Record, house: House) -> Trip:
    """A parcel's traits, from columns in normal form."""
    ordered = record.ordered_at.astimezone(house.zone)
    postcode = "".join(sign for sign in record.to_postcode.upper() if sign.isalnum())
    country = record.to_country
    return Trip(
        country=country,
        to=_place(country, record.to_region),
        area=postcode[:3] if len(postcode) > 3 else "",
        spot=postcode[:4] if len(postcode) > 4 else "",
        origin=_place(record.from_country or house.country, record.from_region),
        sender=record.source,
        carrier=record.carrier,
        service=record.service.strip().casefold(),
        method=record.method.strip().casefold(),
        freight=about(float(record.shipping_total), 4),
        weekday=str(ordered.weekday()),
        hour=str(ordered.hour // 4),
    )


def _place(country: str, region: str) -> str:
    return "-".join(part for part in (country, region) if part)


def zone_of(record: Record, house: House) -> tzinfo:
    """The destination's, where days of delivery are counted; the merchant's while it is not known."""
    name = places.zone_of(record.to_country, record.to_region)
    return ZoneInfo(name) if name else house.zone


def handling_of(record: Record, house: House) -> Leg:
    """From the day the warehouse could begin to the hand-over."""
    trip = trip_of(record, house)
    start, end = moment_of(record.ordered_at, house.zone), _end(record.shipped_at, house.zone)
    return Leg(HANDLING, traits(HANDLING, trip), lane_of(HANDLING, trip), start, end, house.country, house.zone)


def transit_of(record: Record, house: House) -> Leg | None:
    """From the hand-over to the first delivery attempt; None before it."""
    if record.shipped_at is None:
        return None
    trip, zone = trip_of(record, house), zone_of(record, house)
    start, end = moment_of(record.shipped_at, zone), _end(record.arrived_at, zone)
    return Leg(TRANSIT, traits(TRANSIT, trip), lane_of(TRANSIT, trip), start, end, record.to_country or house.country, zone)


def _end(at: datetime | None, zone: tzinfo) -> float | None:
    return None if at is None else moment_of(at, zone)
