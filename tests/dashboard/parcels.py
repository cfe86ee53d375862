"""Parcels and incidents of one merchant for the pages of delays and of the work list."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.factories import place_order, ship
from tracking.models import CarrierFeed, Incident, Shipment
from tracking.services import count_parcels
from tracking.types import IncidentType, ShipmentStatus


@dataclass
class Trouble:
    """An order with a parcel and what is open about it."""

    merchant: Merchant
    order_id: int
    shipment_id: int
    incident_id: int

    def incident(self) -> Incident:
        with merchant_scope(self.merchant.pk):
            row: Incident = Incident.objects.get(pk=self.incident_id)
            return row


def trouble(merchant: Merchant, number: str = "T-1", **over: Any) -> Trouble:
    """A parcel that missed its day yesterday, with an incident, counted."""
    at = now()
    with merchant_scope(merchant.pk):
        order = place_order(number=number, at=at - timedelta(days=5), placed_at=at - timedelta(days=5))
        parcel = ship(order, at=at - timedelta(days=4), updated_at=at - timedelta(days=4), tracking_number=f"TRACK-{number}")
        due = timezone.localdate(at) - timedelta(days=1)
        Shipment.objects.filter(pk=parcel.pk).update(promised_by=due, to_country="DE", to_region="BE")
        values: dict[str, Any] = {
            "type": IncidentType.FAILED_ATTEMPT,
            "subject": f"shipment:{parcel.pk}",
            "shipment": parcel,
            "order": order,
            "carrier_code": "dhl",
            "region": "DE-BE",
            "harm": 60,
            "rank": 60.0,
            "promised_by": due,
            "act_by": at + timedelta(hours=3),
            "opened_at": at - timedelta(hours=1),
            "updated_at": at,
            **over,
        }
        row = Incident.objects.create(**values)
        count_parcels(shipment_ids=[parcel.pk], now=at)
        return Trouble(merchant, order.pk, parcel.pk, row.pk)


def arrivals(merchant: Merchant, count: int, *, late: int = 0, carrier: str = "dhl", region: str = "BY") -> None:
    """Parcels that were due two days ago and arrived, some of them late."""
    at = now()
    due = timezone.localdate(at) - timedelta(days=2)
    with merchant_scope(merchant.pk):
        order = place_order(number=f"N-{carrier}-{region}", at=at - timedelta(days=9), placed_at=at - timedelta(days=9))
        first = ship(order, at=at, updated_at=at - timedelta(days=5))
        rows = []
        for number in range(count):
            arrived = at - timedelta(days=1 if number < late else 3)
            rows.append(
                Shipment(
                    public_id=f"{carrier}{region}{number}", order=order, source="api", external_id=f"{carrier}{region}{number}", position=1,
                    carrier_code=carrier, status=ShipmentStatus.DELIVERED, created_at=at, source_updated_at=at, promised_by=due,
                    shipped_at=at - timedelta(days=5), attempted_at=arrived, delivered_at=arrived, to_country="DE", to_region=region,
                    eta_source="learned", eta_from=due - timedelta(days=2), eta_by=due,
                )
            )  # fmt: skip
        Shipment.objects.bulk_create(rows)
        first.delete()
        count_parcels(shipment_ids=[row.pk for row in rows], now=at)


def feed(merchant: Merchant, carrier: str = "dhl", **over: Any) -> None:
    with merchant_scope(merchant.pk):
        CarrierFeed.objects.create(carrier_code=carrier, source="aftership", **{"last_received_at": now(), "usual_gap": 60, **over})
