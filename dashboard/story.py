"""Everything that happened around an incident as one line of time: scans, messages, days said, what people did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard.rules import reason_of, tone_of
from dashboard.rules.incidents import ACTS, RESOLVED
from notifications.selectors import LogFilter, message_log
from orders.models import Promise
from tracking.models import Incident, IncidentNote, Scan
from tracking.selectors import scans_of

SCANS = 60


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    title: str
    detail: str = ""
    tone: str = ""
    message_id: int = 0


def story_of(incident: Incident, notes: Sequence[IncidentNote]) -> list[tuple[date, list[Entry]]]:
    """Newest first, day by day; four statements whatever there is to tell."""
    entries = [*_notes(notes), *_scans(incident), *_messages(incident), *_days(incident)]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return [(day, list(found)) for day, found in groupby(entries, lambda entry: timezone.localdate(entry.at))]


def _notes(notes: Sequence[IncidentNote]) -> Iterator[Entry]:
    for note in notes:
        title = str(ACTS.get(note.act, note.act))
        resolution = str(RESOLVED.get(str(note.data.get("resolution", "")), ""))
        said = [part for part in (resolution, note.text, _until(note), note.actor or _("by rule")) if part]
        tone = {"opened": "warn", "reopened": "warn", "cleared": "good", "resolved": "good"}.get(note.act, "")
        yield Entry(note.at, title, ". ".join(said), tone)


def _until(note: IncidentNote) -> str:
    text = str(note.data.get("until") or "")
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return _("taken back into the list") if note.act == "snoozed" else ""
    return _("until %(moment)s") % {"moment": date_format(timezone.localtime(until), "D j M, H:i")}


def _scans(incident: Incident) -> Iterator[Entry]:
    if incident.shipment_id is None:
        return
    scans: list[Scan] = scans_of(shipment_ids=[incident.shipment_id])[incident.shipment_id]
    for scan in scans[:SCANS]:
        place = ", ".join(part for part in (scan.city, scan.country) if part)
        said = ". ".join(part for part in (place, scan.text) if part) or _("said by %(source)s") % {"source": scan.source}
        yield Entry(scan.at, str(scan.get_status_display()), said, "info")


def _messages(incident: Incident) -> Iterator[Entry]:
    if incident.order is None:
        return
    for message in message_log(filters=LogFilter(order_number=incident.order.number), cursor="").messages:
        title = _("%(kind)s by %(channel)s") % {"kind": message.get_kind_display(), "channel": message.get_channel_display()}
        detail = ". ".join(
            part for part in (str(message.get_state_display()), reason_of(message.reason, message.state) if message.reason else "") if part
        )
        yield Entry(message.decided_at, title, detail, tone_of(message.state), message.pk)


def _days(incident: Incident) -> Iterator[Entry]:
    if incident.order_id is None:
        return
    subjects = ["order", f"shipment:{incident.shipment_id}"]
    for promise in Promise.objects.filter(order_id=incident.order_id, subject__in=subjects).order_by("-said_at")[:40]:
        held = {True: _("kept"), False: _("broken"), None: ""}[promise.is_kept]
        title = _("%(what)s %(day)s") % {"what": promise.get_kind_display(), "day": date_format(promise.date, "D j M")}
        yield Entry(promise.said_at, title, ", ".join(part for part in (_("said to the shopper"), promise.source, held) if part))
