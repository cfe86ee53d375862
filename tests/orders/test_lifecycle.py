"""Cancelling, refunds, sending and delivery."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderChange, OrderLine, Promise, Refund
from orders.selectors import (
    AmbiguousNumber,
    OrderNotFound,
    find_order,
    order_by_number,
    order_page,
)
from orders.services import Arrival, CannotCancel, OrderRefused, cancel_order, note_arrival, note_fulfilled, record_refund, settle_arrivals
from orders.types import IncomingRefund, PaymentState
from tests import factories as make
from tests.conftest import NOW

DAY = timedelta(days=1)


def refund(amount: str, external_id: str = "R1") -> IncomingRefund:
    return IncomingRefund(external_id, Decimal(amount), NOW + DAY, note="too small", lines={"L1": 1})


def test_an_order_nothing_of_which_was_sent_can_be_cancelled(in_acme: Merchant) -> None:
    order = cancel_order(order=make.place_order(payment_state=PaymentState.AUTHORIZED), reason="changed my mind", at=NOW + DAY)
    assert (order.state, order.cancelled_at, order.cancel_reason) == ("cancelled", NOW + DAY, "changed my mind")
    assert order.payment_state == "voided"
    assert Event.objects.latest("id").type == "orders.order.cancelled"


def test_a_cancelled_order_cannot_be_cancelled_again(in_acme: Merchant) -> None:
    order = cancel_order(order=make.place_order(), reason="once", at=NOW)
    count = Event.objects.count()
    with pytest.raises(CannotCancel):
        cancel_order(order=order, reason="twice", at=NOW)
    assert (Order.objects.get().cancel_reason, Event.objects.count()) == ("once", count)


def test_an_order_on_its_way_cannot_be_cancelled(in_acme: Merchant) -> None:
    order = make.place_order()
    first = order.lines.earliest("position")
    note_fulfilled(order=order, quantities={first.pk: 1}, at=NOW)
    with pytest.raises(CannotCancel):
        cancel_order(order=order, reason="late", at=NOW)
    assert (Order.objects.get().state, Order.objects.get().fulfilment) == ("confirmed", "partial")


def test_a_refund_is_recorded_once(in_acme: Merchant) -> None:
    order = make.place_order()
    row = record_refund(order=order, refund=refund("32.80"), at=NOW)
    assert record_refund(order=order, refund=refund("32.80"), at=NOW) is None
    order.refresh_from_db()
    assert row is not None
    assert (order.refunded_total, order.payment_state, Refund.objects.count()) == (Decimal("32.80"), "partially_refunded", 1)
    assert Event.objects.latest("id").payload == {"order": order.pk, "refund": row.pk}
    assert OrderChange.objects.latest("id").data == {"refund": row.pk, "amount": "32.80"}


def test_refunds_up_to_what_was_paid_make_the_order_refunded(in_acme: Merchant) -> None:
    order = make.place_order()
    record_refund(order=order, refund=refund("100", "R1"), at=NOW)
    record_refund(order=order, refund=refund("32.80", "R2"), at=NOW)
    order.refresh_from_db()
    assert (order.refunded_total, order.payment_state) == (Decimal("132.80"), "refunded")


def test_more_than_was_paid_is_recorded_and_flagged(in_acme: Merchant) -> None:
    order = make.place_order()
    record_refund(order=order, refund=refund("200"), at=NOW)
    order.refresh_from_db()
    assert (order.refunded_total, order.payment_state) == (Decimal("200"), "refunded")
    assert OrderChange.objects.get(kind="refunded").data["exceeds_paid"] is True


def test_a_refund_without_money_is_no_news(in_acme: Merchant) -> None:
    order = make.place_order()
    count = Event.objects.count()
    assert record_refund(order=order, refund=refund("0"), at=NOW) is not None
    order.refresh_from_db()
    assert (order.payment_state, Event.objects.count(), OrderChange.objects.filter(kind="refunded").count()) == ("paid", count, 0)


def test_a_refund_of_bad_money_is_refused(in_acme: Merchant) -> None:
    order = make.place_order()
    with pytest.raises(OrderRefused) as refusal:
        record_refund(order=order, refund=refund("1.999"), at=NOW)
    assert (refusal.value.field, Refund.objects.count()) == ("amount", 0)


def test_a_late_paid_does_not_undo_a_refund(in_acme: Merchant) -> None:
    record_refund(order=make.place_order(), refund=refund("10"), at=NOW)
    assert make.place_order(updated_at=NOW + DAY, at=NOW + DAY).payment_state == "partially_refunded"


def test_totals_told_twice_are_sent_once(in_acme: Merchant) -> None:
    order = make.place_order()
    totals = {line.pk: line.quantity for line in order.lines.all()}
    for _ in range(2):
        note_fulfilled(order=order, quantities=totals, at=NOW + DAY, shipment_id=7)
    order.refresh_from_db()
    assert order.fulfilment == "fulfilled"
    assert list(OrderLine.objects.order_by("position").values_list("quantity_fulfilled", flat=True)) == [2, 1]
    shipped = OrderChange.objects.get(kind="shipped")
    assert (shipped.at, shipped.data) == (NOW + DAY, {"lines": {str(id): count for id, count in totals.items()}, "shipment": 7})


@pytest.mark.parametrize(("days", "is_kept"), [(3, True), (4, False)])
def test_the_dispatch_promise_is_settled_by_the_day_it_was_sent(in_acme: Merchant, days: int, is_kept: bool) -> None:
    order = make.place_order()  # Friday before noon: promised for Monday
    note_fulfilled(order=order, quantities={line.pk: line.quantity for line in order.lines.all()}, at=NOW + days * DAY)
    assert Promise.objects.get(kind="dispatch_by").is_kept is is_kept


def test_a_delivery_is_in_the_history_and_settles_the_arrival(in_acme: Merchant) -> None:
    order = make.place_order()
    came = NOW + 6 * DAY
    note_arrival(order=order, shipment_id=7, at=came)
    settle_arrivals(order=order, arrivals=[Arrival("order", came, came)], zone=ZoneInfo("Europe/Berlin"))
    assert OrderChange.objects.get(kind="delivered").data == {"shipment": 7}
    assert Promise.objects.get(kind="arrive_by").is_kept is True


def test_the_page_takes_constant_queries_and_belongs_to_its_shopper(in_acme: Merchant, django_assert_num_queries: object) -> None:
    order = make.place_order()
    assert order.customer_id is not None
    stranger = make.customer(email="robin@example.com")
    with django_assert_num_queries(3):  # type: ignore[operator]
        page = order_page(public_id=order.public_id, customer_id=order.customer_id)
        shown = [len(rows.all()) for rows in (page.lines, page.payments, page.refunds, page.changes, page.promises)]
    assert shown == [2, 1, 0, 3, 2]
    with pytest.raises(OrderNotFound):
        order_page(public_id=order.public_id, customer_id=stranger.pk)


def test_another_merchants_order_cannot_be_found(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = make.place_order()
    sam = order.customer_id or 0
    attempts: tuple[Callable[[int], object], ...] = (
        lambda other: order_page(public_id=order.public_id, customer_id=sam),
        lambda other: order_page(public_id=order.public_id, customer_id=other),
        lambda other: find_order(source="api", external_id="1001"),
        lambda other: order_by_number(number="1001"),
    )
    with merchant_scope(borealis.pk):
        other = make.customer()
        for attempt in attempts:
            with pytest.raises(OrderNotFound):
                attempt(other.pk)


def test_a_number_two_shops_use_needs_the_source(in_acme: Merchant) -> None:
    first, second = make.place_order(source="eu"), make.place_order(source="us")
    with pytest.raises(AmbiguousNumber):
        order_by_number(number="1001")
    assert order_by_number(number="1001", source="us").pk == second.pk != first.pk
