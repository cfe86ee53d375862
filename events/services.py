"""Publish an event, run what is due, sweep, re-run what died."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from core.clock import Clock
from core.transactions import forbid_transaction, require_transaction
from events import doorbell, queue
from events.models import Delivery, Event, Work
from events.registry import batch_handler_named, handler_named, handlers_of, queues
from events.types import Lease, Occurrence
from merchants.scope import merchant_scope

logger = logging.getLogger(__name__)

QUEUE = queue.Queue("events_delivery")
BATCH = 200
Piece = tuple[Delivery, Lease]


def emit(*, type: str, payload: dict[str, Any], at: datetime) -> Event:
    """Record an event and one delivery per subscribed handler, in the caller's transaction. Refused outside one."""
    return emit_many(facts=[(type, payload)], at=at)[0]


def emit_many(*, facts: Sequence[tuple[str, dict[str, Any]]], at: datetime) -> list[Event]:
    """Record several events, as (type, payload), in their order and with the statements of one. Refused outside a transaction."""
    require_transaction("events.emit")
    rows = [Event(type=type, payload=payload, thread=payload.get("order"), occurred_at=at) for type, payload in facts]
    events: list[Event] = Event.objects.bulk_create(rows)
    # Due by the database's clock, whatever the event's own time.
    deliveries = [Delivery(event=event, handler=name, due_at=Now()) for event in events for name in handlers_of(event.type)]
    if deliveries:
        Delivery.objects.bulk_create(deliveries)
        transaction.on_commit(lambda: doorbell.ring("events"))
    return events


def drain(clock: Clock, limit: int = BATCH) -> int:
    """Handle due deliveries of all merchants once; returns how many were claimed."""
    forbid_transaction("events.drain")
    leases = queue.claim(QUEUE, limit=limit)
    for batch in queue.batches(leases):
        _run(batch, clock)
    return len(leases)


def _run(leases: list[Lease], clock: Clock) -> None:
    """One transaction: what the handlers change and that they are done stand or fall together."""
    with merchant_scope(leases[0].merchant_id):
        leases = queue.take(QUEUE, leases)
        rows = Delivery.objects.select_related("event").in_bulk([lease.id for lease in leases])
        done = [id for group in _alike(leases, rows) for id in _handle(group, clock())]
        queue.finish(QUEUE, done)


def _alike(leases: Sequence[Lease], rows: Mapping[int, Delivery]) -> list[list[Piece]]:
    """Events of one type for one handler go together."""
    groups: dict[tuple[str, str], list[Piece]] = {}
    for lease in leases:
        row = rows[lease.id]
        groups.setdefault((row.event.type, row.handler), []).append((row, lease))
    return list(groups.values())


def _handle(pieces: list[Piece], now: datetime) -> list[int]:
    """The ids of what was handled. A batch that raises is handled one by one, so that one bad event hurts nobody else."""
    batch = batch_handler_named(pieces[0][0].handler)
    if batch is not None and len(pieces) > 1:
        try:
            with transaction.atomic():
                batch([_occurrence(row, now) for row, _ in pieces])
        except Exception as error:
            logger.warning("batch is handled one by one: %s", error.__class__.__name__, extra={"handler": pieces[0][0].handler})
        else:
            return [lease.id for _, lease in pieces]
    return [lease.id for row, lease in pieces if _handle_one(row, lease, now)]


def _occurrence(row: Delivery, now: datetime) -> Occurrence:
    return Occurrence(row.event.pk, row.event.type, row.event.payload, row.event.occurred_at, now)


def _handle_one(row: Delivery, lease: Lease, now: datetime) -> bool:
    try:
        with transaction.atomic():
            handler_named(row.event.type, row.handler)(_occurrence(row, now))
    except Exception as error:  # the road's edge: whatever a handler raises is kept, shown and tried again
        logger.exception("handler failed", extra={"delivery": row.pk, "handler": row.handler})
        queue.fail(QUEUE, lease, f"{error.__class__.__name__}: {error}")
        return False
    return True


def run_until_quiet(clock: Clock, *, rounds: int = 1000) -> int:
    """Drain every queue until nothing is due: the relay's sweep, and how tests and replays move the world."""
    total = 0
    for _ in range(rounds):
        done = sum(drain(clock, BATCH) for drain in queues().values())
        total += done
        if not done:
            break
    return total


def rerun(*, delivery_id: int) -> bool:
    """Give a dead delivery of the current merchant a new life. False when it is not dead."""
    return bool(Delivery.objects.filter(pk=delivery_id, state=Work.DEAD).update(state=Work.READY, due_at=Now(), attempts=0, crashes=0))
