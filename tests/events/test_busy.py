"""One statement asks which queues have work; those that have none are left alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from connectors.models import Connection, InboxItem
from core.clock import Clock
from events import doorbell, registry, services, tasks
from events.models import Delivery, Event, Work
from events.types import Drain
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, ProviderAccount
from notifications.types import MessageState
from tests.conftest import NOW

LATER = Now() + timedelta(hours=1)


def delivery(merchant: Merchant, **values: object) -> None:
    with merchant_scope(merchant.pk):
        event = Event.objects.create(type="tests.thing.happened", payload={}, occurred_at=NOW)
        Delivery.objects.create(event=event, handler="tests.listen", **{"due_at": Now(), **values})


def item(merchant: Merchant, **values: object) -> None:
    with merchant_scope(merchant.pk):
        shop = Connection.objects.create(slug="s", connector="shopify", created_at=NOW)
        InboxItem.objects.create(connection=shop, topic="t", event_id="1", body=b"{}", **{"due_at": Now(), **values})


def message(merchant: Merchant, **values: object) -> None:
    with merchant_scope(merchant.pk):
        Message.objects.create(kind="thanks", channel="sms", dedupe_key="k", decided_at=NOW, **{"due_at": Now(), **values})


def test_with_nothing_due_a_round_asks_once_and_drains_nothing(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in registry.queues():
        monkeypatch.setitem(registry._queues, name, lambda clock, limit: pytest.fail("drained"))
    delivery(acme, due_at=LATER)
    item(acme, due_at=LATER, state=Work.WAITING)
    message(acme, due_at=LATER, state=MessageState.UNKNOWN)
    with CaptureQueriesContext(connection) as asked:
        assert services.run_until_quiet(lambda: NOW) == 0
    assert len([query for query in asked if "select 'events' where" in query["sql"]]) == 1
    assert len([query for query in asked if "SAVEPOINT" not in query["sql"] and "role" not in query["sql"]]) == 1
    assert tasks.sweep() == 0


@pytest.mark.parametrize("state", [Work.READY, Work.RUNNING])
def test_events_are_busy_with_what_is_due_and_with_what_a_dead_worker_left(acme: Merchant, state: str) -> None:
    delivery(acme, state=state)
    assert services.busy() == ["events"]


@pytest.mark.parametrize("state", [Work.DONE, Work.DEAD])
def test_what_is_over_makes_nothing_busy(acme: Merchant, state: str) -> None:
    delivery(acme, state=state)
    assert services.busy() == []


@pytest.mark.parametrize("state", [Work.READY, Work.RUNNING, Work.WAITING])
def test_the_inbox_is_busy_also_with_what_has_waited_long(acme: Merchant, state: str) -> None:
    item(acme, state=state)
    assert services.busy() == ["inbox"]


@pytest.mark.parametrize("state", [MessageState.PENDING, MessageState.LEASED, MessageState.SENDING, MessageState.UNKNOWN])
def test_messages_are_busy_also_with_doubts(acme: Merchant, state: str) -> None:
    message(acme, state=state)
    assert services.busy() == ["messages"]


def test_accounts_are_busy_when_a_check_is_asked_for(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        ProviderAccount.objects.create(channel="sms", provider="sandbox", created_at=NOW, check_due_at=Now())
    assert services.busy() == ["checks"]


def test_only_busy_queues_are_drained(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    drained: list[str] = []

    def note(name: str) -> Drain:
        def drain(clock: Clock, limit: int) -> int:
            drained.append(name)
            return 0

        return drain

    for name in registry.queues():
        monkeypatch.setitem(registry._queues, name, note(name))
    delivery(acme)
    message(acme)
    services.run_until_quiet(lambda: NOW)
    assert sorted(drained) == ["events", "messages"]


def test_a_task_whose_shift_is_over_begins_nothing_and_rings_for_whoever_is_free(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    monkeypatch.setattr(tasks, "SHIFT", -1.0)
    monkeypatch.setitem(registry._queues, "events", lambda clock, limit: pytest.fail("drained"))
    delivery(acme)
    assert tasks.drain(queue="events") == 0
    assert rung == ["events"]
    rung.clear()
    assert tasks.sweep() == 0
    assert rung == ["events"]


def test_a_task_goes_on_until_nothing_is_due_and_then_rings_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    left = [3, 2, 0]
    monkeypatch.setattr(doorbell, "ring", rung.append)
    monkeypatch.setitem(registry._queues, "events", lambda clock, limit: left.pop(0))
    assert tasks.drain(queue="events") == 5
    assert (left, rung) == ([], [])
