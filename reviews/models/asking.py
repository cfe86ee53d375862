"""When shoppers are asked, about which parcel, and how far that has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel, public_id_field
from orders.models import Order
from reviews.types import Match, Moderation, RequestState
from tracking.models import Shipment


class ReviewPlan(MerchantModel):
    """The merchant's settings of this room. No row: nobody is asked, and what is written waits for a look when it was flagged."""

    is_on = models.BooleanField(default=True, help_text=_("ask for reviews"))
    days = models.PositiveSmallIntegerField(default=7, help_text=_("after delivery; a rule may say otherwise for some products"))
    reminder_days = models.PositiveSmallIntegerField(default=6, help_text=_("after the first question; 0: no reminder"))
    asks_delivery = models.BooleanField(default=True, help_text=_("stars for the delivery, apart from those for the product"))
    asks_service = models.BooleanField(default=True, help_text=_("and for the service"))
    moderation = models.CharField(max_length=8, choices=Moderation.choices, default=Moderation.FLAGGED)
    answer_hours = models.PositiveSmallIntegerField(default=48, help_text=_("until when unhappy words are to be answered"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant"], name="reviews_plan_one"),
            models.CheckConstraint(
                condition=models.Q(days__lte=60, reminder_days__lte=30, answer_hours__gte=1, answer_hours__lte=720),
                name="reviews_plan_ranges",
            ),
        ]
        verbose_name_plural = _("review plan")

    def __str__(self) -> str:
        return f"{self.days} days after delivery"


class ReviewRule(MerchantModel):
    """Products that are asked about at another time, or never. The first that fits a line counts."""

    position = models.PositiveSmallIntegerField(default=0)
    match = models.CharField(max_length=8, choices=Match.choices)
    value = models.CharField(max_length=100)
    is_asked = models.BooleanField(default=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("after delivery; empty: as the plan says"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "match", "value"], name="reviews_rule_once"),
            models.CheckConstraint(condition=models.Q(days=None) | models.Q(days__lte=180), name="reviews_rule_days"),
        ]

    def __str__(self) -> str:
        return f"{self.match} {self.value}"


class ReviewRequest(MerchantModel):
    """The question about one parcel. `check_at` is when the sweep looks again; empty: nothing left to happen by time."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="review_requests", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.WAITING)
    lines = models.JSONField(default=list, help_text=_("ids of the order lines it is about"))
    delivered_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text=_("between 9 and 21 o'clock where the parcel went"))
    remind_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    deferred_at = models.DateTimeField(null=True, blank=True, help_text=_("when the shopper said that it has not come"))
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("the link works until then"))
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=30, blank=True, help_text=_("why it ended unanswered"))
    check_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_request_public"),
            models.UniqueConstraint(fields=["merchant", "shipment"], name="reviews_request_of_parcel"),
        ]
        indexes = [
            models.Index(fields=["merchant", "check_at", "id"], name="reviews_request_check", condition=models.Q(check_at__isnull=False)),
            models.Index(fields=["merchant", "order"], name="reviews_request_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.due_at:%Y-%m-%d}"
