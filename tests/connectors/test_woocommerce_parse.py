from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.shops.woocommerce.parse import guess, parse
from connectors.types import BadPayload, Deleted, Ignored, OrderSeen, RefundSeen
from orders.types import Address, IncomingLine, IncomingPayment, IncomingRefund, PaymentState
from tests.connectors.conftest import payload
from tracking.types import IncomingShipment, ShipmentStatus


def order(name: str = "order_created", **changes: Any) -> OrderSeen:
    found = parse("order.updated", payload(f"woocommerce/{name}") | changes, "woocommerce")
    assert isinstance(found, OrderSeen)
    return found


def test_an_order_is_read_whole_with_the_prices_of_the_shop() -> None:
    read = order().order
    assert (read.source, read.external_id, read.number, read.currency) == ("woocommerce", "810", "WS-810", "EUR")
    assert read.placed_at == datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 19, 9, 0, 9, tzinfo=UTC)
    assert (read.subtotal, read.discount_total, read.shipping_total, read.total) == (
        Decimal("67.00"), Decimal("5.00"), Decimal("4.90"), Decimal("66.90"),
    )  # fmt: skip
    assert read.subtotal - read.discount_total + read.shipping_total == read.total
    assert (read.tax_total, read.taxes_included) == (Decimal("10.52"), True)
    assert (read.email, read.phone, read.language) == ("lena.vogt@example.com", "+4915123456789", "de")
    assert (read.first_name, read.last_name, read.customer_external_id) == ("Lena", "O'Vogt", "")
    assert read.payment_state == PaymentState.PAID
    assert read.payments == (
        IncomingPayment("payment", "PayPal & co", Decimal("66.90"), paid_at=datetime(2026, 11, 19, 9, 0, 8, tzinfo=UTC)),
    )
    assert read.shipping_address == Address(name="Lena O'Vogt", street="Lindenweg 4", postcode="04109", city="Leipzig", country="DE")
    assert (read.shipping_method, read.accepts_marketing, read.warnings) == ("DHL & Post", None, ())


def test_lines_are_products_and_fees() -> None:
    assert order().order.lines == (
        IncomingLine(
            external_id="901", title="Enamel mug", quantity=2, unit_price=Decimal("15.00"), total=Decimal("25.00"), sku="MUG-R",
            product_external_id="93", variant_external_id="94", options={"Colour": "Red & bright", "size": "300 ml"},
            discount=Decimal("5.00"), tax=Decimal("3.99"), image_url="https://shop.example/mug.jpg",
        ),
        IncomingLine(
            external_id="902", title="Teapot", quantity=1, unit_price=Decimal("35.00"), total=Decimal("35.00"), discount=Decimal("0.00"),
            tax=Decimal("5.59"),
        ),
        IncomingLine(
            external_id="904", title="Gift wrap", quantity=1, unit_price=Decimal("2.00"), total=Decimal("2.00"), tax=Decimal("0.32"),
            requires_shipping=False,
        ),
    )  # fmt: skip


def test_a_shop_that_shows_net_prices_is_read_net() -> None:
    read = order(prices_include_tax=False).order
    assert (read.taxes_included, read.shipping_total, read.lines[0].total) == (False, Decimal("4.12"), Decimal("21.01"))


@pytest.mark.parametrize(
    ("status", "is_paid", "is_confirmed", "is_cancelled", "state"),
    [
        ("pending", False, False, False, "pending"),
        ("checkout-draft", False, False, False, "pending"),
        ("failed", False, False, False, "failed"),
        ("on-hold", False, True, False, "pending"),
        ("processing", True, True, False, "paid"),
        ("processing", False, True, False, "pending"),
        ("completed", True, True, False, "paid"),
        ("cancelled", False, False, True, "voided"),
        ("cancelled", True, True, True, "paid"),
        ("trash", True, True, True, "paid"),
        ("refunded", True, True, False, "refunded"),
    ],
)
def test_statuses_follow_the_table(status: str, is_paid: bool, is_confirmed: bool, is_cancelled: bool, state: str) -> None:
    paid: dict[str, Any] = {} if is_paid else {"date_paid": None, "date_paid_gmt": None}
    read = order(status=status, **paid).order
    assert (read.is_confirmed, read.cancelled_at is not None, read.payment_state) == (is_confirmed, is_cancelled, state)
    assert read.warnings == ()


