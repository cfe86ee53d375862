"""What every message of one merchant shares: name, look, addresses and the return policy, loaded once per batch."""

from dataclasses import dataclass
from typing import Any

from customers.types import Channel
from merchants.models import Branding, Merchant
from merchants.selectors import base_url, branding, current_merchant
from notifications.automations import plans_in_force
from notifications.models import ProviderAccount
from notifications.types import Kind
from notifications.words import clean, safe_url
from returns.models import ReturnPolicy
from returns.selectors.versions import Versions, all_versions

# No quotes: they would be escaped inside a style element. Names without digits need none.
SANS = "Segoe UI, Roboto, Helvetica Neue, Liberation Sans, Arial"
STACKS = {
    "sans": (SANS, "sans-serif"),
    "serif": ("Iowan Old Style, Charter, Palatino Linotype, Noto Serif, Liberation Serif, Georgia", "serif"),
    "grotesque": ("Helvetica Neue, Segoe UI, Roboto, Liberation Sans, Arial", "sans-serif"),
}
HAN = {"sans-serif": "PingFang SC, Microsoft YaHei, Noto Sans CJK SC", "serif": "Songti SC, SimSun, Noto Serif CJK SC"}


@dataclass(frozen=True, slots=True)
class House:
    """One merchant, as far as its messages show it."""

    merchant: Merchant
    branding: Branding
    base_url: str
    policy: ReturnPolicy
    versions: Versions  # of the return policy: an order keeps the one of its day where that is better
    sends_texts: bool  # whether a dispatch SMS will follow, so that a mail may announce it


def load() -> House:
    """The current merchant's; six queries, to be made once for a batch of messages."""
    merchant = current_merchant()
    versions = all_versions(currency=merchant.currency)
    return House(merchant, branding(), base_url(), versions.in_force, versions, _sends_texts())


def _sends_texts() -> bool:
    has_account = ProviderAccount.objects.filter(channel=Channel.SMS, is_active=True).exists()
    return has_account and Channel.SMS in plans_in_force()[Kind.DISPATCH].plan.channels


def merchant_part(house: House) -> dict[str, Any]:
    look = house.branding
    return {
        "name": clean(house.merchant.name),
        "language": house.merchant.language,
        "address": clean(look.postal_address),
        "shop_url": safe_url(look.shop_url),
        "privacy_url": safe_url(look.privacy_url),
        "imprint_url": safe_url(look.imprint_url),
    }


def branding_part(house: House, language: str) -> dict[str, Any]:
    look = house.branding
    return {
        "font": stack("sans", language),
        "heading_font": stack(look.font, language),
        "heading_weight": look.display_weight,
        "radius": look.radius,
        "logo_url": safe_url(look.logo_url),
    }


def stack(font: str, language: str) -> str:
    """Font families for a style; Chinese ones before the generic where the message is Chinese."""
    families, generic = STACKS.get(font, STACKS["sans"])
    return ", ".join((families, HAN[generic], generic) if language == "zh-hans" else (families, generic))


def support_part(house: House) -> dict[str, Any]:
    look = house.branding
    return {
        "email": clean(look.support_email or look.reply_to),
        "phone": clean(look.support_phone),
        "hours": clean(look.support_hours),
        "team": clean(look.support_team),
        "can_reply": bool(look.reply_to),  # messages leave with this address for answers, or with none
        "is_there": bool(look.reply_to or look.support_email or look.support_phone),
    }
