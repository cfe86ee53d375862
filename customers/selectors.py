"""Reads of this room."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from core.encryption import fingerprint
from core.text import BadEmail, BadPhone, normalise_email, normalise_phone
from customers.models import Consent, Customer, ShopperSession, Suppression
from customers.types import Channel, Contact


# Pure, and each address is asked about several times between an event and its messages.
@lru_cache(maxsize=2048)
def usable_email(value: str) -> str:
    """The address messages may go to, or ""."""
    try:
        return normalise_email(value) if value else ""
    except BadEmail:
        return ""


@lru_cache(maxsize=2048)
def usable_phone(value: str) -> str:
    """The E.164 number messages may go to, or ""."""
    try:
        return normalise_phone(value, None) if value else ""
    except BadPhone:
        return ""


def recipient_key(channel: str, recipient: str) -> str:
    """The normal form in which an address is suppressed; bad addresses stand for themselves, so that they match again."""
    usable = usable_email(recipient) if channel == Channel.EMAIL else usable_phone(recipient)
    return usable or recipient.strip().lower()


def contact_of(*, customer_id: int | None, email: str, phone: str, first_name: str, language: str) -> Contact:
    """How a shopper can be reached. Unusable addresses are left out; what is missing is filled from the customer."""
    return contacts_of([Contact(customer_id, first_name, email, phone, language, {})])[0]


def contacts_of(told: Sequence[Contact]) -> list[Contact]:
    """The same for many, in two queries: as told, say by an order, with what is missing filled in and what is unusable left out."""
    wanted = {c.customer_id for c in told if c.customer_id is not None and not (c.email and c.phone and c.first_name and c.language)}
    known = {row.pk: row for row in Customer.objects.filter(pk__in=wanted)} if wanted else {}
    filled = [_filled(contact, known.get(contact.customer_id or 0)) for contact in told]
    reasons = _suppressions(filled)
    return [
        replace(
            contact, suppressed={channel: reasons[channel, key] for channel, key in _keys(contact).items() if (channel, key) in reasons}
        )
        for contact in filled
    ]


def _filled(contact: Contact, known: Customer | None) -> Contact:
    if known is None:
        return replace(contact, email=usable_email(contact.email), phone=usable_phone(contact.phone))
    return replace(
        contact,
        first_name=contact.first_name or known.first_name,
        email=usable_email(contact.email or known.email),
        phone=usable_phone(contact.phone or known.phone),
        language=contact.language or known.language,
    )


def _keys(contact: Contact) -> dict[str, str]:
    """Channel -> fingerprint of the address, which is in its normal form already."""
    addresses = {Channel.EMAIL.value: contact.email, Channel.SMS.value: contact.phone}
    return {channel: fingerprint(address) for channel, address in addresses.items() if address}


def _suppressions(contacts: Sequence[Contact]) -> dict[tuple[str, str], str]:
    """(channel, fingerprint) -> reason, for those of the addresses nothing may be sent to."""
    hashes = {key for contact in contacts for key in _keys(contact).values()}
    rows = Suppression.objects.filter(recipient_hash__in=hashes).values_list("channel", "recipient_hash", "reason") if hashes else []
    return {(channel, digest): reason for channel, digest, reason in rows}


def has_consent(*, customer_id: int, channel: str) -> bool:
    """The newest statement counts; silence is no."""
    newest = Consent.objects.filter(customer_id=customer_id, channel=channel).order_by("-at", "-id").values_list("is_granted", flat=True)
    return bool(newest.first())


def customer_by_email(*, email: str) -> Customer | None:
    """The merchant's customer with this address, if any."""
    key = usable_email(email)
    row: Customer | None = Customer.objects.filter(email_normalised=key, erased_at=None).first() if key else None
    return row


def customer_of_session(*, token: str, now: datetime) -> Customer | None:
    """Whose live session the cookie's token opens; one query."""
    if not token:
        return None
    session: ShopperSession | None = (
        ShopperSession.objects.select_related("customer")
        .filter(fingerprint=fingerprint(token), ended_at=None, expires_at__gt=now, customer__erased_at=None)
        .first()
    )
    return session.customer if session else None
