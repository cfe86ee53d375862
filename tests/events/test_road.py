"""The event road: nothing is lost, nothing runs twice at once, a bad handler hurts nobody else."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from events import doorbell, queue, registry, services
from events.models import Delivery, Event, Work
from events.types import Lease, Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from tests.conftest import NOW

TYPE = "tests.thing.happened"


def clock() -> datetime:
    return NOW


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Occurrence]]:
    """One good handler on the test's event type; yields what it heard."""
    heard: list[Occurrence] = []

    def listen(event: Occurrence) -> None:
        heard.append(event)

    monkeypatch.setitem(registry._handlers, TYPE, {"tests.listen": listen})
    yield heard


def emit_in(merchant: Merchant, payload: dict[str, object] | None = None) -> Event:
    with merchant_scope(merchant.pk):
        return services.emit(type=TYPE, payload=payload or {}, at=NOW)


def delivery(merchant: Merchant) -> Delivery:
    with merchant_scope(merchant.pk):
        row: Delivery = Delivery.objects.get()
        return row


def change(merchant: Merchant, **values: object) -> None:
    with merchant_scope(merchant.pk):
        Delivery.objects.update(**values)


def test_emit_outside_a_transaction_is_refused(acme: Merchant) -> None:
    with pytest.raises(RuntimeError):
        services.emit(type=TYPE, payload={}, at=NOW)


def test_a_rollback_leaves_no_event_and_no_delivery(acme: Merchant, heard: list[Occurrence]) -> None:
    with pytest.raises(ZeroDivisionError), merchant_scope(acme.pk):
        services.emit(type=TYPE, payload={}, at=NOW)
        raise ZeroDivisionError
    with merchant_scope(acme.pk):
        assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)
    services.drain(clock)
    assert heard == []


def test_an_event_is_handled_once_in_its_merchants_scope(acme: Merchant, borealis: Merchant, heard: list[Occurrence]) -> None:
    event = emit_in(acme, {"order": 7})
    assert services.drain(clock) == 1
    assert services.drain(clock) == 0
    assert [(o.id, o.type, o.payload, o.at, o.now) for o in heard] == [(event.pk, TYPE, {"order": 7}, NOW, NOW)]
    assert delivery(acme).state == Work.DONE


def test_a_row_that_is_not_due_is_left(acme: Merchant, heard: list[Occurrence]) -> None:
    emit_in(acme)
    change(acme, due_at=Now() + timedelta(hours=1))
    assert services.drain(clock) == 0
    assert heard == []


def test_a_claim_is_exclusive_until_the_lease_ends(acme: Merchant, heard: list[Occurrence]) -> None:
    emit_in(acme)
    (lease,) = queue.claim(services.QUEUE, limit=5)
    assert queue.claim(services.QUEUE, limit=5) == []
    change(acme, due_at=Now() - timedelta(seconds=1))
    (second,) = queue.claim(services.QUEUE, limit=5)
    assert (lease.fence, lease.crashes, second.fence, second.crashes, second.attempts) == (1, 0, 2, 1, 2)
    with merchant_scope(acme.pk):
        assert queue.hold(services.QUEUE, [lease]) == set()
        assert queue.hold(services.QUEUE, [second]) == {second.id}


def test_of_those_whose_worker_died_one_at_a_time_is_tried_beside_the_sound(acme: Merchant, heard: list[Occurrence]) -> None:
    """Else one that kills its workers takes its neighbours with it three times, and they are buried for nothing."""
    for _ in range(4):
        emit_in(acme)
    assert len(queue.claim(services.QUEUE, limit=5)) == 4
    change(acme, due_at=Now() - timedelta(seconds=1))
    emit_in(acme)
    first = queue.claim(services.QUEUE, limit=5)
    assert sorted((lease.crashes, lease.attempts) for lease in first) == [(0, 1), (1, 2)]
    with merchant_scope(acme.pk):
        rows = Delivery.objects.exclude(pk__in=[lease.id for lease in first])
        assert list(rows.values_list("state", "crashes", "attempts")) == [(Work.READY, 1, 1)] * 3
    # The one in hand takes two more workers down; the others are none the worse for it.
    change(acme, due_at=Now() - timedelta(seconds=1))
    queue.claim(services.QUEUE, limit=5)
    for _ in range(5):
        change(acme, due_at=Now() - timedelta(seconds=1))
        services.drain(clock)
    with merchant_scope(acme.pk):
        assert sorted(Delivery.objects.values_list("state", "crashes")) == [(Work.DEAD, 3), *[(Work.DONE, 1)] * 4]
    assert len(heard) == 4


