"""Pictures of what was bought: sent in pieces, joined to a review, shown once somebody has looked at them and the author agrees."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.models import OrderLine
from orders.services.uploads import PhotoRefused, WrongOffset, add_piece, begin_upload, finish_upload, sweep_uploads
from reviews.events import PHOTO_DECIDED
from reviews.models import Review, ReviewPhoto
from reviews.rules.words import Refusals
from reviews.services.book import held_review, tell
from reviews.types import PhotoState

__all__ = [
    "PER_REVIEW",
    "PhotoRefused",
    "WrongOffset",
    "add_bytes",
    "attach_photos",
    "begin_photo",
    "consent_to_photo",
    "count_photos",
    "finish_photo",
    "photo_refusals",
    "remove_photo",
    "sweep_photos",
]

PER_REVIEW = 8


def begin_photo(*, line: OrderLine, size: int, at: datetime) -> ReviewPhoto:
    """Make room for a picture of `size` bytes of a bought line.

    Refuses (PhotoRefused) nothing, more than 10 MiB, and the 31st or 50 MiB of an order's day.
    """
    row = ReviewPhoto(order_id=line.order_id, order_line=line, size=size, created_at=at)
    counted: QuerySet[ReviewPhoto] = ReviewPhoto.objects.filter(order=line.order_id)
    return begin_upload(row=row, counted=counted)


def add_bytes(*, photo: ReviewPhoto, offset: int, data: bytes) -> ReviewPhoto:
    """Append a piece. Refuses (WrongOffset) one that leaves a gap or was here before, (PhotoRefused) more than was told."""
    return add_piece(photo=photo, offset=offset, data=data)


def finish_photo(*, photo: ReviewPhoto, at: datetime) -> ReviewPhoto:
    """Write the whole picture anew; finished before, it stays.

    Refuses (WrongOffset) an incomplete one. What is no picture is removed (PhotoRefused).
    """
    return finish_upload(photo=photo, at=at)


def remove_photo(*, photo: ReviewPhoto, at: datetime) -> None:
    """The author throws a picture away, sent off or not. Removed before, nothing happens."""
    row = ReviewPhoto.objects.defer("body").filter(pk=photo.pk).first()
    if row is None:
        return
    if row.review is None:
        row.delete()
        return
    review = held_review(row.review)
    id = row.pk
    row.delete()
    count_photos(review=review)
    tell(PHOTO_DECIDED, review, at, photo=id)


def consent_to_photo(*, photo: ReviewPhoto, agrees: bool, at: datetime) -> ReviewPhoto:
    """The author agrees to a picture's being shown, or no longer does: then it is gone from every page at once."""
    review = held_review(photo.review) if photo.review is not None else None
    row: ReviewPhoto = ReviewPhoto.objects.select_for_update(no_key=True).defer("body").get(pk=photo.pk)
    if (row.consented_at is not None) == agrees:
        return row
    row.consented_at = at if agrees else None
    row.save(update_fields=["consented_at"])
    if review is not None:
        count_photos(review=review)
        tell(PHOTO_DECIDED, review, at, photo=row.pk)
    return row


def photo_refusals(line: OrderLine, public_ids: Collection[str], *, review: Review | None = None) -> Refusals:
    """What stands against joining these pictures to a review of the line. One query, none without pictures."""
    wanted = set(public_ids)
    if not wanted:
        return []
    there = 0 if review is None else ReviewPhoto.objects.filter(review=review).exclude(public_id__in=wanted).count()
    if len(wanted) + there > PER_REVIEW:
        return [("photos", _("At most %(most)s photos.") % {"most": PER_REVIEW})]
    mine = ReviewPhoto.objects.filter(order_line=line, public_id__in=wanted, ready_at__isnull=False)
    found = mine.filter(review=None) | mine.filter(review=review) if review is not None else mine.filter(review=None)
    return [] if found.count() == len(wanted) else [("photos", _("One of the photos did not arrive. Please send it again."))]


def attach_photos(*, review: Review, public_ids: Collection[str], agrees: bool, at: datetime) -> int:
    """Join pictures to their review; they wait for a look. Returns how many are new to it."""
    loose = ReviewPhoto.objects.filter(order_line=review.order_line_id, public_id__in=set(public_ids), review=None)
    return int(loose.update(review=review, consented_at=at if agrees else None)) if public_ids else 0


def count_photos(*, review: Review) -> None:
    """Note at the review, which the caller holds, whether a picture of it may be seen."""
    shown = ReviewPhoto.objects.filter(review=review, state=PhotoState.PUBLISHED, consented_at__isnull=False).exists()
    if review.has_photos != shown:
        review.has_photos = shown
        review.save(update_fields=["has_photos"])


def sweep_photos(*, now: datetime, limit: int = 100) -> int:
    """Throw away pictures whose review was not sent off within a day."""
    return sweep_uploads(loose=ReviewPhoto.objects.filter(review=None), now=now, limit=limit)
