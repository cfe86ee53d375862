"""Writes of this room. Everything a shop tells goes through `record_order`."""

from orders.rules import OrderRefused
from orders.selectors import AdditionNotFound, AmbiguousNumber, OrderNotFound, RequestNotFound
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
from orders.services.archive import archive_order, unarchive_order
from orders.services.erasure import people_named
from orders.services.granting import accept_request
from orders.services.lifecycle import CannotCancel, cancel_order, note_arrival, note_fulfilled
from orders.services.promises import Arrival, break_promises, record_promise, record_promises, settle_arrivals, settle_days
from orders.services.record import Recorded, record_order
from orders.services.refunds import record_refund
from orders.services.requests import (
    AlreadyAsked,
    RequestsClosed,
    RequestSettled,
    SameAddress,
    refuse_request,
    request_address,
    request_cancel,
    withdraw_request,
)
from orders.services.retention import forget_guests

__all__ = [
    "AdditionDecided",
    "AdditionNotFound",
    "AdditionsClosed",
    "AlreadyAsked",
    "AmbiguousNumber",
    "Arrival",
    "CannotCancel",
    "NotOffered",
    "OrderNotFound",
    "OrderRefused",
    "PriceChanged",
    "Recorded",
    "RequestNotFound",
    "RequestSettled",
    "RequestsClosed",
    "SameAddress",
    "accept_request",
    "archive_order",
    "break_promises",
    "cancel_order",
    "confirm_addition",
    "forget_guests",
    "note_arrival",
    "note_fulfilled",
    "note_packed",
    "people_named",
    "record_order",
    "record_promise",
    "record_promises",
    "record_refund",
    "refuse_addition",
    "refuse_request",
    "request_addition",
    "request_address",
    "request_cancel",
    "settle_arrivals",
    "settle_days",
    "unarchive_order",
    "withdraw_request",
]
