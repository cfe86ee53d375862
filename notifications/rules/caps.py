"""How much a shopper is written to about what they did not ask for, over all automations and channels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.types import Condition

A_DAY, A_WEEK = 1, 3  # most messages that advertise
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Recent:
    """How many messages that advertise went to a shopper, or are on their way, in the last day and the last week."""

    day: int = 0
    week: int = 0


def recent(moments: Iterable[datetime], at: datetime) -> Recent:
    """Of those moments the ones that count at `at`."""
    ages = [at - moment for moment in moments if moment <= at]
    return Recent(sum(age < DAY for age in ages), sum(age < WEEK for age in ages))


def within_caps(seen: Recent) -> Condition:
    """One more a day, three in seven days."""
    counts = f"{seen.day} of {A_DAY} in a day, {seen.week} of {A_WEEK} in a week"
    return Condition("frequency_cap", seen.day < A_DAY and seen.week < A_WEEK, counts)
