"""Payloads the shops and their client libraries published: every file is taken, with exact values, or refused by name."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog.types import Choice
from connectors.management.commands.parse_payload import read, unwrap
from connectors.models import InboxItem
from connectors.registry import CONNECTORS
from connectors.types import BadPayload, OrderSeen, Parsed, ProductSeen, RefundSeen, ShipmentSeen, TrackingSeen
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.rules import check_order, check_refund
from orders.types import Address, IncomingOrder, IncomingPayment, IncomingRefund, PaymentState
from tests.conftest import NOW
from tests.connectors.conftest import HOST, SECRET, headers_of, open_connection
from tracking.rules import check_shipment
from tracking.types import ShipmentStatus

ROOT = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "payloads"

if not ROOT.is_dir():
    if os.environ.get("REQUIRE_ALL") == "1":
        raise FileNotFoundError(f"{ROOT} is missing and REQUIRE_ALL=1")
    pytest.skip(f"{ROOT} is not here", allow_module_level=True)

TAKEN = {
    "shopify": {
        "go_shopify_fulfillment", "go_shopify_fulfillment_event", "go_shopify_fulfillment_events", "go_shopify_order",
        "go_shopify_order_with_transaction", "go_shopify_orders", "python_api_fulfillment", "python_api_fulfillment_event",
        "python_api_order", "python_api_orders", "python_api_product", "python_api_refund", "webhook_sample_order_body",
    },
    "woocommerce": {
        "order-refunds_01_create_a_refund", "order-refunds_02_retrieve_a_refund", "order-refunds_03_list_all_refunds",
        "order-refunds_04_delete_a_refund", "orders_01_create_an_order", "orders_02_retrieve_an_order", "orders_03_list_all_orders",
        "orders_04_update_an_order", "orders_05_delete_an_order", "orders_06_batch_update_orders",
    },
}  # fmt: skip
FILES = [(shop, path) for shop in TAKEN for path in sorted((ROOT / shop).glob("*.json"))]


def parsed(shop: str, name: str) -> list[Parsed]:
    """What we make of one file: a list, whether it holds one or several."""
    connector = CONNECTORS[shop]
    body = unwrap(read(ROOT / shop / f"{name}.json"))
    return [connector.parse(connector.guess(entry), entry, shop) for entry in (body if isinstance(body, list) else [body])]


def orders(shop: str, name: str) -> dict[str, OrderSeen]:
    found = {}
    for seen in parsed(shop, name):
        assert isinstance(seen, OrderSeen)
        found[seen.order.external_id] = seen
    return found


def titles(order: IncomingOrder) -> list[tuple[str, int, Decimal]]:
    return [(line.title, line.quantity, line.total) for line in order.lines]


@pytest.mark.parametrize(("shop", "path"), FILES, ids=[f"{shop}/{path.stem}" for shop, path in FILES])
def test_every_file_is_taken_or_refused_by_name(shop: str, path: Path) -> None:
    if path.stem not in TAKEN[shop]:
        with pytest.raises(BadPayload) as refused:
            parsed(shop, path.stem)
        assert refused.value.field in ("body", "order_id")
        return
    for seen in parsed(shop, path.stem):
        assert isinstance(seen, OrderSeen | ShipmentSeen | RefundSeen | TrackingSeen | ProductSeen)
        if isinstance(seen, RefundSeen):
            assert check_refund(seen.refund, seen.currency or "USD") == seen.refund
        for shipment in seen.shipments if isinstance(seen, OrderSeen | ShipmentSeen) else ():
            assert check_shipment(shipment) == shipment
        if isinstance(seen, OrderSeen) and path.stem != "python_api_orders":  # which leaves the lines out
            assert check_order(seen.order, at=NOW) == seen.order


def test_shopifys_own_test_order() -> None:
    seen = orders("shopify", "webhook_sample_order_body")["820982911946154508"]
    read = seen.order
    assert (read.number, read.currency, read.total, read.subtotal) == ("9999", "USD", Decimal("403.00"), Decimal("398.00"))
    assert (read.discount_total, read.shipping_total, read.tax_total) == (Decimal("5.00"), Decimal("10.00"), Decimal("0.00"))
    assert read.placed_at == read.updated_at == read.cancelled_at == datetime(2019, 6, 4, 17, 53, 6, tzinfo=UTC)
    assert (read.cancel_reason, read.payment_state, read.payments) == ("customer", PaymentState.VOIDED, ())
    assert (read.email, read.language, read.first_name, read.last_name) == ("jon@doe.ca", "en", "John", "Smith")
    assert (read.customer_external_id, read.accepts_marketing) == ("115310627314723954", True)
    assert titles(read) == [("IPod Nano - 8GB", 1, Decimal("199.00")), ("IPod Nano - 8GB", 1, Decimal("194.00"))]
    assert [line.external_id for line in read.lines] == ["866550311766439020", "141249953214522974"]
    assert [line.discount for line in read.lines] == [Decimal("0.00"), Decimal("5.00")]
    assert read.shipping_address == Address(
        "Steve Shipper", "Shipping Company", "123 Shipping Street", "", "40003", "Shippington", "Kentucky", "US", "555-555-SHIP"
    )
    assert (read.shipping_method, seen.shipments, read.refunds) == ("Generic Shipping", (), ())
    assert read.warnings == ("shipping_address.phone: is no telephone number we can write to, left out",)


def test_a_product_of_four_variants_tells_what_they_share() -> None:
    (seen,) = parsed("shopify", "python_api_product")
    assert isinstance(seen, ProductSeen)
    assert (seen.external_id, seen.title, seen.page_path, seen.is_on_sale) == ("632910392", "IPod Nano - 8GB", "/products/ipod-nano", True)
    assert seen.updated_at == datetime(2011, 10, 20, 18, 5, 13, tzinfo=UTC)
    assert (seen.told["price"], seen.told["category"], "stock" in seen.told, "sku" in seen.told) == (
        Decimal("199.00"),
        "Cult Products",
        False,
        False,
    )
    assert seen.told["description"].startswith("It's the small iPod with one very big idea: Video.")
    assert [picture.url for picture in seen.told["pictures"]] == [seen.told["image_url"]]
    assert seen.warnings == ()
    assert seen.told["tags"] == ["emotive", "flash memory", "mp3", "music"]
    assert seen.told["variants"] == [
        Choice("808950810", "Pink", {"Title": "Pink"}, "IPOD2008PINK", Decimal("199.00"), 10),
        Choice("49148385", "Red", {"Title": "Red"}, "IPOD2008RED", Decimal("199.00"), 20),
        Choice("39072856", "Green", {"Title": "Green"}, "IPOD2008GREEN", Decimal("199.00"), 30),
        Choice("457924702", "Black", {"Title": "Black"}, "IPOD2008BLACK", Decimal("199.00"), 40),
    ]


def test_shopifys_own_test_order_posted_six_times_is_one_order(acme: Merchant, client: Client, now: datetime) -> None:
    row = open_connection(acme, "shopify", now)
    body = (ROOT / "shopify" / "webhook_sample_order_body.json").read_bytes()
    for event_id in ("e-1", "e-1", "e-1", "e-2", "e-3", "e-4"):
        headers = HOST | headers_of(row, "orders/create", body, secret=SECRET, event_id=event_id, shop="apple.myshopify.com")
        assert client.post(f"/hooks/{row.public_id}/", body, content_type="application/json", headers=headers).status_code == 200
        run_until_quiet(lambda: now)
    with merchant_scope(acme.pk):
        assert [(order.number, order.external_id, order.state) for order in Order.objects.all()] == [
            ("9999", "820982911946154508", "cancelled")
        ]
        assert sorted(Event.objects.values_list("type", flat=True)) == ["orders.order.cancelled", "orders.order.placed"]
        assert set(InboxItem.objects.values_list("state", flat=True)) == {"done"}


def test_an_order_with_a_card_and_a_failed_fulfilment() -> None:
    seen = orders("shopify", "python_api_order")["450789469"]
    read = seen.order
    assert (read.number, read.total, read.tax_total, read.payment_state) == (
        "1001",
        Decimal("409.94"),
        Decimal("11.94"),
        PaymentState.AUTHORIZED,
    )
    assert read.payments == (IncomingPayment("payment", "Visa", Decimal("409.94"), "4242", None),)
    assert read.placed_at == datetime(2008, 1, 10, 16, 0, tzinfo=UTC)
    assert [line.variant_title for line in read.lines] == ["green", "red", "black"]
    assert read.lines[0].options == {"Custom Engraving": "Happy Birthday"}
    (parcel,) = seen.shipments
    assert (parcel.status, parcel.raw_status, parcel.tracking_number, parcel.shipped_at) == (
        ShipmentStatus.CANCELLED,
        "failure",
        "1Z2345",
        None,
    )
    assert parcel.lines == {"466157049": 1}


@pytest.mark.parametrize("name", ["go_shopify_order", "go_shopify_orders", "go_shopify_order_with_transaction"])
def test_an_old_order_without_sets_of_money(name: str) -> None:
    read = orders("shopify", name)["123456"].order
    assert (read.number, read.total, read.shipping_total, read.tax_total) == ("9999", Decimal("10.00"), Decimal("10.00"), Decimal("0"))
    assert titles(read) == [("Soda", 1, Decimal("0.00")), ("Another Beer For Good Times", 1, Decimal("0.00"))]
    assert (read.placed_at, read.updated_at) == (datetime(2016, 5, 17, 4, 14, 36, tzinfo=UTC), datetime(2016, 5, 17, 8, 14, 36, tzinfo=UTC))
    assert (read.customer_external_id, read.payments) == ("", ())


def test_a_payment_in_another_currency_is_left_out_and_said() -> None:
    read = orders("shopify", "go_shopify_order_with_transaction")["123456"].order
    assert "transactions[0].currency: is AUD, the order's is USD: payment left out" in read.warnings


def test_an_order_list_with_a_masked_card_and_a_telephone_number() -> None:
    read = orders("shopify", "python_api_orders")["450789469"].order
    assert (read.total, read.discount_total, read.phone) == (Decimal("598.94"), Decimal("10.00"), "+557734881234")
    assert [(paid.method, paid.last4, paid.amount) for paid in read.payments] == [("Visa", "4242", Decimal("598.94"))]
    assert read.payment_state == PaymentState.PARTIALLY_REFUNDED


def test_fulfilments() -> None:
    (sent,) = parsed("shopify", "go_shopify_fulfillment")
    assert isinstance(sent, ShipmentSeen)
    (parcel,) = sent.shipments
    assert (parcel.external_id, parcel.order_external_id, parcel.status) == ("1022782888", "450789469", ShipmentStatus.IN_TRANSIT)
    assert (parcel.carrier, parcel.tracking_number, parcel.tracking_url) == (
        "Bluedart",
        "123456789",
        "https://shipping.xyz/track.php?num=123456789",
    )
    assert parcel.lines == {"466157049": 1, "518995019": 1, "703073504": 1}
    assert (parcel.shipped_at, parcel.updated_at) == (
        datetime(2018, 7, 5, 17, 8, 39, tzinfo=UTC),
        datetime(2018, 7, 5, 17, 8, 40, tzinfo=UTC),
    )
    (pending,) = parsed("shopify", "python_api_fulfillment")
    assert isinstance(pending, ShipmentSeen)
    assert [(parcel.status, parcel.raw_status, parcel.shipped_at) for parcel in pending.shipments] == [
        (ShipmentStatus.PENDING, "pending", None)
    ]


def test_a_shopify_refund() -> None:
    assert parsed("shopify", "python_api_refund") == [
        RefundSeen(
            "450789469",
            IncomingRefund(
                "509562969", Decimal("209.00"), datetime(2016, 6, 20, 17, 35, 6, tzinfo=UTC), "it broke during shipping",
                {"703073504": 1, "466157049": 1},
            ),
            "USD",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "updated_at", "parcels"),
    [
        ("orders_01_create_an_order", "2017-03-22T19:28:08+00:00", []),
        ("orders_02_retrieve_an_order", "2017-03-22T19:28:08+00:00", []),
        ("orders_03_list_all_orders", "2017-03-22T19:28:08+00:00", []),
        ("orders_04_update_an_order", "2017-03-22T19:30:35+00:00", ["727-completed"]),
        ("orders_05_delete_an_order", "2017-03-22T19:30:35+00:00", ["727-completed"]),
        ("orders_06_batch_update_orders", "2017-03-22T19:30:35+00:00", ["727-completed"]),
    ],
)
def test_the_order_of_woocommerces_documents(name: str, updated_at: str, parcels: list[str]) -> None:
    seen = orders("woocommerce", name)["727"]
    read = seen.order
    assert (read.number, read.currency, read.total, read.tax_total) == ("727", "USD", Decimal("29.35"), Decimal("1.35"))
    assert read.subtotal + read.shipping_total + read.tax_total - read.discount_total == read.total
    assert (read.placed_at, read.updated_at.isoformat()) == (datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC), updated_at)
    assert titles(read) == [("Woo Single #1", 2, Decimal("6.00")), ("Ship Your Idea – Color: Black, Size: M Test", 1, Decimal("12.00"))]
    assert [line.unit_price for line in read.lines] == [Decimal("3.00"), Decimal("12.00")]
    assert read.lines[1].options == {"color": "black", "size": "M Test"}
    assert read.payments == (
        IncomingPayment("payment", "Direct Bank Transfer", Decimal("29.35"), "", datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC)),
    )
    assert (read.email, read.is_confirmed, read.payment_state) == ("john.doe@example.com", True, PaymentState.PAID)
    assert read.shipping_address == Address(
        name="John Doe", street="969 Market", postcode="94103", city="San Francisco", region="CA", country="US"
    )
    assert [parcel.external_id for parcel in seen.shipments] == parcels


def test_a_woocommerce_order_with_refunds() -> None:
    read = orders("woocommerce", "orders_03_list_all_orders")["723"].order
    assert (read.first_name, read.customer_external_id, read.payment_state) == ("João", "26", PaymentState.PARTIALLY_REFUNDED)
    assert [(refund.external_id, refund.amount) for refund in read.refunds] == [("726", Decimal("10.00")), ("724", Decimal("9.00"))]


def test_a_woocommerce_order_nobody_has_paid_yet_is_not_confirmed() -> None:
    read = orders("woocommerce", "orders_06_batch_update_orders")["728"].order
    assert (read.is_confirmed, read.payment_state, read.payments, read.total) == (False, PaymentState.PENDING, (), Decimal("62.25"))


@pytest.mark.parametrize("number", ["01_create_a", "02_retrieve_a", "04_delete_a"])
def test_a_woocommerce_refund(number: str) -> None:
    assert parsed("woocommerce", f"order-refunds_{number}_refund") == [
        RefundSeen("723", IncomingRefund("726", Decimal("10.00"), datetime(2017, 3, 21, 20, 7, 11, tzinfo=UTC)))
    ]


def test_a_woocommerce_refund_names_the_lines_it_takes_back() -> None:
    found: list[Any] = parsed("woocommerce", "order-refunds_03_list_all_refunds")
    assert [(seen.refund.external_id, seen.refund.lines) for seen in found] == [("726", {}), ("724", {"311": 1})]
