"""Two workers, one order: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from customers.models import Customer
from events.models import Event
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order, OrderLine
from orders.services import record_order
from tests import factories as make
from tests.conftest import NOW

WORKERS = 4


def test_two_first_arrivals_make_one_order(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")
    start = Barrier(WORKERS)

    def arrive(number: int) -> bool:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                return record_order(incoming=make.incoming_order(), at=NOW).is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(arrive, range(WORKERS)))
    assert sorted(results) == [False] * (WORKERS - 1) + [True]
    with merchant_scope(merchant.pk):
        assert (Order.objects.count(), OrderLine.objects.count(), Customer.objects.count()) == (1, 2, 1)
        assert sorted(Event.objects.values_list("type", flat=True)) == [
            "orders.order.confirmed",
            "orders.order.paid",
            "orders.order.placed",
        ]


def test_two_first_orders_of_one_shopper_are_not_both_the_first(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")
    start = Barrier(WORKERS)

    def arrive(number: int) -> None:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                record_order(incoming=make.incoming_order(number=str(number)), at=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(arrive, range(WORKERS)))
    with merchant_scope(merchant.pk):
        payloads = Event.objects.filter(type="orders.order.confirmed").values_list("payload", flat=True)
        assert sorted(payload["is_first"] for payload in payloads) == [False, False, False, True]
        assert Customer.objects.count() == 1
