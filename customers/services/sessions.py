"""Signed-in browsers. The cookie holds the token; the row holds its SHA-256."""

import secrets
from datetime import datetime

from core.encryption import fingerprint
from customers.models import Customer, ShopperSession
from customers.rules import SESSION_LIFETIME
from customers.services.changes import record_account_change
from customers.types import AccountFact, SignInMethod


def open_session(
    *, customer: Customer, user_agent: str, method: str = SignInMethod.CODE, proven_at: datetime | None = None, at: datetime
) -> str:
    """Sign a browser in for 30 days; returns the token for its cookie. `proven_at`: when it proved who it is, where not just now."""
    token = secrets.token_urlsafe(32)
    device = user_agent.replace("\0", "")[:200]
    ShopperSession.objects.create(
        customer=customer,
        fingerprint=fingerprint(token),
        user_agent=device,
        method=SignInMethod(method),
        created_at=at,
        confirmed_at=proven_at,
        expires_at=at + SESSION_LIFETIME,
    )
    record_account_change(customer=customer, what=AccountFact.SIGNED_IN, device=device, at=at)
    return token


def confirm_session(*, token: str, at: datetime) -> str | None:
    """Note that the shopper just proved who they are. The browser gets a new token, which is returned; None when it was signed out."""
    fresh = secrets.token_urlsafe(32)
    live = ShopperSession.objects.filter(fingerprint=fingerprint(token), ended_at=None, expires_at__gt=at)
    return fresh if live.update(fingerprint=fingerprint(fresh), confirmed_at=at) else None


def end_session(*, token: str, at: datetime) -> bool:
    """Sign one browser out. False when it was not signed in."""
    return bool(ShopperSession.objects.filter(fingerprint=fingerprint(token), ended_at=None).update(ended_at=at))


def end_named_session(*, customer: Customer, name: str, at: datetime) -> bool:
    """Sign out another of the customer's browsers, named by its fingerprint. False when there is no such, or it was signed out."""
    return bool(ShopperSession.objects.filter(customer=customer, fingerprint=name, ended_at=None, expires_at__gt=at).update(ended_at=at))


def end_all_sessions(*, customer: Customer, keep: str = "", at: datetime) -> int:
    """Sign the customer out everywhere but in the browser whose token is kept; returns how many browsers that were."""
    rows = ShopperSession.objects.filter(customer=customer, ended_at=None, expires_at__gt=at)
    return (rows.exclude(fingerprint=fingerprint(keep)) if keep else rows).update(ended_at=at)


def sign_out_everywhere(*, customer: Customer, keep: str = "", device: str, at: datetime) -> int:
    """The same because the customer asked for it: noted and told. Nothing is when no other browser was signed in."""
    ended = end_all_sessions(customer=customer, keep=keep, at=at)
    if ended:
        record_account_change(customer=customer, what=AccountFact.SIGNED_OUT_ALL, device=device, at=at)
    return ended
