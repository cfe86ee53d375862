"""REST operations of this room."""

from tracking.api.scans import BatchView, ScansView, ShipmentView
from tracking.api.shipments import ShipmentsView

__all__ = ["BatchView", "ScansView", "ShipmentView", "ShipmentsView"]
