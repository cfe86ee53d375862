"""Words of this room."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Worth(TextChoices):
    """How a coupon lowers the price."""

    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off")
