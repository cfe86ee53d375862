"""The ways out of a message: the link to the preference page, the link that stops its topic, and RFC 8058's headers."""

from customers.models import Customer
from customers.services import preference_token, unsubscribe_token
from customers.types import CHOOSABLE, MARKETING, Channel, Topic
from notifications.models import Message
from notifications.rules.style import ADVERTISING

ONE_CLICK = "List-Unsubscribe=One-Click"


def preferences_url(customer: Customer | None, base_url: str) -> str:
    """The shopper's preference page; where we do not know who it is, the one that asks to sign in."""
    return f"{base_url}/preferences/{preference_token(customer=customer)}/" if customer else f"{base_url}/preferences/"


def unsubscribe_url(message: Message, customer: Customer | None, base_url: str) -> str:
    """What stops messages about this one's topic on its channel; the preference page for those that always come."""
    if customer is None or message.topic not in CHOOSABLE:
        return preferences_url(customer, base_url)
    return f"{base_url}/unsubscribe/{unsubscribe_token(customer=customer, topic=message.topic, channel=message.channel)}/"


def list_headers(message: Message, base_url: str) -> dict[str, str]:
    """One click for marketing, offers in a confirmation included; the preference page for news that may be turned off; nothing for
    what must arrive."""
    customer = message.customer
    if message.channel != Channel.EMAIL or customer is None:
        return {}
    topic = Topic.OFFERS if message.style in ADVERTISING else message.topic
    if topic in MARKETING:
        link = f"{base_url}/unsubscribe/{unsubscribe_token(customer=customer, topic=topic, channel=message.channel)}/"
        return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": ONE_CLICK}
    return {} if message.is_mandatory else {"List-Unsubscribe": f"<{preferences_url(customer, base_url)}>"}
