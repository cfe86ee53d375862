"""Liveness, readiness and the age of the queue, for load balancers and alarms. No merchant, and nothing about one."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.queues import depths
from dashboard.views.platform import installation_queues
from merchants.scope import across_merchants
from notifications.selectors import queue_figures

PATIENCE = 60  # seconds a due mandatory message may wait before the alarm
NONE_DUE = timedelta(0)

ROLE = """
    select rolsuper, rolbypassrls, exists (select 1 from pg_tables where schemaname = 'public' and tableowner = current_user)
    from pg_roles where rolname = current_user"""


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. No database: a database that is away must not restart the web."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process may get traffic: database there, migrated, and served by a role row-level security binds."""
    problem = readiness_problem()
    return HttpResponse(problem or "ready", status=503 if problem else 200, content_type="text/plain")


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


@require_safe
@never_cache
def queue(request: HttpRequest) -> JsonResponse:
    """Ages in seconds and counts over the installation; 503 when a mandatory message has waited too long."""
    try:
        messages = queue_figures()
        with across_merchants():
            _, deliveries, inbox, polls, commands = depths()
    except DatabaseError:
        return JsonResponse({"status": "the database cannot be reached"}, status=503)
    oldest = int((messages.oldest_due_mandatory or NONE_DUE).total_seconds())
    body = {
        "status": "late" if oldest > PATIENCE else "ok",
        "oldest_mandatory_message_seconds": oldest,
        "due_messages": messages.due,
        "unknown_messages": messages.unknown,
        "dead_messages": messages.dead,
        "oldest_delivery_seconds": deliveries.oldest_seconds,
        "dead_deliveries": deliveries.dead,
        "oldest_inbox_item_seconds": inbox.oldest_seconds,
        "dead_inbox_items": inbox.dead,
        "oldest_poll_seconds": polls.oldest_seconds,
        "dead_polls": polls.dead,
        "oldest_command_seconds": commands.oldest_seconds,
        "dead_commands": commands.dead,
    }
    return JsonResponse(body, status=503 if oldest > PATIENCE else 200)


urlpatterns = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
    path("healthz/queue", queue, name="healthz-queue"),
    # Outside /ops/ on purpose: under it a merchant's scope is open, and in a scope nobody looks at all merchants.
    path("platform/queues/", installation_queues, name="installation-queues"),
]
