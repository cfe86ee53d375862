"""Items asked for in the same parcel: until when, once, decided by the shop, matched with what the shop adds itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from catalog.services import delete_product, relate_products, upsert_product
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Addition, FulfilmentPolicy, Order, OrderChange, OrderLine
from orders.rules import Basket, Item, Pace, additions_close_at, is_same_item, may_be_decided, why_closed
from orders.selectors import (
    AdditionNotFound,
    OrderNotFound,
    addition_by_id,
    additions_closed,
    additions_of,
    additions_until,
    offer_token,
    offered,
    order_of_offer,
)
from orders.services import (
    AdditionDecided,
    AdditionsClosed,
    NotOffered,
    PriceChanged,
    cancel_order,
    confirm_addition,
    note_fulfilled,
    record_order,
    refuse_addition,
    request_addition,
)
from orders.types import AdditionState, Fulfilment, OrderState, PaymentState
from tests import factories as make
from tests.conftest import NOW
from tracking.models import Shipment
from tracking.types import ShipmentStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN, CHICAGO, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago"), ZoneInfo("Asia/Kolkata")
MONDAY = date(2026, 11, 23)
WALLET = Decimal("39.00")


def utc(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


OPEN = Basket(OrderState.CONFIRMED, PaymentState.PAID, Fulfilment.UNFULFILLED, NOW, ship_by=MONDAY)


@pytest.mark.parametrize(
    ("pace", "counted_from", "ship_by", "zone", "expected"),
    [
        (Pace(), NOW, MONDAY, BERLIN, NOW + 4 * HOUR),
        (Pace(additions_hours=1), NOW, MONDAY, BERLIN, NOW + HOUR),
        (Pace(additions_hours=0), NOW, MONDAY, BERLIN, None),
        (Pace(), NOW, None, BERLIN, None),
        # The warehouse's hour on the day of dispatch comes first, by the merchant's clock.
        (Pace(additions_hours=96), NOW, MONDAY, BERLIN, utc(23, 13)),
        (Pace(additions_hours=96), NOW, MONDAY, CHICAGO, utc(23, 20)),
        (Pace(additions_hours=96), NOW, MONDAY, KOLKATA, utc(23, 8, 30)),
        (Pace(additions_hours=96, cutoff_hour=0), NOW, MONDAY, BERLIN, utc(22, 23)),
        (Pace(additions_hours=96, cutoff_hour=24), NOW, MONDAY, BERLIN, utc(23, 23)),
        (Pace(additions_hours=96, cutoff_hour=99), NOW, MONDAY, BERLIN, utc(23, 23)),
        (Pace(additions_hours=96, cutoffs=(9, 10, 11, 12, 13, 0, 0)), NOW, MONDAY, BERLIN, utc(23, 8)),
        # The same hour on the wall on the day the clocks are changed.
        (Pace(additions_hours=96), utc(24, 10, month=10), date(2026, 10, 25), BERLIN, utc(25, 13, month=10)),
        (Pace(additions_hours=96), utc(24, 10, month=10), date(2026, 10, 24), BERLIN, utc(24, 12, month=10)),
        # Some hours are hours, whatever the clocks do meanwhile.
        (Pace(), utc(24, 23, month=10), date(2026, 10, 26), BERLIN, utc(25, 3, month=10)),
        # Told late, it closed before it opened.
        (Pace(), NOW, date(2026, 11, 19), BERLIN, utc(19, 13)),
    ],
)
def test_it_closes_some_hours_after_the_order_and_not_later_than_the_warehouse(
    pace: Pace, counted_from: datetime, ship_by: date | None, zone: ZoneInfo, expected: datetime | None
) -> None:
    assert additions_close_at(replace(OPEN, counted_from=counted_from, ship_by=ship_by), pace, zone) == expected


@pytest.mark.parametrize(
    ("over", "now", "reason"),
    [
        ({}, NOW, ""),
        ({}, NOW + 4 * HOUR - timedelta(microseconds=1), ""),
        ({}, NOW + 4 * HOUR, "too_late"),
        ({"payment_state": PaymentState.PARTIALLY_PAID}, NOW, ""),
        ({"payment_state": PaymentState.PARTIALLY_PAID, "was_paid": False}, NOW, "not_paid"),
        ({"was_paid": False}, NOW, "not_paid"),
        *(({"payment_state": state}, NOW, "not_paid") for state in PaymentState if state not in ("paid", "partially_paid")),
        ({"state": OrderState.PLACED}, NOW, "not_confirmed"),
        ({"state": OrderState.CANCELLED}, NOW + DAY, "cancelled"),
        ({"fulfilment": Fulfilment.PARTIAL}, NOW, "sent"),
        ({"fulfilment": Fulfilment.FULFILLED}, NOW, "sent"),
        ({"is_packed": True}, NOW, "sent"),
        ({"ship_by": None}, NOW, "never"),
    ],
)
def test_it_is_open_while_the_order_is_paid_and_untouched(over: dict[str, Any], now: datetime, reason: str) -> None:
    assert why_closed(replace(OPEN, **over), Pace(), BERLIN, now=now) == reason


def test_an_addition_is_decided_once_but_a_refused_one_may_still_come() -> None:
    steps = {(a, b) for a in AdditionState for b in AdditionState if may_be_decided(a, b)}
    assert steps == {("requested", "confirmed"), ("requested", "refused"), ("refused", "confirmed")}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Item("P1", "A"), Item("P1", "B"), True),
        (Item("P1", "A"), Item("P2", "A"), False),
        (Item("", "A"), Item("P2", "A"), True),
        (Item("P1", ""), Item("", ""), False),
        (Item("", ""), Item("", ""), False),
    ],
)
def test_the_shops_id_tells_items_apart_and_the_stock_number_where_there_is_none(one: Item, other: Item, expected: bool) -> None:
    assert is_same_item(one, other) is is_same_item(other, one) is expected


def product(external_id: str = "P-42", *, at: datetime = NOW - DAY, **over: Any) -> Product:
    values: dict[str, Any] = {"title": "Leather wallet", "sku": "WALLET", "price": WALLET, "currency": "EUR", "stock": 5, **over}
    return upsert_product(external_id=external_id, at=at, **values)


@pytest.fixture
def wallet(in_acme: Merchant) -> Product:
    """It goes with the shirts Sam ordered."""
    product("SHIRT", title="Linen shirt", sku="SHIRT-M")
    row = product()
    relate_products(external_id="SHIRT", related=["P-42"])
    return row


@pytest.fixture
def order(wallet: Product) -> Order:
    return placed()


def placed(**over: Any) -> Order:
    line = make.incoming_line(external_id="L1", title="Linen shirt", sku="SHIRT-M", quantity=2, product_external_id="SHIRT")
    return make.place_order(**{"lines": (line,), **over})


def ask(order: Order, *, price: Decimal = WALLET, at: datetime = NOW + HOUR, item: str = "") -> Addition:
    return request_addition(order=order, product_id=item or Product.objects.get(external_id="P-42").public_id, price=price, at=at)


def facts() -> tuple[Any, ...]:
    """Everything an addition may touch."""
    tables: tuple[Any, ...] = (Order, OrderLine, OrderChange, Addition, Event)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def told(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(type=f"orders.addition.{kind}").order_by("pk").values_list("payload", flat=True))


def refused_as(error: type[Exception], act: Callable[[], object]) -> None:
    before = facts()
    with pytest.raises(error):
        act()
    assert facts() == before


def again(order: Order, *extra: Any, at: datetime = NOW + 3 * HOUR, **over: Any) -> Order:
    """The shop's next word: the shirts, and what else it lists."""
    line = make.incoming_line(external_id="L1", title="Linen shirt", sku="SHIRT-M", quantity=2, product_external_id="SHIRT")
    values = {"number": order.number, "placed_at": order.placed_at, "updated_at": at, "lines": (line, *extra), **over}
    return record_order(incoming=make.incoming_order(**values), at=max(at, NOW + 4 * HOUR)).order


