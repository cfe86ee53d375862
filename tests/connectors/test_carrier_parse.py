"""What carriers' payloads say: scans, places, zones, days, and what is unknown."""

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.carriers.aftership import codes as aftership
from connectors.carriers.easypost import codes as easypost
from connectors.carriers.reading import PlaceKeys as Keys
from connectors.carriers.reading import Utc, day, moment, offset_name, place_of
from connectors.carriers.seventeentrack import codes as seventeentrack
from connectors.carriers.shippo import codes as shippo
from connectors.fields import Node
from connectors.registry import CONNECTORS, connector_named
from connectors.shops.shopify import codes as shopify
from connectors.types import BadPayload, Ignored, TrackingSeen
from tests.connectors.carrier_calls import CARRIERS, NUMBER
from tests.connectors.conftest import payload
from tracking.types import Cause, DeliveredHow, IncomingScan, IncomingTracking, Place, ShipmentStatus

S, C, H = ShipmentStatus, Cause, DeliveredHow
BERLIN = Place(city="Berlin", country="DE")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def news(connector: str, body: dict[str, Any], topic: str = "") -> IncomingTracking:
    vendor = CONNECTORS[connector]
    seen = vendor.parse(topic or vendor.guess(body), body, connector)
    assert isinstance(seen, TrackingSeen)
    (one,) = seen.news
    return one


def of(connector: str) -> IncomingTracking:
    return news(connector, payload(CARRIERS[connector][0]))


def brief(scan: IncomingScan) -> tuple[Any, ...]:
    place = scan.place
    return scan.status, scan.at, scan.zone, scan.is_zone_assumed, scan.has_time, (place.city, place.region, place.country)


def test_easypost_is_read() -> None:
    found = of("easypost")
    assert [brief(scan) for scan in found.scans] == [
        (S.LABEL_CREATED, utc(2026, 11, 19, 10, 5), "UTC", True, True, ("", "", "")),
        (S.PICKED_UP, utc(2026, 11, 19, 17, 40), "Europe/Berlin", False, True, ("Hamburg", "", "DE")),
        (S.IN_TRANSIT, utc(2026, 11, 20, 6, 15), "Europe/Berlin", False, True, ("Hannover", "Niedersachsen", "DE")),
    ]
    last = found.scans[-1]
    assert (last.is_delay, last.cause, last.reason, last.text) == (True, C.WEATHER, "weather", "Delayed by snow")
    assert (found.tracking_number, found.carrier, found.service, found.source) == (NUMBER, "DHL", "Paket", "easypost")
    # Half past eleven at night in UTC is the next day in Berlin, where it is to arrive.
    assert (found.eta_from, found.eta_by, found.told_at) == (date(2026, 11, 25), date(2026, 11, 25), utc(2026, 11, 20, 8, 30))


def test_aftership_is_read() -> None:
    found = of("aftership")
    assert [brief(scan) for scan in found.scans] == [
        (S.LABEL_CREATED, utc(2026, 11, 19), "UTC", True, False, ("", "", "")),
        (S.PICKED_UP, utc(2026, 11, 19, 17, 40), "Europe/Berlin", False, True, ("Hamburg", "", "DE")),
        (S.ON_HOLD, utc(2026, 11, 20, 6), "+01:00", False, True, ("Leipzig DE", "", "DE")),
        (S.ATTEMPT_FAILED, utc(2026, 11, 20, 8, 30), "+01:00", False, True, ("Berlin", "", "DE")),
    ]
    assert [(scan.raw_code, scan.raw_status, scan.cause) for scan in found.scans[2:]] == [
        ("Exception_004", "Exception", C.CUSTOMS), ("AttemptFail_002", "AttemptFail", C.CONSIGNEE),
    ]  # fmt: skip
    assert (found.eta_from, found.eta_by, found.told_at) == (date(2026, 11, 23), date(2026, 11, 25), utc(2026, 11, 20, 8, 30))


def test_shippo_is_read_with_its_last_status_behind_the_history() -> None:
    found = of("shippo")
    assert [brief(scan) for scan in found.scans] == [
        (S.LABEL_CREATED, utc(2026, 11, 18, 16), "UTC", True, True, ("", "", "")),
        (S.PICKED_UP, utc(2026, 11, 19, 17, 40), "UTC", True, True, ("Hamburg", "", "DE")),
        (S.READY_FOR_PICKUP, utc(2026, 11, 20, 8, 5), "UTC", True, True, ("Berlin", "", "DE")),
    ]
    assert (found.carrier, found.service, found.eta_by) == ("dhl_germany", "Paket", date(2026, 11, 20))


