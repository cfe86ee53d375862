"""How long links to an order work, and what they open."""

from datetime import UTC, date, datetime, timedelta

LINK_DAYS = 30
GIFT_DAYS = 180  # from the order, so that a present may be ordered early and still be followed


def last_day(at: datetime) -> date:
    """The last day of a link sent now. A day, not a moment: all messages of one day carry the same link."""
    return at.astimezone(UTC).date() + timedelta(days=LINK_DAYS)


def gift_until(placed_at: datetime) -> date:
    """The last day of an order's gift link."""
    return placed_at.astimezone(UTC).date() + timedelta(days=GIFT_DAYS)


def is_over(day: date, *, now: datetime) -> bool:
    """Whether the last day has gone by."""
    return now.astimezone(UTC).date() > day
