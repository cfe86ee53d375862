"""Celery's entry points for what the clock asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from customers import services
from merchants.rounds import work_off


@shared_task(name="customers.privacy")
def privacy(**unused: Any) -> int:
    """Four times an hour: privacy requests whose time has come."""
    return services.carry_out_due(now=now()).total()


@shared_task(name="customers.forget")
def forget(**unused: Any) -> int:
    """Once a day: codes, tries, sessions and copies of data that are past their time."""
    at = now()
    return work_off(lambda: services.forget_expired(now=at), closed_too=True)
