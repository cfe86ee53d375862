"""What stands between a batch of decided messages and their recipients at the last moment: read again, in the sending transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.encryption import fingerprint
from customers.models import Customer, Suppression
from customers.selectors import standings_of
from customers.types import Standing
from notifications import rules
from notifications.circumstances import LEFT, Lately, Troubles, lately, troubles_of
from notifications.models import Message
from notifications.registry import entry_of
from notifications.rules import Home, Place, Recent
from notifications.whereabouts import place_of_message

NOTHING_SAID = Standing()


@dataclass(frozen=True, slots=True)
class Recipients:
    """What the shoppers of a batch have allowed, where they are, and what has reached them."""

    home: Home
    suppressed: Mapping[tuple[str, str], str]
    standings: Mapping[int, Standing]
    troubles: Troubles
    sent: Lately

    def suppression(self, message: Message) -> str:
        """Why nothing may be sent to the message's address; empty when something may."""
        return self.suppressed.get((message.channel, fingerprint(message.recipient)), "")

    def standing(self, message: Message) -> Standing:
        """What the message's shopper has chosen to get."""
        return self.standings.get(message.customer_id or 0, NOTHING_SAID)

    def trouble(self, message: Message, topic: str) -> str:
        """What is wrong and keeps news of the topic from the message's shopper; empty when nothing does."""
        return self.troubles.of(message.customer_id, topic)

    def recent(self, message: Message, now: datetime) -> Recent:
        return rules.recent(self.sent.of(message.customer_id), now)

    def place(self, message: Message) -> Place:
        """Where the recipient is, as it was reckoned when the message was decided."""
        return place_of_message(message, told=self.standing(message).zone, home=self.home)

    def leaves(self, message: Message, now: datetime) -> None:
        """One of the batch goes out: it counts for the next of its shopper."""
        if entry_of(message.kind).is_marketing:
            self.sent.add(message.customer_id, now)


def recipients_of(messages: Sequence[Message], home: Home, now: datetime, *, asking: Collection[int] = ()) -> Recipients:
    """Three queries, and three more and one for each kind of trouble when something in the batch advertises: then its shoppers' rows are
    locked, so that two workers never fill the same place under a cap. `asking`: customers whose messages carry a question."""
    persuaded = {row.customer_id for row in messages if row.customer_id is not None and entry_of(row.kind).is_marketing}
    if persuaded:
        list(Customer.objects.filter(pk__in=persuaded).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return Recipients(
        home=home,
        suppressed=_suppressed(messages),
        standings=standings_of([row.customer_id for row in messages if row.customer_id is not None]),
        troubles=troubles_of(persuaded | set(asking)),
        sent=lately(persuaded, LEFT, now),
    )


def _suppressed(messages: Sequence[Message]) -> dict[tuple[str, str], str]:
    hashes = {fingerprint(message.recipient) for message in messages}
    rows = Suppression.objects.filter(recipient_hash__in=hashes).values_list("channel", "recipient_hash", "reason")
    return {(channel, digest): reason for channel, digest, reason in rows}
