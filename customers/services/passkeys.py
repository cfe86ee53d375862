"""Passkeys: keys that stay on the shopper's device and answer only the host they were made for (WebAuthn, level 2).

A challenge is used once, whatever comes of it. The device checks its owner (user verification), so a passkey stands alone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.encryption import fingerprint
from customers.models import Customer, Passkey
from customers.rules import CHALLENGE_LIFETIME, MOST_PASSKEYS, NETWORK_LIMITS, network_of
from customers.selectors import passkeys_of
from customers.services.attempts import TooManyRequests, count_attempt, keyed, may_try, too_many
from customers.services.changes import record_account_change
from customers.types import AccountFact, Attempted, Site

LONGEST_ANSWER, LONGEST_CREDENTIAL = 20_000, 1400  # characters
TIMEOUT = int(CHALLENGE_LIFETIME.total_seconds() * 1000)
Answer = TypeVar("Answer")
# What a malformed answer makes the library raise, beside its own.
MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class BadPasskey(ValueError):
    """The answer is not one of this customer's, this host's, or this moment's."""


def registration_options(*, customer: Customer, site: Site, challenge: bytes) -> str:
    """What the browser needs to make a passkey for the customer; as JSON."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=customer.public_id.encode(),
        user_name=customer.email or customer.phone or customer.public_id,
        user_display_name=f"{customer.first_name} {customer.last_name}".strip(),
        challenge=challenge,
        timeout=TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(passkeys_of(customer)),
    )
    return options_to_json(options)


def sign_in_options(*, customer: Customer | None, site: Site, challenge: bytes) -> str:
    """What the browser needs to answer with a passkey: of this customer, or of whoever sits there; as JSON."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_descriptors(passkeys_of(customer)) if customer is not None else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _descriptors(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    known = {transport.value: transport for transport in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(row.credential), transports=[known[name] for name in row.transports if name in known]
        )
        for row in passkeys
    ]


def add_passkey(*, customer: Customer, answer: str, challenge: bytes, site: Site, name: str, device: str, at: datetime) -> Passkey:
    """Keep the public half of a key the customer's device just made.

    Refuses (BadPasskey) answers to another challenge, host or page, without the owner's check, a key we know, and a 21st key.
    """
    _spend(challenge, at)
    given = _parsed(parse_registration_credential_json, answer)
    if len(given.id) > LONGEST_CREDENTIAL or len(passkeys_of(_held(customer))) >= MOST_PASSKEYS:
        raise BadPasskey
    try:
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except MALFORMED:
        raise BadPasskey from None
    row = _keep(
        Passkey(
            customer=customer,
            credential=bytes_to_base64url(made.credential_id),
            credential_fingerprint=fingerprint(bytes_to_base64url(made.credential_id)),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=[transport.value for transport in given.response.transports or []],
            name=_name(name),
            created_at=at,
        )
    )
    record_account_change(customer=customer, what=AccountFact.PASSKEY_ADDED, device=device, at=at)
    return row


def _held(customer: Customer) -> Customer:
    """Two at once are counted one after the other."""
    row: Customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    return row


def _keep(row: Passkey) -> Passkey:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody has it already
        raise BadPasskey from None
    return row


def _name(value: str) -> str:
    return value.replace("\0", "").strip()[:80]


def _parsed(parse: Callable[[str], Answer], answer: str) -> Answer:
    if len(answer) > LONGEST_ANSWER:
        raise BadPasskey
    try:
        return parse(answer)
    except MALFORMED:
        raise BadPasskey from None


def _spend(challenge: bytes, at: datetime) -> None:
    """A challenge answered before, rightly or wrongly, is worth nothing; nor is none, which everybody knows."""
    limits = {keyed("challenge", challenge.hex()): ((CHALLENGE_LIFETIME * 2, 1),)}
    if not challenge or not may_try(what=Attempted.PASSKEY, limits=limits, at=at):
        raise BadPasskey


def passkey_sign_in(*, answer: str, challenge: bytes, site: Site, ip: str, customer: Customer | None = None, at: datetime) -> Customer:
    """Whose passkey answered; of `customer` when one is given. A wrong try is counted in the caller's transaction.

    Refuses (BadPasskey) unknown keys, other hosts and pages, a used challenge, and a count that went back (a copied key);
    (TooManyRequests) beyond twenty wrong ones in ten minutes from a network.
    """
    limits = {keyed("network", network_of(ip)): NETWORK_LIMITS}
    if too_many(what=Attempted.PASSKEY, limits=limits, at=at):
        raise TooManyRequests
    try:
        _spend(challenge, at)
        row = _answered(_parsed(parse_authentication_credential_json, answer), challenge, site, customer)
    except BadPasskey:
        count_attempt(what=Attempted.PASSKEY, keys=list(limits), at=at)
        raise
    Passkey.objects.filter(pk=row.pk).update(sign_count=row.sign_count, used_at=at)
    owner: Customer = row.customer
    return owner


def _answered(given: AuthenticationCredential, challenge: bytes, site: Site, customer: Customer | None) -> Passkey:
    rows = Passkey.objects.select_for_update(of=("self",)).select_related("customer").filter(customer__erased_at=None)
    row: Passkey | None = rows.filter(credential_fingerprint=fingerprint(given.id)).first()
    if row is None or (customer is not None and row.customer_id != customer.pk) or not _is_named(row, given, customer):
        raise BadPasskey
    try:
        seen = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except MALFORMED:
        raise BadPasskey from None
    row.sign_count = seen.new_sign_count
    return row


def _is_named(row: Passkey, given: AuthenticationCredential, customer: Customer | None) -> bool:
    """The key names its owner; it may leave that out only where we asked for the keys of one customer."""
    handle = given.response.user_handle
    return handle == row.customer.public_id.encode() if handle else customer is not None


def rename_passkey(*, passkey: Passkey, name: str) -> None:
    """Call it what the customer calls it."""
    passkey.name = _name(name)
    passkey.save(update_fields=["name"])


def remove_passkey(*, passkey: Passkey, device: str, at: datetime) -> None:
    """The key opens nothing any more."""
    customer: Customer = passkey.customer
    passkey.delete()
    record_account_change(customer=customer, what=AccountFact.PASSKEY_REMOVED, device=device, at=at)