def test_17track_is_read() -> None:
    found = of("17track")
    assert [brief(scan) for scan in found.scans] == [
        (S.IN_TRANSIT, utc(2026, 11, 20, 6, 15), "+01:00", False, True, ("Hannover", "Niedersachsen", "DE")),
        (S.PICKED_UP, utc(2026, 11, 19, 17, 40), "+01:00", False, True, ("HAMBURG", "", "")),
        (S.LABEL_CREATED, utc(2026, 11, 18, 23), "Europe/Berlin", False, False, ("", "", "DE")),
    ]
    assert (found.scans[0].is_delay, found.scans[0].cause) == (True, C.CARRIER)
    assert (found.carrier, found.service, found.told_at) == ("DHL Paket", "Paket", utc(2026, 11, 20, 8, 31))
    assert (found.eta_from, found.eta_by) == (date(2026, 11, 24), date(2026, 11, 25))


def test_a_shopify_fulfilment_event_is_read() -> None:
    found = news("shopify", payload("shopify/fulfillment_events_create"))
    assert [brief(scan) for scan in found.scans] == [
        (S.IN_TRANSIT, utc(2026, 11, 20, 6, 15), "+01:00", False, True, ("Hannover", "Niedersachsen", "DE"))
    ]
    assert (found.scans[0].is_delay, found.scans[0].raw_code, found.scans[0].text) == (True, "delayed", "Delayed at the hub")
    assert (found.order_external_id, found.shipment_external_id) == ("5500000000000000123", "4400000000000000777")
    assert (found.tracking_number, found.eta_by) == ("", date(2026, 11, 25))


MEANINGS = [
    (easypost, "in_transit", "held", S.ON_HOLD, "unknown", "held", False, ""),
    (easypost, "in_transit", "lost", S.LOST, "carrier", "parcel_lost", False, ""),
    (easypost, "in_transit", "missorted", S.IN_TRANSIT, "carrier", "sorting_error", True, ""),
    (easypost, "failure", "delivery_exception", S.ATTEMPT_FAILED, "unknown", "delivery_exception", False, ""),
    (easypost, "failure", "", S.UNKNOWN, "", "", False, ""),
    (easypost, "delivered", "weather_delay", S.DELIVERED, "", "", False, ""),
    (easypost, "return_to_sender", "refused", S.RETURNING, "consignee", "refused", False, ""),
    (easypost, "return_to_sender", "arrived_at_destination", S.RETURNED, "", "", False, ""),
    (easypost, "available_for_pickup", "arrived_at_pickup_location", S.READY_FOR_PICKUP, "", "", False, ""),
    (aftership, "Delivered", "Delivered_005", S.DELIVERED, "", "", False, "neighbour"),
    (aftership, "Delivered", "Delivered_002", S.DELIVERED, "", "", False, "collected"),
    (aftership, "Exception", "Exception_017", S.IN_TRANSIT, "weather", "weather", True, ""),
    (aftership, "Exception", "Exception_010", S.RETURNING, "", "", False, ""),
    (aftership, "Exception", "Exception_011", S.RETURNED, "", "", False, ""),
    (aftership, "Exception", "Exception_099", S.UNKNOWN, "", "", False, ""),
    (aftership, "InTransit", "InTransit_099", S.IN_TRANSIT, "", "", False, ""),
    (shippo, "TRANSIT", "out_for_delivery", S.OUT_FOR_DELIVERY, "", "", False, ""),
    (shippo, "TRANSIT", "delayed", S.IN_TRANSIT, "carrier", "delayed", True, ""),
    (shippo, "DELIVERED", "delayed", S.DELIVERED, "", "", False, ""),
    (shippo, "FAILURE", "package_lost", S.LOST, "carrier", "parcel_lost", False, ""),
    (shippo, "FAILURE", "", S.UNKNOWN, "", "", False, ""),
    (shippo, "RETURNED", "", S.RETURNING, "", "", False, ""),
    (seventeentrack, "Exception_Returned", "", S.RETURNED, "", "", False, ""),
    (seventeentrack, "InTransit_Something", "", S.IN_TRANSIT, "", "", False, ""),
    (seventeentrack, "Exception_Something", "", S.UNKNOWN, "", "", False, ""),
    (seventeentrack, "", "Returning", S.RETURNING, "", "", False, ""),
    (seventeentrack, "DeliveryFailure_NoBody", "", S.ATTEMPT_FAILED, "consignee", "not_home", False, ""),
]


