"""The time zones there are."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zone_names() -> frozenset[str]:
    """Every name of the tz database, read once: `available_timezones` walks through its folders each time, some 20 ms."""
    return frozenset(available_timezones())
