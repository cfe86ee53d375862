"""Celery's entry point for what the calendar asks of this room."""

from typing import Any

from celery import shared_task

from connectors import services
from core.clock import now


@shared_task(name="connectors.purge_inbox")
def purge_inbox(**unused: Any) -> int:
    """Once a day is enough: it forgets what is older than thirty days."""
    return services.purge_inbox(now=now())
