"""Shopify's fulfilment events: what its carriers, or its merchant's apps, say of a fulfilment's first parcel."""

from connectors.carriers.reading import CODE, TEXT, PlaceKeys, day, moment, place_of, scan
from connectors.fields import Node
from connectors.shops.shopify import codes
from connectors.types import Ignored, Meaning, TrackingSeen
from tracking.types import IncomingTracking, ShipmentStatus

PLACE = PlaceKeys(region="province")


def tracking(node: Node, source: str) -> TrackingSeen | Ignored:
    """One event is one scan of the parcel that the fulfilment made."""
    order_id, fulfilment_id = node.required_identifier("order_id"), node.required_identifier("fulfillment_id")
    place = place_of(node, PLACE)
    told = moment(node, "happened_at", place) or moment(node, "created_at", place)
    if told is None:
        return Ignored("an event without a time")
    status = node.known("status", codes.EVENT)
    meaning = codes.EVENT.get(status, Meaning(ShipmentStatus.UNKNOWN))
    arrives = day(node, "estimated_delivery_at")
    news = IncomingTracking(
        source=source,
        scans=(scan(told, meaning, place, text=node.text("message", TEXT), code=node.text("status", CODE), status=""),),
        order_external_id=order_id,
        shipment_external_id=fulfilment_id,
        told_at=node.time("created_at"),
        eta_from=arrives,
        eta_by=arrives,
        warnings=node.told(),
    )
    return TrackingSeen((news,))
