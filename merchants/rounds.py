"""One round over all merchants, each in a scope of its own. What goes wrong at one is logged and never keeps the others waiting."""

import logging
from collections.abc import Callable, Iterable

from celery.exceptions import SoftTimeLimitExceeded

from merchants.models import Merchant
from merchants.scope import merchant_scope

logger = logging.getLogger(__name__)


def visit_all(work: Callable[[], int]) -> int:
    """Do the work once at every active merchant, each time as a transaction of its own; returns the sum of what it returned."""
    return sum(done for _merchant, done in _round(work, _active()))


def work_off(work: Callable[[], int], *, closed_too: bool = False) -> int:
    """Do a batch at every active merchant in turn until none has anything left. One whose batch failed waits for the next round.

    `closed_too`: what has to be forgotten is forgotten at merchants who have closed as well.
    """
    total, merchants = 0, _all() if closed_too else _active()
    while merchants:
        busy = [(merchant, done) for merchant, done in _round(work, merchants) if done]
        total += sum(done for _merchant, done in busy)
        merchants = [merchant for merchant, _done in busy]
    return total


def _all() -> list[int]:
    return list(Merchant.objects.order_by("pk").values_list("pk", flat=True))


def _active() -> list[int]:
    return list(Merchant.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def _round(work: Callable[[], int], merchants: Iterable[int]) -> Iterable[tuple[int, int]]:
    for merchant_id in merchants:
        try:
            with merchant_scope(merchant_id):
                done = work()
        except SoftTimeLimitExceeded:  # said to the task as a whole
            raise
        except Exception:  # the edge: whatever one merchant's rows raise is nothing to the others
            logger.exception("a merchant's round failed", extra={"merchant": merchant_id})
        else:
            yield merchant_id, done
