"""How often somebody may do something: counted in the cache, and let through when the cache is away."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` a second on average, `burst` at once. Windows of burst/rate seconds: one atomic increment, no lost counts."""

    rate: int
    burst: int

    @property
    def window(self) -> int:
        return max(1, self.burst // self.rate)

    @property
    def allowed(self) -> int:
        return self.rate * self.window


class PerHour(Limit):
    """`burst` in an hour."""

    @property
    def window(self) -> int:
        return 3600

    @property
    def allowed(self) -> int:
        return self.burst


def seconds_to_wait(*, who: str, limit: Limit, now: datetime) -> int:
    """0 when `who` may go on (and is counted), else the seconds until the next window."""
    window, passed = divmod(int(now.timestamp()), limit.window)
    try:
        count = _count(f"limit:{who}:{window}", limit.window)
    except (RedisError, OSError):
        logger.warning("rate limit not counted: the cache is away")
        return 0
    return limit.window - passed if count > limit.allowed else 0


def _count(key: str, window: int) -> int:
    cache.add(key, 0, timeout=2 * window)
    try:
        return cache.incr(key)
    except ValueError:  # evicted between the two calls
        return 1


def first_in(*, what: str, seconds: int) -> bool:
    """True for the first caller in a while, and whenever the cache cannot tell."""
    try:
        return cache.add(f"first:{what}", 1, timeout=seconds)
    except (RedisError, OSError):
        return True
