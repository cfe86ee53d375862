"""Celery's entry points for what the clock asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from merchants.rounds import work_off
from returns import services
from returns.services.photos import sweep_photos

BATCH = 100


@shared_task(name="returns.sweep")
def sweep(**unused: Any) -> int:
    """Every five minutes: reminders, ends, days that have passed, photos nobody used. Each batch is a transaction of its own."""
    at = now()
    return work_off(lambda: services.sweep_returns(now=at, limit=BATCH) + sweep_photos(now=at, limit=BATCH))
