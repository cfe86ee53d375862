"""Celery's entry points for what the clock asks of this room."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery import shared_task

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tracking import services


@shared_task(name="tracking.sweep")
def sweep(**unused: Any) -> int:
    """Every five minutes: what is due for a look, batch by batch; then the figures that days gone by have changed.

    Each step is a transaction of its own: what is looked at is held, and nobody shall wait for it long.
    """
    at = now()
    changed = _for_all(services.sweep_feeds, at) + _for_all(services.sweep_orders, at)
    while looked := _for_all(_look_at_parcels, at):
        changed += looked
    return changed + _for_all(services.sweep_promises, at) + _for_all(services.count_due, at)


def _look_at_parcels(*, now: datetime) -> int:
    looked, _ = services.sweep_parcels(now=now)
    return looked


@shared_task(name="tracking.learn_gaps")
def learn_gaps(**unused: Any) -> int:
    """Once a day: how long each lane's parcels are silent when nothing is wrong."""
    return _for_all(services.learn_gaps, now())


@shared_task(name="tracking.refresh_lanes")
def refresh_lanes(**unused: Any) -> int:
    """Once an hour: what the parcels still under way say about their lanes, and new days for those whose day has passed."""
    at = now()
    return _for_all(services.refresh_lanes, at) + _for_all(services.renew_days, at)


@shared_task(name="tracking.forget_waiting")
def forget_waiting(**unused: Any) -> int:
    """Once a day: news whose parcel has not come in thirty days."""
    forgotten, at = 0, now()
    while dropped := _for_all(services.forget_waiting, at):
        forgotten += dropped
    return forgotten


def _for_all(work: Callable[..., int], at: datetime) -> int:
    total = 0
    for merchant_id in Merchant.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            total += work(now=at)
    return total
