"""The merchant's promise about sending things back, version by version, and what it refers to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel, User
from returns.types import PolicyState, ReasonKind


class ReturnPolicy(MerchantModel):
    """One version: what holds for everything, and the ordered rules that change it for some. Published ones are never edited."""

    number = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.PUBLISHED)
    window_days = models.PositiveSmallIntegerField(default=30)
    is_free = models.BooleanField(default=False, help_text=_("the merchant pays the way back"))
    refund_days = models.PositiveSmallIntegerField(default=14, help_text=_("days from arrival to refund"))
    how = models.CharField(max_length=300, blank=True, help_text=_("how to send something back, one sentence"))
    contact_url = models.URLField(max_length=300, blank=True)
    outcomes = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("outcome -> {window_days, fee, bonus_percent, bonus, share_percent, for}; empty: money back only"),
    )
    rules = models.JSONField(default=list, blank=True, help_text=_("conditions and effects, in their order"))
    cases = models.JSONField(default=list, blank=True, help_text=_("test cases that must hold before it is published"))
    note = models.CharField(max_length=300, blank=True, help_text=_("what changed, for colleagues"))
    created_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, help_text=_("in force from then on; empty: always was"))
    replaced_at = models.DateTimeField(null=True, blank=True)
    saved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "number"], name="returns_policy_number"),
            models.UniqueConstraint(fields=["merchant"], condition=models.Q(state="published"), name="returns_policy_one_in_force"),
            models.UniqueConstraint(fields=["merchant"], condition=models.Q(state="draft"), name="returns_policy_one_draft"),
        ]
        verbose_name_plural = _("return policy")

    def __str__(self) -> str:
        return f"{self.number}: {self.window_days} days"


class ReturnReason(MerchantModel):
    """Why something goes back, in the merchant's words; the code is stable and stays with old returns."""

    code = models.CharField(max_length=30)
    kind = models.CharField(max_length=5, choices=ReasonKind.choices)
    names = models.JSONField(default=dict, blank=True, help_text=_("language -> words; empty: the shipped ones of this code"))
    asks = models.JSONField(
        default=dict, blank=True, help_text=_("language -> follow-up question; only where the answer changes the outcome")
    )
    rank = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="returns_reason_code")]

    def __str__(self) -> str:
        return self.code


class ReturnPlace(MerchantModel):
    """Where goods go back to, and how: an address, the ways offered there, and who makes the label."""

    key = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    address = models.JSONField(default=dict, help_text=_("as in an order: name, company, street, postcode, city, country"))
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text=_("for parcels from these; empty: all"))
    ways = models.JSONField(default=dict, help_text=_("way -> fee in the merchant's currency"))
    provider = models.CharField(max_length=20, blank=True, help_text=_("easypost, or empty for your own instructions"))
    connection = models.CharField(max_length=60, blank=True, help_text=_("slug of the connection that makes the labels"))
    instructions = models.JSONField(default=dict, blank=True, help_text=_("language -> how to send it, in your words"))
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "key"], name="returns_place_key"),
            models.UniqueConstraint(fields=["merchant"], condition=models.Q(is_default=True), name="returns_place_default"),
        ]

    def __str__(self) -> str:
        return self.name
