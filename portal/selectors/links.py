"""Orders as a link of ours opens them."""

from dataclasses import dataclass
from datetime import date, datetime

from orders.models import Order
from orders.selectors import OrderNotFound
from orders.tokens import Link, read_gift_link, read_order_link


@dataclass(frozen=True, slots=True)
class Opened:
    """An order, and whether the link still opens what it was made for; `until` is the link's last day."""

    order: Order
    is_live: bool
    until: date


def order_of_link(*, token: str, now: datetime) -> Opened:
    """What an order link from a message opens; four queries. Raises OrderNotFound for a forged one and another merchant's."""
    link = _known(read_order_link(token))
    order = _order(link)
    return Opened(order, link.is_live(epoch=order.link_epoch, now=now), link.until)


def order_of_gift(*, token: str, now: datetime) -> Opened:
    """The same for the link of whom a present is for."""
    link = _known(read_gift_link(token))
    order = _order(link)
    return Opened(order, link.is_live(epoch=order.gift_epoch, now=now), link.until)


def _known(link: Link | None) -> Link:
    if link is None:
        raise OrderNotFound("no such link")
    return link


def _order(link: Link) -> Order:
    rows = Order.objects.filter(public_id=link.public_id, erased_at=None)
    order: Order | None = rows.prefetch_related("lines", "promises", "refunds").first()
    if order is None:
        raise OrderNotFound("no such order")
    return order
