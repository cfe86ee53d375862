"""What follows from a change of a parcel: lanes learn, rules look, figures move."""

from collections.abc import Sequence

from events.registry import subscribe_many
from events.types import Occurrence
from orders.registry import register_estimator
from tracking import services

register_estimator(services.days_for_order)


@subscribe_many("tracking.shipment.changed")
def follow_parcels(events: Sequence[Occurrence]) -> None:
    """One look per parcel, however many events told of it."""
    ids, now = sorted({event.payload["shipment"] for event in events}), events[-1].now
    services.learn(shipment_ids=ids, now=now)
    services.review(shipment_ids=ids, now=now)
    services.count_parcels(shipment_ids=ids, now=now)
