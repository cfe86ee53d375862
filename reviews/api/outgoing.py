"""Reviews as the REST API tells them. Stars are told once it is decided whether a review is published."""

from collections.abc import Iterable, Iterator
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.fields import Moment
from core.text import cell
from reviews.models import Review, ReviewImport, ReviewNote
from reviews.types import ReviewState

HEAD = (
    "id", "state", "ground", "product", "product_title", "variant_title", "order_number", "stars", "title", "text", "pros", "cons", "fit",
    "language", "author", "is_verified", "is_incentivised", "is_edited", "can_share", "origin", "origin_name", "helpful", "unhelpful",
    "written_at", "published_at", "reply",
)  # fmt: skip


def stars_of(row: Review) -> int | None:
    """None while it waits: who decides does not see them, whichever way they decide."""
    if row.state == ReviewState.PENDING:
        return None
    return next((rating.stars for rating in row.ratings.all()), None)


class FlagShape(serializers.Serializer[Any]):
    """What a check found, and where."""

    ground = serializers.CharField()
    check = serializers.CharField()
    field = serializers.CharField()
    found = serializers.CharField()


class PhotoShape(serializers.Serializer[Any]):
    """A picture of the review."""

    id = serializers.CharField(source="public_id")
    state = serializers.CharField()
    ground = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ReplyShape(serializers.Serializer[Any]):
    """The public answer."""

    text = serializers.CharField()
    language = serializers.CharField()
    at = Moment()
    edited_at = Moment(allow_null=True)


class ReviewShape(serializers.ModelSerializer[Review]):
    """One review. Its words, stars and badges are nobody's to change but its author's and the system's."""

    id = serializers.CharField(source="public_id")
    product = serializers.CharField(source="product_key", help_text="Your id of the product.")
    order_number = serializers.CharField(source="order.number", default=None, allow_null=True)
    line = serializers.CharField(source="order_line.external_id", default=None, allow_null=True)
    stars = serializers.SerializerMethodField(help_text="1 to 5; null while it waits for its decision.")
    flags = FlagShape(many=True)
    reply = serializers.SerializerMethodField()
    photos = PhotoShape(many=True)
    written_at = Moment()
    edited_at = Moment(allow_null=True)
    decided_at = Moment(allow_null=True)
    published_at = Moment(allow_null=True)

    class Meta:
        model = Review
        fields = [
            "id",
            "state",
            "ground",
            "origin",
            "origin_name",
            "origin_id",
            "product",
            "product_title",
            "variant_title",
            "order_number",
            "line",
            "stars",
            "title",
            "text",
            "pros",
            "cons",
            "fit",
            "language",
            "author",
            "is_verified",
            "is_incentivised",
            "is_edited",
            "can_share",
            "helpful",
            "unhelpful",
            "flags",
            "photos",
            "reply",
            "written_at",
            "edited_at",
            "decided_at",
            "published_at",
        ]

    def get_stars(self, row: Review) -> int | None:
        return stars_of(row)

    @extend_schema_field(ReplyShape(allow_null=True))
    def get_reply(self, row: Review) -> dict[str, Any] | None:
        reply = next(iter(row.replies.all()), None)
        return dict(ReplyShape(reply).data) if reply else None


class NoteShape(serializers.ModelSerializer[ReviewNote]):
    """One message of the private thread."""

    at = Moment()

    class Meta:
        model = ReviewNote
        fields = ["text", "is_of_staff", "at"]


class RefusedShape(serializers.Serializer[Any]):
    """A row that was not taken."""

    row = serializers.IntegerField(help_text="Of a CSV text the line as a spreadsheet counts it, the header being 1; of `rows` from 1.")
    field = serializers.CharField()
    message = serializers.CharField()


class ImportShape(serializers.ModelSerializer[ReviewImport]):
    """What became of the rows."""

    refused = serializers.SerializerMethodField()
    at = Moment()

    class Meta:
        model = ReviewImport
        fields = ["origin_name", "file_name", "rows", "taken", "known", "refused", "at"]

    @extend_schema_field(RefusedShape(many=True))
    def get_refused(self, row: ReviewImport) -> list[dict[str, Any]]:
        return [{"row": place, "field": name, "message": text} for place, name, text in row.refused]


class ExportShape(serializers.Serializer[Any]):
    """A part of the file. What a spreadsheet would run as a formula has an apostrophe before it."""

    csv = serializers.CharField()
    next_cursor = serializers.CharField(allow_null=True, help_text="For the next part, which has a header of its own; null on the last.")


def lines_of(rows: Iterable[Review]) -> Iterator[list[str]]:
    """A header and one line for each review."""
    yield list(HEAD)
    for row in rows:
        told = {**ReviewShape(row).data, "reply": next((reply.text for reply in row.replies.all()), "")}
        yield [cell(_word(told[name])) for name in HEAD]


def _word(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
