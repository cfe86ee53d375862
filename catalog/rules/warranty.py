"""Until when a warranty runs, and which one holds."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

LAST_YEAR = 9999


class Term(NamedTuple):
    """What the warranty was from a moment on; 0 months: none."""

    months: int
    since: datetime


def months_later(day: date, months: int) -> date:
    """The same day of a later month; the last of it where that month is shorter: 31 January and one month are 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LAST_YEAR:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_promised(terms: Sequence[Term], *, bought_at: datetime) -> int:
    """The months that held on the day of purchase; what was first written down holds for everything bought before it."""
    before = [term for term in terms if term.since <= bought_at]
    held = before[-1] if before else terms[0] if terms else None
    return held.months if held else 0
