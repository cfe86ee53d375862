"""AfterShip's trackings, bare or inside a webhook, in our words. Pure: no database, no clock."""

from datetime import UTC, date, datetime
from typing import Any

from connectors.carriers.aftership import codes
from connectors.carriers.reading import CODE, NAME, NOWHERE, NUMBER, TEXT, PlaceKeys, Told, apart, day, moment, place_of, scan, signed
from connectors.fields import YEARS, Node
from connectors.types import Ignored, Parsed, TrackingSeen
from tracking.types import IncomingScan, IncomingTracking, Place

PLACE = PlaceKeys(countries=("country_iso3", "country_region", "country_name", "country_region_name"))
WRAPPERS = {"tracking": "tracking", "trackings": "trackings", "checkpoint": "last_checkpoint"}


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one call, or one answer of the REST interface, says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic not in (*codes.EVENTS, *codes.RESOURCES):
        return Ignored(f"event {topic} is not used" if topic else "no tracking in it")
    told_at = _seconds(node) if topic in codes.EVENTS else None
    found = [entry for entry in _trackings(topic, node) if _says_something(entry)]
    if not found:
        return Ignored("it names a parcel at most and says nothing of it")
    return TrackingSeen(tuple(tracking_of(entry, source, told_at) for entry in found), node.told())


def guess(body: dict[str, Any]) -> str:
    """The event's own name, what a bare resource is, or "" for anything else."""
    if isinstance(name := body.get("event"), str) and "msg" in body:
        return name
    data = body.get("data")
    inner = data if isinstance(data, dict) else body
    found = next((topic for key, topic in WRAPPERS.items() if key in inner), "")
    return found or ("tracking" if "tracking_number" in inner else "")


def _trackings(topic: str, node: Node) -> list[Node]:
    if topic in codes.EVENTS:
        return apart([node.node("msg")])
    inner = node.node("data") if node.has("data") else node
    if topic == "trackings":
        return apart(inner.nodes("trackings"))
    return apart([inner.node("tracking") if "tracking" in inner.data else inner])


def _says_something(node: Node) -> bool:
    return any(node.has(key) for key in ("tag", "checkpoints", "checkpoint"))


def _seconds(node: Node) -> datetime | None:
    """`ts`: when AfterShip made the call, in seconds of Unix time."""
    value = node.data.get("ts")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**10:
        return None
    found = datetime.fromtimestamp(value, UTC)
    return found if found.year in YEARS else None


def tracking_of(node: Node, source: str, told_at: datetime | None = None) -> IncomingTracking:
    """The news of one tracking. One that names only its last status has one scan, of the time it was told."""
    if not (number := node.text("tracking_number", NUMBER)):
        raise node.refuse("tracking_number", "is missing")
    updated = moment(node, "updated_at", NOWHERE) or moment(node, "last_updated_at", NOWHERE)
    single = node.node("checkpoint")
    entries = node.nodes("checkpoints") or ([single] if single.data else [])
    scans = tuple(found for entry in entries if (found := _scan(entry)))
    if not scans and updated and node.text("tag", CODE) not in codes.NO_NEWS:
        scans = (_event(node, updated, NOWHERE),)
    eta_from, eta_by = _eta(node)
    return IncomingTracking(
        source=source,
        scans=signed(scans, node.text("signed_by", NAME)),
        tracking_number=number,
        carrier=node.text("slug", NAME),
        service=node.text("shipment_type", NAME),
        told_at=told_at or (updated.at if updated else None),
        eta_from=eta_from,
        eta_by=eta_by,
        warnings=node.told(),
    )


def _scan(entry: Node) -> IncomingScan | None:
    """One checkpoint. Without a time it is no scan."""
    place = place_of(entry, PLACE)
    if not place.city and not place.region:
        place = Place(entry.text("location", 100), place.region, place.postcode, place.country)
    told = moment(entry, "checkpoint_time", place)
    return _event(entry, told, place) if told else None


def _event(entry: Node, told: Told, place: Place) -> IncomingScan:
    """What stands in a checkpoint, or in the tracking itself, under the same names."""
    tag, subtag = entry.known("tag", codes.TAG), entry.known("subtag", codes.SUBTAG)
    text = entry.text("message", TEXT) or entry.text("subtag_message", TEXT)
    return scan(told, codes.meaning_of(tag, subtag), place, text=text, code=subtag or tag, status=tag)


def _eta(node: Node) -> tuple[date | None, date | None]:
    """The courier's own day or days. AfterShip's own estimate is not the carrier's, so it is left to ours."""
    told = node.node("courier_estimated_delivery_date")
    if told.data:
        first, single, last = (day(told, f"estimated_delivery_date{end}") for end in ("_min", "", "_max"))
        by = last or single
        return (first or single or by, by) if by else (None, None)
    found = day(node, "expected_delivery")
    return found, found
