"""The promised day of every next step, on the merchant's business calendar. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.rules import add_working_days

DAY = timedelta(days=1)
TO_SEND = timedelta(days=14)  # after the approval, where the policy names no day
AT_LEAST = timedelta(days=7)  # whoever asks on the last day still gets a week to bring it to the carrier
REMINDER = timedelta(days=3)  # before the last day to hand over
SCAN_LAG = timedelta(days=3)  # a parcel handed over in time may be scanned later
RESERVED_AFTER = timedelta(hours=48)  # an exchange is held so long past the last day to hand over
CLOSED_AFTER = timedelta(days=14)
BY_LAW = timedelta(days=14)  # a withdrawal's money, from the declaration (Directive 2011/83 Art. 13)
CHECK_DAYS, BANK_DAYS, SETTLE_DAYS = 3, 5, 5  # working days
MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the merchant works, and how fast parcels come back to it."""

    country: str
    zone: ZoneInfo
    works_saturday: bool = False
    transit_days: int = 5

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def later(self, day: date, count: int) -> date:
        return add_working_days(day, count, self.country, works_saturday=self.works_saturday)

    def end_of(self, day: date) -> datetime:
        """The first moment after the day."""
        return datetime.combine(day + DAY, time(), self.zone)

    def morning_of(self, day: date) -> datetime:
        return datetime.combine(day, MORNING, self.zone)


def answer_by(here: Calendar, at: datetime) -> date:
    """The next working day."""
    return here.later(here.day(at) + DAY, 0)


def hand_over_by(here: Calendar, at: datetime, *, untils: Iterable[date | None], is_held: bool) -> date:
    """The last day to hand it over: the policy's, of several lines the earliest; two weeks where it names none.

    While a replacement is held for it, two weeks at most. Never less than a week after the approval.
    """
    days = [day for day in untils if day is not None]
    today = here.day(at)
    last = min(days, default=today + TO_SEND)
    if is_held:
        last = min(last, today + TO_SEND)
    return max(last, today + AT_LEAST)


def arrive_by(here: Calendar, handed_over_on: date) -> date:
    """As slow as a parcel of the merchant's travels."""
    return here.later(handed_over_on, here.transit_days)


def inspect_by(here: Calendar, arrived_on: date) -> date:
    """Three working days after it came."""
    return here.later(arrived_on, CHECK_DAYS)


def check_by(here: Calendar, arrived_on: date, money_by: date) -> date:
    """When it is checked: in time for the money, which is never promised for a day before the check."""
    return min(inspect_by(here, arrived_on), money_by)


def refund_by(*, arrived_on: date, refund_days: int, declared_on: date | None = None, proven_on: date | None = None) -> date:
    """The days of the policy, counted from the arrival.

    For a withdrawal never later than fourteen days after the declaration; the money may wait for the goods or for proof that they
    were sent, whichever comes first.
    """
    last = arrived_on + timedelta(days=refund_days)
    if declared_on is None:
        return last
    return min(last, max(declared_on + BY_LAW, min(arrived_on, proven_on or arrived_on)))


def bank_by(here: Calendar, sent_on: date) -> date:
    """What banks take: five working days."""
    return here.later(sent_on, BANK_DAYS)


def settle_by(here: Calendar, at: datetime) -> date:
    """What was agreed about a fault is done within five working days."""
    return here.later(here.day(at), SETTLE_DAYS)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days after the hand-over, each counted from the one before."""

    arrive_by: date
    inspect_by: date
    refund_by: date
    bank_by: date


def ahead(here: Calendar, handed_over_on: date, *, refund_days: int, declared_on: date | None = None) -> Ahead:
    """What follows when it is handed over on a day."""
    arrival = arrive_by(here, handed_over_on)
    money = refund_by(arrived_on=arrival, refund_days=refund_days, declared_on=declared_on, proven_on=handed_over_on)
    money = max(money, handed_over_on)
    return Ahead(arrival, check_by(here, arrival, money), money, bank_by(here, money))


def withdrawal_until(country: str, counted_from: date) -> date:
    """Fourteen days after the last parcel came; where the last is no working day, the next one (Regulation 1182/71 Art. 3)."""
    return add_working_days(counted_from + BY_LAW, 0, country)


@dataclass(frozen=True, slots=True)
class Look:
    """What the clock goes by."""

    state: str
    answer_by: date | None
    hand_over_by: date | None
    inspect_by: date | None
    resolved_at: datetime | None
    is_reminded: bool
    is_overdue: bool


def next_look(here: Calendar, seen: Look) -> datetime | None:
    """When the sweep looks at a return again; None when nothing happens to it by time alone. Overdue money is found by its own day."""
    if seen.state in ("approved", "labelled") and seen.hand_over_by is not None:
        reminder = here.morning_of(seen.hand_over_by - REMINDER)
        return here.end_of(seen.hand_over_by + SCAN_LAG) if seen.is_reminded else reminder
    if seen.state == "resolved" and seen.resolved_at is not None:
        return seen.resolved_at + CLOSED_AFTER
    days = {"requested": seen.answer_by, "arrived": seen.inspect_by, "received": seen.inspect_by}
    day = days.get(seen.state)
    return here.end_of(day) if day is not None and not seen.is_overdue else None
