"""The one place that reads the time. Everything else takes `at` or `now` as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current moment in UTC, for the edges: a view, a task, a command."""
    return datetime.now(tz=UTC)
