"""Cancelling and sending elsewhere at the shopper's wish: until when, once, decided by the shop or by what it tells itself."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.models import Event
from merchants.models import Merchant
from orders.models import FulfilmentPolicy, Order, OrderChange, OrderRequest, Promise
from orders.registry import Asked, Learned, _estimators
from orders.rules import Basket, Pace, answer_day, is_granted_by, is_same_place, may_settle, requests_close_at, why_no_request
from orders.selectors import RequestNotFound, open_requests, request_by_id, request_closed, requests_of, requests_until
from orders.services import (
    AlreadyAsked,
    CannotCancel,
    RequestsClosed,
    RequestSettled,
    SameAddress,
    accept_request,
    archive_order,
    cancel_order,
    note_fulfilled,
    record_order,
    refuse_request,
    request_address,
    request_cancel,
    unarchive_order,
    withdraw_request,
)
from orders.types import Address, Fulfilment, OrderState, PaymentState, RequestKind, RequestState
from tests import factories as make
from tests.conftest import NOW
from tracking.types import ShipmentStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN, CHICAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
HAMBURG = Address(name="Sam Berg", street="Jungfernstieg 7", postcode="20354", city="Hamburg", country="DE")
NEXT_DOOR = replace(make.ADDRESS, street="Torstraße 9")
THIRD_FLOOR = replace(make.ADDRESS, street2="3rd floor")


def utc(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


OPEN = Basket(OrderState.CONFIRMED, PaymentState.PAID, Fulfilment.UNFULFILLED, NOW, ship_by=MONDAY)


@pytest.mark.parametrize(
    ("pace", "ship_by", "zone", "expected"),
    [
        (Pace(), MONDAY, BERLIN, utc(23, 13)),
        (Pace(), MONDAY, CHICAGO, utc(23, 20)),
        (Pace(cutoffs=(9, 10, 11, 12, 13, 0, 0)), MONDAY, BERLIN, utc(23, 8)),
        (Pace(cutoff_hour=99), MONDAY, BERLIN, utc(23, 23)),
        (Pace(), date(2026, 10, 25), BERLIN, utc(25, 13, month=10)),  # the clocks go back that night
        (Pace(), None, BERLIN, None),
    ],
)
def test_the_cut_off_is_the_warehouses_hour_on_the_day_of_dispatch(pace: Pace, ship_by: date | None, zone: ZoneInfo, expected: Any) -> None:
    assert requests_close_at(replace(OPEN, ship_by=ship_by), pace, zone) == expected


@pytest.mark.parametrize(
    ("over", "now", "cancel", "address"),
    [
        ({}, NOW, "", ""),
        ({}, utc(23, 13) - timedelta(microseconds=1), "", ""),
        ({}, utc(23, 13), "too_late", "too_late"),
        ({"state": OrderState.CANCELLED}, NOW, "cancelled", "cancelled"),
        ({"is_packed": True}, NOW, "sent", "sent"),
        ({"fulfilment": Fulfilment.PARTIAL}, NOW, "sent", "sent"),
        ({"payment_state": PaymentState.REFUNDED}, NOW, "refunded", "refunded"),
        ({"payment_state": PaymentState.FAILED}, NOW, "", ""),
        ({"ship_by": None}, NOW, "never", "never"),
        ({"state": OrderState.PLACED, "ship_by": None}, NOW + 90 * DAY, "", ""),
    ],
)
def test_it_can_be_asked_for_until_it_is_packed(over: dict[str, Any], now: datetime, cancel: str, address: str) -> None:
    reasons = [
        why_no_request(kind, replace(OPEN, **over), Pace(), BERLIN, now=now, is_sent_by_post=True)
        for kind in (RequestKind.CANCEL, RequestKind.ADDRESS)
    ]
    assert reasons == [cancel, address]


def test_what_needs_no_parcel_needs_no_address() -> None:
    unpaid = replace(OPEN, state=OrderState.PLACED, ship_by=None)
    assert [why_no_request(kind, unpaid, Pace(), BERLIN, now=NOW, is_sent_by_post=False) for kind in RequestKind] == ["", "no_parcel"]


@pytest.mark.parametrize(
    ("at", "ship_by", "expected"),
    [
        (NOW, date(2026, 11, 26), MONDAY),  # a Friday: the next working day
        (NOW, FRIDAY, FRIDAY),
        (NOW, MONDAY, MONDAY),
        (NOW, None, MONDAY),
        (utc(22, 23), date(2026, 11, 30), date(2026, 11, 24)),  # Monday morning in Berlin
        (NOW, date(2026, 11, 19), FRIDAY),
        (utc(24, 10, month=12), None, date(2026, 12, 28)),
    ],
)
def test_the_answer_comes_on_the_next_working_day_and_before_the_dispatch(at: datetime, ship_by: date | None, expected: date) -> None:
    assert answer_day(Pace(), BERLIN, "DE", at=at, ship_by=ship_by) == expected


def test_a_request_is_settled_once_but_a_refused_one_may_still_be_granted() -> None:
    steps = {(a, b) for a in RequestState for b in RequestState if may_settle(a, b)}
    assert steps == {
        ("requested", "accepted"),
        ("requested", "refused"),
        ("requested", "withdrawn"),
        ("refused", "accepted"),
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"country": "DE", "postcode": "10119"}, {"country": "DE", "postcode": " 101 19", "city": "x"}, True),
        ({"country": "DE", "postcode": "10119"}, {"country": "AT", "postcode": "10119"}, False),
        ({"country": "DE", "postcode": "10119"}, {"country": "DE"}, False),
        ({"country": "HK", "city": "Kowloon"}, {"country": "HK", "city": "KOWLOON"}, True),
        ({"country": "HK", "city": "Kowloon"}, {"country": "HK", "city": "Central"}, False),
        ({}, {}, True),
    ],
)
def test_a_town_is_its_country_and_postcode(one: dict[str, str], other: dict[str, str], expected: bool) -> None:
    assert is_same_place(one, other) is is_same_place(other, one) is expected


@pytest.mark.parametrize(
    ("asked", "told", "expected"),
    [
        (HAMBURG, HAMBURG, True),
        (HAMBURG, replace(HAMBURG, street="Jungfernstieg 7 a", region="Hamburg"), True),
        (HAMBURG, replace(HAMBURG, postcode="20355"), False),
        (HAMBURG, replace(make.ADDRESS, postcode="20354"), False),  # the street is still the old one
        (NEXT_DOOR, NEXT_DOOR, True),
        (NEXT_DOOR, replace(make.ADDRESS, phone="+4930123"), False),
        (THIRD_FLOOR, THIRD_FLOOR, True),
        (THIRD_FLOOR, replace(make.ADDRESS, phone="+4930123"), False),
        (THIRD_FLOOR, make.ADDRESS, False),  # another thing of the order was told, such as who pays
        (THIRD_FLOOR, replace(HAMBURG, street2="3rd floor"), False),
        (replace(make.ADDRESS, company="Voltline"), replace(make.ADDRESS, company="Voltline"), True),
    ],
)
def test_an_address_is_granted_when_what_was_to_change_has_changed(asked: Address, told: Address, expected: bool) -> None:
    assert is_granted_by(asked=asdict(asked), before=asdict(make.ADDRESS), told=asdict(told)) is expected


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    return make.place_order()


def facts() -> tuple[Any, ...]:
    """Everything a request may touch."""
    tables: tuple[Any, ...] = (Order, OrderChange, OrderRequest, Promise, Event)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def refused_as(error: type[Exception], act: Callable[[], object]) -> str:
    before = facts()
    with pytest.raises(error) as caught:
        act()
    assert facts() == before
    return str(caught.value)


def told(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(type=kind).order_by("pk").values_list("payload", flat=True))


def replies() -> list[tuple[date, bool | None]]:
    return list(Promise.objects.filter(kind="reply_by").order_by("pk").values_list("date", "is_kept"))


def again(order: Order, *, at: datetime, **over: Any) -> Order:
    """The shop's next word about the order."""
    values = {"number": order.number, "placed_at": order.placed_at, "updated_at": at, **over}
    return record_order(incoming=make.incoming_order(**values), at=at).order


