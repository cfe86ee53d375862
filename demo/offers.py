"""What the demo's merchants give, and what they say beyond the defaults: a coupon rule, styles, items for the same parcel."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.world import Shop
from notifications.automations import publish, save_draft
from rewards.models import CouponRule
from rewards.types import Worth

GIVEN = {
    "EUR": {"worth": Worth.PERCENT, "value": Decimal(10), "currency": "EUR", "minimum": Decimal(50)},
    "USD": {"worth": Worth.AMOUNT, "value": Decimal(15), "currency": "USD", "minimum": Decimal(100)},
}
AGAIN = {"fact": "order.is_first", "op": "is", "value": False}
PLANS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "order_confirmation",
        "Coupon for large orders, things that go with it for who comes back",
        {
            "channels": ["email"],
            "styles": [
                {"style": "enticing", "checks": [AGAIN, {"fact": "order.total", "op": "at_least", "value": 200}]},
                {"style": "similar", "checks": [AGAIN]},
            ],
        },
    ),
    (
        "additions",
        "A quarter of an hour after the order, by text where that may be",
        {"channels": ["sms", "email"], "ladder": "first", "delay_minutes": 15},
    ),
)


def set_up_offers(shop: Shop, at: datetime) -> None:
    """In the scope of the shop's merchant."""
    CouponRule.objects.create(valid_days=30, referral_value=Decimal(10), **GIVEN[shop.currency])
    for kind, note, definition in PLANS:
        publish(version=save_draft(kind=kind, definition=definition, note=note, at=at), at=at)
