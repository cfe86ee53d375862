"""How the demo's merchants ask: when, about what, what they give for it, and the surveys beside it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.world import Shop
from reviews.models import ReviewPlan, ReviewRule
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.services.listening import begin_themes, save_theme
from reviews.services.surveys import save_survey
from reviews.types import Match, ThemeArea
from rewards.models import ThanksRule
from rewards.types import Worth

THANKS = {
    "EUR": {"worth": Worth.AMOUNT, "value": Decimal(5), "currency": "EUR", "minimum": Decimal(40)},
    "USD": {"worth": Worth.PERCENT, "value": Decimal(10), "currency": "", "minimum": Decimal(0)},
}
# What is worn or listened to for a while is asked about later; nobody is asked about a cable or a pair of socks.
RULES: dict[str, tuple[dict[str, Any], ...]] = {
    "aurora": (
        {"match": Match.SKU, "value": "AU-SOCK-02", "is_asked": False},
        {"match": Match.SKU, "value": "AU-BOOT-39", "days": 14},
    ),
    "voltline": (
        {"match": Match.SKU, "value": "VL-CBL-6", "is_asked": False},
        {"match": Match.SKU, "value": "VL-HALO-G", "days": 10},
    ),
}
ASKED = ("csat", "nps", "ces")
OWN_THEME: dict[str, dict[str, Any]] = {
    "aurora": {
        "key": "buttons",
        "names": {"de": "Knöpfe", "en": "Buttons"},
        "words": {"de": ["knopf*", "knöpf*"], "en": ["button*"]},
    },
    "voltline": {
        "key": "battery",
        "names": {"en": "Battery", "de": "Akku"},
        "words": {"en": ["battery", "batteries", "charge*", "charging"], "de": ["akku*"]},
    },
}


def set_up_reviews(shop: Shop, at: datetime) -> None:
    """In the scope of the shop's merchant."""
    ReviewPlan.objects.create(days=6, reminder_days=6, answer_hours=48)
    for position, rule in enumerate(RULES[shop.slug]):
        ReviewRule.objects.create(position=position, **rule)
    ThanksRule.objects.create(valid_days=90, per_month=60, **THANKS[shop.currency])
    for shipped in DEFAULTS.values():
        save_survey(
            survey=None, name=shipped.name, key=shipped.key, trigger=shipped.trigger, days=shipped.days, definition=shipped.definition,
            is_on=shipped.key in ASKED, at=at,
        )  # fmt: skip
    begin_themes(at=at)
    save_theme(area=ThemeArea.PRODUCT, at=at, **OWN_THEME[shop.slug])
