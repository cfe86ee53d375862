"""The pure decisions: paths, days, states."""

from dataclasses import replace
from datetime import date

import pytest

from orders.types import OrderState, PaymentState
from portal.rules import (
    arrival_of,
    dated,
    is_https,
    is_late,
    is_picture,
    is_told_move,
    news_day,
    next_news,
    order_state,
    own_path,
    parcel_state,
    steps_of,
    waiting_arrival,
)
from portal.types import Arrival, OrderFacts, ParcelFacts
from tracking.types import ShipmentStatus as Status

TODAY = date(2026, 11, 20)  # a Friday
TOMORROW, YESTERDAY = date(2026, 11, 21), date(2026, 11, 19)
NEWS = date(2026, 11, 23)

FOREIGN = [
    "",
    "//evil.com", "/\\evil.com", "https:evil.com", "https://evil.com", "javascript:alert(1)", "https://acme.platform.test@evil.com",
    "https://acme.platform.test.evil.com", "/%09/evil.com", "\t//evil.com", "/\t/evil.com", "/%2f/evil.com", "/%5cevil.com", "///evil.com",
    "\\\\evil.com", "evil.com", " //evil.com", "/a\nb", "/%0d%0aSet-Cookie:x=y", "%2f%2fevil.com", "/%252f%252fevil.com/" + "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("path", FOREIGN)
def test_a_path_that_could_lead_elsewhere_becomes_the_hub(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/orders/", "/orders/?q=50%25+wool&page=2", "/orders/AbC-_/shipping/#parcel-2", "/track/x/"])
def test_own_paths_stay(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://cdn.example.com/a.jpg", True),
        ("https://cdn.example.com:8443/a.jpg?x=1", True),
        ("http://cdn.example.com/a.jpg", False),
        ("javascript:alert(1)", False),
        ("https://user@evil.com/a.jpg", False),
        ("https://", False),
        ("https://a b/c", False),
        ("//cdn.example.com/a.jpg", False),
        ("data:image/svg+xml,<svg/>", False),
    ],
)
def test_only_https_addresses_are_shown(url: str, is_good: bool) -> None:
    assert is_https(url) is is_good


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://cdn.example.com/a.jpg", True),
        ("http://acme.localhost:8000/static/demo/coat.png", True),
        ("http://acme.localhost:8000/a b.png", False),
        ("http://acme.localhost:8000/?x=1", False),
        ("http://acme.localhost:8000@evil.com/a.png", False),
        ("http://acme.localhost:80001/a.png", False),
        ("http://other.localhost:8000/a.png", False),
        ("http://acmeXlocalhost:8000/a.png", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_a_picture_comes_over_https_or_from_the_page_s_own_host(url: str, is_good: bool) -> None:
    assert is_picture(url, origin="http://acme.localhost:8000") is is_good


def confirmed(**over: object) -> OrderFacts:
    values: dict[str, object] = {"state": OrderState.CONFIRMED, "payment_state": PaymentState.PAID, "placed_on": date(2026, 11, 18), **over}
    return OrderFacts(**values)  # type: ignore[arg-type]


def on_the_road(**over: object) -> ParcelFacts:
    return ParcelFacts(**{"status": Status.IN_TRANSIT, "known_on": date(2026, 11, 19), **over})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (confirmed(state=OrderState.PLACED, payment_state=PaymentState.PENDING, waiting=1), ("info", "Waiting for payment")),
        (confirmed(state=OrderState.PLACED, payment_state=PaymentState.FAILED, waiting=1), ("bad", "Payment failed")),
        (confirmed(state=OrderState.CANCELLED), ("idle", "Cancelled")),
        (confirmed(state=OrderState.CANCELLED, is_refunded=True), ("idle", "Cancelled and refunded")),
        (confirmed(is_refunded=True, parcels=(on_the_road(),)), ("idle", "Refunded")),
        (confirmed(waiting=1, ship_by=TODAY), ("idle", "Being prepared")),
        (confirmed(waiting=1, ship_by=YESTERDAY), ("warn", "Late: not sent yet")),
        (confirmed(parcels=(ParcelFacts(Status.LABEL_CREATED),)), ("idle", "Packed, not handed over yet")),
        (confirmed(parcels=(on_the_road(),)), ("info", "On its way")),
        (confirmed(parcels=(on_the_road(),), waiting=1), ("info", "Partly on its way")),
        (confirmed(parcels=(on_the_road(eta_by=YESTERDAY),)), ("warn", "Late")),
        (confirmed(parcels=(on_the_road(eta_by=YESTERDAY), on_the_road())), ("warn", "1 parcel late")),
        (confirmed(parcels=(on_the_road(), ParcelFacts(Status.DELIVERED))), ("info", "1 of 2 parcels delivered")),
        (confirmed(parcels=(ParcelFacts(Status.DELIVERED),)), ("good", "Delivered")),
        (confirmed(parcels=(ParcelFacts(Status.DELIVERED),), waiting=1), ("info", "1 of 1 parcel delivered")),
        (confirmed(parcels=(ParcelFacts(Status.READY_FOR_PICKUP),)), ("info", "Ready to collect")),
        (confirmed(parcels=(ParcelFacts(Status.LOST), on_the_road())), ("bad", "Lost by the carrier")),
        (confirmed(parcels=(ParcelFacts(Status.CANCELLED),), waiting=1), ("idle", "Being prepared")),
        (confirmed(untracked=2), ("info", "Sent")),
        (confirmed(untracked=2, waiting=1), ("info", "Partly sent")),
        (confirmed(), ("good", "Completed")),
    ],
)
def test_every_state_of_an_order_has_its_words(facts: OrderFacts, words: tuple[str, str]) -> None:
    state = order_state(facts, today=TODAY)
    assert (state.tone, state.text) == words
    assert state.icon


