"""What messages about parcels say beyond the parcel itself: trouble, attempts, where to collect. No queries, no writes."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from notifications import causes
from notifications.facts import Told, shorten
from notifications.types import Kind
from notifications.words import clean
from tracking.models import Incident, Scan, Shipment
from tracking.registry import carrier_of
from tracking.types import Cause, Choice, IncidentType, ShipmentStatus

FRIDAY = 4
MAX_PARAGRAPHS = 40
TELLING = frozenset({Cause.RETAILER, Cause.CONSIGNEE, Cause.CUSTOMS, Cause.WEATHER})
BACK = frozenset({ShipmentStatus.RETURNING, ShipmentStatus.RETURNED})


def journey_part(told: Told, shipment: Shipment, pickup: Scan | None) -> dict[str, Any]:
    """Where the parcel is, how it was handed over, until when it waits, and whom to ask."""
    known = carrier_of(shipment.carrier_code)
    name = clean(shipment.carrier_name or shipment.carrier_code)
    address = told.order.shipping_address or {}
    return {
        "who": causes.carrier_name(told.words.language, name),
        "carrier_phone": known.phone if known else "",
        "today": told.day(told.today),
        "city": city_name(str(address.get("city") or "")),
        "arrived_at": told.moment(shipment.arrived_at) if shipment.arrived_at else "",
        **_pickup(told, shipment, pickup),
        **_delivery(told, shipment),
    }


def _pickup(told: Told, shipment: Shipment, scan: Scan | None) -> dict[str, str]:
    until = shipment.pickup_until if shipment.pickup_until and shipment.pickup_until >= told.today else None
    return {
        **day_words(told, "pickup", until),
        "pickup_city": city_name(scan.city) if scan is not None else "",
        "pickup_words": shorten(clean(scan.text)) if scan is not None else "",
    }


def _delivery(told: Told, shipment: Shipment) -> dict[str, str]:
    at = shipment.delivered_at
    return {
        **day_words(told, "delivered", told.local_day(at)),
        "delivered_at": told.moment(at) if at else "",
        "how": causes.how(told.words.language, how=shipment.delivered_how, by=shorten(clean(shipment.delivered_to))),
        "manner": causes.how(told.words.language, how=shipment.delivered_how, by=""),
    }


def day_words(told: Told, name: str, day: date | None) -> dict[str, str]:
    """A day in the four forms templates use; empty texts without one."""
    words = told.words
    return {
        f"{name}_by": told.day(day),
        f"{name}_short": words.short(day) if day else "",
        f"{name}_weekday": words.weekday(day) if day else "",
        f"{name}_day": words.month_day(day) if day else "",
    }


def incident_part(told: Told, incident: Incident, shipment: Shipment | None, *, news_by: date | None) -> dict[str, Any]:
    """What is wrong, why, the day promised and the day expected, and by when there is more news, if that was promised."""
    facts: Mapping[str, Any] = incident.facts or {}
    expected = ahead(told, incident.expected_by)
    promised = incident.promised_by if incident.promised_by != expected else None
    return {
        "what": _what(told, incident, shipment),
        "cause": incident.cause,
        "why": _why(told, incident, shipment, facts),
        "promised": told.day(promised),
        **day_words(told, "expected", expected),
        **day_words(told, "news", news_by),
        "choice": incident.choice,
        "last_city": city_name(str(facts.get("last_city") or "")),
    }


def city_name(text: str) -> str:
    """A city as people write it: carriers shout, and normal forms whisper."""
    name = shorten(clean(text))
    return name.title() if name.isupper() or name.islower() else name


def _what(told: Told, incident: Incident, shipment: Shipment | None) -> str:
    """`back` on its way back to us, `damaged`, `part` of an order that is not sent, `held` up but not late, or simply `late`."""
    if incident.type == IncidentType.UNSHIPPED_PAST_PROMISE:
        return "part" if told.sent else "late"
    if incident.type == IncidentType.RETURNING or (shipment is not None and shipment.status in BACK):
        return "back"
    is_damaged = shipment is not None and shipment.status == ShipmentStatus.DAMAGED
    if is_damaged or causes.key_of(incident.reason) == "damaged":
        return "damaged"
    is_late = ahead(told, incident.expected_by) or (incident.promised_by and incident.promised_by < told.today)
    return "late" if is_late else "held"


def _why(told: Told, incident: Incident, shipment: Shipment | None, facts: Mapping[str, Any]) -> str:
    carrier = clean(shipment.carrier_name or shipment.carrier_code) if shipment is not None else ""
    cause = incident.cause or ("retailer" if incident.type == IncidentType.UNSHIPPED_PAST_PROMISE else "")
    # "Customs" says more than "silent since", which says more than "the carrier is slow".
    told_cause = cause if cause in TELLING else ""
    named = ("stalled", "silent") if incident.type == IncidentType.LOST_SUSPECTED else (incident.type,)
    reasons = (incident.reason, _fine(facts.get("cause_text_key")), told_cause, *named)
    since = told.day(told.local_day(_moment(facts.get("last_scan_at")) or (shipment.last_scan_at if shipment is not None else None)))
    return causes.why(told.words.language, cause=cause, reasons=reasons, carrier=carrier, since=since)


def _fine(key: object) -> str:
    """`carrier.refused` is finer than the family; the family alone tells nothing new."""
    last = str(key or "").rpartition(".")[2]
    return "" if last in causes.FAMILIES else last


def _moment(value: object) -> datetime | None:
    """A time as facts hold it; None for what is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def ahead(told: Told, day: date | None) -> date | None:
    """A day that has gone by is no promise any more."""
    return day if day is not None and day >= told.today else None


def news_day(told: Told, incident: Incident, kind: str) -> date | None:
    """The day by which there is more news: the one promised. What people answer is promised for the second working day from now at
    the latest; of a delay nobody promises by himself what the clock has not planned."""
    promised = ahead(told, incident.news_by)
    is_waiting = kind == Kind.CHOICE_RECEIVED and incident.choice not in (Choice.CANCEL, Choice.REPLACE)
    if is_waiting or kind in (Kind.DELAYED, Kind.DISPATCH_DELAYED):
        return None if is_waiting else promised
    return promised or second_working_day(told.today)


def second_working_day(day: date) -> date:
    """Two days on, weekends left out."""
    left = 2
    while left:
        day += timedelta(days=1)
        left -= day.weekday() <= FRIDAY
    return day


def attempt_part(told: Told, scan: Scan | None, shipment: Shipment) -> dict[str, str]:
    """When it was tried, why it failed, and what the shopper can do."""
    language, carrier = told.words.language, clean(shipment.carrier_name or shipment.carrier_code)
    cause, reason = (scan.cause, scan.reason) if scan is not None else (shipment.cause, shipment.reason)
    has_reason = causes.key_of(reason) in causes.words(language)["why"]
    return {
        "at": _tried_at(told, scan),
        "why": causes.why(language, cause=cause or "consignee", reasons=(reason,) if has_reason else (), carrier=carrier, since=""),
        "todo": causes.todo(language, reason=reason, carrier=carrier),
    }


def _tried_at(told: Told, scan: Scan | None) -> str:
    if scan is None:
        return ""
    return told.moment(scan.at) if scan.has_time else told.day(told.local_day(scan.at))


def note_part(text: str) -> dict[str, list[str]]:
    """The staff's words, paragraph by paragraph."""
    return {"paragraphs": paragraphs(text)}


def paragraphs(text: str) -> list[str]:
    """Lines that say something, cleaned."""
    return [line for line in (clean(line) for line in text.splitlines()) if line][:MAX_PARAGRAPHS]
