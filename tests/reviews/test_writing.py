"""Authors write, change and take back: what is kept, what follows, and what is refused with nothing written."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewChange
from reviews.models.ratings import ParcelRating, Rating, RatingChange, ReviewDraft
from reviews.selectors.mine import ReviewNotFound, my_reviews, review_of_author, reviewable, reviews_of_order
from reviews.services.drafts import SIZE, save_draft, sweep_drafts
from reviews.services.submitting import EDITS, ReviewRefused, edit_review, rate_parcel, withdraw_review, write_review
from reviews.types import Words
from rewards.models import ThanksRule
from tests.conftest import NOW
from tests.factories import place_order
from tests.reviews.stage import (
    ASKED,
    CAME,
    DAY,
    SAID,
    Unchanged,
    bought,
    events,
    line_of,
    parcel_of,
    plan,
    product,
    request_row,
    review_row,
    send,
)
from tracking.models import Shipment

HOUR = timedelta(hours=1)
WORDS = Words(text=SAID, title="Soft", pros="Soft", cons="Creases", fit="true", language="en", author="Sam B.", can_share=True)
pytestmark = pytest.mark.usefixtures("in_acme")


def write(order: Order, external_id: str = "L1", *, stars: int = 4, at: datetime = ASKED, words: Words = WORDS, **over: Any) -> Review:
    return write_review(line=line_of(order, external_id), words=words, stars=stars, at=at, **over)


def refusals(error: Any) -> list[str]:
    return [field for field, _ in error.value.refusals]


def test_a_review_holds_what_was_said_and_what_was_bought() -> None:
    shirt, order = product(), bought()
    request = request_row(order)
    review = write(order, request=request, customer_id=order.customer_id)
    review = Review.objects.get(pk=review.pk)
    assert (review.text, review.title, review.pros, review.cons) == (SAID, "Soft", "Soft", "Creases")
    assert (review.fit, review.language) == ("true", "en")
    assert (review.author, review.can_share, review.written_at, review.revision) == ("Sam B.", True, ASKED, 1)
    assert (review.order, review.order_line, review.request, review.customer) == (order, line_of(order), request, order.customer)
    assert (review.product, review.product_key, review.product_title, review.variant_title) == (shirt, "shirt", "Linen shirt", "M")
    assert (review.state, review.published_at, review.is_verified, review.is_incentivised) == ("published", ASKED, True, False)
    assert Rating.objects.values_list("review_id", "stars").get() == (review.pk, 4)
    assert list(ReviewChange.objects.order_by("pk").values_list("step", flat=True)) == ["written", "published"]
    assert events("reviews.review") == ["review.written", "review.published"]


def test_what_the_catalogue_does_not_know_goes_by_its_sku() -> None:
    assert write(bought(), "L2").product_key == "BELT"


def test_only_the_first_of_an_order_is_told_as_the_first() -> None:
    order = bought()
    write(order)
    write(order, "L2")
    told = [event.payload["is_first"] for event in Event.objects.filter(type="reviews.review.written").order_by("pk")]
    assert told == [True, False]


def test_the_question_is_answered_once_every_line_is_written_about() -> None:
    order = bought()
    request = request_row(order)
    write(order, request=request)
    request.refresh_from_db()
    assert request.state == "asked"
    write(order, "L2")
    request.refresh_from_db()
    assert request.state == "done"


def test_whoever_was_promised_something_wears_the_badge() -> None:
    ThanksRule.objects.create(value=10)
    assert write(bought()).is_incentivised is True


def test_stars_alone_are_a_review() -> None:
    review = write(bought(), words=Words())
    assert (review.text, review.author, review.language, review.state) == ("", "", "en", "published")


def test_a_merchant_who_looks_at_all_publishes_nothing_by_itself() -> None:
    plan(moderation="all")
    review = write(bought())
    assert (review.state, review.published_at, review.decided_at) == ("pending", None, None)
    assert events("reviews.review") == ["review.written"]


def test_what_a_check_finds_waits_with_the_place_it_was_found_at() -> None:
    review = write(bought(), words=Words(text="Write to sam@example.com, you idiot", language="en"))
    assert review.state == "pending"
    assert [(one["ground"], one["check"], one["field"], one["found"]) for one in review.flags] == [
        ("personal_data", "email", "text", "sam@example.com"),
        ("abuse", "abuse", "text", "idiot"),
    ]


def not_sent(**over: Any) -> Order:
    return bought(came=None, **over)


def cancelled() -> Order:
    order = bought()
    Order.objects.filter(pk=order.pk).update(state="cancelled")
    return order


def erased() -> Order:
    order = bought()
    Order.objects.filter(pk=order.pk).update(erased_at=NOW)
    return order


def taken_off() -> Order:
    order = bought()
    OrderLine.objects.filter(order=order).update(quantity_removed=1)
    return order


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (not_sent, "It has not been delivered yet."),
        (place_order, "It has not been delivered yet."),
        (cancelled, "The order was cancelled."),
        (erased, "The data of this order was erased."),
        (taken_off, "It was taken off the order before it was sent."),
    ],
)
def test_what_did_not_come_is_not_reviewed(order: Any, why: str) -> None:
    made = order()
    with Unchanged(ReviewRefused) as error:
        write(made)
    assert error.value.refusals == [("line", why)]


def test_a_parcel_that_comes_tomorrow_has_not_come() -> None:
    order = bought()
    with Unchanged(ReviewRefused) as error:
        write(order, at=CAME - HOUR)
    assert refusals(error) == ["line"]
    assert write(order, at=CAME).is_verified is True


def test_only_what_lies_in_a_parcel_that_came_can_be_reviewed() -> None:
    order = place_order()
    send(order, external_id="S1", lines={"L1": 1})
    send(order, external_id="S2", came=None, tracking_number="X2", lines={"L2": 1})
    with Unchanged(ReviewRefused):
        write(order, "L2")
    assert write(order).order_line == line_of(order)


def test_what_goes_back_is_no_delivery() -> None:
    order = bought(came=None)
    Shipment.any_way.update(direction="back", delivered_at=CAME)
    with Unchanged(ReviewRefused):
        write(order)


def test_one_review_of_a_line() -> None:
    order = bought()
    write(order)
    with Unchanged(ReviewRefused) as error:
        write(order, stars=5)
    assert error.value.refusals == [("line", "You have reviewed it already.")]


def test_another_shopper_and_another_question_are_refused() -> None:
    order, other = bought(), bought(number="2", external_id="2", email="eve@example.com", phone="", tracking_number="T2")
    with Unchanged(ReviewRefused) as error:
        write(order, customer_id=other.customer_id)
    assert error.value.refusals == [("line", "This was bought by somebody else.")]
    asked = request_row(other)
    with Unchanged(ReviewRefused) as error:
        write(order, request=asked)
    assert error.value.refusals == [("line", "This is not what you were asked about.")]


def test_a_link_that_ended_takes_nothing_more() -> None:
    order = bought()
    request = request_row(order, lines=[line_of(order).pk])
    ends = CAME + 97 * DAY
    with Unchanged(ReviewRefused) as error:
        write(order, request=request, at=ends)
    assert error.value.refusals == [("line", "This link is not valid any more.")]
    with Unchanged(ReviewRefused) as error:
        write(order, "L2", request=request)
    assert refusals(error) == ["line"]
    assert write(order, request=request, at=ends - HOUR).request == request


@pytest.mark.parametrize("stars", [0, 6, -1, None, True, "5", 4.5])
def test_stars_are_one_to_five(stars: Any) -> None:
    order = bought()
    with Unchanged(ReviewRefused) as error:
        write(order, stars=stars)
    assert error.value.refusals == [("stars", "Choose one to five stars.")]


def test_every_reason_is_told_at_once_by_field() -> None:
    order = bought()
    long = Words(text="a" * 50_000, title="b" * 121, pros="c" * 501, author="d" * 61)
    with Unchanged(ReviewRefused) as error:
        write(order, words=long, stars=9)
    assert refusals(error) == ["stars", "text"]  # so much that the rest is not read
    with Unchanged(ReviewRefused) as error:
        write(order, words=Words("a" * 5_001, "b" * 121, "c" * 501, "d" * 501, "huge", "klingon!", "e" * 61), photos=["none"])
    assert refusals(error) == ["title", "text", "pros", "cons", "author", "language", "fit", "photos"]


def test_an_edit_keeps_what_stood_there() -> None:
    review = write(bought())
    changed = edit_review(review=review, words=Words(text="It shrank.", language="en", author="Sam B."), stars=2, at=ASKED + DAY)
    assert (changed.text, changed.title, changed.is_edited, changed.edited_at, changed.revision) == ("It shrank.", "", True, ASKED + DAY, 2)
    assert (changed.state, changed.published_at) == ("published", ASKED)
    kept = ReviewChange.objects.get(step="edited").before
    assert (kept["text"], kept["title"], kept["can_share"]) == (SAID, "Soft", True)
    assert Rating.objects.get().stars == 2
    assert RatingChange.objects.values_list("stars", "at").get() == (4, ASKED + DAY)
    assert events("reviews.review")[-1] == "review.edited"


def test_the_same_again_is_no_edit() -> None:
    review = write(bought())
    assert edit_review(review=review, words=WORDS, stars=4, at=ASKED + DAY).revision == 1
    assert not RatingChange.objects.exists() and "review.edited" not in events()


def test_new_words_are_looked_over_again() -> None:
    review = write(bought())
    held = edit_review(review=review, words=Words(text="Call 0151 23456789", language="en"), stars=4, at=ASKED + DAY)
    assert (held.state, [one["check"] for one in held.flags]) == ("pending", ["phone"])
    free = edit_review(review=held, words=WORDS, stars=4, at=ASKED + 2 * DAY)
    assert (free.state, free.flags, free.published_at) == ("published", [], ASKED)


def test_an_edit_is_refused_as_a_whole() -> None:
    review = write(bought())
    with Unchanged(ReviewRefused) as error:
        edit_review(review=review, words=Words(text="x" * 5_001, language="en"), stars=0, at=ASKED + DAY)
    assert refusals(error) == ["stars", "text"]
    Review.objects.update(revision=EDITS + 1)
    with Unchanged(ReviewRefused) as error:
        edit_review(review=review, words=Words(text="again", language="en"), stars=1, at=ASKED + DAY)
    assert refusals(error) == ["review"]


def test_what_was_brought_along_is_nobodys_to_edit_here() -> None:
    review = review_row(bought())
    Review.objects.update(order=None, order_line=None, origin="import", origin_name="Old shop")
    review.refresh_from_db()
    with Unchanged(ReviewRefused) as error:
        edit_review(review=review, words=WORDS, stars=1, at=ASKED)
    assert error.value.refusals == [("review", "This review was written elsewhere.")]


def test_a_review_is_taken_back_and_can_be_written_anew() -> None:
    order = bought()
    review = write(order)
    gone = withdraw_review(review=review, at=ASKED + DAY)
    assert (gone.state, gone.withdrawn_at) == ("withdrawn", ASKED + DAY)
    assert withdraw_review(review=review, at=ASKED + 2 * DAY).withdrawn_at == ASKED + DAY
    assert events("reviews.review")[-1:] == ["review.withdrawn"]
    with Unchanged(ReviewRefused) as error:
        edit_review(review=review, words=WORDS, stars=1, at=ASKED + DAY)
    assert refusals(error) == ["review"]
    assert write(order, stars=1, at=ASKED + 2 * DAY).pk != review.pk


def test_an_erased_review_is_left_alone() -> None:
    review = review_row(bought(), state="erased", text="")
    acts: list[Callable[[], object]] = [
        lambda: withdraw_review(review=review, at=ASKED),
        lambda: edit_review(review=review, words=WORDS, stars=1, at=ASKED),
    ]
    for act in acts:
        with Unchanged(ReviewRefused) as error:
            act()
        assert refusals(error) == ["review"]


def test_a_parcel_is_rated_and_the_last_word_counts() -> None:
    order = bought()
    first = rate_parcel(shipment=parcel_of(order), delivery=2, service=None, text="A day late\0", at=ASKED)
    assert (first.delivery, first.service, first.text, first.order) == (2, None, "A day late", order)
    rate_parcel(shipment=parcel_of(order), delivery=3, service=5, text="", at=ASKED + DAY)
    assert ParcelRating.objects.values_list("delivery", "service", "text", "at").get() == (3, 5, "", ASKED + DAY)
    assert events("reviews.parcel") == ["parcel.rated", "parcel.rated"]
    assert not Rating.objects.exists()


@pytest.mark.parametrize(
    ("over", "fields"),
    [
        ({"delivery": None}, ["delivery"]),
        ({"delivery": 0}, ["delivery"]),
        ({"service": 6}, ["service"]),
        ({"delivery": True, "service": "2"}, ["delivery", "service"]),
        ({"text": "x" * 1_001}, ["text"]),
        ({"text": "x" * 50_000}, ["text"]),
    ],
)
def test_a_parcel_is_rated_in_stars(over: dict[str, Any], fields: list[str]) -> None:
    order = bought()
    values: dict[str, Any] = {"delivery": 5, "service": None, "text": "", **over}
    with Unchanged(ReviewRefused) as error:
        rate_parcel(shipment=parcel_of(order), at=ASKED, **values)
    assert refusals(error) == fields


@pytest.mark.parametrize("order", [not_sent, cancelled, erased])
def test_a_parcel_that_did_not_come_is_not_rated(order: Any) -> None:
    made = order()
    with Unchanged(ReviewRefused) as error:
        rate_parcel(shipment=parcel_of(made), delivery=5, service=5, text="", at=ASKED)
    assert refusals(error) == ["delivery"]


def test_what_can_be_written_about_an_order(django_assert_num_queries: Any) -> None:
    product()
    order = bought()
    review = write(order)
    save_draft(line=line_of(order, "L2"), request=None, data={"stars": "3", "text": "So f\0ar"}, at=ASKED)
    with django_assert_num_queries(4):
        shirt, belt = reviewable(order=order, now=ASKED)
    assert (shirt.review, shirt.why_not, shirt.delivered_at, shirt.shipment) == (review, "written", CAME, parcel_of(order))
    assert (belt.review, belt.why_not, belt.draft and belt.draft.data) == (None, None, {"stars": "3", "text": "So far"})


def test_a_draft_is_bounded_replaced_and_dropped_when_sent_off() -> None:
    order = bought()
    save_draft(line=line_of(order), request=request_row(order), data={"text": "one"}, at=ASKED)
    save_draft(line=line_of(order), request=None, data={"text": "two", "photos": ["a", 1]}, at=ASKED)
    assert ReviewDraft.objects.get().data == {"text": "two", "photos": ["a", "1"]}
    with Unchanged(ReviewRefused) as error:
        save_draft(line=line_of(order), request=None, data={"text": "ü" * (SIZE // 2)}, at=ASKED)
    assert refusals(error) == ["draft"]
    write(order)
    assert not ReviewDraft.objects.exists()
    with Unchanged(ReviewRefused) as error:
        save_draft(line=line_of(order), request=None, data={}, at=ASKED)
    assert refusals(error) == ["line"]


def test_a_draft_left_for_ninety_days_goes() -> None:
    save_draft(line=line_of(bought()), request=None, data={}, at=ASKED)
    assert sweep_drafts(now=ASKED + 90 * DAY) == 0
    assert sweep_drafts(now=ASKED + 90 * DAY + HOUR) == 1


def test_authors_see_their_own_with_stars_and_nobody_elses(django_assert_num_queries: Any) -> None:
    order = bought()
    review, second = write(order, stars=2), write(order, "L2", at=ASKED + HOUR)
    eve = bought(number="2", external_id="2", email="eve@example.com", phone="", tracking_number="T2")
    assert order.customer_id is not None
    with django_assert_num_queries(5):
        mine = my_reviews(order.customer_id)
    assert [(one.review, one.stars) for one in mine] == [(second, 4), (review, 2)]
    assert [one.review for one in reviews_of_order(order)] == [second, review]
    assert review_of_author(review.public_id, order=order).stars == 2
    assert review_of_author(review.public_id, customer_id=order.customer_id).review == review
    for over in ({"customer_id": eve.customer_id}, {"order": eve}, {}):
        with pytest.raises(ReviewNotFound):
            review_of_author(review.public_id, **over)  # type: ignore[arg-type]
    Review.objects.filter(pk=review.pk).update(state="erased")
    with pytest.raises(ReviewNotFound):
        review_of_author(review.public_id, order=order)