def shops_line(**over: Any) -> Any:
    values = {"external_id": "L9", "title": "Leather wallet", "sku": "WALLET", "product_external_id": "P-42", "unit_price": WALLET}
    return make.incoming_line(**{**values, **over})


def test_an_item_is_asked_for_once_however_often_the_button_is_pressed(order: Order) -> None:
    first = ask(order)
    before = facts()
    assert ask(order, at=NOW + 2 * HOUR).pk == first.pk
    assert facts() == before
    assert (first.state, first.title, first.unit_price, first.currency, first.requested_at) == (
        "requested", "Leather wallet", WALLET, "EUR", NOW + HOUR,
    )  # fmt: skip
    assert told("requested") == [{"order": order.pk, "addition": first.pk}]
    change = OrderChange.objects.get(kind="addition_requested")
    assert change.data == {"addition": first.pk, "title": "Leather wallet", "quantity": 1}


def test_a_wish_changes_no_line_and_no_amount(order: Order) -> None:
    ask(order)
    row = Order.objects.get()
    assert (row.total, row.paid_total, row.payment_state, row.lines.count()) == (order.total, order.paid_total, "paid", 1)


@pytest.mark.parametrize("hours", [4, 5, 400])
def test_after_the_time_nothing_is_asked_for(order: Order, hours: int) -> None:
    refused_as(AdditionsClosed, lambda: ask(order, at=NOW + hours * HOUR))


