"""Reviews as staff look them up once they are decided: by state or by number, one with its story. Never picked by stars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from core.cursor import Listing
from merchants.scope import required_merchant_id
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewReply
from reviews.models.ratings import FeedbackTask, ParcelRating, Rating, RatingChange
from reviews.types import ReviewState
from tracking.models import Shipment

PAGE = 30
STORY = 200
FOUND = 50
DECIDED = (ReviewState.PUBLISHED, ReviewState.REJECTED, ReviewState.WITHDRAWN)
NEWEST = "reviews.desk"


class ReviewNotFound(LookupError):
    """The current merchant has no such review."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One review with all that is known of it. `stars` is None while it waits: who decides does not see them."""

    review: Review
    stars: int | None
    earlier: Sequence[RatingChange]
    parcel: Shipment | None
    rated: ParcelRating | None
    photos: Sequence[ReviewPhoto]
    reply: ReviewReply | None
    notes: Sequence[ReviewNote]
    story: Sequence[ReviewChange]
    task: FeedbackTask | None


def review_by_id(review_id: int) -> Review:
    """For staff. Raises ReviewNotFound; an erased one is gone."""
    row: Review | None = Review.objects.select_related("order", "product", "batch").filter(pk=review_id).exclude(state="erased").first()
    if row is None:
        raise ReviewNotFound("no such review")
    return row


def decided(*, state: str = "", cursor: str = "") -> tuple[list[Review], str]:
    """What has been decided, written last first, and where the next page begins. Raises BadCursor."""
    states = [state] if state in DECIDED else list(DECIDED)
    rows: Any = Review.objects.select_related("order").filter(state__in=states)
    page = Listing(NEWEST, required_merchant_id(), by="written_at").page(rows, cursor=cursor, limit=PAGE)
    return page.rows, page.next_cursor or ""


def find_reviews(*, text: str) -> list[Review]:
    """By the whole number of an order, of a review, or of a product; newest first, whatever their state."""
    rows: Any = Review.objects.select_related("order").exclude(state="erased")
    found = rows.filter(Q(order__number=text) | Q(public_id=text) | Q(product_key=text))
    return list(found.order_by("-written_at", "-pk")[:FOUND])


def whole(*, review: Review) -> Whole:
    """The review with stars, pictures, answers and its story. A constant number of queries."""
    is_decided, parcel = review.state in DECIDED, _parcel(review)
    return Whole(
        review=review,
        stars=Rating.objects.filter(review=review).values_list("stars", flat=True).first() if is_decided else None,
        earlier=list(RatingChange.objects.filter(review=review).order_by("-at")[:STORY]) if is_decided else [],
        parcel=parcel,
        rated=ParcelRating.objects.filter(shipment=parcel).first() if is_decided and parcel is not None else None,
        photos=list(ReviewPhoto.objects.filter(review=review, ready_at__isnull=False).defer("body").order_by("pk")),
        reply=ReviewReply.objects.select_related("user").filter(review=review).first(),
        notes=list(ReviewNote.objects.select_related("user").filter(review=review).order_by("at", "pk")[:STORY]),
        story=list(ReviewChange.objects.select_related("user").filter(review=review).order_by("-at", "-pk")[:STORY]),
        task=FeedbackTask.objects.filter(review=review).first(),
    )


def _parcel(review: Review) -> Shipment | None:
    """The parcel the line came in."""
    if review.order_line_id is None:
        return None
    row: Shipment | None = Shipment.objects.filter(lines__order_line=review.order_line_id).order_by("-delivered_at", "-pk").first()
    return row
