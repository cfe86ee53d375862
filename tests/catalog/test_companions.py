"""What goes with a purchase: in stock, priced in its currency, never had."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, RelatedProduct
from catalog.rules import Wish, folded, pick
from catalog.selectors import SHELF, companions
from catalog.services import ProductRefused, relate_products, upsert_product
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.conftest import NOW


@dataclass
class Thing:
    pk: int
    sku: str = ""
    title: str = ""
    price: Decimal | None = Decimal(5)
    currency: str = "EUR"
    stock: int | None = 1


@pytest.mark.parametrize(
    ("thing", "is_picked"),
    [
        (Thing(1, title="Socks"), True),
        (Thing(1, title="Socks", stock=0), False),
        (Thing(1, title="Socks", stock=-2), False),
        (Thing(1, title="Socks", stock=None), False),
        (Thing(1, title="Socks", price=None), False),
        (Thing(1, title="Socks", currency="USD"), False),
        (Thing(7, title="Socks"), False),
        (Thing(8, title="Socks"), False),
        (Thing(1, title="Socks", sku="SHIRT-M"), False),
        (Thing(1, title="  LINEN   shirt "), False),
    ],
)
def test_only_what_can_be_had_and_was_never_had_is_picked(thing: Thing, is_picked: bool) -> None:
    wish = Wish("EUR", bought=(7,), had=frozenset({8}), had_skus=frozenset({"SHIRT-M"}), had_titles=frozenset({folded("Linen shirt")}))
    assert pick([thing], wish, limit=4) == ([thing] if is_picked else [])


def test_the_first_are_picked_in_their_order_and_no_title_twice() -> None:
    rows = [Thing(n, title=title) for n, title in enumerate(("Socks", "Hat", "socks", "Scarf", "Belt"))]
    assert [row.pk for row in pick(rows, Wish("EUR", ()), limit=3)] == [0, 1, 3]


def product(id: str, **over: Any) -> Product:
    values = {"title": f"Thing {id}", "price": Decimal("9.90"), "currency": "EUR", "stock": 2, "category": "Shirts", "at": NOW, **over}
    return upsert_product(external_id=id, **values)


def found(*bought: Product, limit: int = 4) -> list[str]:
    [rows] = companions(wishes=[Wish("EUR", tuple(row.pk for row in bought))], limit=limit)
    return [row.external_id for row in rows]


def test_what_the_merchant_related_comes_first_then_the_newest_of_the_category(in_acme: Merchant) -> None:
    shirt, tie = product("shirt"), product("tie", category="Ties")
    product("old"), product("new"), product("hat", category="Hats"), product("pin", category="")
    relate_products(external_id="shirt", related=["hat", "pin"])
    assert found(shirt) == ["hat", "pin", "new", "old"]
    assert found(shirt, limit=3) == ["hat", "pin", "new"]
    assert found(tie) == []
    assert found() == []


def test_what_is_off_sale_sold_out_or_in_another_currency_is_not_offered(in_acme: Merchant) -> None:
    shirt = product("shirt")
    product("gone", stock=0), product("untold", stock=None), product("dollar", currency="USD"), product("unpriced", price=None, currency="")
    relate_products(external_id="shirt", related=["gone", "dollar", "untold"])
    product("deleted")
    Product.objects.filter(external_id="deleted").update(deleted_at=NOW)
    assert found(shirt) == []


def test_another_merchants_shelf_is_not_looked_at(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        product("theirs")
    with merchant_scope(acme.pk):
        assert found(product("shirt")) == []


def test_many_purchases_cost_three_queries(in_acme: Merchant) -> None:
    things = [product(f"P{n}", category=f"C{n % 5}") for n in range(20)]
    counts = []
    for bought in (things[:1], things):
        with CaptureQueriesContext(connection) as queries:
            companions(wishes=[Wish("EUR", (row.pk,)) for row in bought], limit=4)
        counts.append(len(queries))
    assert counts == [3, 3]


def test_a_long_shelf_is_read_from_its_newest_end(in_acme: Merchant) -> None:
    shirt = product("shirt")
    for n in range(SHELF + 3):
        product(f"P{n}", category="Shirts")
    assert found(shirt) == [f"P{n}" for n in range(SHELF + 2, SHELF - 2, -1)]


@pytest.mark.parametrize(
    ("related", "field"),
    [(["none"], "related.0"), (["shirt"], "related.0"), (["hat", "hat"], "related.1"), ([f"P{n}" for n in range(21)], "related")],
)
def test_a_bad_relation_is_refused_and_the_old_one_stays(in_acme: Merchant, related: list[str], field: str) -> None:
    product("shirt"), product("hat")
    relate_products(external_id="shirt", related=["hat"])
    with pytest.raises(ProductRefused) as refusal:
        relate_products(external_id="shirt", related=related)
    assert (refusal.value.field, RelatedProduct.objects.count()) == (field, 1)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"price": Decimal("1.005")}, "price"),
        ({"price": Decimal(-1)}, "price"),
        ({"currency": ""}, "currency"),
        ({"currency": "XXY"}, "currency"),
        ({"stock": -1}, "stock"),
        ({"stock": True}, "stock"),
        ({"category": "x" * 101}, "category"),
    ],
)
def test_a_bad_price_or_stock_is_refused_by_field(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    with pytest.raises(ProductRefused) as refusal:
        product("shirt", **over)
    assert (refusal.value.field, Product.objects.count()) == (field, 0)


def test_a_price_is_kept_with_the_decimals_of_its_currency(in_acme: Merchant) -> None:
    product("yen", price=Decimal("1200.00"), currency="jpy")
    row = Product.objects.get()
    assert (row.price, row.currency) == (Decimal(1200), "JPY")
