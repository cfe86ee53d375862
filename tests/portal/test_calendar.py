"""The expected day as a calendar file: RFC 5545, stable, and without the link's token."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from orders.models import Order, Promise
from portal.rules.calendars import Entry, calendar_text, escaped, folded
from tests.conftest import NOW
from tests.factories import incoming_line, place_order
from tests.portal.world import DAY, HOUR, parcel
from tracking.models import Shipment
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]


def entry(**over: Any) -> Entry:
    values: dict[str, Any] = {"uid": "parcel-x@acme", "sequence": 0, "summary": "Parcel", "description": "Shirt", "url": "https://acme/"}
    values |= {"first": date(2026, 11, 26), "last": date(2026, 11, 26), "stamped_at": datetime(2026, 11, 20, 10, 0, tzinfo=UTC)}
    return Entry(**{**values, **over})


def lines(text: str) -> list[str]:
    """Content lines, unfolded."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_a_day_is_an_all_day_entry_that_ends_before_the_next() -> None:
    found = lines(calendar_text(entry()))
    assert found[:5] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//postpurchase//tracking//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    assert "DTSTART;VALUE=DATE:20261126" in found and "DTEND;VALUE=DATE:20261127" in found
    assert "DTSTAMP:20261120T100000Z" in found and found[-2:] == ["END:VEVENT", "END:VCALENDAR"]


def test_a_range_is_one_entry_over_its_days() -> None:
    found = lines(calendar_text(entry(first=date(2026, 12, 30), last=date(2027, 1, 2))))
    assert "DTSTART;VALUE=DATE:20261230" in found and "DTEND;VALUE=DATE:20270103" in found and "STATUS:TENTATIVE" in found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a, b; c\\d", r"a\, b\; c\\d"),
        ("one\r\ntwo\nthree\rfour", r"one\ntwo\nthree\nfour"),
        ("x\r\nBEGIN:VEVENT", r"x\nBEGIN:VEVENT"),
        ("nul\0 bell\a \u2028line", r"nul bell \nline"),
        ("Maß · 汉字 😀", "Maß · 汉字 😀"),
    ],
)
def test_text_cannot_leave_its_line(text: str, value: str) -> None:
    assert escaped(text) == value


@pytest.mark.parametrize("text", ["a" * 300, "汉" * 100, "ü" * 37 + "😀" * 40, "a" * 75, "a" * 76, ""])
def test_long_lines_are_folded_between_characters(text: str) -> None:
    pieces = folded(text).split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == text
    assert all(piece.startswith(" ") for piece in pieces[1:])


@pytest.fixture
def coming(in_scope: Scope) -> Shipment:
    line = incoming_line(title="Coat, long; \\ wool\nBEGIN:VALARM")
    order = in_scope(place_order, number="A/1,002", lines=(line,), placed_at=NOW - DAY)
    facts = {
        "status": Status.IN_TRANSIT,
        "shipped_at": NOW,
        "eta_from": date(2026, 11, 24),
        "eta_by": date(2026, 11, 26),
        "eta_source": "carrier",
    }
    row: Shipment = in_scope(parcel, order, **facts)
    return row


def fetch(client: Client, row: Shipment) -> Any:
    return client.get(f"/track/{row.order.track_token}/calendar.ics")


def test_the_file_names_shop_order_and_contents_and_asks_for_sign_in(browser: Client, coming: Shipment) -> None:
    response = fetch(browser, coming)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''parcel-A%2F1%2C002.ics"
    assert (response["X-Robots-Tag"], response["Referrer-Policy"]) == ("noindex, nofollow", "same-origin")
    text = response.content.decode()
    found = lines(text)
    assert r"SUMMARY:Parcel from Acme\, order A/1\,002" in found
    assert r"DESCRIPTION:Coat\, long\; \\ wool\nBEGIN:VALARM" in found
    assert found.count("BEGIN:VEVENT") == 1 and "BEGIN:VALARM" not in found
    assert f"URL:http://acme.platform.test/orders/{coming.order.public_id}/shipping/?parcel=1" in found
    assert coming.order.track_token not in text.replace("\r\n ", "")


def test_the_same_parcel_keeps_its_entry_and_a_moved_day_raises_its_number(browser: Client, coming: Shipment, in_scope: Scope) -> None:
    def numbers() -> list[str]:
        return re.findall(r"(?:UID|SEQUENCE):(.*)\r", fetch(browser, coming).content.decode())

    before = numbers()
    for hour, day in enumerate((24, 26, 26, 30)):
        said = {"date": date(2026, 11, day), "said_at": NOW + hour * HOUR, "source": "carrier"}
        in_scope(lambda said=said: Promise.objects.create(order=coming.order, subject=f"shipment:{coming.pk}", kind="arrive_by", **said))
    after = numbers()
    assert before[0] == after[0] == f"parcel-{coming.public_id}@acme.platform.test"
    assert (int(before[1]), int(after[1])) == (0, 3)  # the day said at first, then 24, 26 and 30


@pytest.mark.parametrize(
    "over", [{"status": Status.DELIVERED}, {"status": Status.LOST}, {"eta_hidden": "on_hold"}, {"eta_by": date(2026, 11, 1)}]
)
def test_no_day_no_file(browser: Client, coming: Shipment, in_scope: Scope, over: dict[str, Any]) -> None:
    in_scope(lambda: Shipment.objects.filter(pk=coming.pk).update(**over))
    assert fetch(browser, coming).status_code == 404
    assert "calendar.ics" not in browser.get(f"/track/{coming.order.track_token}/").content.decode()


def test_an_order_without_parcels_has_no_entry(browser: Client, order: Order) -> None:
    assert browser.get(f"/track/{order.track_token}/calendar.ics").status_code == 404
