"""What becomes of stored webhooks."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from connectors.models import Connection, InboxItem
from connectors.services import drain_inbox, purge_inbox, rerun_item
from connectors.services import inbox as inbox_service
from connectors.services.apply import apply
from core.clock import Clock
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.connectors.conftest import STRANGERS_SECRET, Post, events_of, item, open_connection, payload, scope_of, state_of


def test_an_order_becomes_an_order(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    seen = item(shopify)
    assert (seen.state, seen.outcome, seen.last_error) == ("done", "order 2001 recorded", "")
    assert seen.finished_at is not None
    assert state_of(shopify)["orders"] == [
        ("shopify", "5500000000000000123", "2001", "confirmed", "paid", "unfulfilled", Decimal("69.90"), Decimal(0), Decimal("69.90"), None)
    ]


def test_merchants_do_not_mix(shopify: Connection, borealis: Merchant, now: datetime, post: Post, clock: Clock) -> None:
    theirs = open_connection(borealis, "shopify", now, secret=STRANGERS_SECRET)
    post(theirs, "fulfillments/create", payload("shopify/fulfillments_create"), secret=STRANGERS_SECRET)
    post(shopify, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    assert (state_of(theirs)["items"], state_of(theirs)["orders"]) == (["waiting"], [])
    assert (state_of(shopify)["items"], len(state_of(shopify)["orders"])) == (["done"], 1)


def test_what_waited_a_day_is_given_up_with_its_reason(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "refunds/create", payload("shopify/refunds_create"))
    run_until_quiet(clock)
    with scope_of(shopify):
        InboxItem.objects.update(received_at=F("received_at") - timedelta(hours=23), due_at=F("due_at") - timedelta(hours=1))
    run_until_quiet(clock)
    assert item(shopify).state == "waiting"
    with scope_of(shopify):
        InboxItem.objects.update(received_at=F("received_at") - timedelta(hours=2), due_at=F("due_at") - timedelta(hours=1))
    run_until_quiet(clock)
    dead = item(shopify)
    assert (dead.state, dead.outcome) == ("dead", "gave up: order:shopify:5500000000000000123 did not come")
    assert dead.last_error == "waited 24 hours for order:shopify:5500000000000000123"


def test_a_dead_item_can_be_run_again(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "refunds/create", payload("shopify/refunds_create"))
    with scope_of(shopify):
        InboxItem.objects.update(state="dead")
        assert rerun_item(item_id=item(shopify).pk) is True
        assert rerun_item(item_id=item(shopify).pk) is False
    post(shopify, "orders/create", payload("shopify/orders_create"))
    run_until_quiet(clock)
    assert state_of(shopify)["items"] == ["done", "done"]


def test_another_merchants_dead_item_cannot_be_run_again(shopify: Connection, borealis: Merchant, post: Post) -> None:
    post(shopify, "orders/create", payload("shopify/orders_create"))
    with scope_of(shopify):
        InboxItem.objects.update(state="dead")
    with merchant_scope(borealis.pk):
        assert rerun_item(item_id=item_id(shopify)) is False
    assert item(shopify).state == "dead"


def item_id(row: Connection) -> int:
    return int(InboxItem.all_merchants.values_list("pk", flat=True).first() or 0)


@pytest.mark.parametrize(
    ("topic", "change", "told"),
    [
        ("orders/create", {"currency": "XXY"}, "currency: unknown currency 'XXY'"),
        ("orders/create", {"line_items": []}, "lines: must be 1 to 1000, not 0"),
        ("orders/create", {"updated_at": "2027-01-01T00:00:00Z"}, "updated_at: lies in the future"),
        ("fulfillments/create", {"order_id": None}, "order_id: is missing"),
        ("fulfillments/create", {"line_items": 5}, "line_items: must be a list"),
    ],
)
def test_what_can_never_work_is_dead_at_once_with_the_field_named(
    shopify: Connection, post: Post, clock: Clock, topic: str, change: dict[str, Any], told: str
) -> None:
    name = topic.replace("/", "_")
    post(shopify, topic, payload(f"shopify/{name}") | change)
    run_until_quiet(clock)
    dead = item(shopify)
    assert (dead.state, dead.attempts, dead.last_error, dead.outcome) == ("dead", 1, told, f"refused: {told}")
    assert state_of(shopify)["orders"] == []


def test_one_bad_item_does_not_disturb_the_others(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "orders/create", payload("shopify/orders_create") | {"id": -1})
    post(shopify, "orders/create", payload("shopify/orders_create"))
    post(shopify, "orders/create", payload("shopify/orders_create") | {"id": 6, "line_items": []})
    assert drain_inbox(clock, 50) == 3
    assert state_of(shopify)["items"] == ["dead", "done", "dead"]


def test_our_own_trouble_is_tried_again_and_leaves_nothing_half_written(
    shopify: Connection, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(parsed: Any, source: str, at: datetime) -> str:
        real(parsed, source, at)
        raise RuntimeError("out of luck")

    real = apply
    monkeypatch.setattr(inbox_service, "apply", broken)
    post(shopify, "orders/create", payload("shopify/orders_create"))
    drain_inbox(clock, 50)
    failed = item(shopify)
    assert (failed.state, failed.attempts, failed.last_error) == ("ready", 1, "RuntimeError: out of luck")
    assert (state_of(shopify)["orders"], events_of(shopify)) == ([], {})
    monkeypatch.undo()
    with scope_of(shopify):
        InboxItem.objects.update(due_at=F("received_at"))
    run_until_quiet(clock)
    assert item(shopify).state == "done"


def test_a_refund_in_another_currency_is_refused(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "orders/create", payload("shopify/orders_create"))
    refund = payload("shopify/refunds_create")
    refund["transactions"][0]["currency"] = "USD"
    post(shopify, "refunds/create", refund)
    run_until_quiet(clock)
    assert item(shopify).last_error == "currency: the refund is in USD, the order in EUR"
    assert state_of(shopify)["refunds"] == []


def test_unknown_words_are_counted_in_the_outcome(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "orders/create", payload("shopify/orders_create") | {"financial_status": "half_paid", "fulfillment_status": "beamed"})
    run_until_quiet(clock)
    assert item(shopify).outcome == (
        "order 2001 recorded; 2 warnings: financial_status: 'half_paid' is not known; fulfillment_status: 'beamed' is not known"
    )


def test_an_order_cancelled_before_we_heard_of_it_is_recorded_as_cancelled(shopify: Connection, post: Post, clock: Clock) -> None:
    cancelled = {"cancelled_at": "2026-11-19T11:00:00+01:00", "cancel_reason": "customer", "financial_status": "voided"}
    post(shopify, "orders/cancelled", payload("shopify/orders_create") | cancelled)
    run_until_quiet(clock)
    assert state_of(shopify)["orders"][0][3:5] == ("cancelled", "voided")
    assert "orders.order.confirmed" not in events_of(shopify)


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_compliance_requests_are_recorded_without_personal_data(shopify: Connection, post: Post, clock: Clock, topic: str) -> None:
    post(shopify, topic, payload(f"shopify/{topic.replace('/', '_')}"))
    run_until_quiet(clock)
    seen = item(shopify)
    assert (seen.state, seen.outcome.startswith(f"{topic} recorded: aurora.myshopify.com")) == ("done", True)
    assert "lena" not in seen.outcome


def test_a_woocommerce_order_lives_through_its_calls(woocommerce: Connection, post: Post, clock: Clock) -> None:
    post(woocommerce, "order.updated", payload("woocommerce/order_updated"))
    post(woocommerce, "order.created", payload("woocommerce/order_created"))
    run_until_quiet(clock)
    found = state_of(woocommerce)
    assert found["orders"] == [
        (
            "woocommerce",
            "810",
            "WS-810",
            "confirmed",
            "partially_refunded",
            "fulfilled",
            Decimal("66.90"),
            Decimal("7.50"),
            Decimal("66.90"),
            None,
        )
    ]
    assert sorted(parcel[:3] for parcel in found["parcels"]) == [
        ("810-ab12", "in_transit", "00340434161094021502"),
        ("810-cd34", "in_transit", "77"),
    ]
    assert sorted(found["in parcels"]) == [("901", 2), ("902", 1)]


def test_an_unsent_order_deleted_in_the_shop_is_cancelled_whichever_comes_first(woocommerce: Connection, post: Post, clock: Clock) -> None:
    post(woocommerce, "order.deleted", payload("woocommerce/order_deleted"))
    run_until_quiet(clock)
    assert item(woocommerce).state == "waiting"
    post(woocommerce, "order.created", payload("woocommerce/order_created"))
    run_until_quiet(clock)
    assert state_of(woocommerce)["orders"][0][3] == "cancelled"
    assert state_of(woocommerce)["items"] == ["done", "done"]


def test_a_sent_order_deleted_in_the_shop_stays(woocommerce: Connection, post: Post, clock: Clock) -> None:
    post(woocommerce, "order.updated", payload("woocommerce/order_updated"))
    run_until_quiet(clock)
    post(woocommerce, "order.deleted", payload("woocommerce/order_deleted"))
    run_until_quiet(clock)
    assert state_of(woocommerce)["orders"][0][3] == "confirmed"
    assert item(woocommerce).outcome.startswith("deleted in the shop, kept here: ")


def test_bodies_are_forgotten_after_thirty_days_and_the_outcome_stays(
    shopify: Connection, borealis: Merchant, now: datetime, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_service, "PURGE_BATCH", 1)
    theirs = open_connection(borealis, "shopify", now, secret=STRANGERS_SECRET)
    post(theirs, "orders/create", payload("shopify/orders_create"), secret=STRANGERS_SECRET)
    post(shopify, "orders/create", payload("shopify/orders_create"))
    post(shopify, "orders/updated", payload("shopify/orders_create"))
    run_until_quiet(clock)
    post(shopify, "fulfillments/create", payload("shopify/fulfillments_create"))
    moment = item(shopify).received_at
    assert purge_inbox(now=moment + timedelta(days=30) - timedelta(seconds=60)) == 0
    assert purge_inbox(now=moment + timedelta(days=31)) == 3
    assert purge_inbox(now=moment + timedelta(days=31)) == 0
    assert item(theirs).body == b""
    with scope_of(shopify):
        kept = [(bytes(row.body)[:1], row.state, row.outcome) for row in InboxItem.objects.order_by("id")]
        InboxItem.objects.update(state="dead")
        assert rerun_item(item_id=InboxItem.objects.earliest("id").pk) is False
    assert kept == [
        (b"", "done", "order 2001 recorded"),
        (b"", "done", "order 2001 told again, nothing new"),
        (b"{", "ready", ""),
    ]
