"""The hub and the list of orders: what needs a look first, the one action per order, finding, filtering, putting away."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.services import archive_order, cancel_order, record_refund
from orders.services.look_up import open_guest
from orders.services.requests import request_cancel
from orders.types import IncomingRefund, PaymentState
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order
from tests.portal.conftest import signed_in
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tests.portal.world import DAY, parcel, snowed_in, unsent
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]


def things(client: Client) -> list[str]:
    """What needs a look, each as it reads."""
    html = client.get("/").content.decode().partition('<ul class="todo">')[2].partition("</ul>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in html.split("<li ")[1:]]


def numbers(client: Client, path: str) -> list[str]:
    """Numbers of the orders a list shows, in its order."""
    html = client.get(path).content.decode().partition('id="found"')[2]
    return re.findall(r'<p class="small muted"><bdi>([^<]+)</bdi>', html)


def an_order(number: str, days: int = 2, **over: Any) -> Order:
    return place_order(number=number, placed_at=NOW - days * DAY, at=NOW - days * DAY, **over)


def test_a_late_parcel_one_on_its_way_back_and_one_to_collect_are_seen_without_a_click(sam: Client, order: Order, in_scope: Scope) -> None:
    in_scope(snowed_in, order)
    back, kiosk = in_scope(an_order, "1002", 20), in_scope(an_order, "1003", 5)
    in_scope(parcel, back, status=Status.RETURNING)
    in_scope(parcel, kiosk, status=Status.READY_FOR_PICKUP, pickup_until=NOW.date() + 4 * DAY)
    late, collect, returning = things(sam)
    assert "Delayed by the weather Tue 24 Nov" in late and "Sat 21 Nov" in late
    assert "Ready to collect by Tue 24 Nov" in collect
    assert "On its way back to us" in returning
    assert "3 things need a look" in words(sam, "/")


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"payment_state": PaymentState.FAILED}, "Payment failed €132.80"),
        ({"payment_state": PaymentState.PENDING, "is_confirmed": False}, "Waiting for payment €132.80"),
    ],
)
def test_money_that_is_missing_needs_a_look(sam: Client, in_scope: Scope, over: dict[str, Any], said: str) -> None:
    in_scope(an_order, "1002", 1, **over)
    assert [said in thing for thing in things(sam)] == [True]


def test_a_request_is_told_until_it_is_answered_and_takes_the_place_of_what_no_longer_matters(sam: Client, in_scope: Scope) -> None:
    asked = in_scope(an_order, "1002", 1)
    in_scope(request_cancel, order=asked, at=NOW)
    in_scope(unsent, asked)
    (thing,) = things(sam)
    assert "Cancellation requested" in thing and "We look into it and answer by" in thing
    assert "Wait, replace or cancel" not in thing


def test_money_sent_back_is_told_for_two_weeks(sam: Client, in_scope: Scope) -> None:
    gone = in_scope(an_order, "1002", 30)
    refund = IncomingRefund(external_id="R1", amount=Decimal("132.80"), refunded_at=NOW - 14 * DAY)
    in_scope(record_refund, order=gone, refund=refund, at=NOW - 14 * DAY)
    old = in_scope(an_order, "1003", 40)
    in_scope(cancel_order, order=old, reason="", at=NOW - 15 * DAY)
    (thing,) = things(sam)
    assert "Refund sent €132.80 Fri 6 Nov" in thing


def test_nothing_to_do_says_so_and_no_orders_is_no_alarm(sam: Client, acme: Merchant, in_scope: Scope) -> None:
    assert "All is well No parcel is late and nothing waits for you." in words(sam, "/").replace(" , ", ", ")
    nora = signed_in(acme, in_scope(customer, email="nora@example.com"))
    text = words(nora, "/")
    assert "My account" in text and "No orders yet" in text and "All is well" not in text


def test_at_most_five_things_the_most_pressing_first(sam: Client, in_scope: Scope) -> None:
    for n in range(7):
        in_scope(parcel, in_scope(an_order, f"2{n}", n + 1), external_id=f"S{n}", status=Status.READY_FOR_PICKUP)
    lost = in_scope(an_order, "30", 9)
    in_scope(parcel, lost, external_id="L", status=Status.LOST)
    found = things(sam)
    assert (len(found), "Lost by the carrier" in found[0]) == (5, True)


def test_a_guest_s_account_is_the_one_order(browser: Client, order: Order, in_scope: Scope) -> None:
    browser.cookies["guest"] = in_scope(open_guest, order_id=order.pk, channel="email", at=NOW)
    response = browser.get("/")
    assert (response.status_code, response["Location"]) == (302, f"/orders/{order.public_id}/")
    assert browser.get("/orders/")["Location"] == "/sign-in/?next=%2Forders%2F"


@pytest.fixture
def many(order: Order, in_scope: Scope) -> dict[str, Order]:
    """One order in each part of the list, beside Sam's first one, which is open."""
    came, gone, kiosk = in_scope(an_order, "1010", 60), in_scope(an_order, "1011", 3), in_scope(an_order, "1012", 4)
    in_scope(parcel, came, at=NOW - 50 * DAY, status=Status.DELIVERED, delivered_at=NOW - 50 * DAY)
    in_scope(cancel_order, order=gone, reason="", at=NOW)
    in_scope(parcel, kiosk, external_id="K", status=Status.READY_FOR_PICKUP)
    away = in_scope(an_order, "1013", 500, lines=(incoming_line(title="Old lamp 50%_off"),))
    in_scope(archive_order, order=away, at=NOW)
    return {"came": came, "gone": gone, "kiosk": kiosk, "away": away}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["1001", "1011", "1012", "1010"]),
        ("show=open", ["1001", "1012"]),
        ("show=arrived", ["1010"]),
        ("show=ended", ["1011"]),
        ("show=archived", ["1013"]),
        ("show=archived&q=lamp", ["1013"]),
        ("q=lamp", []),
        ("q=%231010", ["1010"]),
        ("q=%EF%BC%91%EF%BC%90%EF%BC%91%EF%BC%90", ["1010"]),  # wide figures
        ("q=++linen%00shirt++", ["1001", "1011", "1012", "1010"]),
        ("q=belt", ["1001", "1011", "1012", "1010"]),
        ("q=%25", []),
        ("show=archived&q=%25", ["1013"]),
        ("show=archived&q=_", ["1013"]),
        ("q=1010%27--", []),
        ("q=" + "a" * 500, []),
        ("year=2025&show=archived", ["1013"]),
        ("year=2025", []),
        ("year=20x5&show=nothing", ["1001", "1011", "1012", "1010"]),
        ("year=2026&year=2025", []),
        ("page=-1", ["1001", "1011", "1012", "1010"]),
        ("page=99999999999999999999", ["1001", "1011", "1012", "1010"]),
        ("page=%F0%9F%92%A5", ["1001", "1011", "1012", "1010"]),
    ],
)
def test_the_list_is_searched_filtered_and_never_fails(sam: Client, many: dict[str, Order], query: str, shown: list[str]) -> None:
    assert numbers(sam, f"/orders/?{query}") == shown


