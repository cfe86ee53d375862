"""Payloads carriers' aggregators and their client libraries published: every scan of every file, against values read off by hand."""

import json
import os
import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.carriers.aftership import codes as aftership_codes
from connectors.carriers.easypost import codes as easypost_codes
from connectors.carriers.easypost import verify as easypost_calls
from connectors.carriers.seventeentrack import codes as seventeentrack_codes
from connectors.carriers.shippo import codes as shippo_codes
from connectors.management.commands.parse_payload import outcome, read, unwrap
from connectors.registry import CONNECTORS
from connectors.types import Hook, Ignored, Parsed, TrackingSeen
from tests.conftest import NOW
from tracking.rules.scans import check_news
from tracking.types import DeliveredHow, IncomingScan, IncomingTracking, Place, ShipmentStatus

ROOT = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "payloads"

if not ROOT.is_dir():
    if os.environ.get("REQUIRE_ALL") == "1":
        raise FileNotFoundError(f"{ROOT} is missing and REQUIRE_ALL=1")
    pytest.skip(f"{ROOT} is not here", allow_module_level=True)

PENDING, LABEL, PICKED_UP, TRANSIT, OUT, DELIVERED = "pending", "label_created", "picked_up", "in_transit", "out_for_delivery", "delivered"
US, NOWHERE = "US", ("", "", "", "")
Row = tuple[str, str, tuple[str, str, str, str], str]  # status, UTC time, (city, region, postcode, country), text

HOUSTON, NORTH, COLUMBIA = ("HOUSTON", "TX", "77063", US), ("NORTH HOUSTON", "TX", "77315", US), ("COLUMBIA", "SC", "29201", US)
CHARLESTON, OAKLAND = ("CHARLESTON", "SC", "29407", US), ("Oakland", "CA", "94612", US)
CHICAGO, RADNOR = ("Chicago", "IL", "60290", US), ("Radnor", "PA", "19087", US)
LABEL_MADE: list[Row] = [
    (LABEL, "2025-04-09T20:40:17", NOWHERE, "Pre-Shipment Info Sent to USPS"),
    (LABEL, "2025-04-10T09:17:17", HOUSTON, "Shipping Label Created"),
]


def trial(second: str, rows: int) -> list[Row]:
    """EasyPost's numbers for trying out tell the same journey, a little more of it each."""
    journey: list[Row] = [
        (LABEL, f"2020-04-08T05:01:{second}", NOWHERE, "Pre-Shipment information received"),
        (LABEL, f"2020-04-08T23:50:{second}", NOWHERE, "Shipping label created"),
        (TRANSIT, f"2020-04-09T05:01:{second}", OAKLAND, "Picked Up"),
        (TRANSIT, f"2020-04-09T23:28:{second}", CHICAGO, "Arrived at Sort Facility"),
        (TRANSIT, f"2020-04-11T00:08:{second}", CHICAGO, "Departed Sort Facility"),
        (TRANSIT, f"2020-04-11T05:01:{second}", RADNOR, "Arrived at Distribution Center"),
        (OUT, f"2020-04-11T22:47:{second}", RADNOR, "Out For Delivery"),
        (DELIVERED, f"2020-04-12T06:10:{second}", RADNOR, "Delivered"),
    ]
    return journey[:rows]


