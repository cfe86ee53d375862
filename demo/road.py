"""How the demo's parcels travel: what the carrier says, how many days after the hand-over, and where."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from demo.world import Shop, Shopper
from orders.types import Address
from tracking.types import Cause, DeliveredHow, IncomingScan, Place, ShipmentStatus

S = ShipmentStatus
LEAD = timedelta(days=3)  # how long a pick-up point keeps a parcel, after the day it came


@dataclass(frozen=True, slots=True)
class Stop:
    """One word of the carrier, `days` after the hand-over, at the warehouse, the hub or the shopper's town."""

    days: float
    status: ShipmentStatus
    text: str
    where: str = "near"
    code: str = ""
    is_delay: bool = False
    cause: str = ""
    reason: str = ""
    how: str = ""
    keeps: bool = False
    eta_days: float = 0.0  # the carrier names this day, counted from the hand-over


LABEL = Stop(-0.3, S.LABEL_CREATED, "Shipping label created", "home", "LBL")
TAKEN = Stop(0.0, S.PICKED_UP, "Picked up from sender", "home", "PU")
HUB = Stop(0.25, S.IN_TRANSIT, "Processed at sorting hub", "hub", "HUB")
NEAR = Stop(1.55, S.IN_TRANSIT, "Arrived at delivery depot", "near", "DEP")
OUT = Stop(1.62, S.OUT_FOR_DELIVERY, "Loaded onto delivery vehicle", "near", "OFD")
DONE = Stop(1.86, S.DELIVERED, "Delivered", "near", "DLV", how=DeliveredHow.HANDED)
ROADS: dict[str, tuple[Stop, ...]] = {
    "label": (LABEL,),
    "plain": (LABEL, TAKEN, HUB, NEAR, OUT, DONE),
    "neighbour": (
        LABEL,
        TAKEN,
        HUB,
        NEAR,
        OUT,
        Stop(1.9, S.DELIVERED, "Delivered to neighbour", "near", "DLN", how=DeliveredHow.NEIGHBOUR),
    ),
    "slow": (
        LABEL,
        TAKEN,
        HUB,
        Stop(4.55, S.IN_TRANSIT, "Arrived at delivery depot", "near", "DEP"),
        Stop(4.62, S.OUT_FOR_DELIVERY, "Loaded onto delivery vehicle", "near", "OFD"),
        Stop(4.84, S.DELIVERED, "Delivered", "near", "DLV", how=DeliveredHow.DOOR),
    ),
    "weather": (
        LABEL,
        TAKEN,
        HUB,
        Stop(1.1, S.IN_TRANSIT, "Severe weather, departure delayed", "hub", "WX", True, Cause.WEATHER, "weather_delay", eta_days=8.0),
        Stop(2.6, S.IN_TRANSIT, "Departed sorting hub", "hub", "DHB"),
        Stop(4.3, S.IN_TRANSIT, "Processed at sorting hub", "hub", "HUB"),
        Stop(5.9, S.IN_TRANSIT, "Departed sorting hub", "hub", "DHB"),
        Stop(7.55, S.IN_TRANSIT, "Arrived at delivery depot", "near", "DEP"),
        Stop(7.62, S.OUT_FOR_DELIVERY, "Loaded onto delivery vehicle", "near", "OFD"),
        Stop(7.9, S.DELIVERED, "Delivered", "near", "DLV", how=DeliveredHow.HANDED),
    ),
    "attempt": (
        LABEL,
        TAKEN,
        HUB,
        NEAR,
        OUT,
        Stop(
            2.0,
            S.ATTEMPT_FAILED,
            "Recipient not home, second attempt next working day",
            "near",
            "NH",
            cause=Cause.CONSIGNEE,
            reason="not_home",
        ),
    ),
    "pickup": (
        LABEL,
        TAKEN,
        HUB,
        NEAR,
        Stop(1.8, S.ATTEMPT_FAILED, "Recipient not home", "near", "NH", cause=Cause.CONSIGNEE, reason="not_home"),
        Stop(2.2, S.READY_FOR_PICKUP, "Ready for collection at parcel shop", "near", "RFC", keeps=True),
    ),
    "customs": (
        LABEL,
        TAKEN,
        HUB,
        Stop(1.5, S.ON_HOLD, "Held by customs, documents requested", "hub", "CUS", cause=Cause.CUSTOMS, reason="documentation"),
    ),
    "stalled": (LABEL, TAKEN, HUB),
    "refused": (
        LABEL,
        TAKEN,
        HUB,
        NEAR,
        OUT,
        Stop(2.1, S.RETURNING, "Refused by recipient, returning to sender", "near", "REF", cause=Cause.CONSIGNEE, reason="refused"),
    ),
    "lost": (
        LABEL,
        TAKEN,
        HUB,
        Stop(9.0, S.LOST, "Parcel declared lost after search", "hub", "LST", cause=Cause.CARRIER, reason="parcel_lost"),
    ),
    "damaged": (
        LABEL,
        TAKEN,
        HUB,
        Stop(1.3, S.DAMAGED, "Parcel damaged in sorting", "hub", "DMG", cause=Cause.CARRIER, reason="damaged_parcel"),
    ),
}
PLACES = {"aurora": (Place("Berlin", "BE", "10969", "DE"), Place("Leipzig", "SN", "04435", "DE"), "Europe/Berlin")}
ELSEWHERE = (Place("Kansas City", "MO", "64106", "US"), Place("Memphis", "TN", "38118", "US"), "America/Chicago")


def stops(road: str, *, slack: int = 0) -> tuple[Stop, ...]:
    """The stops of a road; `slack` whole days are lost between the hub and the shopper's town."""
    return tuple(
        replace(stop, days=stop.days + slack * (stop.days > 1), eta_days=stop.eta_days and stop.eta_days + slack) for stop in ROADS[road]
    )


def place_of(shop: Shop, stop: Stop, address: Address) -> Place:
    home, hub, _zone = PLACES.get(shop.slug, ELSEWHERE)
    near = Place(address.city, address.region, address.postcode, address.country)
    return {"home": home, "hub": hub, "near": near}[stop.where]


def scan_of(shop: Shop, stop: Stop, shopper: Shopper, left: datetime) -> IncomingScan:
    """The carrier's word as a connector hands it over."""
    at = left + timedelta(days=stop.days)
    zone = PLACES.get(shop.slug, ELSEWHERE)[2]
    return IncomingScan(
        status=stop.status,
        at=at,
        raw_code=stop.code,
        raw_status=stop.status.value,
        text=stop.text,
        place=place_of(shop, stop, shopper.address),
        zone=zone,
        is_delay=stop.is_delay,
        cause=stop.cause,
        reason=stop.reason,
        how=stop.how,
        pickup_until=(at + LEAD).date() if stop.keeps else None,
    )


def told_by(road: str, left: datetime, now: datetime, *, slack: int) -> Iterator[tuple[datetime, Stop]]:
    """What the carrier has said by now, each with its time."""
    for stop in stops(road, slack=slack):
        at = left + timedelta(days=stop.days)
        if at <= now:
            yield at, stop
