"""Claim, finish and fail rows of a queue table: one worker at a time, nothing lost, nothing early.

The database's clock decides what is due (the statement's time, as Django's `Now()`).
Attempts count when a row is claimed, not when it fails, so that a crash counts.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from core.logs import scrubbed
from events.types import Lease
from merchants.scope import across_merchants, merchant_scope

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

    @property
    def due(self) -> str:
        """SQL that is true while a row of it is due."""
        return any_due(self.table, self.ready, self.running)


def any_due(table: str, *states: str, by: str = "due_at") -> str:
    """SQL that is true while a row in one of these states is due: one step down the index on `by`, however long the table."""
    listed = ", ".join(f"'{state}'" for state in states)
    mine = f"state in ({listed}) and " if states else ""
    return f"(select true from {table} where {mine}{by} <= statement_timestamp() order by {by} limit 1)"


# The rows in one order: what came first, of whomever.
PLAIN = """
    select id from {table} where state in (%(ready)s, %(running)s) and due_at <= statement_timestamp()
    order by due_at, id limit %(limit)s for update skip locked"""

# The rows turn by turn: the merchants with something due, each found by one step down the index (merchant_id, due_at, id),
# and of each the same share, its own first. One with a hundred thousand rows costs a step like one with ten.
TURNS = """
    with recursive busy (merchant_id, due_at) as (
        (select merchant_id, due_at from {table} where state in (%(ready)s, %(running)s) order by merchant_id, due_at, id limit 1)
        union all
        select next.merchant_id, next.due_at from busy cross join lateral (
            select merchant_id, due_at from {table} where state in (%(ready)s, %(running)s) and merchant_id > busy.merchant_id
            order by merchant_id, due_at, id limit 1
        ) as next
    ), turns as (
        select merchant_id, greatest(1, %(limit)s / count(*) over ()) as share
        from busy where due_at <= statement_timestamp() order by due_at, merchant_id limit %(limit)s
    )
    select mine.id from turns cross join lateral (
        select id from {table}
        where state in (%(ready)s, %(running)s) and merchant_id = turns.merchant_id and due_at <= statement_timestamp()
        order by due_at, id limit turns.share for update skip locked
    ) as mine"""

# As an array, so that the rows are found by their key however many the planner thinks are due.
LEASE = """
    update {table} as row set state = %(running)s, due_at = statement_timestamp() + %(lease)s, fence = row.fence + 1,
        attempts = row.attempts + 1, crashes = row.crashes + (row.state = %(running)s)::int
    where row.id = any(array({due}))
    returning row.id, row.merchant_id, row.fence, row.attempts, row.crashes"""

# Whoever was in hand when a worker died may have been its death. One of them at a time, or those beside it die as often as it does.
PUT_BACK = """
    update {table} set state = %(ready)s, attempts = attempts - 1, due_at = statement_timestamp() where id = any(%(shaky)s)"""


def busy(due: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of those queues of all merchants in which something is due, asked in one statement. `due` has each one's SQL."""
    asked = " union all ".join(f"select '{name}' where {' or '.join(marks)}" for name, marks in due.items())
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(asked)
        found = {name for (name,) in cursor.fetchall()}
    return [name for name in due if name in found]


def claim(queue: Queue, *, limit: int) -> list[Lease]:
    """Lease due rows of all merchants; a row whose worker died is due again when its lease ends, and then one such row at a time.

    When more is due than `limit`, the merchants take turns, so that nobody waits behind another's hundred thousand.
    """
    values: dict[str, Any] = {"running": queue.running, "ready": queue.ready, "lease": queue.lease, "limit": limit}
    with across_merchants(), connection.cursor() as cursor:
        due = _count_due(cursor, queue, values)
        leases = _lease(cursor, queue, TURNS, values) if due > limit else []
        if due and len(leases) < limit:
            leases += _lease(cursor, queue, PLAIN, {**values, "limit": limit - len(leases)})
        leases = sorted(leases, key=lambda lease: (lease.merchant_id, lease.id))
        shaky = [lease.id for lease in leases if lease.crashes][1:]
        if shaky:
            cursor.execute(PUT_BACK.format(table=queue.table), {**values, "shaky": shaky})
    return [lease for lease in leases if lease.id not in shaky]


def _count_due(cursor: CursorWrapper, queue: Queue, values: dict[str, Any]) -> int:
    """How much is due, counted to one more than a claim takes."""
    cursor.execute(
        f"select count(*) from (select 1 from {queue.table} where state in (%(ready)s, %(running)s)"
        " and due_at <= statement_timestamp() order by due_at limit %(limit)s + 1) as due",
        values,
    )
    (count,) = cursor.fetchone()
    return int(count)


def _lease(cursor: CursorWrapper, queue: Queue, due: str, values: dict[str, Any]) -> list[Lease]:
    cursor.execute(LEASE.format(table=queue.table, due=due.format(table=queue.table)), values)
    return [Lease(*row) for row in cursor.fetchall()]


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
    values: list[Any] = [queue.dead if dead else queue.ready, backoff(lease.attempts), scrubbed(error)[:500], lease.id, lease.fence]
    with connection.cursor() as cursor:
        cursor.execute(
            f"update {queue.table} set state = %s, due_at = statement_timestamp() + %s, last_error = %s where id = %s and fence = %s",
            values,
        )
    return dead


def put_back(queue: Queue, leases: Sequence[Lease], error: str) -> None:
    """After a transaction that was rolled back as a whole: what is still ours waits a moment and then runs alone, row by row.

    Without it the rows would lie until their lease ends, and that would count as a crash.
    """
    with merchant_scope(leases[0].merchant_id):
        held = hold(queue, leases)
        for lease in leases:
            if lease.id in held:
                fail(queue, lease, error)


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
