"""One order's life played through the product's own decisions: each event in its time, each message at its last check."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import DatabaseError

from customers.types import Channel
from events.models import Event
from events.types import Occurrence
from notifications import context, rendering, sms
from notifications.background import COLLECTING, Background
from notifications.feedback import thanks_for
from notifications.models import Message
from notifications.news import News, overtaken
from notifications.notes import Notes
from notifications.registry import REPEATED, WEIGHTS, Entry, entries_on, entry_of
from notifications.rules import Way, asked_again, recheck
from notifications.services.desk import Desk
from notifications.services.hold import NEWER
from notifications.services.known import Known
from notifications.services.ladder import has_failed
from notifications.services.plan import messages_of
from notifications.services.prepare import restyle
from notifications.services.subjects import (
    Subject,
    ask_of,
    case_subject,
    feedback_entry,
    happened_at,
    subject_of_case,
    subject_of_feedback,
)
from notifications.simulator.past import Past
from notifications.simulator.types import Letter
from notifications.simulator.wishes import Wishes
from notifications.styles import load_offers
from notifications.types import Condition, Kind, MessageState
from orders.models import Refund
from tracking.models import Incident, Scan
from tracking.rules.incidents import DELAYS
from tracking.types import IncidentState, ShipmentStatus

OPEN_WAY = Way()  # every provider takes what it is given


@dataclass(slots=True)
class Play:
    """The order's rows, and the messages made so far; `known.told` and `known.lately` are this play's own and grow with it."""

    past: Past
    wishes: Wishes
    known: Known
    desk: Desk
    told: dict[str, str]
    with_letters: bool = True
    rows: list[Message] = field(default_factory=list)
    events: dict[int, str] = field(default_factory=dict)  # by id, their types
    letters: dict[int, Letter] = field(default_factory=dict)  # by message

    def run(self, until: datetime) -> None:
        """From the first event to the last message that leaves by `until`."""
        for event in self.past.events:
            if entries := [entry for entry in entries_on(event.type) if not entry.opens]:  # a code is nobody's but the shopper's
                self._release(event.occurred_at)
                self._decide(event, entries)
        self._release(until)

    def _decide(self, event: Event, entries: Sequence[Entry]) -> None:
        at = event.occurred_at
        self.past.wind(at)
        subject = self._subject(event)
        if subject is None:
            return
        self.events[event.pk] = event.type
        occurrence = Occurrence(event.pk, event.type, event.payload, at, at)
        keys = {row.dedupe_key for row in self.rows}
        for row in list(messages_of(entries, subject, occurrence, self.known)):
            if row.dedupe_key not in keys:
                row.pk, row.customer = len(self.rows) + 1, self.past.order.customer
                self.rows.append(row)
                self.told[row.dedupe_key.rpartition(":")[0]] = row.dedupe_key
        for row in self.rows:
            if row.pk in self._stale() and row.state == MessageState.PENDING:
                row.state, row.reason = MessageState.CANCELLED, NEWER

    def _subject(self, event: Event) -> Subject | None:
        """What the event is about as it stood then; None when it is about a row that is gone."""
        payload = event.payload
        if subject := case_subject(event.type):
            return self._about_case(event, self.past.matters.row(subject, payload.get(subject)))
        if entry := feedback_entry(event.type):
            return self._about_feedback(event, self.past.matters.row(entry.subject, payload.get(entry.key)))
        shipment = next((parcel.row for parcel in self.past.parcels if parcel.row.pk == payload.get("shipment")), None)
        incident = self._incident(payload.get("incident"))
        refund: Refund | None = next((row for row in self.past.order.refunds.all() if row.pk == payload.get("refund")), None)
        asked = self.past.asked.get(payload.get("request", 0))
        if ("incident" in payload and incident is None) or ("request" in payload and asked is None):
            return None
        at = happened_at(Occurrence(event.pk, event.type, payload, event.occurred_at, event.occurred_at), self.past.order, shipment, refund)
        ask = ask_of(asked.row) if asked is not None else None
        return Subject(self.wishes.contact_at(event.occurred_at), at, self.past.order, shipment, incident, ask)

    def _about_case(self, event: Event, row: Any) -> Subject | None:
        if row is None:
            return None
        at = event.occurred_at
        found = subject_of_case(row, Occurrence(event.pk, event.type, event.payload, at, at))
        is_apart = found.case is not None and found.case.is_apart
        return found if is_apart else replace(found, contact=self.wishes.contact_at(at))

    def _about_feedback(self, event: Event, row: Any) -> Subject | None:
        at = event.occurred_at
        found = subject_of_feedback(row, Occurrence(event.pk, event.type, event.payload, at, at)) if row is not None else None
        return replace(found, contact=self.wishes.contact_at(at)) if found is not None else None

    def _incident(self, id: int | None) -> Incident | None:
        """The incident, or the delay that goes on in its place: to the shopper they are one."""
        rows = [trouble.row for trouble in self.past.troubles]
        row = next((row for row in rows if row.pk == id), None)
        if row is None or row.type not in DELAYS or row.state != IncidentState.RESOLVED or row.shipment_id is None:
            return row
        heirs = [one for one in rows if one.shipment_id == row.shipment_id and one.type in DELAYS and one.told_at is not None]
        return next((one for one in reversed(heirs) if one.state != IncidentState.RESOLVED), row)

    def _stale(self) -> set[int]:
        by_parcel = [
            News(row.pk, (row.shipment_id, row.channel), row.kind, row.event_id or 0, row.state)
            for row in self.rows
            if row.kind in WEIGHTS and row.shipment_id is not None
        ]
        by_telling = [
            News(row.pk, (row.subject_id or 0, f"{row.kind}/{row.channel}"), row.kind, row.event_id or 0, row.state)
            for row in self.rows
            if row.kind in REPEATED
        ]
        return overtaken(by_parcel) | overtaken(by_telling)

    def _release(self, until: datetime) -> None:
        """Everything that comes due by then, in the order of its time; what the last check puts off comes again."""
        while due := self._next(until):
            at = due.send_at
            assert at is not None, "what waits knows until when"
            self.past.wind(at)
            self._check(due, at)

    def _next(self, until: datetime) -> Message | None:
        waiting = [row for row in self.rows if row.state == MessageState.PENDING and row.send_at is not None and row.send_at <= until]
        return min(waiting, key=lambda row: (row.send_at, row.pk), default=None)

    def _check(self, row: Message, at: datetime) -> None:
        standings = {row.customer_id or 0: self.wishes.standing_at(at)}
        recipients = replace(self.desk.recipients, suppressed=self.wishes.blocks_at(at), standings=standings)
        desk = replace(self.desk, background=self._background(row), stale=self._stale(), recipients=recipients)
        step = recheck(desk.facts(row, at), OPEN_WAY)
        if step is None:
            self._leave(row, desk, at)
            return
        if step.asked:
            row.reasons = asked_again(row.reasons, step.asked)
        row.state, row.reason = MessageState(step.state), step.reason
        row.send_at = step.send_at or row.send_at
        if has_failed(row.state, row.reason):
            self._step_down(row, at)

    def _step_down(self, failed: Message, at: datetime) -> None:
        """As `services.ladder` does: the next way of the same fact is due."""
        ways = (row for row in self.rows if _fact(row) == _fact(failed) and (row.state, row.reason) == (MessageState.SUPPRESSED, "ladder"))
        row = next((row for row in ways if row.not_after is None or row.not_after >= at), None)
        if row is not None:
            row.state, row.reason, row.send_at = MessageState.PENDING, "ladder", at
            row.reasons = asked_again(row.reasons, [Condition("ladder", True, "the way before it failed")])

    def _leave(self, row: Message, desk: Desk, at: datetime) -> None:
        row.state, row.reason = MessageState.SENT, ""
        desk.recipients.leaves(row, at)
        if self.with_letters:
            desk.background.offers = load_offers([row])
            self.letters[row.pk] = letter_of(row, desk, at)

    def _background(self, row: Message) -> Background:
        parcel = [scan for scan in self.past.scans.values() if scan.shipment_id == row.shipment_id]
        waits = [scan for scan in sorted(parcel, key=_by_time) if scan.status == ShipmentStatus.READY_FOR_PICKUP]
        rows = {"request": {id: asked.row for id, asked in self.past.asked.items()}, **self.past.matters.rows}
        told = rows.get(entry_of(row.kind).subject, {}).get(row.subject_id or 0) if entry_of(row.kind).is_about_feedback else None
        return Background(
            incidents={id: one for id in [row.subject_id or 0] if (one := self._incident(id)) is not None},
            scans=self.past.scans,
            pickups={waits[-1].shipment_id: waits[-1]} if waits and row.kind in COLLECTING else {},
            additions=self.known.additions if row.kind == Kind.ADDITIONS else {},
            rows=rows,
            thanks=thanks_for([told]) if told is not None else {},
        )


def _fact(row: Message) -> tuple[object, ...]:
    return row.event_id, row.kind, row.shipment_id, row.subject_id


def _by_time(scan: Scan) -> tuple[datetime, int]:
    return scan.at, scan.pk


def letter_of(row: Message, desk: Desk, at: datetime) -> Letter:
    """The message as it would be composed at that moment; nothing it leaves behind is kept, so codes in it are samples."""
    try:
        surveys = desk.surveys_for(row, at)
        facts = context.build(message=row, now=at, house=desk.house, notes=Notes(), background=desk.background, surveys=surveys)
        restyle(row, facts)
        made = rendering.render(
            kind=row.kind, channel=row.channel, language=row.language, context=facts, version=desk.version(row, row.style), style=row.style
        )
    except DatabaseError:
        raise
    except Exception as error:  # whatever one message's data do to its template must not end the whole simulation
        return Letter(trouble=f"{error.__class__.__name__}: {error}"[:300])
    route = desk.routes.choose(row)
    cost = route.price(row, made.segments) if route is not None else None
    encoding = sms.segments(made.text).encoding if row.channel == Channel.SMS else ""
    currency = route.row.currency if route is not None and cost is not None else ""
    return Letter(made.subject, made.text, made.html, made.label, made.segments, encoding, cost, currency)