def test_a_failing_handler_leaves_nothing_behind_and_does_not_disturb_its_neighbour(
    acme: Merchant, heard: list[Occurrence], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(event: Occurrence) -> None:
        Event.objects.create(type="half.written", payload={}, occurred_at=NOW)
        raise ValueError("boom")

    monkeypatch.setitem(registry._handlers[TYPE], "tests.explode", explode)
    emit_in(acme)
    services.drain(clock)
    assert len(heard) == 1
    with merchant_scope(acme.pk):
        assert not Event.objects.filter(type="half.written").exists()
        failed = Delivery.objects.get(handler="tests.explode")
    assert (failed.state, failed.attempts, failed.last_error) == (Work.READY, 1, "ValueError: boom")
    with merchant_scope(acme.pk):
        assert Delivery.objects.filter(pk=failed.pk, due_at__gt=Now()).exists()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """A handler of several events at once that refuses the payload `bad`; holds the batches it was given."""
    given: list[list[int]] = []

    def listen(events: Sequence[Occurrence]) -> None:
        given.append([event.id for event in events])
        Event.objects.create(type="written", payload={}, occurred_at=NOW)
        if any("bad" in event.payload for event in events):
            raise ValueError("boom")

    monkeypatch.setattr(registry, "_handlers", {})
    monkeypatch.setattr(registry, "_batches", {})
    registry.subscribe_many(TYPE)(listen)
    return given


def test_events_of_one_merchant_are_handled_at_once(acme: Merchant, borealis: Merchant, batches: list[list[int]]) -> None:
    ours = [emit_in(acme).pk, emit_in(acme).pk]
    theirs = [emit_in(borealis).pk]
    assert services.drain(clock) == 3
    assert batches == [ours, theirs]


def test_a_batch_with_one_bad_event_is_handled_one_by_one(acme: Merchant, batches: list[list[int]]) -> None:
    events = [emit_in(acme, {"bad": 1} if place == 1 else {}).pk for place in range(3)]
    services.drain(clock)
    assert batches == [events, *([event] for event in events)]
    with merchant_scope(acme.pk):
        assert list(Delivery.objects.order_by("event_id").values_list("state", "attempts")) == [("done", 1), ("ready", 1), ("done", 1)]
        assert Delivery.objects.get(event_id=events[1]).last_error == "ValueError: boom"
        assert Event.objects.filter(type="written").count() == 2
        Delivery.objects.update(due_at=Now() - timedelta(seconds=1))
    assert services.drain(clock) == 1
    assert batches[-1] == [events[1]]


def test_a_batch_the_database_rolls_back_waits_a_moment_and_costs_no_other_merchant_its_turn(
    acme: Merchant, borealis: Merchant, heard: list[Occurrence], monkeypatch: pytest.MonkeyPatch
) -> None:
    emit_in(acme)
    kept = emit_in(borealis)
    take = queue.take

    def deadlock(of: queue.Queue, leases: Sequence[Lease]) -> list[Lease]:
        if leases[0].merchant_id == acme.pk:
            raise OperationalError("deadlock detected")
        return take(of, leases)

    monkeypatch.setattr(queue, "take", deadlock)
    assert services.drain(clock) == 2
    assert [occurrence.id for occurrence in heard] == [kept.pk]
    row = delivery(acme)
    assert (row.state, row.attempts, row.crashes, row.last_error) == (Work.READY, 1, 0, "OperationalError: deadlock detected")
    assert delivery(borealis).state == Work.DONE

    monkeypatch.setattr(queue, "take", take)
    change(acme, due_at=Now())
    assert services.drain(clock) == 1
    assert delivery(acme).state == Work.DONE


def test_after_eight_attempts_a_delivery_is_dead_and_can_be_run_again(
    acme: Merchant, heard: list[Occurrence], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(event: Occurrence) -> None:
        raise ValueError("boom")

    monkeypatch.setitem(registry._handlers, TYPE, {"tests.explode": explode})
    emit_in(acme)
    for _ in range(8):
        change(acme, due_at=Now() - timedelta(seconds=1))
        services.drain(clock)
    assert (delivery(acme).state, delivery(acme).attempts) == (Work.DEAD, 8)
    change(acme, due_at=Now() - timedelta(seconds=1))
    assert services.drain(clock) == 0

    monkeypatch.setitem(registry._handlers, TYPE, {"tests.explode": heard.append})
    with merchant_scope(acme.pk):
        assert services.rerun(delivery_id=delivery(acme).pk)
    services.drain(clock)
    assert (len(heard), delivery(acme).state) == (1, Work.DONE)


def test_a_delivery_whose_worker_died_three_times_is_given_up(acme: Merchant, heard: list[Occurrence]) -> None:
    emit_in(acme)
    for _ in range(3):
        assert len(queue.claim(services.QUEUE, limit=5)) == 1  # claimed, then the worker dies
        change(acme, due_at=Now() - timedelta(seconds=1))
    services.drain(clock)
    assert (delivery(acme).state, heard) == (Work.DEAD, [])


def test_a_row_that_failed_before_runs_alone() -> None:
    leases = [Lease(1, 7, 1, 1, 0), Lease(2, 7, 1, 1, 0), Lease(3, 7, 2, 2, 1), Lease(4, 8, 1, 1, 0)]
    assert [[lease.id for lease in batch] for batch in queue.batches(leases)] == [[1, 2], [4], [3]]


def test_a_handler_that_no_longer_exists_is_kept_as_an_error(acme: Merchant, heard: list[Occurrence]) -> None:
    emit_in(acme)
    registry._handlers[TYPE].clear()
    services.drain(clock)
    assert delivery(acme).last_error == "UnknownHandler: tests.listen is not subscribed to tests.thing.happened"


def test_a_broker_that_is_away_does_not_fail_the_change(
    acme: Merchant, heard: list[Occurrence], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("celery.app.base.Celery.send_task", away)
    doorbell._silent_until.clear()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:  # type: ignore[operator]
        emit_in(acme)
    assert len(callbacks) == 1
    services.drain(clock)
    assert len(heard) == 1


@pytest.mark.usefixtures("real_commits")
def test_many_workers_handle_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    lock = threading.Lock()

    def listen(event: Occurrence) -> None:
        with lock:
            seen.append(event.id)

    monkeypatch.setitem(registry._handlers, TYPE, {"tests.listen": listen})
    shops = [create_merchant(slug=f"shop-{n}", name=f"Shop {n}", at=NOW) for n in range(3)]
    expected = []
    for n in range(60):
        with merchant_scope(shops[n % 3].pk):
            expected.append(services.emit(type=TYPE, payload={"n": n}, at=NOW).pk)

    def work() -> None:
        try:
            services.run_until_quiet(clock, rounds=50)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(expected)


def test_draining_inside_a_transaction_is_refused(acme: Merchant) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        services.drain(clock)


def test_fences_only_grow(acme: Merchant, heard: list[Occurrence]) -> None:
    emit_in(acme)
    services.drain(clock)
    change(acme, state=Work.READY, due_at=Now(), attempts=F("attempts"))
    services.drain(clock)
    assert delivery(acme).fence == 2
