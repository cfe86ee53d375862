"""The staff's own words to shoppers: checked, shown as they will look, and sent by the road of all messages."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from core.encryption import fingerprint
from customers.selectors import contacts_of
from customers.types import Channel, Contact
from events.queue import database_now
from merchants.models import Domain
from merchants.selectors import current_merchant
from notifications import context, rendering, rules
from notifications.background import Background
from notifications.models import Message, Note
from notifications.notes import Notes
from notifications.progress import MAX_PARAGRAPHS, paragraphs
from notifications.registry import Entry, entry_of
from notifications.services.plan import contact_of, row_of, store
from notifications.types import Kind, MessageState
from orders.models import Order
from orders.types import OrderState
from tracking.models import Incident

MAX_TEXT = 2000
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+|www\.\S+|(?<![\w@.])(?:[\w-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)
SCHEME = re.compile(r"\b(?:javascript|data|vbscript|mailto|tel|sms):\S+", re.IGNORECASE)


class NoteRefused(ValueError):
    """Words that cannot be sent as they are; says why, and names the links."""


def check_note(*, text: str) -> str:
    """The text, cleaned line by line.

    Refuses (NoteRefused) empty and over-long texts, and links that are not https to one of the merchant's verified hosts.
    """
    lines = paragraphs(text)
    if not lines:
        raise NoteRefused("text: write something")
    if len(text) > MAX_TEXT:
        raise NoteRefused(f"text: longer than {MAX_TEXT} characters")
    if len(lines) == MAX_PARAGRAPHS and len([line for line in text.splitlines() if line.strip()]) > MAX_PARAGRAPHS:
        raise NoteRefused(f"text: more than {MAX_PARAGRAPHS} lines")
    cleaned = "\n".join(lines)
    if bad := _foreign_links(cleaned, _own_hosts()):
        raise NoteRefused(f"text: only https links to your own verified hosts, not {', '.join(bad)}")
    return cleaned


def _own_hosts() -> set[str]:
    """Hosts known to be the merchant's: those it proved, and the one the platform gave it."""
    rows = Domain.objects.values_list("host", "is_primary", "verified_at")
    return {host for host, is_primary, verified_at in rows if is_primary or verified_at is not None}


def _foreign_links(text: str, hosts: set[str]) -> list[str]:
    found = [match[0].rstrip(".,;:!?)\"'") for match in ADDRESS.finditer(text)]
    return [link for link in found if not _is_own(link, hosts)] + [match[0] for match in SCHEME.finditer(text)]


def _is_own(link: str, hosts: set[str]) -> bool:
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    return parts.scheme == "https" and host in hosts and "@" not in parts.netloc and "\\" not in link


@dataclass(frozen=True, slots=True)
class Addressed:
    """An incident, and the order whose shopper is written to."""

    incident: Incident
    order: Order


def note_to_customers(*, incident_ids: Sequence[int], text: str, actor: str, at: datetime) -> int:
    """Plan the words as one e-mail per order behind these incidents; returns how many will be sent.

    Refuses (NoteRefused) what `check_note` refuses. Incidents without an order (a silent carrier) and addresses that are
    blocked get none; the same words about the same incident go out once.
    """
    note = _keep(check_note(text=text), actor, at)
    addressed = _addressed(incident_ids)
    contacts = contacts_of([contact_of(one.order) for one in addressed])
    entry, language, due_at = entry_of(Kind.NOTE), current_merchant().language, database_now()
    rows = [_row(entry, note, one, contact, language, at) for one, contact in zip(addressed, contacts, strict=True)]
    for row in rows:
        row.due_at, row.not_after = due_at, rules.not_after(entry, at)
    known = set(Message.objects.filter(dedupe_key__in=[row.dedupe_key for row in rows]).values_list("dedupe_key", flat=True))
    fresh = [row for row in rows if row.dedupe_key not in known]
    store(fresh, at=at)
    return sum(row.state == MessageState.PENDING for row in fresh)


def _keep(text: str, actor: str, at: datetime) -> Note:
    note: Note
    note, _ = Note.objects.update_or_create(
        digest=fingerprint(text), defaults={"text": text, "actor": actor.replace("\x00", "")[:254], "written_at": at}
    )
    return note


def _addressed(incident_ids: Iterable[int]) -> list[Addressed]:
    """One per order, in the order given: two troubles of one order are one letter."""
    rows = Incident.objects.select_related("order", "shipment__order").in_bulk(list(incident_ids))
    by_order: dict[int, Addressed] = {}
    for incident in (rows[pk] for pk in incident_ids if pk in rows):
        order = incident.order or (incident.shipment.order if incident.shipment is not None else None)
        if order is not None:
            by_order.setdefault(order.pk, Addressed(incident, order))
    return list(by_order.values())


def _row(entry: Entry, note: Note, one: Addressed, contact: Contact, language: str, at: datetime) -> Message:
    facts = rules.Facts(
        entry=entry,
        channel=Channel.EMAIL,
        recipient=contact.email,
        suppressed=contact.suppressed.get(Channel.EMAIL, ""),
        is_order_cancelled=one.order.state == OrderState.CANCELLED,
    )
    recipient_hash = fingerprint(contact.email) if contact.email else ""
    key = rules.dedupe_key(entry, one.incident.pk, Channel.EMAIL, recipient_hash, note.digest[:16])
    row = row_of(facts, contact, one.order, key=key, language=language, at=at)
    row.shipment_id, row.subject_id = one.incident.shipment_id, note.pk
    return row


def preview_note(*, incident_id: int, text: str, now: datetime) -> tuple[str, str, str]:
    """Subject, HTML and text as the shopper of this incident would get them; nothing is stored.

    Refuses (NoteRefused) what `check_note` refuses, and an incident without an order.
    """
    checked = check_note(text=text)
    found = _addressed([incident_id])
    if not found:
        raise NoteRefused("incident: there is no shopper behind it")
    [contact] = contacts_of([contact_of(found[0].order)])
    note = Note(pk=1, text=checked)
    row = _row(entry_of(Kind.NOTE), note, found[0], contact, current_merchant().language, now)
    facts = context.build(message=row, now=now, notes=Notes(), background=Background(notes={1: note}))
    made = rendering.render(kind=Kind.NOTE, channel=Channel.EMAIL, language=row.language, context=facts)
    return made.subject, made.html, made.text
