"""Answers of the vendors' interfaces as their documents describe them, one parcel each time."""

import json
from typing import Any

from core.http import Response

NUMBER, OTHER = "00340434161094042557", "00340434161094099999"


def answer(content: Any, status: int = 200, **headers: str) -> Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "api.vendor.example")


def easypost_tracker(number: str = NUMBER, status: str = "in_transit", carrier: str = "DHLPaket", **over: Any) -> dict[str, Any]:
    scan = {
        "object": "TrackingDetail",
        "message": "Arrived at the parcel centre",
        "status": status,
        "status_detail": "arrived_at_facility",
        "datetime": "2026-11-21T08:15:00Z",
        "source": carrier,
        "tracking_location": {"object": "TrackingLocation", "city": "Leipzig", "state": None, "country": "DE", "zip": "04109"},
    }
    return {
        "id": "trk_1",
        "object": "Tracker",
        "tracking_code": number,
        "status": status,
        "status_detail": "arrived_at_facility",
        "updated_at": "2026-11-21T08:20:00Z",
        "carrier": carrier,
        "tracking_details": [scan],
        **over,
    }


def easypost_unknown(number: str = NUMBER) -> dict[str, Any]:
    return easypost_tracker(number, "unknown", tracking_details=[], status_detail="unknown")


def aftership_tracking(number: str = NUMBER, tag: str = "InTransit", slug: str = "dhl-germany", **over: Any) -> dict[str, Any]:
    scan = {
        "slug": slug,
        "city": "Leipzig",
        "country_iso3": "DEU",
        "message": "Arrived at the parcel centre",
        "checkpoint_time": "2026-11-21T09:15:00+01:00",
        "tag": tag,
        "subtag": f"{tag}_001",
    }
    return {"tracking_number": number, "slug": slug, "tag": tag, "updated_at": "2026-11-21T08:20:00+00:00", "checkpoints": [scan], **over}


def aftership_list(*trackings: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"code": 200}, "data": {"trackings": list(trackings)}}


def aftership_error(code: int) -> dict[str, Any]:
    return {"meta": {"code": code, "type": "BadRequest", "message": "said in words"}, "data": {}}


def shippo_track(number: str = NUMBER, status: str = "TRANSIT", **over: Any) -> dict[str, Any]:
    scan = {
        "status": status,
        "status_details": "Arrived at the parcel centre",
        "status_date": "2026-11-21T08:15:00Z",
        "location": {"city": "Leipzig", "state": "", "zip": "04109", "country": "DE"},
    }
    return {"carrier": "dhl_germany", "tracking_number": number, "tracking_status": scan, "tracking_history": [scan], **over}


def seventeentrack_track(number: str = NUMBER, status: str = "InTransit") -> dict[str, Any]:
    event = {
        "time_iso": "2026-11-21T09:15:00+01:00",
        "time_utc": "2026-11-21T08:15:00Z",
        "description": "Arrived at the parcel centre",
        "location": "Leipzig, DE",
        "stage": None,
        "sub_status": f"{status}_Other",
        "address": {"country": "DE", "state": None, "city": "Leipzig", "postal_code": "04109"},
    }
    info = {
        "latest_status": {"status": status, "sub_status": f"{status}_Other"},
        "latest_event": event,
        "tracking": {"providers": [{"provider": {"key": 7041, "name": "DHL Paket"}, "events": [event]}]},
    }
    return {"number": number, "carrier": 7041, "track_info": info}


def seventeentrack(*accepted: dict[str, Any], rejected: dict[str, int] | None = None, code: int = 0) -> dict[str, Any]:
    errors = [{"number": number, "error": {"code": error, "message": "said in words"}} for number, error in (rejected or {}).items()]
    return {"code": code, "data": {"accepted": list(accepted), "rejected": errors}}
