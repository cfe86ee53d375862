"""A thousand pieces of work of two merchants in turn, in one process, some of them failing half-way: none sees the other's rows."""

from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection

from customers.models import Customer
from events import registry, services
from events.models import Delivery
from events.tasks import drain
from events.types import Occurrence
from merchants.models import Merchant
from merchants.rounds import work_off
from merchants.scope import current_merchant_id, merchant_scope, required_merchant_id
from tests.conftest import NOW
from tests.factories import customer

TYPE = "tests.turn.taken"
TASKS, EVENTS = 1_000, 100


class HalfWay(Exception):
    """Raised after something was written."""


def told_of_the_database() -> tuple[Any, ...]:
    """Merchant and role the connection stands under."""
    with connection.cursor() as cursor:
        cursor.execute("select nullif(current_setting('app.merchant_id', true), ''), current_user")
        found: tuple[Any, ...] = cursor.fetchone()
        return found


Seen = list[tuple[int, int, list[str]]]  # whose work it was, whose scope it ran in, which shoppers it saw by any manager


def look(seen: Seen, *, merchant: int, turn: int) -> None:
    """One piece of work: reads everything, writes, and each seventh time fails after that."""
    names = {*Customer.objects.values_list("first_name", flat=True), *Customer.all_merchants.values_list("first_name", flat=True)}
    seen.append((merchant, required_merchant_id(), sorted(names)))
    if turn % 7 == 0:
        Customer.objects.update(last_name="written by one who failed")
        if turn % 2:
            raise HalfWay
        with connection.cursor() as cursor:  # breaks the transaction, as a refused row does
            cursor.execute("select 1 / 0")


@pytest.fixture
def both(acme: Merchant, borealis: Merchant) -> tuple[Merchant, Merchant]:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            customer(first_name=merchant.slug, last_name="Berg")
    return acme, borealis


def crossed(seen: Seen, both: tuple[Merchant, ...]) -> Seen:
    """The work that ran in another's scope, or saw another's rows."""
    slugs = {merchant.pk: merchant.slug for merchant in both}
    return [turn for turn in seen if turn[0] != turn[1] or turn[2] != [slugs[turn[1]]]]


def nothing_kept(both: tuple[Merchant, ...]) -> bool:
    found = []
    for merchant in both:
        with merchant_scope(merchant.pk):
            found.append(Customer.objects.get().last_name)
    return found == ["Berg", "Berg"]


def test_a_thousand_tasks_in_turn_cross_no_wall(both: tuple[Merchant, Merchant]) -> None:
    seen: Seen = []
    worker = Celery("one process", broker="memory://", set_as_current=False)

    @worker.task(name="tests.look", ignore_result=True)
    def task(*, merchant: int, turn: int) -> None:
        with merchant_scope(merchant):
            look(seen, merchant=merchant, turn=turn)

    failed = 0
    for turn in range(TASKS):
        failed += task.apply(kwargs={"merchant": both[turn % 2].pk, "turn": turn}).failed()
        assert current_merchant_id() is None
        if turn % 7 == 0:
            assert told_of_the_database() == (None, "app")
    assert (len(seen), failed, crossed(seen, both), nothing_kept(both)) == (TASKS, 143, [], True)


def test_events_of_two_merchants_worked_off_together_cross_no_wall(
    both: tuple[Merchant, Merchant], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Seen = []

    def listen(event: Occurrence) -> None:
        look(seen, **event.payload)

    monkeypatch.setitem(registry._handlers, TYPE, {"tests.listen": listen})
    for turn in range(EVENTS):
        with merchant_scope(both[turn % 2].pk):
            services.emit(type=TYPE, payload={"turn": turn, "merchant": both[turn % 2].pk}, at=NOW)
    drain.apply(kwargs={"queue": "events"}).get()
    assert (current_merchant_id(), told_of_the_database()) == (None, (None, "app"))
    assert ({turn[0] for turn in seen}, crossed(seen, both), nothing_kept(both)) == ({both[0].pk, both[1].pk}, [], True)
    states: list[str] = []
    for merchant in both:
        with merchant_scope(merchant.pk):
            states += Delivery.objects.values_list("state", flat=True)
    assert (states.count("done"), states.count("ready")) == (EVENTS - 15, 15)


def test_a_round_over_all_merchants_leaves_nothing_open(acme: Merchant, borealis: Merchant) -> None:
    found: list[tuple[int, str]] = []

    def work() -> int:
        mine = required_merchant_id()
        customer(first_name=str(mine))
        found.extend((mine, name) for name in Customer.all_merchants.values_list("first_name", flat=True))
        if len(found) % 3 == 0:
            raise HalfWay
        return int(len(found) < 100)

    work_off(work)
    assert [row for row in found if row[1] != str(row[0])] == []
    assert {row[0] for row in found} == {acme.pk, borealis.pk}
    assert (current_merchant_id(), told_of_the_database()) == (None, (None, "app"))


def test_beat_sends_no_task_anything(db: None) -> None:
    """A round is told nothing: what is due it finds in the tables."""
    given = {name: (entry.get("args"), entry.get("kwargs")) for name, entry in settings.CELERY_BEAT_SCHEDULE.items()}
    assert {name: what for name, what in given.items() if what != (None, None)} == {}
