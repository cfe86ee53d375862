"""Words of this room."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Worth(TextChoices):
    """How a coupon lowers the price."""

    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off")


class CouponState(TextChoices):
    """Where a coupon stands at a moment."""

    OPEN = "open", _("Open")
    USED = "used", _("Used")
    EXPIRED = "expired", _("Expired")


@dataclass(frozen=True, slots=True)
class Basket:
    """The order a coupon is to be used for, as the shop is about to take it."""

    order_number: str
    total: Decimal
    currency: str
