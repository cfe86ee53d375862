"""When it is sent and when it comes, on the merchant's business calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

import holidays

SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Pace:
    """The merchant's fulfilment policy as plain numbers; the defaults hold when there is no row."""

    handling_days: int = 1
    rush_days: int = 0
    cutoff_hour: int = 14
    works_saturday: bool = False
    transit_days_min: int = 1
    transit_days_max: int = 3
    cutoffs: Sequence[int] = ()  # hours from Monday to Sunday, where they differ
    additions_hours: int = 4  # after the order, for an item more; 0: never
    refund_days: int = 5  # working days until the money of a cancelled order is sent back

    def cutoff(self, day: date) -> int:
        """The hour of this day up to which an order counts as its own."""
        return self.cutoffs[day.weekday()] if self.cutoffs else self.cutoff_hour


DEFAULT_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Window:
    """First and last day of arrival."""

    start: date
    end: date


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays; none for countries the calendar does not know."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except (NotImplementedError, KeyError):
        return frozenset()


def is_working_day(day: date, country: str, *, works_saturday: bool = False) -> bool:
    """Neither Sunday, nor a public holiday, nor a Saturday off."""
    weekday = day.weekday()
    if weekday == SUNDAY or (weekday == SATURDAY and not works_saturday):
        return False
    return day not in _holidays(country, day.year)


def add_working_days(day: date, count: int, country: str, *, works_saturday: bool = False) -> date:
    """The working day `count` steps after `day`; 0 is the day itself, or the next working one."""
    while not is_working_day(day, country, works_saturday=works_saturday):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while not is_working_day(day, country, works_saturday=works_saturday):
            day += timedelta(days=1)
    return day


def _first_day(pace: Pace, placed_at: datetime, zone: tzinfo) -> date:
    """The local day the warehouse counts the order to: after the cutoff it is tomorrow's."""
    local = placed_at.astimezone(zone)
    return local.date() + timedelta(days=int(local.hour >= pace.cutoff(local.date())))


def dispatch_by(pace: Pace, placed_at: datetime, zone: tzinfo, country: str) -> date:
    """The latest dispatch day: handling plus the longest delay in a rush, in working days of the merchant's country."""
    first = _first_day(pace, placed_at, zone)
    return add_working_days(first, pace.handling_days + pace.rush_days, country, works_saturday=pace.works_saturday)


def arrival_window(pace: Pace, placed_at: datetime, zone: tzinfo, country: str) -> Window:
    """From the earliest dispatch with the fastest transit to the latest dispatch with the slowest."""
    earliest = add_working_days(_first_day(pace, placed_at, zone), pace.handling_days, country, works_saturday=pace.works_saturday)
    latest = dispatch_by(pace, placed_at, zone, country)
    return Window(transit(earliest, pace.transit_days_min, country, pace), transit(latest, pace.transit_days_max, country, pace))


def refund_by(pace: Pace, cancelled_on: date, country: str) -> date:
    """The day by which the money of a cancelled order is on its way."""
    return add_working_days(cancelled_on, pace.refund_days, country, works_saturday=pace.works_saturday)


def transit(sent_on: date, days: int, country: str, pace: Pace) -> date:
    """The working day a parcel sent on a day arrives."""
    return add_working_days(sent_on, days, country, works_saturday=pace.works_saturday)
