"""What changes in this room."""

from tracking.services.backtest import BackTest, NotTestable, back_test
from tracking.services.batches import MAX_PARCELS, record_batch
from tracking.services.incidents import (
    ChoiceClosed,
    NotDelivered,
    choose,
    deny_receipt,
    learn_gaps,
    review,
    save_rule,
    start_rule,
    sweep_feeds,
    sweep_incidents,
    sweep_orders,
    sweep_parcels,
    sweep_promises,
)
from tracking.services.lanes import days_for_order, expected_arrival, learn, refresh_lanes
from tracking.services.parcels import ShipmentRefused, record_shipment
from tracking.services.renewal import renew_days
from tracking.services.returning import follow_return
from tracking.services.rollups import count_due, count_parcels, rebuild_figures
from tracking.services.scans import ScansRecorded, ScansRefused, record_scans
from tracking.services.waiting import forget_waiting

__all__ = [
    "MAX_PARCELS",
    "BackTest",
    "ChoiceClosed",
    "NotDelivered",
    "NotTestable",
    "ScansRecorded",
    "ScansRefused",
    "ShipmentRefused",
    "back_test",
    "choose",
    "count_due",
    "count_parcels",
    "days_for_order",
    "deny_receipt",
    "expected_arrival",
    "follow_return",
    "forget_waiting",
    "learn",
    "learn_gaps",
    "rebuild_figures",
    "record_batch",
    "record_scans",
    "record_shipment",
    "refresh_lanes",
    "renew_days",
    "review",
    "save_rule",
    "start_rule",
    "sweep_feeds",
    "sweep_incidents",
    "sweep_orders",
    "sweep_parcels",
    "sweep_promises",
]
