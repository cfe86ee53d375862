"""Pictures of what was bought: sent in pieces, joined to one review, shown when agreed to and looked at."""

from datetime import timedelta
from typing import Any

import pytest

from core.uploads import FILE_SIZE
from merchants.models import User
from orders.models import Order
from reviews.models import Review, ReviewPhoto
from reviews.selectors.mine import my_reviews
from reviews.selectors.photos import PhotoNotFound, loose_photos, photo, picture, shown_photo, shown_photos
from reviews.services.book import ReviewRefused
from reviews.services.moderation import decide_photo
from reviews.services.photos import (
    PER_REVIEW,
    PhotoRefused,
    WrongOffset,
    add_bytes,
    begin_photo,
    consent_to_photo,
    finish_photo,
    remove_photo,
    sweep_photos,
)
from reviews.services.publishing import reject
from reviews.services.submitting import edit_review, withdraw_review, write_review
from reviews.types import Words
from tests.core.test_pictures import jpeg
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, events, line_of

PICTURE = jpeg((900, 600))
SAID = Words(text="Soft.", language="en")
pytestmark = pytest.mark.usefixtures("in_acme")


def row(order: Order, external_id: str = "L1", **over: Any) -> ReviewPhoto:
    """A whole picture that belongs to no review yet, without the bytes."""
    values: dict[str, Any] = {"created_at": ASKED, "ready_at": ASKED, **over}
    made: ReviewPhoto = ReviewPhoto.objects.create(order=order, order_line=line_of(order, external_id), **values)
    return made


def write(order: Order, *photos: ReviewPhoto, **over: Any) -> Review:
    return write_review(line=line_of(order), words=SAID, stars=5, at=ASKED, photos=[one.public_id for one in photos], **over)


@pytest.fixture
def ann(in_acme: Any) -> User:
    return User.objects.create_user("ann@acme.example")


def test_pieces_make_a_picture_of_ours() -> None:
    order = bought()
    made = begin_photo(line=line_of(order), size=len(PICTURE), at=ASKED)
    with pytest.raises(PhotoNotFound):
        picture(photo=photo(public_id=made.public_id))
    for start in range(0, len(PICTURE), 1000):
        made = add_bytes(photo=made, offset=start, data=PICTURE[start : start + 1000])
    with pytest.raises(WrongOffset):
        add_bytes(photo=made, offset=0, data=b"x")
    done = finish_photo(photo=made, at=ASKED)
    assert (done.width, done.height, done.ready_at, done.order, done.state) == (900, 600, ASKED, order, "pending")
    kept = picture(photo=done)
    assert kept[:2] == b"\xff\xd8" and kept != PICTURE
    assert loose_photos(line_ids=[done.order_line_id]) == {done.order_line_id: [done]}


@pytest.mark.parametrize(
    "body", [b"<svg onload=alert(1)></svg>", b"%PDF-1.7", b"GIF89a/*<script>", PICTURE[:700], b"\0" * 100, b"II*\0" * 50]
)
def test_what_is_no_picture_is_thrown_away(body: bytes) -> None:
    made = add_bytes(photo=begin_photo(line=line_of(bought()), size=len(body), at=ASKED), offset=0, data=body)
    with pytest.raises(PhotoRefused, match="not_a_picture"):
        finish_photo(photo=made, at=ASKED)
    assert not ReviewPhoto.objects.exists()


@pytest.mark.parametrize(("size", "code"), [(0, "empty"), (-1, "empty"), (FILE_SIZE + 1, "too_large")])
def test_sizes_we_do_not_take(size: int, code: str) -> None:
    line = line_of(bought())
    with Unchanged(PhotoRefused) as error:
        begin_photo(line=line, size=size, at=ASKED)
    assert error.value.code == code


def test_the_thirty_first_of_an_orders_day_is_refused() -> None:
    order = bought()
    for number in range(30):
        row(order, "L1" if number % 2 else "L2", size=10)
    with pytest.raises(PhotoRefused, match="too_many"):
        begin_photo(line=line_of(order), size=10, at=ASKED + timedelta(hours=23))
    assert begin_photo(line=line_of(order), size=10, at=ASKED + DAY).pk


def test_pictures_join_their_review_and_wait_for_a_look() -> None:
    order = bought()
    first, second = row(order), row(order)
    review = write(order, first, second)
    assert list(review.photos.order_by("pk").values_list("pk", "state", "consented_at")) == [
        (first.pk, "pending", ASKED), (second.pk, "pending", ASKED),
    ]  # fmt: skip
    assert (review.state, review.has_photos) == ("published", False)
    with pytest.raises(PhotoNotFound):
        shown_photo(public_id=first.public_id)


def other() -> Order:
    return bought(number="2", external_id="2", email="eve@example.com", phone="", tracking_number="T2")


def test_only_whole_pictures_of_the_very_line_join() -> None:
    order = bought()
    taken = row(order)
    review = write(other_with := other(), theirs := row(other_with))
    for wrong in (row(order, "L2"), theirs, row(order, ready_at=None), row(order, review=review)):
        with Unchanged(ReviewRefused) as error:
            write(order, taken, wrong)
        assert error.value.refusals == [("photos", "One of the photos did not arrive. Please send it again.")]
    many = [row(order) for _ in range(PER_REVIEW + 1)]
    with Unchanged(ReviewRefused) as error:
        write(order, *many)
    assert error.value.refusals == [("photos", "At most 8 photos.")]
    assert write(order, *many[1:]).photos.count() == PER_REVIEW


