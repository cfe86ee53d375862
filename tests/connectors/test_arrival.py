"""Every order of arrival, repetition and haste ends in the same."""

import itertools
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.db.models import F
from django.db.models.functions import Now

from connectors.models import Connection, InboxItem
from connectors.services import drain_inbox
from connectors.services import inbox as inbox_service
from connectors.shops.shopify.parse import parse
from connectors.types import OrderSeen
from core.clock import Clock
from events.models import Delivery
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.services import create_merchant
from orders.services import record_order
from orders.types import IncomingOrder
from tests.connectors.conftest import CALLS, Post, events_of, item, open_connection, payload, scope_of, state_of

ARRIVALS = list(itertools.permutations(range(4)))


@pytest.mark.parametrize(
    ("order", "at_once"),
    [*((order, False) for order in ARRIVALS), *((order, True) for order in ARRIVALS[::4])],
    ids=lambda value: "".join(map(str, value)) if isinstance(value, tuple) else ["one by one", "at once"][value],
)
def test_every_order_of_arrival_gives_the_same(
    shopify: Connection, post: Post, clock: Clock, order: tuple[int, ...], at_once: bool
) -> None:
    for number in order:
        topic, name = CALLS[number]
        post(shopify, topic, payload(f"shopify/{name}"))
        if not at_once:
            run_until_quiet(clock)
    run_until_quiet(clock)
    found = state_of(shopify)
    assert found["orders"] == [
        (
            "shopify",
            "5500000000000000123",
            "2001",
            "confirmed",
            "partially_refunded",
            "fulfilled",
            Decimal("69.90"),
            Decimal("40.00"),
            Decimal("69.90"),
            None,
        )
    ]
    assert found["lines"] == [
        ("13500000000000000001", 2, 0, 2, Decimal("25.00")),
        ("13500000000000000002", 1, 1, 0, Decimal("40.00")),
    ]
    assert found["refunds"] == [("3300000000000000888", Decimal("40.00"), {"13500000000000000002": 1})]
    assert [(parcel[0], parcel[1], parcel[2]) for parcel in found["parcels"]] == [
        ("4400000000000000777", "in_transit", "00340434161094021501")
    ]
    assert found["in parcels"] == [("13500000000000000001", 2)]
    assert found["items"] == ["done"] * 4
    assert events_of(shopify) == {
        "orders.order.placed": 1, "orders.order.confirmed": 1, "orders.order.paid": 1, "orders.refund.recorded": 1,
        "tracking.shipment.dispatched": 1,
    }  # fmt: skip


def test_everything_told_three_times_changes_nothing_more(shopify: Connection, post: Post, clock: Clock) -> None:
    for topic, name in CALLS:
        post(shopify, topic, payload(f"shopify/{name}"))
    run_until_quiet(clock)
    before, events = state_of(shopify), events_of(shopify)
    for topic, name in CALLS * 2:
        post(shopify, topic, payload(f"shopify/{name}"))
    run_until_quiet(clock)
    assert {**state_of(shopify), "items": None} == {**before, "items": None}
    assert events_of(shopify) == events


def test_older_news_after_newer_changes_nothing(shopify: Connection, post: Post, clock: Clock) -> None:
    newer = payload("shopify/orders_create") | {"updated_at": "2026-11-19T12:00:00+01:00", "total_price": "70.00"}
    post(shopify, "orders/updated", newer)
    run_until_quiet(clock)
    before = state_of(shopify)["orders"]
    post(shopify, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    assert state_of(shopify)["orders"] == before
    assert item(shopify).outcome == "order 2001 is older than what we hold, left as it is"


def test_a_parcel_before_its_order_waits_for_it(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "fulfillments/create", payload("shopify/fulfillments_create"))
    run_until_quiet(clock)
    waiting = item(shopify)
    assert (waiting.state, waiting.waiting_for, waiting.attempts) == ("waiting", "order:shopify:5500000000000000123", 0)
    post(shopify, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    assert state_of(shopify)["items"] == ["done", "done"]
    assert len(state_of(shopify)["parcels"]) == 1


def test_another_shops_order_of_the_same_number_sets_nothing_free(
    shopify: Connection, acme: Merchant, now: datetime, post: Post, clock: Clock
) -> None:
    post(shopify, "fulfillments/create", payload("shopify/fulfillments_create"))
    run_until_quiet(clock)
    second = open_connection(acme, "shopify", now)
    assert second.slug == "shopify-2"
    post(second, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    assert sorted(state_of(shopify)["items"]) == ["done", "waiting"]


def test_an_order_written_while_its_parcel_is_put_to_wait_is_not_missed(
    shopify: Connection, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(row: InboxItem, external_id: str) -> Any:
        """Meanwhile another worker writes the order; its event finds nobody waiting."""
        record_order(incoming=orders_create(), at=clock())
        Delivery.objects.update(state="done")
        return real_wait(row, external_id)

    real_wait = inbox_service._wait
    monkeypatch.setattr(inbox_service, "_wait", wait)
    post(shopify, "fulfillments/create", payload("shopify/fulfillments_create"))
    drain_inbox(clock, 50)
    assert item(shopify).state == "ready"


def orders_create() -> IncomingOrder:
    seen = parse("orders/create", payload("shopify/orders_create"), "shopify")
    assert isinstance(seen, OrderSeen)
    return seen.order


def test_several_workers_at_once_do_everything_once(real_commits: None, now: datetime, clock: Clock) -> None:
    row = open_connection(create_merchant(slug="acme", name="Acme", at=now), "shopify", now)
    fill_inbox(row, orders=6)
    with ThreadPoolExecutor(3) as workers:
        list(workers.map(lambda _: drain_and_leave(clock), range(3)))
    with scope_of(row):
        # What two workers got in each other's way with is tried again after seconds, here at once.
        InboxItem.objects.filter(state="ready").update(due_at=F("received_at"))
    run_until_quiet(clock)
    found = state_of(row)
    assert Counter(found["items"]) == {"done": 24}
    assert [len(found[name]) for name in ("orders", "parcels", "refunds")] == [6, 6, 6]
    assert set(events_of(row).values()) == {6}


def fill_inbox(row: Connection, *, orders: int) -> None:
    """All calls of some orders, mixed up but always in the same way."""
    bodies = [(topic, payload(f"shopify/{name}"), number) for topic, name in CALLS for number in range(orders)]
    random.Random(7).shuffle(bodies)
    with scope_of(row):
        for place, (topic, body, number) in enumerate(bodies):
            body |= {"order_id" if "order_id" in body else "id": 1000 + number}
            InboxItem.objects.create(connection=row, topic=topic, event_id=str(place), body=json.dumps(body).encode(), due_at=Now())


def drain_and_leave(clock: Clock) -> None:
    try:
        run_until_quiet(clock)
    finally:
        connections.close_all()
