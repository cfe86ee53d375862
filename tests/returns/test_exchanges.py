"""What goes out instead: held, ordered once the goods are accepted, followed, or let go for money."""

from datetime import date
from decimal import Decimal

import pytest

from merchants.models import Merchant
from orders.models import Order
from returns.models import Exchange, Return
from returns.selectors.cases import return_by_public_id
from returns.selectors.exchanges import targets_of
from returns.selectors.timeline import timeline_of
from returns.services import (
    CaseClosed,
    ReturnRefused,
    ask_exchange,
    cancel_return,
    exchange_delivered,
    exchange_failed,
    exchange_ordered,
    exchange_shipped,
    follow_parcel,
    inspect_return,
    match_order,
    note_cancelled,
    release_exchange,
)
from returns.types import Actor, ExchangeState, Origin, ReturnState, Step, Verdict
from tests.factories import incoming_line, place_order, ship
from tests.returns.stage import (
    ASKED,
    DAY,
    SHOPPER,
    STAFF,
    Unchanged,
    ask,
    bought,
    check,
    events,
    line_of,
    moneys,
    offer_all,
    only_line,
    shirt,
    through,
    unpack,
    wish,
)
from tracking.types import ShipmentStatus

pytestmark = pytest.mark.django_db
LATER = ASKED + 7 * DAY


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    shirt()
    return bought()


def key(order: Order, size: str) -> str:
    product = line_of(order).product
    assert product is not None
    return f"variant:{product.variants.get(title=size).pk}"


def swap(order: Order, size: str = "L", quantity: int = 1, by: Actor = SHOPPER) -> Return:
    return ask(order, wish(order, quantity=quantity, outcome="exchange", target=key(order, size)), by=by)


def only(case: Return) -> Exchange:
    row: Exchange = Exchange.objects.get(line__case=case)
    return row


def test_targets_tell_what_is_left_and_the_difference(order: Order) -> None:
    found = [(one.variant_title, one.left, one.difference, one.is_same) for one in targets_of(order_line=line_of(order))]
    assert found == [("S", 3, Decimal("-10"), False), ("M", 2, Decimal(0), True), ("L", 1, Decimal("10"), False)]
    swap(order)
    assert [one.variant_title for one in targets_of(order_line=line_of(order))] == ["S", "M"]
    assert targets_of(order_line=line_of(order, "L2")) == []  # nothing in the catalogue


def test_it_is_held_from_the_start_and_ordered_when_the_goods_are_accepted(order: Order) -> None:
    case = swap(order)
    held = only(case)
    assert case.hand_over_by == date(2026, 12, 8)  # two weeks: it is held for so long
    assert (held.state, held.difference) == (ExchangeState.RESERVED, Decimal(10))
    assert held.reserved_until is not None and held.reserved_until.isoformat() == "2026-12-10T23:00:00+00:00"
    with Unchanged(ReturnRefused) as told:
        swap(order)
    assert [(one.field, one.code) for one in told.value.refusals] == [("wishes[0].target", "sold_out")]
    case = through(case)
    assert (case.state, only(case).state, moneys(order)) == (ReturnState.INSPECTED, ExchangeState.ASKED, [])
    assert events("returns.exchange") == ["exchange.reserved", "exchange.asked"]


def test_who_takes_the_cheaper_one_gets_the_difference_back(order: Order) -> None:
    case = unpack(swap(order, "S", quantity=2))
    line = only_line(case)
    with Unchanged(ReturnRefused):
        inspect_return(case=case, lines={line.pk: Verdict(2, deduction=Decimal(21), note="worn")}, at=LATER, by=STAFF)
    inspect_return(case=case, lines={line.pk: Verdict(1, note="One was worn.")}, at=LATER, by=STAFF)
    assert moneys(order) == [("original", Decimal(10), "asked")]
    assert (only(case).quantity, only(case).difference) == (1, Decimal(-10))


def test_the_fee_is_in_the_difference_and_in_what_goes_back(in_acme: Merchant) -> None:
    offer_all(outcomes={"exchange": {"fee": "4.00"}})
    shirt()
    order = bought()
    dearer, cheaper = swap(order), swap(order, "S")
    assert (only(dearer).difference, only(cheaper).difference) == (Decimal("14"), Decimal("-6"))
    through(cheaper)
    assert moneys(order) == [("original", Decimal("6"), "asked")]


def test_before_it_is_ordered_every_step_has_its_day(order: Order) -> None:
    case = swap(order)
    row = only(case)
    ahead = {step.step: step.by for step in timeline_of(return_by_public_id(case.public_id)) if step.at is None}
    assert row.state == "reserved" and row.ship_by is not None and row.arrive_by is not None
    assert (ahead[Step.ORDERED], ahead[Step.SHIPPED], ahead[Step.DELIVERED]) == (row.ship_by, row.ship_by, row.arrive_by)
    assert case.inspect_by is not None and case.inspect_by <= row.ship_by <= row.arrive_by


