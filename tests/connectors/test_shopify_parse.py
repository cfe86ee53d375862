from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.shops.shopify.parse import guess, parse
from connectors.types import BadPayload, Compliance, Deleted, Ignored, OrderSeen, RefundSeen, ShipmentSeen
from orders.types import Address, IncomingLine, IncomingPayment, IncomingRefund, PaymentState
from tests.connectors.conftest import payload
from tracking.types import IncomingShipment, ShipmentStatus

HOME = Address(name="Lena Vogt", street="Lindenweg 4", street2="Hinterhaus", postcode="04109", city="Leipzig", country="DE")


def order(**changes: Any) -> OrderSeen:
    found = parse("orders/updated", payload("shopify/orders_create") | changes, "shopify")
    assert isinstance(found, OrderSeen)
    return found


def fulfilment(**changes: Any) -> tuple[IncomingShipment, ...]:
    found = parse("fulfillments/update", payload("shopify/fulfillments_create") | changes, "shopify")
    assert isinstance(found, ShipmentSeen)
    return found.shipments


def test_an_order_is_read_whole() -> None:
    read = order().order
    assert (read.source, read.external_id, read.number, read.currency) == ("shopify", "5500000000000000123", "2001", "EUR")
    assert read.placed_at == datetime(2026, 11, 19, 8, 59, 58, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 19, 9, 0, 5, tzinfo=UTC)
    assert (read.subtotal, read.discount_total, read.shipping_total, read.total) == (
        Decimal("70.00"), Decimal("5.00"), Decimal("4.90"), Decimal("69.90"),
    )  # fmt: skip
    assert (read.tax_total, read.taxes_included) == (Decimal("10.38"), True)
    assert (read.email, read.phone, read.first_name, read.last_name) == ("lena.vogt@example.com", "+4915123456789", "Lena", "Vogt")
    assert (read.language, read.customer_external_id, read.accepts_marketing) == ("de-DE", "7700000000000000456", False)
    assert (read.payment_state, read.is_confirmed, read.cancelled_at) == (PaymentState.PAID, True, None)
    assert read.payments == (IncomingPayment("payment", "Visa", Decimal("69.90"), "4242", datetime(2026, 11, 19, 8, 59, 58, tzinfo=UTC)),)
    assert (read.shipping_address, read.billing_address, read.shipping_method) == (HOME, HOME, "DHL Paket")
    assert (read.refunds, read.warnings) == ((), ())


def test_lines_carry_options_discount_and_tax() -> None:
    assert order().order.lines == (
        IncomingLine(
            external_id="13500000000000000001", title="Enamel mug", quantity=2, unit_price=Decimal("15.00"), total=Decimal("25.00"),
            variant_title="Red / 300 ml", sku="MUG-R-300", product_external_id="9007199254740993", variant_external_id="44",
            options={"Engraving": "For Ida"}, discount=Decimal("5.00"), tax=Decimal("3.99"),
        ),
        IncomingLine(
            external_id="13500000000000000002", title="Teapot", quantity=1, unit_price=Decimal("40.00"), total=Decimal("40.00"),
            sku="POT", product_external_id="9007199254740994", variant_external_id="45", discount=Decimal("0.00"), tax=Decimal("6.39"),
        ),
    )  # fmt: skip


def test_an_updated_order_tells_its_parcels_refunds_and_what_was_taken_off() -> None:
    read = parse("orders/updated", payload("shopify/orders_updated"), "shopify-2")
    assert isinstance(read, OrderSeen)
    assert [line.quantity_removed for line in read.order.lines] == [0, 1]
    assert read.order.refunds == (
        IncomingRefund(
            "3300000000000000888", Decimal("40.00"), datetime(2026, 11, 19, 16, 0, tzinfo=UTC), "Teapot broke in the warehouse",
            {"13500000000000000002": 1},
        ),
    )  # fmt: skip
    assert [(parcel.source, parcel.external_id, parcel.order_external_id) for parcel in read.shipments] == [
        ("shopify-2", "4400000000000000777", "5500000000000000123")
    ]


def test_a_cancelled_order_is_read_as_cancelled() -> None:
    read = order(cancelled_at="2026-11-19T12:00:00+01:00", cancel_reason="customer", financial_status="voided").order
    assert (read.cancelled_at, read.cancel_reason) == (datetime(2026, 11, 19, 11, 0, tzinfo=UTC), "customer")
    assert (read.payment_state, read.payments) == (PaymentState.VOIDED, ())


def test_unknown_statuses_stay_raw_as_warnings_and_are_not_guessed() -> None:
    read = order(financial_status="half_paid", fulfillment_status="teleported").order
    assert read.payment_state == PaymentState.PENDING
    assert read.payments == ()
    assert read.warnings == ("fulfillment_status: 'teleported' is not known", "financial_status: 'half_paid' is not known")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", "pending"),
        ("authorized", "authorized"),
        ("partially_paid", "partially_paid"),
        ("refunded", "refunded"),
        ("expired", "voided"),
    ],
)
def test_financial_statuses_follow_the_table(status: str, state: str) -> None:
    assert order(financial_status=status).order.payment_state == state


