"""Questions asked besides reviews, and whom they were put to. What was answered lies with the stars (`ratings`)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel, public_id_field
from orders.models import Order
from reviews.types import RequestState, Trigger
from tracking.models import Shipment


class Survey(MerchantModel):
    """A few questions, in the merchant's languages (`rules.surveys` says what a definition may hold)."""

    public_id = public_id_field()
    name = models.CharField(max_length=100)
    key = models.SlugField(max_length=40, help_text=_("what templates call it"))
    trigger = models.CharField(max_length=9, choices=Trigger.choices, default=Trigger.NONE)
    days = models.PositiveSmallIntegerField(default=1, help_text=_("after what it follows"))
    definition = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_survey_public"),
            models.UniqueConstraint(fields=["merchant", "key"], name="reviews_survey_key"),
            models.CheckConstraint(condition=models.Q(days__lte=60), name="reviews_survey_days"),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyInvite(MerchantModel):
    """One survey put to one shopper about one parcel or case."""

    public_id = public_id_field()
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    subject = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.WAITING)
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_invite_public"),
            models.UniqueConstraint(fields=["merchant", "survey", "subject"], name="reviews_invite_once"),
        ]
        indexes = [
            models.Index(fields=["merchant", "check_at", "id"], name="reviews_invite_check", condition=models.Q(check_at__isnull=False)),
            models.Index(fields=["merchant", "order"], name="reviews_invite_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.subject}"