def test_a_wish_is_noted_once_and_changes_nothing_of_the_order(order: Order) -> None:
    before = Order.objects.values().get()
    wish = request_cancel(order=order, cause="mistake", note=" Twice\0 ", at=NOW + HOUR)
    assert (wish.kind, wish.state, wish.cause, wish.note, wish.requested_at, wish.answer_by) == (
        "cancel", "requested", "mistake", "Twice", NOW + HOUR, MONDAY,
    )  # fmt: skip
    assert Order.objects.values().get() == before
    assert told("orders.request.made") == [{"order": order.pk, "request": wish.pk}]
    assert OrderChange.objects.get(kind="request_made").data == {"request": wish.pk, "asked": "cancel"}
    promise = Promise.objects.get(kind="reply_by")
    assert (promise.subject, promise.date, promise.is_kept) == (f"request:{wish.pk}", MONDAY, None)
    unchanged = facts()
    assert request_cancel(order=order, at=NOW + 2 * HOUR).pk == wish.pk
    assert facts() == unchanged


def test_a_cause_nobody_knows_is_none(order: Order) -> None:
    assert request_cancel(order=order, cause="<script>", note="x" * 400, at=NOW).cause == ""
    assert len(OrderRequest.objects.get().note) == 300


def test_another_address_is_asked_for_once_with_the_number_for_the_carrier(in_acme: Merchant) -> None:
    order = make.place_order(shipping_address=replace(make.ADDRESS, phone="+4915112345678"))
    wish = request_address(order=order, address=HAMBURG, at=NOW)
    assert wish.address == asdict(replace(HAMBURG, phone="+4915112345678"))
    assert Order.objects.get().shipping_address["city"] == "Berlin"
    unchanged = facts()
    assert request_address(order=order, address=HAMBURG, at=NOW).pk == wish.pk
    assert facts() == unchanged
    refused_as(AlreadyAsked, lambda: request_address(order=order, address=NEXT_DOOR, at=NOW))


