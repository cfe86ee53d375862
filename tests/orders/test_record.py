"""What a shop tells becomes an order, once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.services import upsert_product
from customers.models import Consent, Customer
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderChange, OrderLine, Payment, Promise
from orders.services import OrderRefused, record_order
from orders.types import Address, IncomingRefund, PaymentState
from tests import factories as make
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def kinds(order: Order) -> list[str]:
    return list(OrderChange.objects.filter(order=order).order_by("id").values_list("kind", flat=True))


def test_a_paid_order_is_placed_confirmed_and_paid(in_acme: Merchant) -> None:
    recorded = record_order(incoming=make.incoming_order(), at=NOW)
    order = Order.objects.get()
    assert (recorded.is_new, recorded.is_stale, recorded.changes) == (True, False, ("placed", "confirmed", "paid"))
    assert (order.state, order.payment_state, order.fulfilment) == ("confirmed", "paid", "unfulfilled")
    assert (order.total, order.paid_total, order.refunded_total) == (Decimal("132.80"), Decimal("132.80"), 0)
    assert list(OrderLine.objects.order_by("position").values_list("title", "quantity", "total")) == [
        ("Linen shirt", 2, Decimal("98.0000")),
        ("Leather belt", 1, Decimal("29.9000")),
    ]
    assert list(Payment.objects.values_list("method", "last4", "amount")) == [("Visa", "4242", Decimal("132.8000"))]
    assert list(Event.objects.order_by("id").values_list("type", "payload")) == [
        ("orders.order.placed", {"order": order.pk}),
        ("orders.order.confirmed", {"order": order.pk, "is_first": True}),
        ("orders.order.paid", {"order": order.pk}),
    ]


def test_the_same_news_again_changes_nothing(in_acme: Merchant) -> None:
    order = make.place_order()
    before = Order.objects.values().get()
    again = record_order(incoming=make.incoming_order(), at=NOW + HOUR)
    later = record_order(incoming=make.incoming_order(updated_at=NOW + HOUR), at=NOW + HOUR)
    assert (again.order.pk, again.is_new, again.changes, later.changes) == (order.pk, False, (), ())
    assert Order.objects.values().get() == {**before, "source_updated_at": NOW + HOUR}
    assert (Event.objects.count(), OrderChange.objects.count(), Promise.objects.count(), OrderLine.objects.count()) == (3, 3, 2, 2)


def test_older_news_is_ignored(in_acme: Merchant) -> None:
    make.place_order(updated_at=NOW + HOUR)
    before = Order.objects.values().get()
    recorded = record_order(incoming=make.incoming_order(first_name="Old", updated_at=NOW), at=NOW + 2 * HOUR)
    assert (recorded.is_stale, recorded.is_new, recorded.changes) == (True, False, ())
    assert Order.objects.values().get() == before
    assert Event.objects.count() == 3


def test_what_changed_is_noted_and_told_without_personal_data(in_acme: Merchant) -> None:
    order = make.place_order()
    lines = (make.incoming_line(external_id="L1", quantity=3), make.incoming_line(external_id="L3", title="Socks"))
    moved = Address(name="Sam Berg", street="Geheimweg 5", postcode="20095", city="Hamburg", country="DE")
    incoming = make.incoming_order(lines=lines, shipping_address=moved, email="sammy@example.com", updated_at=NOW + HOUR)
    recorded = record_order(incoming=incoming, at=NOW + HOUR)
    assert recorded.changes == ("contact_changed", "address_changed", "amounts_changed", "lines_changed")
    assert Event.objects.latest("id").payload == {"order": order.pk, "what": ["contact", "address", "amounts", "lines"]}
    facts = OrderChange.objects.get(kind="lines_changed").data
    assert facts == {
        "added": [{"title": "Socks", "quantity": 1}],
        "changed": [{"title": "Linen shirt", "quantity": 3}],
        "removed": [{"title": "Leather belt", "quantity": 1}],
    }
    assert "Geheimweg" not in str(list(OrderChange.objects.values_list("data", flat=True)))
    assert list(OrderLine.objects.order_by("id").values_list("external_id", "quantity", "quantity_removed")) == [
        ("L1", 3, 0),
        ("L2", 1, 1),
        ("L3", 1, 0),
    ]
    assert Order.objects.get().customer.email_normalised == "sammy@example.com"


def test_an_order_stays_in_the_account_that_left_its_address(in_acme: Merchant) -> None:
    order = make.place_order()
    Customer.objects.update(email="new@example.com", email_normalised="new@example.com")
    make.place_order(first_name="Samuel", updated_at=NOW + HOUR)
    assert list(Customer.objects.values_list("email_normalised", flat=True)) == ["new@example.com"]
    assert Order.objects.get().customer_id == order.customer_id


def test_an_unpaid_order_is_confirmed_and_promised_when_the_money_comes(in_acme: Merchant) -> None:
    order = make.place_order(is_confirmed=False, payment_state=PaymentState.PENDING)
    assert (order.state, order.ship_by, events()) == ("placed", None, ["orders.order.placed"])
    paid = record_order(incoming=make.incoming_order(updated_at=NOW + timedelta(days=3)), at=NOW + timedelta(days=3)).order
    assert (paid.state, paid.payment_state, str(paid.ship_by)) == ("confirmed", "paid", "2026-11-24")
    assert events() == ["orders.order.placed", "orders.order.confirmed", "orders.order.paid"]


def test_only_the_first_confirmed_order_is_the_first(borealis: Merchant, in_acme: Merchant) -> None:
    make.place_order(number="1", is_confirmed=False, payment_state=PaymentState.PENDING)
    make.place_order(number="2")
    make.place_order(number="3")
    told = Event.objects.filter(type="orders.order.confirmed").order_by("id").values_list("payload", flat=True)
    assert [payload["is_first"] for payload in told] == [True, False]


def test_an_order_that_arrives_cancelled_is_never_confirmed(in_acme: Merchant) -> None:
    order = make.place_order(cancelled_at=NOW, cancel_reason="customer", payment_state=PaymentState.VOIDED)
    assert (order.state, order.cancel_reason, order.confirmed_at, order.ship_by) == ("cancelled", "customer", None, None)
    assert events() == ["orders.order.placed", "orders.order.cancelled"]
    record_order(incoming=make.incoming_order(updated_at=NOW + HOUR, payment_state=PaymentState.VOIDED), at=NOW + HOUR)
    assert (Order.objects.get().state, events()) == ("cancelled", ["orders.order.placed", "orders.order.cancelled"])


def test_a_cancellation_by_the_shop_is_told_once(in_acme: Merchant) -> None:
    make.place_order()
    for hours in (1, 2):
        record_order(incoming=make.incoming_order(cancelled_at=NOW + HOUR, updated_at=NOW + hours * HOUR), at=NOW + hours * HOUR)
    assert events().count("orders.order.cancelled") == 1
    assert Order.objects.get().cancelled_at == NOW + HOUR


def test_history_is_taken_over_without_telling_anybody(in_acme: Merchant) -> None:
    order = make.place_order(quiet=True)
    assert (order.is_imported, order.state, str(order.ship_by)) == (True, "confirmed", "2026-11-23")
    assert events() == ["orders.order.imported"]
    assert (kinds(order), Promise.objects.count()) == (["placed", "confirmed", "paid"], 0)
    make.place_order(quiet=True)
    assert events() == ["orders.order.imported"]


def test_what_happens_after_the_import_is_told(in_acme: Merchant) -> None:
    make.place_order(quiet=True)
    record_order(incoming=make.incoming_order(cancelled_at=NOW + HOUR, updated_at=NOW + HOUR), at=NOW + HOUR)
    assert events() == ["orders.order.imported", "orders.order.cancelled"]


def test_bad_contact_data_loses_no_order(in_acme: Merchant) -> None:
    order = make.place_order(email="not an address", phone="call me")
    assert (order.email, order.phone, order.customer_id) == ("not an address", "call me", None)
    assert OrderChange.objects.get(kind="placed").data == {"unusable": ["email", "phone"]}
    assert Customer.objects.count() == 0


def test_an_over_long_address_is_cut_not_refused(in_acme: Merchant) -> None:
    order = make.place_order(email="x" * 300, phone="0" * 60)
    assert (len(order.email), len(order.phone)) == (254, 40)


@pytest.mark.parametrize(
    ("phone", "country", "stored"), [("0151 23456789", "DE", "+4915123456789"), ("(202) 555-0143", "US", "+12025550143")]
)
def test_a_national_number_is_read_by_the_address(in_acme: Merchant, phone: str, country: str, stored: str) -> None:
    assert make.place_order(phone=phone, shipping_address=Address(country=country)).phone == stored


def test_lines_know_the_product_of_the_catalogue(in_acme: Merchant) -> None:
    product = upsert_product(external_id="P-1", title="Shirt", at=NOW)
    order = make.place_order(lines=(make.incoming_line(product_external_id="P-1"), make.incoming_line(external_id="L2")))
    assert list(order.lines.order_by("position").values_list("product_id", flat=True)) == [product.pk, None]


def test_consent_comes_with_the_order_and_only_when_said(in_acme: Merchant) -> None:
    make.place_order(number="1")
    assert Consent.objects.count() == 0
    make.place_order(number="2", accepts_marketing=True)
    assert list(Consent.objects.values_list("channel", "is_granted", "source")) == [("email", True, "order api")]


def test_refunds_inside_an_order_are_taken_once(in_acme: Merchant) -> None:
    refund = IncomingRefund("R1", Decimal("29.90"), NOW + HOUR)
    for hours in (1, 2):
        record_order(incoming=make.incoming_order(refunds=(refund,), updated_at=NOW + hours * HOUR), at=NOW + hours * HOUR)
    order = Order.objects.get()
    assert (order.refunded_total, order.payment_state) == (Decimal("29.90"), "partially_refunded")
    assert events().count("orders.refund.recorded") == 1


def test_the_other_merchant_has_its_own_order_of_the_same_number(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        make.place_order()
    with merchant_scope(borealis.pk):
        assert Order.objects.count() == 0
        assert record_order(incoming=make.incoming_order(currency="USD"), at=NOW).is_new is True
        assert (Order.objects.get().currency, Customer.objects.count()) == ("USD", 1)
    with merchant_scope(acme.pk):
        assert Order.objects.get().currency == "EUR"


@pytest.mark.parametrize("lines", [1, 5, 100])
def test_a_new_order_takes_eleven_queries_whatever_its_lines(in_acme: Merchant, lines: int) -> None:
    incoming = make.incoming_order(lines=tuple(make.incoming_line(external_id=f"L{i}") for i in range(lines)))
    with CaptureQueriesContext(connection) as queries:
        record_order(incoming=incoming, at=NOW)
    ours = [query for query in queries.captured_queries if "events_delivery" not in query["sql"]]
    assert len(ours) == 11  # one of them asks what orders like it have taught about their arrival


def test_the_same_news_again_takes_four_queries(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    make.place_order()
    with django_assert_num_queries(4):
        record_order(incoming=make.incoming_order(), at=NOW)


def line(**over: Any) -> dict[str, Any]:
    return {"lines": (make.incoming_line(external_id="A"), make.incoming_line(external_id="B", **over))}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"lines": tuple(make.incoming_line(external_id=str(i)) for i in range(10_001))}, "lines"),
    ({"lines": (), "total": Decimal(1)}, "lines"),
    (line(quantity=0, total=Decimal(0)), "lines[1].quantity"),
    (line(quantity=-1, total=Decimal(0)), "lines[1].quantity"),
    (line(quantity=1_000_001, total=Decimal(0)), "lines[1].quantity"),
    (line(quantity=1, quantity_removed=2), "lines[1].quantity_removed"),
    (line(title="x" * 301), "lines[1].title"),
    (line(title="a\0b"), "lines[1].title"),
    (line(title="\ud800"), "lines[1].title"),
    (line(unit_price=Decimal("1.001"), total=Decimal(1)), "lines[1].unit_price"),
    (line(total=Decimal("-1")), "lines[1].total"),
    (line(options={"size": "x" * 501}), "lines[1].options[size]"),
    ({"lines": (make.incoming_line(), make.incoming_line())}, "lines[1].external_id"),
    ({"currency": "XXQ"}, "currency"),
    ({"currency": "JPY", "total": Decimal("1.50")}, "lines[1].unit_price"),
    ({"total": Decimal("NaN"), "payments": ()}, "total"),
    ({"total": Decimal("1e13"), "payments": ()}, "total"),
    ({"placed_at": NOW + timedelta(days=2)}, "placed_at"),
    ({"placed_at": NOW.replace(tzinfo=None), "updated_at": NOW}, "placed_at"),
    ({"updated_at": NOW + timedelta(days=2)}, "updated_at"),
    ({"number": "", "external_id": "1"}, "number"),
    ({"number": "1" * 61, "external_id": "1"}, "number"),
    ({"external_id": ""}, "external_id"),
    ({"email": "a\0@example.com"}, "email"),
    ({"shipping_address": Address(city="x" * 201)}, "shipping_address.city"),
    ({"billing_address": Address(country="de")}, "billing_address.country"),
    ({"refunds": (IncomingRefund("R", Decimal("-1"), NOW),)}, "refunds[0].amount"),
]


@pytest.mark.parametrize(("over", "field"), REFUSED, ids=[f"{i}-{field}" for i, (_, field) in enumerate(REFUSED)])
def test_bad_input_is_refused_by_field_and_leaves_nothing(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    with pytest.raises(OrderRefused) as refusal:
        record_order(incoming=make.incoming_order(**over), at=NOW)
    assert refusal.value.field == field
    assert (Order.objects.count(), Customer.objects.count(), Event.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("currency", ["JPY", "EUR", "BHD"])
def test_trailing_zeros_are_no_decimals(in_acme: Merchant, currency: str) -> None:
    line = make.incoming_line(unit_price=Decimal("5.0000"), total=Decimal("5.0000"))
    order = make.place_order(currency=currency, lines=(line,), shipping_total=Decimal("0.000"), total=Decimal("5.00000"))
    assert order.total == 5


def test_a_picture_that_is_no_web_address_is_left_out(in_acme: Merchant) -> None:
    order = make.place_order(
        lines=(
            make.incoming_line(image_url="javascript:alert(1)"),
            make.incoming_line(external_id="B", image_url="https://x.example/a.jpg"),
        )
    )
    assert list(order.lines.order_by("position").values_list("image_url", flat=True)) == ["", "https://x.example/a.jpg"]


def test_a_thousand_lines_are_taken(in_acme: Merchant) -> None:
    lines = tuple(make.incoming_line(external_id=str(i)) for i in range(1000))
    assert record_order(incoming=replace(make.incoming_order(), lines=lines), at=NOW).order.lines.count() == 1000


def test_a_line_without_a_picture_borrows_the_catalogues(in_acme: Merchant) -> None:
    upsert_product(external_id="shirt", title="Shirt", image_url="https://shop.example/shirt.png", at=NOW)
    lines = (
        make.incoming_line(external_id="L1", product_external_id="shirt"),
        make.incoming_line(external_id="L2", product_external_id="shirt", image_url="https://shop.example/own.png"),
    )
    order = make.place_order(lines=lines)
    assert list(order.lines.order_by("position").values_list("image_url", flat=True)) == [
        "https://shop.example/shirt.png",
        "https://shop.example/own.png",
    ]
