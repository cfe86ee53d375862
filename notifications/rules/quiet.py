"""When a message may leave: the merchant's window, quiet hours where the recipient is, and the law's where it is stricter.

A gate is open between two local hours. A message that must pass several leaves at the first moment all of them are open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from customers.types import Channel
from notifications.registry import Entry
from notifications.rules.place import Place
from orders.rules import is_working_day

DAY = timedelta(days=1)
HORIZON = timedelta(days=10)  # longer than any row of holidays


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours, the second not included. `without_rest`: not on Sundays and public holidays either."""

    start: time
    end: time
    without_rest: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """Hours in one zone; the country says which days are holidays."""

    name: str  # the condition it stands for
    zone: str
    hours: Hours
    country: str = ""


def _hours(start: int, end: int, *, without_rest: bool = False) -> Hours:
    return Hours(time(start), time(end), without_rest)


# Text messages that advertise: the hours of the US federal rule serve wherever nothing stricter is known.
USUAL = _hours(8, 21)
COUNTRIES = {"FR": _hours(8, 22, without_rest=True)}
STATES = {
    ("US", "AL"): _hours(8, 20, without_rest=True),
    ("US", "CT"): _hours(9, 20),
    ("US", "FL"): _hours(8, 20),
    ("US", "KY"): _hours(10, 21),
    ("US", "LA"): _hours(8, 20, without_rest=True),
    ("US", "MA"): _hours(8, 20),
    ("US", "MD"): _hours(8, 20),
    ("US", "MS"): _hours(8, 20, without_rest=True),
    ("US", "OK"): _hours(8, 20),
    ("US", "RI"): _hours(10, 17, without_rest=True),
    ("US", "SD"): _hours(9, 21, without_rest=True),
    ("US", "TX"): _hours(12, 21),  # from nine on weekdays; noon is right on Sundays, too
    ("US", "WA"): _hours(8, 20),
    # Nobody said which state: careful, and still an hour that all zones from Guam to New York have in common.
    ("US", ""): _hours(9, 20, without_rest=True),
}


def law_of(country: str, region: str) -> Hours:
    """The hours in which one may advertise by text message there."""
    return STATES.get((country, region)) or COUNTRIES.get(country) or USUAL


def quiet_gates(entry: Entry, channel: str, place: Place, at: datetime) -> tuple[Gate, ...]:
    """What keeps a text message from waking somebody up. What a shopper must have goes at any hour."""
    if channel != Channel.SMS or (entry.is_mandatory and not entry.is_marketing):
        return ()
    if not entry.is_marketing:
        return (Gate("quiet_hours", place.zone, USUAL),)
    strict = _lawful(place, place.zones)
    careful = (*strict, *_lawful(place, (place.besides,))) if place.besides else strict
    return careful if first_open(careful, at) is not None else strict


def _lawful(place: Place, zones: Iterable[str]) -> tuple[Gate, ...]:
    return tuple(Gate("quiet_hours", zone, law_of(*law), law[0]) for zone in zones for law in place.laws or (("", ""),))


def opens(gate: Gate, at: datetime) -> datetime:
    """The first moment from `at` on when the gate is open."""
    zone = ZoneInfo(gate.zone)
    local = at.astimezone(zone)
    day, hours = local.date(), gate.hours
    if _is_day(gate, day) and hours.start <= local.time() < hours.end:
        return at
    if local.time() >= hours.start:
        day += DAY
    while not _is_day(gate, day):
        day += DAY
    opening = datetime.combine(day, hours.start, zone).astimezone(UTC)
    # Clocks were turned back over the opening: of its two moments the first is over.
    return opening if opening > at else datetime.combine(day, hours.start, zone).replace(fold=1).astimezone(UTC)


def _is_day(gate: Gate, day: date) -> bool:
    return not gate.hours.without_rest or is_working_day(day, gate.country, works_saturday=True)


def first_open(passing: Sequence[Gate], at: datetime) -> datetime | None:
    """The first moment from `at` on when all are open; None when they are never open at once."""
    moment = at
    while moment <= at + HORIZON:
        latest = max((opens(gate, moment) for gate in passing), default=moment)
        if latest == moment:
            return moment
        moment = latest
    return None
