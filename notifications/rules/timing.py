"""When a message leaves, and which conditions made it wait: the plan's window, quiet hours, and whether that is still in time."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from notifications.registry import Entry
from notifications.rules.place import Place
from notifications.rules.quiet import Gate, Hours, first_open, quiet_gates
from notifications.types import Condition


@dataclass(frozen=True, slots=True)
class Timing:
    """What decides when a message may leave: not before `start`, and not after `not_after`."""

    start: datetime
    place: Place
    window: tuple[time, time] | None = None
    not_after: datetime | None = None
    now: datetime | None = None  # when it is decided: the day it speaks of, if it speaks of one; empty: `start`


@dataclass(frozen=True, slots=True)
class Leaving:
    """The moment it leaves, every condition asked about it, and the one that makes it wait."""

    at: datetime
    conditions: tuple[Condition, ...]
    waits: str = ""


ANY_HOUR = Condition("quiet_hours", True, "goes at any hour")


def leaving(entry: Entry, channel: str, timing: Timing) -> Leaving:
    """The first moment all hours allow it; a condition `too_late` that is not ok when that is too late."""
    window = (Gate("window", timing.place.zone, Hours(*timing.window)),) if timing.window else ()
    quiet = quiet_gates(entry, channel, timing.place, timing.start)
    if not window and not quiet:
        return Leaving(timing.start, (ANY_HOUR,))
    at = first_open((*window, *quiet), timing.start)
    if window and entry.is_mandatory and (at is None or _is_late(entry, timing, at)):
        window, at = (), timing.start  # better at another hour than never
    asked = (*_asked("window", window, timing.start, at), *(_asked("quiet_hours", quiet, timing.start, at) or (ANY_HOUR,)))
    if at is None:
        return Leaving(timing.start, (*asked, Condition("too_late", False, "no hour suits everywhere the recipient may be")))
    if at == timing.start:
        return Leaving(at, asked)
    late = _is_late(entry, timing, at)
    words = f"would leave at {_local(at, timing.place)}, too late to be of use" if late else ""
    waits = next(condition.condition for condition in asked if condition.detail.startswith("waits"))
    return Leaving(at, (*asked, Condition("too_late", not late, words)), waits)


def _is_late(entry: Entry, timing: Timing, at: datetime) -> bool:
    if timing.not_after is not None and at > timing.not_after:
        return True
    zone = ZoneInfo(timing.place.zone)
    return entry.is_for_today and at.astimezone(zone).date() != (timing.now or timing.start).astimezone(zone).date()


def _asked(name: str, gates: tuple[Gate, ...], start: datetime, at: datetime | None) -> tuple[Condition, ...]:
    """One condition for all gates of a name."""
    if not gates:
        return ()
    hours = ", ".join(dict.fromkeys(f"{gate.hours.start:%H:%M} to {gate.hours.end:%H:%M}" for gate in gates))
    zones = sorted({gate.zone for gate in gates})
    where = zones[0] if len(zones) == 1 else f"all {len(zones)} zones it may be in"
    rest = ", no Sundays or holidays" if any(gate.hours.without_rest for gate in gates) else ""
    shut = first_open(gates, start) != start
    if not shut or at is None:
        return (Condition(name, True, f"{hours} in {where}{rest}"),)
    local = at.astimezone(ZoneInfo(zones[0]))
    return (Condition(name, True, f"waits until {local:%Y-%m-%d %H:%M} ({zones[0]}): {hours} in {where}{rest}"),)


def _local(at: datetime, place: Place) -> str:
    return f"{at.astimezone(ZoneInfo(place.zone)):%Y-%m-%d %H:%M}"
