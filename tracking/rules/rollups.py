"""What one parcel adds to the delay figures: the same journey seen on the same day always adds the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tracking.types import IncidentType, ShipmentStatus

S = ShipmentStatus
COUNTS = (
    "sent", "arrived", "on_time", "late", "overdue", "at_risk", "stalled", "lost", "damaged", "returned",
    "promises", "promises_kept", "eta_asked", "eta_held", "eta_early",
)  # fmt: skip
EARLIEST, LATEST, LONGEST = -7, 21, 40
DELAYS, TRANSITS = LATEST - EARLIEST + 1, LONGEST + 1
OVERDUE, AT_RISK = "overdue", "at_risk"
GONE = frozenset({S.RETURNING, S.RETURNED, S.LOST, S.DAMAGED})  # will not come any more, so it is not "late now"
LIKELY_LATE = frozenset({IncidentType.PREDICTED_LATE, IncidentType.ETA_SLIPPED, IncidentType.STALLED, IncidentType.LOST_SUSPECTED})
COUNTED_TYPES = LIKELY_LATE

Key = tuple[str, date, str, str]  # grain, start, carrier, region
Moves = dict[Key, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Journey:
    """All the figures need to know of a parcel; days are the merchant's."""

    sent: date | None
    arrived: date | None = None  # first delivery attempt
    promised: date | None = None
    expected: date | None = None
    learned: tuple[date, date] | None = None  # the 80 % range last said, when it was learned
    status: str = S.IN_TRANSIT
    is_delayed: bool = False
    carrier: str = ""
    region: str = ""
    said: frozenset[date] = frozenset()  # every arrival day the shopper was told
    incidents: Mapping[str, bool] = field(default_factory=dict)  # type -> whether one is open


@dataclass(frozen=True, slots=True)
class Facts:
    """What a parcel has in the cells. Without a week it is in none."""

    week: date | None = None
    due: date | None = None
    carrier: str = ""
    region: str = ""
    is_late: bool = False
    standing: str = ""
    look_on: date | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def cells(self) -> Iterator[Key]:
        """The cells it is counted in: its week's, and its day's when it had a promise."""
        if self.week is not None:
            yield ("week", self.week, self.carrier, self.region)
            if self.due is not None:
                yield ("day", self.due, self.carrier, "")


NOTHING = Facts()


def region_of(country: str, region: str, postcode: str) -> str:
    """The destination as the heat map groups it: `DE-BE`; without a region the first sign of the postcode, `DE-1…`; else the country."""
    if country and region:
        return f"{country}-{region}"[:60]
    if country and postcode[:1].isalnum():
        return f"{country}-{postcode[0].upper()}…"
    return country or region[:60]


def facts_of(journey: Journey, today: date) -> Facts:
    """What the parcel adds, seen on a day. One that was not handed over, or was cancelled, adds nothing."""
    if journey.sent is None or journey.status == S.CANCELLED:
        return NOTHING
    is_late = _is_late(journey, today)
    standing = _standing(journey, is_late)
    marks = {
        **_outcome(journey, is_late, today),
        "overdue": standing == OVERDUE,
        "at_risk": standing == AT_RISK,
        "stalled": IncidentType.STALLED in journey.incidents,
        "lost": journey.status == S.LOST or (journey.arrived is None and IncidentType.LOST_SUSPECTED in journey.incidents),
        "damaged": journey.status == S.DAMAGED,
        "returned": journey.status in (S.RETURNING, S.RETURNED),
    }
    return Facts(
        week=journey.sent - timedelta(days=journey.sent.weekday()),
        due=journey.promised,
        carrier=journey.carrier,
        region=journey.region,
        is_late=is_late,
        standing=standing,
        look_on=_look_on(journey, today),
        counts={name: int(value) for name, value in marks.items() if value},
    )


def _is_late(journey: Journey, today: date) -> bool:
    return journey.promised is not None and (journey.arrived or today) > journey.promised


def _standing(journey: Journey, is_late: bool) -> str:
    if journey.arrived is not None or journey.promised is None or journey.status in GONE:
        return ""
    if is_late:
        return OVERDUE
    expects_late = journey.expected is not None and journey.expected > journey.promised
    warned = any(journey.incidents.get(type, False) for type in LIKELY_LATE)
    return AT_RISK if expects_late or warned or journey.is_delayed else ""


def _outcome(journey: Journey, is_late: bool, today: date) -> dict[str, int]:
    """Counters of hand-over, arrival and what was said about it."""
    kept, broken = _promises(journey, today)
    found = {"sent": 1, "late": int(is_late), "promises": kept + broken, "promises_kept": kept}
    if journey.arrived is None or journey.sent is None:
        return found
    found |= {"arrived": 1, f"transit:{_within((journey.arrived - journey.sent).days, 0, LONGEST)}": 1}
    if journey.promised is not None:
        found["on_time"] = int(not is_late)
        found[f"delay:{_within((journey.arrived - journey.promised).days, EARLIEST, LATEST) - EARLIEST}"] = 1
    if journey.learned is not None:
        first, last = journey.learned
        found |= {"eta_asked": 1, "eta_held": int(first <= journey.arrived <= last), "eta_early": int(journey.arrived < first)}
    return found


def _promises(journey: Journey, today: date) -> tuple[int, int]:
    """Days said that held and that did not. A day is judged once: a parcel told twice for Tuesday broke one promise."""
    said = _said(journey)
    if journey.arrived is None:
        return 0, sum(day < today for day in said)
    kept = sum(journey.arrived <= day for day in said)
    return kept, len(said) - kept


def _said(journey: Journey) -> frozenset[date]:
    return journey.said | {journey.promised} if journey.promised else journey.said


def _within(number: int, low: int, high: int) -> int:
    return max(low, min(high, number))


def _look_on(journey: Journey, today: date) -> date | None:
    """The first day on which time alone changes what the parcel adds."""
    if journey.arrived is not None:
        return None
    ahead = [day for day in _said(journey) if day >= today]
    return min(ahead) + timedelta(days=1) if ahead else None


def moves(changes: Iterable[tuple[Facts, Facts]]) -> Moves:
    """What must be added to which cells so that each parcel's new facts stand there in the place of its old ones."""
    found: Moves = {}
    for old, new in changes:
        for facts, sign in ((old, -1), (new, 1)):
            for key in facts.cells():
                cell = found.setdefault(key, {})
                for name, count in facts.counts.items():
                    cell[name] = cell.get(name, 0) + sign * count
    return {key: kept for key, cell in found.items() if (kept := {name: count for name, count in cell.items() if count})}
