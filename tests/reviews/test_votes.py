"""Helpful or not: one voice each, never one's own, and never more in a day than a person reads."""

import pytest

from customers.models import Customer
from reviews.models import Review, ReviewVote
from reviews.services.book import ReviewRefused
from reviews.services.votes import PER_DAY, forget_votes, vote
from tests.factories import customer, incoming_line, place_order
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, review_row

pytestmark = pytest.mark.usefixtures("in_acme")


def person(name: str = "eve") -> Customer:
    return customer(email=f"{name}@example.com", phone="")


def counts() -> tuple[int, int, int]:
    row = Review.objects.get()
    return row.helpful, row.unhelpful, ReviewVote.objects.count()


def test_a_voice_counts_once_and_a_changed_mind_moves_it() -> None:
    review, eve = review_row(bought()), person()
    assert vote(review=review, customer_id=eve.pk, is_helpful=True, at=ASKED).helpful == 1
    vote(review=review, customer_id=eve.pk, is_helpful=True, at=ASKED + DAY)
    assert counts() == (1, 0, 1)
    vote(review=review, customer_id=eve.pk, is_helpful=False, at=ASKED + DAY)
    assert counts() == (0, 1, 1)
    vote(review=review, customer_id=person("ann").pk, is_helpful=False, at=ASKED + DAY)
    assert counts() == (0, 2, 2)


def test_nobody_votes_for_themselves() -> None:
    review = review_row(bought())
    assert review.customer_id is not None
    with Unchanged(ReviewRefused) as error:
        vote(review=review, customer_id=review.customer_id, is_helpful=True, at=ASKED)
    assert error.value.refusals == [("review", "This is your own review.")]


@pytest.mark.parametrize("state", ["pending", "rejected", "withdrawn", "erased"])
def test_what_is_not_shown_is_not_voted_on(state: str) -> None:
    review, eve = review_row(bought(), state=state, ground="abuse" if state == "rejected" else ""), person()
    with Unchanged(ReviewRefused) as error:
        vote(review=review, customer_id=eve.pk, is_helpful=True, at=ASKED)
    assert [field for field, _ in error.value.refusals] == ["review"]


def test_strangers_and_the_erased_have_no_voice() -> None:
    review, gone = review_row(bought()), person()
    Customer.objects.filter(pk=gone.pk).update(erased_at=ASKED)
    for id in (gone.pk, 0, 10**9):
        with Unchanged(ReviewRefused) as error:
            vote(review=review, customer_id=id, is_helpful=True, at=ASKED)
        assert error.value.refusals == [("customer", "Please sign in first.")]


def test_fifty_a_day_are_enough_for_anybody() -> None:
    order = place_order(lines=tuple(incoming_line(external_id=f"L{number}", sku=f"S{number}") for number in range(PER_DAY + 1)))
    reviews = [review_row(order, f"L{number}") for number in range(PER_DAY + 1)]
    eve = person()
    for review in reviews[:PER_DAY]:
        vote(review=review, customer_id=eve.pk, is_helpful=True, at=ASKED)
    with Unchanged(ReviewRefused) as error:
        vote(review=reviews[-1], customer_id=eve.pk, is_helpful=True, at=ASKED + DAY / 2)
    assert [field for field, _ in error.value.refusals] == ["customer"]
    vote(review=reviews[0], customer_id=eve.pk, is_helpful=False, at=ASKED + DAY / 2)  # a changed mind is no new voice
    assert vote(review=reviews[-1], customer_id=eve.pk, is_helpful=True, at=ASKED + DAY).helpful == 1


def test_a_voice_that_is_forgotten_no_longer_counts() -> None:
    review, eve = review_row(bought()), person()
    vote(review=review, customer_id=eve.pk, is_helpful=True, at=ASKED)
    vote(review=review, customer_id=person("ann").pk, is_helpful=False, at=ASKED)
    assert forget_votes(customer_id=eve.pk) == 1
    assert counts() == (0, 1, 1)
    assert forget_votes(customer_id=eve.pk) == 0