@pytest.mark.parametrize("status", Status.values)
def test_every_state_of_a_parcel_has_an_icon_and_words(status: str) -> None:
    state = parcel_state(ParcelFacts(status), order=confirmed(), today=TODAY)
    assert state.icon and state.text


def test_the_carriers_day_comes_before_the_shops() -> None:
    parcel = on_the_road(eta_from=TODAY, eta_by=TOMORROW, eta_source="carrier")
    assert arrival_of(parcel, order=confirmed(arrive_by=date(2026, 11, 30)), today=TODAY) == Arrival(TOMORROW, TODAY, "carrier", TOMORROW)


def test_without_a_carriers_day_the_shops_counts() -> None:
    found = arrival_of(on_the_road(), order=confirmed(arrive_from=TOMORROW, arrive_by=TOMORROW), today=TODAY)
    assert found == Arrival(TOMORROW, None, "merchant", TOMORROW)  # news come on the day of arrival at the latest


def test_a_missed_day_stays_visible_beside_the_day_of_the_next_news() -> None:
    found = arrival_of(on_the_road(eta_by=YESTERDAY, eta_source="carrier"), order=confirmed(), today=TODAY)
    assert found == Arrival(source="carrier", missed=YESTERDAY, next_news=date(2026, 11, 23))


def test_no_day_at_all_names_the_day_of_the_next_news() -> None:
    assert arrival_of(on_the_road(), order=confirmed(), today=TODAY) == Arrival(next_news=date(2026, 11, 23))


def test_the_day_of_the_next_news_does_not_slide_with_the_days_and_is_a_working_day() -> None:
    days = {next_news(since=date(2026, 11, 19), today=date(2026, 11, day)) for day in (19, 20, 21)}
    assert days == {date(2026, 11, 23)}  # the 22nd is a Sunday


def test_what_waits_leaves_by_the_promised_day_or_is_late() -> None:
    assert waiting_arrival(confirmed(ship_by=TODAY, waiting=1), today=TODAY).last == TODAY
    assert waiting_arrival(confirmed(ship_by=YESTERDAY, waiting=1), today=TODAY).missed == YESTERDAY


def test_a_label_is_not_a_dispatch() -> None:
    steps = steps_of(Status.LABEL_CREATED, placed_on=YESTERDAY, shipped_on=TODAY, delivered_on=None, arrival=Arrival(last=TOMORROW))
    assert [(step.name, step.state, step.day) for step in steps] == [
        ("Ordered", "done", YESTERDAY),
        ("Packed", "now", None),
        ("On its way", "", None),
        ("Out for delivery", "", TOMORROW),
        ("Delivered", "", TOMORROW),
    ]