def test_what_was_asked_for_in_time_cannot_be_asked_for_again_after_it(order: Order) -> None:
    ask(order)
    refused_as(AdditionsClosed, lambda: ask(order, at=NOW + 4 * HOUR))


def test_the_merchants_own_hours_count_and_zero_is_never(order: Order) -> None:
    policy = FulfilmentPolicy.objects.create(additions_hours=1)
    assert additions_until(order) == NOW + HOUR
    refused_as(AdditionsClosed, lambda: ask(order))
    policy.additions_hours = 0
    policy.save()
    assert (additions_until(order), additions_closed(order, now=NOW)) == (None, "never")
    refused_as(AdditionsClosed, lambda: ask(order, at=NOW))


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.FAILED])
def test_an_order_that_is_not_paid_takes_nothing(wallet: Product, state: PaymentState) -> None:
    unpaid = placed(number="7", payment_state=state)
    refused_as(AdditionsClosed, lambda: ask(unpaid))


def test_an_order_with_nothing_to_send_takes_nothing(wallet: Product) -> None:
    gift_card = make.incoming_line(requires_shipping=False, product_external_id="SHIRT")
    bought = placed(number="7", lines=(gift_card,))
    refused_as(AdditionsClosed, lambda: ask(bought))


def test_a_label_closes_the_offer_before_the_parcel_is_picked_up(order: Order) -> None:
    parcel = make.ship(order, at=NOW + HOUR, status=ShipmentStatus.LABEL_CREATED, updated_at=NOW + HOUR)
    order.refresh_from_db()
    assert (parcel.status, order.fulfilment, order.packed_at) == ("label_created", "unfulfilled", NOW + HOUR)
    assert additions_closed(order, now=NOW + HOUR) == "sent"
    refused_as(AdditionsClosed, lambda: ask(order))
    make.ship(order, at=NOW + 2 * HOUR, status=ShipmentStatus.CANCELLED, updated_at=NOW + 2 * HOUR)
    refused_as(AdditionsClosed, lambda: ask(order))
    assert Shipment.objects.count() == 1


def test_a_parcel_that_was_sent_closes_the_offer(order: Order) -> None:
    make.ship(order, at=NOW + HOUR, updated_at=NOW + HOUR, shipped_at=NOW + HOUR)
    refused_as(AdditionsClosed, lambda: ask(order))


