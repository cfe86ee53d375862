"""EasyPost's trackers, bare or inside an event, in our words. Pure: no database, no clock."""

from datetime import date
from typing import Any

from connectors.carriers.easypost import codes
from connectors.carriers.reading import CODE, NAME, NOWHERE, NUMBER, TEXT, PlaceKeys, Told, Utc, apart, day, moment, place_of, scan, signed
from connectors.fields import Node
from connectors.types import Ignored, Parsed, TrackingSeen
from tracking.rules.places import zone_of
from tracking.types import IncomingScan, IncomingTracking, Place

PLACE = PlaceKeys()


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one call, or one answer of the REST interface, says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic not in (*codes.EVENTS, *codes.RESOURCES):
        return Ignored(f"topic {topic} is not used" if topic else "no tracker in it")
    trackers = _trackers(topic, node)
    if not trackers:
        return Ignored("an event without its tracker")
    news = tuple(tracking_of(tracker, source) for tracker in trackers)
    return TrackingSeen(news, node.told())


def guess(body: dict[str, Any]) -> str:
    """The event's own name, what a bare resource is, or "" for anything else."""
    if isinstance(name := body.get("description"), str) and body.get("object") == "Event":
        return name
    if "tracking_code" in body:
        return "tracker"
    return "trackers" if "trackers" in body else ""


def _trackers(topic: str, node: Node) -> list[Node]:
    if topic == "trackers":
        return apart(node.nodes("trackers"))
    found = node if topic == "tracker" else node.node("result")
    return apart([found]) if found.data else []


def tracking_of(node: Node, source: str) -> IncomingTracking:
    """The news of one tracker. One that names only its last status has one scan, of the time it was told."""
    if not (number := node.text("tracking_code", NUMBER)):
        raise node.refuse("tracking_code", "is missing")
    carrier, status = node.text("carrier", NAME), node.text("status", CODE)
    home = codes.HOME.get(carrier.lower(), "")
    told = moment(node, "updated_at", NOWHERE) or moment(node, "created_at", NOWHERE)
    scans = tuple(found for entry in node.nodes("tracking_details") if (found := _scan(entry, home)))
    if not scans and told and status not in codes.NO_NEWS:
        scans = (_event(node, told, NOWHERE),)
    arrives = _eta(node, home)
    return IncomingTracking(
        source=source,
        scans=signed(scans, node.text("signed_by", NAME)),
        tracking_number=number,
        carrier=carrier,
        service=node.node("carrier_detail").text("service", NAME),
        told_at=told.at if told else None,
        eta_from=arrives,
        eta_by=arrives,
        is_unknown_to_carrier=status == "unknown" and not scans,
        warnings=node.told(),
    )


def _scan(entry: Node, home: str) -> IncomingScan | None:
    """One detail. Without a time it is no scan."""
    place = place_of(entry.node("tracking_location"), PLACE, home)
    told = moment(entry, "datetime", place, Utc.BY_PLACE)
    return _event(entry, told, place) if told else None


def _event(entry: Node, told: Told, place: Place) -> IncomingScan:
    """What stands in a detail, or in the tracker itself, under the same names."""
    status, detail = entry.known("status", codes.STATUS), entry.known("status_detail", codes.DETAILS)
    return scan(
        told,
        codes.meaning_of(status, detail),
        place,
        text=entry.text("message", TEXT) or entry.text("description", TEXT),
        code=f"{status}/{detail}" if detail else status,
        status=entry.text("carrier_code", CODE),
    )


def _eta(node: Node, home: str) -> date | None:
    """The carrier's local day; else the UTC time, brought to the destination where that is told."""
    detail = node.node("carrier_detail")
    end = place_of(detail.node("destination_tracking_location"), PLACE, home)
    return day(detail, "est_delivery_date_local") or day(node, "est_delivery_date", zone_of(end.country, end.region))
