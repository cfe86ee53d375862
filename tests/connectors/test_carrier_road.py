"""From a carrier's call to the parcel: scans are kept once, whoever tells them and in whatever order, and wait for their parcel."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connectors.models import Connection, InboxItem
from connectors.services import connect, drain_inbox
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.connectors.carrier_calls import CARRIERS, NUMBER, call
from tests.connectors.conftest import SECRET, STRANGERS_SECRET, Post, open_connection, payload, scope_of
from tests.factories import place_order, ship
from tracking.models import Scan, Shipment, WaitingScans
from tracking.types import ShipmentStatus

EACH = pytest.mark.parametrize("connector", CARRIERS)
LATEST = {
    "easypost": ShipmentStatus.IN_TRANSIT,
    "aftership": ShipmentStatus.ATTEMPT_FAILED,
    "shippo": ShipmentStatus.READY_FOR_PICKUP,
    "17track": ShipmentStatus.IN_TRANSIT,
}


def parcel_of(merchant: Merchant, now: datetime) -> Shipment:
    with merchant_scope(merchant.pk):
        order = place_order(at=now - timedelta(days=2), placed_at=now - timedelta(days=2))
        return ship(order, at=now - timedelta(days=1), status=ShipmentStatus.LABEL_CREATED, tracking_number=NUMBER, carrier="DHL")


def told(row: Connection) -> list[tuple[str, str]]:
    """Scans the connection brought, by their time."""
    with scope_of(row):
        return list(Scan.objects.filter(source=row.slug).order_by("at", "pk").values_list("status", "raw_code"))


def items(row: Connection) -> list[tuple[str, str]]:
    with scope_of(row):
        return list(InboxItem.objects.order_by("id").values_list("state", "outcome"))


@EACH
def test_a_call_moves_its_parcel(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    parcel, row = parcel_of(acme, now), open_connection(acme, connector, now)
    name, _, scans = CARRIERS[connector]
    call(client, row, payload(name))
    run_until_quiet(lambda: now)
    assert items(row) == [("done", f"parcels: 1, scans: {scans} new, 0 known")]
    assert len(told(row)) == scans
    with scope_of(row):
        assert Shipment.objects.get(pk=parcel.pk).status == LATEST[connector]


@EACH
def test_a_call_sent_again_under_another_id_changes_nothing(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    parcel, row = parcel_of(acme, now), open_connection(acme, connector, now)
    name, _, scans = CARRIERS[connector]
    call(client, row, payload(name))
    run_until_quiet(lambda: now)
    with scope_of(row):
        before = (Event.objects.count(), Scan.objects.count(), Shipment.objects.filter(pk=parcel.pk).values().get())
    later = now + timedelta(days=31)
    call(client, row, payload(name) | {"id": "evt_again", "event_id": "again", "note": "sent anew"})
    run_until_quiet(lambda: later)
    with scope_of(row):
        assert (Event.objects.count(), Scan.objects.count(), Shipment.objects.filter(pk=parcel.pk).values().get()) == before
    assert items(row)[-1] == ("done", f"parcels: 1, scans: 0 new, {scans} known")


@EACH
def test_scans_wait_for_a_parcel_nobody_told_us_of(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    name, _, scans = CARRIERS[connector]
    call(client, row, payload(name))
    run_until_quiet(lambda: now)
    assert items(row) == [("done", "parcels: 1, scans: 0 new, 0 known, waiting for their parcel: 1")]
    parcel = parcel_of(acme, now)
    run_until_quiet(lambda: now)
    with scope_of(row):
        assert (WaitingScans.objects.count(), Scan.objects.filter(shipment=parcel, source=row.slug).count()) == (0, scans)
        assert Shipment.objects.get(pk=parcel.pk).status == LATEST[connector]


@EACH
def test_another_merchants_parcel_with_the_same_number_is_left_alone(
    acme: Merchant, borealis: Merchant, now: datetime, client: Client, connector: str
) -> None:
    mine, theirs = parcel_of(acme, now), parcel_of(borealis, now)
    row = open_connection(borealis, connector, now, secret=STRANGERS_SECRET)
    run_until_quiet(lambda: now)
    with merchant_scope(acme.pk):
        before = Shipment.objects.filter(pk=mine.pk).values().get()
    call(client, row, payload(CARRIERS[connector][0]), secret=STRANGERS_SECRET)
    run_until_quiet(lambda: now)
    with merchant_scope(acme.pk):
        assert Shipment.objects.filter(pk=mine.pk).values().get() == before
        assert Scan.objects.filter(source=connector).count() == WaitingScans.objects.count() == 0
    with merchant_scope(borealis.pk):
        assert Shipment.objects.get(pk=theirs.pk).status == LATEST[connector]


def test_several_aggregators_of_one_parcel_agree(acme: Merchant, now: datetime, client: Client) -> None:
    parcel = parcel_of(acme, now)
    for connector in CARRIERS:
        call(client, open_connection(acme, connector, now), payload(CARRIERS[connector][0]))
    run_until_quiet(lambda: now)
    with merchant_scope(acme.pk):
        row = Shipment.objects.get(pk=parcel.pk)
        # 08:30 at the door is newer than 08:05 at the counter.
        assert (row.status, row.is_delayed) == (ShipmentStatus.ATTEMPT_FAILED, False)


def test_a_call_that_cannot_be_read_is_dead_and_says_why(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "shippo", now)
    call(client, row, {"event": "track_updated", "data": {"carrier": "ups"}})
    run_until_quiet(lambda: now)
    assert items(row) == [("dead", "refused: data.tracking_number: is missing")]


def test_what_is_not_used_is_done_with_its_reason(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "17track", now)
    call(client, row, {"event": "TRACKING_STOPPED", "data": {"number": NUMBER}})
    run_until_quiet(lambda: now)
    assert items(row) == [("done", "nothing to do: event TRACKING_STOPPED is not used")]


def test_a_warning_stands_in_the_outcome(acme: Merchant, now: datetime, client: Client) -> None:
    parcel_of(acme, now)
    row, body = open_connection(acme, "aftership", now), payload("aftership/tracking_update")
    body["msg"]["checkpoints"][3]["subtag"] = "AttemptFail_099"
    call(client, row, body)
    run_until_quiet(lambda: now)
    assert items(row) == [
        ("done", "parcels: 1, scans: 4 new, 0 known; 1 warnings: msg.checkpoints[3].subtag: 'AttemptFail_099' is not known")
    ]


def shop_order(post: Post, shopify: Connection, now: datetime, *names: str) -> None:
    topics = {"orders_create": "orders/create", "fulfillments_create": "fulfillments/create"}
    for name in names:
        assert post(shopify, topics[name], payload(f"shopify/{name}")).status_code == 200
    run_until_quiet(lambda: now)


def event_of(shopify: Connection) -> dict[str, Any]:
    with scope_of(shopify):
        item = InboxItem.objects.get(topic="fulfillment_events/create")
    return {"state": item.state, "waiting_for": item.waiting_for, "outcome": item.outcome}


def test_a_shopify_event_reaches_the_parcel_of_its_fulfilment(shopify: Connection, post: Post, now: datetime) -> None:
    shop_order(post, shopify, now, "orders_create", "fulfillments_create")
    post(shopify, "fulfillment_events/create", payload("shopify/fulfillment_events_create"))
    run_until_quiet(lambda: now)
    assert event_of(shopify) == {"state": "done", "waiting_for": "", "outcome": "parcels: 1, scans: 1 new, 0 known"}
    with scope_of(shopify):
        parcel = Shipment.objects.get()
        assert (parcel.is_delayed, parcel.eta_by.isoformat() if parcel.eta_by else "") == (True, "2026-11-25")


@pytest.mark.parametrize("first", [(), ("orders_create",)], ids=["before its order", "before its fulfilment"])
def test_a_shopify_event_waits_for_its_fulfilment(shopify: Connection, post: Post, now: datetime, first: tuple[str, ...]) -> None:
    shop_order(post, shopify, now, *first)
    post(shopify, "fulfillment_events/create", payload("shopify/fulfillment_events_create"))
    run_until_quiet(lambda: now)
    key = "parcel:shopify:4400000000000000777"
    assert event_of(shopify) == {"state": "waiting", "waiting_for": key, "outcome": f"waits for {key}"}
    shop_order(post, shopify, now, *(name for name in ("orders_create", "fulfillments_create") if name not in first))
    assert event_of(shopify) == {"state": "done", "waiting_for": "", "outcome": "parcels: 1, scans: 1 new, 0 known"}


def test_an_event_without_a_parcel_is_given_up_after_a_day(shopify: Connection, post: Post, now: datetime) -> None:
    post(shopify, "fulfillment_events/create", payload("shopify/fulfillment_events_create"))
    run_until_quiet(lambda: now)
    with scope_of(shopify):
        InboxItem.objects.update(received_at=now - timedelta(days=3650), state="ready", due_at=now - timedelta(days=3650))
    run_until_quiet(lambda: now)
    assert event_of(shopify)["outcome"] == "gave up: parcel:shopify:4400000000000000777 did not come"
    assert event_of(shopify)["state"] == "dead"


def test_the_work_per_call_does_not_grow_with_its_scans(acme: Merchant, now: datetime, client: Client) -> None:
    """Counted after a first call, which also dispatches the parcel."""
    parcel_of(acme, now)
    row = open_connection(acme, "aftership", now)
    counts = []
    for number in (1, 20, 400):
        body = payload("aftership/tracking_update")
        points = body["msg"]["checkpoints"]
        start = datetime.fromisoformat("2026-11-19T09:00:00+01:00")
        points[:] = [points[1] | {"checkpoint_time": (start + timedelta(seconds=number * 10 + n)).isoformat()} for n in range(number)]
        call(client, row, body | {"event_id": f"e-{number}"})
        with CaptureQueriesContext(connection) as counted:
            drain_inbox(lambda: now)
        counts.append(len(counted))
    assert counts[1] == counts[2]
    assert [state for state, _ in items(row)] == ["done"] * 3


def test_a_second_account_of_one_vendor_has_a_source_of_its_own(acme: Merchant, now: datetime) -> None:
    with merchant_scope(acme.pk):
        assert [connect(connector="17track", at=now, secret=SECRET)[0].slug for _ in range(2)] == ["17track", "17track-2"]