SCANS: dict[str, list[Row]] = {
    "easypost/docs_event-body": [
        (LABEL, "2024-07-31T15:00:00", ("", "", "32837", US), "Shipment information sent to FedEx"),
        (TRANSIT, "2024-07-31T19:27:00", ("ORLANDO", "FL", "32809", US), "Picked up"),
        (TRANSIT, "2024-07-31T22:35:00", ("ORLANDO", "FL", "32809", US), "Arrived at FedEx location"),
        (TRANSIT, "2024-08-01T14:42:13", ("ORLANDO", "FL", "32809", US), "Departed FedEx location"),
        (TRANSIT, "2024-08-02T02:46:19", ("KENLY", "NC", "27542", US), "On the way"),
        (TRANSIT, "2024-08-02T18:35:20", ("EDISON TWP", "NJ", "08817", US), "On the way"),
        (TRANSIT, "2024-08-02T18:50:00", ("EDISON", "NJ", "08817", US), "Arrived at FedEx location"),
    ],
    "easypost/docs_trackers-create": LABEL_MADE,
    "easypost/docs_trackers-list": LABEL_MADE,
    "easypost/docs_trackers-retrieve": LABEL_MADE,
    "easypost/go_testcode_EZ1000000001_pre_transit": trial("21", 2),
    "easypost/go_testcode_EZ2000000002_in_transit": trial("21", 6),
    "easypost/go_testcode_EZ3000000003_out_for_delivery": trial("21", 7),
    "easypost/go_testcode_EZ4000000004_delivered": trial("22", 8),
    "easypost/go_testcode_EZ7000000007_unknown": [],
    "easypost/tracker_01_USPS_pre_transit": [
        (LABEL, "2025-02-06T19:48:46", NOWHERE, "Pre-Shipment Info Sent to USPS"),
        (LABEL, "2025-02-07T08:25:46", HOUSTON, "Shipping Label Created"),
    ],
    "easypost/tracker_02_USPS_in_transit": [
        (LABEL, "2024-07-16T15:58:21", NOWHERE, "Pre-Shipment Info Sent to USPS"),
        (LABEL, "2024-07-17T04:35:21", HOUSTON, "Shipping Label Created"),
        (TRANSIT, "2024-07-17T14:40:21", NORTH, "Arrived at USPS Origin Facility"),
        (TRANSIT, "2024-07-18T16:16:21", COLUMBIA, "Arrived at USPS Facility"),
        (TRANSIT, "2024-07-18T19:07:21", CHARLESTON, "Arrived at Post Office"),
        (TRANSIT, "2024-07-19T00:47:21", CHARLESTON, "Sorting Complete"),
    ],
    "easypost/tracker_05_USPS_delivered": [
        (LABEL, "2024-06-29T18:10:49", NOWHERE, "Pre-Shipment Info Sent to USPS"),
        (LABEL, "2024-06-30T06:47:49", HOUSTON, "Shipping Label Created"),
        (TRANSIT, "2024-06-30T16:52:49", NORTH, "Arrived at USPS Origin Facility"),
        (TRANSIT, "2024-07-01T18:28:49", COLUMBIA, "Arrived at USPS Facility"),
        (TRANSIT, "2024-07-01T21:19:49", CHARLESTON, "Arrived at Post Office"),
        (TRANSIT, "2024-07-02T02:59:49", CHARLESTON, "Sorting Complete"),
        (OUT, "2024-07-02T03:09:49", CHARLESTON, "Out for Delivery"),
        (DELIVERED, "2024-07-02T08:01:49", CHARLESTON, "Delivered"),
    ],
    "easypost/tracker_06_USPS_unknown": [],
    "aftership/01_Tracking_test_create_tracking_201": [],
    "aftership/02_Tracking_test_get_last_checkpoint_200": [],
    "aftership/03_Tracking_test_get_tracking_200": [],
    "aftership/04_Tracking_test_list_trackings_200": [],
    "aftership/06_Tracking_test_update_tracking_200": [],
    "shippo/test_create_1": [
        (PENDING, "2016-12-07T00:00:00", NOWHERE,
         "The USPS has received the electronic shipment information and is awaiting the item."),
        (PENDING, "2016-12-07T02:00:00", ("San Francisco", "CA", "94103", US),
         "The shipping label has been created and the USPS is awaiting the item."),
        (TRANSIT, "2016-12-07T19:04:00", ("San Francisco", "CA", "94103", US),
         "Your shipment has been accepted at the USPS origin facility."),
        (TRANSIT, "2016-12-07T20:19:00", ("San Francisco", "CA", "94188", US), "Your shipment has arrived at the USPS origin facility."),
        (TRANSIT, "2016-12-07T21:45:00", ("San Francisco", "CA", "94188", US), "Your shipment has departed the USPS facility."),
        (TRANSIT, "2016-12-07T22:05:00", ("Oakland", "CA", "94615", US), "Your shipment has arrived at the USPS facility."),
        (TRANSIT, "2016-12-08T03:25:00", ("Oakland", "CA", "94615", US), "Your shipment has departed the USPS facility."),
        (TRANSIT, "2016-12-08T06:40:00", ("Berkeley", "CA", "94705", US), "Your shipment has arrived at the post office."),
        (TRANSIT, "2016-12-08T10:19:00", ("Berkeley", "CA", "94705", US), "Your shipment has been sorted completely."),
        (TRANSIT, "2016-12-08T10:29:00", ("Berkeley", "CA", "94705", US), "Your shipment is out for delivery."),
        (DELIVERED, "2016-12-08T15:19:00", ("Berkeley", "CA", "94705", US),
         "Your shipment has been delivered at the destination mailbox."),
    ],
    "shippo/webhook_track_updated_TRANSCRIBED": [
        (DELIVERED, "2016-07-23T00:00:00", ("Las Vegas", "NV", "89101", US),
         "Your shipment has been delivered at the destination mailbox."),
    ],
    "17track/gettrackinfo_v2_2_delivered_TRANSCRIBED": [
        (DELIVERED, "2022-05-02T18:34:00", ("LOS ANGELES", "CA", "", US), "Package delivered"),
        (TRANSIT, "2022-04-28T13:00:00", ("LOS ANGELES", "CA", "", US), "Departed from facility"),
        (PICKED_UP, "2022-04-26T06:30:00", ("SHENZHEN", "", "", "CN"), "Package picked up"),
        (LABEL, "2022-04-25T02:00:00", ("SHENZHEN", "", "", "CN"), "Order information received"),
    ],
    "shopify/go_shopify_fulfillment_event": [(TRANSIT, "2023-10-21T03:39:27", NOWHERE, "")],
    "shopify/go_shopify_fulfillment_events": [(TRANSIT, "2023-10-21T03:39:23", NOWHERE, "")],
    "shopify/python_api_fulfillment_event": [(LABEL, "2021-01-25T21:32:23", NOWHERE, "")],
}  # fmt: skip

