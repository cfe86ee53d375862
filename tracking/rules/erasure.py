"""What carriers and shops tell of a parcel whose shopper was forgotten: where it is counts, who took it does not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tracking.types import IncomingScan, IncomingShipment, ShipmentStatus

TAKER = "to"  # the fact of a folded parcel that names who signed
OVER = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED, ShipmentStatus.LOST, ShipmentStatus.DAMAGED})
# A parcel nobody heard of for that long stands in nobody's way.
STALE = timedelta(days=90)


def nameless_scan(scan: IncomingScan) -> IncomingScan:
    """A scan without the carrier's free words and without who signed."""
    return replace(scan, text="", signed_by="")


def nameless_parcel(incoming: IncomingShipment) -> IncomingShipment:
    """A shop's word on a parcel without the number that leads to the carrier's own page of it."""
    return replace(incoming, tracking_number="", tracking_url="", warnings=())


def nameless_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """A folded parcel without who signed."""
    return {name: value for name, value in state.items() if name != TAKER}
