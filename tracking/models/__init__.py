"""Tables of this room."""

from tracking.models.incidents import Incident, IncidentNote, IncidentRule, SavedView
from tracking.models.lanes import LaneEffect, LaneStat
from tracking.models.parcels import Shipment, ShipmentLine
from tracking.models.rollups import Counted, FlowCell
from tracking.models.scans import CarrierFeed, Scan, WaitingScans

__all__ = [
    "CarrierFeed",
    "Counted",
    "FlowCell",
    "Incident",
    "IncidentNote",
    "IncidentRule",
    "LaneEffect",
    "LaneStat",
    "SavedView",
    "Scan",
    "Shipment",
    "ShipmentLine",
    "WaitingScans",
]
