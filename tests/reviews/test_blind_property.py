"""The same shoppers write the same words; only the stars change hands. What asks, publishes, orders or rewards must come out the same.

Each story is lived twice in a transaction that is rolled back, with the stars dealt out anew; and while a blind service runs, a statement
that names a table with stars in it is an error.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from events.models import Event
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order
from reviews.models import Review, ReviewChange, ReviewPhoto, ReviewRequest
from reviews.rules.ranking import SORTS, order_by
from reviews.selectors.asking import open_requests
from reviews.selectors.moderation import queue
from reviews.services.asking import plan_requests
from reviews.services.moderation import decide, decide_many, decide_photo
from reviews.services.publishing import settle
from reviews.services.submitting import edit_review, write_review
from reviews.services.sweep import sweep_reviews
from reviews.services.thanking import thank
from reviews.services.votes import vote
from reviews.types import Words
from rewards.models import Coupon, ThanksRule
from tests.conftest import NOW
from tests.factories import customer
from tests.reviews.stage import ASKED, CAME, DAY, SAID, bought, line_of, plan, product, send
from tracking.models import Shipment

ORDERS = 4
SHOUTED = "TOO BAD TO SAY IN SMALL LETTERS, REALLY"
TEXTS = [SAID, "Terrible. Never again!", "", "You idiot", "Call +49 151 23456789", SHOUTED]
TABLES = re.compile(r"reviews_(?:rating|ratingchange|parcelrating|productscore|fairnesscell|surveyscore|surveyanswer|feedbacktask)\b")


class Peeked(AssertionError):
    """A blind service asked the database about stars."""


def _blind(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if TABLES.search(sql):
        raise Peeked(sql[:200])
    return execute(sql, params, many, context)


@contextmanager
def blindfold() -> Iterator[None]:
    with connection.execute_wrapper(_blind):
        yield


class RolledBack(Exception):
    """Ends a story."""


def dealt(orders: Sequence[Order], story: dict[str, Any], stars: Sequence[int], ann: User) -> Any:
    """What comes of it when the stars are these."""
    told: Any = None
    try:
        with transaction.atomic():
            told = _live(orders, story, stars, ann)
            raise RolledBack
    except RolledBack:
        return told


def _live(orders: Sequence[Order], story: dict[str, Any], stars: Sequence[int], ann: User) -> Any:
    plan(moderation=story["moderation"])
    if story["per_month"]:
        ThanksRule.objects.create(value=10, per_month=story["per_month"])
    reviews = [_write(order, text, given, story) for order, text, given in zip(orders, story["texts"], stars, strict=True)]
    places = {order.pk: number for number, order in enumerate(orders)}
    with blindfold():
        coupons = [thank(review=Review.objects.get(pk=review.pk), at=ASKED) is not None for review in reviews]
        _decide(reviews, story["decisions"], ann)
        waiting = [places[row.review.order_id or 0] for row in queue().rows]
        for number, review in enumerate(reviews):
            if Review.objects.get(pk=review.pk).state == "published":
                vote(review=review, customer_id=story["voter"], is_helpful=number % 2 == 0, at=ASKED)
    for number in story["edits"]:
        edit_review(review=reviews[number], words=Words(text="In other words.", language="en"), stars=stars[number - 1], at=ASKED + DAY)
    asked = _ask_again(orders)
    return {
        "reviews": [_facts(review) for review in reviews],
        "history": [list(ReviewChange.objects.filter(review=review).order_by("pk").values_list("step", "ground")) for review in reviews],
        "coupons": [coupons, list(Coupon.objects.order_by("pk").values_list("thanks_for", "value"))],
        "waiting": waiting,
        "asked": asked,
        "orders": {sort: [places[id] for id in _shown(sort)] for sort in SORTS},
        "told": list(Event.objects.filter(type__startswith="reviews.").order_by("pk").values_list("type", flat=True)),
    }


def _write(order: Order, text: str, stars: int, story: dict[str, Any]) -> Review:
    photo = ReviewPhoto.objects.create(order=order, order_line=line_of(order), created_at=ASKED, ready_at=ASKED)
    return write_review(
        line=line_of(order), words=Words(text=text, language="en"), stars=stars, at=ASKED, photos=[photo.public_id], agrees=story["agrees"]
    )


def _decide(reviews: Sequence[Review], decisions: Sequence[str], ann: User) -> None:
    for review, decision in zip(reviews, decisions, strict=True):
        if decision in ("publish", "abuse"):
            decide(review=review, ground="" if decision == "publish" else decision, user=ann, at=ASKED)
        elif decision == "settle":
            settle(review=review, at=ASKED)
        for photo in ReviewPhoto.objects.filter(review=review, consented_at__isnull=False):
            decide_photo(photo=photo, ground="off_topic" if decision == "abuse" else "", user=ann, at=ASKED)
    decide_many(reviews=[review for review, decision in zip(reviews, decisions, strict=True) if decision == "many"], user=ann, at=ASKED)


def _ask_again(orders: Sequence[Order]) -> Any:
    """Another parcel of each shopper comes, and its day: who is asked about what?"""
    parcels = [
        send(order, external_id="S2", tracking_number=f"again-{order.number}", came=ASKED + DAY, lines={"L2": 1}) for order in orders
    ]
    with blindfold():
        plan_requests(shipments=[parcel.pk for parcel in parcels], at=ASKED + DAY)
        sweep_reviews(now=ASKED + 10 * DAY)
        found = {row.shipment_id: (row.state, row.lines, row.reason) for row in ReviewRequest.objects.all()}
        mine = [len(open_requests(order.customer_id or 0, ASKED + 10 * DAY)) for order in orders]
    return [found.get(parcel.pk) for parcel in parcels], mine


def _send_belt(order: Order) -> Shipment:
    return send(order, external_id="S2", tracking_number=f"again-{order.number}", came=ASKED + DAY, lines={"L2": 1})


def _facts(review: Review) -> tuple[Any, ...]:
    row = Review.objects.get(pk=review.pk)
    photos = list(row.photos.order_by("pk").values_list("state", "ground"))
    flags = [one["check"] for one in row.flags]
    return row.state, row.ground, row.published_at, row.decided_at, row.is_verified, row.is_incentivised, row.helpful, flags, photos


def _shown(sort: str) -> list[int]:
    with blindfold():
        return list(Review.objects.filter(state="published").order_by(*order_by(sort)).values_list("order_id", flat=True))


stories = st.fixed_dictionaries(
    {
        "texts": st.lists(st.sampled_from(TEXTS), min_size=ORDERS, max_size=ORDERS),
        "moderation": st.sampled_from(["flagged", "all"]),
        "per_month": st.sampled_from([0, 1, 2, 100]),
        "agrees": st.booleans(),
        "decisions": st.lists(st.sampled_from(["publish", "abuse", "settle", "many", "none"]), min_size=ORDERS, max_size=ORDERS),
        "edits": st.lists(st.integers(0, ORDERS - 1), max_size=2, unique=True),
    }
)
given_stars = st.lists(st.integers(1, 5), min_size=ORDERS, max_size=ORDERS)


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Merchant, list[Order], User, int]]:
    """Four shoppers with an order that came, lived once for all stories and rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        merchant = create_merchant(slug="blind", name="Blind", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")
        with merchant_scope(merchant.pk):
            product()
            orders = [_ordered(number) for number in range(ORDERS)]
            voter = customer(email="voter@example.com", phone="").pk
            ann = User.objects.create_user("ann@blind.example")
            yield merchant, orders, ann, voter
        transaction.set_rollback(True)


def _ordered(number: int) -> Order:
    """The shirt came; the belt is still to come."""
    order = bought(
        number=str(number), external_id=str(number), email=f"{number}@example.com", phone="", tracking_number=f"first-{number}",
        parcel={"lines": {"L1": 1}},
    )  # fmt: skip
    assert Shipment.objects.get(order=order).delivered_at == CAME
    return order


@settings(max_examples=15)
@given(story=stories, stars=given_stars, deal=st.permutations(range(ORDERS)), other=given_stars)
def test_decisions_are_the_same_whoever_gave_which_stars(
    shop: tuple[Merchant, list[Order], User, int], story: dict[str, Any], stars: list[int], deal: list[int], other: list[int]
) -> None:
    _merchant, orders, ann, voter = shop
    story = {**story, "voter": voter}
    first = dealt(orders, story, stars, ann)
    assert first["told"][:1] == ["reviews.review.written"]
    assert dealt(orders, story, [stars[number] for number in deal], ann) == first
    assert dealt(orders, story, other, ann) == first  # nor does their sum matter


def test_a_blindfold_is_no_decoration(in_acme: Merchant) -> None:
    order = bought()
    with pytest.raises(Peeked), blindfold():
        write_review(line=line_of(order), words=Words(text=SAID, language="en"), stars=1, at=ASKED)
