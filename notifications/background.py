"""Rows behind messages: incidents and scans of parcels, the staff's words, what a confirmation may offer, what a shopper asked for
or changed. Read once for a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from customers.models import AccountChange, EmailChange, PrivacyRequest
from merchants.models import MerchantModel
from notifications import cases, feedback
from notifications.circumstances import LEFT
from notifications.models import Message, Note
from notifications.offers import Stand, stands
from notifications.registry import entry_of
from notifications.styles import Offers, load_offers
from notifications.types import Kind
from orders.models import LookUp, OrderRequest
from rewards.models import Coupon
from tracking.models import Incident, Scan
from tracking.rules.incidents import DELAYS
from tracking.types import IncidentState, ShipmentStatus

K = TypeVar("K", bound=int | None)
M = TypeVar("M", bound=MerchantModel)
COLLECTING = frozenset({Kind.READY_FOR_PICKUP, Kind.PICKUP_EXPIRING})
# Subjects that are one row each, by their names in payloads.
ROWS: Mapping[str, type[MerchantModel]] = {
    "request": OrderRequest,
    "look_up": LookUp,
    "email_change": EmailChange,
    "account_change": AccountChange,
    "privacy_request": PrivacyRequest,
    **cases.ROWS,
    **feedback.ROWS,
}
JOINED, FETCHED = {**cases.JOINED, **feedback.JOINED}, {**cases.FETCHED, **feedback.FETCHED}


@dataclass(slots=True)
class Background:
    incidents: dict[int, Incident] = field(default_factory=dict)
    scans: dict[int, Scan] = field(default_factory=dict)
    pickups: dict[int, Scan] = field(default_factory=dict)  # by shipment: the newest word of where it waits
    notes: dict[int, Note] = field(default_factory=dict)
    offers: Offers = field(default_factory=Offers)
    additions: Mapping[int, Stand] = field(default_factory=dict)  # by order: what may still go in its parcel
    rows: dict[str, dict[int, Any]] = field(default_factory=dict)  # by subject, of `ROWS`
    thanks: Mapping[str, Coupon] = field(default_factory=dict)  # by the order's public id: what was given for a review of it
    thanked: frozenset[str] = frozenset()  # orders of which a message has told that

    def row(self, message: Message) -> Any:
        """The row of `ROWS` a message is about; None when it is gone, or the message is about none."""
        return self.rows.get(entry_of(message.kind).subject, {}).get(message.subject_id or 0)

    def incident(self, message: Message) -> Incident | None:
        """The incident a message is about."""
        return self.incidents.get(message.subject_id or 0) if _is_about(message, "incident") else None

    def scan(self, message: Message) -> Scan | None:
        """The scan a message is about; where the parcel waits, for a message about collecting it."""
        if message.kind in COLLECTING:
            return self.pickups.get(message.shipment_id or 0)
        return self.scans.get(message.subject_id or 0) if _is_about(message, "scan") else None


def load_background(messages: Sequence[Message]) -> Background:
    """At most four queries for messages about parcels, eleven for confirmations that offer something, nine for additions, one for each
    kind of request, code or change, at most four for each of returns, claims, their money and replacements, six for each of questions and
    reviews, else none."""
    notes = {row.subject_id for row in messages if row.kind == Kind.NOTE}
    incidents = {row.subject_id for row in messages if _is_about(row, "incident")}
    scans = {row.subject_id for row in messages if _is_about(row, "scan")}
    waiting = {row.shipment_id for row in messages if row.kind in COLLECTING}
    additions = stands(row.order for row in messages if row.kind == Kind.ADDITIONS and row.order is not None)
    found = Background(offers=load_offers(messages), additions=additions)
    found.rows = _rows(messages)
    found.thanks = feedback.thanks_for(row for name in feedback.ROWS for row in found.rows.get(name, {}).values())
    found.thanked = _thanked(messages, found.thanks)
    if notes:
        found.notes = Note.objects.in_bulk([pk for pk in notes if pk])
    if incidents:
        found.incidents = heirs(Incident.objects.in_bulk([pk for pk in incidents if pk]))
    if scans or waiting:
        wanted = Q(pk__in=scans) | Q(shipment__in=waiting, status=ShipmentStatus.READY_FOR_PICKUP)
        rows = list(Scan.objects.filter(wanted).order_by("at", "pk"))
        found.scans = {row.pk: row for row in rows}
        found.pickups = {row.shipment_id: row for row in rows if row.status == ShipmentStatus.READY_FOR_PICKUP}
    return found


def _rows(messages: Sequence[Message]) -> dict[str, dict[int, Any]]:
    wanted: dict[str, set[int]] = {}
    for message in messages:
        subject = entry_of(message.kind).subject
        if subject in ROWS and message.subject_id:
            wanted.setdefault(subject, set()).add(message.subject_id)
    return {subject: rows_of(ROWS[subject]).in_bulk(ids) for subject, ids in wanted.items()}


def _thanked(messages: Sequence[Message], thanks: Mapping[str, Coupon]) -> frozenset[str]:
    """One query where reviews were published and a coupon was given, else none."""
    asking = {row.order_id for row in messages if row.kind == Kind.REVIEW_PUBLISHED}
    if not asking or not thanks:
        return frozenset()
    told = Message.objects.filter(order__in=asking, kind__in=(Kind.REVIEW_PUBLISHED, Kind.REVIEW_THANKS), state__in=LEFT)
    rows = told.exclude(pk__in=[row.pk for row in messages]).values_list("order__public_id", "sent_at")
    return frozenset(key for key, sent_at in rows if key in thanks and (sent_at is None or sent_at >= thanks[key].issued_at))


def rows_of(model: type[M]) -> "QuerySet[M]":
    """The current merchant's rows, without the files some hold, and with what composing reads of returns, claims and reviews."""
    rows: QuerySet[M] = model.objects.all()
    if model in JOINED:
        return rows.select_related(*JOINED[model]).prefetch_related(*FETCHED.get(model, ()))
    return rows.defer("file") if model is PrivacyRequest else rows


def heirs(incidents: Mapping[K, Incident]) -> dict[K, Incident]:
    """The incidents, each delay that ended with the one in its place that goes on: to the shopper they are one delay."""
    ended = {pk: row for pk, row in incidents.items() if row.type in DELAYS and row.state == IncidentState.RESOLVED and row.shipment_id}
    if not ended:
        return dict(incidents)
    parcels = {row.shipment_id for row in ended.values()}
    going_on = Incident.objects.filter(shipment__in=parcels, type__in=DELAYS, told_at__isnull=False).exclude(state=IncidentState.RESOLVED)
    by_parcel = {row.shipment_id: row for row in going_on.order_by("-opened_at", "-pk")}
    return {pk: by_parcel.get(row.shipment_id, row) if pk in ended else row for pk, row in incidents.items()}


def _is_about(message: Message, what: str) -> bool:
    return message.kind != Kind.NOTE and entry_of(message.kind).subject == what
