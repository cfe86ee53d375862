"""What may still go in the parcel of an order, and what became of what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.models import Product
from customers.selectors import standings_of
from customers.types import Channel, Topic
from orders.models import Order
from orders.selectors import additions_closed, additions_of, additions_until, offer_token, offered, setting
from orders.types import Fulfilment, OrderState
from portal.rules.additions import addition_state, closed_words, refused_words
from portal.types import State


@dataclass(frozen=True, slots=True)
class Asked:
    """An item the shopper asked for."""

    title: str
    price: Decimal
    currency: str
    image_url: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """The page of an offer. `closed` says in words why nothing can be added; empty while something can."""

    until: datetime | None
    closed: str
    products: Sequence[Product]
    asked: Sequence[Asked]


def offer_of(order: Order, *, now: datetime) -> Offer:
    """What is on offer for the order and what was asked for. Nothing is offered once it is closed; nine queries at most."""
    here = setting()
    reason = additions_closed(order, now=now, here=here)
    products = [] if reason else offered(orders=[order])[order.pk]
    return Offer(additions_until(order, here=here), closed_words(reason) if reason else "", products, asked_for(order))


def asked_for(order: Order) -> list[Asked]:
    """What the shopper asked for and what became of it; no query when nothing was."""
    return [
        Asked(
            row.title,
            row.unit_price * row.quantity,
            row.currency,
            _picture(row.product),
            addition_state(row.state),
            refused_words(row.reason),
        )
        for row in additions_of(order)
    ]


def _picture(product: Product | None) -> str:
    return product.image_url if product is not None else ""


def open_offer(order: Order, *, now: datetime) -> str:
    """The token of the order's offer for a shopper who wants offers, while it is open and holds something; empty otherwise."""
    could_be = order.state == OrderState.CONFIRMED and order.fulfilment == Fulfilment.UNFULFILLED and order.packed_at is None
    if not could_be or order.customer_id is None or additions_closed(order, now=now) or not _wants_offers(order.customer_id):
        return ""
    return offer_token(order) if offered(orders=[order])[order.pk] else ""


def _wants_offers(customer_id: int) -> bool:
    said = standings_of([customer_id])[customer_id].said
    return any(said.get((Topic.OFFERS, channel)) for channel in Channel)
