"""Reads of this room."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, QuerySet, Value

from core.encryption import fingerprint
from core.text import BadEmail, BadPhone, normalise_email, normalise_phone
from customers.models import (
    AccountChange,
    Consent,
    Customer,
    EmailChange,
    Passkey,
    PrivacyRequest,
    SavedAddress,
    ShopperSession,
    Suppression,
)
from customers.registry import holdings
from customers.rules import is_wanted, preferences_in
from customers.tokens import Stop, read_preference_token, read_unsubscribe_token
from customers.types import Channel, Contact, Preferences, PrivacyKind, PrivacyState, Standing, Subject, Topic


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
    """The same for many, in four queries: as told, say by an order, with what is missing filled in, what is unusable left out,
    and what the shopper chose to get."""
    wanted = {c.customer_id for c in told if c.customer_id is not None and not (c.email and c.phone and c.first_name and c.language)}
    known = {row.pk: row for row in Customer.objects.filter(pk__in=wanted)} if wanted else {}
    filled = [_filled(contact, known.get(contact.customer_id or 0)) for contact in told]
    reasons = _suppressions(filled)
    standings = standings_of([contact.customer_id for contact in filled if contact.customer_id is not None])
    return [_weighed(contact, reasons, standings.get(contact.customer_id or 0, Standing())) for contact in filled]


def _weighed(contact: Contact, reasons: dict[tuple[str, str], str], standing: Standing) -> Contact:
    return replace(
        contact,
        language=standing.language or contact.language,
        suppressed={channel: reasons[channel, key] for channel, key in _keys(contact).items() if (channel, key) in reasons},
        standing=standing,
    )


def standings_of(customer_ids: Sequence[int]) -> dict[int, Standing]:
    """What each of these customers has chosen to get, in two queries; none when there are no customers."""
    ids = set(customer_ids)
    if not ids:
        return {}
    said = _said(ids)
    rules = Customer.objects.filter(pk__in=ids).values_list(
        "pk", "timezone", "contact_rules__is_important_only", "contact_rules__paused_until", "contact_rules__language"
    )
    return {
        pk: Standing(said.get(pk, {}), paused_until, bool(is_important_only), zone, language or "")
        for pk, zone, is_important_only, paused_until, language in rules
    }


def _said(ids: set[int]) -> dict[int, dict[tuple[str, str], bool]]:
    """Customer -> (topic, channel) -> the newest statement."""
    newest = Consent.objects.filter(customer__in=ids).order_by("customer_id", "topic", "channel", "-at", "-id")
    found: dict[int, dict[tuple[str, str], bool]] = {}
    rows = newest.distinct("customer_id", "topic", "channel").values_list("customer_id", "topic", "channel", "is_granted")
    for customer_id, topic, channel, is_granted in rows:
        found.setdefault(customer_id, {})[topic, channel] = is_granted
    return found


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


def has_consent(*, customer_id: int, channel: str, topic: str = Topic.OFFERS) -> bool:
    """The newest statement counts; about marketing, silence is no."""
    return is_wanted(_said({customer_id}).get(customer_id, {}), topic=topic, channel=channel)


def preferences_of(customer: Customer, *, now: datetime) -> Preferences:
    """What the customer wants to get, in two queries."""
    return preferences_in(standings_of([customer.pk])[customer.pk], language=customer.language, now=now)


def newest_statement(customer: Customer, *, topic: str, channel: str) -> Consent | None:
    """What was said last about one topic on one channel."""
    rows = Consent.objects.filter(customer=customer, topic=topic, channel=channel)
    newest: Consent | None = rows.order_by("-at", "-id").first()
    return newest


def was_wanted(customer: Customer, *, topic: str, channel: str) -> bool:
    """Whether messages about a topic went out on a channel before the newest statement about it."""
    said = _said({customer.pk}).get(customer.pk, {})
    earlier = (
        Consent.objects.filter(customer=customer, topic=topic, channel=channel).order_by("-at", "-id").values_list("is_granted", flat=True)
    )
    before = list(earlier[1:2])
    rest = {key: is_granted for key, is_granted in said.items() if key != (topic, channel)}
    return is_wanted({**rest, **({(topic, channel): before[0]} if before else {})}, topic=topic, channel=channel)


def consent_history(customer: Customer, *, limit: int = 100) -> list[Consent]:
    """What was said about every topic and channel, newest first."""
    return list(Consent.objects.filter(customer=customer).order_by("-at", "-id")[:limit])


def suppressions_of(customer: Customer) -> dict[str, str]:
    """Channel -> why nothing is sent there, for the customer's own addresses."""
    contact = Contact(customer.pk, "", usable_email(customer.email), usable_phone(customer.phone), "", {})
    return {channel: reason for (channel, _), reason in _suppressions([contact]).items()}


def customers_by_phone(*, phone: str) -> list[Customer]:
    """Everybody with this number, the newest first; a family may share one."""
    key = usable_phone(phone)
    return list(Customer.objects.filter(phone=key, erased_at=None).order_by("-created_at", "-pk")) if key else []


def customer_of_token(*, token: str) -> Customer | None:
    """Whose preference page a link opens; None for another merchant's, a forged one, and once the data are erased."""
    return _by_public_id(read_preference_token(token))


