"""Whether something can be bought again, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.types import State

FEW = 5


def stock_state(*, is_sold: bool, stock: int | None) -> State:
    """What the shop's catalogue says of it today; a stock nobody told is asked for in the shop."""
    if not is_sold:
        return State("idle", "stop", _("Not sold any more"))
    if stock is None:
        return State("idle", "shop", _("See in the shop whether it is there"))
    if stock <= 0:
        return State("warn", "stop", _("Sold out"))
    if stock <= FEW:
        return State("info", "box", ngettext("%(n)s left", "%(n)s left", stock) % {"n": stock})
    return State("good", "done", _("In stock"))
