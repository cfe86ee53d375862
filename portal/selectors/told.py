"""Messages to one shopper, sent or withheld, newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from core.text import mask_email, mask_phone
from customers.types import Channel
from notifications.models import Message, MessageContent
from portal.rules.told import SENT, kind_words, outcome, why
from portal.types import State


@dataclass(frozen=True, slots=True)
class Told:
    """One message as its shopper reads of it."""

    id: str
    what: str
    state: State
    why: str
    at: datetime  # sent, or decided when it was not
    is_sent: bool
    channel: str
    to: str  # masked
    order_number: str
    order_id: str
    has_content: bool


def messages_to(*, customer_id: int) -> QuerySet[Message]:
    """Every message of a customer but those of staff trying a wording out."""
    kept = Exists(MessageContent.objects.filter(message=OuterRef("pk")))
    rows: QuerySet[Message] = Message.objects.filter(customer=customer_id, is_test=False)
    return rows.select_related("order").annotate(has_content=kept).order_by("-decided_at", "-id")


def message_to(*, customer_id: int, token: str) -> Message | None:
    """One of them."""
    return messages_to(customer_id=customer_id).filter(token=token).first()


def content_of(message: Message) -> MessageContent | None:
    """What it said; gone after 90 days."""
    row: MessageContent | None = MessageContent.objects.filter(message=message).first()
    return row


def told_of(message: Message) -> Told:
    """A message of `messages_to` in words."""
    order = message.order
    return Told(
        id=message.token,
        what=kind_words(message.kind),
        state=outcome(message.state),
        why=why(message.state, message.reason, message.reasons, topic=message.topic),
        at=message.sent_at or message.decided_at,
        is_sent=message.state in SENT,
        channel=message.channel,
        to=masked(message.channel, message.recipient),
        order_number=order.number if order is not None else "",
        order_id=order.public_id if order is not None else "",
        has_content=bool(getattr(message, "has_content", False)),
    )


def masked(channel: str, address: str) -> str:
    """Enough of an address to recognise it."""
    if not address:
        return ""
    return mask_email(address) if channel == Channel.EMAIL else mask_phone(address)