@pytest.mark.parametrize(
    ("status", "arrival", "days"),
    [
        (
            "in_transit",
            Arrival(last=TOMORROW, first=TODAY),
            (YESTERDAY, TODAY, None, TOMORROW),
        ),  # a range: nobody knows the day it goes out
        ("out_for_delivery", Arrival(last=TODAY), (YESTERDAY, TODAY, TODAY, TODAY)),
        ("ready_for_pickup", Arrival(last=TOMORROW), (YESTERDAY, TODAY, TODAY, None)),  # it waits: no day of arrival is true any more
    ],
)
def test_a_stage_shows_the_day_it_was_reached_and_no_day_that_is_untrue(
    status: str, arrival: Arrival, days: tuple[date | None, ...]
) -> None:
    steps = steps_of(status, placed_on=YESTERDAY, shipped_on=TODAY, delivered_on=None, arrival=arrival)
    packed, *others = [step.day for step in dated(steps, (None, YESTERDAY, None, TODAY if status != "in_transit" else None, None))][1:]
    assert (packed, *others) == days


def test_a_parcel_that_is_out_comes_today_whatever_was_reckoned() -> None:
    out = on_the_road(status=Status.OUT_FOR_DELIVERY, out_on=TODAY, eta_from=TODAY, eta_by=date(2026, 11, 26), eta_source="learned")
    assert arrival_of(out, order=confirmed(), today=TODAY) == Arrival(TODAY, None, "carrier", TODAY)
    left_over = replace(out, out_on=YESTERDAY)
    assert arrival_of(left_over, order=confirmed(), today=TODAY).last == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("was", "day", "promised", "is_news"),
    [
        (YESTERDAY, TODAY, TOMORROW, False),
        (YESTERDAY, TODAY, TODAY, False),
        (TODAY, TOMORROW, TODAY, True),
        (TOMORROW, TODAY, TODAY, True),
        (TODAY, YESTERDAY, None, True),
    ],
)
def test_only_a_day_that_leaves_the_promise_or_comes_back_to_it_was_moved(
    was: date, day: date, promised: date | None, is_news: bool
) -> None:
    assert is_told_move(was, day, promised=promised) is is_news


def test_of_two_days_that_passed_the_promised_one_is_struck() -> None:
    found = arrival_of(on_the_road(eta_by=date(2026, 11, 18), eta_source="learned", promised_by=YESTERDAY), order=confirmed(), today=TODAY)
    assert (found.missed, found.last) == (YESTERDAY, None)
    still_open = on_the_road(eta_by=YESTERDAY, eta_source="learned", promised_by=TOMORROW)
    assert arrival_of(still_open, order=confirmed(), today=TODAY).missed == YESTERDAY


@pytest.mark.parametrize(("first", "source", "late"), [(TODAY, "learned", False), (NEWS, "learned", True), (TODAY, "carrier", True)])
def test_a_learned_range_that_holds_the_promised_day_is_not_late_yet(first: date, source: str, late: bool) -> None:
    parcel = on_the_road(eta_from=first, eta_by=date(2026, 11, 24), eta_source=source, promised_by=TOMORROW)
    assert is_late(parcel, order=confirmed(), today=TODAY) is late
    assert (parcel_state(parcel, order=confirmed(), today=TODAY).tone == "warn") is late


def test_an_answer_we_owe_keeps_its_rhythm_and_does_not_slide_with_the_looks() -> None:
    assert news_day(TOMORROW, today=TODAY) == TOMORROW
    assert news_day(date(2026, 11, 17), today=TODAY) == news_day(date(2026, 11, 17), today=TOMORROW) == date(2026, 11, 23)


@pytest.mark.parametrize("status", [Status.LOST, Status.CANCELLED, Status.RETURNING, Status.RETURNED, Status.DAMAGED])
def test_a_parcel_that_will_not_arrive_has_no_stages(status: Status) -> None:
    assert steps_of(status, placed_on=TODAY, shipped_on=None, delivered_on=None, arrival=Arrival()) == ()
