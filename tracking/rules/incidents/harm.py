"""What an incident means for the shopper, 0 to 100, and how it ranks by the time left to do something about it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tracking.types import Choice, IncidentType

T = IncidentType
BASE: dict[str, int] = {
    T.LOST_SUSPECTED: 65,
    T.DELIVERED_NOT_RECEIVED: 60,
    T.RETURNING: 55,
    T.EXCEPTION: 45,
    T.FEED_STALE: 45,
    T.PICKUP_EXPIRING: 40,
    T.FAILED_ATTEMPT: 35,
    T.UNSHIPPED_PAST_PROMISE: 35,
    T.STALLED: 30,
    T.CUSTOMS_HOLD: 30,
    T.ETA_SLIPPED: 25,
    T.INVALID_NUMBER: 25,
    T.FORGOTTEN: 20,
    T.PREDICTED_LATE: 15,
}
PER_DAY_LATE, MOST_LATE = 3, 21
PER_ATTEMPT, MOST_ATTEMPTS = 5, 10
FIRST_ORDER, DEAR, VERY_DEAR = 5, 5, 10
CHOSEN = {Choice.CANCEL: 15, Choice.REPLACE: 10, Choice.WAIT: -10}


@dataclass(frozen=True, slots=True)
class Weight:
    """What makes the same incident worse for one shopper than for another."""

    days_late: int = 0
    attempts: int = 0
    total: Decimal = Decimal(0)
    usual_total: Decimal = Decimal(0)  # what an order of this merchant usually comes to
    is_first_order: bool = False
    choice: str = ""


def harm(type: str, weight: Weight) -> int:
    """0 to 100: the type's base, days late, further attempts, a dear order, a first order, what the shopper asked for."""
    points = BASE[type] + min(max(weight.days_late, 0) * PER_DAY_LATE, MOST_LATE)
    points += min(max(weight.attempts - 1, 0) * PER_ATTEMPT, MOST_ATTEMPTS)
    points += _dear(weight) + FIRST_ORDER * weight.is_first_order
    points += CHOSEN[Choice(weight.choice)] if weight.choice else 0
    return min(max(points, 0), 100)


def _dear(weight: Weight) -> int:
    if weight.usual_total <= 0:
        return 0
    times = weight.total / weight.usual_total
    return VERY_DEAR if times >= 5 else DEAR if times >= 2 else 0


def days_late(promised: date | None, expected: date | None, today: date) -> int:
    """Days past the promise, by the day expected now or, when that is not known or gone, by today."""
    return 0 if promised is None else max((max(expected or today, today) - promised).days, 0)


def rank(harm: int, act_by: datetime, now: datetime) -> float:
    """Harm, doubled as the last moment to act comes near; past it there is less to save, and it falls back."""
    left = (act_by - now).total_seconds() / 3600
    urgency = 1 + 24 / (24 + left) if left > 0 else 1.25
    return round(harm * urgency, 2)
