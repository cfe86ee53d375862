"""Decide: an event becomes messages, one per kind and channel, sent or withheld, each with its reasons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from core.encryption import fingerprint
from customers.models import Customer
from customers.selectors import contacts_of
from customers.types import Channel, Contact
from events import doorbell
from events.queue import database_now
from events.types import Occurrence
from merchants.models import MerchantModel
from merchants.selectors import current_merchant
from merchants.types import Language
from notifications import rules
from notifications.automations import InForce, plans_in_force
from notifications.background import heirs
from notifications.models import Message
from notifications.news import HELD
from notifications.registry import Entry, entries_on
from notifications.services.hold import overtake
from notifications.types import MessageState, Send, Skip
from orders.models import Order, Refund
from orders.types import OrderState
from tracking.models import Incident, Shipment
from tracking.types import IncidentState, IncidentType, ShipmentStatus

M = TypeVar("M", bound=MerchantModel)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, as far as its messages need it."""

    contact: Contact
    happened_at: datetime
    order: Order | None = None
    shipment: Shipment | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is the same for all events of a batch, read once."""

    plans: Mapping[str, InForce]
    told: Mapping[str, str]  # fact -> dedupe key of the message that told it, oldest first
    language: str  # the merchant's
    due_at: datetime


def plan(*, event: Occurrence) -> None:
    """Store the messages an event gives rise to. Running it again, or at the same time, adds nothing."""
    plan_many(events=[event])


def plan_many(*, events: Sequence[Occurrence]) -> None:
    """The same for several events of one type, with the statements of one."""
    entries = entries_on(events[0].type)
    subjects = _subjects(events)
    if not subjects:
        return
    known = Known(plans_in_force(), _told(subjects.values(), entries), _language(subjects.values()), database_now())
    store(
        [
            _message(entry, channel, subjects[event.id], event, known)
            for event in events
            if event.id in subjects
            for entry in entries
            for channel in entry.channels
        ],
        at=events[0].now,
    )


def store(rows: Sequence[Message], *, at: datetime) -> None:
    """Keep the planned messages that are new, and take back those they make stale."""
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    overtake(rows, at=at)
    if any(row.state == MessageState.PENDING for row in rows):
        transaction.on_commit(lambda: doorbell.ring("messages"))


def _subjects(events: Sequence[Occurrence]) -> dict[int, Subject]:
    """By event; none where the row is gone: the shopper's data were erased meanwhile."""
    orders, shipments = _rows(events, "order", Order), _rows(events, "shipment", Shipment)
    refunds, incidents = _rows(events, "refund", Refund), heirs(_rows(events, "incident", Incident))
    customers = _rows([event for event in events if "order" not in event.payload], "customer", Customer)
    found: dict[int, Subject] = {}
    for event in events:
        order, customer = orders.get(event.payload.get("order")), customers.get(event.payload.get("customer"))
        if order is not None and ("incident" not in event.payload or event.payload["incident"] in incidents):
            shipment = shipments.get(event.payload.get("shipment"))
            happened = _happened_at(event, order, shipment, refunds.get(event.payload.get("refund")))
            found[event.id] = Subject(contact_of(order), happened, order, shipment, incidents.get(event.payload.get("incident")))
        elif customer is not None and "order" not in event.payload:
            found[event.id] = Subject(_of_customer(customer), event.at)
    contacts = contacts_of([subject.contact for subject in found.values()])
    return {id: replace(subject, contact=contact) for (id, subject), contact in zip(found.items(), contacts, strict=True)}


def _rows(events: Sequence[Occurrence], name: str, model: type[M]) -> dict[int | None, M]:
    """The rows the events name in their payload; no query when they name none."""
    ids = {event.payload[name] for event in events if name in event.payload}
    return {row.pk: row for row in model.objects.filter(pk__in=ids)} if ids else {}


def contact_of(order: Order) -> Contact:
    """Whom an order's messages go to, before it is asked what stands against the addresses."""
    return Contact(order.customer_id, order.first_name, order.email, order.phone, order.language, {})


def _of_customer(customer: Customer) -> Contact:
    return Contact(customer.pk, customer.first_name, customer.email, "", customer.language, {})


def _happened_at(event: Occurrence, order: Order, shipment: Shipment | None, refund: Refund | None) -> datetime:
    """When the fact came about in the world, which for an imported order may be before we knew it."""
    if "refund" in event.payload:
        return (refund.refunded_at if refund is not None else None) or event.at
    if shipment is not None and event.type == "tracking.shipment.dispatched":
        return shipment.shipped_at or event.at
    if shipment is not None and event.type == "tracking.shipment.delivered":
        return shipment.delivered_at or event.at
    if event.type.startswith("tracking."):
        return event.at
    if event.type == "orders.order.cancelled":
        return order.cancelled_at or event.at
    return order.confirmed_at or order.placed_at


