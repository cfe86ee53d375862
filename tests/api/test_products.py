"""Products over the REST API."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.api import EXAMPLE
from catalog.models import Product
from tests.api.conftest import Caller

Look = Callable[[Callable[[], Any]], Any]


def test_a_product_is_made_read_and_brought_up_to_date(api: Caller, inside: Look) -> None:
    made, again = api.post("/products", EXAMPLE), api.post("/products", {**EXAMPLE, "title": "Linen shirt, washed"})
    assert (made.status_code, made.json()) == (201, EXAMPLE)
    assert (again.status_code, again.json()) == (200, {**EXAMPLE, "title": "Linen shirt, washed"})
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
    assert api.get("/products/P-11").json() == EXAMPLE


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
        ({"price": "1"}, "price"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_product_is_refused_by_field(api: Caller, inside: Look, over: dict[str, Any], field: str) -> None:
    answer = api.post("/products", {**EXAMPLE, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(Product.objects.count) == 0
