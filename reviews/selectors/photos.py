"""Reads of pictures. A list of them never reads the pictures themselves."""

from collections.abc import Collection

from reviews.models import ReviewPhoto
from reviews.types import PhotoState, ReviewState


class PhotoNotFound(LookupError):
    """The current merchant has no such picture, or it is of another line, or not to be seen."""


def photo(*, public_id: str, line_id: int | None = None, order_id: int | None = None) -> ReviewPhoto:
    """One picture's row, with its review; of that line or order where one is named. Raises PhotoNotFound."""
    narrow = {name: id for name, id in (("order_line", line_id), ("order", order_id)) if id is not None}
    return _one(public_id, **narrow)


def shown_photo(*, public_id: str) -> ReviewPhoto:
    """One that everybody may see: looked at, agreed to, of a published review. Raises PhotoNotFound."""
    return _one(public_id, state=PhotoState.PUBLISHED, consented_at__isnull=False, review__state=ReviewState.PUBLISHED)


def _one(public_id: str, **narrow: object) -> ReviewPhoto:
    row: ReviewPhoto | None = ReviewPhoto.objects.filter(public_id=public_id, **narrow).select_related("review").defer("body").first()
    if row is None:
        raise PhotoNotFound(public_id[:64])
    return row


def picture(*, photo: ReviewPhoto) -> bytes:
    """The JPEG. Raises PhotoNotFound while it is not whole."""
    if photo.ready_at is None:
        raise PhotoNotFound(photo.public_id)
    return bytes(ReviewPhoto.objects.values_list("body", flat=True).get(pk=photo.pk))


def loose_photos(*, line_ids: Collection[int]) -> dict[int, list[ReviewPhoto]]:
    """By line, the whole ones that belong to no review yet, in the order they came; one query."""
    rows = ReviewPhoto.objects.filter(order_line__in=line_ids, review=None, ready_at__isnull=False).defer("body").order_by("pk")
    return _by(rows, "order_line_id")


def shown_photos(*, review_ids: Collection[int]) -> dict[int, list[ReviewPhoto]]:
    """By review, those everybody may see; one query. The caller shows published reviews alone."""
    rows = ReviewPhoto.objects.filter(review__in=review_ids, state=PhotoState.PUBLISHED, consented_at__isnull=False)
    return _by(rows.defer("body").order_by("pk"), "review_id")


def _by(rows: Collection[ReviewPhoto], name: str) -> dict[int, list[ReviewPhoto]]:
    found: dict[int, list[ReviewPhoto]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found