def _told(subjects: Iterable[Subject], entries: Sequence[Entry]) -> dict[str, str]:
    """Dedupe keys of what the orders' shoppers were told already, by the fact they are about."""
    orders = {subject.order.pk for subject in subjects if subject.order is not None}
    if not orders:
        return {}
    rows = Message.objects.filter(order__in=orders, kind__in=[entry.kind for entry in entries]).order_by("pk")
    return {key.rpartition(":")[0]: key for key in rows.values_list("dedupe_key", flat=True)}


def _language(subjects: Iterable[Subject]) -> str:
    """The merchant's, for contacts whose language we do not speak."""
    return "" if all(subject.contact.language in Language.values for subject in subjects) else current_merchant().language


def _message(entry: Entry, channel: Channel, subject: Subject, event: Occurrence, known: Known) -> Message:
    contact, order, shipment = subject.contact, subject.order, subject.shipment
    recipient = contact.email if channel == Channel.EMAIL else contact.phone
    subject_id = event.payload[entry.subject]
    key = rules.dedupe_key(
        entry, subject_id, channel, fingerprint(recipient) if recipient else "", _part(entry, subject_id, channel, subject, event, known)
    )
    facts = rules.Facts(
        entry=entry,
        channel=channel,
        recipient=recipient,
        suppressed=contact.suppressed.get(channel, ""),
        is_on=channel in known.plans[entry.kind].plan.channels,
        is_order_cancelled=order is not None and order.state == OrderState.CANCELLED,
        is_order_abandoned=order is not None and _is_abandoned(order),
        is_shipment_delivered=shipment is not None and shipment.status == ShipmentStatus.DELIVERED,
        is_history=order is not None and order.is_imported and subject.happened_at <= order.recorded_at,
        is_told=known.told.get(key.rpartition(":")[0], key) != key,
        status=shipment.status if shipment is not None else "",
        is_incident_over=subject.incident is not None and subject.incident.state == IncidentState.RESOLVED,
        is_silent=subject.incident is not None and subject.incident.type == IncidentType.STALLED,
    )
    row = row_of(facts, contact, order, key=key, language=known.language, at=event.now)
    row.event_id, row.shipment = event.id, shipment
    row.subject_id = None if entry.subject in ("order", "shipment") else subject_id
    row.not_after = rules.not_after(entry, event.at)
    row.due_at = known.due_at - entry.head_start + (entry.hold if row.state == MessageState.PENDING else timedelta())
    return row


def row_of(facts: rules.Facts, contact: Contact, order: Order | None, *, key: str, language: str, at: datetime) -> Message:
    """A message as it was decided; the caller says what it is about and when it is due."""
    decision = rules.decide(facts)
    sends = isinstance(decision, Send)
    return Message(
        kind=facts.entry.kind,
        channel=facts.channel,
        state=MessageState.PENDING if sends else MessageState.SUPPRESSED,
        dedupe_key=key,
        reason=decision.reason if isinstance(decision, Skip) else HELD if facts.entry.hold else "",
        reasons=rules.reasons_as_json(decision.reasons),
        customer_id=contact.customer_id,
        order=order,
        recipient=facts.recipient,
        language=contact.language if contact.language in Language.values else language,
        is_mandatory=facts.entry.is_mandatory,
        topic=facts.entry.topic,
        decided_at=at,
        finished_at=None if sends else at,
    )


def _part(entry: Entry, subject_id: int, channel: str, subject: Subject, event: Occurrence, known: Known) -> str:
    """What tells this fact from others about the same row: its day."""
    if entry.per == "day":
        return str(event.payload.get("day", ""))[:10]
    if entry.per == "told" and subject.incident is not None:
        day = rules.told_day(subject.incident.expected_by, subject.incident.news_by)
        head, tail = f"{rules.fact_key(entry, subject_id, '').removesuffix(':')}-", f":{channel}"
        told = [fact[len(head) : -len(tail)] for fact in known.told if fact.startswith(head) and fact.endswith(tail)]
        return rules.told_part(day, told)
    return ""


def _is_abandoned(order: Order) -> bool:
    """It stood here unpaid and unconfirmed until it was dropped, as checkouts do that nobody finishes."""
    was_open = order.cancelled_at is not None and order.recorded_at < order.cancelled_at
    return was_open and order.confirmed_at is None and not order.paid_total
