"""Where a message's recipient is, as it was reckoned when the message was decided."""

from core.text import phone_country
from customers.selectors import usable_phone
from customers.types import Channel
from notifications.models import Message
from notifications.rules import Home, Place, place_of


def place_of_message(message: Message, *, told: str, home: Home) -> Place:
    """`told` is the zone the shopper told us. Reads the message's order and customer and nothing else."""
    order, customer = message.order, message.customer
    address = order.shipping_address or {} if order is not None else {}
    phone = message.recipient
    if message.channel != Channel.SMS:
        phone = usable_phone(
            (order.phone if order is not None else "") or (customer.phone if customer is not None and order is not None else "")
        )
    return place_of(
        told=told,
        country=str(address.get("country") or "")[:2],
        region=str(address.get("region") or ""),
        phone_country=phone_country(phone) if phone else "",
        home=home,
    )
