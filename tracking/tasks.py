"""Celery's entry points for what the clock asks of this room."""

from functools import partial
from typing import Any

from celery import shared_task

from core.clock import now
from merchants.rounds import visit_all, work_off
from tracking import services


@shared_task(name="tracking.sweep")
def sweep(**unused: Any) -> int:
    """Every five minutes: what is due for a look, batch by batch; then the figures that days gone by have changed.

    Each step is a transaction of its own: what is looked at is held, and nobody shall wait for it long.
    """
    at = now()
    changed = visit_all(partial(services.sweep_feeds, now=at)) + visit_all(partial(services.sweep_orders, now=at))
    changed += work_off(lambda: services.sweep_parcels(now=at)[0])
    return changed + visit_all(partial(services.sweep_promises, now=at)) + visit_all(partial(services.count_due, now=at))


@shared_task(name="tracking.learn_gaps")
def learn_gaps(**unused: Any) -> int:
    """Once a day: how long each lane's parcels are silent when nothing is wrong."""
    return visit_all(partial(services.learn_gaps, now=now()))


@shared_task(name="tracking.refresh_lanes")
def refresh_lanes(**unused: Any) -> int:
    """Once an hour: what the parcels still under way say about their lanes, and new days for those whose day has passed."""
    at = now()
    return visit_all(partial(services.refresh_lanes, now=at)) + visit_all(partial(services.renew_days, now=at))


@shared_task(name="tracking.forget_waiting")
def forget_waiting(**unused: Any) -> int:
    """Once a day: news whose parcel has not come in thirty days."""
    return work_off(partial(services.forget_waiting, now=now()))
