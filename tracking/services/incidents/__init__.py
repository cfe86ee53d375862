"""Open, update, clear and reopen what is wrong with parcels; tell the shopper; hear what the shopper says."""

from tracking.services.incidents.lanes import learn_gaps
from tracking.services.incidents.rules import save_rule, start_rule
from tracking.services.incidents.sweep import review, sweep_feeds, sweep_incidents, sweep_orders, sweep_parcels, sweep_promises
from tracking.services.incidents.voice import ChoiceClosed, NotDelivered, choose, deny_receipt

__all__ = [
    "ChoiceClosed",
    "NotDelivered",
    "choose",
    "deny_receipt",
    "learn_gaps",
    "review",
    "save_rule",
    "start_rule",
    "sweep_feeds",
    "sweep_incidents",
    "sweep_orders",
    "sweep_parcels",
    "sweep_promises",
]
