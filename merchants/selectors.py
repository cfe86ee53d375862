"""Reads of this room. Those that find the merchant look across all of them, in the directory tables only."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from core.encryption import fingerprint
from merchants.models import ApiKey, Branding, Domain, Membership, Merchant, User
from merchants.scope import across_merchants, required_merchant_id
from merchants.types import Role


@dataclass(frozen=True, slots=True)
class Key:
    """An API key that was presented and is good."""

    id: int
    merchant_id: int
    scopes: frozenset[str]


def platform_hostname() -> str:
    """The platform's host without port."""
    return settings.PLATFORM_HOST.partition(":")[0]


def merchant_of_host(host: str) -> Merchant | None:
    """The active merchant a host (without port) leads to."""
    with across_merchants():
        owner = Domain.all_merchants.filter(host=host.lower()).values("merchant_id")
        return Merchant.objects.filter(pk__in=owner, is_active=True).order_by().first()


def key_of_token(token: str, *, now: datetime) -> Key | None:
    """The API key a bearer token opens, unless revoked, expired or of a closed merchant."""
    with across_merchants():
        row = (
            ApiKey.all_merchants.filter(fingerprint=fingerprint(token), revoked_at=None)
            .values_list("id", "merchant_id", "scopes", "expires_at")
            .first()
        )
    if row is None or (row[3] is not None and row[3] <= now):
        return None
    if not Merchant.objects.filter(pk=row[1], is_active=True).exists():
        return None
    return Key(row[0], row[1], frozenset(row[2]))


def memberships_of(user: User) -> dict[int, Role]:
    """Merchant id -> role. Platform staff own every merchant."""
    if user.is_superuser:
        return dict.fromkeys(Merchant.objects.filter(is_active=True).order_by("name").values_list("pk", flat=True), Role.OWNER)
    with across_merchants():
        rows = list(Membership.all_merchants.filter(user_id=user.pk).values_list("merchant_id", "role"))
    active = set(Merchant.objects.filter(pk__in=[row[0] for row in rows], is_active=True).values_list("pk", flat=True))
    return {merchant_id: Role(role) for merchant_id, role in rows if merchant_id in active}


def current_merchant() -> Merchant:
    """The merchant of the scope."""
    return Merchant.objects.get(pk=required_merchant_id())


def branding() -> Branding:
    """The current merchant's branding; made with the merchant."""
    row: Branding = Branding.objects.get()
    return row


def base_url() -> str:
    """Scheme and host of the current merchant's portal, from the database and never from a request's Host header."""
    host: str = Domain.objects.filter(is_primary=True).values_list("host", flat=True).get()
    port = settings.PLATFORM_HOST.partition(":")[2]
    on_platform = host.endswith(f".{platform_hostname()}")
    return f"{settings.PUBLIC_SCHEME}://{host}{':' + port if port and on_platform else ''}"


def platform_url() -> str:
    """Scheme and host of the platform, for hooks and callbacks."""
    return f"{settings.PUBLIC_SCHEME}://{settings.PLATFORM_HOST}"
