"""Writes of this room. Everything a shop tells goes through `record_order`."""

from orders.rules import OrderRefused
from orders.selectors import AdditionNotFound, AmbiguousNumber, OrderNotFound
from orders.services.additions import (
    AdditionDecided,
    AdditionsClosed,
    NotOffered,
    PriceChanged,
    confirm_addition,
    note_packed,
    refuse_addition,
    request_addition,
)
from orders.services.lifecycle import CannotCancel, cancel_order, note_arrival, note_fulfilled
from orders.services.promises import Arrival, break_promises, record_promise, record_promises, settle_arrivals, settle_days
from orders.services.record import Recorded, record_order
from orders.services.refunds import record_refund

__all__ = [
    "AdditionDecided",
    "AdditionNotFound",
    "AdditionsClosed",
    "AmbiguousNumber",
    "Arrival",
    "CannotCancel",
    "NotOffered",
    "OrderNotFound",
    "OrderRefused",
    "PriceChanged",
    "Recorded",
    "break_promises",
    "cancel_order",
    "confirm_addition",
    "note_arrival",
    "note_fulfilled",
    "note_packed",
    "record_order",
    "record_promise",
    "record_promises",
    "record_refund",
    "refuse_addition",
    "request_addition",
    "settle_arrivals",
    "settle_days",
]