def test_an_edit_adds_pictures_up_to_the_limit() -> None:
    order = bought()
    first = row(order)
    review = write(order, first)
    more = [row(order) for _ in range(PER_REVIEW)]
    with Unchanged(ReviewRefused):
        edit_review(review=review, words=SAID, stars=5, at=ASKED + DAY, photos=[one.public_id for one in more])
    edit_review(review=review, words=SAID, stars=5, at=ASKED + DAY, photos=[first.public_id, *(one.public_id for one in more[1:])])
    assert review.photos.count() == PER_REVIEW
    assert Review.objects.get().revision == 1


def test_a_picture_is_shown_once_somebody_looked_and_no_longer_when_its_review_is_not(ann: User) -> None:
    order = bought()
    taken = row(order)
    review = write(order, taken)
    decided = decide_photo(photo=photo(public_id=taken.public_id), user=ann, at=ASKED + DAY)
    assert (decided.state, decided.decided_at) == ("published", ASKED + DAY)
    assert (Review.objects.get().has_photos, events("reviews.photo")) == (True, ["photo.decided"])
    assert [one.step for one in review.changes.order_by("pk")] == ["written", "published", "photo_published"]
    assert shown_photo(public_id=taken.public_id) == taken
    assert shown_photos(review_ids=[review.pk]) == {review.pk: [taken]}
    reject(review=review, ground="unlawful", user=ann, at=ASKED + DAY)
    with pytest.raises(PhotoNotFound):
        shown_photo(public_id=taken.public_id)


def test_a_picture_is_refused_for_a_ground_and_the_words_stay(ann: User) -> None:
    order = bought()
    review = write(order, row(order))
    mine = review.photos.get()
    decide_photo(photo=mine, ground="personal_data", user=ann, at=ASKED)
    mine.refresh_from_db()
    assert (mine.state, mine.ground, Review.objects.get().state, Review.objects.get().has_photos) == (
        "rejected", "personal_data", "published", False,
    )  # fmt: skip
    decide_photo(photo=mine, user=ann, at=ASKED)
    decide_photo(photo=mine, user=ann, at=ASKED)
    assert (Review.objects.get().has_photos, len(events("reviews.photo"))) == (True, 2)
    with Unchanged(ReviewRefused) as error:
        decide_photo(photo=mine, ground="ugly", user=ann, at=ASKED)
    assert [field for field, _ in error.value.refusals] == ["ground"]


def test_without_consent_nobody_sees_it_and_consent_can_be_taken_back(ann: User) -> None:
    order = bought()
    review = write(order, row(order), agrees=False)
    mine = review.photos.get()
    with Unchanged(ReviewRefused) as error:
        decide_photo(photo=mine, user=ann, at=ASKED)
    assert error.value.refusals == [("photo", "The author has not agreed to show this picture.")]
    consent_to_photo(photo=mine, agrees=True, at=ASKED)
    decide_photo(photo=mine, user=ann, at=ASKED)
    assert Review.objects.get().has_photos is True
    consent_to_photo(photo=mine, agrees=False, at=ASKED + DAY)
    assert Review.objects.get().has_photos is False
    with pytest.raises(PhotoNotFound):
        shown_photo(public_id=mine.public_id)


def test_nothing_is_decided_about_a_picture_of_no_review_or_of_one_taken_back(ann: User) -> None:
    order = bought()
    loose = row(order)
    with Unchanged(ReviewRefused) as error:
        decide_photo(photo=loose, user=ann, at=ASKED)
    assert [field for field, _ in error.value.refusals] == ["photo"]
    review = write(order, loose)
    withdraw_review(review=review, at=ASKED)
    gone = review.photos.get()
    with Unchanged(ReviewRefused) as error:
        decide_photo(photo=gone, user=ann, at=ASKED)
    assert [field for field, _ in error.value.refusals] == ["review"]


def test_an_author_throws_pictures_away(ann: User) -> None:
    order = bought()
    loose, sent = row(order), row(order)
    remove_photo(photo=loose, at=ASKED)
    review = write(order, sent)
    mine = review.photos.get()
    decide_photo(photo=mine, user=ann, at=ASKED)
    remove_photo(photo=mine, at=ASKED)
    remove_photo(photo=mine, at=ASKED)
    assert not ReviewPhoto.objects.exists()
    assert (Review.objects.get().has_photos, len(events("reviews.photo"))) == (False, 2)


def test_what_was_not_sent_off_is_swept_after_a_day() -> None:
    order = bought()
    row(order)
    write(order, row(order))
    assert sweep_photos(now=ASKED + DAY) == 0
    assert sweep_photos(now=ASKED + DAY + timedelta(hours=1)) == 1
    assert ReviewPhoto.objects.filter(review__isnull=False).count() == ReviewPhoto.objects.count() == 1


def test_a_picture_of_another_line_or_order_is_not_there() -> None:
    order, eves = bought(), other()
    mine = row(order)
    assert photo(public_id=mine.public_id, order_id=order.pk) == photo(public_id=mine.public_id, line_id=line_of(order).pk) == mine
    for over in ({"order_id": eves.pk}, {"line_id": line_of(order, "L2").pk}):
        with pytest.raises(PhotoNotFound):
            photo(public_id=mine.public_id, **over)


def test_authors_see_their_pictures_whatever_became_of_them() -> None:
    order = bought()
    review = write(order, row(order))
    assert order.customer_id is not None
    (mine,) = my_reviews(order.customer_id)
    assert [one.pk for one in mine.photos] == [review.photos.get().pk]
    assert "body" in mine.photos[0].get_deferred_fields()
