"""Ending links that were sent or passed on: the order's epoch moves on, and with it every link made before is dead."""

from datetime import datetime

from django.db.models import F

from events.services import emit
from orders.models import GuestAccess, Order
from orders.services.look_up import end_guests

LAST_EPOCH = 32_767  # what the column holds; nobody presses a button that often


def revoke_gift_link(*, order: Order, at: datetime) -> None:
    """End the gift link made so far; the next one is another."""
    Order.objects.filter(pk=order.pk, gift_epoch__lt=LAST_EPOCH).update(gift_epoch=F("gift_epoch") + 1)
    _tell(order, "gift", at)


def revoke_order_links(*, order: Order, at: datetime, but: GuestAccess | None = None) -> None:
    """End every order link sent so far, and the sight of every guest but the one who asks."""
    Order.objects.filter(pk=order.pk, link_epoch__lt=LAST_EPOCH).update(link_epoch=F("link_epoch") + 1)
    end_guests(order=order, at=at, but=but)
    _tell(order, "order", at)


def _tell(order: Order, which: str, at: datetime) -> None:
    emit(type="orders.links.revoked", payload={"order": order.pk, "which": which}, at=at)
