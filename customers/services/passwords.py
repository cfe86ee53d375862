"""Optional passwords: setting, removing, and signing in with one. An address nobody has costs the same work and gets the same answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator

from core.encryption import fingerprint
from core.text import BadEmail, normalise_email
from customers.models import Customer
from customers.rules import NETWORK_LIMITS, PASSWORD_LIMITS, PASSWORD_LONGEST, network_of, normal_password, password_flaw
from customers.services.attempts import Limits, TooManyRequests, count_attempt, keyed, too_many
from customers.services.changes import record_account_change
from customers.services.sessions import end_all_sessions
from customers.types import AccountFact, Attempted, PasswordFlaw
from merchants.selectors import current_merchant


class BadPassword(ValueError):
    """The password is not taken; `flaw` says why."""

    def __init__(self, flaw: PasswordFlaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


class WrongPassword(ValueError):
    """Not the password of this address, or nobody's address, or an account without a password."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a change of an account is made: the session that goes on, and the browser's own words."""

    token: str
    device: str


def set_password(*, customer: Customer, password: str, browser: Browser, at: datetime) -> None:
    """Set or change the password; every other browser is signed out. Refuses (BadPassword) short, long, well-known and own words."""
    text = normal_password(password)
    flaw = password_flaw(text, about=_words_about(customer), common=_common())
    if flaw is not None:
        raise BadPassword(flaw)
    _store(customer, make_password(text), at)
    _follow_up(customer, AccountFact.PASSWORD_SET, browser, at)


def remove_password(*, customer: Customer, browser: Browser, at: datetime) -> bool:
    """Sign in by code or passkey only from now on; every other browser is signed out. False when there was no password."""
    if not customer.password:
        return False
    _store(customer, "", at)
    _follow_up(customer, AccountFact.PASSWORD_REMOVED, browser, at)
    return True


def _store(customer: Customer, hashed: str, at: datetime) -> None:
    customer.password, customer.password_at = hashed, at if hashed else None
    customer.save(update_fields=["password", "password_at"])


def _follow_up(customer: Customer, what: AccountFact, browser: Browser, at: datetime) -> None:
    end_all_sessions(customer=customer, keep=browser.token, at=at)
    record_account_change(customer=customer, what=what, device=browser.device, at=at)


def _words_about(customer: Customer) -> list[str]:
    """What a stranger who knows the shopper and the shop tries first."""
    local, _, domain = customer.email.rpartition("@")
    merchant = current_merchant()
    names = [customer.first_name, customer.last_name, customer.first_name + customer.last_name, customer.last_name + customer.first_name]
    return [customer.email, local, domain, *names, merchant.name, merchant.slug]


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def password_sign_in(*, email: str, password: str, ip: str, at: datetime) -> Customer:
    """Whom address and password sign in. A wrong try is counted in the caller's transaction: the caller answers, it does not roll back.

    Refuses (WrongPassword) alike what nobody has, what has no password and what does not match; (TooManyRequests) beyond ten wrong
    ones an hour for an address, twenty in ten minutes from a network.
    """
    try:
        address = normalise_email(email)
    except BadEmail:
        address = fingerprint(email.strip().lower())  # counted like any other
    limits: Mapping[str, Limits] = {keyed("email", address): PASSWORD_LIMITS, keyed("network", network_of(ip)): NETWORK_LIMITS}
    customer: Customer | None = Customer.objects.filter(email_normalised=address, erased_at=None).first()
    _check(customer, password, what=Attempted.PASSWORD, limits=limits, at=at)
    if customer is None:  # nobody's password is always wrong
        raise WrongPassword
    return customer


def confirm_password(*, customer: Customer, password: str, ip: str, at: datetime) -> None:
    """Whether somebody signed in knows the account's password. Counted apart from signing in, so that a stranger who guesses there
    locks nobody out here. Refuses (WrongPassword, TooManyRequests) as above."""
    limits: Mapping[str, Limits] = {
        keyed("customer", customer.public_id): PASSWORD_LIMITS,
        keyed("network", network_of(ip)): NETWORK_LIMITS,
    }
    _check(customer, password, what=Attempted.CONFIRM, limits=limits, at=at)


def _check(customer: Customer | None, password: str, *, what: str, limits: Mapping[str, Limits], at: datetime) -> None:
    if too_many(what=what, limits=limits, at=at):
        raise TooManyRequests
    if not _matches(customer, normal_password(password[: PASSWORD_LONGEST * 4])):
        count_attempt(what=what, keys=list(limits), at=at)
        raise WrongPassword


def _matches(customer: Customer | None, given: str) -> bool:
    """As much work for nobody as for somebody. A hash of older settings is renewed when it matches."""
    stored = customer.password if customer is not None else ""
    if customer is None or not stored or len(given) > PASSWORD_LONGEST:
        make_password(given[:PASSWORD_LONGEST])
        return False

    def renew(text: str) -> None:
        customer.password = make_password(text)
        customer.save(update_fields=["password"])

    return check_password(given, stored, setter=renew)
