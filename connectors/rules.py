"""When a carrier is asked for a parcel again, and when no more. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.types import ShipmentStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

EVERY = {
    ShipmentStatus.PENDING: 6 * HOUR,
    ShipmentStatus.LABEL_CREATED: 6 * HOUR,
    ShipmentStatus.UNKNOWN: 6 * HOUR,
    ShipmentStatus.PICKED_UP: 2 * HOUR,
    ShipmentStatus.IN_TRANSIT: 2 * HOUR,
    ShipmentStatus.OUT_FOR_DELIVERY: HOUR / 2,
    ShipmentStatus.ATTEMPT_FAILED: 2 * HOUR,
    ShipmentStatus.READY_FOR_PICKUP: 4 * HOUR,
    ShipmentStatus.ON_HOLD: 4 * HOUR,
    ShipmentStatus.RETURNING: 6 * HOUR,
    ShipmentStatus.LOST: 12 * HOUR,
    ShipmentStatus.DAMAGED: 12 * HOUR,
}
OVER = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED})
# Carriers take back a wrong "delivered" within days.
LINGER, LINGER_EVERY = 3 * DAY, DAY
# Silent for so long -> not asked more often than that.
SLOWER = ((30 * DAY, DAY), (10 * DAY, 12 * HOUR), (2 * DAY, 4 * HOUR))
SILENT_END = 90 * DAY
# A connection whose webhooks come is asked only in case one got lost.
PUSHED_EVERY, PUSH_IS_ALIVE = 12 * HOUR, 2 * DAY
# The share by which each wait is longer or shorter, so that parcels of one morning spread over the day.
JITTER = 0.2
SILENT = "silent"

KEY_REFUSED_PAUSE = HOUR
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), HOUR


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after this long."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Ended:
    """Ask no more. `is_told`: somebody has to know, because the parcel has not arrived."""

    reason: str
    is_told: bool = False


def next_poll(*, status: str, status_at: datetime | None, silent_since: datetime, is_pushed: bool, now: datetime) -> Again | Ended:
    """What follows for a parcel in this state whose last news came at `silent_since`."""
    silent = now - silent_since
    state = ShipmentStatus(status)
    if state in OVER:
        return Ended(state.value) if now - (status_at or silent_since) >= LINGER else Again(LINGER_EVERY)
    if silent >= SILENT_END:
        return Ended(SILENT, is_told=True)
    least = next((every for limit, every in SLOWER if silent >= limit), timedelta())
    return Again(max(EVERY[state], least, PUSHED_EVERY if is_pushed else timedelta()))


def spread(after: timedelta, chance: float) -> timedelta:
    """The wait with its jitter; `chance` from 0 to 1."""
    return after * (1 - JITTER + 2 * JITTER * chance)


def pause(*, retry_after: int | None, troubled_for: timedelta, is_key_refused: bool) -> timedelta:
    """How long a connection in trouble is left alone: as asked, else as long again as it has been in trouble."""
    if is_key_refused:
        return KEY_REFUSED_PAUSE
    if retry_after is not None:
        return timedelta(seconds=retry_after)
    return min(max(troubled_for, SHORTEST_PAUSE), LONGEST_PAUSE)
