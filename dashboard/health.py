"""Liveness, readiness and the age of the queue, for load balancers and alarms. No merchant, and nothing about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.metrics import metrics
from dashboard.queues import Depth, depths
from dashboard.views.platform import installation_queues
from dashboard.vitals import fullest_disk, redis_state, vitals
from events.station import current_hold, silent_seconds
from merchants.scope import across_merchants
from notifications.selectors import queue_figures, stock_of_day

PATIENCE = 60  # seconds a due mandatory message may wait before the alarm
NONE_DUE = timedelta(0)
NEVER = 10**9  # seconds since a relay that never ran was heard of
OK, WARNING, ALARM, LATE, HELD = "ok", "warning", "alarm", "late", "held"

ROLE = """
    select rolsuper, rolbypassrls, exists (select 1 from pg_tables where schemaname = 'public' and tableowner = current_user)
    from pg_roles where rolname = current_user"""


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. No database: a database that is away must not restart the web."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process may get traffic: database there, migrated, and served by a role row-level security binds."""
    problem = readiness_problem()
    return HttpResponse(problem or "ready", status=503 if problem else 200, content_type="text/plain; charset=utf-8")


def readiness_problem() -> str:
    """Why this process must not serve, or ""."""
    try:
        if role_is_wrong():
            return "the database role is not bound by row-level security"
        executor = MigrationExecutor(connection)
        return "migrations are missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else ""
    except DatabaseError:
        return "the database cannot be reached"


def role_is_wrong() -> bool:
    """A superuser, a role with BYPASSRLS and the owner of the tables all see every merchant's rows."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        return any(cursor.fetchone() or (True,))


@dataclass(frozen=True, slots=True)
class Limit:
    """From `warning` on somebody should look, from `alarm` on it answers 503. None: never."""

    warning: float | None
    alarm: float | None

    def judge(self, value: float | None) -> str:
        """ok, warning or alarm; what is not known is ok."""
        if value is None:
            return OK
        if self.alarm is not None and value > self.alarm:
            return ALARM
        return WARNING if self.warning is not None and value > self.warning else OK


# What each is and what to do about it stands in docs/operations.md.
LIMITS = {
    "oldest_mandatory_message_seconds": Limit(30, PATIENCE),
    "relay_silent_seconds": Limit(15, 60),
    "unknown_messages": Limit(0, 100),
    "dead_messages": Limit(0, 100),
    "dead_mandatory_messages": Limit(0, 20),
    "transaction_seconds": Limit(60, 1800),
    "xmin_age": Limit(1_000_000, 100_000_000),
    "dead_rows_percent": Limit(5, 20),
    "disk_percent": Limit(80, 90),
    "stock_difference": Limit(0, 0),
}


@require_safe
@never_cache
def queue(request: HttpRequest) -> JsonResponse:
    """Ages in seconds and counts over the installation, each with its limits; 503 when one is over, or while nobody may send."""
    try:
        body = standing()
    except DatabaseError:
        return JsonResponse({"status": "the database cannot be reached"}, status=503)
    return JsonResponse(body, status=503 if body["status"] in (LATE, HELD, ALARM) else 200)


def standing() -> dict[str, Any]:
    """What `/healthz/queue` tells: some twenty statements over indexes and the server's own figures, cut off after two seconds."""
    held, silent, figures = current_hold(), silent_seconds(), queue_figures()
    with across_merchants():
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 2000")
        tables, state, difference = depths(), vitals(), stock_of_day().difference
    values = {
        "oldest_mandatory_message_seconds": int((figures.oldest_due_mandatory or NONE_DUE).total_seconds()),
        "relay_silent_seconds": NEVER if silent is None else silent,
        "unknown_messages": figures.unknown,
        "dead_messages": figures.dead,
        "dead_mandatory_messages": figures.dead_mandatory,
        "transaction_seconds": state.transaction_seconds,
        "xmin_age": state.xmin_age,
        "dead_rows_percent": state.dead_share,
        "disk_percent": fullest_disk(),
        "stock_difference": difference,
    }
    checks = {name: _check(values[name], limit) for name, limit in LIMITS.items()}
    return {
        "status": _status(checks, is_held=held is not None),
        "oldest_mandatory_message_seconds": values["oldest_mandatory_message_seconds"],
        "due_messages": figures.due,
        "unknown_messages": figures.unknown,
        "dead_messages": figures.dead,
        **_of_the_others(tables),
        "held_since": held.held_at if held is not None else None,
        "held_why": held.why if held is not None else "",
        "checks": checks,
        "redis": redis_state(),
    }


def _check(value: float | None, limit: Limit) -> dict[str, Any]:
    return {"value": value, "warning": limit.warning, "alarm": limit.alarm, "status": limit.judge(value)}


def _status(checks: dict[str, dict[str, Any]], *, is_held: bool) -> str:
    found = {check["status"] for check in checks.values()}
    if is_held:
        return HELD
    if checks["oldest_mandatory_message_seconds"]["status"] == ALARM:
        return LATE
    return ALARM if ALARM in found else WARNING if WARNING in found else OK


def _of_the_others(tables: Sequence[Depth]) -> dict[str, int]:
    """Age and dead of the queues besides the messages."""
    words = {"events": ("delivery", "deliveries"), "inbox": ("inbox_item", "inbox_items"), "polls": ("poll", "polls")}
    words["commands"] = ("command", "commands")
    told: dict[str, int] = {}
    for depth in tables:
        if depth.queue.name in words:
            one, many = words[depth.queue.name]
            told |= {f"oldest_{one}_seconds": depth.oldest_seconds, f"dead_{many}": depth.dead}
    return told


urlpatterns = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("healthz/queue", queue, name="healthz-queue"),
    path("metrics", metrics, name="metrics"),
    # Outside /ops/ on purpose: under it a merchant's scope is open, and in a scope nobody looks at all merchants.
    path("platform/queues/", installation_queues, name="installation-queues"),
]
