"""What carriers say of the simulated shops' parcels, in the words of the two aggregators the demo's merchants use."""

import base64
import hashlib
import hmac
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from demo.payloads import Call, Sale, Step, tracking_number
from demo.road import Stop, place_of, stops
from demo.world import Shop
from tracking.types import ShipmentStatus

S = ShipmentStatus
ROADS = ("plain", "plain", "neighbour", "attempt", "weather")
AFTERSHIP = {
    S.LABEL_CREATED: ("InfoReceived", "InfoReceived_001"),
    S.PICKED_UP: ("InTransit", "InTransit_002"),
    S.IN_TRANSIT: ("InTransit", "InTransit_001"),
    S.OUT_FOR_DELIVERY: ("OutForDelivery", "OutForDelivery_001"),
    S.ATTEMPT_FAILED: ("AttemptFail", "AttemptFail_002"),
    S.DELIVERED: ("Delivered", "Delivered_001"),
}
EASYPOST = {
    S.LABEL_CREATED: ("pre_transit", "label_created"),
    S.PICKED_UP: ("in_transit", "received_at_origin_facility"),
    S.IN_TRANSIT: ("in_transit", "arrived_at_facility"),
    S.OUT_FOR_DELIVERY: ("out_for_delivery", "out_for_delivery"),
    S.ATTEMPT_FAILED: ("failure", "delivery_exception"),
    S.DELIVERED: ("delivered", "arrived_at_destination"),
}
# Which aggregator a merchant's carriers are read through.
THROUGH = {"aurora": "aftership", "voltline": "easypost"}


def headers(connector: str, raw: bytes, secret: str) -> dict[str, str]:
    """What the aggregator signs with."""
    digest = hmac.new(secret.encode(), raw, hashlib.sha256)
    if connector == "aftership":
        return {"aftership-hmac-sha256": base64.b64encode(digest.digest()).decode()}
    return {"X-Hmac-Signature": f"hmac-sha256-hex={digest.hexdigest()}"}


def road(shop: Shop) -> Iterator[Step]:
    """The carrier's calls about one parcel, one word more each time."""
    told: list[tuple[Stop, datetime]] = []
    for stop in stops(random.choice(ROADS)):
        yield _step(shop, stop, told)


def _step(shop: Shop, stop: Stop, told: list[tuple[Stop, datetime]]) -> Step:
    def step(sale: Sale, now: datetime) -> Call:
        told.append((stop, now))
        make = _aftership if THROUGH[shop.slug] == "aftership" else _easypost
        return "", make(shop, sale, told)

    return step


def _aftership(shop: Shop, sale: Sale, told: list[tuple[Stop, datetime]]) -> dict[str, Any]:
    tag, subtag = AFTERSHIP[told[-1][0].status]
    return {
        "event": "tracking_update",
        "event_id": f"{sale.id}-{len(told)}",
        "ts": int(told[-1][1].timestamp()),
        "msg": {
            "id": str(sale.id),
            "tracking_number": tracking_number(sale),
            "slug": sale.carrier[0].lower(),
            "tag": tag,
            "subtag": _subtag(told[-1][0], subtag),
            "checkpoints": [_checkpoint(shop, sale, stop, at) for stop, at in told],
        },
    }


def _subtag(stop: Stop, usual: str) -> str:
    return "Exception_017" if stop.is_delay else usual


def _checkpoint(shop: Shop, sale: Sale, stop: Stop, at: datetime) -> dict[str, Any]:
    place = place_of(shop, stop, sale.order.shipping_address)
    tag, subtag = AFTERSHIP[stop.status]
    return {
        "checkpoint_time": at.isoformat(timespec="seconds"),
        "city": place.city,
        "state": place.region or None,
        "country_iso3": {"DE": "DEU", "FR": "FRA", "US": "USA"}.get(place.country),
        "zip": place.postcode,
        "message": stop.text,
        "tag": "Exception" if stop.is_delay else tag,
        "subtag": _subtag(stop, subtag),
        "raw_tag": stop.code,
    }


def _easypost(shop: Shop, sale: Sale, told: list[tuple[Stop, datetime]]) -> dict[str, Any]:
    status, detail = EASYPOST[told[-1][0].status]
    return {
        "id": f"evt_{sale.id}{len(told)}",
        "object": "Event",
        "description": "tracker.updated",
        "mode": "production",
        "result": {
            "id": f"trk_{sale.id}",
            "object": "Tracker",
            "tracking_code": tracking_number(sale),
            "carrier": sale.carrier[0],
            "status": status,
            "status_detail": detail,
            "updated_at": told[-1][1].isoformat(timespec="seconds"),
            "tracking_details": [_detail(shop, sale, stop, at) for stop, at in told],
        },
    }


def _detail(shop: Shop, sale: Sale, stop: Stop, at: datetime) -> dict[str, Any]:
    place = place_of(shop, stop, sale.order.shipping_address)
    status, detail = EASYPOST[stop.status]
    return {
        "object": "TrackingDetail",
        "status": status,
        "status_detail": "weather_delay" if stop.is_delay else detail,
        "message": stop.text,
        "datetime": at.isoformat(timespec="seconds"),
        "source": sale.carrier[0],
        "carrier_code": stop.code,
        "tracking_location": {"city": place.city, "state": place.region or None, "country": place.country, "zip": place.postcode},
    }
