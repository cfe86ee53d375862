"""Open a merchant, give people and programs access."""

import secrets
from datetime import datetime, timedelta

from babel.core import get_global
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.encryption import fingerprint
from core.money import UnknownCurrency, check_currency
from core.zones import zone_names
from merchants.audit import About, about, record
from merchants.models import ApiKey, Branding, Domain, Membership, Merchant, User
from merchants.rules import email_colors, hex_to_oklch
from merchants.scope import merchant_scope
from merchants.selectors import platform_hostname
from merchants.types import Deed, Language, Role, Scope


class MerchantExists(ValueError):
    """The slug is taken."""


@transaction.atomic
def create_merchant(
    *, slug: str, name: str, at: datetime, language: str = "en", country: str = "US", currency: str = "USD", timezone: str = "UTC"
) -> Merchant:
    """Open a merchant with its host and default branding.

    Refuses a taken slug (MerchantExists) and, naming the field (ValidationError), bad slugs, languages, countries,
    currencies and time zones.
    """
    merchant = Merchant(
        slug=slug, name=name, language=language, country=country.upper(), currency=currency, timezone=timezone, created_at=at
    )
    _check(merchant)
    merchant.full_clean(exclude=["slug"] if Merchant.objects.filter(slug=slug).exists() else [])
    try:
        with transaction.atomic():
            merchant.save()
    except IntegrityError:
        raise MerchantExists(f"merchant {slug!r} exists already") from None
    with merchant_scope(merchant.pk):
        domain = Domain.objects.create(host=f"{slug}.{platform_hostname()}", is_primary=True, verified_at=at)
        Branding.objects.create(email_colors=email_colors("#2f2a26", 75), email_from_name=name[:64])
        record(Deed.MERCHANT_OPENED, About("merchants.merchant", slug))
        record(Deed.DOMAIN_ADDED, About("merchants.domain", domain.host), {"is_primary": True})
    return merchant


def _check(merchant: Merchant) -> None:
    errors = {}
    if merchant.language not in Language.values:
        errors["language"] = f"must be one of {', '.join(Language.values)}"
    if merchant.country not in get_global("territory_languages") or merchant.country == "ZZ":
        errors["country"] = "must be an ISO 3166 code"
    if merchant.timezone not in zone_names():
        errors["timezone"] = "must be an IANA time zone"
    try:
        merchant.currency = check_currency(merchant.currency)
    except UnknownCurrency as error:
        errors["currency"] = str(error)
    if errors:
        raise ValidationError(errors)


def save_branding(branding: Branding) -> Branding:
    """Store branding with its derived mail colours. Refuses (ValidationError) bad colours and out-of-range values."""
    try:
        hex_to_oklch(branding.color)
    except ValueError:
        raise ValidationError({"color": "must be a colour like #5b2a4e"}) from None
    branding.full_clean()
    branding.email_colors = email_colors(branding.color, branding.neutral_hue)
    before = Branding.objects.filter(pk=branding.pk).values().first() or {}
    branding.save()
    changed = sorted(
        field.name for field in branding._meta.concrete_fields if before.get(field.attname) != getattr(branding, field.attname)
    )
    if changed:
        record(Deed.BRANDING_CHANGED, branding, {"fields": changed})
    return branding


def create_api_key(*, name: str, scopes: list[str], at: datetime, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key for the current merchant; the second value is the key itself, shown once. Refuses unknown scopes."""
    if wrong := sorted(set(scopes) - set(Scope.values)):
        raise ValidationError({"scopes": f"unknown: {', '.join(wrong)}; known: {', '.join(Scope.values)}"})
    if not scopes:
        raise ValidationError({"scopes": "name at least one"})
    token = f"pp_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name[:80], prefix=token[:9], fingerprint=fingerprint(token), scopes=sorted(set(scopes)), created_at=at, expires_at=expires_at
    )
    record(Deed.KEY_MADE, key, {"scopes": key.scopes, "expires_at": expires_at.isoformat() if expires_at else None})
    return key, token


def revoke_api_key(*, key_id: int, at: datetime) -> bool:
    """End a key at once. False when it was not alive."""
    is_revoked = bool(ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=at))
    if is_revoked:
        record(Deed.KEY_REVOKED, About("merchants.apikey", str(key_id)))
    return is_revoked


def add_staff(*, user: User, role: Role, at: datetime) -> Membership:
    """Give a user a role at the current merchant, or change it."""
    before = Membership.objects.filter(user=user).values_list("role", flat=True).first()
    membership, _ = Membership.objects.update_or_create(
        user=user, defaults={"role": role}, create_defaults={"role": role, "created_at": at}
    )
    row: Membership = membership
    if before != role:
        record(Deed.ROLE_CHANGED if before else Deed.MEMBER_ADDED, about(user), {"role": [before or "", Role(role).value]})
    return row


def note_key_used(*, key_id: int, at: datetime) -> None:
    """Remember when a key of the current merchant last worked; by the minute, so that a busy key is not a busy row."""
    ApiKey.objects.filter(pk=key_id).exclude(last_used_at__gt=at - timedelta(minutes=1)).update(last_used_at=at)
