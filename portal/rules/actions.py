"""The one button an order has in a list."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from orders.types import OrderState, PaymentState
from portal.rules.arrivals import STILL_COMING
from portal.types import Action, OrderFacts
from tracking.types import ShipmentStatus as Status

FRESH = timedelta(days=30)  # after the arrival: what people send back they mostly send back by then


def action_of(order: OrderFacts, *, number: str, today: date) -> Action:
    """What fits the state: decide, follow, collect, send back, buy again; else look at it."""
    name, text = _choice(order, today=today)
    return Action(name, text, _("%(action)s: order %(number)s") % {"action": text, "number": number})


def _choice(order: OrderFacts, *, today: date) -> tuple[str, str]:
    if order.state == OrderState.CANCELLED:
        return "order-again", _("Buy again")
    if order.asked or order.state == OrderState.PLACED or order.payment_state == PaymentState.FAILED:
        return "order", _("View")
    if order.unsent and not order.is_refunded:
        return "order-choice", _("Choose")
    statuses = {parcel.status for parcel in order.parcels}
    if Status.READY_FOR_PICKUP in statuses:
        return "order-shipping", _("Collect")
    if statuses & STILL_COMING:
        return "order-shipping", _("Follow")
    return _after(order, today=today)


def _after(order: OrderFacts, *, today: date) -> tuple[str, str]:
    days = [parcel.delivered_on for parcel in order.parcels if parcel.delivered_on is not None]
    if order.is_refunded or not days or order.waiting:
        return "order", _("View")
    if today - max(days) <= FRESH:
        return "order-returns", _("Send back")
    return "order-again", _("Buy again")