@pytest.mark.parametrize("over", [{"stock": 0}, {"stock": None}, {"price": None, "currency": ""}, {"currency": "USD"}])
def test_what_cannot_be_sent_or_has_no_price_is_not_on_offer(order: Order, over: dict[str, Any]) -> None:
    product(at=NOW, **over)
    assert offered(orders=[order]) == {order.pk: []}
    refused_as(NotOffered, lambda: ask(order))


def test_what_is_off_sale_or_was_never_offered_is_refused(order: Order) -> None:
    for item in (product("P-77", title="Ladder", sku="LADDER").public_id, Product.objects.get(external_id="SHIRT").public_id, "x", ""):
        refused_as(NotOffered, lambda item=item: ask(order, item=item or "none"))  # type: ignore[misc]
    delete_product(external_id="P-42", at=NOW)
    refused_as(NotOffered, lambda: ask(order))


def test_a_price_that_changed_since_the_page_was_opened_is_refused(order: Order) -> None:
    product(at=NOW, price=Decimal("44.00"))
    refused_as(PriceChanged, lambda: ask(order))
    assert ask(order, price=Decimal("44.00")).unit_price == Decimal("44.00")


def test_the_last_one_is_asked_for_by_one_shopper_only(order: Order) -> None:
    product(at=NOW, stock=1)
    other = placed(number="1002", email="robin@example.com")
    wish = ask(order)
    assert offered(orders=[other]) == {other.pk: []}
    refused_as(NotOffered, lambda: ask(other))
    refuse_addition(addition=wish, reason="damaged", at=NOW + HOUR)
    assert [row.external_id for row in offered(orders=[other])[other.pk]] == ["P-42"]