NO_TRACKER, NO_RESULT = "no tracker in it", "an event without its tracker"
IGNORED = {
    "easypost/HMAC_VECTOR": NO_TRACKER,
    "easypost/docs_client-library-fixtures": NO_TRACKER,
    "easypost/docs_events-list": NO_TRACKER,
    "easypost/docs_events-retrieve": NO_RESULT,
    "easypost/docs_trackers-delete": NO_TRACKER,
    "easypost/docs_webhooks-create": NO_TRACKER,
    "easypost/docs_webhooks-delete": NO_TRACKER,
    "easypost/docs_webhooks-list": NO_TRACKER,
    "easypost/docs_webhooks-retrieve": NO_TRACKER,
    "easypost/docs_webhooks-update": NO_TRACKER,
    "easypost/event_02_batch_updated": "topic batch.updated is not used",
    "easypost/event_03_batch_created": "topic batch.created is not used",
    "easypost/event_04_insurance_cancelled": "topic insurance.cancelled is not used",
    "easypost/event_05_tracker_updated": NO_RESULT,
    "easypost/event_06_insurance_purchased": "topic insurance.purchased is not used",
    "easypost/event_07_report_empty": "topic report.empty is not used",
    "easypost/event_08_report_new": "topic report.new is not used",
    "aftership/05_Tracking_test_retrack_200": "it names a parcel at most and says nothing of it",
}
# Number, carrier, service, first and last day it is expected.
PARCELS: dict[str, tuple[str, str, str, str, str]] = {
    "easypost/docs_event-body": ("1", "FedEx", "FEDEX_GROUND", "2024-08-05", "2024-08-05"),
    "easypost/docs_trackers-list": ("EZ1000000001", "USPS", "First-Class Package Service", "2025-05-09", "2025-05-09"),
    "easypost/go_testcode_EZ7000000007_unknown": ("EZ7000000007", "USPS", "", "", ""),
    "easypost/tracker_05_USPS_delivered": (
        "9400100110368068500422", "USPS", "First-Class Package Service", "2024-07-29", "2024-07-29"),
    "aftership/01_Tracking_test_create_tracking_201": ("HH19260817", "4px", "", "", ""),
    "aftership/02_Tracking_test_get_last_checkpoint_200": ("19260817", "china-post", "", "", ""),
    "shippo/test_create_1": ("9205590164917337534322", "usps", "Priority Mail", "2016-12-08", "2016-12-08"),
    "shippo/webhook_track_updated_TRANSCRIBED": (
        "9205590164917312751089", "usps", "Priority Mail Express", "2019-08-24", "2019-08-24"),
    "17track/gettrackinfo_v2_2_delivered_TRANSCRIBED": ("RR123456789CN", "China Post", "", "2022-05-01", "2022-05-03"),
}  # fmt: skip
# Zone, and whether it is assumed, of scans by their place in the list.
ZONES: list[tuple[str, int, str, bool]] = [
    ("easypost/docs_event-body", 0, "UTC", True),
    ("easypost/docs_event-body", 1, "America/New_York", False),
    ("easypost/docs_trackers-create", 1, "America/Chicago", False),
    ("easypost/go_testcode_EZ2000000002_in_transit", 2, "America/Los_Angeles", False),
    ("shippo/test_create_1", 10, "UTC", True),
    ("17track/gettrackinfo_v2_2_delivered_TRANSCRIBED", 0, "-04:00", False),
    ("17track/gettrackinfo_v2_2_delivered_TRANSCRIBED", 2, "+08:00", False),
    ("shopify/go_shopify_fulfillment_event", 0, "-04:00", False),
]
CARRIERS = ("easypost", "aftership", "shippo", "17track")
FILES = [f"{vendor}/{path.stem}" for vendor in CARRIERS for path in sorted((ROOT / vendor).glob("*.json"))]


