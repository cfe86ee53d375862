"""The shop reads what shoppers ask of their orders, and says yes or no."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderRequest, Promise
from orders.services import request_address, request_cancel, withdraw_request
from orders.types import Address
from tests.api.conftest import Caller
from tests.conftest import NOW
from tests.factories import place_order

Inside = Callable[[Callable[[], Any]], Any]
HAMBURG = Address(name="Sam Berg", street="Jungfernstieg 7", postcode="20354", city="Hamburg", country="DE")


def wish(number: str = "1001", *, at: Any = NOW) -> OrderRequest:
    """Sam wants order 1001 cancelled."""
    order = place_order(number=number, email=f"sam{number}@example.com")
    return request_cancel(order=order, cause="mistake", note="I ordered it twice", at=at)


@pytest.fixture
def asked(inside: Inside) -> OrderRequest:
    row: OrderRequest = inside(wish)
    return row


@pytest.fixture
def moved(inside: Inside) -> OrderRequest:
    row: OrderRequest = inside(lambda: request_address(order=place_order(), address=HAMBURG, at=NOW))
    return row


def facts() -> tuple[Any, ...]:
    tables: tuple[Any, ...] = (Order, OrderRequest, Promise, Event)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def test_what_was_asked_for_is_listed_by_state_newest_first(api: Caller, asked: OrderRequest, inside: Inside) -> None:
    newer = inside(lambda: wish("1002", at=NOW + timedelta(minutes=1)))
    answer = api.get("/requests?state=requested&kind=cancel&limit=1").json()
    assert answer["results"] == [
        {
            "id": newer.public_id,
            "kind": "cancel",
            "state": "requested",
            "order_number": "1002",
            "order_source": "api",
            "order_external_id": "1002",
            "cause": "mistake",
            "note": "I ordered it twice",
            "address": None,
            "reason": "",
            "requested_at": "2026-11-20T10:01:00Z",
            "answer_by": "2026-11-23",
            "decided_at": None,
        }
    ]
    rest = api.get(f"/requests?state=requested&kind=cancel&limit=1&cursor={answer['next_cursor']}").json()
    assert ([row["id"] for row in rest["results"]], rest["next_cursor"]) == ([asked.public_id], None)
    assert api.get("/requests?kind=address").json()["results"] == []
    assert len(api.get("/requests").json()["results"]) == 2


def test_a_list_of_any_length_takes_the_same_queries(
    api: Caller, asked: OrderRequest, inside: Inside, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for path, most in (("/requests", 11), ("/orders", 11)):
        with django_assert_max_num_queries(20) as few:
            api.get(path)
        inside(lambda path=path: [wish(f"{path[1]}{number}") for number in range(10)])  # type: ignore[misc]
        with django_assert_max_num_queries(len(few.captured_queries)):
            assert len(api.get(f"{path}?limit=50").json()["results"]) >= most


def test_it_is_a_state_of_the_order_until_it_is_decided(api: Caller, asked: OrderRequest) -> None:
    assert api.get("/orders/1001").json()["asked_for"] == api.get("/orders").json()["results"][0]["asked_for"] == ["cancel"]
    api.post(f"/requests/{asked.public_id}/refuse", {"reason": "Packed"})
    order = api.get("/orders/1001").json()
    assert (order["asked_for"], order["state"]) == ([], "confirmed")
    assert [change["kind"] for change in order["history"]][-2:] == ["request_made", "request_refused"]


def test_an_accepted_cancellation_cancels(api: Caller, asked: OrderRequest) -> None:
    answer = api.post(f"/requests/{asked.public_id}/accept", {}, key="once")
    assert (answer.status_code, answer.json()["state"], answer.json()["decided_at"]) == (200, "accepted", "2026-11-20T10:00:00Z")
    order = api.get("/orders/1001").json()
    assert (order["state"], order["cancelled_at"], order["asked_for"]) == ("cancelled", "2026-11-20T10:00:00Z", [])
    again = api.post(f"/requests/{asked.public_id}/accept", {}, key="once")
    assert (again.json(), again["Idempotent-Replayed"]) == (answer.json(), "true")
    assert api.post(f"/requests/{asked.public_id}/accept", {}).json() == answer.json()


def test_an_accepted_address_is_the_orders(api: Caller, moved: OrderRequest) -> None:
    answer = api.post(f"/requests/{moved.public_id}/accept", {}).json()
    wanted = {"name": "Sam Berg", "street": "Jungfernstieg 7", "postcode": "20354", "city": "Hamburg", "country": "DE"}
    assert answer["address"] == {**dict.fromkeys(("company", "street2", "region", "phone"), ""), **wanted}
    assert api.get("/orders/1001").json()["shipping_address"] == answer["address"]


def test_an_order_that_was_sent_is_neither_cancelled_nor_sent_elsewhere(api: Caller, asked: OrderRequest, inside: Inside) -> None:
    inside(lambda: Order.objects.update(fulfilment="partial"))
    before = inside(facts)
    answer = api.post(f"/requests/{asked.public_id}/accept", {})
    assert (answer.status_code, answer.json()) == (
        409,
        {"code": "conflict", "message": "Order 1001 is confirmed, partial.", "fields": {}},
    )
    assert inside(facts) == before


def test_a_refusal_says_why_and_stays(api: Caller, asked: OrderRequest, inside: Inside) -> None:
    answer = api.post(f"/requests/{asked.public_id}/refuse", {"reason": "  Packed   already "})
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "refused", "Packed already")
    before = inside(facts)
    assert api.post(f"/requests/{asked.public_id}/refuse", {"reason": "other"}).json() == answer.json()
    assert inside(facts) == before


@pytest.mark.parametrize(("act", "body"), [("accept", {}), ("refuse", {"reason": "no"})])
def test_what_was_taken_back_is_not_decided(api: Caller, asked: OrderRequest, inside: Inside, act: str, body: Any) -> None:
    inside(lambda: withdraw_request(request=asked, at=NOW))
    before = inside(facts)
    answer = api.post(f"/requests/{asked.public_id}/{act}", body)
    assert (answer.status_code, answer.json()["message"]) == (409, "The request was taken back before.")
    assert inside(facts) == before


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("refuse", {}, "reason"),
        ("refuse", {"reason": ""}, "reason"),
        ("refuse", {"reason": "x" * 201}, "reason"),
        ("refuse", {"reason": "a\0b"}, "reason"),
        ("refuse", {"reason": "no", "state": "accepted"}, "state"),
        ("accept", {"reason": "x" * 201}, "reason"),
        ("accept", {"address": {}}, "address"),
    ],
)
def test_bad_input_is_refused_by_field(api: Caller, asked: OrderRequest, inside: Inside, act: str, body: Any, field: str) -> None:
    before = inside(facts)
    answer = api.post(f"/requests/{asked.public_id}/{act}", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(facts) == before


@pytest.mark.parametrize("query", ["state=gone", "kind=", "order=1001"])
def test_a_bad_filter_is_refused(api: Caller, query: str) -> None:
    assert api.get(f"/requests?{query}").status_code == 400


def test_another_merchants_request_is_not_there(api: Caller, stranger: Caller, asked: OrderRequest, acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        before = facts()
    assert stranger.get("/requests").json()["results"] == []
    for act, body in (("accept", {}), ("refuse", {"reason": "no"})):
        for id in (asked.public_id, "AAAAAAAAAAAAAAAAAAAAAA", str(asked.pk), "%00", "x" * 99):
            assert stranger.post(f"/requests/{id}/{act}", body).status_code == 404
    with merchant_scope(acme.pk):
        assert facts() == before
