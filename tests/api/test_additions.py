"""The shop reads what shoppers asked for, and says yes or no."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.services import relate_products, upsert_product
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Addition, Order, OrderLine
from orders.services import note_fulfilled, request_addition
from tests.api.conftest import Caller
from tests.conftest import NOW
from tests.factories import incoming_line, place_order

Inside = Callable[[Callable[[], Any]], Any]


def wish(number: str = "1001", *, at: Any = NOW) -> Addition:
    """Sam wants a wallet with order 1001."""
    shirt = upsert_product(external_id="P-11", title="Linen shirt", at=NOW)
    wallet = upsert_product(external_id="P-42", title="Leather wallet", at=NOW, price=Decimal("39.00"), currency="EUR", stock=99)
    relate_products(external_id=shirt.external_id, related=[wallet.external_id])
    order = place_order(number=number, email=f"sam{number}@example.com", lines=(incoming_line(product_external_id="P-11"),))
    return request_addition(order=order, product_id=wallet.public_id, price=Decimal("39.00"), at=at)


@pytest.fixture
def asked(inside: Inside) -> Addition:
    addition: Addition = inside(wish)
    return addition


def facts() -> tuple[Any, ...]:
    tables: tuple[Any, ...] = (Order, OrderLine, Addition, Event)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def test_what_was_asked_for_is_listed_by_state_newest_first(api: Caller, asked: Addition, inside: Inside) -> None:
    newer = inside(lambda: wish("1002", at=NOW + timedelta(minutes=1)))
    answer = api.get("/additions?state=requested&limit=1").json()
    assert answer["results"] == [
        {
            "id": newer.public_id,
            "state": "requested",
            "order_number": "1002",
            "order_source": "api",
            "order_external_id": "1002",
            "product_external_id": "P-42",
            "title": "Leather wallet",
            "quantity": 1,
            "unit_price": "39.00",
            "currency": "EUR",
            "reason": "",
            "requested_at": "2026-11-20T10:01:00Z",
            "decided_at": None,
        }
    ]
    rest = api.get(f"/additions?state=requested&limit=1&cursor={answer['next_cursor']}").json()
    assert ([row["id"] for row in rest["results"]], rest["next_cursor"]) == ([asked.public_id], None)
    assert api.get("/additions?state=refused").json()["results"] == []
    assert len(api.get("/additions").json()["results"]) == 2


def test_a_list_of_any_length_takes_the_same_queries(
    api: Caller, asked: Addition, inside: Inside, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(20) as few:
        api.get("/additions")
    inside(lambda: [wish(str(number)) for number in range(2000, 2010)])
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(api.get("/additions").json()["results"]) == 11


def test_a_confirmed_item_is_a_line_of_the_order_and_its_price_is_due(api: Caller, asked: Addition) -> None:
    answer = api.post(f"/additions/{asked.public_id}/confirm", {}, key="once")
    assert (answer.status_code, answer.json()["state"], answer.json()["decided_at"]) == (200, "confirmed", "2026-11-20T10:00:00Z")
    order = api.get("/orders/1001").json()
    assert (order["total"], order["shipping_total"], order["paid_total"], order["payment_state"]) == (
        "92.90", "4.90", "53.90", "partially_paid",
    )  # fmt: skip
    assert [(line["title"], line["quantity"], line["total"]) for line in order["lines"]] == [
        ("Linen shirt", 1, "49.00"),
        ("Leather wallet", 1, "39.00"),
    ]
    again = api.post(f"/additions/{asked.public_id}/confirm", {}, key="once")
    assert (again.json(), again["Idempotent-Replayed"]) == (answer.json(), "true")
    assert api.post(f"/additions/{asked.public_id}/confirm", {}).json() == answer.json()
    assert api.get("/orders/1001").json() == order


def test_the_line_bears_the_shops_id_when_it_tells_one(api: Caller, asked: Addition, inside: Inside) -> None:
    before = inside(facts)
    taken = api.post(f"/additions/{asked.public_id}/confirm", {"line_external_id": "L1"})
    assert (taken.status_code, taken.json()["fields"]) == (400, {"line_external_id": ["Is the id of another line."]})
    assert inside(facts) == before
    assert api.post(f"/additions/{asked.public_id}/confirm", {"line_external_id": 3}).status_code == 200
    assert [line["external_id"] for line in api.get("/orders/1001").json()["lines"]] == ["L1", "3"]


def test_an_order_that_was_sent_takes_nothing_more(api: Caller, asked: Addition, inside: Inside) -> None:
    inside(lambda: Order.objects.update(fulfilment="partial"))
    before = inside(facts)
    answer = api.post(f"/additions/{asked.public_id}/confirm", {})
    assert (answer.status_code, answer.json()) == (
        409,
        {"code": "conflict", "message": "Order 1001 is confirmed, partial.", "fields": {}},
    )
    assert inside(facts) == before


def test_a_refusal_says_why_and_stays(api: Caller, asked: Addition, inside: Inside) -> None:
    answer = api.post(f"/additions/{asked.public_id}/refuse", {"reason": "  The last one   was damaged "})
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "refused", "The last one was damaged")
    before = inside(facts)
    assert api.post(f"/additions/{asked.public_id}/refuse", {"reason": "other"}).json() == answer.json()
    confirm = api.post(f"/additions/{asked.public_id}/confirm", {})
    assert (confirm.status_code, confirm.json()["message"]) == (409, "The addition was refused before.")
    assert inside(facts) == before


def test_what_is_in_the_order_is_not_refused(api: Caller, asked: Addition, inside: Inside) -> None:
    api.post(f"/additions/{asked.public_id}/confirm", {})
    before = inside(facts)
    answer = api.post(f"/additions/{asked.public_id}/refuse", {"reason": "no"})
    assert (answer.status_code, answer.json()["message"]) == (409, "The item is in the order.")
    assert inside(facts) == before


def test_what_left_undecided_reads_as_refused(api: Caller, asked: Addition, inside: Inside) -> None:
    inside(lambda: note_fulfilled(order=Order.objects.get(), quantities={OrderLine.objects.get().pk: 1}, at=NOW))
    [row] = api.get("/additions").json()["results"]
    assert (row["state"], row["reason"]) == ("refused", "order_sent")


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("refuse", {}, "reason"),
        ("refuse", {"reason": ""}, "reason"),
        ("refuse", {"reason": "x" * 201}, "reason"),
        ("refuse", {"reason": "a\0b"}, "reason"),
        ("refuse", {"reason": 7}, "reason"),
        ("refuse", {"reason": "no", "state": "confirmed"}, "state"),
        ("confirm", {"unit_price": "0.01"}, "unit_price"),
    ],
)
def test_bad_input_is_refused_by_field(api: Caller, asked: Addition, inside: Inside, act: str, body: Any, field: str) -> None:
    before = inside(facts)
    answer = api.post(f"/additions/{asked.public_id}/{act}", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(facts) == before


@pytest.mark.parametrize("query", ["state=gone", "state=", "order=1001"])
def test_a_bad_filter_is_refused(api: Caller, query: str) -> None:
    assert api.get(f"/additions?{query}").status_code == 400


def test_another_merchants_addition_is_not_there(api: Caller, stranger: Caller, asked: Addition, acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        before = facts()
    assert stranger.get("/additions").json()["results"] == []
    for act, body in (("confirm", {}), ("refuse", {"reason": "no"})):
        for id in (asked.public_id, "AAAAAAAAAAAAAAAAAAAAAA", str(asked.pk), "%00", "x" * 99):
            assert stranger.post(f"/additions/{id}/{act}", body).status_code == 404
    with merchant_scope(acme.pk):
        assert facts() == before
