"""Reads of this room."""

from tracking.selectors.incidents import open_incidents
from tracking.selectors.parcels import (
    ShipmentNotFound,
    handed_over,
    hold_orders,
    is_unsent,
    lines_for_packing,
    parcel_called,
    parcels_numbered,
    parcels_of,
    shipment_by_public_id,
    shipments_of,
    story_of,
)
from tracking.selectors.scans import scans_of

__all__ = [
    "ShipmentNotFound",
    "handed_over",
    "hold_orders",
    "is_unsent",
    "lines_for_packing",
    "open_incidents",
    "parcel_called",
    "parcels_numbered",
    "parcels_of",
    "scans_of",
    "shipment_by_public_id",
    "shipments_of",
    "story_of",
]
