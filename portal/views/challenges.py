"""The challenge a passkey answers: kept in the browser's signed cookie, for one use and five minutes, at one merchant."""

import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpResponse

from customers.rules import CHALLENGE_LIFETIME
from customers.types import Site
from portal.views.edge import PortalRequest, cookie_name, set_cookie

CHALLENGE = "challenge"
LENGTH = 32  # bytes


def site_of(request: PortalRequest) -> Site:
    """The merchant's host this page stands on; the middleware let no other in."""
    origin = f"{settings.PUBLIC_SCHEME}://{request.get_host()}".lower()
    return Site(host=urlsplit(origin).hostname or "", origin=origin, name=request.merchant.name)


def new_challenge() -> bytes:
    """Random, never used before."""
    return secrets.token_bytes(LENGTH)


def keep_challenge(response: HttpResponse, request: PortalRequest, challenge: bytes, *, use: str) -> None:
    """Remember it in this browser, for one use."""
    value = signing.dumps(challenge.hex(), salt=_salt(request, use))
    set_cookie(response, CHALLENGE, value, max_age=int(CHALLENGE_LIFETIME.total_seconds()))


def challenge_of(request: PortalRequest, *, use: str) -> bytes:
    """What this browser was asked for this use; empty, which nothing answers, when it was not."""
    try:
        kept: str = signing.loads(request.COOKIES.get(cookie_name(CHALLENGE), ""), salt=_salt(request, use), max_age=CHALLENGE_LIFETIME)
    except signing.BadSignature:
        return b""
    return bytes.fromhex(kept)


def _salt(request: PortalRequest, use: str) -> str:
    return f"portal.challenge.{request.merchant.pk}.{use}"
