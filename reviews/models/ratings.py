"""Stars, and what is counted from them. Only what shows, sums up or answers may import this (`tests/architecture/test_blind.py`)."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from merchants.models import MerchantModel, User, public_id_field
from orders.models import Order, OrderLine
from reviews.models.asking import ReviewRequest
from reviews.models.reviews import Review
from reviews.models.surveys import Survey, SurveyInvite
from reviews.types import QuestionKind, TaskState
from tracking.models import Shipment

STARS = (MinValueValidator(1), MaxValueValidator(5))


def stars_field(*, is_optional: bool = False) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(validators=STARS, null=is_optional, blank=is_optional)


class Rating(MerchantModel):
    """The stars of one review, for the product alone. Only its author changes them."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="ratings", db_constraint=False)
    stars = stars_field()
    at = models.DateTimeField()
    # What the sums hold of this review, so that counting again changes nothing.
    counted = models.JSONField(default=dict, editable=False)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "review"], name="reviews_rating_one"),
            models.CheckConstraint(condition=models.Q(stars__gte=1, stars__lte=5), name="reviews_rating_stars"),
        ]
        indexes = [models.Index(fields=["merchant", "stars", "review"], name="reviews_rating_by_stars")]

    def __str__(self) -> str:
        return f"{self.stars} of 5"


class RatingChange(MerchantModel):
    """Stars an author replaced."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    stars = stars_field()
    at = models.DateTimeField(help_text=_("when they were replaced"))

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "review", "at"], name="reviews_ratingchange_of")]

    def __str__(self) -> str:
        return f"{self.stars} until {self.at:%Y-%m-%d}"


class ParcelRating(MerchantModel):
    """Stars for the delivery and the service of one parcel: a late carrier does not poison the product."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    delivery = stars_field(is_optional=True)
    service = stars_field(is_optional=True)
    text = models.CharField(max_length=1_000, blank=True, help_text=_("not published"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "shipment"], name="reviews_parcelrating_one"),
            models.CheckConstraint(
                condition=(models.Q(delivery=None) | models.Q(delivery__gte=1, delivery__lte=5))
                & (models.Q(service=None) | models.Q(service__gte=1, service__lte=5)),
                name="reviews_parcelrating_stars",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "at"], name="reviews_parcelrating_newest")]

    def __str__(self) -> str:
        return f"{self.delivery} {self.service}"


class ReviewDraft(MerchantModel):
    """What an author has typed of one line and not sent off."""

    request = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    data = models.JSONField(default=dict, help_text=_("fields as typed"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "order_line"], name="reviews_draft_one")]
        indexes = [models.Index(fields=["merchant", "at"], name="reviews_draft_oldest")]

    def __str__(self) -> str:
        return f"draft of {self.order_line_id}"


class ProductScore(MerchantModel):
    """What is shown on top of a product's reviews; moved by each published or withdrawn review, never counted anew."""

    product_key = models.CharField(max_length=120)
    n = models.PositiveIntegerField(default=0)
    n1 = models.PositiveIntegerField(default=0)
    n2 = models.PositiveIntegerField(default=0)
    n3 = models.PositiveIntegerField(default=0)
    n4 = models.PositiveIntegerField(default=0)
    n5 = models.PositiveIntegerField(default=0)
    verified = models.PositiveIntegerField(default=0)
    photos = models.PositiveIntegerField(default=0, help_text=_("reviews with a published picture"))
    small = models.PositiveIntegerField(default=0)
    true = models.PositiveIntegerField(default=0)
    large = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=dict, help_text=_("language -> reviews in it"))
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "product_key"], name="reviews_productscore_one")]

    def __str__(self) -> str:
        return f"{self.product_key}: {self.n}"


class FairnessCell(MerchantModel):
    """How many reviews of so many stars, written in a month, are in a state: what the public page proves fairness by."""

    month = models.DateField()
    stars = stars_field()
    state = models.CharField(max_length=9)
    ground = models.CharField(max_length=14, blank=True)
    origin = models.CharField(max_length=6)
    is_verified = models.BooleanField()
    is_incentivised = models.BooleanField()
    n = models.IntegerField(default=0)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "month", "stars", "state", "ground", "origin", "is_verified", "is_incentivised"],
                name="reviews_fairnesscell_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.stars} {self.state}: {self.n}"


class SurveyAnswer(MerchantModel):
    """What one shopper answered. `subject` is `shipment:<id>`, `case:<public id>`, `order:<id>` or a random one of an open link."""

    public_id = public_id_field()
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=60)
    invite = models.ForeignKey(SurveyInvite, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)
    # Of that day: what results are looked at by.
    language = models.CharField(max_length=10, blank=True)
    country = models.CharField(max_length=2, blank=True)
    carrier_code = models.CharField(max_length=40, blank=True)
    is_late = models.BooleanField(null=True, help_text=_("the parcel came after its first promise"))
    is_first_order = models.BooleanField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_answer_public"),
            models.UniqueConstraint(fields=["merchant", "survey", "subject"], name="reviews_answer_once"),
        ]
        indexes = [models.Index(fields=["merchant", "survey", "-at", "-id"], name="reviews_answer_newest")]

    def __str__(self) -> str:
        return self.public_id


class SurveyScore(MerchantModel):
    """The answer to one question: a number on its scale, one of several, or words."""

    answer = models.ForeignKey(SurveyAnswer, on_delete=models.CASCADE, related_name="scores", db_constraint=False)
    question = models.CharField(max_length=40)
    kind = models.CharField(max_length=6, choices=QuestionKind.choices)
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    choice = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=2_000, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "answer", "question"], name="reviews_score_one")]

    def __str__(self) -> str:
        return f"{self.question} {self.value}"


class FeedbackTask(MerchantModel):
    """Somebody is unhappy: answer, and put it right, by a day that was told."""

    public_id = public_id_field()
    review = models.ForeignKey(Review, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    answer = models.ForeignKey(SurveyAnswer, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    state = models.CharField(max_length=9, choices=TaskState.choices, default=TaskState.OPEN)
    reasons = models.JSONField(default=list, help_text=_("[what was rated, value, out of]"))
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    case = models.CharField(max_length=40, blank=True, help_text=_("number of the return or claim that puts it right"))
    note = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_task_public"),
            models.UniqueConstraint(fields=["merchant", "review"], name="reviews_task_of_review", condition=models.Q(review__isnull=False)),
            models.UniqueConstraint(fields=["merchant", "answer"], name="reviews_task_of_answer", condition=models.Q(answer__isnull=False)),
            models.UniqueConstraint(
                fields=["merchant", "shipment"], name="reviews_task_of_parcel", condition=models.Q(shipment__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "state", "due_at", "id"], name="reviews_task_queue"),
            models.Index(fields=["merchant", "order"], name="reviews_task_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.due_at:%Y-%m-%d}"
