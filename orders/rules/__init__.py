"""Pure decisions of this room: what an order may look like, how its states move, what dates we promise."""

from orders.rules.additions import OUR_LINE, Basket, Item, additions_close_at, is_same_item, may_be_decided, why_closed
from orders.rules.limits import OrderRefused, check_order, check_refund
from orders.rules.promises import (
    DEFAULT_PACE,
    Pace,
    Window,
    add_working_days,
    arrival_window,
    dispatch_by,
    is_working_day,
    transit,
)
from orders.rules.states import (
    LineCount,
    can_cancel,
    exceeds_paid,
    fulfilment_of,
    may_become,
    money_has_come,
    paid_so_far,
    payment_after,
    payment_after_refund,
)

__all__ = [
    "DEFAULT_PACE",
    "OUR_LINE",
    "Basket",
    "Item",
    "LineCount",
    "OrderRefused",
    "Pace",
    "Window",
    "add_working_days",
    "additions_close_at",
    "arrival_window",
    "can_cancel",
    "check_order",
    "check_refund",
    "dispatch_by",
    "exceeds_paid",
    "fulfilment_of",
    "is_same_item",
    "is_working_day",
    "may_be_decided",
    "may_become",
    "money_has_come",
    "paid_so_far",
    "payment_after",
    "payment_after_refund",
    "transit",
    "why_closed",
]
