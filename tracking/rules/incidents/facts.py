"""What the rules see, and what they say. Plain values: read once, judged as often as one likes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any

from tracking.types import Cause, IncidentType, ShipmentStatus

S = ShipmentStatus
T = IncidentType
# The shopper hears of a delay once, whichever of these found it first.
DELAYS = frozenset({T.STALLED, T.ETA_SLIPPED, T.PREDICTED_LATE, T.EXCEPTION, T.CUSTOMS_HOLD})
# What silence alone would say: worth nothing while the carrier's feed is silent towards everybody.
SILENCES = frozenset({T.STALLED, T.FORGOTTEN, T.LOST_SUSPECTED})
MOVING = frozenset({S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.UNKNOWN})
BEFORE_PICKUP = frozenset({S.PENDING, S.LABEL_CREATED, S.UNKNOWN})
# Nothing about the parcel's way can go wrong any more without new news.
ENDED = frozenset({S.DELIVERED, S.RETURNED, S.CANCELLED})


class Feed(Enum):
    """How a carrier's news come in: not at all, as usual, or not any more."""

    NONE = "none"
    ALIVE = "alive"
    STALE = "stale"
    GONE = "gone"  # for so long that somebody must look at its parcels one by one


def is_domestic(start: str, end: str) -> bool:
    """A way of which one end is not known is taken to be a short one."""
    return not (start and end) or start == end


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """One parcel and what of its order matters, as of one moment."""

    id: int
    order_id: int
    status: ShipmentStatus
    created_at: datetime
    carrier: str = ""
    shipped_at: datetime | None = None
    status_at: datetime | None = None
    first_scan_at: datetime | None = None
    last_scan_at: datetime | None = None
    attempted_at: datetime | None = None
    delivered_at: datetime | None = None
    eta_from: date | None = None
    eta_by: date | None = None
    eta_source: str = ""
    eta_said_at: datetime | None = None
    eta_hidden: str = ""
    promised_by: date | None = None
    pickup_until: date | None = None
    is_delayed: bool = False
    attempts: int = 0  # days on which a delivery failed
    cause: str = ""
    reason: str = ""
    from_country: str = ""
    to_country: str = ""
    region: str = ""
    is_imported: bool = False
    is_cancelled: bool = False
    feed: Feed = Feed.ALIVE
    lane_gap: int | None = None  # working days: the longest silence 95 of 100 parcels of its lane ever show
    total: Decimal = Decimal(0)

    @property
    def is_domestic(self) -> bool:
        return is_domestic(self.from_country, self.to_country)

    @property
    def last_news_at(self) -> datetime:
        return self.last_scan_at or self.status_at or self.shipped_at or self.created_at

    @property
    def day_said_at(self) -> datetime:
        return self.eta_said_at or self.last_news_at


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order that was promised to be sent by a day."""

    id: int
    ship_by: date | None
    is_waiting: bool  # confirmed, and something of it still to be sent
    is_imported: bool = False
    region: str = ""
    total: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """A carrier's news over all ways they come in."""

    carrier: str
    last_received_at: datetime | None
    usual_gap: float = 0  # seconds
    received: int = 0
    parcels: int = 0  # on their way with this carrier, and not silent for too long already when it was heard last
    pace: float = 0  # news a working day that so many parcels bring, by what their lanes are used to


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """One type's switches and thresholds, complete."""

    is_on: bool = True
    tells_shopper: bool = True
    limits: Mapping[str, float] = field(default_factory=dict)
    carriers: frozenset[str] = frozenset()

    def covers(self, carrier: str) -> bool:
        return self.is_on and (not self.carriers or carrier in self.carriers)


@dataclass(frozen=True, slots=True)
class House:
    """A merchant's rules, and the calendar days are counted by."""

    rules: Mapping[str, RuleSetting]
    zone: tzinfo
    country: str

    def limit(self, type: str, name: str) -> float:
        return self.rules[type].limits[name]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong, since when, and what that means."""

    type: IncidentType
    since: datetime
    act_by: datetime
    cause: str = ""
    reason: str = ""
    promised_by: date | None = None
    expected_by: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one rule makes of a parcel: `since` it holds (a moment to come: then it will), and what ends one that is open."""

    since: datetime | None
    is_cleared: bool
    act_by: datetime | None = None
    cause: str = ""
    reason: str = ""
    expected_by: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Sight(since=None, is_cleared=True)
UNKNOWN_CAUSE = Cause.UNKNOWN.value
