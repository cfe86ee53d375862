"""Silence counted in working days of whoever is silent: a parcel does not stall over Easter."""

from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from orders.rules import add_working_days, is_working_day

DAY = timedelta(days=1)


@lru_cache(maxsize=8192)
def _plus(day: date, count: int, country: str) -> date:
    return add_working_days(day, count, country, works_saturday=True) if count else day


def after_days(start: datetime, days: float, country: str, zone: tzinfo) -> datetime:
    """The moment so many working days after `start`, at the same time of day. Carriers work on Saturdays."""
    local = start.astimezone(zone)
    whole = int(days)
    day = _plus(local.date(), whole, country)
    return _at(day, local.time(), zone) + (days - whole) * DAY


def after_hours(start: datetime, hours: float, country: str, zone: tzinfo) -> datetime:
    """The moment so many hours after `start`, hours of Sundays and holidays not counted."""
    left, moment = timedelta(hours=hours), start.astimezone(zone)
    for _ in range(400):
        midnight = _at(moment.date() + DAY, time(), zone)
        if is_working_day(moment.date(), country, works_saturday=True):
            if moment + left <= midnight:
                return moment + left
            left -= midnight - moment
        moment = midnight
    return moment


@lru_cache(maxsize=8192)
def days_between(first: date, last: date, country: str) -> int:
    """Working days after `first` up to and with `last`."""
    days = range(1, (last - first).days + 1)
    return sum(is_working_day(first + timedelta(days=count), country, works_saturday=True) for count in days)


def next_working_day(day: date, count: int, country: str) -> date:
    """Office days, for what people have to do: without Saturdays."""
    return add_working_days(day, count, country)


def start_of(day: date, zone: tzinfo) -> datetime:
    return _at(day, time(), zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    return _at(day + DAY, time(), zone)


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)