@pytest.mark.parametrize(("codes", "first", "second", "status", "cause", "reason", "is_delay", "how"), MEANINGS)
def test_codes_mean(codes: Any, first: str, second: str, status: ShipmentStatus, cause: str, reason: str, is_delay: bool, how: str) -> None:
    found = codes.meaning_of(first, second)
    assert (found.status, found.cause, found.reason, found.is_delay, found.how) == (status, cause, reason, is_delay, how)


def test_every_meaning_fits_the_columns_it_goes_into() -> None:
    tables = (
        easypost.STATUS, easypost.DETAIL, easypost.RETURN_DETAIL, aftership.TAG, aftership.SUBTAG, shippo.STATUS, shippo.SUBSTATUS,
        seventeentrack.STATUS, seventeentrack.SUBSTATUS, seventeentrack.STAGE, shopify.EVENT,
    )  # fmt: skip
    for meaning in (meaning for table in tables for meaning in table.values()):
        assert meaning.cause in ("", *Cause.values)
        assert meaning.how in ("", *DeliveredHow.values)
        assert len(meaning.reason) <= 40
        assert bool(meaning.how) <= (meaning.status == S.DELIVERED)


def first_scan(body: dict[str, Any], connector: str) -> dict[str, Any]:
    paths = {
        "easypost": lambda: body["result"]["tracking_details"],
        "aftership": lambda: body["msg"]["checkpoints"],
        "shippo": lambda: body["data"]["tracking_history"],
        "17track": lambda: body["data"]["track_info"]["tracking"]["providers"][0]["events"],
    }
    found: dict[str, Any] = paths[connector]()[0]
    return found


UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "easypost": ({"status": "beamed_up", "status_detail": "by_scotty"}, "beamed_up/by_scotty"),
    "aftership": ({"tag": "BeamedUp", "subtag": "BeamedUp_001"}, "BeamedUp_001"),
    "shippo": ({"status": "BEAMED_UP", "substatus": {"code": "by_scotty", "text": "x"}}, "by_scotty"),
    "17track": ({"stage": "BeamedUp", "sub_status": "BeamedUp_Other"}, "BeamedUp_Other"),
}


@pytest.mark.parametrize("connector", CARRIERS)
def test_an_unknown_code_is_unknown_and_its_words_are_kept(connector: str) -> None:
    body = payload(CARRIERS[connector][0])
    words, code = UNKNOWN[connector]
    entry = first_scan(body, connector)
    entry.update(words)
    found = news(connector, body)
    (scan,) = [scan for scan in found.scans if scan.status == S.UNKNOWN]
    told = (entry.get("message"), entry.get("status_details"), entry.get("description"))
    assert (scan.raw_code, scan.text in told) == (code, True)
    assert any("is not known" in text for text in found.warnings)
    assert len(found.scans) == CARRIERS[connector][2]


def test_an_unknown_shopify_status_is_unknown() -> None:
    found = news("shopify", payload("shopify/fulfillment_events_create") | {"status": "beamed_up"})
    assert [(scan.status, scan.raw_code) for scan in found.scans] == [(S.UNKNOWN, "beamed_up")]
    assert found.warnings == ("status: 'beamed_up' is not known",)


def test_a_call_that_names_only_the_last_status_is_one_scan() -> None:
    bodies: dict[str, dict[str, Any]] = {
        "easypost": {"tracking_code": "1", "status": "out_for_delivery", "updated_at": "2026-11-20T08:00:00Z"},
        "aftership": {
            "tracking_number": "1", "tag": "OutForDelivery", "subtag": "OutForDelivery_001", "updated_at": "2026-11-20T08:00:00+00:00",
        },
        "shippo": {
            "tracking_number": "1", "carrier": "ups",
            "tracking_status": {"status": "TRANSIT", "substatus": {"code": "out_for_delivery"}, "object_updated": "2026-11-20T08:00:00Z"},
        },
        "17track": {
            "number": "1",
            "track_info": {
                "latest_status": {"status": "OutForDelivery", "sub_status": "OutForDelivery_Other"},
                "tracking": {"providers": [{"latest_sync_time": "2026-11-20T08:00:00Z"}]},
            },
        },
    }  # fmt: skip
    for connector, body in bodies.items():
        (scan,) = news(connector, body).scans
        assert (scan.status, scan.at) == (S.OUT_FOR_DELIVERY, utc(2026, 11, 20, 8)), connector