def parsed(name: str) -> Parsed:
    """What we make of one file, as a webhook with its own topic would be read."""
    vendor = name.partition("/")[0]
    connector = CONNECTORS[vendor]
    body: Any = read(ROOT / f"{name}.json")
    if vendor == "shopify":
        body = unwrap(body)
        body = body[0] if isinstance(body, list) else body
    return connector.parse(connector.guess(body), body, vendor)


def news(name: str) -> IncomingTracking:
    seen = parsed(name)
    assert isinstance(seen, TrackingSeen)
    (one,) = seen.news
    return one


def row(scan: IncomingScan) -> Row:
    place = scan.place
    at = scan.at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return str(scan.status.value), at, (place.city, place.region, place.postcode, place.country), scan.text


def test_every_file_is_in_one_of_the_tables() -> None:
    assert sorted(FILES) == sorted(name for name in {**SCANS, **IGNORED} if not name.startswith("shopify/"))
    events = {f"shopify/{path.stem}" for path in (ROOT / "shopify").glob("*fulfillment_event*.json")}
    assert events == {name for name in SCANS if name.startswith("shopify/")}


@pytest.mark.parametrize("name", SCANS)
def test_every_scan_has_its_status_time_place_and_text(name: str) -> None:
    found = news(name)
    assert [row(scan) for scan in found.scans] == SCANS[name]
    assert found.warnings == ()


@pytest.mark.parametrize("name", SCANS)
def test_what_is_read_can_be_kept_as_it_is(name: str) -> None:
    found = news(name)
    assert check_news(found, at=NOW) == found


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_no_tracking_is_ignored_with_a_reason(name: str) -> None:
    assert parsed(name) == Ignored(IGNORED[name])


@pytest.mark.parametrize("name", PARCELS)
def test_the_parcel_and_when_it_is_expected(name: str) -> None:
    found = news(name)
    number, carrier, service, eta_from, eta_by = PARCELS[name]
    days = tuple(date.fromisoformat(day) if day else None for day in (eta_from, eta_by))
    assert (found.tracking_number, found.carrier, found.service, (found.eta_from, found.eta_by)) == (number, carrier, service, days)


@pytest.mark.parametrize(("name", "position", "zone", "is_assumed"), ZONES)
def test_the_zone_is_kept_or_said_to_be_assumed(name: str, position: int, zone: str, is_assumed: bool) -> None:
    scan = news(name).scans[position]
    assert (scan.zone, scan.is_zone_assumed) == (zone, is_assumed)


def test_midnight_sharp_is_a_day_without_a_time() -> None:
    bare = {(name, scan.at.isoformat()) for name in SCANS for scan in news(name).scans if not scan.has_time}
    assert bare == {
        ("shippo/test_create_1", "2016-12-07T00:00:00+00:00"),
        ("shippo/webhook_track_updated_TRANSCRIBED", "2016-07-23T00:00:00+00:00"),
    }


def test_the_senders_own_codes_stand_beside_ours() -> None:
    first = news("easypost/docs_event-body").scans
    assert [(scan.raw_code, scan.raw_status) for scan in first[:3]] == [
        ("pre_transit/label_created", "OC"), ("in_transit/arrived_at_facility", "PU"), ("in_transit/arrived_at_facility", "AR"),
    ]  # fmt: skip
    assert [scan.raw_code for scan in news("17track/gettrackinfo_v2_2_delivered_TRANSCRIBED").scans] == [
        "Delivered_Other", "InTransit_Other", "InTransit_PickedUp", "InfoReceived",
    ]  # fmt: skip
    assert news("shippo/webhook_track_updated_TRANSCRIBED").scans[0].raw_code == "information_received"
    assert news("shopify/python_api_fulfillment_event").scans[0].raw_code == "label_printed"


def test_who_signed_is_told_of_the_delivery_only() -> None:
    scans = news("easypost/tracker_05_USPS_delivered").scans
    assert [(scan.how, scan.signed_by) for scan in scans if scan.signed_by or scan.how] == [(DeliveredHow.SIGNED, "John Tester")]
    assert scans[-1].signed_by == "John Tester"


