"""Signing in by an e-mailed code or link. Both derive from the row's nonce and the installation's key."""

from datetime import datetime

from django.db.models import F

from core.encryption import fingerprint, random_id
from core.signing import derive_digits, derive_token, same
from core.text import BadEmail, normalise_email
from customers.models import Customer, SignInRequest
from customers.rules import (
    CODE_LENGTH,
    CODE_LIMITS,
    EMAIL_LIMITS,
    IP_LIMITS,
    LONGEST_WINDOW,
    SIGN_IN_LIFETIME,
    TRIES,
    is_over,
    network_of,
    safe_path,
)
from customers.services.attempts import TooManyRequests, hold, keyed, may_try
from customers.types import Attempted
from events.services import emit


class WrongCode(ValueError):
    """Not the newest code of this address in this browser, or used, expired, tried too often."""


class LinkExpired(ValueError):
    """The link is unknown, used, replaced by a newer one or older than ten minutes."""


def request_sign_in(*, email: str, ip: str, browser: str, next_path: str, at: datetime) -> None:
    """Ask for a code and a link. Same outcome and same limits whether the address is a customer's or nobody's.

    Refuses (TooManyRequests) beyond 3 in ten minutes or 10 a day for an address, 5 in ten minutes from a network.
    """
    try:
        address = normalise_email(email)
    except BadEmail:
        address = fingerprint(email.strip().lower())  # counted like any other, so that nonsense is no free probe
    network = network_of(ip)
    hold(purpose="sign-in", keys=[address, network])  # two at the same moment must not both see the last free place
    if _is_over_limits(address, network, at):
        raise TooManyRequests
    request = _store(address, browser=browser, network=network, next_path=next_path, at=at)
    customer = Customer.objects.filter(email_normalised=address, erased_at=None).values_list("pk", flat=True).first()
    if customer is not None:
        emit(type="customers.sign_in.requested", payload={"sign_in": request.pk, "customer": customer}, at=at)


def _is_over_limits(address: str, network: str, at: datetime) -> bool:
    recent = SignInRequest.objects.filter(created_at__gt=at - LONGEST_WINDOW)
    by_email = list(recent.filter(email_normalised=address).values_list("created_at", flat=True))
    if is_over(EMAIL_LIMITS, by_email, at):
        return True
    return bool(network) and is_over(IP_LIMITS, list(recent.filter(ip=network).values_list("created_at", flat=True)), at)


def _store(address: str, *, browser: str, network: str, next_path: str, at: datetime) -> SignInRequest:
    nonce = random_id()
    row: SignInRequest = SignInRequest.objects.create(
        email_normalised=address,
        nonce=nonce,
        link_fingerprint=fingerprint(derive_token("sign-in-link", nonce)),
        browser_fingerprint=fingerprint(browser) if browser else "",
        ip=network or None,
        next_path=safe_path(next_path),
        created_at=at,
        expires_at=at + SIGN_IN_LIFETIME,
    )
    return row


def make_link(*, customer: Customer, at: datetime) -> str:
    """A sign-in link's token without an e-mail, for the operator's command. Refuses (ValueError) customers without an address."""
    if not customer.email_normalised:
        raise ValueError("the customer has no e-mail address")
    request = _store(customer.email_normalised, browser="", network="", next_path="", at=at)
    return sign_in_secrets(request)[1]


def sign_in_secrets(request: SignInRequest) -> tuple[str, str]:
    """The code and the link's token that belong to a stored request."""
    return derive_digits("sign-in-code", request.nonce, length=CODE_LENGTH), derive_token("sign-in-link", request.nonce)


def redeem_code(*, email: str, code: str, browser: str, at: datetime, ip: str = "") -> Customer:
    """Whom the code signs in. Spends every open request of the address.

    Refuses (WrongCode) any but the newest code asked for in this browser, a used or expired one, the sixth try; (TooManyRequests)
    beyond twenty codes an hour from a network. A wrong try is counted in the caller's transaction: the caller answers, it does not
    roll back.
    """
    if not may_try(what=Attempted.CODE, limits={keyed("network", network_of(ip)): CODE_LIMITS}, at=at):
        raise TooManyRequests
    try:
        address = normalise_email(email)
    except BadEmail:
        raise WrongCode from None
    request = _newest(address, fingerprint(browser)) if browser else None
    if request is None or request.used_at or request.expires_at <= at or request.tries >= TRIES:
        raise WrongCode
    if not same("".join(code.split()), sign_in_secrets(request)[0]):
        SignInRequest.objects.filter(pk=request.pk).update(tries=F("tries") + 1)
        raise WrongCode
    customer = _customer_of(request)
    if customer is None:
        raise WrongCode
    _spend(request, at)
    return customer


def _newest(address: str, browser_fingerprint: str) -> SignInRequest | None:
    """Per browser: a stranger asking for codes must not spoil the one the shopper is typing."""
    rows = SignInRequest.objects.select_for_update().filter(email_normalised=address, browser_fingerprint=browser_fingerprint)
    newest: SignInRequest | None = rows.order_by("-created_at", "-id").first()
    return newest


def _customer_of(request: SignInRequest) -> Customer | None:
    row: Customer | None = Customer.objects.filter(email_normalised=request.email_normalised, erased_at=None).first()
    return row


def _spend(request: SignInRequest, at: datetime) -> None:
    SignInRequest.objects.filter(email_normalised=request.email_normalised, used_at=None).update(used_at=at)


def peek_link(*, token: str, now: datetime) -> SignInRequest | None:
    """The request a link belongs to while it would still sign in; reads only, for the confirm page."""
    request: SignInRequest | None = SignInRequest.objects.filter(link_fingerprint=fingerprint(token)).first()
    return request if request is not None and _is_open(request, now) else None


def _is_open(request: SignInRequest, now: datetime) -> bool:
    if request.used_at is not None or request.expires_at <= now:
        return False
    same_place = SignInRequest.objects.filter(email_normalised=request.email_normalised, browser_fingerprint=request.browser_fingerprint)
    return not same_place.filter(created_at__gt=request.created_at).exists()


def redeem_link(*, token: str, at: datetime) -> tuple[Customer, str]:
    """Whom the link signs in, and the path they asked for. Refuses (LinkExpired) unknown, used, replaced and expired links."""
    request: SignInRequest | None = SignInRequest.objects.select_for_update().filter(link_fingerprint=fingerprint(token)).first()
    if request is None or not _is_open(request, at):
        raise LinkExpired
    customer = _customer_of(request)
    if customer is None:
        raise LinkExpired
    _spend(request, at)
    return customer, request.next_path
