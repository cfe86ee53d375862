"""An erasure that meets what is just being heard or counted: no word of it stays, and no sum goes astray."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event as Signal
from typing import Any

import pytest
from django.db import connections

from customers.registry import holdings
from customers.selectors import subject_of
from merchants.models import Merchant
from merchants.scope import merchant_scope
from reviews.models import Review, ReviewPhoto, Survey, Voice
from reviews.models.ratings import FairnessCell, ParcelRating, ProductScore, Rating, SurveyAnswer, SurveyScore
from reviews.services import listening
from reviews.services.book import ReviewRefused
from reviews.services.listening import begin_themes
from reviews.services.moderation import decide, decide_photo
from reviews.services.publishing import restore
from reviews.services.submitting import edit_review, withdraw_review
from reviews.services.tallies import SCORE, count_review
from reviews.types import ReviewState, Words
from tests.reviews.stage import ASKED, DAY, bought, line_of, parcel_of, product, review_row
from tests.reviews.test_writing_races import shop

SAID = "It runs too small, says Sam"


def a_review() -> Callable[[], Any]:
    row = review_row(bought(), text=SAID)
    return lambda: listening.hear_reviews(review_ids=[row.pk], at=ASKED)


def a_remark() -> Callable[[], Any]:
    order = bought()
    row = ParcelRating.objects.create(shipment=parcel_of(order), order=order, delivery=1, text=SAID, at=ASKED)
    return lambda: listening.hear_parcel(rating_id=row.pk, at=ASKED)


def an_answer() -> Callable[[], Any]:
    order = bought()
    survey = Survey.objects.create(name="NPS", key="nps", created_at=ASKED, updated_at=ASKED)
    row = SurveyAnswer.objects.create(survey=survey, version=1, subject="x", order=order, customer=order.customer, at=ASKED)
    SurveyScore.objects.create(answer=row, question="why", kind="open", text=SAID)
    return lambda: listening.hear_answer(answer_id=row.pk, at=ASKED)


@pytest.mark.parametrize("said", [a_review, a_remark, an_answer])
def test_what_is_heard_while_it_is_erased_does_not_stay(
    real_commits: None, monkeypatch: pytest.MonkeyPatch, said: Callable[[], Callable[[], Any]]
) -> None:
    """The words are read, then the erasure comes, and only then they would be written down."""
    acme = shop()
    with merchant_scope(acme.pk):
        begin_themes(at=ASKED)
        hear = said()
        person = Review.objects.first() or ParcelRating.objects.first() or SurveyAnswer.objects.get()
        subject = subject_of(person.order.customer)
    is_read, is_erased, cleaned = Signal(), Signal(), listening._cleaned

    def slowly(text: str) -> str:
        is_read.set()
        is_erased.wait(1.5)  # it cannot end before us where we hold what it needs
        return cleaned(text)

    monkeypatch.setattr(listening, "_cleaned", slowly)

    def erase() -> None:
        try:
            assert is_read.wait(60)
            with merchant_scope(acme.pk):
                for holding in holdings():
                    if holding.key in ("reviews", "feedback", "voices"):
                        holding.erase(subject, ASKED + DAY)
        finally:
            is_erased.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        erasing = pool.submit(erase)
        with merchant_scope(acme.pk):
            hear()
        erasing.result(timeout=60)
    with merchant_scope(acme.pk):
        assert Voice.objects.count() == 0


STEPS: dict[str, Callable[[Review, random.Random], Any]] = {
    "edit": lambda row, chance: edit_review(
        review=row, words=Words(text=f"{chance.random()}", language=chance.choice(["en", "de"])), stars=chance.randint(1, 5), at=ASKED
    ),
    "turn down": lambda row, chance: decide(review=row, ground=chance.choice(["abuse", "off_topic"]), user=None, at=ASKED),
    "publish": lambda row, chance: decide(review=row, user=None, at=ASKED),
    "restore": lambda row, chance: restore(review=row, user=None, at=ASKED),
    "picture": lambda row, chance: decide_photo(
        photo=ReviewPhoto.objects.get(review=row), ground=chance.choice(["", "abuse"]), user=None, at=ASKED
    ),
    "withdraw": lambda row, chance: withdraw_review(review=row, at=ASKED) if chance.random() < 0.1 else None,
}


def test_sums_are_what_the_reviews_say_after_any_steps_at_once(real_commits: None) -> None:
    acme: Merchant = shop()
    ids = []
    with merchant_scope(acme.pk):
        product()
        for number in range(4):
            order = bought(number=f"{number}", external_id=f"{number}", tracking_number=f"T{number}")
            row = review_row(order, stars=number + 1)
            ids.append(row.pk)
            kept: dict[str, Any] = {"created_at": ASKED, "ready_at": ASKED, "consented_at": ASKED, "body": b"jpeg"}
            ReviewPhoto.objects.create(review=row, order=order, order_line=line_of(order), **kept)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(25):
                id = chance.choice(ids)
                with suppress(ReviewRefused), merchant_scope(acme.pk):
                    STEPS[chance.choice(list(STEPS))](Review.objects.get(pk=id), chance)
                with merchant_scope(acme.pk):
                    count_review(review_id=id, at=ASKED)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with merchant_scope(acme.pk):
        stars = dict(Rating.objects.values_list("review_id", "stars"))
        rows = list(Review.objects.order_by("pk"))
        shown = [row for row in rows if row.state == ReviewState.PUBLISHED]
        score = ProductScore.objects.get()
        told = {name: getattr(score, name) for name in SCORE}
        assert told == {
            "n": len(shown),
            **{f"n{n}": sum(stars[row.pk] == n for row in shown) for n in range(1, 6)},
            "verified": len(shown),
            "photos": sum(row.has_photos for row in shown),
            "small": 0, "true": 0, "large": 0,
        }  # fmt: skip
        assert sum(score.languages.values()) == len(shown)
        cells = {(cell.stars, cell.state, cell.ground): cell.n for cell in FairnessCell.objects.exclude(n=0)}
        expected: dict[Any, int] = {}
        for row in rows:
            key = (stars[row.pk], row.state, row.ground)
            expected[key] = expected.get(key, 0) + 1
        assert cells == expected
