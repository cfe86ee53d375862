"""A merchant's accounts at message providers: what each provider needs, saved sealed, opened for one send."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.transactions import require_transaction
from customers.types import Channel
from events import doorbell
from merchants.audit import record
from merchants.models import seal, unseal
from merchants.scope import required_merchant_id
from merchants.selectors import platform_url
from merchants.types import Deed
from notifications.models import DayFigure, Message, ProviderAccount
from notifications.types import Account, MessageState

Check = Callable[[str], bool]
FIRST, SECOND = 0, 1  # ranks of a channel's accounts
MOST_PER_SECOND = 1000


def _matches(pattern: str) -> Check:
    return lambda value: re.fullmatch(pattern, value) is not None


def _is_email(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


HOST = _matches(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
E164 = _matches(r"\+[1-9]\d{6,14}")
WEBHOOK_SECRET = _matches(r"[^:\s]{1,64}:\S{16,128}")


@dataclass(frozen=True, slots=True)
class Provider:
    """Which settings and secrets an account needs (`needs`) and may have; each with the check its value must pass."""

    channels: frozenset[str]
    settings: Mapping[str, Check] = field(default_factory=dict)
    secrets: Mapping[str, Check] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    needs_one_of: frozenset[str] = frozenset()


SENDER: dict[str, Check] = {"from_email": _is_email}
MAIL = frozenset({Channel.EMAIL.value})
TOKEN = _matches(r"[\x21-\x7e]{8,300}")
# The user and password a provider puts before the address it calls: `user:password`.
CALLED_BACK: dict[str, Check] = {"webhook_secret": WEBHOOK_SECRET}

PROVIDERS: dict[str, Provider] = {
    "sandbox": Provider(frozenset(Channel.values), SENDER),
    "smtp": Provider(
        MAIL,
        {
            **SENDER,
            "host": HOST,
            "port": _matches(r"25|465|587|2525"),
            "security": _matches("starttls|tls"),
            "username": _matches("[ -~]{1,200}"),
        },
        {"password": _matches("[ -~]{1,300}")},  # signing in speaks ASCII; anything else would break each call
        frozenset({"host", "port", "security"}),
    ),
    "mailgun": Provider(
        MAIL,
        {**SENDER, "domain": HOST, "region": _matches("us|eu")},
        {"api_key": TOKEN, "webhook_signing_key": TOKEN},
        frozenset({"domain", "api_key"}),
    ),
    "sendgrid": Provider(MAIL, SENDER, {"api_key": TOKEN, "webhook_verification_key": TOKEN, **CALLED_BACK}, frozenset({"api_key"})),
    "postmark": Provider(
        MAIL,
        {**SENDER, "message_stream": _matches(r"[a-z0-9-]{1,60}")},
        {"server_token": TOKEN, **CALLED_BACK},
        frozenset({"server_token"}),
    ),
    "ses": Provider(
        MAIL,
        {**SENDER, "region": _matches(r"[a-z]{2}(-[a-z]+)+-\d"), "configuration_set": _matches(r"[A-Za-z0-9_-]{1,64}")},
        {"access_key_id": TOKEN, "secret_access_key": TOKEN, **CALLED_BACK},
        frozenset({"region", "access_key_id", "secret_access_key"}),
    ),
    "twilio": Provider(
        frozenset({Channel.SMS.value}),
        {
            "account_sid": _matches("AC[0-9a-f]{32}"),
            "from_number": E164,
            "messaging_service_sid": _matches("MG[0-9a-f]{32}"),
            "sender_id": _matches(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}"),
        },
        {"auth_token": TOKEN, "api_key_sid": _matches("SK[0-9a-f]{32}"), "api_key_secret": TOKEN},
        frozenset({"account_sid", "auth_token"}),
        frozenset({"from_number", "messaging_service_sid", "sender_id"}),
    ),
}


def check_account(*, channel: str, provider: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Raises ValidationError naming each field that is missing, unknown or wrong."""
    known = PROVIDERS.get(provider)
    if known is None or channel not in known.channels:
        raise ValidationError({"provider": _("Not a provider for this channel.")})
    given = {**settings, **secrets}
    checks = {**known.settings, **known.secrets}
    errors = {name: _("This field is required.") for name in known.needs if not given.get(name)}
    errors |= {name: _("Not used by this provider.") for name in given if name not in checks}
    errors |= {name: _("Not a valid value.") for name, value in given.items() if value and name in checks and not checks[name](value)}
    if known.needs_one_of and not any(given.get(name) for name in known.needs_one_of):
        errors |= {name: _("One of these is required.") for name in known.needs_one_of}
    if errors:
        raise ValidationError(errors)