def test_the_address_it_has_is_no_wish(order: Order) -> None:
    refused_as(SameAddress, lambda: request_address(order=order, address=make.ADDRESS, at=NOW))


def test_who_cancels_takes_the_other_wish_back_and_cannot_make_it_again(order: Order) -> None:
    moved = request_address(order=order, address=HAMBURG, at=NOW)
    wish = request_cancel(order=order, at=NOW + HOUR)
    moved.refresh_from_db()
    assert (moved.state, moved.decided_at, wish.state) == ("withdrawn", NOW + HOUR, "requested")
    assert open_requests(order_ids=[order.pk]) == {order.pk: [wish]}
    refused_as(AlreadyAsked, lambda: request_address(order=order, address=HAMBURG, at=NOW + HOUR))


@pytest.mark.parametrize(
    "act", [lambda o, at: request_cancel(order=o, at=at), lambda o, at: request_address(order=o, address=HAMBURG, at=at)]
)
def test_after_the_cut_off_nothing_is_asked_for(order: Order, act: Callable[[Order, datetime], object]) -> None:
    assert requests_until(order) == utc(23, 13)
    assert refused_as(RequestsClosed, lambda: act(order, utc(23, 13))) == "too_late"
    act(order, utc(23, 12, 59))
    assert OrderRequest.objects.count() == 1


def test_a_label_ends_it_before_the_parcel_is_picked_up(order: Order) -> None:
    make.ship(order, at=NOW + HOUR, status=ShipmentStatus.LABEL_CREATED, updated_at=NOW + HOUR)
    assert refused_as(RequestsClosed, lambda: request_cancel(order=order, at=NOW + HOUR)) == "sent"


def test_a_gift_card_goes_nowhere_else(in_acme: Merchant) -> None:
    card = make.place_order(lines=(make.incoming_line(requires_shipping=False),), is_confirmed=False, payment_state=PaymentState.PENDING)
    assert refused_as(RequestsClosed, lambda: request_address(order=card, address=HAMBURG, at=NOW)) == "no_parcel"
    assert request_closed(card, RequestKind.CANCEL, now=NOW) == ""


def test_the_shop_cancels_as_asked(order: Order) -> None:
    moved = request_address(order=order, address=HAMBURG, at=NOW)
    withdraw_request(request=moved, at=NOW)
    wish = accept_request(request=request_cancel(order=order, at=NOW), at=NOW + HOUR)
    row = Order.objects.get()
    assert (wish.state, wish.decided_at, row.state, row.cancelled_at, row.cancel_reason) == (
        "accepted",
        NOW + HOUR,
        "cancelled",
        NOW + HOUR,
        "",
    )
    assert told("orders.order.cancelled") == [{"order": order.pk}]
    assert told("orders.request.decided") == [{"order": order.pk, "request": moved.pk}, {"order": order.pk, "request": wish.pk}]
    assert not OrderChange.objects.filter(kind="request_accepted").exists()  # the cancellation says it
    assert replies() == [(MONDAY, True), (MONDAY, True)]
    unchanged = facts()
    assert accept_request(request=wish, at=NOW + 2 * HOUR).state == "accepted"
    assert facts() == unchanged


