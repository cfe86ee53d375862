"""The inbox and the polls are queues; an order or a parcel sets free what waited for it, and is asked for at its carrier."""

from collections.abc import Sequence

from connectors.services import drain_inbox, drain_polls, release_for_parcels, release_waiting, watch_parcels
from events.registry import register_queue, subscribe, subscribe_many
from events.types import Occurrence

register_queue("inbox", drain_inbox)
register_queue("polls", drain_polls)


@subscribe("orders.order.placed", "orders.order.imported")
def release_waiting_items(event: Occurrence) -> None:
    release_waiting(order_id=event.payload["order"])


@subscribe_many("tracking.shipment.changed")
def ask_for_parcels(events: Sequence[Occurrence]) -> None:
    parcels = sorted({event.payload["shipment"] for event in events})
    release_for_parcels(shipment_ids=parcels)
    watch_parcels(shipment_ids=parcels, now=events[-1].now)