def test_a_number_the_carrier_does_not_know_is_said_to_be_so() -> None:
    unknown = {name for name in SCANS if news(name).is_unknown_to_carrier}
    assert unknown == {"easypost/go_testcode_EZ7000000007_unknown", "easypost/tracker_06_USPS_unknown"}


def test_when_the_sender_knew() -> None:
    assert news("easypost/docs_event-body").told_at == datetime(2024, 8, 2, 19, 26, 51, tzinfo=UTC)
    assert news("aftership/06_Tracking_test_update_tracking_200").told_at == datetime(2020, 2, 26, 3, 57, tzinfo=UTC)
    assert news("shippo/test_create_1").told_at == datetime(2016, 12, 9, 1, 40, 17, 515000, tzinfo=UTC)


def test_shopifys_event_names_the_parcel_by_the_shops_ids() -> None:
    found = news("shopify/go_shopify_fulfillment_event")
    assert (found.order_external_id, found.shipment_external_id, found.tracking_number) == ("450789469", "255858046", "")


def test_easyposts_signature_vector_holds() -> None:
    vector = json.loads((ROOT / "easypost" / "HMAC_VECTOR.json").read_text())
    body = (ROOT / "easypost" / "docs_event-body.json").read_bytes().rstrip(b"\n")
    assert len(body) == 3550
    for secret in (vector["secret"], unicodedata.normalize("NFC", vector["secret"]), unicodedata.normalize("NFD", vector["secret"])):
        assert easypost_calls.verify(secret, Hook(body, {vector["header"]: vector["expected"]}))
    assert not easypost_calls.verify("secret", Hook(body, {vector["header"]: vector["expected"]}))
    assert not easypost_calls.verify(vector["secret"], Hook(body + b"\n", {vector["header"]: vector["expected"]}))


def values_of(page: str) -> list[str]:
    """The second column of a documentation page's table of values."""
    text = (ROOT / "shippo" / f"{page}.md").read_text()
    return [match[1] for match in re.finditer(r"^\| `[A-Z_]+` *\| (\w+) *\|", text, re.MULTILINE)]


def test_shippos_documented_words_are_all_known() -> None:
    assert values_of("docs_trackingstatusenum") == ["UNKNOWN", "PRE_TRANSIT", "TRANSIT", "DELIVERED", "RETURNED", "FAILURE"]
    assert set(values_of("docs_trackingstatusenum")) == set(shippo_codes.STATUS)
    assert set(values_of("docs_webhookeventtypeenum")) == {*shippo_codes.EVENTS, *shippo_codes.OTHER_EVENTS}


def test_documentation_pages_hold_no_payload_that_we_do_not_read() -> None:
    pages = sorted((ROOT / "shippo").glob("*.md"))
    assert len(pages) == 7
    assert [page.name for page in pages if "```json" in page.read_text()] == []


def test_the_command_prints_each_scan_with_all_a_person_asks_for() -> None:
    (told,) = outcome(CONNECTORS["17track"], read(ROOT / "17track" / "gettrackinfo_v2_2_delivered_TRANSCRIBED.json"), "")
    assert (told["kind"], told["shipment"]["number"], told["shipment"]["status"]) == ("TrackingSeen", "RR123456789CN", DELIVERED)
    assert told["scans"][0] == {
        "status": ShipmentStatus.DELIVERED, "time": datetime(2022, 5, 2, 18, 34, tzinfo=UTC), "zone": "-04:00", "is_zone_assumed": False,
        "has_time": True, "raw_code": "Delivered_Other", "raw_status": "Delivered", "text": "Package delivered",
        "place": {"city": "LOS ANGELES", "region": "CA", "postcode": "", "country": "US"}, "is_delay": False, "cause": "", "reason": "",
        "how": "", "signed_by": "", "pickup_until": None,
    }  # fmt: skip
    assert told["warnings"] == []


@pytest.mark.parametrize("codes", [easypost_codes, aftership_codes, shippo_codes, seventeentrack_codes])
def test_nothing_unknown_is_guessed(codes: Any) -> None:
    assert codes.meaning_of("abducted", "by_aliens").status == ShipmentStatus.UNKNOWN
    assert codes.meaning_of("", "").status == ShipmentStatus.UNKNOWN


def test_no_place_is_no_place() -> None:
    assert news("shopify/go_shopify_fulfillment_event").scans[0].place == Place()
