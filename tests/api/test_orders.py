"""Orders over the REST API: exact answers, and nothing changed by what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from customers.models import Consent, Customer
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.api.examples import REFUND, SMALL, WHOLE
from orders.models import Order, Refund
from tests.api.conftest import Caller
from tests.factories import place_order

Look = Callable[[Callable[[], Any]], Any]


def order(**over: Any) -> dict[str, Any]:
    return {**SMALL, **over}


def test_the_least_order_is_made_and_answers_everything(api: Caller) -> None:
    answer = api.post("/orders", SMALL)
    assert answer.status_code == 201
    body = answer.json()
    line = body["lines"][0]
    assert len(body.pop("id")) == len(body.pop("customer")) == len(line.pop("id")) == 22
    assert body == {
        "source": "api",
        "external_id": "1001",
        "number": "1001",
        "state": "confirmed",
        "payment_state": "pending",
        "fulfilment": "unfulfilled",
        "currency": "EUR",
        "total": "49.00",
        "refunded_total": "0.00",
        "email": "lena.vogt@posteo.example",
        "placed_at": "2026-11-20T09:00:00Z",
        "updated_at": "2026-11-20T10:00:00Z",
        "cancelled_at": None,
        "subtotal": "49.00",
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "tax_total": "0.00",
        "taxes_included": True,
        "paid_total": "0.00",
        "phone": "",
        "first_name": "",
        "last_name": "",
        "language": "",
        "shipping_address": dict.fromkeys(("name", "company", "street", "street2", "postcode", "city", "region", "country", "phone"), ""),
        "billing_address": dict.fromkeys(("name", "company", "street", "street2", "postcode", "city", "region", "country", "phone"), ""),
        "shipping_method": "",
        "is_imported": False,
        "confirmed_at": "2026-11-20T09:00:00Z",
        "paid_at": None,
        "cancel_reason": "",
        "asked_for": [],
        "ship_by": "2026-11-23",
        "arrive_from": "2026-11-24",
        "arrive_by": "2026-11-26",
        "lines": [
            {
                "external_id": "1",
                "title": "Linen shirt",
                "variant_title": "",
                "sku": "",
                "options": {},
                "image_url": "",
                "requires_shipping": True,
                "quantity": 1,
                "quantity_removed": 0,
                "quantity_fulfilled": 0,
                "unit_price": "49.00",
                "discount": "0.00",
                "tax": "0.00",
                "total": "49.00",
            }
        ],
        "payments": [],
        "refunds": [],
        "history": [{"kind": "placed", "at": "2026-11-20T09:00:00Z"}, {"kind": "confirmed", "at": "2026-11-20T09:00:00Z"}],
    }


def test_an_order_with_everything_is_kept_as_told(api: Caller, inside: Look) -> None:
    body = api.post("/orders", WHOLE).json()
    assert (body["total"], body["paid_total"], body["payment_state"]) == ("132.80", "132.80", "paid")
    assert body["phone"] == "+4915123456789"
    assert [line["total"] for line in body["lines"]] == ["98.00", "29.90"]
    assert body["lines"][0]["options"] == {"Size": "M", "Colour": "Ecru"}
    assert body["shipping_address"]["city"] == "Berlin"
    assert body["payments"] == [
        {"external_id": "pay-1", "method": "Visa", "last4": "4242", "amount": "132.80", "paid_at": "2026-11-20T09:04:00Z"}
    ]
    consent = inside(lambda: Consent.objects.get())
    assert (consent.channel, consent.is_granted, consent.source) == ("email", False, "order api")


def test_the_events_of_a_new_order_are_told_once(api: Caller, inside: Look) -> None:
    api.post("/orders", WHOLE)
    api.post("/orders", WHOLE)
    told = inside(lambda: list(Event.objects.order_by("id").values_list("type", flat=True)))
    assert told == ["orders.order.placed", "orders.order.confirmed", "orders.order.paid"]


def test_the_same_number_again_updates_the_order(api: Caller, inside: Look) -> None:
    first = api.post("/orders", SMALL).json()
    answer = api.post("/orders", order(shipping_method="Express"))
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["shipping_method"]) == (first["id"], "Express")
    assert inside(Order.objects.count) == 1


def test_news_older_than_what_we_hold_changes_nothing(api: Caller) -> None:
    api.post("/orders", order(updated_at="2026-11-20T09:30:00Z", shipping_method="Express"))
    answer = api.post("/orders", order(updated_at="2026-11-20T09:29:59Z", shipping_method="Standard"))
    assert (answer.status_code, answer.json()["shipping_method"]) == (200, "Express")


def test_ids_are_kept_digit_by_digit(api: Caller) -> None:
    raw = b'{"number": 9007199254740993, "external_id": "00123", "currency": "EUR", "placed_at": "2026-11-20T10:00:00Z", "total": 0.10, '
    raw += b'"lines": [{"external_id": 18446744073709551617, "title": "X", "quantity": 1, "unit_price": 0.10}]}'
    body = api.post("/orders", raw=raw).json()
    assert (body["number"], body["external_id"], body["lines"][0]["external_id"]) == ("9007199254740993", "00123", "18446744073709551617")
    assert (body["total"], body["customer"], body["email"]) == ("0.10", None, "")


@pytest.mark.parametrize(
    ("currency", "told", "shown"),
    [
        ("EUR", "19.9", "19.90"),
        ("EUR", 20, "20.00"),
        ("EUR", "1E+2", "100.00"),
        ("JPY", 599, "599"),
        ("BHD", "1.234", "1.234"),
        ("EUR", "-0", "0.00"),
    ],
)
def test_amounts_are_exact_in_their_currency(api: Caller, currency: str, told: Any, shown: str) -> None:
    line = {"external_id": "1", "title": "X", "quantity": 1, "unit_price": told}
    body = api.post("/orders", order(currency=currency, total=told, lines=[line])).json()
    assert (body["total"], body["lines"][0]["unit_price"]) == (shown, shown)


def test_null_for_an_optional_field_is_the_same_as_leaving_it_out(api: Caller) -> None:
    answer = api.post("/orders", order(shipping_method=None, cancelled_at=None, payments=None, customer={"email": None}))
    assert (answer.status_code, answer.json()["email"]) == (201, "")


@pytest.mark.parametrize(
    ("told", "kept"),
    [("de-AT", "de-at"), ("zh_Hans", "zh-hans"), ("pt_BR", "pt-br"), ("../../etc", ""), ("xx-ZZ-x-<script>", ""), ("en_US.UTF-8\n", "")],
)
def test_what_is_no_language_loses_no_order(api: Caller, told: str, kept: str) -> None:
    answer = api.post("/orders", order(customer={"email": "a@example.com", "language": told}))
    assert (answer.status_code, answer.json()["language"]) == (201, kept)


def test_an_order_is_read_by_its_number(api: Caller) -> None:
    made = api.post("/orders", WHOLE).json()
    answer = api.get("/orders/1002")
    assert (answer.status_code, answer.json()) == (200, made)


@pytest.mark.parametrize("number", ["2026/11/1001", "#1001", "A 7", "1001/cancel-me"])
def test_numbers_of_any_shape_are_found(api: Caller, number: str) -> None:
    api.post("/orders", order(number=number))
    assert api.get(f"/orders/{number.replace('#', '%23').replace(' ', '%20')}").json()["number"] == number


def test_a_number_two_shops_use_needs_its_source(api: Caller, acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        place_order(source="shopify-1", external_id="77", number="1001")
    api.post("/orders", SMALL)
    answer = api.get("/orders/1001")
    assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (409, "conflict", {"source": ["api", "shopify-1"]})
    assert api.get("/orders/1001?source=shopify-1").json()["external_id"] == "77"


def test_a_number_one_shop_uses_twice_needs_its_id(api: Caller) -> None:
    for external_id in ("a", "b"):
        api.post("/orders", order(external_id=external_id))
    answer = api.get("/orders/1001")
    assert (answer.status_code, answer.json()["fields"]) == (409, {"source": ["api"], "external_id": ["a", "b"]})
    assert api.get("/orders/1001?external_id=b").json()["external_id"] == "b"
    assert [
        api.get(f"/orders/{path}").status_code for path in ("1002?external_id=b", "1001?external_id=c", "1001?source=x&external_id=b")
    ] == [404] * 3


def test_another_merchants_order_is_not_there(api: Caller, stranger: Caller, inside: Look) -> None:
    api.post("/orders", WHOLE)
    before = inside(lambda: list(Order.objects.values()))
    answers = [
        stranger.get("/orders/1002"),
        stranger.get("/orders/1002/shipments"),
        stranger.post("/orders/1002/cancel", {}),
        stranger.post("/orders/1002/refunds", REFUND),
        stranger.post("/orders/1002/shipments", {"external_id": "S1"}),
    ]
    assert [(a.status_code, a.json()) for a in answers] == [(404, {"code": "not_found", "message": "Not found.", "fields": {}})] * 5
    assert stranger.get("/orders").json() == {"results": [], "next_cursor": None}
    assert inside(lambda: list(Order.objects.values())) == before


def test_an_order_is_cancelled_once(api: Caller) -> None:
    api.post("/orders", SMALL)
    answer = api.post("/orders/1001/cancel", {"reason": "Changed their mind"})
    body = answer.json()
    assert (answer.status_code, body["state"], body["payment_state"], body["cancelled_at"]) == (
        200,
        "cancelled",
        "voided",
        "2026-11-20T10:00:00Z",
    )
    assert body["cancel_reason"] == "Changed their mind"
    again = api.post("/orders/1001/cancel")  # a body is not needed
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_refund_is_recorded_once(api: Caller, inside: Look) -> None:
    api.post("/orders", WHOLE)
    first, second = (api.post("/orders/1002/refunds", REFUND) for _ in range(2))
    shown = {
        "external_id": "refund-1",
        "amount": "29.90",
        "refunded_at": "2026-11-27T08:30:00Z",
        "note": "Belt too long",
        "lines": [{"external_id": "2", "quantity": 1}],
    }
    assert (first.status_code, first.json(), second.status_code, second.json()) == (201, shown, 200, shown)
    body = api.get("/orders/1002").json()
    assert (body["refunded_total"], body["payment_state"], body["refunds"]) == ("29.90", "partially_refunded", [shown])
    assert inside(Refund.objects.count) == 1


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"amount": "19.999"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"lines": [{"external_id": "9", "quantity": 1}]}, "lines.0.external_id"),
        ({"lines": [{"external_id": "2", "quantity": 2}]}, "lines.0.quantity"),
        ({"lines": [{"external_id": "2", "quantity": 1}] * 2}, "lines"),
        ({"refunded_at": "2026-11-27T09:30:00"}, "refunded_at"),
        ({"amount": "500.00"}, "amount"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_by_field(api: Caller, inside: Look, over: dict[str, Any], field: str) -> None:
    api.post("/orders", WHOLE)
    answer = api.post("/orders/1002/refunds", {**REFUND, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(Refund.objects.count) == 0


def numbers(answer: Any) -> list[str]:
    return [row["number"] for row in answer.json()["results"]]


def test_the_list_is_newest_first_and_walks_by_cursor(api: Caller) -> None:
    for number in ("1", "2", "3", "4", "5"):  # 3 and 4 in the same second
        second = {"3": "30", "4": "30"}.get(number, f"{int(number) * 10}")
        api.post("/orders", order(number=number, placed_at=f"2026-11-20T08:00:{second}Z"))
    first = api.get("/orders?limit=2")
    second_page = api.get(f"/orders?limit=2&cursor={first.json()['next_cursor']}")
    third = api.get(f"/orders?limit=2&cursor={second_page.json()['next_cursor']}")
    assert [numbers(first), numbers(second_page), numbers(third)] == [["5", "4"], ["3", "2"], ["1"]]
    assert third.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=cancelled", ["1002"]),
        ("payment_state=pending", ["1001"]),
        ("fulfilment=unfulfilled", ["1002", "1001"]),
        ("fulfilment=fulfilled", []),
        ("number=1001", ["1001"]),
        ("source=api", ["1002", "1001"]),
        ("source=shopify-1", []),
        ("email=Lena.Vogt@posteo.example", ["1002"]),
        ("email=nobody@posteo.example", []),
        ("placed_from=2026-11-20T09:00:00Z", ["1002"]),
        ("placed_to=2026-11-20T09:00:00Z", ["1001"]),
        ("placed_from=2026-11-20T11:00:00%2B02:00", ["1002"]),
        ("updated_from=2026-11-20T10:00:00Z", ["1001"]),
        ("updated_to=2026-11-20T10:00:00Z", ["1002"]),
        ("state=cancelled&payment_state=pending", []),
    ],
)
def test_the_list_is_filtered(api: Caller, query: str, found: list[str]) -> None:
    api.post("/orders", order(number="1001", placed_at="2026-11-20T08:00:00Z", customer={"email": "sam@example.com"}))
    api.post("/orders", {**WHOLE, "number": "1002", "cancelled_at": "2026-11-20T09:10:00Z"})
    assert numbers(api.get(f"/orders?{query}")) == found


def test_a_list_of_fifty_and_a_whole_order_take_few_queries(
    api: Caller, acme: Merchant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with merchant_scope(acme.pk):
        for number in range(51):
            place_order(number=str(number), email=f"s{number}@example.com")
    api.get("/orders?limit=1")  # notes the key's use for this minute
    with django_assert_max_num_queries(12):
        assert len(numbers(api.get("/orders"))) == 50
    with django_assert_max_num_queries(19):
        assert api.get("/orders/7").status_code == 200


def test_nobody_becomes_somebody_else_by_a_dotless_letter(api: Caller, inside: Look) -> None:
    api.post("/orders", order(number="1", customer={"email": "mike@example.com"}))
    api.post("/orders", order(number="2", customer={"email": "mıke@example.com"}))
    assert inside(Customer.objects.count) == 2
