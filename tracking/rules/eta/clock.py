"""Time as a lane feels it: a Sunday hardly moves a parcel, a holiday little."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from orders.rules import is_working_day

DAY = timedelta(days=1)
SECONDS = 86_400
FIRST, LAST = date(2014, 1, 1), date(2046, 1, 1)
FRIDAY_LIKE, SATURDAY, SUNDAY = 3, 5, 6
# Of a Tuesday's work: how much is done on a Thursday or Friday, a Saturday, a Sunday, a public holiday.
LATE_IN_WEEK, ON_SATURDAY, ON_SUNDAY, ON_HOLIDAY = 0.95, 0.3, 0.07, 0.2


@dataclass(frozen=True, slots=True)
class Clock:
    """Working time of one country: `sums[i]` is what has passed before the i-th day after FIRST."""

    sums: tuple[float, ...]

    def read(self, moment: float) -> float:
        """Working days passed at a moment (a local day's number and its fraction)."""
        at = min(max(moment - FIRST.toordinal(), 0.0), len(self.sums) - 1.001)
        day = int(at)
        return self.sums[day] + (at - day) * (self.sums[day + 1] - self.sums[day])

    def when(self, reading: float) -> float:
        """The moment the clock reads this."""
        day = min(max(bisect_right(self.sums, reading) - 1, 0), len(self.sums) - 2)
        share = (reading - self.sums[day]) / (self.sums[day + 1] - self.sums[day])
        return FIRST.toordinal() + day + min(max(share, 0.0), 0.999_999)


@lru_cache(maxsize=64)
def clock_of(country: str) -> Clock:
    """The clock of a country; one without known holidays has week-ends only."""
    sums, day = [0.0], FIRST
    while day < LAST:
        sums.append(sums[-1] + speed(day, country))
        day += DAY
    return Clock(tuple(sums))


def speed(day: date, country: str) -> float:
    """How much of a full working day a day is."""
    weekday = day.weekday()
    if weekday == SUNDAY:
        return ON_SUNDAY
    if not is_working_day(day, country, works_saturday=True):
        return ON_HOLIDAY
    if weekday == SATURDAY:
        return ON_SATURDAY
    return LATE_IN_WEEK if weekday >= FRIDAY_LIKE else 1.0


def moment_of(at: datetime, zone: tzinfo) -> float:
    """A time as its local day's number and the fraction of that day."""
    local = at.astimezone(zone)
    return local.toordinal() + (local.hour * 3600 + local.minute * 60 + local.second) / SECONDS


def day_of(moment: float) -> date:
    """The local day a moment lies in."""
    return date.fromordinal(int(moment))
