"""Celery's entry points for what the clock asks of this room."""

from typing import Any

from celery import shared_task

from core.clock import now
from merchants.rounds import work_off
from reviews.services.drafts import sweep_drafts
from reviews.services.photos import sweep_photos
from reviews.services.sweep import sweep_reviews


@shared_task(name="reviews.sweep")
def sweep(**unused: Any) -> int:
    """Every five minutes: questions, reminders, ends, surveys; then pictures and drafts nobody sent off. Each batch is a transaction."""
    at = now()
    asked = work_off(lambda: sweep_reviews(now=at))
    return asked + work_off(lambda: sweep_photos(now=at)) + work_off(lambda: sweep_drafts(now=at))
