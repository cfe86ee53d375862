"""Not now: nothing that advertises or asks for a favour while something is wrong with what the shopper bought."""

from datetime import datetime, timedelta

from notifications.types import Condition

PATIENCE = timedelta(days=1)  # then it is looked at again


def not_now(trouble: str, at: datetime, not_after: datetime | None) -> Condition:
    """Ok, with a word that it waits, when it may be looked at again in a day; not ok when that would be too late."""
    if not trouble:
        return Condition("not_now", True)
    if not_after is not None and at + PATIENCE > not_after:
        return Condition("not_now", False, trouble)
    return Condition("not_now", True, f"waits a day: {trouble}")
