"""An item more in the same parcel, in words: why it cannot be added any more, and what became of it."""

from django.utils.translation import gettext as _

from orders.types import AdditionState
from portal.types import State


def closed_words(reason: str) -> str:
    """Why nothing can be added to an order, by the word of its rules."""
    words = {
        "cancelled": _("The order was cancelled."),
        "not_confirmed": _("The order is not confirmed yet."),
        "not_paid": _("The order is not paid, or money has gone back."),
        "sent": _("Your parcel is packed or on its way already."),
        "too_late": _("The time for it is over, so that your parcel can leave when we said."),
    }
    return words.get(reason) or _("Nothing can be added to this order.")


def addition_state(state: str) -> State:
    """What became of an item the shopper asked for."""
    if state == AdditionState.CONFIRMED:
        return State("good", "done", _("In your order"))
    if state == AdditionState.REFUSED:
        return State("warn", "stop", _("Not possible"))
    return State("info", "clock", _("Asked for"))


def refused_words(reason: str) -> str:
    """Why an item was refused: our own reasons in the reader's language, the shop's as it wrote them."""
    words = {
        "order_sent": _("The parcel had left before the shop could add it."),
        "order_cancelled": _("The order was cancelled."),
    }
    return words.get(reason, reason)