def test_an_authorised_payment_is_named_but_not_received() -> None:
    assert order(financial_status="authorized").order.payments == (IncomingPayment("payment", "Visa", Decimal("69.90"), "4242", None),)


def test_a_part_payment_is_what_is_not_outstanding() -> None:
    assert order(financial_status="partially_paid", total_outstanding="20.00").order.payments[0].amount == Decimal("49.90")
    unknown = order(financial_status="partially_paid").order
    assert (unknown.payments, unknown.warnings) == ((), ("total_outstanding: is missing, the amount paid is not known",))


def test_a_whole_card_number_never_passes() -> None:
    details = {"credit_card_number": "4111 1111 1111 1234", "credit_card_company": "Visa"}
    (paid,) = order(payment_details=details).order.payments
    assert (paid.method, paid.last4) == ("Visa", "1234")
    assert "4111" not in repr(order(payment_details=details))


def test_ways_to_pay_without_a_card_are_named_in_words() -> None:
    (paid,) = order(payment_details=None, payment_gateway_names=["gift_card", "some_wallet", "paypal"]).order.payments
    assert (paid.method, paid.last4) == ("Gift card, Some wallet, PayPal", "")


def in_francs(holder: dict[str, Any], *keys: str) -> dict[str, Any]:
    money = {"shop_money": {"amount": "1.00", "currency_code": "EUR"}, "presentment_money": {"amount": "7.00", "currency_code": "CHF"}}
    return holder | {f"{key}_set": money for key in keys}


def test_amounts_are_those_the_shopper_was_shown() -> None:
    body = in_francs(
        payload("shopify/orders_create"), "total_price", "total_line_items_price", "total_discounts", "total_tax", "total_shipping_price"
    )
    lines = [in_francs(line, "price", "total_discount") | {"discount_allocations": [], "tax_lines": []} for line in body["line_items"]]
    read = parse("orders/create", body | {"presentment_currency": "CHF", "line_items": lines}, "shopify")
    assert isinstance(read, OrderSeen)
    assert (read.order.currency, read.order.total, read.order.shipping_total) == ("CHF", Decimal("7.00"), Decimal("7.00"))
    assert [line.unit_price for line in read.order.lines] == [Decimal("7.00"), Decimal("7.00")]


def test_an_amount_the_shopper_was_shown_must_be_there() -> None:
    with pytest.raises(BadPayload) as refused:
        order(presentment_currency="CHF")
    assert refused.value.field == "line_items[0].price_set.presentment_money.amount"


def test_ids_beyond_2_to_the_53rd_are_exact() -> None:
    read = order(id=9007199254740993, customer={"id": 123456789012345678901234567890}).order
    assert (read.external_id, read.customer_external_id) == ("9007199254740993", "123456789012345678901234567890")


@pytest.mark.parametrize("id", [9.007199254740993e15, "9.0e15", True, "12 ", "", None, [1], "٣"])
def test_an_id_that_is_no_whole_number_is_refused(id: Any) -> None:
    with pytest.raises(BadPayload) as refused:
        order(id=id)
    assert refused.value.field == "id"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("currency", "XXY", "unknown currency 'XXY'"),
        ("currency", None, "unknown currency ''"),
        ("total_price", "NaN", "must be an amount"),
        ("total_price", "-1.00", "must not be negative"),
        ("total_price", "1_000", "must be an amount"),
        ("total_price", "10000000000000000", "is too large"),
        ("updated_at", "yesterday", "must be an ISO 8601 time"),
        ("updated_at", "2026-11-19T10:00:05", "must be a time with its zone"),
        ("updated_at", "0001-01-01T00:00:00+14:00", "must be an ISO 8601 time"),
        ("line_items", {"0": {}}, "must be a list"),
        ("line_items", [{}] * 10_001, "has 10001 entries, at most 10000 are taken"),
        ("shipping_address", "Lindenweg 4", "must be an object"),
        ("taxes_included", "yes", "must be true or false"),
        ("name", {"a": 1}, "must be text"),
    ],
)
def test_wrong_values_are_refused_by_name(field: str, value: Any, message: str) -> None:
    with pytest.raises(BadPayload) as refused:
        order(**{field: value})
    assert (refused.value.field, refused.value.message) == (field, message)


@pytest.mark.parametrize("quantity", [-1, 1.5, "2", True, 1_000_001])
def test_a_wrong_quantity_is_refused_with_its_place(quantity: Any) -> None:
    body = payload("shopify/orders_create")
    body["line_items"][1]["quantity"] = quantity
    with pytest.raises(BadPayload) as refused:
        parse("orders/create", body, "shopify")
    assert refused.value.field == "line_items[1].quantity"


def test_over_long_texts_are_cut_and_said() -> None:
    body = payload("shopify/orders_create")
    body["line_items"][0]["title"] = "x" * 301
    read = parse("orders/create", body, "shopify")
    assert isinstance(read, OrderSeen)
    assert read.order.lines[0].title == "x" * 299 + "…"
    assert read.order.warnings == ("line_items[0].title: cut to 300 characters",)


