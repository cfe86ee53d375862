"""Staff decide about words and pictures, one by one or several at once; by the published grounds, and without seeing stars."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from merchants.models import User
from reviews.events import PHOTO_DECIDED
from reviews.models import Review, ReviewPhoto
from reviews.rules.moderation import LIVING
from reviews.services.book import ReviewRefused, ground_of, held_review, note, refuse, tell
from reviews.services.photos import count_photos
from reviews.services.publishing import publish, reject
from reviews.types import PhotoState, Step

MANY = 200


def decide(*, review: Review, ground: str = "", note: str = "", user: User | None, at: datetime) -> Review:
    """Publish a review; with a ground, do not publish it, or no longer. `note` tells its author what to change.

    Refuses (ReviewRefused) a ground that is not published (`ground`), and a review that was withdrawn or erased (`review`). Decided so
    before, it stays as it is.
    """
    if ground:
        return reject(review=review, ground=ground, note=note, user=user, at=at)
    return publish(review=review, user=user, at=at)


def decide_photo(*, photo: ReviewPhoto, ground: str = "", user: User | None, at: datetime) -> ReviewPhoto:
    """The same for one picture; it is seen once its review is published.

    Refuses (ReviewRefused) a ground that is not published (`ground`), a picture that belongs to no review or whose author does not
    agree to its being shown (`photo`), and one whose review was withdrawn or erased (`review`).
    """
    why = ground_of(ground) if ground else ""
    if photo.review is None:
        raise refuse("photo", _("This picture has not been sent off."))
    review = held_review(photo.review)
    if review.state not in LIVING:
        raise refuse("review", _("This review was taken back."))
    row: ReviewPhoto = ReviewPhoto.objects.select_for_update(no_key=True).defer("body").get(pk=photo.pk)
    if not why and row.consented_at is None:
        raise refuse("photo", _("The author has not agreed to show this picture."))
    state = PhotoState.REJECTED if why else PhotoState.PUBLISHED
    if (row.state, row.ground) == (state, why):
        return row
    row.state, row.ground, row.decided_at = state, why, at
    row.save(update_fields=["state", "ground", "decided_at"])
    count_photos(review=review)
    note(review, Step.PHOTO_REJECTED if why else Step.PHOTO_PUBLISHED, at, user=user, ground=why)
    tell(PHOTO_DECIDED, review, at, photo=row.pk)
    return row


def decide_many(*, reviews: Iterable[Review], ground: str = "", note: str = "", user: User | None, at: datetime) -> int:
    """The same decision for several that wait; returns how many. What was decided, withdrawn or erased meanwhile is left as it is.

    Refuses (ReviewRefused) a ground that is not published (`ground`), and more than two hundred at once (`review`).
    """
    if ground:
        ground_of(ground)
    ids = [review.pk for review in reviews]
    if len(ids) > MANY:
        raise refuse("review", _("At most %(most)s at once.") % {"most": MANY})
    done = 0
    for row in Review.objects.filter(pk__in=ids, state="pending").order_by("pk"):
        try:
            decide(review=row, ground=ground, note=note, user=user, at=at)
        except ReviewRefused:  # withdrawn since it was read
            continue
        done += 1
    return done