def test_the_shops_new_order_is_recognised_and_its_parcel_followed(order: Order) -> None:
    case = through(swap(order))
    row = exchange_ordered(exchange=only(case), external_id="2001", at=LATER)
    assert exchange_ordered(exchange=row, external_id="2001", at=LATER).state == ExchangeState.ORDERED
    new = place_order(number="2001", lines=(incoming_line(external_id="N1", sku="SHIRT-L"),))
    found = match_order(order_id=new.pk, at=LATER)
    assert found is not None and found.new_order_id == new.pk
    assert match_order(order_id=order.pk, at=LATER) is None
    parcel = ship(new, status=ShipmentStatus.IN_TRANSIT, shipped_at=LATER, updated_at=LATER, tracking_number="x2001")
    assert follow_parcel(shipment_id=parcel.pk, at=LATER) == 1
    assert only(case).state == ExchangeState.SHIPPED
    parcel = ship(new, status=ShipmentStatus.DELIVERED, delivered_at=LATER + DAY, updated_at=LATER + DAY, tracking_number="x2001")
    assert follow_parcel(shipment_id=parcel.pk, at=LATER + DAY) == 1
    case.refresh_from_db()
    assert (only(case).state, case.state) == (ExchangeState.DELIVERED, ReturnState.RESOLVED)
    assert events("returns.exchange")[2:] == ["exchange.ordered", "exchange.shipped", "exchange.delivered"]


def test_an_order_told_before_the_answer_is_joined_too(order: Order) -> None:
    case = through(swap(order))
    new = place_order(number="2001", lines=(incoming_line(external_id="N1"),))
    assert match_order(order_id=new.pk, at=LATER) is None
    assert exchange_ordered(exchange=only(case), external_id="2001", at=LATER).new_order_id == new.pk


def test_what_the_shop_cannot_order_is_tried_again_or_becomes_money(order: Order) -> None:
    case = through(swap(order))
    row = exchange_failed(exchange=only(case), error="no stock", at=LATER)
    assert (row.state, row.error) == (ExchangeState.ASKED, "no stock")
    row = ask_exchange(exchange=row, at=LATER)
    with Unchanged(CaseClosed):
        ask_exchange(exchange=row, at=LATER)
    release_exchange(exchange=row, at=LATER, by=STAFF)
    assert release_exchange(exchange=row, at=LATER).state == ExchangeState.RELEASED
    assert moneys(order) == [("original", Decimal(49), "asked")]


def test_a_new_order_that_is_called_off_becomes_money(order: Order) -> None:
    case = through(swap(order))
    exchange_ordered(exchange=only(case), external_id="2001", at=LATER)
    new = place_order(number="2001", lines=(incoming_line(external_id="N1"),))
    match_order(order_id=new.pk, at=LATER)
    assert note_cancelled(order_id=new.pk, at=LATER) == 1
    assert moneys(order) == [("original", Decimal(49), "asked")]


def test_what_was_let_go_is_held_again_when_the_goods_come_and_else_paid(order: Order) -> None:
    case = swap(order)
    release_exchange(exchange=only(case), at=LATER)
    assert moneys(order) == []  # nothing has come yet
    other = swap(order)
    case = through(case)
    assert (only(case).state, moneys(order)) == (ExchangeState.RELEASED, [("original", Decimal(49), "asked")])
    release_exchange(exchange=only(other), at=LATER)
    other = through(other)
    assert only(other).state == ExchangeState.ASKED


def test_a_return_that_is_called_off_holds_nothing_any_more(order: Order) -> None:
    case = cancel_return(case=swap(order), at=LATER, by=SHOPPER)
    assert only(case).state == ExchangeState.CANCELLED
    assert swap(order).state == ReturnState.LABELLED
    with Unchanged(CaseClosed):
        release_exchange(exchange=only(case), at=LATER)


def test_a_gift_pays_the_difference_as_credit(order: Order) -> None:
    case = swap(order, "S", by=Actor(Origin.GIFT))
    through(case)
    assert moneys(order) == [("credit", Decimal(10), "asked")]


def test_steps_out_of_turn_are_refused(order: Order) -> None:
    row = only(swap(order))
    for work in (exchange_shipped, exchange_delivered):
        with Unchanged(CaseClosed):
            work(exchange=row, at=LATER)
    with Unchanged(CaseClosed):
        exchange_failed(exchange=row, error="x", at=LATER)
    with Unchanged(CaseClosed):
        exchange_ordered(exchange=row, external_id="1", at=LATER)


def test_the_same_again_may_be_promised_without_a_known_stock(order: Order) -> None:
    case = ask(order, wish(order, "L2", outcome="replacement", reason="damaged"))
    row = only(case)
    assert (row.title, row.product_id, row.difference) == ("Leather belt", None, Decimal(0))
    assert only(check(unpack(case))).state == ExchangeState.ASKED


def test_only_what_is_not_sent_yet_is_let_go(order: Order) -> None:
    case = through(swap(order))
    exchange_ordered(exchange=only(case), external_id="2001", at=LATER)
    row = exchange_shipped(exchange=only(case), at=LATER, by=STAFF)
    with Unchanged(CaseClosed):
        release_exchange(exchange=row, at=LATER)
