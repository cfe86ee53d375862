"""Not now: nothing that advertises or asks for a favour while something is wrong with what the shopper bought."""

from datetime import datetime, timedelta

from notifications.types import Condition

PATIENCE = timedelta(days=1)  # then it is looked at again


def not_now(trouble: str, at: datetime, not_after: datetime | None) -> Condition:
    """Ok, with a word that it waits, when it may be looked at again in a day; not ok when that would be too late."""
    return or_later(Condition("not_now", False, trouble), at, not_after) if trouble else Condition("not_now", True)


def or_later(failed: Condition, at: datetime, not_after: datetime | None) -> Condition:
    """The same question, put off by a day where a day later is still in time."""
    if not_after is not None and at + PATIENCE > not_after:
        return failed
    return Condition(failed.condition, True, f"waits a day: {failed.detail}")
