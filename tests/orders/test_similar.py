"""What goes with an order, and which order is its shopper's first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.services import upsert_product
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.selectors import first_paid_orders, similar_items
from orders.services import record_refund
from orders.types import IncomingRefund, PaymentState
from tests.conftest import NOW
from tests.factories import incoming_line, place_order

DAY = timedelta(days=1)


def product(id: str, **over: Any) -> Product:
    values = {"title": f"Thing {id}", "price": Decimal("9.90"), "currency": "EUR", "stock": 2, "category": "Shirts", "at": NOW, **over}
    return upsert_product(external_id=id, **values)


def buy(number: str, *ids: str, **over: Any) -> Order:
    lines = tuple(incoming_line(external_id=f"L{id}", product_external_id=id, title=f"Thing {id}", sku=f"SKU-{id}") for id in ids)
    return place_order(number=number, lines=lines, quiet=True, **over)


def offered(order: Order) -> list[str]:
    return [row.external_id for row in similar_items(orders=[order], limit=4)[order.pk]]


def test_nothing_of_this_or_an_earlier_order_is_offered_sent_back_or_not(in_acme: Merchant) -> None:
    for id in ("shirt", "kept", "returned", "new"):
        product(id)
    first = buy("1", "kept", "returned", placed_at=NOW - DAY)
    record_refund(
        order=first,
        refund=IncomingRefund(external_id="R", amount=Decimal("49.00"), refunded_at=NOW, lines={"Lreturned": 1}),
        at=NOW,
        quiet=True,
    )
    assert offered(buy("2", "shirt")) == ["new"]
    assert offered(buy("3", "shirt", email="kim@example.com")) == ["new", "returned", "kept"]


def test_what_was_bought_before_the_shop_told_of_it_is_known_by_sku_and_title(in_acme: Merchant) -> None:
    buy("1", "a", "b", placed_at=NOW - DAY)
    product("shirt"), product("other-a", sku="SKU-a", title="Another name"), product("other-b", title="thing  B"), product("new")
    assert offered(buy("2", "shirt")) == ["new"]


def test_an_order_in_another_currency_is_offered_nothing(in_acme: Merchant) -> None:
    product("shirt"), product("new")
    assert offered(buy("1", "shirt", currency="USD")) == []


def test_twenty_orders_cost_the_queries_of_one(in_acme: Merchant) -> None:
    for n in range(20):
        product(f"P{n}", category=f"C{n % 4}")
    orders = [buy(str(n), f"P{n}", email=f"s{n}@example.com") for n in range(20)]
    counts = []
    for some in (orders[:1], orders):
        rows = list(Order.objects.filter(pk__in=[order.pk for order in some]).prefetch_related("lines").order_by("pk"))
        with CaptureQueriesContext(connection) as queries:
            assert [len(found) for found in similar_items(orders=rows, limit=4).values()] == [4] * len(some)
        counts.append(len(queries))
    assert counts == [4, 4]


def test_only_the_first_confirmed_and_paid_order_is_the_first(in_acme: Merchant) -> None:
    first, second = buy("1", "a", placed_at=NOW - DAY), buy("2", "a")
    waiting = buy("3", "a", email="kim@example.com", payment_state=PaymentState.PENDING)
    after = buy("4", "a", email="kim@example.com", placed_at=NOW + DAY)
    nobody = buy("5", "a", email="", phone="")
    orders = [first, second, waiting, after, nobody]
    assert first_paid_orders(orders=orders) == {first.pk}
    with CaptureQueriesContext(connection) as queries:
        first_paid_orders(orders=orders)
    assert len(queries) == 1
    assert first_paid_orders(orders=[nobody]) == frozenset()


def test_an_order_at_another_merchant_does_not_count(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        buy("1", "a", placed_at=NOW - DAY)
    with merchant_scope(acme.pk):
        order = buy("1", "a")
        assert first_paid_orders(orders=[order]) == {order.pk}
