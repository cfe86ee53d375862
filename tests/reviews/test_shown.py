"""What everybody may read: published reviews only, narrowed and paged, in a constant number of queries."""

from datetime import timedelta
from typing import Any

import pytest

from merchants.models import Merchant
from orders.models import Order
from reviews.models import Review, ReviewPhoto, ReviewReply
from reviews.models.ratings import ProductScore
from reviews.selectors.photos import PhotoNotFound, picture, shown_photo
from reviews.selectors.shown import ReviewNotFound, Score, one_shown, score_of, shareable, shown
from reviews.services.tallies import count_reviews
from reviews.types import ReviewState
from tests.reviews.stage import ASKED, bought, line_of, product, review_row

HOUR = timedelta(hours=1)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    product()
    return bought()


def one(order: Order, n: int = 0, **over: Any) -> Review:
    """A published review, an hour after the one before it, counted."""
    at = ASKED + n * HOUR
    row = review_row(order, at=at, **{"order_line": None, "author": f"A{n}", **over})
    count_reviews(review_ids=[row.pk], at=at)
    return row


def authors(**asked: Any) -> list[str]:
    return [row.author for row in shown(key="shirt", **asked).reviews]


def test_newest_or_most_helpful_first_and_never_by_stars(order: Order) -> None:
    for n, (stars, helpful) in enumerate([(1, 0), (5, 7), (3, 7), (2, 1)]):
        one(order, n, stars=stars, helpful=helpful)
    assert authors() == ["A3", "A2", "A1", "A0"]
    assert authors(sort="helpful") == ["A2", "A1", "A3", "A0"]
    for other in ("stars", "-stars", "rating", "best", ""):
        assert authors(sort=other) == authors()


@pytest.mark.parametrize("sort", ["newest", "helpful"])
def test_pages_go_on_where_the_last_ended_whatever_came_or_went_between(order: Order, sort: str) -> None:
    rows = [one(order, n, helpful=n % 3) for n in range(7)]
    whole = authors(sort=sort)
    found, after = [], ""
    for _ in range(4):
        page = shown(key="shirt", sort=sort, after=after, limit=2)
        found += [row.author for row in page.reviews]
        after = page.next
        if rows[-1].state == ReviewState.PUBLISHED and page.next:
            last = Review.objects.get(public_id=page.next)
            Review.objects.filter(pk=last.pk).update(state="withdrawn")
            rows[-1].state = "withdrawn"
            one(order, 20, author="new", helpful=99)
    assert (found, after) == (whole, "")


def test_pages_hold_reviews_of_one_moment_apart(order: Order) -> None:
    for n in range(5):
        one(order, n, published_at=ASKED, helpful=1)
    for sort in ("newest", "helpful"):
        first = shown(key="shirt", sort=sort, limit=2)
        second = shown(key="shirt", sort=sort, limit=2, after=first.next)
        assert [row.author for row in (*first.reviews, *second.reviews)] == ["A4", "A3", "A2", "A1"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"stars": 5}, ["A0"]),
        ({"stars": 1}, ["A2", "A1"]),
        ({"stars": 4}, []),
        ({"stars": 9}, []),
        ({"stars": 0}, []),
        ({"fit": "small"}, ["A1"]),
        ({"fit": "huge"}, []),
        ({"language": "de"}, ["A2"]),
        ({"language": "de", "stars": 5}, []),
        ({"photos": True}, ["A0"]),
        ({"after": "nothing-like-it"}, ["A2", "A1", "A0"]),
    ],
)
def test_readers_narrow_by_stars_fit_language_and_photos(order: Order, asked: dict[str, Any], expected: list[str]) -> None:
    one(order, 0, stars=5, has_photos=True)
    one(order, 1, stars=1, fit="small")
    one(order, 2, stars=1, language="de")
    assert authors(**asked) == expected


