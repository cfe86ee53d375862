"""What shoppers had said, and which addresses were blocked, at any moment: from the history that is kept of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.encryption import fingerprint
from customers.models import Consent, ContactRule, Suppression
from customers.selectors import recipient_key
from customers.types import Channel, Contact, Standing

Block = tuple[datetime, str]  # since when, and why


@dataclass(slots=True)
class Wishes:
    """One shopper's. A pause or "only the important" is known since it was last changed; before that, neither."""

    contact: Contact
    statements: list[Consent] = field(default_factory=list)  # oldest first
    rule: ContactRule | None = None
    blocks: dict[tuple[str, str], Block] = field(default_factory=dict)  # by channel and fingerprint

    def contact_at(self, at: datetime) -> Contact:
        addresses = {Channel.EMAIL.value: self.contact.email, Channel.SMS.value: self.contact.phone}
        blocked = self.blocks_at(at)
        found = {channel: blocked.get((channel, fingerprint(address)), "") for channel, address in addresses.items() if address}
        return replace(self.contact, suppressed={channel: why for channel, why in found.items() if why}, standing=self.standing_at(at))

    def blocks_at(self, at: datetime) -> dict[tuple[str, str], str]:
        return {key: why for key, (since, why) in self.blocks.items() if since <= at}

    def standing_at(self, at: datetime) -> Standing:
        said = {(row.topic, row.channel): row.is_granted for row in self.statements if row.at <= at}
        rule = self.rule if self.rule is not None and self.rule.updated_at <= at else None
        known = replace(self.contact.standing, said=said)
        if rule is None:
            return replace(known, paused_until=None, is_important_only=False)
        return replace(known, paused_until=rule.paused_until, is_important_only=rule.is_important_only)


def wishes_of(contacts: Sequence[Contact]) -> list[Wishes]:
    """Of each contact, in their order; three queries."""
    ids = {contact.customer_id for contact in contacts if contact.customer_id is not None}
    said: dict[int, list[Consent]] = {}
    for row in Consent.objects.filter(customer__in=ids).order_by("at", "pk"):
        said.setdefault(row.customer_id, []).append(row)
    held = {row.customer_id: row for row in ContactRule.objects.filter(customer__in=ids)}
    blocks = _blocks(contacts)
    return [
        Wishes(contact, said.get(contact.customer_id or 0, []), held.get(contact.customer_id or 0), _mine(contact, blocks))
        for contact in contacts
    ]


def _keys(contact: Contact) -> Iterable[tuple[str, str]]:
    for channel, address in ((Channel.EMAIL.value, contact.email), (Channel.SMS.value, contact.phone)):
        if address:
            yield channel, fingerprint(recipient_key(channel, address))


def _blocks(contacts: Sequence[Contact]) -> dict[tuple[str, str], Block]:
    hashes = {digest for contact in contacts for _, digest in _keys(contact)}
    rows = Suppression.objects.filter(recipient_hash__in=hashes).values_list("channel", "recipient_hash", "created_at", "reason")
    return {(channel, digest): (since, why) for channel, digest, since, why in rows}


def _mine(contact: Contact, blocks: dict[tuple[str, str], Block]) -> dict[tuple[str, str], Block]:
    return {key: blocks[key] for key in _keys(contact) if key in blocks}
