"""Celery is only the alarm clock: a ring makes work start at once, a lost ring costs a second (the relay polls)."""

import logging
import time

from celery import current_app
from kombu.exceptions import OperationalError

QUIET = 0.05  # seconds; a worker that is awake drains until nothing is due, so ringing for each row would only cost
DEAF = 5.0  # seconds without ringing after a broker did not answer, so that it slows one request and not all

logger = logging.getLogger(__name__)

_silent_until: dict[str, float] = {}


def ring(queue: str) -> None:
    """Wake a worker for the queue. Never raises: a dead broker must not fail the request that rings."""
    now = time.monotonic()
    if now < _silent_until.get(queue, 0.0):
        return
    _silent_until[queue] = now + QUIET
    try:
        current_app.send_task("events.drain", kwargs={"queue": queue}, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        _silent_until[queue] = time.monotonic() + DEAF
        logger.warning("doorbell unheard: %s", error.__class__.__name__)