def save_account(
    *, channel: str, provider: str, settings: Mapping[str, str], secrets: Mapping[str, str], at: datetime, rank: int = FIRST
) -> ProviderAccount:
    """Make this the channel's account, or its second, have it checked, and send at once what waited for one.

    Raises ValidationError naming the fields. A secret left empty keeps the one saved before for the same provider.
    The account used so far is switched off, not deleted: callbacks for what it sent still come.
    """
    require_transaction("save_account")
    row = ProviderAccount.objects.select_for_update().filter(channel=channel, rank=rank, is_active=True).first()
    if rank != FIRST and not ProviderAccount.objects.filter(channel=channel, rank=FIRST, is_active=True).exists():
        raise ValidationError({"provider": _("Set up the first account of this channel before a second.")})
    same = row if row is not None and row.provider == provider else None
    kept = _secrets_of(same) if same is not None else {}
    settings = {name: value.strip() for name, value in settings.items() if value.strip()}
    secrets = {**kept, **{name: value.strip() for name, value in secrets.items() if value.strip()}}
    check_account(channel=channel, provider=provider, settings=settings, secrets=secrets)
    if same is None and row is not None:
        row.is_active = False
        row.save(update_fields=["is_active"])
    saved = same or ProviderAccount(channel=channel, provider=provider, rank=rank, created_at=at)
    saved.settings, saved.last_error, saved.last_error_at, saved.paused_until, saved.failures = dict(settings), "", None, None, 0
    seal(saved, "secret", json.dumps(secrets) if secrets else "")
    saved.checked_at, saved.check_ok, saved.check_detail, saved.records = None, None, "", []
    saved.save()
    if provider != "sandbox":
        ask_for_check(account_id=saved.pk)
    _wake(channel)
    given = sorted(name for name in secrets if secrets[name] != kept.get(name))
    record(
        Deed.ACCOUNT_WRITTEN,
        saved,
        {"provider": provider, "channel": channel, "rank": rank, "secrets": given, "settings": sorted(settings)},
    )
    return saved


def ask_for_check(*, account_id: int) -> None:
    """Have an account of the current merchant checked as soon as this transaction is over."""
    require_transaction("ask_for_check")
    ProviderAccount.objects.filter(pk=account_id).update(check_due_at=Now())
    transaction.on_commit(lambda: doorbell.ring("checks"))


def close_second(*, account_id: int) -> bool:
    """Switch a channel's second account off. False when it is none: a first one is only ever replaced."""
    row: ProviderAccount | None = ProviderAccount.objects.filter(pk=account_id, is_active=True).exclude(rank=FIRST).first()
    if row is None or not ProviderAccount.objects.filter(pk=row.pk, is_active=True).update(is_active=False):
        return False
    record(Deed.ACCOUNT_CLOSED, row, {"provider": row.provider, "channel": row.channel})
    return True


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast and for how much an account sends; None and nothing: as it comes."""

    per_second: int | None = None
    daily_cap: Decimal | None = None
    prices: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""


def set_limits(*, account_id: int, limits: Limits, today: date) -> None:
    """Set rate, prices and the day's cap of an account of the current merchant, and let go what waited for them.

    Raises ValidationError naming the fields: a cap needs prices, prices need a currency.
    """
    errors = {}
    if limits.per_second is not None and not 1 <= limits.per_second <= MOST_PER_SECOND:
        errors["per_second"] = _("Between 1 and %(most)s.") % {"most": MOST_PER_SECOND}
    if limits.daily_cap is not None and (limits.daily_cap < 0 or not limits.prices):
        errors["daily_cap"] = _("A cap needs prices to be reckoned by, and is not negative.")
    if limits.prices and not re.fullmatch(r"[A-Z]{3}", limits.currency):
        errors["currency"] = _("Prices need a currency, as three letters.")
    if errors:
        raise ValidationError(errors)
    row = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    if limits.daily_cap is not None and (row.spent_on != today or row.daily_cap is None):
        row.spent_on, row.spent = today, spent_on(row, today)
    row.per_second, row.daily_cap, row.prices, row.currency = limits.per_second, limits.daily_cap, dict(limits.prices), limits.currency
    row.slot_at = row.line_until = None
    row.save(update_fields=["per_second", "daily_cap", "prices", "currency", "spent_on", "spent", "slot_at", "line_until"])
    _wake(row.channel)
    cap = str(limits.daily_cap) if limits.daily_cap is not None else None
    record(Deed.ACCOUNT_LIMITED, row, {"per_second": limits.per_second, "daily_cap": cap, "prices": len(limits.prices)})


def spent_on(row: ProviderAccount, day: date) -> Decimal:
    """What the channel's messages cost on a day with this provider, by the day's figures."""
    rows = DayFigure.objects.filter(day=day, channel=row.channel, provider=row.provider)
    return rows.aggregate(total=Sum("cost"))["total"] or Decimal(0)


WAITING = ("no_provider", "no_sender", "provider_asks_to_wait", "provider_down", "over_rate", "spend_cap")


def _wake(channel: str) -> None:
    waiting = Message.objects.filter(state=MessageState.PENDING, channel=channel, reason__in=WAITING)
    waiting.update(due_at=Now())


def _secrets_of(row: ProviderAccount) -> dict[str, str]:
    plain = unseal(row, "secret")
    return json.loads(plain) if plain else {}


def open_account(account: ProviderAccount) -> Account:
    """Decrypt an account for use. Raises core.encryption.BadSecret."""
    return Account(
        id=account.pk,
        merchant_id=required_merchant_id(),
        provider=account.provider,
        channel=account.channel,
        settings=account.settings,
        secrets=_secrets_of(account),
        callback_url=f"{platform_url()}/callbacks/{account.provider}/{account.public_id}/",
    )
