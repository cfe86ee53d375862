"""Housekeeping of this room."""

from typing import Any

from celery import shared_task

from core import clock
from merchants.idempotency import purge_answers
from merchants.models import Merchant
from merchants.scope import merchant_scope


@shared_task(name="merchants.purge_answers")
def purge_answers_of_all(**_: Any) -> int:
    """Forget stored API answers older than seven days, merchant by merchant. Once an hour is plenty."""
    deleted = 0
    for merchant_id in Merchant.objects.values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            deleted += purge_answers(now=clock.now())
    return deleted
