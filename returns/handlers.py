"""What follows here from refunds, orders and parcels."""

from events.registry import subscribe
from events.types import Occurrence
from returns import services


@subscribe("orders.refund.recorded")
def match_refund(event: Occurrence) -> None:
    services.match_refund(refund_id=event.payload["refund"], at=event.at)


@subscribe("orders.order.placed")
def match_order(event: Occurrence) -> None:
    services.match_order(order_id=event.payload["order"], at=event.at)


@subscribe("orders.order.cancelled")
def note_cancelled(event: Occurrence) -> None:
    services.note_cancelled(order_id=event.payload["order"], at=event.at)


@subscribe("tracking.return_parcel.changed")
def note_scan(event: Occurrence) -> None:
    services.note_scan(shipment_id=event.payload["shipment"], at=event.at)


@subscribe("tracking.shipment.dispatched", "tracking.shipment.delivered")
def follow_parcel(event: Occurrence) -> None:
    services.follow_parcel(shipment_id=event.payload["shipment"], at=event.at)
