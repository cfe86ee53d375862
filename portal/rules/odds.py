"""How sure a learned day is, in numbers people can picture: ten parcels like it."""

from dataclasses import dataclass
from datetime import date

LEAST_ALIKE = 30  # below, ten dots would claim to know more than we do
INSIDE, OUTSIDE = 8, 1  # a learned range holds eight of ten; one comes before it, one after


@dataclass(frozen=True, slots=True)
class OddsDay:
    """One column of the strip: before the range (`last` only), the range, or after it (`first` only)."""

    first: date | None
    last: date | None
    count: int
    is_likely: bool = False

    @property
    def dots(self) -> range:
        return range(self.count)


def odds_of(*, first: date | None, last: date | None, alike: int, source: str) -> tuple[OddsDay, ...]:
    """The strip for a learned range; nothing for any other day, and nothing when too few parcels stand behind it."""
    if source != "learned" or last is None or alike < LEAST_ALIKE:
        return ()
    start = first or last
    return (OddsDay(None, start, OUTSIDE), OddsDay(start, last, INSIDE, is_likely=True), OddsDay(last, None, OUTSIDE))
