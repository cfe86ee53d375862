"""Merchants take turns in a queue: one with very much to do does not make the others wait."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from events import queue
from events.models import Delivery, Event
from events.services import QUEUE
from events.types import Lease
from merchants.models import Merchant
from merchants.scope import across_merchants, merchant_scope
from merchants.services import create_merchant
from tests.conftest import NOW

BATCH = 50


def due(merchant: Merchant, count: int, *, ago: float = 0.0) -> None:
    """So many rows of a merchant, due since `ago` seconds: made in the database, or a hundred thousand would take a minute."""
    with merchant_scope(merchant.pk), connection.cursor() as cursor:
        event = Event.objects.create(type="tests.thing.happened", payload={}, occurred_at=NOW)
        cursor.execute(
            "insert into events_delivery (merchant_id, event_id, handler, state, due_at, fence, attempts, crashes, last_error)"
            " select %s, %s, 'tests.' || n, 'ready', statement_timestamp() - %s * interval '1 second', 0, 0, 0, ''"
            " from generate_series(1, %s) as n",
            [merchant.pk, event.pk, ago, count],
        )


def claim() -> list[Lease]:
    return queue.claim(QUEUE, limit=BATCH)


def shares(leases: list[Lease]) -> dict[int, int]:
    return dict(Counter(lease.merchant_id for lease in leases))


def shops(count: int) -> list[Merchant]:
    return [create_merchant(slug=f"shop-{n}", name=f"Shop {n}", at=NOW) for n in range(count)]


def test_ten_rows_behind_a_hundred_thousand_of_another_leave_with_the_first_claim(acme: Merchant, borealis: Merchant) -> None:
    due(acme, 100_000, ago=3600)
    due(borealis, 10, ago=1)
    first = claim()
    assert shares(first) == {acme.pk: 40, borealis.pk: 10}
    assert shares(claim()) == {acme.pk: 50}


def test_two_with_much_to_do_get_the_same(acme: Merchant, borealis: Merchant) -> None:
    due(acme, 500, ago=3600)
    due(borealis, 500, ago=1)
    assert shares(claim()) == shares(claim()) == {acme.pk: 25, borealis.pk: 25}


def test_with_more_merchants_than_places_those_who_wait_longest_come_first(db: None) -> None:
    everybody = shops(BATCH + 10)
    for number, shop in enumerate(everybody):
        due(shop, 2, ago=3600 - number)
    assert shares(claim()) == {shop.pk: 1 for shop in everybody[:BATCH]}


def test_within_a_merchant_the_oldest_come_first(acme: Merchant, borealis: Merchant) -> None:
    due(acme, 60, ago=10)
    due(borealis, 60, ago=10)
    with merchant_scope(acme.pk):
        urgent = Delivery.objects.order_by("-id").first()
        assert urgent is not None
        Delivery.objects.filter(pk=urgent.pk).update(due_at=Now() - timedelta(minutes=10))
    assert urgent.pk in {lease.id for lease in claim()}


def test_who_waits_for_later_takes_no_turn(acme: Merchant, borealis: Merchant) -> None:
    due(acme, 100, ago=1)
    due(borealis, 100, ago=-3600)
    assert shares(claim()) == {acme.pk: 50}


def test_what_a_small_share_leaves_free_is_filled_with_what_is_oldest(acme: Merchant, borealis: Merchant) -> None:
    carol = create_merchant(slug="carol", name="Carol", at=NOW)
    due(acme, 100, ago=30)
    due(borealis, 100, ago=20)
    due(carol, 1, ago=10)
    assert shares(claim()) == {acme.pk: 33, borealis.pk: 16, carol.pk: 1}


def test_nothing_is_claimed_twice_and_nothing_is_left(acme: Merchant, borealis: Merchant) -> None:
    due(acme, 170, ago=30)
    due(borealis, 35, ago=20)
    seen: list[int] = []
    while leases := claim():
        seen += [lease.id for lease in leases]
    assert len(seen) == len(set(seen)) == 205


@pytest.mark.django_db(transaction=False)
def test_a_claim_looks_at_one_row_of_each_merchant_and_at_those_it_takes(acme: Merchant, borealis: Merchant) -> None:
    """Constant cost: of the many that wait no step reads more than a few batches, whichever index the planner takes."""
    due(acme, 20_000, ago=30)
    due(borealis, 10, ago=20)
    values: dict[str, Any] = {"running": "running", "ready": "ready", "lease": QUEUE.lease, "limit": BATCH}
    sql = queue.LEASE.format(table=QUEUE.table, due=queue.TURNS.format(table=QUEUE.table))
    with transaction.atomic(), across_merchants(), connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, costs off, timing off, summary off) {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    read = [float(rows) * int(loops) for rows, loops in re.findall(r"actual rows=([\d.]+) loops=(\d+)", plan)]
    assert len(read) > 5
    assert max(read) <= 4 * BATCH
