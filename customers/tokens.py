"""Links that need no sign-in: to the preference page, and to stop one kind of message.

A link is the customer's public id and a digest that only this installation can make, bound to the merchant and to what the link
is for. It does not expire, because a mail may be opened years later, and opens nothing but that. Erasing the customer revokes it.
"""

from dataclasses import dataclass

from core.signing import derive_token, is_derived
from customers.types import CHOOSABLE, Channel, Topic
from merchants.scope import required_merchant_id

ID, DIGEST = 22, 22  # characters; 132 bits of the digest
PREFERENCES, UNSUBSCRIBE = "preferences-link", "unsubscribe-link"
CHANNELS = {"e": Channel.EMAIL, "s": Channel.SMS}
TOPICS = {topic[0]: topic for topic in CHOOSABLE}


@dataclass(frozen=True, slots=True)
class Stop:
    """What an unsubscribe link stops, and for whom."""

    public_id: str
    topic: Topic
    channel: Channel


def preference_token(public_id: str) -> str:
    """The token of a customer's preference page."""
    return public_id + _digest(PREFERENCES, public_id)


def unsubscribe_token(public_id: str, *, topic: str, channel: str) -> str:
    """The token that stops one topic on one channel. Refuses (ValueError) what cannot be turned off."""
    if topic not in CHOOSABLE:
        raise ValueError(f"{topic} cannot be turned off")
    body = public_id + Channel(channel)[0] + topic[0]
    return body + _digest(UNSUBSCRIBE, body)


def read_preference_token(token: str) -> str | None:
    """Whose preference page it opens at the current merchant; None when we did not make it."""
    public_id, digest = token[:ID], token[ID:]
    return public_id if _is_mine(digest, PREFERENCES, public_id) else None


def read_unsubscribe_token(token: str) -> Stop | None:
    """What it stops at the current merchant; None when we did not make it."""
    body, digest = token[:-DIGEST], token[-DIGEST:]
    if len(body) != ID + 2 or not _is_mine(digest, UNSUBSCRIBE, body):
        return None
    return Stop(body[:ID], TOPICS[body[-1]], CHANNELS[body[-2]])


def _digest(purpose: str, body: str) -> str:
    return derive_token(purpose, f"{required_merchant_id()}|{body}")[:DIGEST]


def _is_mine(given: str, purpose: str, body: str) -> bool:
    return is_derived(given, purpose, f"{required_merchant_id()}|{body}", length=DIGEST)
