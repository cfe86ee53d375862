"""Rows behind messages: incidents and scans of parcels, the staff's words, what a confirmation may offer. Read once for a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Q

from notifications.models import Message, Note
from notifications.offers import Stand, stands
from notifications.registry import entry_of
from notifications.styles import Offers, load_offers
from notifications.types import Kind
from tracking.models import Incident, Scan
from tracking.rules.incidents import DELAYS
from tracking.types import IncidentState, ShipmentStatus

K = TypeVar("K", bound=int | None)
COLLECTING = frozenset({Kind.READY_FOR_PICKUP, Kind.PICKUP_EXPIRING})


@dataclass(slots=True)
class Background:
    incidents: dict[int, Incident] = field(default_factory=dict)
    scans: dict[int, Scan] = field(default_factory=dict)
    pickups: dict[int, Scan] = field(default_factory=dict)  # by shipment: the newest word of where it waits
    notes: dict[int, Note] = field(default_factory=dict)
    offers: Offers = field(default_factory=Offers)
    additions: Mapping[int, Stand] = field(default_factory=dict)  # by order: what may still go in its parcel

    def incident(self, message: Message) -> Incident | None:
        """The incident a message is about."""
        return self.incidents.get(message.subject_id or 0) if _is_about(message, "incident") else None

    def scan(self, message: Message) -> Scan | None:
        """The scan a message is about; where the parcel waits, for a message about collecting it."""
        if message.kind in COLLECTING:
            return self.pickups.get(message.shipment_id or 0)
        return self.scans.get(message.subject_id or 0) if _is_about(message, "scan") else None


def load_background(messages: Sequence[Message]) -> Background:
    """At most four queries for messages about parcels, eleven for confirmations that offer something, nine for additions, else none."""
    notes = {row.subject_id for row in messages if row.kind == Kind.NOTE}
    incidents = {row.subject_id for row in messages if _is_about(row, "incident")}
    scans = {row.subject_id for row in messages if _is_about(row, "scan")}
    waiting = {row.shipment_id for row in messages if row.kind in COLLECTING}
    additions = stands(row.order for row in messages if row.kind == Kind.ADDITIONS and row.order is not None)
    found = Background(offers=load_offers(messages), additions=additions)
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
