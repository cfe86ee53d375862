"""Claim, finish and fail rows of a queue table: one worker at a time, nothing lost, nothing early.

The database's clock decides what is due (the statement's time, as Django's `Now()`).
Attempts count when a row is claimed, not when it fails, so that a crash counts.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from events.types import Lease
from merchants.scope import across_merchants

MAX_ATTEMPTS, MAX_CRASHES = 8, 3
BACKOFF_BASE, BACKOFF_CAP = timedelta(seconds=5), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """A table with the columns of `QueueRow` and a `state`; the words its states have for ready, running, done and dead."""

    table: str
    ready: str = "ready"
    running: str = "running"
    done: str = "done"
    dead: str = "dead"
    lease: timedelta = timedelta(seconds=60)


def claim(queue: Queue, *, limit: int) -> list[Lease]:
    """Lease due rows of all merchants; a row whose worker died is due again when its lease ends."""
    sql = f"""
        update {queue.table} as row set state = %(running)s, due_at = statement_timestamp() + %(lease)s, fence = row.fence + 1,
            attempts = row.attempts + 1, crashes = row.crashes + (row.state = %(running)s)::int
        from (
            select id from {queue.table} where state in (%(ready)s, %(running)s) and due_at <= statement_timestamp()
            order by due_at, id limit %(limit)s for update skip locked
        ) as due
        where row.id = due.id
        returning row.id, row.merchant_id, row.fence, row.attempts, row.crashes"""
    values: dict[str, Any] = {"running": queue.running, "ready": queue.ready, "lease": queue.lease, "limit": limit}
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return sorted((Lease(*row) for row in cursor.fetchall()), key=lambda lease: (lease.merchant_id, lease.id))


def take(queue: Queue, leases: Sequence[Lease]) -> list[Lease]:
    """What to work on now, in the rows' merchant scope: still ours, locked until the transaction ends, not given up.

    A row whose worker died three times with it is buried instead.
    """
    held = hold(queue, leases)
    mine = [lease for lease in leases if lease.id in held]
    worn = [lease for lease in mine if lease.crashes >= MAX_CRASHES or lease.attempts > MAX_ATTEMPTS]
    if worn:
        with connection.cursor() as cursor:
            cursor.execute(
                f"update {queue.table} set state = %s, last_error = 'the worker died or stalled every time' where id = any(%s)",
                [queue.dead, [lease.id for lease in worn]],
            )
    return [lease for lease in mine if lease not in worn]


def hold(queue: Queue, leases: Sequence[Lease]) -> set[int]:
    """Lock the rows that are still ours until the transaction ends; those taken over by another worker are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select row.id from {queue.table} as row join unnest(%s::bigint[], %s::int[]) as mine(id, fence)"
            f" using (id) where row.fence = mine.fence and row.state = %s for update of row",
            [[lease.id for lease in leases], [lease.fence for lease in leases], queue.running],
        )
        return {id for (id,) in cursor.fetchall()}


def database_now() -> datetime:
    """What the database's clock says, as a value: a bulk insert with `Now()` in each row costs three times as much."""
    with connection.cursor() as cursor:
        cursor.execute("select statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def finish(queue: Queue, ids: Sequence[int]) -> None:
    """Mark held rows done."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                f"update {queue.table} set state = %s, finished_at = statement_timestamp(), last_error = '' where id = any(%s)",
                [queue.done, list(ids)],
            )


def fail(queue: Queue, lease: Lease, error: str) -> bool:
    """Put a held row back with backoff, or give it up. True when it is dead now."""
    dead = lease.attempts >= MAX_ATTEMPTS
    values: list[Any] = [queue.dead if dead else queue.ready, backoff(lease.attempts), error[:500], lease.id, lease.fence]
    with connection.cursor() as cursor:
        cursor.execute(
            f"update {queue.table} set state = %s, due_at = statement_timestamp() + %s, last_error = %s where id = %s and fence = %s",
            values,
        )
    return dead


def backoff(attempts: int) -> timedelta:
    """Full jitter: anything up to five seconds doubled per attempt, at most an hour."""
    longest: timedelta = min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempts - 1))
    return random.uniform(0.2, 1) * longest


def batches(leases: Sequence[Lease]) -> list[list[Lease]]:
    """Fresh rows of one merchant share a transaction; a row that failed or crashed before runs alone."""
    together: dict[int, list[Lease]] = {}
    alone: list[list[Lease]] = []
    for lease in leases:
        if lease.attempts > 1:
            alone.append([lease])
        else:
            together.setdefault(lease.merchant_id, []).append(lease)
    return [*together.values(), *alone]