@pytest.mark.parametrize("state", [state for state in ReviewState if state != ReviewState.PUBLISHED])
def test_only_what_is_published_is_shown_or_counted(order: Order, state: str) -> None:
    row = one(order, 0, state=state, ground="abuse" if state == "rejected" else "", published_at=ASKED, can_share=True)
    assert (authors(), score_of(["shirt"]), shareable().reviews) == ([], {}, ())
    with pytest.raises(ReviewNotFound):
        one_shown(row.public_id)


def test_a_withdrawn_review_is_gone_before_anything_is_counted(order: Order) -> None:
    row = one(order)
    Review.objects.filter(pk=row.pk).update(state="withdrawn")
    assert authors() == []
    assert ProductScore.objects.get().n == 1


def test_the_score_tells_what_it_rests_on(order: Order) -> None:
    for n, stars in enumerate([5, 5, 4, 1]):
        one(order, n, stars=stars, fit="true" if n < 2 else "", language="de" if n else "en", is_verified=n != 3)
    expected = Score(4, 3.75, (1, 0, 0, 1, 2), 3, 0, {"true": 2}, {"de": 3, "en": 1})
    assert (score_of(["shirt", "", "none"]), expected.fitted) == ({"shirt": expected}, 2)


def test_badges_are_the_systems(order: Order) -> None:
    one(order, 0, is_verified=True, is_incentivised=True, is_edited=True)
    one(order, 1, is_verified=False, origin="import", origin_name="Old shop")
    found = shown(key="shirt").reviews
    assert [(row.badges, row.origin_name) for row in found] == [(("imported",), "Old shop"), (("verified", "incentivised", "edited"), "")]


def photo(review: Review, order: Order, **over: Any) -> ReviewPhoto:
    values: dict[str, Any] = {"state": "published", "consented_at": ASKED, "ready_at": ASKED, "created_at": ASKED, **over}
    row: ReviewPhoto = ReviewPhoto.objects.create(
        review=review, order=order, order_line=line_of(order), body=b"jpeg", width=4, height=3, **values
    )
    return row


def test_photos_show_when_they_and_their_review_are_published_and_their_author_agreed(order: Order) -> None:
    row = one(order)
    good = photo(row, order)
    others = [
        photo(row, order, **over) for over in ({"state": "pending"}, {"state": "rejected"}, {"consented_at": None}, {"ready_at": None})
    ]
    assert [(picture.public_id, picture.width) for picture in one_shown(row.public_id).photos] == [(good.public_id, 4)]
    assert picture(photo=shown_photo(public_id=good.public_id)) == b"jpeg"
    for other in others:
        with pytest.raises(PhotoNotFound):
            picture(photo=shown_photo(public_id=other.public_id))
    Review.objects.filter(pk=row.pk).update(state="withdrawn")
    with pytest.raises(PhotoNotFound):
        shown_photo(public_id=good.public_id)


def test_only_what_its_author_shares_and_what_was_written_here_goes_elsewhere(order: Order) -> None:
    one(order, 0)
    one(order, 1, can_share=True)
    one(order, 2, can_share=True, origin="import", origin_name="Old shop")
    assert [row.author for row in shareable().reviews] == ["A1"]
    assert shareable(since=ASKED + 2 * HOUR).reviews == ()


def test_a_page_takes_the_same_queries_whatever_is_on_it(order: Order, django_assert_num_queries: Any) -> None:
    for n in range(12):
        row = one(order, n)
        photo(row, order)
        ReviewReply.objects.create(review=row, text="Thank you", language="en", at=ASKED)
    for limit in (1, 12):
        with django_assert_num_queries(5):
            page = shown(key="shirt", limit=limit)
    assert len(page.reviews) == 12
    assert (page.reviews[0].reply is not None, len(page.reviews[0].photos)) == (True, 1)


def test_nobody_gets_more_than_fifty_at_once(order: Order) -> None:
    for n in range(52):
        one(order, n)
    assert (len(shown(key="shirt", limit=10_000).reviews), len(shown(key="shirt", limit=-3).reviews)) == (50, 1)
