"""Celery's entry points for what the calendar asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from support import services


@shared_task(name="support.settle_readings")
def settle_readings(**unused: Any) -> int:
    """Once an hour is enough: a visit ends a day after its last page."""
    return services.settle_readings(now=now())


@shared_task(name="support.forget_old")
def forget_old(**unused: Any) -> int:
    """Once a day is enough: it deletes what is older than half a year."""
    return services.forget_old(now=now())
