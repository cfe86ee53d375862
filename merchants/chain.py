"""The chain of an audit log, as pure reckoning: a line's hash, and the first line at which a chain is broken."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

RETENTION = timedelta(days=2 * 365)
FORM = "audit-1"  # of the text below; another form gets another name

# In this order in the hashed text. `at` is told in UTC to the microsecond, `changes` with its keys in order.
PARTS = (
    "position", "at", "actor_kind", "actor_id", "on_behalf_of", "deed", "object_kind", "object_id", "result", "changes", "network",
    "agent", "request_id",
)  # fmt: skip


class Sealed(Protocol):
    """A line of a chain."""

    @property
    def position(self) -> int: ...
    @property
    def previous(self) -> str: ...
    @property
    def hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class End:
    """Where a chain ended once: so many lines, the hash of the last, and when that was looked at."""

    position: int
    hash: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many lines were read, and the first that is broken: 0 and "" when none is."""

    lines: int
    broken_at: int = 0
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.reason


def digest(row: Any, chain: int) -> str:
    """The hash of a line: of the line before it, the chain it belongs to and everything it says."""
    values: list[Any] = [FORM, chain]
    for name in PARTS:
        value = getattr(row, name)
        values.append(value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value)
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{row.previous}{text}".encode()).hexdigest()


def check(rows: Iterable[Sealed], *, chain: int, head: End, anchors: Iterable[End], now: datetime) -> Verdict:
    """Read a chain from its oldest line on and name the first that is missing, out of place, changed or not the one anchored.

    The oldest lines may be gone only up to an anchor, and only when that is older than lines are kept.
    """
    known: dict[int, End] = {}
    for end in anchors:
        if known.setdefault(end.position, end).hash != end.hash:
            return Verdict(0, end.position, f"line {end.position} was anchored twice, and differently")
    last, count = None, 0
    for row in rows:
        last = last or _start(row.position, known, now)
        if last is None:
            return Verdict(0, 1, f"lines 1 to {row.position - 1} are missing")
        if reason := _fault(row, chain, last, known):
            return Verdict(count, last.position + 1, reason)
        last, count = End(row.position, row.hash), count + 1
    return _ended(Verdict(count), last or _start(head.position + 1, known, now) or End(0, ""), head, known)


def _start(position: int, known: Mapping[int, End], now: datetime) -> End | None:
    """What the line at a position has to follow, when it is the oldest: nothing, or an anchor older than lines are kept."""
    if position <= 1:
        return End(0, "")
    end = known.get(position - 1)
    return end if end is not None and end.at is not None and end.at <= now - RETENTION else None


def _fault(row: Sealed, chain: int, last: End, known: Mapping[int, End]) -> str:
    if row.position != last.position + 1:
        return f"line {last.position + 1} is missing: {row.position} comes next"
    if row.hash != digest(row, chain):
        return f"line {row.position} is not what was written"
    if row.previous != last.hash:
        return f"line {row.position} does not follow the line before it"
    if row.position in known and known[row.position].hash != row.hash:
        return f"line {row.position} is not the one that was anchored"
    return ""


def _ended(read: Verdict, last: End, head: End, known: Mapping[int, End]) -> Verdict:
    """The lines hold together: are they all there?"""
    furthest = max([head.position, *known])
    if last.position < furthest:
        return Verdict(read.lines, last.position + 1, f"lines {last.position + 1} to {furthest} are missing: the end was cut off")
    if last.position > head.position or last.hash != head.hash:
        return Verdict(read.lines, last.position, f"line {last.position} is not the one the head names")
    return read
