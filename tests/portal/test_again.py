"""Buying again: today's price and stock, and the way into the shop's cart."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.services import delete_product, upsert_product
from connectors.models import Connection
from connectors.registry import CONNECTORS
from orders.models import Order
from orders.registry import CartItem
from tests.conftest import NOW
from tests.factories import incoming_line, place_order

Inside = Callable[..., Any]
SHIRT, BELT = CartItem("11", "4001", 2), CartItem("12", "4002", 1)


@pytest.mark.parametrize(
    ("connector", "account", "items", "url"),
    [
        ("shopify", "a.myshopify.com", [SHIRT], "https://a.myshopify.com/cart/4001:2?storefront=true"),
        ("shopify", "a.myshopify.com", [SHIRT, BELT], "https://a.myshopify.com/cart/4001:2,4002:1?storefront=true"),
        ("shopify", "a.myshopify.com", [SHIRT, CartItem("12", "", 1)], ""),
        ("shopify", "a.myshopify.com", [CartItem("1", "1/../x", 1)], ""),
        ("shopify", "", [SHIRT], ""),
        ("woocommerce", "b.example/shop", [SHIRT], "https://b.example/shop/?add-to-cart=4001&quantity=2"),
        ("woocommerce", "b.example", [CartItem("11", "", 1)], "https://b.example/?add-to-cart=11&quantity=1"),
        ("woocommerce", "b.example", [SHIRT, BELT], ""),
        ("woocommerce", "b.example", [CartItem("x&y", "", 1)], ""),
        ("easypost", "x", [SHIRT], ""),
    ],
)
def test_each_shop_has_its_own_address_of_a_cart(connector: str, account: str, items: list[CartItem], url: str) -> None:
    assert CONNECTORS[connector].cart(account, items) == url


@pytest.fixture
def bought(in_scope: Inside, order: Order) -> Order:
    """Shirts that are dearer now, a belt that is sold out, a hat nobody sells any more, and a gift wrap that never was a product."""

    def make() -> Order:
        Connection.objects.create(connector="shopify", slug="my-shop", account="a.myshopify.com", created_at=NOW)
        upsert_product(
            external_id="11",
            title="Linen shirt",
            at=NOW,
            price=Decimal("59.00"),
            currency="EUR",
            stock=3,
            page_url="https://a.example/shirt",
        )
        upsert_product(
            external_id="12", title="Belt", at=NOW, price=Decimal("29.90"), currency="EUR", stock=0, page_url="https://a.example/belt"
        )
        upsert_product(external_id="13", title="Hat", at=NOW, price=Decimal("9.00"), currency="EUR", stock=9)
        lines = (
            incoming_line(external_id="1", title="Linen shirt <b>", product_external_id="11", variant_external_id="4001", quantity=2),
            incoming_line(external_id="2", title="Belt", product_external_id="12", variant_external_id="4002"),
            incoming_line(external_id="3", title="Hat", product_external_id="13", variant_external_id="4003"),
            incoming_line(external_id="4", title="Scarf", variant_external_id="4004"),
            incoming_line(external_id="5", title="Gift wrap", requires_shipping=False),
        )
        row = place_order(source="my-shop", number="77", placed_at=NOW, lines=lines)
        delete_product(external_id="13", at=NOW)
        return row

    placed: Order = in_scope(make)
    return placed


def test_it_tells_todays_price_stock_and_way(sam: Client, bought: Order) -> None:
    page = " ".join(sam.get(f"/orders/{bought.public_id}/again/").content.decode().split())
    assert "€59.00" in page and "then €49.00" in page and "3 left" in page and "Linen shirt &lt;b&gt;" in page
    assert 'href="https://a.myshopify.com/cart/4001:2?storefront=true"' in page
    assert 'href="https://a.myshopify.com/cart/4001:2,4004:1?storefront=true"' in page  # all that can be had
    assert "Sold out" in page and 'href="https://a.example/belt"' in page
    assert "Not sold any more" in page and "4003" not in page
    assert "Gift wrap" not in page


def test_a_shop_without_a_cart_shows_the_products_page(sam: Client, bought: Order, in_scope: Inside) -> None:
    in_scope(lambda: Connection.objects.all().delete())
    page = sam.get(f"/orders/{bought.public_id}/again/").content.decode()
    assert 'href="https://a.example/shirt"' in page and "/cart/" not in page


def test_items_the_catalogue_never_held_are_said_so(sam: Client, order: Order) -> None:
    page = sam.get(f"/orders/{order.public_id}/again/").content.decode()
    assert "catalogue does not hold these items" in page


def test_three_hundred_lines_take_the_same_queries(
    sam: Client, bought: Order, in_scope: Inside, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    lines = tuple(
        incoming_line(external_id=str(at), title=f"Shirt {at}", product_external_id="11", variant_external_id="4001") for at in range(300)
    )
    many = in_scope(place_order, source="my-shop", number="300", placed_at=NOW, lines=lines)
    with django_assert_max_num_queries(22) as few:
        sam.get(f"/orders/{bought.public_id}/again/")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert sam.get(f"/orders/{many.public_id}/again/").status_code == 200
