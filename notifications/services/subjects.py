"""What events are about, as far as their messages need it: read for a batch, a query per table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from customers.models import AccountChange, Customer, EmailChange, PrivacyRequest
from customers.selectors import contacts_of
from customers.types import Contact
from events.types import Occurrence
from merchants.models import MerchantModel
from notifications import cases, feedback
from notifications.background import heirs, rows_of
from notifications.registry import Entry, entries_on
from notifications.rules import Ask, Case, Feedback
from orders.models import LookUp, Order, OrderRequest, Refund
from returns.models import Claim, Withdrawal
from returns.types import ClaimState
from tracking.models import Incident, Shipment

DECIDED = {"returns.claim.approved": ClaimState.APPROVED.value, "returns.claim.declined": ClaimState.DECLINED.value}
M = TypeVar("M", bound=MerchantModel)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, as far as its messages need it."""

    contact: Contact
    happened_at: datetime
    order: Order | None = None
    shipment: Shipment | None = None
    incident: Incident | None = None
    ask: Ask | None = None  # what the shopper asked for
    case: Case | None = None  # the return, exchange, claim or withdrawal, as it stands
    feedback: Feedback | None = None  # the question, review or raised theme, as it stands
    row: Any = None  # its row
    channel: str = ""  # the one way it is told; "": each that is on


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows the events of a batch name."""

    orders: Mapping[int | None, Order]
    customers: Mapping[int | None, Customer]
    shipments: Mapping[int | None, Shipment]
    incidents: Mapping[int | None, Incident]
    refunds: Mapping[int | None, Refund]
    requests: Mapping[int | None, OrderRequest]
    look_ups: Mapping[int | None, LookUp]
    email_changes: Mapping[int | None, EmailChange]
    account_changes: Mapping[int | None, AccountChange]
    privacy: Mapping[int | None, PrivacyRequest]
    cases: Mapping[int | None, Any]
    feedback: Mapping[int | None, Any]


def subjects_of(events: Sequence[Occurrence]) -> dict[int, Subject]:
    """By event; none where the row is gone: the shopper's data were erased meanwhile."""
    rows = _read(events)
    told = ((event, _subject(event, rows)) for event in events)
    found = {event.id: subject for event, subject in told if subject is not None}
    contacts = contacts_of([subject.contact for subject in found.values()])
    return {id: replace(subject, contact=_kept(subject, contact)) for (id, subject), contact in zip(found.items(), contacts, strict=True)}


def _kept(subject: Subject, contact: Contact) -> Contact:
    """A statement is answered in the language it was made in, whatever its author reads elsewhere."""
    is_statement = isinstance(subject.row, Withdrawal) and subject.row.language
    return replace(contact, language=subject.row.language) if is_statement else contact


def _subject(event: Occurrence, rows: _Rows) -> Subject | None:
    if case_subject(event.type):
        return _about_case(event, rows)
    if entry := feedback_entry(event.type):
        row = rows.feedback.get(event.payload.get(entry.key))
        return subject_of_feedback(row, event) if row is not None else None
    return _about_order(event, rows) if "order" in event.payload else _about_customer(event, rows)


def case_subject(type: str) -> str:
    """The row of `returns` an event's messages are about, by its name in the payload; empty when they are about none."""
    return next((entry.subject for entry in entries_on(type) if entry.is_about_case), "")


def feedback_entry(type: str) -> Entry | None:
    """The first message of `reviews` that follows an event; they all are about the same row."""
    return next((entry for entry in entries_on(type) if entry.is_about_feedback), None)


