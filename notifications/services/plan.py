"""Decide: an event becomes messages, one per kind and channel, sent or withheld, each with its reasons and its time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from core.encryption import fingerprint
from core.signing import derive_token
from core.text import phone_country
from customers.types import Channel, Contact
from events import doorbell
from events.types import Occurrence
from merchants.rows import insert_free
from merchants.scope import required_merchant_id
from notifications import rules
from notifications.entry import CASES, FEEDBACK
from notifications.models import Message
from notifications.news import HELD
from notifications.registry import Entry, entries_on
from notifications.services.hold import overtake
from notifications.services.known import Known, address_of, countries_of, country_of, known_for, place_of
from notifications.services.subjects import Subject, contact_of, subjects_of
from notifications.shipped import SPOKEN
from notifications.types import Condition, Kind, Ladder, MessageState, Plan, Send, Skip
from orders.models import Order
from orders.types import OrderState
from tracking.types import IncidentState, IncidentType, ShipmentStatus

TOKEN = 22  # characters, 132 bits
ASKED = frozenset({"look_up", "request", *CASES, *FEEDBACK})  # here, of an order we know: never history
__all__ = ["contact_of", "messages_of", "plan", "plan_many", "row_of", "store"]


def plan(*, event: Occurrence) -> None:
    """Store the messages an event gives rise to. Running it again, or at the same time, adds nothing."""
    plan_many(events=[event])


def plan_many(*, events: Sequence[Occurrence], drafts: bool = False) -> None:
    """The same for several events of one type, with the statements of one. With `drafts` they follow the newest drafts."""
    entries = entries_on(events[0].type)
    subjects = subjects_of(events)
    if not subjects:
        return
    known = known_for(events, subjects, entries, drafts=drafts)
    rows = [row for event in events if event.id in subjects for row in messages_of(entries, subjects[event.id], event, known)]
    store(rows, at=events[0].now)


def store(rows: Sequence[Message], *, at: datetime) -> None:
    """Keep the planned messages that are new, and take back those they make stale."""
    insert_free(rows)
    overtake(rows, at=at)
    if any(row.state == MessageState.PENDING for row in rows):
        transaction.on_commit(lambda: doorbell.ring("messages"))


def messages_of(entries: Sequence[Entry], subject: Subject, event: Occurrence, known: Known) -> Iterator[Message]:
    """One event's: for each kind the channels of its plan, in the plan's order, then those that are off."""
    for entry in entries:
        if subject.ask is not None and not rules.is_told(entry.kind, subject.ask):
            continue
        if subject.case is not None and not rules.is_case_told(entry.kind, subject.case):
            continue
        plan = known.plans[entry.kind].plan
        if entry.is_marketing and not plan.channels:
            continue  # nobody wants it: there is nothing to explain
        told_by, recent = "", None
        for channel in _ways(entry, plan, subject):
            facts, key = _facts(entry, Channel(channel), subject, event, known)
            if plan.ladder == Ladder.FIRST:
                recent = recent or facts.recent  # the ways of a ladder are one message: none is the other's too many
                facts = replace(facts, ladder=told_by, recent=recent)
            row = _message(facts, key, subject, event, known)
            if row.state == MessageState.PENDING or facts.is_told:
                told_by = told_by or channel
            yield row


def _ways(entry: Entry, plan: Plan, subject: Subject) -> Iterator[str]:
    """The channels there is something to decide about: all of them, or the one that was asked for."""
    for channel in (*plan.channels, *(name for name in entry.channels if name not in plan.channels)):
        if subject.channel in ("", channel):
            yield channel


def _message(facts: rules.Facts, key: str, subject: Subject, event: Occurrence, known: Known) -> Message:
    entry, contact = facts.entry, subject.contact
    order = None if subject.case is not None and subject.case.is_apart else subject.order
    row = row_of(facts, contact, order, key=key, language=known.language, at=event.now)
    row.event_id, row.shipment = event.id, subject.shipment if order is not None or subject.case is None else None
    row.subject_id = None if entry.subject in ("order", "shipment") else event.payload[entry.key]
    row.automation_id = known.plans[entry.kind].version_id or None
    row.not_after = facts.not_after
    row.due_at = known.due_at - entry.head_start + ((row.send_at or event.now) - event.now)
    if entry.kind == Kind.ORDER_CONFIRMATION and facts.channel == Channel.EMAIL:
        row.style, why = _style(subject, event.now, known)
        row.reasons.extend(rules.reasons_as_json([why]))
    if entry.is_marketing and row.send_at is not None:
        known.lately.add(contact.customer_id, row.send_at)
    return row


def _style(subject: Subject, now: datetime, known: Known) -> tuple[str, Condition]:
    plan = known.plans[Kind.ORDER_CONFIRMATION].plan
    return rules.choose(plan.styles, known.situation(subject, now), subject.contact.standing, now=now, has_coupons=known.has_coupons)


def _facts(entry: Entry, channel: Channel, subject: Subject, event: Occurrence, known: Known) -> tuple[rules.Facts, str]:
    """What is known about the message, and the key under which its fact is told once."""
    contact, order, shipment, incident = subject.contact, subject.order, subject.shipment, subject.incident
    plan, recipient, subject_id = known.plans[entry.kind].plan, address_of(contact, channel), event.payload[entry.key]
    part = _part(entry, subject_id, channel, subject, event, known)
    key = rules.dedupe_key(entry, subject_id, channel, fingerprint(recipient) if recipient else "", part)
    hold = rules.MATCHING if known.doubles.waits(entry.kind, subject_id, channel) else entry.hold
    start = event.now + hold
    facts = rules.Facts(
        entry=entry,
        channel=channel,
        recipient=recipient,
        suppressed=contact.suppressed.get(channel, ""),
        is_on=channel in plan.channels,
        is_order_cancelled=order is not None and order.state == OrderState.CANCELLED,
        is_order_abandoned=order is not None and _is_abandoned(order),
        is_shipment_delivered=shipment is not None and shipment.status == ShipmentStatus.DELIVERED,
        is_history=order is not None and order.is_imported and entry.subject not in ASKED and subject.happened_at <= order.recorded_at,
        is_told=known.told.get(key.rpartition(":")[0], key) != key,
        status=shipment.status if shipment is not None else "",
        is_incident_over=incident is not None and incident.state == IncidentState.RESOLVED,
        is_silent=incident is not None and incident.type == IncidentType.STALLED,
        ask=subject.ask,
        case=subject.case,
        feedback=subject.feedback,
        countries=countries_of(order),
        elsewhere=known.doubles.elsewhere(entry.kind, subject_id, channel),
        hold=hold,
        checks=_checks(plan, subject, event.now, known),
        standing=contact.standing,
        recent=rules.recent(known.lately.of(contact.customer_id), start),
        trouble=known.troubles.of(contact.customer_id, entry.topic),
        now=event.now,
        start=max(start, event.at + plan.delay) if plan.delay else start,
        delay=plan.delay,
        not_after=rules.not_after(entry, event.at + plan.delay),
        place=place_of(contact, order, known.home),
        window=plan.window,
    )
    return (_while_offered(facts, order, known) if entry.kind == Kind.ADDITIONS and order is not None else facts), key


def _while_offered(facts: rules.Facts, order: Order, known: Known) -> rules.Facts:
    """An offer is told while it stands, and not after."""
    stand = known.additions.get(order.pk)
    if stand is None or facts.now is None:
        return facts
    return replace(facts, offer=stand.obstacle(order, now=facts.now), not_after=stand.until(order) or facts.not_after)


def _checks(plan: Plan, subject: Subject, now: datetime, known: Known) -> tuple[Condition, ...]:
    if not plan.checks:
        return ()
    situation = known.situation(subject, now)
    return tuple(rules.holds(check, situation) for check in plan.checks)


def row_of(facts: rules.Facts, contact: Contact, order: Order | None, *, key: str, language: str, at: datetime) -> Message:
    """A message as it was decided; the caller says what it is about and when it is due."""
    decision = rules.decide(facts)
    sends = isinstance(decision, Send)
    return Message(
        token=_token(key, order),
        kind=facts.entry.kind,
        channel=facts.channel,
        state=MessageState.PENDING if sends else MessageState.SUPPRESSED,
        dedupe_key=key,
        reason=decision.reason if isinstance(decision, Skip) else decision.waits or (HELD if facts.hold or facts.entry.hold else ""),
        reasons=rules.reasons_as_json(decision.reasons),
        customer_id=contact.customer_id,
        order=order,
        recipient=facts.recipient,
        language=contact.language if contact.language in SPOKEN else language,
        country=_country(facts, order),
        is_mandatory=facts.entry.is_mandatory,
        topic=facts.entry.topic,
        send_at=(decision.at or at) if isinstance(decision, Send) else None,
        decided_at=at,
        finished_at=None if sends else at,
    )


def _token(key: str, order: Order | None) -> str:
    """The same for the same fact: one decided anew after a restore is found at its provider by the token of the one that was lost.

    Numbers of rows are given out again after a restore, an order's name at its shop is not.
    """
    about = f"{order.source}:{order.external_id}" if order is not None else ""
    return derive_token("message", f"{required_merchant_id()}|{key}|{about}")[:TOKEN]


def _country(facts: rules.Facts, order: Order | None) -> str:
    """Of the recipient's number; for e-mail of the address the order goes to."""
    if facts.channel == Channel.SMS:
        return phone_country(facts.recipient) if facts.recipient else ""
    return country_of(order) if order is not None else ""


def _part(entry: Entry, subject_id: int, channel: str, subject: Subject, event: Occurrence, known: Known) -> str:
    """What tells this fact from others about the same row: its day, or its state."""
    if entry.per == "day":
        return str(event.payload.get("day", ""))[:10]
    if entry.per == "event":
        return str(event.id)
    if entry.per == "state" and subject.feedback is not None:
        return subject.feedback.told
    if entry.per == "state" and (subject.ask is not None or subject.case is not None):
        return subject.ask.told if subject.ask is not None else subject.case.told if subject.case is not None else ""
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
