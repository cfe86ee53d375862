"""Celery's entry point for what the calendar asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from merchants.rounds import work_off
from orders import services


@shared_task(name="orders.forget_guests")
def forget_guests(**unused: Any) -> int:
    """Once a day: who looked for an order, a month after it was of use."""
    at = now()
    return work_off(lambda: services.forget_guests(now=at), closed_too=True)