def _read(events: Sequence[Occurrence]) -> _Rows:
    if entry := feedback_entry(events[0].type):
        found = _rows(events, entry.key, feedback.ROWS[entry.subject])
        return _Rows({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, feedback=found)
    return _Rows(
        orders=_rows(events, "order", Order),
        customers=_rows([event for event in events if "order" not in event.payload], "customer", Customer),
        shipments=_rows(events, "shipment", Shipment),
        incidents=heirs(_rows(events, "incident", Incident)),
        refunds=_rows(events, "refund", Refund),
        requests=_rows(events, "request", OrderRequest),
        look_ups=_rows(events, "look_up", LookUp),
        email_changes=_rows(events, "email_change", EmailChange),
        account_changes=_rows(events, "account_change", AccountChange),
        privacy=_rows(events, "privacy_request", PrivacyRequest),
        cases=_rows(events, name, cases.ROWS[name]) if (name := case_subject(events[0].type)) else {},
        feedback={},
    )


def _about_order(event: Occurrence, rows: _Rows) -> Subject | None:
    payload = event.payload
    order, incident = rows.orders.get(payload["order"]), rows.incidents.get(payload.get("incident"))
    look_up, request = rows.look_ups.get(payload.get("look_up")), rows.requests.get(payload.get("request"))
    is_gone = (("incident", incident), ("request", request), ("look_up", look_up))
    if order is None or any(name in payload and row is None for name, row in is_gone):
        return None
    shipment = rows.shipments.get(payload.get("shipment"))
    happened = happened_at(event, order, shipment, rows.refunds.get(payload.get("refund")))
    channel = look_up.channel if look_up is not None else ""
    return Subject(contact_of(order), happened, order, shipment, incident, ask_of(request), channel=channel)


def _about_case(event: Occurrence, rows: _Rows) -> Subject | None:
    """What is apart is told to whom it concerns, and kept with nobody else's order."""
    row = rows.cases.get(event.payload.get(case_subject(event.type)))
    if row is None:
        return None
    return subject_of_case(row, event)


def subject_of_case(row: Any, event: Occurrence) -> Subject:
    """A return, exchange, claim, its money or a withdrawal, as its messages need it."""
    kind = entries_on(event.type)[0].kind
    case = cases.case_of(row, kind, told=DECIDED.get(event.type, ""))
    shipment = row.shipment if isinstance(row, Claim) else None
    return Subject(cases.contact_of_case(row), event.at, row.order, shipment, case=case, row=row)


def subject_of_feedback(row: Any, event: Occurrence) -> Subject | None:
    """A question, a review or a raised theme, as its messages need it; None where there is nobody to tell."""
    contact = feedback.contact_of_feedback(row)
    if contact is None:
        return None
    kind = entries_on(event.type)[0].kind
    told = feedback.told_of(row, kind, event.type, event.payload)
    return Subject(contact, event.at, feedback.order_of(row), feedback=feedback.feedback_of(row, kind, told=told), row=row)


def _about_customer(event: Occurrence, rows: _Rows) -> Subject | None:
    """A change of e-mail is proven at the new address and told at the old one; all else goes to the shopper's own."""
    payload = event.payload
    customer = rows.customers.get(payload.get("customer"))
    change, fact = rows.email_changes.get(payload.get("email_change")), rows.account_changes.get(payload.get("account_change"))
    request = rows.privacy.get(payload.get("privacy_request"))
    is_gone = (("email_change", change), ("account_change", fact), ("privacy_request", request))
    if customer is None or any(name in payload and row is None for name, row in is_gone):
        return None
    email = change.email if change is not None else fact.told_to if fact is not None else ""
    return Subject(_of_customer(customer, email), event.at, ask=ask_of(request, told=str(payload.get("state", ""))))


def ask_of(row: OrderRequest | PrivacyRequest | None, *, told: str = "") -> Ask | None:
    """A request as decisions see it; it is told as it stands when nobody says otherwise."""
    return None if row is None else Ask(row.kind, row.state, told or row.state, row.reason)


def _rows(events: Sequence[Occurrence], name: str, model: type[M]) -> dict[int | None, M]:
    """The rows the events name in their payload; no query when they name none."""
    ids = {event.payload[name] for event in events if name in event.payload}
    return {row.pk: row for row in rows_of(model).filter(pk__in=ids)} if ids else {}


def contact_of(order: Order) -> Contact:
    """Whom an order's messages go to, before it is asked what stands against the addresses."""
    return Contact(order.customer_id, order.first_name, order.email, order.phone, order.language, {})


def _of_customer(customer: Customer, email: str) -> Contact:
    return Contact(customer.pk, customer.first_name, email or customer.email, "", customer.language, {})


def happened_at(event: Occurrence, order: Order, shipment: Shipment | None, refund: Refund | None) -> datetime:
    """When the fact came about in the world, which for an imported order may be before we knew it."""
    if "refund" in event.payload:
        return (refund.refunded_at if refund is not None else None) or event.at
    if shipment is not None and event.type == "tracking.shipment.dispatched":
        return shipment.shipped_at or event.at
    if shipment is not None and event.type == "tracking.shipment.delivered":
        return shipment.delivered_at or event.at
    if event.type == "orders.order.cancelled":
        return order.cancelled_at or event.at
    if event.type == "orders.order.confirmed":
        return order.confirmed_at or order.placed_at
    return event.at
