"""What a page reads of an order in one statement is what four would have read."""

from decimal import Decimal

from django.db import connection
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
from orders.models import Order
from orders.parts import PARTS, load_parts
from orders.services import record_refund
from orders.types import IncomingPayment, IncomingRefund
from tests.conftest import NOW
from tests.factories import place_order

AMOUNT = Decimal("12345678901.2300")


def placed() -> Order:
    paid = (IncomingPayment("p1", "Visa", AMOUNT, last4="4242", paid_at=NOW), IncomingPayment("p2", "Gutschein “10 €”", Decimal("0.01")))
    order: Order = place_order(payments=paid)
    record_refund(order=order, refund=IncomingRefund(external_id="R1", amount=Decimal("1.10"), refunded_at=NOW, lines={"1": 1}), at=NOW)
    return order


def plain(order: Order) -> dict[str, list[dict[str, object]]]:
    fields = {name: [field.attname for field in model._meta.concrete_fields] for name, (model, _) in PARTS.items()}
    return {name: [{field: getattr(row, field) for field in fields[name]} for row in getattr(order, name).all()] for name in PARTS}


def test_every_column_of_every_part_comes_as_the_orm_reads_it(in_acme: Merchant) -> None:
    order = placed()
    one, four = Order.objects.get(pk=order.pk), Order.objects.get(pk=order.pk)
    with CaptureQueriesContext(connection) as asked:
        load_parts(one)
    assert len(asked) == 1
    prefetch_related_objects([four], *PARTS)
    with CaptureQueriesContext(connection) as asked:
        found = plain(one)
    assert len(asked) == 0
    wanted = plain(four)
    assert {name: len(rows) for name, rows in found.items()} == {"payments": 2, "refunds": 1, "changes": 4, "promises": 2}
    assert {name: sorted(rows, key=lambda row: str(row["id"])) for name, rows in found.items()} == {
        name: sorted(rows, key=lambda row: str(row["id"])) for name, rows in wanted.items()
    }
    assert found["payments"][0]["amount"] == AMOUNT


def test_the_parts_of_another_order_are_not_among_them(in_acme: Merchant) -> None:
    mine, other = placed(), place_order(number="1002")
    assert all(row["order_id"] == mine.pk for rows in plain(load_parts(mine)).values() for row in rows)
    assert len(plain(load_parts(other))["refunds"]) == 0
