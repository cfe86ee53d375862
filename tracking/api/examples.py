"""Example bodies of the documentation."""

from typing import Any

from tracking.api.shipments import ANSWER

SCAN: dict[str, Any] = {
    "status": "out_for_delivery",
    "at": "2026-11-24T08:12:00+01:00",
    "code": "OFD",
    "text": "The parcel has been loaded into the delivery vehicle.",
    "place": {"city": "Berlin", "country": "DE"},
}
EARLIER: dict[str, Any] = {"status": "picked_up", "at": "2026-11-23T17:40:00+01:00", "place": {"city": "Köln", "country": "DE"}}
ONE = {"scans": [SCAN]}
SEVERAL = {"scans": [SCAN, EARLIER], "eta_from": "2026-11-24", "eta_by": "2026-11-24"}
BATCH = {
    "items": [
        {"tracking_number": "00340434161094042557", "carrier": "DHL", "scans": [SCAN]},
        {"tracking_number": "1Z999AA10123456784", "carrier": "UPS", "scans": [EARLIER]},
    ]
}
DETAIL: dict[str, Any] = {
    **ANSWER,
    "status": "out_for_delivery",
    "eta_from": "2026-11-24",
    "eta_source": "carrier",
    "promised_by": "2026-11-25",
    "first_scan_at": "2026-11-23T16:40:00Z",
    "last_scan_at": "2026-11-24T07:12:00Z",
    "attempted_at": None,
    "pickup_until": None,
    "is_delayed": False,
    "cause": "",
    "reason": "",
    "delivered_how": "",
    "direction": "out",
}
KEPT: dict[str, Any] = {
    "status": "out_for_delivery",
    "at": "2026-11-24T07:12:00Z",
    "has_time": True,
    "zone": "+01:00",
    "code": "OFD",
    "text": "The parcel has been loaded into the delivery vehicle.",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "is_delay": False,
    "cause": "",
    "reason": "",
    "source": "api",
}
PAGE = {**DETAIL, "scans": [KEPT], "next_cursor": None}
COUNTS: dict[str, Any] = {"added": 1, "known": 0, "left_out": 0, "warnings": []}
OUTCOME = {**COUNTS, "shipment": DETAIL}
BATCH_OUTCOME = {
    "results": [
        {"tracking_number": "00340434161094042557", "result": "recorded", "shipment": ANSWER["id"], **COUNTS, "problems": {}},
        {"tracking_number": "1Z999AA10123456784", "result": "waiting", "shipment": None, **COUNTS, "added": 0, "problems": {}},
    ]
}