def stop_of_token(*, token: str) -> tuple[Customer, Stop] | None:
    """What an unsubscribe link stops and for whom; None as above."""
    stop = read_unsubscribe_token(token)
    customer = _by_public_id(stop.public_id if stop else None)
    return (customer, stop) if customer is not None and stop is not None else None


def _by_public_id(public_id: str | None) -> Customer | None:
    row: Customer | None = Customer.objects.filter(public_id=public_id, erased_at=None).first() if public_id else None
    return row


def customer_by_email(*, email: str) -> Customer | None:
    """The merchant's customer with this address, if any."""
    key = usable_email(email)
    row: Customer | None = Customer.objects.filter(email_normalised=key, erased_at=None).first() if key else None
    return row


def session_of(*, token: str, now: datetime) -> ShopperSession | None:
    """The live session the cookie's token opens, with its customer; one query."""
    if not token:
        return None
    rows = ShopperSession.objects.select_related("customer").filter(fingerprint=fingerprint(token), customer__erased_at=None)
    session: ShopperSession | None = rows.filter(ended_at=None, expires_at__gt=now).first()
    return session


def customer_of_session(*, token: str, now: datetime) -> Customer | None:
    """Whose live session it is."""
    session = session_of(token=token, now=now)
    return session.customer if session else None


def live_sessions(customer: Customer, *, now: datetime) -> list[ShopperSession]:
    """The browsers the customer is signed in with, the newest first."""
    rows = ShopperSession.objects.filter(customer=customer, ended_at=None, expires_at__gt=now)
    return list(rows.order_by("-created_at", "-pk"))


def account_changes(customer: Customer, *, limit: int = 20) -> list[AccountChange]:
    """What happened to the account, newest first."""
    return list(AccountChange.objects.filter(customer=customer).order_by("-at", "-pk")[:limit])


def passkeys_of(customer: Customer) -> list[Passkey]:
    """The customer's passkeys, the oldest first."""
    return list(Passkey.objects.filter(customer=customer).order_by("pk"))


def passkey_of(customer: Customer, *, public_id: str) -> Passkey | None:
    """One of the customer's own passkeys."""
    row: Passkey | None = Passkey.objects.filter(customer=customer, public_id=public_id).first()
    return row


def open_email_change(customer: Customer, *, now: datetime) -> EmailChange | None:
    """The newest change of address that still waits for its code."""
    newest: EmailChange | None = EmailChange.objects.filter(customer=customer).order_by("-created_at", "-pk").first()
    return newest if newest is not None and newest.used_at is None and newest.expires_at > now else None


def subject_of(customer: Customer) -> Subject:
    """Whom the rooms look for when they are asked what they hold of a customer: with every address an order of theirs was given."""
    told = {customer.email, customer.phone, *(value for holding in holdings() for value in holding.addresses(customer.pk))}
    emails = {form for value in told if "@" in value for form in (value, usable_email(value))} | {customer.email_normalised or ""}
    phones = {value for value in told if "@" not in value}
    return Subject(customer.pk, frozenset(emails - {""}), frozenset(phones - {""}))


def counts_of(customer: Customer) -> dict[str, int]:
    """Holding -> how much of it there is, in one query."""
    subject = subject_of(customer)
    counted = [holding for holding in holdings() if holding.rows is not None]
    parts = [_counting(holding.key, holding.rows(subject)) for holding in counted if holding.rows is not None]
    return dict(parts[0].union(*parts[1:], all=True)) if parts else {}


def _counting(key: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """One row whatever there is: grouping by nothing counts nothing as nothing."""
    counted: QuerySet[Any] = rows.order_by().annotate(held=Value(key)).values("held").annotate(n=Count("pk"))
    return counted.values_list("held", "n")


def addresses_of(customer: Customer) -> list[SavedAddress]:
    """The customer's address book: the usual one first, then as they were added."""
    return list(SavedAddress.objects.filter(customer=customer).order_by("-is_default", "pk"))


def address_of(customer: Customer, *, public_id: str) -> SavedAddress | None:
    """One of the customer's own addresses."""
    row: SavedAddress | None = SavedAddress.objects.filter(customer=customer, public_id=public_id).first()
    return row


def privacy_requests(customer: Customer, *, limit: int = 20) -> list[PrivacyRequest]:
    """What the customer asked about their data, the newest first, without the files."""
    rows = PrivacyRequest.objects.filter(customer=customer).defer("file")
    return list(rows.order_by("-requested_at", "-pk")[:limit])


def privacy_request(customer: Customer, *, public_id: str) -> PrivacyRequest | None:
    """One of the customer's own requests, without its file."""
    row: PrivacyRequest | None = PrivacyRequest.objects.filter(customer=customer, public_id=public_id).defer("file").first()
    return row


def export_file(request: PrivacyRequest, *, now: datetime) -> bytes | None:
    """The file while it may be fetched."""
    rows = PrivacyRequest.objects.filter(pk=request.pk, state=PrivacyState.DONE, kind=PrivacyKind.EXPORT, expires_at__gt=now)
    found = rows.values_list("file", flat=True).first()
    return bytes(found) if found else None
