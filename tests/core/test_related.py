"""Rows read for many parents at once lie where Django would have put them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.related import attach
from merchants.models import Merchant
from orders.models import Order, OrderLine
from tests.factories import place_order


def test_each_parent_has_its_own_rows_without_asking_again(in_acme: Merchant) -> None:
    first, second = place_order(number="1"), place_order(number="2")
    expected = {order.pk: [line.pk for line in OrderLine.objects.filter(order=order).order_by("pk")] for order in (first, second)}
    orders = list(Order.objects.order_by("pk"))
    with CaptureQueriesContext(connection) as asked:
        attach(orders, "lines", OrderLine.objects.filter(order__in=orders).order_by("pk"), by="order")
        found = {order.pk: [line.pk for line in order.lines.all()] for order in orders}
        parents = {line.order for order in orders for line in order.lines.all()}
    assert (found, parents, len(asked)) == (expected, {first, second}, 1)


def test_what_is_filtered_further_is_asked_of_that_parent_only(in_acme: Merchant) -> None:
    first, second = place_order(number="1"), place_order(number="2")
    orders = list(Order.objects.order_by("pk"))
    attach(orders, "lines", OrderLine.objects.filter(order__in=orders), by="order")
    line = OrderLine.objects.filter(order=second).first()
    assert line is not None
    assert not orders[0].lines.filter(pk=line.pk).exists()
    assert orders[1].lines.filter(pk=line.pk).exists()
    assert orders[0].lines.all().update(title="changed") == OrderLine.objects.filter(order=first).count()
    assert not OrderLine.objects.filter(order=second, title="changed").exists()


def test_a_parent_without_rows_has_none(in_acme: Merchant) -> None:
    order = place_order(number="1")
    attach([order], "payments", OrderLine.objects.none(), by="order")
    assert list(order.payments.all()) == []
