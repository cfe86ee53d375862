"""Signed-in browsers. The cookie holds the token; the row holds its SHA-256."""

import secrets
from datetime import datetime

from core.encryption import fingerprint
from customers.models import Customer, ShopperSession
from customers.rules import SESSION_LIFETIME


def open_session(*, customer: Customer, user_agent: str, at: datetime) -> str:
    """Sign a browser in for 30 days; returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    ShopperSession.objects.create(
        customer=customer,
        fingerprint=fingerprint(token),
        user_agent=user_agent.replace("\0", "")[:200],
        created_at=at,
        expires_at=at + SESSION_LIFETIME,
    )
    return token


def end_session(*, token: str, at: datetime) -> bool:
    """Sign one browser out. False when it was not signed in."""
    return bool(ShopperSession.objects.filter(fingerprint=fingerprint(token), ended_at=None).update(ended_at=at))


def end_all_sessions(*, customer: Customer, at: datetime) -> int:
    """Sign the customer out everywhere; returns how many browsers that were."""
    return ShopperSession.objects.filter(customer=customer, ended_at=None, expires_at__gt=at).update(ended_at=at)
