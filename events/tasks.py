"""Celery's entry points of the road. Tasks carry a queue's name and nothing else."""

import time
from collections.abc import Sequence
from typing import Any

from celery import shared_task

from core.clock import now
from events import doorbell
from events.registry import queues
from events.services import BATCH, busy
from events.station import note_life

# Seconds after which a task begins nothing new and rings instead. A task that goes on and on is cut off by Celery in the middle of a
# call, and who is asked to end would have to wait for it.
SHIFT = 20.0


@shared_task(name="events.drain")
def drain(*, queue: str, **unused: Any) -> int:
    """Work off one queue until nothing is due, or the shift is over."""
    return _work_off([queue])


@shared_task(name="events.sweep")
def sweep(**unused: Any) -> int:
    """Beat's round over the queues in which something is due: catches what a lost ring left."""
    note_life()
    return _work_off(busy())


def _work_off(names: Sequence[str]) -> int:
    until, total = time.monotonic() + SHIFT, 0
    for name in names:
        while time.monotonic() < until:
            done = queues()[name](now, BATCH)
            total += done
            if not done:
                break
        else:
            doorbell.ring(name)  # there may be more: whoever is free goes on
    return total
