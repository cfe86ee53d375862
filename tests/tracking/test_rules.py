"""Tables of pure decisions about parcels, and the carriers we know."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.conftest import NOW
from tracking.registry import CARRIERS, carrier_of, find_carrier
from tracking.rules import RANK, TIE, Item, Line, Packing, Parcel, Story, Wanted, counts, is_handed_over, pack, tell
from tracking.rules.scans import key_of, words_of
from tracking.types import IncomingScan, IncomingShipment, Place, ShipmentStatus

S = ShipmentStatus
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


def test_the_tables_hold_every_status_once() -> None:
    assert (set(RANK), sorted(TIE)) == (set(S), sorted(S))


@pytest.mark.parametrize(
    ("held", "told", "later", "does"),
    [
        (S.PENDING, S.LABEL_CREATED, False, True),
        (S.LABEL_CREATED, S.PICKED_UP, False, True),
        (S.IN_TRANSIT, S.LABEL_CREATED, True, False),
        (S.OUT_FOR_DELIVERY, S.IN_TRANSIT, True, True),
        (S.OUT_FOR_DELIVERY, S.IN_TRANSIT, False, False),
        (S.ATTEMPT_FAILED, S.OUT_FOR_DELIVERY, True, True),
        (S.IN_TRANSIT, S.DELIVERED, False, True),
        (S.LOST, S.IN_TRANSIT, True, True),
        (S.LOST, S.IN_TRANSIT, False, False),
        (S.DAMAGED, S.IN_TRANSIT, True, False),
        (S.LOST, S.DELIVERED, True, True),
        (S.CANCELLED, S.IN_TRANSIT, True, False),
        (S.DELIVERED, S.OUT_FOR_DELIVERY, True, False),
        (S.DELIVERED, S.LOST, True, False),
        (S.DELIVERED, S.CANCELLED, True, False),
        (S.DELIVERED, S.RETURNING, True, True),
        (S.RETURNING, S.DELIVERED, True, False),
        (S.RETURNED, S.RETURNING, True, False),
        (S.IN_TRANSIT, S.UNKNOWN, True, False),
    ],
)
def test_news_counts_by_rank_then_by_time(held: S, told: S, later: bool, does: bool) -> None:
    assert counts(held=held, held_at=NOW, told=told, told_at=LATER if later else EARLIER) is does


@pytest.mark.parametrize(
    ("status", "handed"),
    [
        (S.LABEL_CREATED, False),
        (S.PENDING, False),
        (S.UNKNOWN, False),
        (S.CANCELLED, False),
        (S.PICKED_UP, True),
        (S.LOST, True),
        (S.RETURNED, True),
    ],
)
def test_a_label_alone_is_not_handed_over(status: S, handed: bool) -> None:
    assert is_handed_over(status) is handed


LINES = (Line(1, "A", 3, removed=1, packed=1), Line(2, "B", 1), Line(3, "DIGITAL", 1, must_ship=False))


@pytest.mark.parametrize(
    ("told", "packing"),
    [
        ({}, Packing({1: 1, 2: 1})),
        ({"A": 1}, Packing({1: 1})),
        ({"A": 9}, Packing({1: 2}, ("line 'A': 9 told, 2 left",))),
        ({"B": 0}, Packing({})),
        ({"X": 1}, Packing({}, ("unknown line 'X'",))),
        ({"DIGITAL": 1}, Packing({3: 1})),
    ],
)
def test_what_lies_in_a_parcel(told: dict[str, int], packing: Packing) -> None:
    assert pack(told, LINES) == packing


def test_two_parcels_and_a_line_that_follows() -> None:
    lines = [Wanted(1, "Shirt", 2), Wanted(2, "Belt", 1), Wanted(3, "Shoes", 1), Wanted(4, "Voucher", 1, must_ship=False)]
    one = Parcel(11, 1, S.DELIVERED, (Item(1, "Shirt", 2),))
    gone = Parcel(12, 2, S.CANCELLED, (Item(2, "Belt", 1),))
    two = Parcel(13, 3, S.IN_TRANSIT, (Item(2, "Belt", 1),), date(2026, 11, 24), date(2026, 11, 26))
    story = tell(lines, [two, gone, one], ship_by=date(2026, 11, 30))
    assert [(parcel.shipment_id, parcel.position, parcel.of) for parcel in story.parcels] == [(11, 1, 2), (13, 2, 2)]
    assert (story.following, story.follows_by) == ((Item(3, "Shoes", 1),), date(2026, 11, 30))


def test_nothing_follows_when_all_is_packed() -> None:
    parcel = Parcel(1, 1, S.IN_TRANSIT, (Item(1, "Shirt", 1),), of=1)
    assert tell([Wanted(1, "Shirt", 1)], [parcel], ship_by=date(2026, 11, 30)) == Story((parcel,), (), None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DHL", "dhl"),
        ("dhl paket", "dhl"),
        ("DHL_Express", "dhl-express"),
        ("United Parcel Service", "ups"),
        ("USPS", "usps"),
        ("royal mail", "royal-mail"),
        ("顺丰", "sf-express"),
        ("J&T Express", "jnt"),
        ("Österreichische Post", "austrian-post"),
        ("Onkel Bob", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_carriers_are_found_by_what_shops_write(text: str, code: str | None) -> None:
    carrier = find_carrier(text)
    assert (carrier.code if carrier else None) == code


def test_every_carrier_has_its_own_code_and_a_link_for_numbers() -> None:
    assert len({carrier.code for carrier in CARRIERS}) == len(CARRIERS) >= 20
    for carrier in CARRIERS:
        assert carrier.url_for("A/1").startswith("https://") and "A%2F1" in carrier.url_for("A/1")
        assert carrier.url_for("") == ""
        assert carrier_of(carrier.code) is carrier


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"status": S.LABEL_CREATED}, [(S.LABEL_CREATED, NOW)]),
        ({"status": S.IN_TRANSIT}, [(S.IN_TRANSIT, NOW)]),
        ({"status": S.IN_TRANSIT, "shipped_at": EARLIER}, [(S.IN_TRANSIT, EARLIER)]),
        ({"status": S.LABEL_CREATED, "shipped_at": EARLIER}, [(S.LABEL_CREATED, NOW)]),
        ({"status": S.OUT_FOR_DELIVERY, "shipped_at": EARLIER}, [(S.PICKED_UP, EARLIER), (S.OUT_FOR_DELIVERY, NOW)]),
        ({"status": S.DELIVERED, "delivered_at": EARLIER}, [(S.DELIVERED, EARLIER)]),
        ({"status": S.DELIVERED}, [(S.DELIVERED, NOW)]),
    ],
)
def test_a_shops_word_as_scans(over: dict[str, Any], words: list[tuple[S, datetime]]) -> None:
    told = IncomingShipment(source="api", external_id="S1", order_external_id="1", updated_at=NOW, **over)
    assert [(word.status, word.at) for word in words_of(told)] == words


@pytest.mark.parametrize(
    ("over", "is_same"),
    [
        ({"text": "reworded"}, True),
        ({"at": NOW.astimezone(timezone(timedelta(hours=9)))}, True),
        ({"raw_code": "x1"}, True),
        ({"raw_code": "X2"}, False),
        ({"at": LATER}, False),
        ({"place": Place("Berlin")}, False),
    ],
    ids=str,
)
def test_the_same_time_code_and_place_are_the_same_scan(over: dict[str, Any], is_same: bool) -> None:
    one = IncomingScan(S.IN_TRANSIT, NOW, raw_code="X1", text="told", place=Place("Köln"))
    assert (key_of(replace(one, **over)) == key_of(one)) is is_same
