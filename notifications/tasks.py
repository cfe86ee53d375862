"""Celery's entry point for what the calendar asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from notifications import services


@shared_task(name="notifications.take_stock")
def take_stock(**unused: Any) -> int:
    """Once an hour: lay what happened, what was told and what was accepted beside each other."""
    return services.take_stock()


@shared_task(name="notifications.forget_stock")
def forget_stock(**unused: Any) -> int:
    """Once a day: what was counted ninety days ago."""
    return services.forget_stock(now=now())


@shared_task(name="notifications.purge_contents")
def purge_contents(**unused: Any) -> int:
    """Once a day is enough: it deletes what is older than ninety days."""
    return services.purge_contents(now=now())
