"""List and detail pages cost the same number of queries however many rows there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.scope import merchant_scope
from notifications.models import Attempt
from tests.admin.test_access import url
from tests.admin.world import World, message_row, signed_in
from tests.factories import customer, place_order, ship

MOST = 21


def more_orders(world: World, n: int) -> None:
    for number in range(n):
        order = place_order(number=f"3{n}{number}", email=f"s{n}{number}@example.com", phone="")
        ship(order, external_id=f"S{n}{number}")


def more_messages(world: World, n: int) -> None:
    for _ in range(n):
        message_row(world)


def more_customers(world: World, n: int) -> None:
    for number in range(n):
        customer(email=f"c{n}{number}@example.com", phone="")


def queries(client: Any, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize(
    ("label", "more"),
    [
        ("orders.order", more_orders),
        ("tracking.shipment", more_orders),
        ("customers.customer", more_customers),
        ("notifications.message", more_messages),
    ],
)
def test_a_list_costs_a_constant_number_of_queries(here: World, label: str, more: Callable[[World, int], None]) -> None:
    client = signed_in(here.owner)
    queries(client, url(label, "changelist"))
    with merchant_scope(here.merchant.pk):
        more(here, 2)
    few = queries(client, url(label, "changelist"))
    with merchant_scope(here.merchant.pk):
        more(here, 7)
    many = queries(client, url(label, "changelist"))
    assert len(many) == len(few) <= MOST
    assert [sql for sql in many if "COUNT(*)" in sql and "LIMIT" not in sql] == []


def test_an_order_page_costs_a_constant_number_of_queries(here: World) -> None:
    client = signed_in(here.owner)
    address = url("orders.order", "change", here.rows["orders.order"])
    queries(client, address)
    few = queries(client, address)
    with merchant_scope(here.merchant.pk):
        for number in range(5):
            message = message_row(here)
            Attempt.objects.create(message=message, fence=number)
    assert len(queries(client, address)) == len(few) <= 33


def test_the_order_page_shows_everything_about_the_order(here: World) -> None:
    body = signed_in(here.owner).get(url("orders.order", "change", here.rows["orders.order"])).content.decode()
    for text in (
        "1001",
        "Linen shirt",
        "Visa",
        "4242",
        "sam@example.com",
        "Torstraße 1",
        "Order confirmation",
        "Order received",
        "Arrives by",
    ):
        assert text in body, text
    assert f"/ops/messages/{here.rows['notifications.message']}/" in body
    assert url("tracking.shipment", "change", here.rows["tracking.shipment"]) in body
