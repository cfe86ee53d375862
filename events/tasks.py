"""Celery's entry points of the road. Tasks carry a queue's name and nothing else."""

from typing import Any

from celery import shared_task

from core.clock import now
from events.registry import queues
from events.services import BATCH

ROUNDS = 200


@shared_task(name="events.drain")
def drain(*, queue: str, **unused: Any) -> int:
    """Work off one queue until nothing is due."""
    done = total = 0
    for _ in range(ROUNDS):
        done = queues()[queue](now, BATCH)
        total += done
        if not done:
            break
    return total


@shared_task(name="events.sweep")
def sweep(**unused: Any) -> int:
    """Beat's round over all queues: catches what a lost ring left."""
    return sum(drain(queue=name) for name in queues())
