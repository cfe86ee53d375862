"""The same form from several browsers at once: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from reviews.models import Review, ReviewPhoto, ReviewVote
from reviews.models.ratings import ParcelRating, Rating
from reviews.services.photos import PER_REVIEW, PhotoRefused, begin_photo
from reviews.services.submitting import ReviewRefused, edit_review, rate_parcel, write_review
from reviews.services.votes import vote
from reviews.types import Words
from tests.conftest import NOW
from tests.factories import customer
from tests.reviews.stage import ASKED, bought, events, line_of, parcel_of, review_row

WORKERS = 4


def shop() -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")


def at_once(merchant: Merchant, work: Callable[[int], object]) -> list[bool]:
    """Who succeeded; the others were refused."""
    start = Barrier(WORKERS)

    def run(number: int) -> bool:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                work(number)
            return True
        except (ReviewRefused, PhotoRefused):
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return sorted(pool.map(run, range(WORKERS)))


def test_of_one_line_exactly_one_review_is_written(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        line = line_of(bought())

    def write(number: int) -> object:
        return write_review(line=line, words=Words(text=str(number)), stars=number + 1, at=ASKED)

    assert at_once(merchant, write) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert (Review.objects.count(), Rating.objects.count()) == (1, 1)
        assert events("reviews.review") == ["review.written", "review.published"]


def test_edits_at_once_are_one_after_the_other(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        review = review_row(bought())
    edits = at_once(merchant, lambda number: edit_review(review=review, words=Words(text=str(number), language="en"), stars=3, at=ASKED))
    assert edits == [True] * WORKERS
    with merchant_scope(merchant.pk):
        assert (Review.objects.get().revision, Review.objects.get().changes.filter(step="edited").count()) == (1 + WORKERS, WORKERS)


def test_a_parcel_has_one_rating(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        parcel = parcel_of(bought())
    at_once(merchant, lambda number: rate_parcel(shipment=parcel, delivery=number + 1, service=None, at=ASKED))
    with merchant_scope(merchant.pk):
        assert ParcelRating.objects.count() == 1


def test_the_same_voice_many_times_is_one_and_different_ones_all_count(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        review = review_row(bought())
        ids = [customer(email=f"{number}@example.com", phone="").pk for number in range(WORKERS)]
    at_once(merchant, lambda _: vote(review=review, customer_id=ids[0], is_helpful=True, at=ASKED))
    with merchant_scope(merchant.pk):
        assert (Review.objects.get().helpful, ReviewVote.objects.count()) == (1, 1)
    at_once(merchant, lambda number: vote(review=review, customer_id=ids[number], is_helpful=number > 0, at=ASKED))
    with merchant_scope(merchant.pk):
        row = Review.objects.get()
        assert (row.helpful, row.unhelpful, ReviewVote.objects.count()) == (3, 1, WORKERS)


def test_the_last_picture_of_a_day_is_begun_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        line = line_of(bought())
        for _ in range(29):
            begin_photo(line=line, size=10, at=ASKED)
    assert at_once(merchant, lambda _: begin_photo(line=line, size=10, at=ASKED)) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert ReviewPhoto.objects.count() == 30 > PER_REVIEW
