"""A new e-mail address: proven by a code sent there, told to the old one."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from core.encryption import random_id
from core.signing import derive_digits, same
from core.text import normalise_email
from customers.models import Customer, EmailChange, SignInRequest
from customers.rules import CODE_LENGTH, CODE_LIMITS, EMAIL_LIMITS, IP_LIMITS, SIGN_IN_LIFETIME, TRIES, network_of
from customers.selectors import open_email_change
from customers.services.attempts import Limits, TooManyRequests, keyed, may_try
from customers.services.changes import record_account_change
from customers.services.passwords import Browser
from customers.services.sessions import end_all_sessions
from customers.services.sign_in import WrongCode
from customers.types import AccountFact, Attempted
from events.services import emit


class SameEmail(ValueError):
    """It is the customer's address already."""


def request_email_change(*, customer: Customer, email: str, ip: str, at: datetime) -> EmailChange:
    """Send a code to a new address. Same outcome and same limits whether the address is free or another customer's, who gets nothing.

    Refuses (BadEmail) what is no address, (SameEmail) the customer's own, (TooManyRequests) beyond three in ten minutes or ten a day
    for the customer or the address, five in ten minutes from a network.
    """
    address = normalise_email(email)
    if address == customer.email_normalised:
        raise SameEmail
    limits: dict[str, Limits] = {
        keyed("customer", customer.public_id): EMAIL_LIMITS,
        keyed("email", address): EMAIL_LIMITS,
        keyed("network", network_of(ip)): IP_LIMITS,
    }
    if not may_try(what=Attempted.EMAIL_CHANGE, limits=limits, at=at):
        raise TooManyRequests
    row: EmailChange = EmailChange.objects.create(
        customer=customer,
        email=email.strip()[:254],
        email_normalised=address,
        nonce=random_id(),
        created_at=at,
        expires_at=at + SIGN_IN_LIFETIME,
    )
    if not _is_taken(address):
        emit(type="customers.email_change.requested", payload={"email_change": row.pk, "customer": customer.pk}, at=at)
    return row


def _is_taken(address: str) -> bool:
    return Customer.objects.filter(email_normalised=address).exists()


def email_code(change: EmailChange) -> str:
    """The code that belongs to a stored change."""
    return derive_digits("email-change-code", change.nonce, length=CODE_LENGTH)


def redeem_email_code(*, customer: Customer, code: str, browser: Browser, at: datetime, ip: str = "") -> str:
    """Make the proven address the customer's; returns the one before. Every other browser is signed out, open codes and links end.

    Refuses (WrongCode) any but the newest code, an expired one, the sixth try, and an address somebody else has meanwhile;
    (TooManyRequests) beyond twenty codes an hour from a network. A wrong try is counted in the caller's transaction: the caller
    answers, it does not roll back.
    """
    if not may_try(what=Attempted.CODE, limits={keyed("network", network_of(ip)): CODE_LIMITS}, at=at):
        raise TooManyRequests
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    change = open_email_change(held, now=at)
    if change is None or change.tries >= TRIES:
        raise WrongCode
    if not same("".join(code.split()), email_code(change)) or not _move(held, change):
        EmailChange.objects.filter(pk=change.pk).update(tries=F("tries") + 1)
        raise WrongCode
    before = customer.email
    EmailChange.objects.filter(customer=customer, used_at=None).update(used_at=at)
    SignInRequest.objects.filter(email_normalised__in=[customer.email_normalised, change.email_normalised], used_at=None).update(used_at=at)
    customer.email, customer.email_normalised = change.email, change.email_normalised
    end_all_sessions(customer=customer, keep=browser.token, at=at)
    record_account_change(customer=customer, what=AccountFact.EMAIL_CHANGED, device=browser.device, told_to=before, at=at)
    return before


def _move(customer: Customer, change: EmailChange) -> bool:
    """False when somebody else has the address: the savepoint takes back what the database refused."""
    try:
        with transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(email=change.email, email_normalised=change.email_normalised)
    except IntegrityError:
        return False
    return True
