"""Pure decisions of this room."""

from tracking.rules.parcels import (
    HANDED_OVER,
    RANK,
    TIE,
    Item,
    Line,
    Packing,
    Parcel,
    ShipmentRefused,
    Story,
    Wanted,
    check_shipment,
    counts,
    is_handed_over,
    is_open,
    pack,
    tell,
)

__all__ = [
    "HANDED_OVER",
    "RANK",
    "TIE",
    "Item",
    "Line",
    "Packing",
    "Parcel",
    "ShipmentRefused",
    "Story",
    "Wanted",
    "check_shipment",
    "counts",
    "is_handed_over",
    "is_open",
    "pack",
    "tell",
]