@pytest.mark.parametrize("is_paid", [True, False])
def test_a_plugins_status_stays_raw_and_payment_decides(is_paid: bool) -> None:
    paid = payload("woocommerce/order_created")["date_paid_gmt"] if is_paid else None
    read = order(status="wc-awaiting-pack", date_paid_gmt=paid).order
    assert read.is_confirmed is is_paid
    assert read.warnings == ("status: 'wc-awaiting-pack' is not known",)


def test_refunds_inside_an_order_are_read() -> None:
    read = order("order_updated").order
    assert read.refunds == (IncomingRefund("905", Decimal("7.50"), datetime(2026, 11, 19, 16, 0, tzinfo=UTC), "Sorry & thanks"),)
    assert read.payment_state == PaymentState.PARTIALLY_REFUNDED


def test_parcels_come_from_the_tracking_plugins_notes() -> None:
    assert order("order_updated").shipments == (
        IncomingShipment(
            source="woocommerce", external_id="810-ab12", order_external_id="810", updated_at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
            status=ShipmentStatus.IN_TRANSIT, raw_status="tracking added", carrier="DHL", tracking_number="00340434161094021502",
            shipped_at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
        ),
        IncomingShipment(
            source="woocommerce", external_id="810-cd34", order_external_id="810", updated_at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
            status=ShipmentStatus.IN_TRANSIT, raw_status="tracking added", carrier="Bote", tracking_number="77",
            tracking_url="https://bote.example/77", shipped_at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC), lines={"901": 0, "902": 0},
        ),
    )  # fmt: skip


def test_a_completed_order_without_notes_has_one_parcel_without_a_number() -> None:
    read = order(status="completed", date_completed_gmt="2026-11-19T15:00:00")
    (parcel,) = read.shipments
    assert (parcel.external_id, parcel.tracking_number, parcel.lines) == ("810-completed", "", {})
    assert parcel.shipped_at == datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


def test_an_order_with_nothing_to_ship_has_no_parcel() -> None:
    read = order(status="completed", shipping_lines=[], shipping={})
    assert read.shipments == ()
    assert {line.requires_shipping for line in read.order.lines} == {False}


def test_the_refund_resource_names_its_order_by_a_link() -> None:
    body = {
        "id": 726, "date_created_gmt": "2026-11-19T20:07:11", "amount": "10.00", "reason": "late", "refunded_by": 1,
        "line_items": [{"id": 1, "quantity": -2, "meta_data": [{"key": "_refunded_item_id", "value": "901"}]}],
        "_links": {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/810"}]},
    }  # fmt: skip
    assert guess(body) == "refund"
    assert parse("refund", body, "woocommerce") == RefundSeen(
        "810", IncomingRefund("726", Decimal("10.00"), datetime(2026, 11, 19, 20, 7, 11, tzinfo=UTC), "late", {"901": 2})
    )


def test_other_topics_are_told_apart() -> None:
    assert parse("order.deleted", payload("woocommerce/order_deleted"), "woocommerce") == Deleted("810")
    assert parse("coupon.created", {}, "woocommerce") == Ignored("topic coupon.created is not used")
    assert guess({"id": 810}) == "order.deleted"


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 1.5), ("currency", "EURO"), ("total", "-2.00"), ("date_created_gmt", "19.11.2026"), ("line_items", "none"), ("billing", [1]),
     ("date_modified_gmt", 5), ("prices_include_tax", 1), ("refunds", [7]), ("number", True)],
)  # fmt: skip
def test_wrong_values_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(BadPayload) as refused:
        order(**{field: value})
    assert refused.value.field.startswith(field)
