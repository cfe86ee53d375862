"""The queue tables in figures: of one merchant inside its scope, of the installation inside `across_merchants`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.registry import CATALOGUE
from notifications.selectors import stock_of_day

# Urgent kinds are queued with an earlier due time: a head start is no age.
_HEAD_STARTS = " ".join(f"when '{entry.kind}' then interval '{int(entry.head_start.total_seconds())} s'" for entry in CATALOGUE)


@dataclass(frozen=True, slots=True)
class Table:
    """A queue table, its words for ready, running and dead, and since when a due row has been waiting."""

    name: str
    label: str | Promise
    table: str
    ready: str = "ready"
    running: str = "running"
    dead: str = "dead"
    since: str = "due_at"


TABLES = (
    Table(
        "messages",
        _("Messages"),
        "notifications_message",
        ready="pending",
        running="leased",
        since=f"due_at + case kind {_HEAD_STARTS} end",
    ),
    Table("events", _("Event deliveries"), "events_delivery"),
    Table("inbox", _("Webhook inbox"), "connectors_inboxitem"),
    Table("polls", _("Parcels asked for"), "connectors_poll"),
    Table("commands", _("Asked of shops"), "connectors_command"),
)


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue right now. A lease has expired when its worker died: the row is due again."""

    queue: Table
    due: int
    later: int
    running: int
    expired: int
    oldest: datetime | None
    oldest_seconds: int
    dead: int


DEPTH = """
    select count(*) filter (where state = %(ready)s and due_at <= now()), count(*) filter (where state = %(ready)s and due_at > now()),
        count(*) filter (where state = %(running)s and due_at > now()), count(*) filter (where state = %(running)s and due_at <= now()),
        min({since}) filter (where due_at <= now()),
        greatest(0, coalesce(extract(epoch from now() - min({since}) filter (where due_at <= now())), 0))::int
    from {table} where state in ({ready}, {running})"""


COUNTED = (
    ("events", _("Events shoppers may be told about")),
    ("deliveries", _("Of these, given to the room of messages")),
    ("messages", _("Messages decided, sent and withheld")),
    ("tries", _("Tries at a provider")),
    ("accepted", _("Tries a provider accepted")),
)
MISSING = (
    ("undelivered", _("Events nobody was given")),
    ("undone", _("Events nobody has handled yet")),
    ("unproven", _("Messages called sent that no provider accepted")),
    ("unrecorded", _("Accepted tries whose message is not called sent")),
    ("doubled", _("Messages accepted twice without a mark")),
    ("stuck", _("Messages held longer than any worker holds them")),
)


def books() -> dict[str, Any]:
    """The last day's stock-taking for a page: what was counted, and what did not add up."""
    stock = stock_of_day()
    counted = [(label, getattr(stock, name)) for name, label in COUNTED]
    missing = [(label, getattr(stock, name)) for name, label in MISSING if getattr(stock, name)]
    return {"stock": stock, "counted": counted, "missing": missing}


def depths() -> list[Depth]:
    """Every queue's figures, two statements each."""
    return [_depth(table) for table in TABLES]


def _depth(table: Table) -> Depth:
    # The states stand in the text as literals too: only then does the planner take the partial index.
    sql = DEPTH.format(table=table.table, since=table.since, ready=f"'{table.ready}'", running=f"'{table.running}'")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ready": table.ready, "running": table.running})
        due, later, running, expired, oldest, seconds = cursor.fetchone() or (0, 0, 0, 0, None, 0)
        return Depth(table, due, later, running, expired, oldest, seconds, count_in_state(table.table, table.dead))


def count_in_state(table: str, state: str) -> int:
    """Rows of one of the queue tables in a state. Both names come from this module's tables, never from a request."""
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table} where state = %s", [state])  # noqa: S608
        (count,) = cursor.fetchone() or (0,)
    return int(count)
