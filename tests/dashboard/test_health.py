"""What load balancers and alarms ask."""

import shutil
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from dashboard import health, vitals
from dashboard.vitals import Vitals
from events import station
from events.models import Station
from events.queue import database_now
from merchants.scope import across_merchants, merchant_scope
from notifications.models import Message, StockTaking
from tests.admin.world import World, message_row
from tests.conftest import _owner_dsn

CALM = Vitals(transaction_seconds=0, xmin_age=0, dead_rows=0, dead_share=0)


@pytest.fixture
def anybody() -> Client:
    return Client(HTTP_HOST="platform.test")


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay is awake, and the server has nothing else to do than this test."""
    if {"db", "here", "there"} & set(request.fixturenames):
        request.getfixturevalue("db")
        station.let_go()
        Station.objects.update_or_create(pk=1, defaults={"beat_at": database_now()})
        monkeypatch.setattr(health, "vitals", lambda: CALM)


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
    body = response.json()
    checks = body.pop("checks")
    assert set(checks) == set(health.LIMITS)
    assert {name: check["status"] for name, check in checks.items() if check["status"] != "ok"} == {
        "dead_messages": "warning",
        "dead_mandatory_messages": "warning",
    }
    assert checks["oldest_mandatory_message_seconds"] == {"value": 0, "warning": 30, "alarm": 60, "status": "ok"}
    assert body == {
        "status": "warning",
        "oldest_mandatory_message_seconds": 0,
        "due_messages": 0,
        "unknown_messages": 0,
        "dead_messages": 2,
        "oldest_delivery_seconds": body["oldest_delivery_seconds"],
        "dead_deliveries": 2,
        "oldest_inbox_item_seconds": 0,
        "dead_inbox_items": 2,
        "oldest_poll_seconds": 0,
        "dead_polls": 2,
        "oldest_command_seconds": 0,
        "dead_commands": 2,
        "held_since": None,
        "held_why": "",
        "redis": None,
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


def told(anybody: Client) -> tuple[int, str, dict[str, str]]:
    response = anybody.get("/healthz/queue")
    body = response.json()
    return response.status_code, body["status"], {name: c["status"] for name, c in body["checks"].items() if c["status"] != "ok"}


def test_a_relay_that_fell_silent_is_first_looked_at_and_then_an_alarm(db: None, anybody: Client) -> None:
    for seconds, expected in ((5, (200, "ok", {})), (30, (200, "warning", {"relay_silent_seconds": "warning"}))):
        Station.objects.update(beat_at=database_now() - timedelta(seconds=seconds))
        assert told(anybody) == expected
    Station.objects.update(beat_at=database_now() - timedelta(seconds=90))
    assert told(anybody) == (503, "alarm", {"relay_silent_seconds": "alarm"})
    Station.objects.update(beat_at=None)
    assert told(anybody) == (503, "alarm", {"relay_silent_seconds": "alarm"})


def test_an_installation_that_may_not_send_says_so(db: None, anybody: Client) -> None:
    station.hold()
    status, word, _ = told(anybody)
    body = anybody.get("/healthz/queue").json()
    assert (status, word, body["held_why"]) == (503, "held", "by_hand")
    assert body["held_since"] is not None


def test_what_does_not_add_up_is_an_alarm(here: World, anybody: Client) -> None:
    with merchant_scope(here.merchant.pk):
        StockTaking.objects.create(hour=database_now(), taken_at=database_now(), doubled=1)
    assert told(anybody)[0:2] == (503, "alarm")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"transaction_seconds": 59}, 200),
        ({"transaction_seconds": 1801}, 503),
        ({"xmin_age": 2_000_000}, 200),
        ({"xmin_age": 100_000_001}, 503),
        ({"dead_share": 21}, 503),
    ],
)
def test_what_hurts_the_database_is_told_with_its_limits(
    db: None, anybody: Client, monkeypatch: pytest.MonkeyPatch, found: dict[str, int], status: int
) -> None:
    state = Vitals(**{**{"transaction_seconds": 0, "xmin_age": 0, "dead_rows": 0, "dead_share": 0}, **found})
    monkeypatch.setattr(health, "vitals", lambda: state)
    assert told(anybody)[0] == status


def test_the_disks_that_are_named_are_looked_at(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert vitals.fullest_disk() is None
    settings.HEALTH_DISKS = ["/", "/nowhere"]
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: _usage(folder))
    assert vitals.fullest_disk() == 91


def _usage(folder: str) -> Any:
    if folder != "/":
        raise FileNotFoundError(folder)
    return type("Usage", (), {"total": 1000, "free": 90})


def test_a_redis_that_is_away_is_told_and_is_no_alarm(db: None, anybody: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = anybody.get("/healthz/queue")
    assert (response.status_code, response.json()["redis"]) == (200, {"reachable": False})


def test_somebody_elses_open_transaction_is_seen(real_commits: None) -> None:
    """The role that serves does not see other roles' sessions; the one it takes on to look across all merchants does."""
    other = psycopg2.connect(_owner_dsn())
    try:
        other.cursor().execute("select pg_advisory_xact_lock(1), now()")
        with across_merchants():
            before = vitals.vitals()
        with across_merchants(), connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_stat_activity where pid = %s and xact_start is not null", [other.info.backend_pid])
            assert cursor.fetchone() == (1,)
        assert before.transaction_seconds >= 0
    finally:
        other.close()
    with across_merchants():
        assert vitals.vitals().dead_rows >= 0


def test_health_costs_a_bounded_number_of_statements(here: World, anybody: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(30):
        anybody.get("/healthz/queue")
