"""Publish an event, run what is due, sweep, re-run what died."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from core.clock import Clock
from core.logs import bound_contextvars
from core.transactions import forbid_transaction, require_transaction
from events import doorbell, queue
from events.models import Delivery, Event, Work
from events.registry import batch_handler_named, due_marks, handler_named, handlers_of, queues
from events.types import Lease, Occurrence
from merchants.audit import About, record
from merchants.scope import merchant_scope, required_merchant_id
from merchants.types import Deed

logger = logging.getLogger(__name__)

QUEUE = queue.Queue("events_delivery")
BATCH = 200
Piece = tuple[Delivery, Lease]
# Ids are given in the order of the facts. Deliveries are due by the database's clock, whatever the event's own time.
EMIT = """
    with told as (
        insert into events_event (merchant_id, type, payload, thread, occurred_at)
        select %(merchant)s, type, payload::jsonb, thread, %(at)s
        from unnest(%(types)s::text[], %(payloads)s::text[], %(threads)s::bigint[]) with ordinality as fact (type, payload, thread, place)
        order by place
        returning id, type
    ), heard as (
        insert into events_delivery (merchant_id, event_id, handler, state, due_at, fence, attempts, crashes, last_error)
        select %(merchant)s, told.id, handler, 'ready', statement_timestamp(), 0, 0, 0, ''
        from told join unnest(%(heard)s::text[], %(handlers)s::text[]) as heard (type, handler) using (type)
        order by told.id, handler
    )
    select id from told order by id"""


def emit(*, type: str, payload: dict[str, Any], at: datetime) -> Event:
    """Record an event and one delivery per subscribed handler, in the caller's transaction. Refused outside one."""
    return emit_many(facts=[(type, payload)], at=at)[0]


def emit_many(*, facts: Sequence[tuple[str, dict[str, Any]]], at: datetime) -> list[Event]:
    """Record several events, as (type, payload), in their order, in one statement. Refused outside a transaction."""
    require_transaction("events.emit")
    if not facts:
        return []
    heard = [(type, name) for type in {type for type, _ in facts} for name in handlers_of(type)]
    values: dict[str, Any] = {
        "merchant": required_merchant_id(),
        "at": at,
        "types": [type for type, _ in facts],
        "payloads": [json.dumps(payload) for _, payload in facts],
        "threads": [payload.get("order") for _, payload in facts],
        "heard": [type for type, _ in heard],
        "handlers": [name for _, name in heard],
    }
    with connection.cursor() as cursor:
        cursor.execute(EMIT, values)
        ids = [id for (id,) in cursor.fetchall()]
    if heard:
        transaction.on_commit(lambda: doorbell.ring("events"))
    return [
        Event(pk=id, type=type, payload=payload, thread=payload.get("order"), occurred_at=at)
        for id, (type, payload) in zip(ids, facts, strict=True)
    ]


def drain(clock: Clock, limit: int = BATCH) -> int:
    """Handle due deliveries of all merchants once; returns how many were claimed."""
    forbid_transaction("events.drain")
    leases = queue.claim(QUEUE, limit=limit)
    for batch in queue.batches(leases):
        try:
            _run(batch, clock)
        except DatabaseError as error:  # a deadlock or a lock waited for too long: one merchant's, and no reason to drop the others
            logger.warning("batch rolled back: %s", error.__class__.__name__, extra={"merchant": batch[0].merchant_id})
            queue.put_back(QUEUE, batch, f"{error.__class__.__name__}: {error}")
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
    with bound_contextvars(delivery=row.pk, event_id=row.event_id):
        try:
            with transaction.atomic():
                handler_named(row.event.type, row.handler)(_occurrence(row, now))
        except Exception as error:  # the road's edge: whatever a handler raises is kept, shown and tried again
            logger.exception("handler failed", extra={"handler": row.handler})
            queue.fail(QUEUE, lease, f"{error.__class__.__name__}: {error}")
            return False
        return True


def run_until_quiet(clock: Clock, *, rounds: int = 1000) -> int:
    """Drain what is due in every queue until nothing is: the relay's sweep, and how tests and replays move the world.

    The queues take turns, a batch each: what a batch of events brings is sent before the next events are handled.
    """
    total = 0
    for _ in range(rounds):
        done, found = _round(clock)
        total += done
        if not done or not found:
            break
    return total


def _round(clock: Clock) -> tuple[int, list[str]]:
    """Each queue once that is busy when its turn comes; how much was done, and what was busy at the end."""
    done, place, turns = 0, 0, list(queues())
    while True:
        found = busy()
        name = next((name for name in turns[place:] if name in found), None)
        if name is None:
            return done, found
        place = turns.index(name) + 1
        done += queues()[name](clock, BATCH)


def busy() -> list[str]:
    """The queues in which something is due."""
    return queue.busy(due_marks())


def rerun(*, delivery_id: int) -> bool:
    """Give a dead delivery of the current merchant a new life. False when it is not dead."""
    dead = Delivery.objects.filter(pk=delivery_id, state=Work.DEAD)
    found = bool(dead.update(state=Work.READY, due_at=Now(), attempts=0, crashes=0))
    if found:
        record(Deed.RUN_AGAIN, About("events.delivery", str(delivery_id)))
    return found
