"""Celery's entry point for what the calendar asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders import services


@shared_task(name="orders.forget_guests")
def forget_guests(**unused: Any) -> int:
    """Once a day: who looked for an order, a month after it was of use."""
    forgotten, at = 0, now()
    for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
        dropped = 1
        while dropped:
            with merchant_scope(merchant_id):
                dropped = services.forget_guests(now=at)
            forgotten += dropped
    return forgotten
