"""Shippo's tracks, bare or inside a webhook, in our words. Pure: no database, no clock."""

from typing import Any

from connectors.carriers.reading import CODE, NAME, NOWHERE, NUMBER, TEXT, PlaceKeys, Told, Utc, apart, day, moment, place_of, scan
from connectors.carriers.shippo import codes
from connectors.fields import Node
from connectors.types import Ignored, Parsed, TrackingSeen
from tracking.types import IncomingScan, IncomingTracking

PLACE = PlaceKeys()


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one call, or one answer of the REST interface, says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic not in (*codes.EVENTS, *codes.RESOURCES):
        return Ignored(f"event {topic} is not used" if topic else "no track in it")
    (track,) = apart([node.node("data") if topic in codes.EVENTS else node])
    if not track.data:
        return Ignored("an event without its track")
    return TrackingSeen((tracking_of(track, source),), node.told())


def guess(body: dict[str, Any]) -> str:
    """The event's own name, `track` for a bare one, or "" for anything else."""
    if isinstance(name := body.get("event"), str) and "data" in body:
        return name
    return "track" if "tracking_number" in body and "carrier" in body else ""


def tracking_of(node: Node, source: str) -> IncomingTracking:
    """The news of one track: its history, and its last status where the history lacks it."""
    if not (number := node.text("tracking_number", NUMBER)):
        raise node.refuse("tracking_number", "is missing")
    last = node.node("tracking_status")
    told = moment(last, "object_updated", NOWHERE)
    scans = [found for entry in node.nodes("tracking_history") if (found := _scan(entry, None))]
    status = last.text("status", CODE)
    if status not in codes.NO_NEWS and (latest := _scan(last, None if scans else told)) and latest not in scans:
        scans.append(latest)
    arrives = day(node, "eta")
    return IncomingTracking(
        source=source,
        scans=tuple(scans),
        tracking_number=number,
        carrier=node.text("carrier", NAME),
        service=node.node("servicelevel").text("name", NAME),
        told_at=told.at if told else None,
        eta_from=arrives,
        eta_by=arrives,
        is_unknown_to_carrier=status in codes.NO_NEWS and not scans,
        warnings=node.told(),
    )


def _scan(entry: Node, otherwise: Told | None) -> IncomingScan | None:
    """One entry of the history, or the last status, told under the same names. Without a time it is no scan."""
    place = place_of(entry.node("location"), PLACE)
    told = moment(entry, "status_date", place, Utc.LOCAL_CLOCK) or otherwise
    if told is None:
        return None
    found = entry.node("substatus")
    status, substatus = entry.known("status", codes.STATUS), found.known("code", codes.SUBSTATUSES)
    text = entry.text("status_details", TEXT) or found.text("text", TEXT)
    return scan(told, codes.meaning_of(status, substatus), place, text=text, code=substatus or status, status=status)
