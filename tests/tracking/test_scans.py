"""Scans of carriers: found their parcel, kept once, folded; bad ones refused."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Promise
from tests import factories as make
from tests.conftest import NOW
from tests.factories import scan, tell
from tests.tracking.conftest import last_event, told
from tracking.models import CarrierFeed, Scan, Shipment
from tracking.selectors import ShipmentNotFound, scans_of
from tracking.services import ScansRefused, record_scans
from tracking.types import IncomingTracking, ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = NOW + DAY  # when the shop gave the parcel away


def test_a_scan_is_kept_with_all_it_says(parcel: Shipment) -> None:
    words: dict[str, Any] = {
        "raw_code": "ZO",
        "raw_status": "Zoll",
        "text": "Beim Zoll",
        "zone": "+01:00",
        "cause": "customs",
        "reason": "docs",
    }
    at = LEFT + HOUR
    done = tell(scan("on_hold", at=at, city="Köln", **words))
    assert (done.shipment, done.added, done.known, done.is_waiting, done.warnings) == (parcel, 1, 0, False, ())
    row = Scan.objects.values().get(source="aftership")
    kept = {"shipment_id": parcel.pk, "status": "on_hold", "at": at, "city": "Köln", "country": "DE", "has_time": True, "received_at": at}
    assert {name: row[name] for name in (*words, *kept)} == {**words, **kept}
    parcel.refresh_from_db()
    assert (parcel.status, parcel.raw_status, parcel.cause, parcel.reason) == ("on_hold", "Zoll", "customs", "docs")
    assert parcel.eta_hidden == "on_hold"


def test_the_same_news_again_changes_and_tells_nothing(parcel: Shipment) -> None:
    news = [scan("in_transit", at=LEFT + HOUR, city="Köln"), scan("out_for_delivery", at=LEFT + 20 * HOUR)]
    tell(*news)
    before, since = (Shipment.objects.values().get(), Scan.objects.count(), Promise.objects.count()), last_event()
    done = tell(*reversed(news), at=LEFT + 40 * DAY)
    assert (done.added, done.known) == (0, 2)
    assert ((Shipment.objects.values().get(), Scan.objects.count(), Promise.objects.count()), told(since=since)) == (before, [])


def test_a_contradiction_is_resolved_and_flagged(parcel: Shipment, caplog: pytest.LogCaptureFixture) -> None:
    tell(scan("returning", at=LEFT + HOUR))
    done = tell(scan("delivered", at=LEFT + 2 * HOUR))
    parcel.refresh_from_db()
    assert done.warnings == ("delivered after it had turned back",)
    assert (parcel.status, parcel.reason, parcel.delivered_at, "delivered" in told()) == (S.RETURNING, "contradictory", None, False)


def test_a_number_the_carrier_does_not_know_is_flagged_until_it_does(parcel: Shipment) -> None:
    tell(at=LEFT + HOUR, is_unknown_to_carrier=True)
    parcel.refresh_from_db()
    assert parcel.reason == "unknown_number"
    tell(scan("picked_up", at=LEFT + 2 * HOUR))
    parcel.refresh_from_db()
    assert parcel.reason == ""


def test_scans_from_long_before_the_order_are_left_out(parcel: Shipment) -> None:
    old, new = scan("delivered", at=NOW - 31 * DAY), scan("in_transit", at=LEFT + HOUR)
    done = tell(old, new)
    parcel.refresh_from_db()
    assert (done.added, done.left_out, done.warnings) == (1, 1, ("1 scans from long before the order left out",))
    assert (parcel.status, Scan.objects.filter(source="aftership").count()) == (S.IN_TRANSIT, 1)


def news(**over: Any) -> IncomingTracking:
    values: dict[str, Any] = {"source": "api", "tracking_number": "00340434161094042557", "scans": (scan(at=LEFT),)}
    return IncomingTracking(**{**values, **over})


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"tracking_number": "", "shipment": ""}, "tracking_number"),
        ({"tracking_number": "  "}, "tracking_number"),
        ({"tracking_number": "1" * 101}, "tracking_number"),
        ({"tracking_number": "1\x002"}, "tracking_number"),
        ({"carrier": "D\0HL"}, "carrier"),
        ({"carrier": "x" * 81}, "carrier"),
        ({"source": "x" * 61}, "source"),
        ({"scans": (scan(at=LEFT),) * 5001}, "scans"),
        ({"scans": (scan(at=LEFT), scan(at=LEFT + 2 * DAY))}, "scans[1].at"),
        ({"scans": (scan(at=LEFT.replace(tzinfo=None)),)}, "scans[0].at"),
        ({"told_at": LEFT.replace(tzinfo=None)}, "told_at"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_news_are_refused_by_field_and_change_nothing(parcel: Shipment, over: dict[str, Any], field: str) -> None:
    before = Shipment.objects.values().get(), Scan.objects.count(), Event.objects.count(), CarrierFeed.objects.count()
    with pytest.raises(ScansRefused) as refusal:
        record_scans(news=news(**over), at=LEFT)
    assert refusal.value.field == field
    assert (Shipment.objects.values().get(), Scan.objects.count(), Event.objects.count(), CarrierFeed.objects.count()) == before


def test_a_clock_a_little_ahead_is_taken(parcel: Shipment) -> None:
    assert tell(scan(at=LEFT + 23 * HOUR), at=LEFT).added == 1


def test_over_long_and_unusable_texts_are_cut(parcel: Shipment) -> None:
    long: dict[str, Any] = dict.fromkeys(("raw_code", "raw_status", "zone", "reason", "signed_by"), "x" * 200)
    tell(scan("delivered", at=LEFT, text="ü\0" * 600, cause="bad", how="bad", **long))
    row = Scan.objects.get(source="aftership")
    lengths = [len(text) for text in (row.raw_code, row.raw_status, row.zone, row.reason)]
    assert (row.text, row.cause, lengths) == ("ü" * 500, "", [80, 80, 40, 40])
    parcel.refresh_from_db()
    assert (len(parcel.raw_status), parcel.delivered_how, len(parcel.delivered_to)) == (60, "", 80)


def test_codes_nobody_knows_are_kept_and_counted_once(parcel: Shipment) -> None:
    odd = [scan("unknown", at=LEFT + place * HOUR, raw_code=f"X{place % 2}") for place in range(3)]
    for _ in range(2):
        tell(*odd)
    feed = CarrierFeed.objects.get()
    assert (feed.carrier_code, feed.source, feed.unknown_count, feed.unknown_codes) == ("dhl", "aftership", 3, {"X0": 2, "X1": 1})
    assert set(Scan.objects.filter(source="aftership").values_list("status", "raw_code")) == {("unknown", "X0"), ("unknown", "X1")}
    parcel.refresh_from_db()
    assert parcel.status == S.IN_TRANSIT


def test_a_hundred_unknown_codes_are_remembered(parcel: Shipment) -> None:
    tell(*(scan("unknown", at=LEFT + place * HOUR / 60, raw_code=f"X{place}") for place in range(120)))
    feed = CarrierFeed.objects.get()
    assert (feed.unknown_count, len(feed.unknown_codes)) == (120, 100)


def test_a_feed_knows_when_it_was_heard_and_how_often(parcel: Shipment) -> None:
    for hours in (1, 3, 5):
        tell(scan(at=LEFT + hours * HOUR))
    feed = CarrierFeed.objects.get()
    assert (feed.received_count, feed.last_received_at, feed.last_scan_at, feed.usual_gap) == (3, LEFT + 5 * HOUR, LEFT + 5 * HOUR, 7200.0)


def test_a_parcel_is_found_by_our_id_and_by_the_shops(parcel: Shipment) -> None:
    names: list[dict[str, str]] = [
        {"shipment": parcel.public_id},
        {"order_external_id": "1001", "shipment_external_id": "S1"},
    ]
    for place, name in enumerate(names):
        done = record_scans(news=news(tracking_number="", scans=(scan(at=LEFT + place * HOUR),), **name), at=LEFT + DAY)
        assert done.shipment == parcel
    for wrong in (
        {"shipment": "x"},
        {"order_external_id": "1001", "shipment_external_id": "S2"},
        {"order_external_id": "9", "shipment_external_id": "S1"},
    ):
        with pytest.raises(ShipmentNotFound):
            record_scans(news=news(tracking_number="", **wrong), at=LEFT)


def test_another_merchants_parcel_hears_nothing(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        public_id = make.ship(make.place_order()).public_id
        before = Shipment.objects.values().get()
    with merchant_scope(borealis.pk):
        with pytest.raises(ShipmentNotFound):
            record_scans(news=news(shipment=public_id), at=LEFT)
        assert tell(scan("delivered", at=LEFT)).is_waiting
    with merchant_scope(acme.pk):
        assert (Shipment.objects.values().get(), Scan.objects.exclude(source="shop").count()) == (before, 0)


def test_a_timeline_puts_a_day_without_time_in_its_place(parcel: Shipment) -> None:
    midnight = datetime.fromisoformat("2026-11-24T00:00:00+01:00")
    tell(scan("delivered", at=midnight, has_time=False), scan("out_for_delivery", at=midnight + 8 * HOUR), scan(at=midnight - HOUR))
    rows = [row.status for row in scans_of(shipment_ids=[parcel.pk])[parcel.pk] if row.source == "aftership"]
    assert rows == ["delivered", "out_for_delivery", "in_transit"]


@pytest.mark.parametrize("held", [1, 1000])
def test_a_scan_costs_the_same_whatever_the_parcel_has_behind_it(parcel: Shipment, held: int) -> None:
    tell(*(scan(at=LEFT + place * HOUR / 60, city="Köln") for place in range(held)))
    with CaptureQueriesContext(connection) as queries:
        tell(scan("out_for_delivery", at=LEFT + 30 * HOUR))
    asked = [query["sql"] for query in queries.captured_queries if "events_delivery" not in query["sql"]]
    assert (len(asked), [sql for sql in asked if 'from "tracking_scan"' in sql.lower()]) == (8, [])


def test_five_thousand_scans_take_as_many_statements_as_one(parcel: Shipment) -> None:
    tell(scan(at=LEFT))
    with CaptureQueriesContext(connection) as queries:
        done = tell(*(scan(at=LEFT + timedelta(seconds=1 + place), city="Köln") for place in range(5000)))
    assert (done.added, len([query for query in queries.captured_queries if "events_delivery" not in query["sql"]])) == (5000, 7)


def test_news_of_a_parcel_from_before_scans_were_kept_go_on_from_its_columns(parcel: Shipment) -> None:
    tell(scan("out_for_delivery", at=LEFT + 20 * HOUR))
    way = {"from_country": "", "to_country": "", "to_city": "", "to_region": ""}
    Shipment.objects.update(folded={}, first_scan_at=None, eta_source="carrier", **way)
    tell(scan("in_transit", at=LEFT + 2 * HOUR, city="Köln"))
    parcel.refresh_from_db()
    assert (parcel.status, parcel.status_at, parcel.shipped_at) == (S.OUT_FOR_DELIVERY, LEFT + 20 * HOUR, LEFT)
    assert (parcel.to_city, parcel.eta_source, parcel.eta_by) == ("berlin", "carrier", date(2026, 11, 26))
