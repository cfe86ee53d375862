"""Celery's entry points for what the clock asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from customers import services
from merchants.models import Merchant
from merchants.scope import merchant_scope


@shared_task(name="customers.privacy")
def privacy(**unused: Any) -> int:
    """Four times an hour: privacy requests whose time has come."""
    return services.carry_out_due(now=now()).total()


@shared_task(name="customers.forget")
def forget(**unused: Any) -> int:
    """Once a day: codes, tries, sessions and copies of data that are past their time."""
    forgotten, at = 0, now()
    for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
        dropped = 1
        while dropped:
            with merchant_scope(merchant_id):
                dropped = services.forget_expired(now=at)
            forgotten += dropped
    return forgotten