def test_what_is_searched_for_is_shown_as_text(sam: Client, order: Order) -> None:
    html = sam.get("/orders/", {"q": '"><script>\u202ealert(1)</script>'}).content.decode()
    assert "<script>" not in html and "\u202e" not in html
    assert "&lt;script&gt; alert(1)&lt;/script&gt;</bdi>" in html


def test_the_part_put_away_is_offered_only_when_something_is(sam: Client, order: Order, in_scope: Scope) -> None:
    assert 'value="archived"' not in sam.get("/orders/").content.decode()
    in_scope(archive_order, order=order, at=NOW)
    html = sam.get("/orders/").content.decode()
    assert 'value="archived"' in html and "Every order is put away" in html


def test_the_script_of_the_page_gets_the_list_alone(sam: Client, order: Order) -> None:
    part = sam.get("/orders/?q=linen", headers={"hx-request": "true", "hx-target": "found"})
    text = part.content.decode()
    assert "<html" not in text and "1001" in text and "1 order found" in text
    assert ("HX-Request" in part["Vary"], part["Cache-Control"]) == (True, "no-store")


def test_the_script_of_a_page_left_open_is_led_to_sign_in(browser: Client, acme: Merchant) -> None:
    part = browser.get("/orders/?q=linen", headers={"hx-request": "true", "hx-target": "found"})
    assert (part.status_code, part["HX-Redirect"], part.content) == (204, "/sign-in/?next=%2Forders%2F%3Fq%3Dlinen", b"")


def test_the_days_that_matter_stand_beside_the_state(sam: Client, many: dict[str, Order], in_scope: Scope) -> None:
    moving = in_scope(an_order, "1014", 1)
    in_scope(parcel, moving, external_id="M", status=Status.IN_TRANSIT, eta_by=NOW.date() + 2 * DAY, eta_source="carrier")
    text = words(sam, "/orders/")
    assert "Delivered 1 October" in text
    assert "On its way comes Sun 22 Nov" in text


def test_two_hundred_orders_are_read_with_at_most_twelve_queries(sam: Client, order: Order, in_scope: Scope) -> None:
    few = [rows_read(sam, path) for path in ("/", "/orders/", "/policies/returns/")]
    for n in range(200):
        in_scope(an_order, f"5{n:03}", n % 90)
    many = [rows_read(sam, path) for path in ("/", "/orders/", "/policies/returns/")]
    assert max(many) <= 12 and all(later - first <= 1 for first, later in zip(few, many, strict=True))
    assert [len(numbers(sam, f"/orders/?page={page}")) for page in (1, 20, 21)] == [10, 10, 1]


def test_an_order_of_somebody_else_is_in_nobody_s_list(acme: Merchant, borealis: Merchant, order: Order, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    with merchant_scope(borealis.pk):
        twin = place_order(currency="USD", number="9001").customer
    assert twin is not None
    for client in (eve, signed_in(borealis, twin)):
        for query in ("", "?q=1001", "?q=linen", "?show=open", "?show=archived"):
            assert "1001" not in numbers(client, f"/orders/{query}")
