"""How an operation reaches a review, and how refusals of this room's services are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from rest_framework import exceptions, serializers

from core.fields import Moment
from merchants.api import PageQuery
from reviews.models import Review, ReviewPhoto
from reviews.models.ratings import Rating
from reviews.services.book import ReviewRefused
from reviews.types import ReviewState

TAG = "Reviews"
STATES = [(state.value, state.label) for state in ReviewState if state != ReviewState.ERASED]
MOST_EXPORTED = 1_000


class ReviewsQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    product = serializers.CharField(required=False, max_length=120, help_text="Your id of the product.")
    state = serializers.ChoiceField(choices=STATES, required=False)
    stars = serializers.IntegerField(required=False, min_value=1, max_value=5, help_text="Of decided reviews: those that wait tell none.")
    since = Moment(required=False, help_text="Written at that time or later.")


class ExportQuery(ReviewsQuery):
    """The same for a file."""

    limit = serializers.IntegerField(
        required=False, default=MOST_EXPORTED, min_value=1, max_value=MOST_EXPORTED, help_text="Rows of the file."
    )


@contextmanager
def told_as_problems() -> Iterator[None]:
    """What the services refuse, as 400 naming each field."""
    try:
        yield
    except ReviewRefused as error:
        fields: dict[str, list[str]] = {}
        for field, text in error.refusals:
            fields.setdefault(field, []).append(str(text))
        raise exceptions.ValidationError(fields) from None


def review_rows() -> "QuerySet[Review]":
    """Reviews with what their shape tells, in a constant number of queries. What was erased is nowhere."""
    photos = ReviewPhoto.objects.filter(ready_at__isnull=False).defer("body").order_by("pk")
    parts = (
        "replies",
        Prefetch("photos", queryset=photos),
        Prefetch("ratings", queryset=Rating.objects.only("merchant_id", "review_id", "stars")),
    )
    rows: QuerySet[Review] = Review.objects.exclude(state=ReviewState.ERASED)
    return rows.select_related("order", "order_line").prefetch_related(*parts)


def matching(rows: "QuerySet[Review]", filters: dict[str, Any]) -> "QuerySet[Review]":
    """The reviews that fit every filter. Whoever asks for stars learns nothing of a review that waits for its decision."""
    lookups = {"product": "product_key", "state": "state", "since": "written_at__gte"}
    found = rows.filter(**{lookup: filters[name] for name, lookup in lookups.items() if name in filters})
    if "stars" in filters:
        found = found.filter(ratings__stars=filters["stars"]).exclude(state=ReviewState.PENDING)
    return found


def called(public_id: str) -> Review:
    """The review with this id, else 404."""
    row = review_rows().filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row