def test_the_shop_sends_it_elsewhere_as_asked(order: Order) -> None:
    said = list(Promise.objects.exclude(kind="reply_by").order_by("pk").values())
    wish = accept_request(request=request_address(order=order, address=HAMBURG, at=NOW), at=NOW + HOUR)
    row = Order.objects.get()
    assert (wish.state, row.shipping_address, row.billing_address["city"]) == ("accepted", asdict(HAMBURG), "Berlin")
    assert told("orders.order.changed") == [{"order": order.pk, "what": ["address"]}]
    assert OrderChange.objects.get(kind="request_accepted").data == {"request": wish.pk, "asked": "address"}
    assert list(Promise.objects.exclude(kind="reply_by").order_by("pk").values()) == said


def test_farther_away_the_arrival_is_promised_anew_and_the_dispatch_stays(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    later = Learned(date(2026, 11, 30), date(2026, 12, 1))
    monkeypatch.setattr("orders.registry._estimators", [*_estimators, lambda asked: later if asked.address["country"] == "AT" else None])
    vienna = Address(name="Sam Berg", street="Ring 1", postcode="1010", city="Wien", country="AT")
    accept_request(request=request_address(order=order, address=vienna, at=NOW), at=NOW + HOUR)
    row = Order.objects.get()
    assert (row.ship_by, row.arrive_from, row.arrive_by) == (MONDAY, later.start, later.end)
    promise = Promise.objects.filter(kind="arrive_by").latest("pk")
    assert (promise.date, promise.source, promise.said_at) == (later.end, "learned", NOW + HOUR)
    assert told("orders.order.changed") == [{"order": order.pk, "what": ["address", "dates"]}]


def test_granted_after_the_day_of_dispatch_the_arrival_is_counted_from_then(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_five_days(asked: Asked) -> Learned:
        day = asked.counted_from.date()
        return Learned(day + 3 * DAY, day + 5 * DAY)

    monkeypatch.setattr("orders.registry._estimators", [*_estimators, in_five_days])
    accept_request(request=request_address(order=order, address=HAMBURG, at=NOW), at=NOW + 14 * DAY)
    row = Order.objects.get()
    assert (row.ship_by, row.arrive_from, row.arrive_by) == (MONDAY, date(2026, 12, 7), date(2026, 12, 9))
    assert Promise.objects.filter(kind="arrive_by").latest("pk").date == date(2026, 12, 9)


def test_the_address_of_a_forgotten_shopper_is_not_set(order: Order) -> None:
    wish = request_address(order=order, address=HAMBURG, at=NOW)
    Order.objects.update(erased_at=NOW)
    OrderRequest.objects.update(address={})
    assert refused_as(RequestsClosed, lambda: accept_request(request=wish, at=NOW + HOUR))


def test_the_shop_says_no_and_why(order: Order) -> None:
    wish = refuse_request(request=request_cancel(order=order, at=NOW), reason=" Packed already\0 ", at=NOW + 4 * DAY)
    assert (wish.state, wish.reason, Order.objects.get().state) == ("refused", "Packed already", "confirmed")
    assert OrderChange.objects.get(kind="request_refused").data == {"request": wish.pk, "asked": "cancel"}
    assert replies() == [(MONDAY, False)]
    unchanged = facts()
    assert refuse_request(request=wish, reason="other", at=NOW + 5 * DAY).reason == "Packed already"
    assert facts() == unchanged
    assert accept_request(request=wish, at=NOW + 5 * DAY).state == "accepted"
    assert Order.objects.get().state == "cancelled"


def test_what_was_taken_back_is_not_decided_and_what_was_decided_not_taken_back(order: Order) -> None:
    wish = withdraw_request(request=request_cancel(order=order, at=NOW), at=NOW + HOUR)
    assert (wish.state, told("orders.request.decided")) == ("withdrawn", [{"order": order.pk, "request": wish.pk}])
    refused_as(RequestSettled, lambda: accept_request(request=wish, at=NOW))
    refused_as(RequestSettled, lambda: refuse_request(request=wish, reason="no", at=NOW))
    second = request_cancel(order=order, at=NOW + 2 * HOUR)
    refuse_request(request=second, reason="no", at=NOW + 2 * HOUR)
    refused_as(RequestSettled, lambda: withdraw_request(request=second, at=NOW + 3 * HOUR))
    assert [row.pk for row in requests_of(order)] == [second.pk, wish.pk]


def test_what_left_undecided_is_refused(order: Order) -> None:
    wish = request_cancel(order=order, at=NOW)
    line = order.lines.earliest("position")
    note_fulfilled(order=order, quantities={line.pk: 1}, at=NOW + HOUR)
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("refused", "order_sent")
    refused_as(CannotCancel, lambda: accept_request(request=wish, at=NOW + HOUR))


def test_a_parcel_that_left_keeps_its_address(order: Order) -> None:
    wish = request_address(order=order, address=HAMBURG, at=NOW)
    Order.objects.update(fulfilment="partial")
    refused_as(RequestsClosed, lambda: accept_request(request=wish, at=NOW + HOUR))


def test_an_order_the_shop_cancels_grants_the_wish_and_goes_nowhere_else(order: Order) -> None:
    wish = request_cancel(order=order, at=NOW)
    again(order, at=NOW + HOUR, cancelled_at=NOW + HOUR)
    wish.refresh_from_db()
    assert (wish.state, Order.objects.get().state) == ("accepted", "cancelled")
    other = make.place_order(number="1002")
    moved = request_address(order=other, address=HAMBURG, at=NOW)
    cancel_order(order=other, reason="sold out", at=NOW + HOUR)
    moved.refresh_from_db()
    assert (moved.state, moved.reason) == ("refused", "order_cancelled")


def test_an_address_the_shop_changes_grants_the_wish_for_it_only(order: Order) -> None:
    wish = request_address(order=order, address=HAMBURG, at=NOW)
    again(order, at=NOW + HOUR, billing_address=HAMBURG)
    again(order, at=NOW + 2 * HOUR, shipping_address=NEXT_DOOR, billing_address=HAMBURG)
    wish.refresh_from_db()
    assert wish.state == "requested"
    again(order, at=NOW + 3 * HOUR, shipping_address=replace(HAMBURG, street="Jungfernstieg 7a"), billing_address=HAMBURG)
    wish.refresh_from_db()
    assert (wish.state, wish.decided_at) == ("accepted", NOW + 3 * HOUR)


def test_news_that_are_older_than_the_yes_do_not_send_it_back(order: Order) -> None:
    accept_request(request=request_address(order=order, address=HAMBURG, at=NOW), at=NOW + 2 * HOUR)
    again(order, at=NOW + HOUR, shipping_method="Express")
    row = Order.objects.get()
    assert (row.shipping_address["city"], row.shipping_method) == ("Hamburg", "Express")
    again(order, at=NOW + 3 * HOUR)  # the shop knew of it by then, and says otherwise
    assert Order.objects.get().shipping_address["city"] == "Berlin"


def test_nobody_finds_a_request_of_another_order(order: Order) -> None:
    wish, other = request_cancel(order=order, at=NOW), make.place_order(number="1002")
    assert request_by_id(public_id=wish.public_id, order=order) == wish
    for place in (other, None):
        with pytest.raises(RequestNotFound):
            request_by_id(public_id=wish.public_id if place else "AAAAAAAAAAAAAAAAAAAAAA", order=place)


def test_the_merchants_own_hour_counts(order: Order) -> None:
    FulfilmentPolicy.objects.create(cutoff_hour=9)
    assert requests_until(order) == utc(23, 8)


def test_an_order_put_away_keeps_the_day_it_was_put_away(order: Order) -> None:
    events = Event.objects.count()
    archive_order(order=order, at=NOW)
    archive_order(order=order, at=NOW + DAY)
    assert Order.objects.get().archived_at == NOW
    unarchive_order(order=order)
    unarchive_order(order=order)
    assert (Order.objects.get().archived_at, Event.objects.count()) == (None, events)
