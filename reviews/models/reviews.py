"""What shoppers wrote, what became of it, and what was answered. No stars here: see `ratings`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import Customer
from merchants.models import MerchantModel, User, public_id_field
from orders.models import Order, OrderLine, PictureUpload
from reviews.models.asking import ReviewRequest
from reviews.types import Fit, Ground, Origin, PhotoState, ReviewState, Step

GONE = [ReviewState.WITHDRAWN, ReviewState.ERASED]


class ReviewImport(MerchantModel):
    """One file of reviews brought along from elsewhere."""

    origin_name = models.CharField(max_length=60, help_text=_("where they come from, shown beside each"))
    file_name = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text=_("here already"))
    refused = models.JSONField(default=list, help_text=_("[[row, field, why]], the first thousand"))
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.origin_name} {self.at:%Y-%m-%d}"


class Review(MerchantModel):
    """One shopper's words about one bought line. Badges are the system's to set."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="reviews", db_constraint=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    request = models.ForeignKey(ReviewRequest, on_delete=models.SET_NULL, null=True, related_name="reviews", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    product_key = models.CharField(max_length=120, help_text=_("the shop's id of the product; reviews outlive its deletion"))
    product_title = models.CharField(max_length=300)
    variant_title = models.CharField(max_length=200, blank=True)

    state = models.CharField(max_length=9, choices=ReviewState.choices, default=ReviewState.PENDING)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.PORTAL)
    origin_name = models.CharField(max_length=60, blank=True, help_text=_("the other system it was written in"))
    origin_id = models.CharField(max_length=100, blank=True, help_text=_("its id there"))
    batch = models.ForeignKey(ReviewImport, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    is_verified = models.BooleanField(default=False, help_text=_("of a line that was delivered before it was written"))
    is_incentivised = models.BooleanField(default=False, help_text=_("something was offered for writing"))

    author = models.CharField(max_length=60, blank=True, help_text=_("the name shown"))
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField(max_length=5_000, blank=True)
    pros = models.CharField(max_length=500, blank=True)
    cons = models.CharField(max_length=500, blank=True)
    fit = models.CharField(max_length=5, choices=Fit.choices, blank=True)
    can_share = models.BooleanField(default=False, help_text=_("the author allows showing it elsewhere"))
    flags = models.JSONField(default=list, help_text=_("what a check found: grounds to look at, never the stars"))
    is_edited = models.BooleanField(default=False)
    has_photos = models.BooleanField(default=False, help_text=_("at least one is published"))
    helpful = models.PositiveIntegerField(default=0)
    unhelpful = models.PositiveIntegerField(default=0)

    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ground = models.CharField(max_length=14, choices=Ground.choices, blank=True, help_text=_("why it is not published"))
    revision = models.PositiveSmallIntegerField(default=1)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_review_public"),
            models.UniqueConstraint(
                fields=["merchant", "order_line"],
                name="reviews_review_of_line",
                condition=models.Q(order_line__isnull=False) & ~models.Q(state__in=GONE),
            ),
            models.UniqueConstraint(
                fields=["merchant", "origin_name", "origin_id"], name="reviews_review_origin", condition=~models.Q(origin_id="")
            ),
            models.CheckConstraint(condition=~models.Q(state="rejected") | ~models.Q(ground=""), name="reviews_review_ground"),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "product_key", "-published_at", "-id"],
                name="reviews_shown_newest",
                condition=models.Q(state="published"),
            ),
            models.Index(
                fields=["merchant", "product_key", "-helpful", "-published_at", "-id"],
                name="reviews_shown_helpful",
                condition=models.Q(state="published"),
            ),
            models.Index(fields=["merchant", "state", "written_at", "id"], name="reviews_review_queue"),
            models.Index(fields=["merchant", "-written_at", "-id"], name="reviews_review_newest"),
            models.Index(fields=["merchant", "customer"], name="reviews_review_of_customer"),
            models.Index(fields=["merchant", "order"], name="reviews_review_of_order"),
        ]

    def __str__(self) -> str:
        return self.title or self.public_id


class ReviewPhoto(PictureUpload):
    """One picture of what was bought; without a review until that is sent off."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, null=True, related_name="photos", db_constraint=False)
    state = models.CharField(max_length=9, choices=PhotoState.choices, default=PhotoState.PENDING)
    ground = models.CharField(max_length=14, choices=Ground.choices, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True, help_text=_("when the author agreed to its being shown"))
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "public_id"], name="reviews_photo_public")]
        indexes = [
            models.Index(fields=["merchant", "review", "id"], name="reviews_photo_of_review"),
            models.Index(fields=["merchant", "order", "id"], name="reviews_photo_of_order"),
            models.Index(fields=["merchant", "created_at"], name="reviews_photo_loose", condition=models.Q(review=None)),
            models.Index(
                fields=["merchant", "review"],
                name="reviews_photo_queue",
                condition=models.Q(review__isnull=False, state="pending"),
            ),
        ]


class ReviewReply(MerchantModel):
    """The merchant's one public answer."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="replies", db_constraint=False)
    text = models.TextField(max_length=2_000)
    language = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "review"], name="reviews_reply_one")]

    def __str__(self) -> str:
        return self.text[:60]


class ReviewNote(MerchantModel):
    """One message of the private thread between author and merchant."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="notes", db_constraint=False)
    is_of_staff = models.BooleanField()
    text = models.TextField(max_length=2_000)
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "review", "at", "id"], name="reviews_note_of_review")]

    def __str__(self) -> str:
        return self.text[:60]


class ReviewVote(MerchantModel):
    """Whether a shopper found a review helpful; one voice each."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="votes", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    is_helpful = models.BooleanField()
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "review", "customer"], name="reviews_vote_one")]

    def __str__(self) -> str:
        return "helpful" if self.is_helpful else "not helpful"


class ReviewChange(MerchantModel):
    """One line of a review's history; `before` keeps the words an edit replaced. Never updated, but for an erasure."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="changes", db_constraint=False)
    step = models.CharField(max_length=15, choices=Step.choices)
    at = models.DateTimeField()
    ground = models.CharField(max_length=14, choices=Ground.choices, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text=_("for the author: what to change"))
    before = models.JSONField(default=dict)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(MerchantModel.Meta):
        indexes = [
            models.Index(fields=["merchant", "review", "at", "id"], name="reviews_change_of_review"),
            models.Index(fields=["merchant", "-at", "-id"], name="reviews_change_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"
