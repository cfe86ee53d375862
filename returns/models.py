"""The merchant's promise about sending things back. The engine of rules is built on this row."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel


class ReturnPolicy(MerchantModel):
    """One window for everything: days from delivery, who pays, how fast the money comes back."""

    window_days = models.PositiveSmallIntegerField(default=30)
    is_free = models.BooleanField(default=False, help_text=_("the merchant pays the way back"))
    refund_days = models.PositiveSmallIntegerField(default=14, help_text=_("days from arrival to refund"))
    how = models.CharField(max_length=300, blank=True, help_text=_("how to send something back, one sentence"))
    contact_url = models.URLField(max_length=300, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant"], name="returns_returnpolicy_one")]
        verbose_name_plural = _("return policy")

    def __str__(self) -> str:
        return f"{self.window_days} days"
