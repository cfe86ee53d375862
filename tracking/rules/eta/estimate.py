"""When it comes: the days most parcels like it arrive on."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import hypot, log2

from tracking.rules.eta.clock import Clock, day_of
from tracking.rules.eta.drift import SHARES, Drift
from tracking.rules.eta.effects import Effect, days_from, expect, measure
from tracking.rules.eta.trip import ALIKE, ENOUGH, Trip, lane_of, traits

EARLY, MIDDLE, LATE, NEARLY_ALL = 0.1, 0.5, 0.9, 0.95
EDGE = 0.13  # of a day
# A slow hand-over and a slow way come together (a rush, a strike): the legs' spreads add up to more than chance would.
TOGETHER = 1.1


@dataclass(frozen=True, slots=True)
class Estimate:
    """Days of arrival: the 80 % range `first` to `last`, its middle, and the parcels alike it rests on; 95 of 100 come by `latest`."""

    first: date
    middle: date
    last: date
    alike: int
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """What to expect of one leg: a measure, and how far parcels lie around it."""

    measure: float
    curve: tuple[float, ...]
    alike: int = 0

    def days(self, share: float, age: float = 0.0) -> float:
        """Working days by which this share are through, of those that take longer than `age`."""
        gone = share_at(self.curve, measure(age) - self.measure) if age > 0 else 0.0
        return max(days_from(self.measure + gap_at(self.curve, gone + (1 - gone) * share)), age)

    def room(self, days: float) -> float:
        """How far so many working days lie beyond the expected, in the logarithm: the less, the likelier to take longer."""
        return measure(days) - self.measure


def gap_at(curve: tuple[float, ...], share: float) -> float:
    """The gap below which a share lies; beyond the last known one the curve goes on as between the last two."""
    place = min(max(bisect_left(SHARES, share), 1), len(SHARES) - 1)
    if share > SHARES[-1]:
        return curve[-1] + _tail(curve) * log2((1 - SHARES[-1]) / max(1 - share, 1e-6))
    low, high = SHARES[place - 1], SHARES[place]
    return curve[place - 1] + (max(share, SHARES[0]) - low) / (high - low) * (curve[place] - curve[place - 1])


def share_at(curve: tuple[float, ...], gap: float) -> float:
    """The share that lies below a gap."""
    if gap <= curve[0]:
        return 0.0
    if gap >= curve[-1]:
        return float(1 - (1 - SHARES[-1]) * 0.5 ** ((gap - curve[-1]) / _tail(curve)))
    place = bisect_left(curve, gap)
    width = curve[place] - curve[place - 1]
    return SHARES[place - 1] + (gap - curve[place - 1]) / width * (SHARES[place] - SHARES[place - 1])


def _tail(curve: tuple[float, ...]) -> float:
    """How much further out half of the last ones are gone."""
    return max(curve[-1] - curve[-2], 0.05)


def spell_of(leg: str, trip: Trip, known: Mapping[str, Effect], drift: Drift) -> Spell:
    """What is known of one leg of a parcel."""
    own = traits(leg, trip)
    held = {trait.key.partition(":")[0]: effect.count for trait in own if (effect := known.get(trait.key)) is not None}
    alike = next((held[name] for name in ALIKE[leg] if held.get(name, 0) >= ENOUGH), held.get("all", 0))
    return Spell(expect(known, own) + drift.shift + drift.lanes.get(lane_of(leg, trip), 0.0), drift.curve, alike)


@dataclass(frozen=True, slots=True)
class Way:
    """One leg with the clock it runs by."""

    spell: Spell
    clock: Clock


def arrival(transit: Way, *, sent: float, now: float) -> Estimate:
    """Days of arrival of a parcel the carrier has had since `sent` and has not delivered by `now`."""
    clock = transit.clock
    start = clock.read(sent)
    age = max(clock.read(now) - start, 0.0)
    early, middle, late, end = (clock.when(start + transit.spell.days(share, age)) for share in (EARLY, MIDDLE, LATE, NEARLY_ALL))
    return _estimate(early, middle, late, end, transit.spell.alike, now)


def door_to_door(handling: Way, transit: Way, *, since: float, now: float) -> Estimate:
    """Days of arrival of a parcel the warehouse has had to send since `since` and has not handed over by `now`."""
    start = handling.clock.read(since)
    age = max(handling.clock.read(now) - start, 0.0)
    packed = handling.spell.days(MIDDLE, age)
    sent = handling.clock.when(start + packed)
    way = transit.spell.days(MIDDLE)
    middle = transit.clock.read(sent) + way

    def moment(share: float) -> float:
        spread = TOGETHER * hypot(handling.spell.days(share, age) - packed, transit.spell.days(share) - way)
        return transit.clock.when(max(middle + (spread if share > MIDDLE else -spread), transit.clock.read(now)))

    early, late, end = (moment(share) for share in (EARLY, LATE, NEARLY_ALL))
    return _estimate(early, transit.clock.when(middle), late, end, min(handling.spell.alike, transit.spell.alike), now)


def _estimate(early: float, middle: float, late: float, end: float, alike: int, now: float) -> Estimate:
    """Moments as whole days. A range that named every day it touches would hold more than it says."""
    middle = max(middle, now)
    first, last = day_of(max(min(early + EDGE, middle), now)), day_of(max(late - EDGE, middle))
    return Estimate(first, day_of(middle), last, alike, max(day_of(end), last))
