"""Parcels in every state with their scans and incidents, made directly: what the carriers' side would have recorded."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from orders.models import Order
from tests.conftest import NOW
from tests.factories import ship
from tracking.models import Incident, Scan, Shipment
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def parcel(order: Order, *, at: datetime = NOW, **columns: Any) -> Shipment:
    """A parcel with the folded facts a test names."""
    row = ship(order, at=at, external_id=columns.pop("external_id", "S1"), lines=columns.pop("lines", {}), updated_at=at)
    if "eta_by" in columns:
        columns = {"eta_from": None, "eta_alike": 0, **columns}
    Shipment.objects.filter(pk=row.pk).update(**columns)
    row.refresh_from_db()
    row.order = order  # tests look at it outside the scope
    return row


def scan(shipment: Shipment, status: str = Status.IN_TRANSIT, *, at: datetime = NOW, **columns: Any) -> Scan:
    """One scan as the carrier told it."""
    values: dict[str, Any] = {"zone": "Europe/Berlin", "source": "test", "received_at": at, "key": uuid4(), **columns}
    row: Scan = Scan.objects.create(shipment=shipment, status=status, at=at, **values)
    return row


def incident(shipment: Shipment | None = None, *, order: Order | None = None, type: str, at: datetime = NOW, **columns: Any) -> Incident:
    """Something open about a parcel or an order."""
    subject = f"shipment:{shipment.pk}" if shipment else f"order:{order.pk if order else 0}"
    order_id = shipment.order_id if shipment else order.pk if order else None
    row: Incident = Incident.objects.create(
        type=type, subject=subject, shipment=shipment, order_id=order_id, act_by=at + DAY, opened_at=at, updated_at=at, **columns
    )
    return row


def unsent(order: Order, **columns: Any) -> Incident:
    """The order was not sent when promised."""
    return incident(order=order, type=IncidentType.UNSHIPPED_PAST_PROMISE, **columns)


def snowed_in(order: Order, *, now: datetime = NOW, today: date | None = None, **columns: Any) -> Shipment:
    """Late by weather with a newer day, the carrier's text naming a person."""
    day = today or now.date()
    facts = {
        "status": Status.IN_TRANSIT,
        "shipped_at": now - DAY,
        "is_delayed": True,
        "cause": "weather",
        "eta_by": day + 4 * DAY,
        "eta_from": day + 2 * DAY,
        "eta_source": "learned",
        "eta_alike": 214,
        "eta_first_by": day + DAY,
        "promised_by": day + DAY,
    }
    row = parcel(order, at=now - DAY, **{**facts, **columns})
    scan(row, Status.PICKED_UP, at=now - DAY, city="Munich", country="DE", text="Abgeholt")
    scan(row, at=now - 14 * HOUR, city="Aschheim", country="DE", text="Die Sendung wurde im Paketzentrum bearbeitet")
    scan(row, at=now - 12 * HOUR, city="Feucht", country="DE", text="Eingang Feucht, Empfänger Frau Hoffmann")
    scan(row, at=now - HOUR, city="Feucht", country="DE", is_delay=True, cause="weather", text="Die Sendung wurde aufgehalten (Witterung).")
    return row
