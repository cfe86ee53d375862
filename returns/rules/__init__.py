"""Pure decisions about sending things back."""

from returns.rules.deadlines import last_day_of
from returns.rules.window import SLOWEST_TRANSIT, return_deadline

__all__ = ["SLOWEST_TRANSIT", "last_day_of", "return_deadline"]
