"""17TRACK's tracks (API version 2.2 on), bare or inside a webhook, in our words. Pure: no database, no clock."""

from datetime import date
from typing import Any

from connectors.carriers.reading import CITY, NAME, NOWHERE, NUMBER, TEXT, PlaceKeys, Told, apart, day, moment, place_of, scan
from connectors.carriers.seventeentrack import codes
from connectors.fields import Node
from connectors.types import Ignored, Parsed, TrackingSeen
from tracking.rules.places import normal_region
from tracking.types import IncomingScan, IncomingTracking, Place

PLACE = PlaceKeys(postcode="postal_code")


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one call, or one answer of the API, says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic not in (*codes.EVENTS, *codes.RESOURCES):
        return Ignored(f"event {topic} is not used" if topic else "no track in it")
    tracks = [track for track in _tracks(topic, node) if track.has("track_info")]
    if not tracks:
        return Ignored("it names a parcel at most and says nothing of it")
    return TrackingSeen(tuple(tracking_of(track, source) for track in tracks), node.told())


def guess(body: dict[str, Any]) -> str:
    """The event's own name, what a bare resource is, or "" for anything else."""
    if isinstance(name := body.get("event"), str) and "data" in body:
        return name
    if isinstance(data := body.get("data"), dict) and ("accepted" in data or "rejected" in data):
        return "gettrackinfo"
    return "track" if "track_info" in body else ""


def _tracks(topic: str, node: Node) -> list[Node]:
    if topic == "track":
        return apart([node])
    data = node.node("data")
    return apart(data.nodes("accepted") if topic == "gettrackinfo" else [data])


def tracking_of(node: Node, source: str) -> IncomingTracking:
    """The news of one track: the events of all its carriers, and the latest one where they are left out."""
    if not (number := node.text("number", NUMBER)):
        raise node.refuse("number", "is missing")
    info = node.node("track_info")
    providers = info.node("tracking").nodes("providers")
    told_at = next((told for provider in providers if (told := moment(provider, "latest_sync_time", NOWHERE))), None)
    entries = [entry for provider in providers for entry in provider.nodes("events")] or [info.node("latest_event")]
    scans = tuple(found for entry in entries if (found := _scan(entry)))
    status, last = _last_status(info.node("latest_status"), told_at, is_needed=not scans)
    scans = scans or last
    eta_from, eta_by = _eta(info)
    return IncomingTracking(
        source=source,
        scans=scans,
        tracking_number=number,
        carrier=_carrier(node, providers),
        service=info.node("misc_info").text("service_type", NAME),
        told_at=told_at.at if told_at else None,
        eta_from=eta_from,
        eta_by=eta_by,
        is_unknown_to_carrier=status == "NotFound" and not scans,
        warnings=node.told(),
    )


def _last_status(node: Node, told_at: Told | None, *, is_needed: bool) -> tuple[str, tuple[IncomingScan, ...]]:
    """The status, and the one scan it makes where nothing else is told: of the time 17TRACK heard it."""
    status, code = node.known("status", codes.STATUS), node.known("sub_status", codes.SUBSTATUS)
    if not is_needed or status in codes.NO_NEWS:
        return status, ()
    if told_at is None:
        node.warn("status", f"{status!r} is told without a time, left out")
        return status, ()
    return status, (scan(told_at, codes.meaning_of(code, status), NOWHERE, text="", code=code or status, status=status),)


def _scan(entry: Node) -> IncomingScan | None:
    """One event. Without a time it is no scan."""
    place = _place(entry)
    told = _time(entry, place)
    if told is None:
        return None
    stage, code = entry.known("stage", codes.STAGE), entry.known("sub_status", codes.SUBSTATUS)
    meaning = codes.meaning_of(code, stage)
    return scan(told, meaning, place, text=entry.text("description", TEXT), code=code or stage, status=stage)


def _place(entry: Node) -> Place:
    """The address 17TRACK found in the carrier's words; the words themselves where it found no city, or no region."""
    found, words = place_of(entry.node("address"), PLACE), entry.text("location", CITY)
    if not found.city:
        return Place(words, found.region, found.postcode, found.country)
    city, _, rest = words.partition(",")
    if found.region or city.strip().casefold() != found.city.casefold():
        return found
    return Place(found.city, normal_region(rest, found.country), found.postcode, found.country)


def _time(entry: Node, place: Place) -> Told | None:
    """With the carrier's offset, else its bare local clock, else the moment alone."""
    if told := moment(entry, "time_iso", place):
        return told
    raw = entry.data.get("time_raw")
    if isinstance(raw, dict) and isinstance(raw.get("date"), str):
        clock = "".join(part for part in (raw.get("time"), raw.get("timezone")) if isinstance(part, str))
        raw = f"{raw['date']}T{clock}" if clock else raw["date"]
    return moment(Node({"time_raw": raw}, entry.path, entry.warnings), "time_raw", place) or moment(entry, "time_utc", place)


def _carrier(node: Node, providers: list[Node]) -> str:
    """The name of the first carrier that has the parcel, else 17TRACK's number for it."""
    names = [name for provider in providers if (name := provider.node("provider").text("name", NAME))]
    return names[0] if names else node.text("carrier", NAME)


def _eta(info: Node) -> tuple[date | None, date | None]:
    """The carrier's own days. 17TRACK's own estimate is not the carrier's, so it is left to ours."""
    told = info.node("time_metrics").node("estimated_delivery_date")
    if told.text("source", NAME) not in ("Official", ""):
        return None, None
    first, last = day(told, "from"), day(told, "to")
    by = last or first
    return (first or by, by) if by else (None, None)
