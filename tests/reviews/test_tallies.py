"""The sums of a product and of the fairness page: each review once, whatever becomes of it and however often it is counted."""

from datetime import date
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from reviews.models import Review
from reviews.models.ratings import FairnessCell, ProductScore, Rating
from reviews.rules.tallies import Facts, counted_of, mean, moves
from reviews.services.tallies import count_review, count_reviews, recount_product
from reviews.types import ReviewState
from tests.reviews.stage import ASKED, bought, product, review_row

FACTS = Facts("shirt", 4, "published", "", "portal", True, False, True, "small", "de", date(2026, 12, 1))


def facts(**over: Any) -> Facts:
    return Facts(**{**{name: getattr(FACTS, name) for name in Facts.__slots__}, **over})


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ({}, counted_of(FACTS), {"n": 1, "n4": 1, "verified": 1, "photos": 1, "small": 1, "language:de": 1}),
        (counted_of(FACTS), counted_of(FACTS), {}),
        (counted_of(FACTS), counted_of(facts(stars=2)), {"n4": -1, "n2": 1}),
        (counted_of(FACTS), counted_of(facts(has_photos=False, fit="", is_verified=False)), {"photos": -1, "small": -1, "verified": -1}),
        (
            counted_of(FACTS),
            counted_of(facts(state="withdrawn")),
            {"n": -1, "n4": -1, "verified": -1, "photos": -1, "small": -1, "language:de": -1},
        ),
        ({}, counted_of(facts(state="pending")), {}),
        ({}, counted_of(facts(fit="odd", language="")), {"n": 1, "n4": 1, "verified": 1, "photos": 1}),
    ],
)
def test_a_review_moves_the_score_by_its_difference(before: dict[str, Any], after: dict[str, Any], steps: dict[str, int]) -> None:
    assert moves([(before, after)]).scores.get("shirt", {}) == steps


def test_what_is_erased_is_in_no_sum() -> None:
    assert counted_of(facts(state="erased")) == {}
    gone = moves([(counted_of(FACTS), {})])
    assert (sum(gone.cells.values()), gone.scores["shirt"]["n"]) == (-1, -1)


def test_many_come_to_one_step_and_those_that_cancel_out_to_none() -> None:
    pairs = [({}, counted_of(FACTS)), ({}, counted_of(FACTS)), (counted_of(FACTS), {})]
    assert moves(pairs).scores == {"shirt": {"n": 1, "n4": 1, "verified": 1, "photos": 1, "small": 1, "language:de": 1}}
    assert moves([({}, counted_of(FACTS)), (counted_of(FACTS), {})]) == moves([])


@pytest.mark.parametrize(("counts", "expected"), [((0,) * 5, 0.0), ((1, 0, 0, 0, 1), 3.0), ((0, 0, 0, 0, 7), 5.0), ((1, 1, 1, 1, 1), 3.0)])
def test_the_mean_is_the_plain_one(counts: tuple[int, ...], expected: float) -> None:
    assert mean(counts) == expected


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    product()
    return bought()


def score() -> dict[str, Any]:
    row = ProductScore.objects.get(product_key="shirt")
    names = ("n", "n1", "n2", "n3", "n4", "n5", "verified", "photos", "small", "true", "large")
    return {**{name: value for name in names if (value := getattr(row, name))}, "languages": row.languages}


def cells() -> dict[tuple[int, str], int]:
    return {(cell.stars, cell.state): cell.n for cell in FairnessCell.objects.exclude(n=0)}


def test_counting_twice_changes_nothing(order: Order) -> None:
    review = review_row(order, stars=4, fit="true")
    for _ in range(3):
        count_review(review_id=review.pk, at=ASKED)
    assert score() == {"n": 1, "n4": 1, "verified": 1, "true": 1, "languages": {"en": 1}}
    assert cells() == {(4, "published"): 1}


def test_the_sums_follow_a_review_through_its_life(order: Order) -> None:
    review = review_row(order, stars=4, state=ReviewState.PENDING, decided_at=None)
    count_review(review_id=review.pk, at=ASKED)
    assert (ProductScore.objects.count(), cells()) == (0, {(4, "pending"): 1})
    steps: list[tuple[dict[str, Any], int, dict[str, Any], dict[tuple[int, str], int]]] = [
        ({"state": "published", "published_at": ASKED}, 4, {"n": 1, "n4": 1}, {(4, "published"): 1}),
        ({"has_photos": True}, 4, {"n": 1, "n4": 1, "photos": 1}, {(4, "published"): 1}),
        ({}, 2, {"n": 1, "n2": 1, "photos": 1}, {(2, "published"): 1}),
        ({"state": "rejected", "ground": "abuse"}, 2, {}, {(2, "rejected"): 1}),
        ({"state": "published", "ground": ""}, 2, {"n": 1, "n2": 1, "photos": 1}, {(2, "published"): 1}),
        ({"state": "withdrawn"}, 2, {}, {(2, "withdrawn"): 1}),
        ({"state": "erased"}, 2, {}, {}),
    ]
    for changes, stars, expected, held in steps:
        Review.objects.filter(pk=review.pk).update(**changes)
        Rating.objects.filter(review=review).update(stars=stars)
        count_review(review_id=review.pk, at=ASKED)
        counted = {**expected, "verified": 1, "languages": {"en": 1}} if expected else {"languages": {}}
        assert (score(), cells()) == (counted, held), changes


def test_many_are_counted_with_the_statements_of_one(order: Order, django_assert_max_num_queries: Any) -> None:
    ids = [review_row(order, order_line=None, stars=1 + n % 5).pk for n in range(40)]
    with django_assert_max_num_queries(10):
        count_reviews(review_ids=ids, at=ASKED)
    assert score() == {"n": 40, "n1": 8, "n2": 8, "n3": 8, "n4": 8, "n5": 8, "verified": 40, "languages": {"en": 40}}


def test_a_score_that_went_wrong_is_counted_anew(order: Order) -> None:
    count_reviews(review_ids=[review_row(order, order_line=None, stars=5).pk for _ in range(3)], at=ASKED)
    ProductScore.objects.update(n=70, n5=1, small=4, languages={"xx": 1})
    held = cells()
    assert recount_product(key="shirt", at=ASKED) == 3
    assert (score(), cells()) == ({"n": 3, "n5": 3, "verified": 3, "languages": {"en": 3}}, held)


def test_another_merchants_reviews_are_counted_nowhere_here(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        product()
        review = review_row(bought())
    with merchant_scope(borealis.pk):
        count_review(review_id=review.pk, at=ASKED)
        assert (ProductScore.objects.count(), FairnessCell.objects.count()) == (0, 0)
    with merchant_scope(acme.pk):
        assert Rating.objects.get(review=review).counted == {}
