"""What load balancers and alarms ask."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from dashboard import health
from merchants.scope import merchant_scope
from notifications.models import Message
from tests.admin.world import World, message_row


@pytest.fixture
def anybody() -> Client:
    return Client(HTTP_HOST="platform.test")


def test_liveness_needs_no_database(anybody: Client) -> None:
    response = anybody.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_readiness_says_ready(db: None, anybody: Client) -> None:
    response = anybody.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready")


def test_readiness_refuses_while_migrations_are_missing(db: None, anybody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = MigrationRecorder.applied_migrations
    monkeypatch.setattr(
        MigrationRecorder, "applied_migrations", lambda self: {k: v for k, v in applied(self).items() if k[0] != "notifications"}
    )
    response = anybody.get("/readyz")
    assert (response.status_code, response.content) == (503, b"migrations are missing")


def test_readiness_refuses_a_role_that_sees_everything(db: None, anybody: Client) -> None:
    assert health.role_is_wrong() is False
    with connection.cursor() as cursor:
        cursor.execute("set local role relay")
        assert health.role_is_wrong() is True
        response = anybody.get("/readyz")
        cursor.execute("set local role none")
    assert response.status_code == 503


def test_a_database_that_is_away_is_503_and_says_nothing_of_it(db: None, anybody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError("password authentication failed for user app")

    monkeypatch.setattr(health, "role_is_wrong", gone)
    monkeypatch.setattr(health, "queue_figures", gone)
    for path in ("/readyz", "/healthz/queue"):
        response = anybody.get(path)
        assert response.status_code == 503
        assert b"password" not in response.content


def late(world: World, seconds: int, **over: Any) -> None:
    with merchant_scope(world.merchant.pk):
        row = message_row(world, **over)
        Message.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=seconds))


def test_the_queue_is_well_when_nothing_waits(here: World, there: World, anybody: Client) -> None:
    response = anybody.get("/healthz/queue")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "oldest_mandatory_message_seconds": 0,
        "due_messages": 0,
        "unknown_messages": 0,
        "dead_messages": 2,
        "oldest_delivery_seconds": response.json()["oldest_delivery_seconds"],
        "dead_deliveries": 2,
        "oldest_inbox_item_seconds": 0,
        "dead_inbox_items": 2,
        "oldest_poll_seconds": 0,
        "dead_polls": 2,
        "oldest_command_seconds": 0,
        "dead_commands": 2,
    }


def test_a_mandatory_message_that_waits_a_minute_is_an_alarm(here: World, anybody: Client) -> None:
    late(here, 30)
    assert anybody.get("/healthz/queue").status_code == 200
    late(here, 90)
    response = anybody.get("/healthz/queue")
    assert (response.status_code, response.json()["status"]) == (503, "late")
    assert 89 <= response.json()["oldest_mandatory_message_seconds"] <= 120


def test_a_message_that_is_not_mandatory_is_no_alarm(here: World, anybody: Client) -> None:
    late(here, 600, is_mandatory=False)
    assert anybody.get("/healthz/queue").status_code == 200


def test_health_tells_nothing_about_a_merchant(here: World, anybody: Client) -> None:
    for path in ("/healthz", "/readyz", "/healthz/queue"):
        body = anybody.get(path).content.decode().lower()
        assert "acme" not in body
        assert "borealis" not in body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/queue", "/platform/queues/"])
def test_health_takes_no_post(db: None, anybody: Client, path: str) -> None:
    assert anybody.post(path).status_code == 405
