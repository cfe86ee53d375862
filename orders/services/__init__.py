"""Writes of this room. Everything a shop tells goes through `record_order`."""

from orders.rules import OrderRefused
from orders.selectors import AmbiguousNumber, OrderNotFound
from orders.services.lifecycle import CannotCancel, cancel_order, note_arrival, note_fulfilled
from orders.services.promises import Arrival, break_promises, record_promise, record_promises, settle_arrivals, settle_days
from orders.services.record import Recorded, record_order
from orders.services.refunds import record_refund

__all__ = [
    "AmbiguousNumber",
    "Arrival",
    "CannotCancel",
    "OrderNotFound",
    "OrderRefused",
    "Recorded",
    "break_promises",
    "cancel_order",
    "note_arrival",
    "note_fulfilled",
    "record_order",
    "record_promise",
    "record_promises",
    "record_refund",
    "settle_arrivals",
    "settle_days",
]