def test_contact_data_nobody_can_use_is_left_out_and_said() -> None:
    read = order(contact_email="lena at home", email=None, phone="ask me", customer_locale="../../etc").order
    assert (read.email, read.phone, read.language) == ("", "", "")
    assert len(read.warnings) == 3


def test_a_parcel_is_read_whole() -> None:
    assert fulfilment() == (
        IncomingShipment(
            source="shopify", external_id="4400000000000000777", order_external_id="5500000000000000123",
            updated_at=datetime(2026, 11, 19, 17, 0, tzinfo=UTC), status=ShipmentStatus.IN_TRANSIT, raw_status="in_transit", carrier="DHL",
            tracking_number="00340434161094021501", tracking_url="https://www.dhl.de/track?id=00340434161094021501",
            shipped_at=datetime(2026, 11, 19, 15, 30, tzinfo=UTC), lines={"13500000000000000001": 2},
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "shipment_status", "expected", "is_handed_over"),
    [
        ("success", None, "in_transit", True),
        ("success", "confirmed", "pending", False),
        ("success", "label_purchased", "label_created", False),
        ("success", "label_printed", "label_created", False),
        ("success", "carrier_picked_up", "picked_up", True),
        ("success", "delayed", "in_transit", True),
        ("success", "out_for_delivery", "out_for_delivery", True),
        ("success", "attempted_delivery", "attempt_failed", True),
        ("success", "ready_for_pickup", "ready_for_pickup", True),
        ("success", "delivered", "delivered", True),
        ("success", "failure", "unknown", False),
        ("success", "beamed", "unknown", False),
        ("pending", None, "pending", False),
        ("open", "in_transit", "pending", False),
        ("cancelled", "in_transit", "cancelled", False),
        ("failure", None, "cancelled", False),
        ("brand_new", None, "unknown", False),
    ],
)
def test_fulfilment_statuses_follow_the_tables(status: str, shipment_status: str | None, expected: str, is_handed_over: bool) -> None:
    (parcel,) = fulfilment(status=status, shipment_status=shipment_status)
    assert (parcel.status, parcel.shipped_at is not None) == (expected, is_handed_over)
    assert parcel.raw_status == (status if status != "success" or shipment_status is None else shipment_status)


def test_several_tracking_numbers_are_several_parcels_and_nothing_is_counted_twice() -> None:
    parcels = fulfilment(tracking_numbers=["A1", "B2", "A1"], tracking_urls=["https://x.example/A1", "javascript:alert(1)"])
    assert [(p.external_id, p.tracking_number, p.tracking_url, p.lines) for p in parcels] == [
        ("4400000000000000777", "A1", "https://x.example/A1", {"13500000000000000001": 2}),
        ("4400000000000000777-2", "B2", "", {"13500000000000000001": 0}),
    ]


def test_a_refund_is_what_successful_transactions_sent_back() -> None:
    body = payload("shopify/refunds_create")
    body["transactions"] += [
        {"kind": "refund", "status": "failure", "amount": "1.00", "currency": "EUR"},
        {"kind": "void", "status": "success", "amount": "2.00", "currency": "EUR"},
        {"kind": "refund", "status": "success", "amount": "0.50", "currency": "EUR"},
    ]
    read = parse("refunds/create", body, "shopify")
    assert isinstance(read, RefundSeen)
    assert (read.order_external_id, read.currency, read.refund.amount) == ("5500000000000000123", "EUR", Decimal("40.50"))
    assert (read.refund.lines, read.refund.note) == ({"13500000000000000002": 1}, "Teapot broke in the warehouse")


def test_a_refund_without_money_is_nothing_to_tell() -> None:
    assert parse("refunds/create", payload("shopify/refunds_create") | {"transactions": []}, "shopify") == Ignored("a refund without money")


def test_compliance_topics_are_read_without_personal_data() -> None:
    assert parse("customers/redact", payload("shopify/customers_redact"), "shopify") == Compliance(
        "customers/redact",
        "aurora.myshopify.com",
        "7700000000000000456",
        ("5500000000000000123", "5500000000000000124"),
        "lena.vogt@example.com",
    )
    assert parse("shop/redact", payload("shopify/shop_redact"), "shopify") == Compliance("shop/redact", "aurora.myshopify.com")


def test_other_topics_are_told_apart() -> None:
    assert parse("orders/delete", {"id": 77}, "shopify") == Deleted("77")
    assert parse("carts/update", {}, "shopify") == Ignored("topic carts/update is not used")


@pytest.mark.parametrize(
    ("name", "topic"),
    [("orders_create", "orders/updated"), ("fulfillments_create", "fulfillments/update"), ("refunds_create", "refunds/create")],
)
def test_the_topic_is_told_from_the_content(name: str, topic: str) -> None:
    assert guess(payload(f"shopify/{name}")) == topic


def test_content_of_no_kind_we_know_has_no_topic() -> None:
    with pytest.raises(BadPayload):
        guess({"product": 1})
