"""How long a line's warranty runs, and from which day it is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from catalog.rules import months_later


class Since(StrEnum):
    """What a warranty is counted from."""

    DELIVERED = "delivered"
    PROMISED = "promised"  # it is not there yet: counted from the last day we promised
    BOUGHT = "bought"  # it needs no parcel
    UNKNOWN = "unknown"  # not there yet, and no day promised


class Arrived(NamedTuple):
    """So many pieces of a line in one parcel; None while it is not delivered, and the last day it is to come."""

    pieces: int
    delivered: date | None
    promised: date | None


@dataclass(frozen=True, slots=True)
class Warranty:
    """Until `ends`, counted from `start`; both None while no day is known."""

    months: int
    since: Since
    start: date | None
    ends: date | None

    def is_over(self, today: date) -> bool:
        return self.ends is not None and self.ends < today


def warranty_of(*, months: int, wanted: int, arrived: Iterable[Arrived], promised: date | None, bought: date | None) -> Warranty | None:
    """The warranty of so many pieces; None when there is none or nothing was kept. `bought` is told for what needs no parcel.

    Pieces that came on several days are covered from the last of them, so that none of them ends early.
    """
    if not months or not wanted:
        return None
    if bought is not None:
        return _running(months, Since.BOUGHT, bought)
    parcels = list(arrived)
    days = [parcel.delivered for parcel in parcels if parcel.delivered]
    if days and sum(parcel.pieces for parcel in parcels if parcel.delivered) >= wanted:
        return _running(months, Since.DELIVERED, max(days))
    open_days = [parcel.promised for parcel in parcels if not parcel.delivered and parcel.promised]
    latest = max([*open_days, *days, *([promised] if promised else [])], default=None)
    return _running(months, Since.PROMISED if latest else Since.UNKNOWN, latest)


def _running(months: int, since: Since, start: date | None) -> Warranty:
    return Warranty(months, since, start, months_later(start, months) if start else None)
