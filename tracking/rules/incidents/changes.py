"""From what is found and what is held to what changes: opened, updated, cleared, reopened, or left alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from tracking.rules.incidents.facts import Finding
from tracking.types import Cause, IncidentState, IncidentType

T = IncidentType
CLEARED = "cleared"
WORSE_DAYS = 2
# Carriers say these again with every scan: said again soon after it was dealt with it is nothing new.
REPEATED = frozenset({T.ETA_SLIPPED, T.PREDICTED_LATE, T.EXCEPTION, T.CUSTOMS_HOLD, T.RETURNING})
# A later day: its cause is what moved it, also when the parcel rolls again.
MOVED = frozenset({T.ETA_SLIPPED, T.PREDICTED_LATE})


class Step(Enum):
    """What happens to an incident; the words of its history."""

    OPEN = "opened"
    UPDATE = "updated"
    CLEAR = "cleared"
    REOPEN = "reopened"
    KEEP = "kept"  # only its weight and its running figures move: not worth a line of history


@dataclass(frozen=True, slots=True)
class Held:
    """An incident as it is stored."""

    id: int
    type: IncidentType
    state: str
    opened_at: datetime
    resolved_at: datetime | None = None
    resolution: str = ""
    cause: str = ""
    reason: str = ""
    promised_by: date | None = None
    expected_by: date | None = None
    news_by: date | None = None
    told_at: datetime | None = None
    choice: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state != IncidentState.RESOLVED


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one incident; `held` is None for a new one, `finding` for one that ends."""

    step: Step
    finding: Finding | None
    held: Held | None


def plan(found: Mapping[IncidentType, Finding], held: Sequence[Held], quiet: Mapping[str, float], now: datetime) -> list[Move]:
    """The steps for one subject. `held` is everything ever open about it."""
    latest = newest(held)
    moves = [Move(Step.CLEAR, None, row) for row in latest.values() if row.is_open and row.type not in found]
    for type, finding in found.items():
        row = latest.get(type)
        finding = _with_known_cause(finding, row)
        step = _step(finding, row, quiet[type], now)
        if step is not None:
            moves.append(Move(step, finding, row if step != Step.OPEN else None))
    return moves


def _with_known_cause(finding: Finding, row: Held | None) -> Finding:
    """Whoever heard of the weather is not told of nothing at the next scan: a delay keeps its cause until a better one is known."""
    is_guess = finding.cause == Cause.CARRIER and not finding.reason
    if row is None or not row.is_open or not row.cause or not is_guess or finding.type not in MOVED:
        return finding
    return replace(finding, cause=row.cause, reason=row.reason)


def newest(held: Iterable[Held]) -> dict[str, Held]:
    """The open one of each type, else the one opened last."""
    found: dict[str, Held] = {}
    for row in sorted(held, key=lambda row: (row.is_open, row.opened_at, row.id)):
        found[row.type] = row
    return found


def _step(finding: Finding, row: Held | None, quiet_days: float, now: datetime) -> Step | None:
    if row is None:
        return Step.OPEN
    if row.is_open:
        return Step.UPDATE if _differs(finding, row) else Step.KEEP
    assert row.resolved_at is not None
    is_fresh = now - row.resolved_at <= timedelta(days=quiet_days)
    if row.resolution != CLEARED and not _is_worse(finding, row, quiet_days):
        return None  # somebody said it is dealt with: so it is until it gets worse
    return Step.REOPEN if is_fresh else Step.OPEN


def _differs(finding: Finding, row: Held) -> bool:
    was = (row.cause, row.reason, row.promised_by, row.expected_by)
    return was != (finding.cause, finding.reason, finding.promised_by, finding.expected_by) or any(
        finding.facts.get(name) != row.facts.get(name) for name in ("attempts", "pickup_until", "status") if name in finding.facts
    )


def _is_worse(finding: Finding, row: Held, quiet_days: float) -> bool:
    """It began anew after it was resolved, was tried again, or is expected days later than was known then."""
    assert row.resolved_at is not None
    pause = timedelta(days=quiet_days) if finding.type in REPEATED else timedelta(0)
    if finding.since > row.resolved_at + pause:
        return True
    if int(finding.facts.get("attempts") or 0) > int(row.facts.get("attempts") or 0):
        return True
    known = row.expected_by or row.promised_by
    return finding.expected_by is not None and known is not None and (finding.expected_by - known).days >= WORSE_DAYS
