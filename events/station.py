"""Whether this installation may send. A database that was restored may not, until somebody says so.

A backup knows nothing of what was sent after it was taken: everything that was due since then would go out a second time. So each
database carries a mark of where it lies, and a copy that finds itself elsewhere holds back everything that goes out. Whoever sends
asks `current_hold` first; what is held is looked up, and let go by hand (`manage.py held --release`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from events.queue import database_now
from merchants.audit import Line, write_platform
from merchants.types import Deed

RESTORED, BY_HAND, BY_SETTING = "restored", "by_hand", "by_setting"
BEAT = timedelta(seconds=5)
# The relay's last sign of life is a little older than the last thing it sent.
MARGIN = timedelta(minutes=2)

# A copy of a database in which nothing ever ran, as templates are, has sent nothing.
READ = """
    select held_at, held_why, since, mark <> here and mark <> '' and here <> '' and beat_at is not null, beat_at
    from events_station, events_mark() as here where id = 1"""
HOLD = """
    insert into events_station as s (id, mark, held_at, held_why, since)
    values (1, events_mark(), statement_timestamp(), %(why)s, coalesce(%(since)s, statement_timestamp() - interval '1 day'))
    on conflict (id) do update set held_at = coalesce(s.held_at, excluded.held_at), held_why = excluded.held_why,
        since = least(s.since, coalesce(%(since)s, s.beat_at - %(margin)s, excluded.since))
    returning since at time zone 'UTC'"""
LET_GO = "update events_station set mark = events_mark(), held_at = null, held_why = '', since = null where id = 1"
# Home is where the first beat is.
AWAKE = """
    insert into events_station as s (id, mark, held_why, beat_at) values (1, events_mark(), '', statement_timestamp())
    on conflict (id) do update set beat_at = excluded.beat_at,
        mark = case when s.mark = '' or s.beat_at is null then excluded.mark else s.mark end
    where s.beat_at is null or s.beat_at < excluded.beat_at - %s"""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is sent: since when, why, and from when on it is not known here what was sent."""

    held_at: datetime
    why: str
    since: datetime


def current_hold() -> Hold | None:
    """What holds sending back now; None when nothing does. One that is found here first is written down."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        held_at, why, since, is_copy, beat_at = cursor.fetchone() or (None, "", None, False, None)
    if held_at is not None:
        return Hold(held_at, why, since or held_at)
    if is_copy:
        hold(why=RESTORED)
        return current_hold()
    if settings.RECONCILE_ONLY:
        now = database_now()
        return Hold(now, BY_SETTING, (beat_at or now) - MARGIN)
    return None


def hold(*, why: str = BY_HAND, since: datetime | None = None) -> None:
    """Hold back everything that goes out, and write down who did. Once more, with an earlier `since`, goes further back."""
    values: dict[str, Any] = {"why": why, "since": since, "margin": MARGIN}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(HOLD, values)
            ((from_when,),) = cursor.fetchall()
        write_platform(Line(Deed.SENDING_HELD, changes={"why": why, "since": f"{from_when:%Y-%m-%dT%H:%M:%SZ}"}))


def let_go() -> None:
    """Send again, and call the present place home."""
    with connection.cursor() as cursor:
        cursor.execute(LET_GO)


def beat() -> None:
    """The relay is awake. Looks where it is before it says so, for the last beat of a restored copy tells how old it is."""
    current_hold()
    values: list[Any] = [BEAT]
    with connection.cursor() as cursor:
        cursor.execute(AWAKE, values)


def note_life() -> None:
    """Something runs here, be it without a relay: from now on a copy of this database is one that may have sent."""
    with connection.cursor() as cursor:
        cursor.execute("update events_station set beat_at = statement_timestamp(), mark = events_mark() where id = 1 and beat_at is null")


def silent_seconds() -> int | None:
    """How long the relay has not been heard of; None when it never was."""
    with connection.cursor() as cursor:
        # `greatest` overlooks what is not known; the condition does not.
        cursor.execute(
            "select greatest(0, extract(epoch from statement_timestamp() - beat_at))::int from events_station where beat_at is not null"
        )
        row = cursor.fetchone()
    return row[0] if row else None