def test_what_is_asked_for_is_not_offered_again(order: Order, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    product("P-43", title="Leather key ring", sku="KEY")
    relate_products(external_id="SHIRT", related=["P-42", "P-43"])
    ask(order)
    rows = [Order.objects.get(), placed(number="1002", email="robin@example.com")]
    with django_assert_num_queries(6):
        found = offered(orders=rows)
    assert [[product.external_id for product in found[row.pk]] for row in rows] == [["P-43"], ["P-42", "P-43"]]
    assert [row.title for row in additions_of(rows[0])] == ["Leather wallet"]


def test_the_shop_takes_the_item_into_the_order(order: Order) -> None:
    FulfilmentPolicy.objects.create(additions_hours=4)
    wish = confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    row = Order.objects.get()
    line = row.lines.get(position=2)
    assert (wish.state, wish.decided_at) == ("confirmed", NOW + 2 * HOUR)
    assert (line.title, line.sku, line.quantity, line.unit_price, line.total, line.requires_shipping) == (
        "Leather wallet", "WALLET", 1, WALLET, WALLET, True,
    )  # fmt: skip
    assert (row.total - order.total, row.subtotal - order.subtotal, row.shipping_total) == (WALLET, WALLET, order.shipping_total)
    assert (row.paid_total, row.payment_state, row.fulfilment) == (order.paid_total, "partially_paid", "unfulfilled")
    change = OrderChange.objects.get(kind="lines_changed")
    assert change.data == {"added": [{"title": "Leather wallet", "quantity": 1}], "addition": wish.pk}
    assert told("confirmed") == [{"order": order.pk, "addition": wish.pk}]
    assert Event.objects.filter(type="orders.order.changed").get().payload == {"order": order.pk, "what": ["lines", "amounts"]}


def test_an_order_that_grew_may_grow_again(order: Order) -> None:
    product("P-43", title="Leather key ring", sku="KEY")
    relate_products(external_id="SHIRT", related=["P-42", "P-43"])
    confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    key_ring = Product.objects.get(external_id="P-43").public_id
    confirm_addition(addition=ask(order, item=key_ring, at=NOW + 3 * HOUR), at=NOW + 3 * HOUR)
    row = Order.objects.get()
    assert (row.total - order.total, list(row.lines.order_by("position").values_list("position", "sku"))) == (
        2 * WALLET,
        [(1, "SHIRT-M"), (2, "WALLET"), (3, "KEY")],
    )


def test_confirming_twice_is_confirming_once(order: Order) -> None:
    wish = confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    before = facts()
    assert confirm_addition(addition=wish, at=NOW + 3 * HOUR).decided_at == NOW + 2 * HOUR
    assert facts() == before


def test_a_label_does_not_keep_the_shop_from_confirming_a_sent_parcel_does(order: Order) -> None:
    first = ask(order)
    make.ship(order, at=NOW + HOUR, status=ShipmentStatus.LABEL_CREATED, updated_at=NOW + HOUR)
    assert confirm_addition(addition=first, at=NOW + 2 * HOUR).state == "confirmed"


def test_what_was_not_decided_when_the_parcel_leaves_is_refused_and_says_so(order: Order) -> None:
    wish = ask(order)
    note_fulfilled(order=order, quantities={order.lines.get().pk: 1}, at=NOW + 2 * HOUR)
    wish.refresh_from_db()
    assert (wish.state, wish.reason, wish.decided_at) == ("refused", "order_sent", NOW + 2 * HOUR)
    assert told("refused") == [{"order": order.pk, "addition": wish.pk}]
    refused_as(AdditionDecided, lambda: confirm_addition(addition=wish, at=NOW + 3 * HOUR))


def test_nothing_goes_into_an_order_that_was_sent_meanwhile(order: Order) -> None:
    wish = ask(order)
    Order.objects.update(fulfilment="partial")
    refused_as(AdditionsClosed, lambda: confirm_addition(addition=wish, at=NOW + 3 * HOUR))


def test_cancelling_the_order_refuses_what_is_open(order: Order) -> None:
    wish = ask(order)
    cancel_order(order=order, reason="changed my mind", at=NOW + 2 * HOUR)
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("refused", "order_cancelled")


def test_the_shop_says_no_and_why_once(order: Order) -> None:
    wish = refuse_addition(addition=ask(order), reason="The last one was damaged\0", at=NOW + 2 * HOUR)
    assert (wish.state, wish.reason, wish.decided_at) == ("refused", "The last one was damaged", NOW + 2 * HOUR)
    assert OrderChange.objects.get(kind="addition_refused").data == {"addition": wish.pk, "title": "Leather wallet", "quantity": 1}
    before = facts()
    assert refuse_addition(addition=wish, reason="other", at=NOW + 3 * HOUR).reason == "The last one was damaged"
    assert facts() == before
    refused_as(AdditionDecided, lambda: confirm_addition(addition=wish, at=NOW + 3 * HOUR))
    assert ask(order, at=NOW + 3 * HOUR).state == "refused"


def test_what_is_in_the_order_cannot_be_refused(order: Order) -> None:
    wish = confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    refused_as(AdditionDecided, lambda: refuse_addition(addition=wish, reason="no", at=NOW + 3 * HOUR))


@pytest.mark.parametrize("over", [{}, {"product_external_id": ""}, {"sku": "OTHER"}])
def test_a_line_the_shop_adds_itself_confirms_what_was_asked_for(order: Order, over: dict[str, str]) -> None:
    wish = ask(order)
    again(order, shops_line(**over))
    wish.refresh_from_db()
    assert (wish.state, wish.decided_at) == ("confirmed", NOW + 3 * HOUR)
    assert list(OrderLine.objects.order_by("position").values_list("external_id", "quantity")) == [("L1", 2), ("L9", 1)]
    assert told("confirmed") == [{"order": order.pk, "addition": wish.pk}]
    before = facts()
    assert confirm_addition(addition=wish, at=NOW + 4 * HOUR).state == "confirmed"
    assert facts() == before


def test_another_line_of_the_shops_confirms_nothing(order: Order) -> None:
    wish = ask(order)
    again(order, shops_line(product_external_id="P-99", sku="HAT", title="Hat"))
    wish.refresh_from_db()
    assert (wish.state, told("confirmed")) == ("requested", [])


def test_the_shop_that_refused_and_added_it_all_the_same_has_confirmed(order: Order) -> None:
    wish = refuse_addition(addition=ask(order), reason="no", at=NOW + 2 * HOUR)
    again(order, shops_line())
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("confirmed", "")


@pytest.mark.parametrize("over", [{}, {"product_external_id": ""}])
def test_the_shops_own_line_takes_the_place_of_ours(order: Order, over: dict[str, str]) -> None:
    confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    ours = OrderLine.objects.get(position=2)
    row = again(order, shops_line(tax=Decimal("6.23"), **over))
    assert list(OrderLine.objects.order_by("position").values_list("pk", "external_id", "quantity_removed")[1:]) == [(ours.pk, "L9", 0)]
    assert (row.total, row.payment_state) == (order.total + WALLET, "paid")
    assert OrderLine.objects.get(position=2).tax == Decimal("6.23")
    assert OrderChange.objects.filter(kind="lines_changed").count() == 1
    assert len(told("confirmed")) == 1


def test_the_shop_may_list_our_line_by_its_id(order: Order) -> None:
    confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    ours = OrderLine.objects.get(position=2)
    again(order, shops_line(external_id=ours.external_id))
    assert list(OrderLine.objects.order_by("position").values_list("external_id", flat=True)) == ["L1", ours.external_id]


@pytest.mark.parametrize("line_id", ["", "L9"])
def test_news_older_than_the_confirmation_take_nothing_off(order: Order, line_id: str) -> None:
    """A change of address of half past eleven that arrives after the item was confirmed at noon."""
    confirm_addition(addition=ask(order), line_id=line_id, at=NOW + 2 * HOUR)
    street = replace(make.ADDRESS, street="Torstraße 2")
    row = again(order, at=NOW + HOUR + HOUR / 2, shipping_address=street)
    assert row.shipping_address["street"] == "Torstraße 2"
    assert (row.total, row.subtotal, row.payment_state) == (order.total + WALLET, order.subtotal + WALLET, "partially_paid")
    assert list(OrderLine.objects.order_by("position").values_list("quantity", "quantity_removed")) == [(2, 0), (1, 0)]
    assert set(OrderChange.objects.filter(at=NOW + HOUR + HOUR / 2).values_list("kind", flat=True)) == {"address_changed"}


def test_newer_news_without_the_item_take_it_off_again(order: Order) -> None:
    confirm_addition(addition=ask(order), at=NOW + 2 * HOUR)
    row = again(order)
    assert (row.total, row.payment_state, OrderLine.objects.get(position=2).quantity_removed) == (order.total, "paid", 1)


def test_an_order_nobody_asked_anything_for_costs_no_query_more(order: Order, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(5):  # as ever: one of them looks up the products
        again(order, at=NOW)
    with django_assert_num_queries(0):
        assert additions_of(order) == []


def test_an_offers_link_opens_one_order_at_one_merchant(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        mine, other = make.place_order(), make.place_order(number="1002")
        token = offer_token(mine)
        assert (len(token), order_of_offer(token=token).pk) == (54, mine.pk)
        mixed = other.public_id + token[22:]
    with merchant_scope(borealis.pk):
        there = make.place_order(currency="USD")
        foreign = offer_token(there)
    for merchant, wrong in ((acme, mixed), (acme, foreign), (acme, token[:-1]), (acme, mine.public_id), (acme, ""), (borealis, token)):
        with merchant_scope(merchant.pk), pytest.raises(OrderNotFound):
            order_of_offer(token=wrong)


def test_one_merchants_additions_are_nothing_to_another(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        product("SHIRT", title="Linen shirt", sku="SHIRT-M")
        product()
        relate_products(external_id="SHIRT", related=["P-42"])
        wish = ask(placed())
        before = facts()
    with merchant_scope(borealis.pk):
        with pytest.raises(AdditionNotFound):
            addition_by_id(public_id=wish.public_id)
        with pytest.raises(Order.DoesNotExist):
            confirm_addition(addition=wish, at=NOW)
        with pytest.raises(Order.DoesNotExist):
            refuse_addition(addition=wish, reason="x", at=NOW)
    with merchant_scope(acme.pk):
        assert facts() == before