def test_17tracks_latest_event_stands_in_for_events_left_out() -> None:
    body = payload("17track/tracking_updated")
    info = body["data"]["track_info"]
    info["latest_event"] = info["tracking"].pop("providers")[0]["events"][0]
    found = news("17track", body)
    assert [(scan.raw_code, scan.place.city) for scan in found.scans] == [("Exception_Delayed", "Hannover")]
    assert found.carrier == "7041"


def test_a_status_without_any_time_is_said_and_left_out() -> None:
    body = {"number": "1", "track_info": {"latest_status": {"status": "Delivered", "sub_status": "Delivered_Other"}}}
    found = news("17track", body)
    assert (found.scans, found.warnings) == ((), ("track_info.latest_status.status: 'Delivered' is told without a time, left out",))


@pytest.mark.parametrize("connector", CARRIERS)
@pytest.mark.parametrize("time", ["soon", 7, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_scan_without_a_readable_time_is_left_out_and_said(connector: str, time: Any) -> None:
    body = payload(CARRIERS[connector][0])
    entry = first_scan(body, connector)
    for key in ("datetime", "checkpoint_time", "status_date", "time_iso"):
        if key in entry:
            entry[key] = time
    found = news(connector, body)
    assert len(found.scans) == CARRIERS[connector][2] - 1
    assert any("is no time we can read" in text for text in found.warnings)


@pytest.mark.parametrize("connector", CARRIERS)
def test_a_parcel_without_a_number_is_refused_by_name(connector: str) -> None:
    body = payload(CARRIERS[connector][0])
    holder = body.get("result") or body.get("msg") or body["data"]
    for key in ("tracking_code", "tracking_number", "number"):
        holder.pop(key, None)
    with pytest.raises(BadPayload, match=r"(tracking_code|number): is missing"):
        news(connector, body)


OTHERS = [
    ("easypost", {"object": "Event", "description": "batch.created"}, "topic batch.created is not used"),
    ("easypost", {"object": "Event", "description": "tracker.updated", "result": {}}, "an event without its tracker"),
    ("aftership", {"event": "return_created", "msg": {}}, "event return_created is not used"),
    ("aftership", {"event": "tracking_update", "msg": {"id": "x"}}, "it names a parcel at most and says nothing of it"),
    ("shippo", {"event": "transaction_updated", "data": {"x": 1}}, "event transaction_updated is not used"),
    ("shippo", {"event": "track_updated", "data": None}, "an event without its track"),
    ("17track", {"event": "TRACKING_STOPPED", "data": {"number": "1"}}, "event TRACKING_STOPPED is not used"),
    ("17track", {"code": 0, "data": {"accepted": [], "rejected": [{"number": "1"}]}}, "it names a parcel at most and says nothing of it"),
    ("shopify", {"happened_at": None, "fulfillment_id": 1, "order_id": 2}, "an event without a time"),
]


@pytest.mark.parametrize(("connector", "body", "reason"), OTHERS)
def test_what_is_no_tracking_is_ignored_with_a_reason(connector: str, body: dict[str, Any], reason: str) -> None:
    vendor = CONNECTORS[connector]
    assert vendor.parse(vendor.guess(body), body, connector) == Ignored(reason)


def test_deleted_fulfilment_events_are_ignored() -> None:
    body = payload("shopify/fulfillment_events_create")
    assert CONNECTORS["shopify"].parse("fulfillment_events/delete", body, "shopify") == Ignored(
        "topic fulfillment_events/delete is not used"
    )


def test_several_trackers_have_warnings_of_their_own() -> None:
    tracker = payload("easypost/tracker_updated")["result"]
    odd = copy.deepcopy(tracker) | {"tracking_code": "2", "est_delivery_date": "whenever"}
    seen = CONNECTORS["easypost"].parse("trackers", {"trackers": [tracker, odd]}, "easypost")
    assert isinstance(seen, TrackingSeen)
    assert [one.warnings for one in seen.news] == [(), ("trackers[1].est_delivery_date: is no day we can read",)]


TIMES = [
    # As written, the place, how far Z is believed: moment in UTC, zone, assumed, has a time.
    ("2026-07-01T10:00:00+02:00", BERLIN, Utc.TRUE, utc(2026, 7, 1, 8), "+02:00", False, True),
    ("2026-07-01T10:00:00-03:30", Place(), Utc.TRUE, utc(2026, 7, 1, 13, 30), "-03:30", False, True),
    ("2026-07-01T10:00:00", BERLIN, Utc.TRUE, utc(2026, 7, 1, 8), "Europe/Berlin", False, True),
    ("2026-07-01T10:00:00", Place(country="US"), Utc.TRUE, utc(2026, 7, 1, 10), "UTC", True, True),
    ("2026-07-01T10:00:00", Place(country="US", region="TX"), Utc.TRUE, utc(2026, 7, 1, 15), "America/Chicago", False, True),
    ("2026-07-01 10:00:00", Place(), Utc.TRUE, utc(2026, 7, 1, 10), "UTC", True, True),
    ("2026-07-01", BERLIN, Utc.TRUE, utc(2026, 6, 30, 22), "Europe/Berlin", False, False),
    ("2026-07-01", Place(), Utc.TRUE, utc(2026, 7, 1), "UTC", True, False),
    ("2026-07-01T00:00:00", BERLIN, Utc.TRUE, utc(2026, 6, 30, 22), "Europe/Berlin", False, False),
    ("2026-07-01T00:00:00+02:00", BERLIN, Utc.TRUE, utc(2026, 6, 30, 22), "+02:00", False, False),
    ("2026-07-01T00:00:00Z", BERLIN, Utc.LOCAL_CLOCK, utc(2026, 7, 1), "UTC", True, False),
    ("2026-07-01T10:00:00Z", BERLIN, Utc.TRUE, utc(2026, 7, 1, 10), "Europe/Berlin", False, True),
    ("2026-07-01T10:00:00Z", Place(), Utc.TRUE, utc(2026, 7, 1, 10), "UTC", False, True),
    ("2026-07-01T10:00:00Z", Place(), Utc.BY_PLACE, utc(2026, 7, 1, 10), "UTC", True, True),
    ("2026-07-01T10:00:00Z", BERLIN, Utc.BY_PLACE, utc(2026, 7, 1, 10), "Europe/Berlin", False, True),
    ("2026-07-01T10:00:00Z", BERLIN, Utc.LOCAL_CLOCK, utc(2026, 7, 1, 10), "UTC", True, True),
    # The hour daylight saving leaves out, and the one it doubles.
    ("2026-03-29T02:30:00", BERLIN, Utc.TRUE, utc(2026, 3, 29, 1, 30), "Europe/Berlin", False, True),
    ("2026-10-25T02:30:00", BERLIN, Utc.TRUE, utc(2026, 10, 25, 0, 30), "Europe/Berlin", False, True),
]


@pytest.mark.parametrize(("written", "place", "believed", "at", "zone", "is_assumed", "has_time"), TIMES)
def test_times_with_and_without_a_zone(
    written: str, place: Place, believed: Utc, at: datetime, zone: str, is_assumed: bool, has_time: bool
) -> None:
    told = moment(Node({"at": written}), "at", place, believed)
    assert told is not None
    assert (told.at, told.zone, told.is_zone_assumed, told.has_time) == (at, zone, is_assumed, has_time)


@pytest.mark.parametrize(
    ("written", "zone", "expected"),
    [
        ("2026-11-24", "", date(2026, 11, 24)),
        ("2026-11-24T00:00:00Z", "America/New_York", date(2026, 11, 24)),
        ("2026-11-24T03:00:00Z", "America/New_York", date(2026, 11, 23)),
        ("2026-11-24T23:59:59+01:00", "", date(2026, 11, 24)),
        ("", "", None),
        (None, "", None),
        ("tomorrow", "", None),
    ],
)
def test_days(written: str | None, zone: str, expected: date | None) -> None:
    assert day(Node({"on": written}), "on", zone) == expected


def test_a_place_takes_the_first_country_we_know() -> None:
    node = Node({"city": "Turin", "state": "", "zip": 10121, "iso": "XYZ", "name": "Italia"})
    assert place_of(node, Keys(countries=("iso", "name"))) == Place(city="Turin", postcode="10121", country="IT")
    assert node.told() == ()
    odd = Node({"city": "Atlantis", "country": "Atlantis"})
    assert place_of(odd, Keys()) == Place(city="Atlantis")
    assert odd.told() == ("country: 'Atlantis' is no country we know",)


def test_offsets_are_written_with_sign_and_minutes() -> None:
    for text in ("+00:00", "-03:30", "+05:45", "-11:00"):
        offset = datetime.fromisoformat(f"2026-01-01T00:00:00{text}").utcoffset()
        assert offset is not None
        assert offset_name(offset) == text


def test_the_folders_name_is_taken_for_the_vendors() -> None:
    assert connector_named("seventeentrack").name == "17track"
