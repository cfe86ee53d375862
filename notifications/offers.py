"""An item more in the same parcel, as a message tells it: whether the offer stands, what is in it, and until when.

Read once for a batch, in a constant number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_time

from catalog.models import Product
from customers.types import Channel
from notifications.facts import Told, picture, shorten
from notifications.house import House
from notifications.models import Message
from notifications.notes import Notes
from notifications.words import clean, plain
from orders.models import Order
from orders.selectors import OFFERED, Setting, additions_closed, additions_until, offer_token, offered, setting

CLOSED, NOTHING = "offer_closed", "nothing_to_offer"
IN_A_TEXT = 20  # characters of a title that leave a text message at one segment


@dataclass(frozen=True, slots=True)
class Stand:
    """What an order's offer rests on."""

    here: Setting
    products: Sequence[Product]

    def obstacle(self, order: Order, *, now: datetime) -> str:
        """What stands against telling it: `offer_closed`, `nothing_to_offer`, or nothing."""
        if additions_closed(order, now=now, here=self.here):
            return CLOSED
        return "" if self.products else NOTHING

    def until(self, order: Order) -> datetime | None:
        """When it closes; None: it never opens."""
        return additions_until(order, here=self.here)


def stands(orders: Iterable[Order]) -> dict[int, Stand]:
    """By order; nine queries at most, and none for no orders. Products are only looked for where something may ever be added."""
    unique = {order.pk: order for order in orders}
    if not unique:
        return {}
    here = setting()
    found = offered(orders=[order for order in unique.values() if additions_until(order, here=here)])
    return {id: Stand(here, found.get(id, ())) for id in unique}


def offer_part(told: Told, message: Message, stand: Stand | None, house: House, notes: Notes) -> dict[str, Any]:
    """The variables of the message. An example of an order nothing goes with shows its own products in their places."""
    order = told.order
    stand = stand or stands([order])[order.pk]
    items = [_item(told, row.title, row.variant_title, row.price, row.image_url) for row in stand.products]
    items = items or (_stand_ins(told) if notes.is_example else [])
    path, until = f"/offer/{offer_token(order)}/", told.words.local(stand.until(order) or told.now)
    first = items[0] if items else {"title": "", "price": ""}
    return {
        "url": f"{house.base_url}{path}",
        "short": f"{house.base_url}/l/{notes.code(message, path)}" if message.channel == Channel.SMS else f"{house.base_url}{path}",
        "until": told.moment(until),
        "until_short": _short(told, until),
        "first": _brief(first["title"]),
        "first_price": first["price"],
        "count": len(items),
        "more": max(0, len(items) - 1),
        "items": items,
    }


def _item(told: Told, title: str, variant: str, price: Decimal | None, image_url: str) -> dict[str, str]:
    name = f"{title}, {variant}" if variant else title
    return {"title": shorten(clean(name)), "price": told.money(price or Decimal(0)), "image_url": picture(image_url)}


def _stand_ins(told: Told) -> list[dict[str, str]]:
    return [_item(told, line.title, "", line.unit_price, line.image_url) for line, _ in told.items[:OFFERED]]


def _brief(title: str) -> str:
    """As many whole words as a text message has room for."""
    if len(title) <= IN_A_TEXT:
        return title
    return f"{title[: IN_A_TEXT - 1].rpartition(' ')[0].rstrip(' ,') or title[: IN_A_TEXT - 3]}..."


def _short(told: Told, until: datetime) -> str:
    """`14:00 CET`, with the day when it is another: the zone's short name, so that it fits a text message."""
    words, name = told.words, until.tzname() or "UTC"
    ours = words.zone(until)
    zone = ours if ours.isascii() and ours.isalpha() else f"UTC{name}" if name[0] in "+-" else name
    day = "" if until.date() == told.today else f"{words.short(until.date())} "
    return f"{day}{plain(format_time(until, 'short', locale=words.locale))} {zone}"
