"""How the machinery under the queues stands: the database by its own books, the disks this process sees, Redis as a hint.

Read by health and metrics. Whatever cannot be known here is None and raises no alarm.
"""

import shutil
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from dashboard.queues import TABLES

PATIENCE = 0.3  # seconds for Redis: it is only asked how it is
MANY = 50_000  # fewer dead rows hurt nobody, whatever their share

# What others hold open keeps dead rows from being cleared: their transactions, prepared ones, and readers of the log.
OPEN = """
    select coalesce(extract(epoch from max(statement_timestamp() - xact_start)), 0)::int,
        greatest(max(age(backend_xmin)), (select max(age(transaction)) from pg_prepared_xacts where database = current_database()),
            (select max(greatest(age(xmin), age(catalog_xmin))) from pg_replication_slots), 0)
    from pg_stat_activity
    where pid <> pg_backend_pid() and backend_type <> 'autovacuum worker' and coalesce(datname, current_database()) = current_database()"""
DEAD = """
    select coalesce(max(n_dead_tup), 0),
        coalesce(max(100 * n_dead_tup / (n_dead_tup + n_live_tup)) filter (where n_dead_tup > %s), 0)
    from pg_stat_user_tables where schemaname = 'public' and relname = any(%s)"""
HOT = [*(table.table for table in TABLES), "notifications_dayfigure", "notifications_provideraccount"]


@dataclass(frozen=True, slots=True)
class Vitals:
    """Seconds of the longest open transaction, how many transactions back the oldest still seen row lies, dead rows of the queues."""

    transaction_seconds: int
    xmin_age: int
    dead_rows: int
    dead_share: int  # percent, of the worst of the queues


def vitals() -> Vitals:
    """Two statements, both over what the server holds in memory. Inside `across_merchants`: other roles' sessions show only there."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        seconds, age = cursor.fetchone() or (0, 0)
        cursor.execute(DEAD, [MANY, HOT])
        dead, share = cursor.fetchone() or (0, 0)
    return Vitals(int(seconds), int(age), int(dead), int(share))


def fullest_disk() -> int | None:
    """Percent in use of the fullest of HEALTH_DISKS; None when none is named, or none can be seen."""
    found = []
    for folder in settings.HEALTH_DISKS:
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        found.append(round(100 * (usage.total - usage.free) / usage.total))
    return max(found, default=None)


def redis_state() -> dict[str, Any] | None:
    """Whether Redis answers, its role and what it keeps; None without one. Never an alarm: it carries only hints."""
    if not settings.REDIS_URL:
        return None
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        told = client.info()
    except (RedisError, OSError):
        return {"reachable": False}
    finally:
        client.close()
    return {
        "reachable": True,
        "role": told.get("role", ""),
        "keeps": bool(told.get("aof_enabled")),
        "evicts": told.get("maxmemory_policy", "noeviction") != "noeviction",
    }
