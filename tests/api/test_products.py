"""Products over the REST API."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.api import ANSWER, EXAMPLE
from catalog.models import Product
from tests.api.conftest import Caller

Look = Callable[[Callable[[], Any]], Any]


def test_a_product_is_made_read_and_brought_up_to_date(api: Caller, inside: Look) -> None:
    made, again = api.post("/products", EXAMPLE), api.post("/products", {**EXAMPLE, "title": "Linen shirt, washed"})
    assert (made.status_code, made.json()) == (201, ANSWER)
    assert (again.status_code, again.json()) == (200, {**ANSWER, "title": "Linen shirt, washed"})
    assert api.get("/products/P-11").json() == again.json()
    assert inside(Product.objects.count) == 1


def test_a_product_off_sale_is_gone_and_can_come_back(api: Caller, inside: Look) -> None:
    api.post("/products", EXAMPLE)
    assert api.delete("/products/P-11").status_code == 204
    assert [api.get("/products/P-11").status_code, api.delete("/products/P-11").status_code] == [404, 404]
    assert api.get("/products").json()["results"] == []
    assert inside(Product.objects.count) == 1
    assert api.post("/products", {**EXAMPLE, "updated_at": "2026-11-20T10:00:00Z"}).status_code == 201
    assert api.get("/products/P-11").status_code == 200


def test_products_are_listed_newest_first_by_cursor_and_sku(api: Caller) -> None:
    for number in range(3):
        api.post("/products", {"external_id": f"P{number}", "title": "X", "sku": f"S{number}"})
    first = api.get("/products?limit=2").json()
    rest = api.get(f"/products?limit=2&cursor={first['next_cursor']}").json()
    assert [row["external_id"] for row in first["results"] + rest["results"]] == ["P2", "P1", "P0"]
    assert rest["next_cursor"] is None
    assert [row["external_id"] for row in api.get("/products?sku=S1").json()["results"]] == ["P1"]


def test_another_merchants_product_is_not_there(api: Caller, stranger: Caller) -> None:
    api.post("/products", EXAMPLE)
    assert [stranger.get("/products/P-11").status_code, stranger.delete("/products/P-11").status_code] == [404, 404]
    assert stranger.get("/products").json() == {"results": [], "next_cursor": None}
    assert stranger.post("/products", {**EXAMPLE, "title": "Ours"}).status_code == 201
    assert api.get("/products/P-11").json() == ANSWER


def test_what_is_not_told_of_price_and_stock_is_null(api: Caller) -> None:
    bare = api.post("/products", {"external_id": "P1", "title": "Shirt"}).json()
    assert (bare["price"], bare["currency"], bare["stock"], bare["category"], bare["related"]) == (None, "", None, "", [])
    yen = api.post("/products", {"external_id": "P1", "title": "Shirt", "price": "1200", "currency": "jpy", "stock": 0}).json()
    assert (yen["price"], yen["currency"], yen["stock"]) == ("1200", "JPY", 0)


def test_what_goes_with_a_product_is_kept_in_order_replaced_and_left_alone(api: Caller) -> None:
    for id in ("P-11", "P-12", "P-13"):
        api.post("/products", {**EXAMPLE, "external_id": id})
    two = api.post("/products", {**EXAMPLE, "external_id": "P-13", "related": ["P-12", "P-11"]}).json()
    left = api.post("/products", {key: value for key, value in EXAMPLE.items() if key != "related"} | {"external_id": "P-13"}).json()
    assert (two["related"], left["related"], api.get("/products/P-13").json()["related"]) == (["P-12", "P-11"],) * 3
    assert [row["related"] for row in api.get("/products").json()["results"]] == [["P-12", "P-11"], [], []]
    api.delete("/products/P-12")
    assert api.get("/products/P-13").json()["related"] == ["P-11"]
    assert api.post("/products", {**EXAMPLE, "external_id": "P-13", "related": []}).json()["related"] == []


def test_a_product_named_twice_or_of_another_merchant_is_refused_and_nothing_changes(api: Caller, stranger: Caller) -> None:
    stranger.post("/products", {**EXAMPLE, "external_id": "P-12"})
    api.post("/products", EXAMPLE)
    twice = api.post("/products", {**EXAMPLE, "title": "New", "related": ["P-11", "P-11"], "external_id": "P-13"})
    theirs = api.post("/products", {**EXAMPLE, "title": "New", "related": ["P-12"]})
    assert (twice.status_code, list(twice.json()["fields"])) == (400, ["related.1"])
    assert (theirs.status_code, theirs.json()["fields"]) == (400, {"related.0": ["Is no product on sale."]})
    assert api.get("/products/P-11").json() == ANSWER
    assert api.get("/products/P-13").status_code == 404


def test_the_list_costs_the_same_with_twenty_products(api: Caller, django_assert_num_queries: Any) -> None:
    api.post("/products", EXAMPLE)
    api.get("/products")
    for more in (0, 20):
        for number in range(more):
            api.post("/products", {**EXAMPLE, "external_id": f"P-{number + 20}", "related": ["P-11"]})
        with django_assert_num_queries(11):
            assert len(api.get("/products").json()["results"]) == more + 1


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"title": " "}, "title"),
        ({"title": None}, "title"),
        ({"description": "x" * 20_001}, "description"),
        ({"guide": "a\x07b"}, "guide"),
        ({"page_url": "data:text/html,x"}, "page_url"),
        ({"specs": {"a": ["b"]}}, "specs.a"),
        ({"specs": {str(i): "x" for i in range(51)}}, "specs"),
        ({"specs": []}, "specs"),
        ({"updated_at": "now"}, "updated_at"),
        ({"price": True}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"price": "ten"}, "price"),
        ({"price": "1", "currency": None}, "currency"),
        ({"currency": "ABC"}, "currency"),
        ({"stock": -1}, "stock"),
        ({"stock": "3"}, "stock"),
        ({"stock": 1_000_000_001}, "stock"),
        ({"category": "x" * 101}, "category"),
        ({"related": ["P-99"]}, "related.0"),
        ({"related": ["P-11"]}, "related.0"),
        ({"related": [str(n) for n in range(21)]}, "related"),
        ({"related": "P-12"}, "related"),
        ({"vendor": "x"}, "vendor"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_product_is_refused_by_field(api: Caller, inside: Look, over: dict[str, Any], field: str) -> None:
    answer = api.post("/products", {**EXAMPLE, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(Product.objects.count) == 0
