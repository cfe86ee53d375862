"""Housekeeping of this room."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from celery import shared_task

from core import clock
from merchants.audit import anchor, anchor_platform
from merchants.idempotency import purge_answers
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.trail import NAME, line_of, verify_all

logger = logging.getLogger(__name__)


@shared_task(name="merchants.purge_answers")
def purge_answers_of_all(**_: Any) -> int:
    """Forget stored API answers older than seven days, merchant by merchant. Once an hour is plenty."""
    deleted = 0
    for merchant_id in Merchant.objects.values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            deleted += purge_answers(now=clock.now())
    return deleted


@shared_task(name="merchants.anchor_audit")
def anchor_audit(**_: Any) -> int:
    """Read every audit log, then keep where it ends. A broken one is an error in the log; each end is a line there, for whoever
    gathers logs to keep out of this database's reach."""
    at = clock.now()
    for name, verdict in verify_all(now=at, outside={}):
        if not verdict.is_whole:
            logger.error("the audit log of %s is broken: %s", name, verdict.reason)
    return len(list(anchor_all(at)))


def anchor_all(at: datetime) -> Iterator[str]:
    """Anchor every chain that grew; one line of text per new anchor."""
    for merchant in Merchant.objects.order_by("pk"):
        with merchant_scope(merchant.pk):
            if (end := anchor(at=at)) is not None:
                yield _told(line_of(merchant.slug, end))
    if (last := anchor_platform(at=at)) is not None:
        yield _told(line_of(NAME, last))


def _told(line: str) -> str:
    logger.info("audit anchor %s", line)
    return line
