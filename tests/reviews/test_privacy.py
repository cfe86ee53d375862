"""A shopper is handed everything they said, and may have it forgotten: no page and no sum keeps it."""

from typing import Any

import pytest

from customers.models import Customer
from customers.registry import Holding, holdings
from customers.selectors import subject_of
from events.models import Event
from orders.models import Order
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewReply, ReviewVote, Survey, Voice
from reviews.models.ratings import FeedbackTask, ParcelRating, ProductScore, Rating, RatingChange, ReviewDraft, SurveyAnswer, SurveyScore
from reviews.selectors.mine import my_reviews
from reviews.services.book import ReviewRefused
from reviews.services.drafts import save_draft
from reviews.services.submitting import edit_review, rate_parcel, write_review
from reviews.services.tallies import count_review
from reviews.services.votes import vote
from reviews.types import Words
from tests.factories import customer
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, line_of, parcel_of, review_row

pytestmark = pytest.mark.usefixtures("in_acme")


def holding(key: str) -> Holding:
    return next(one for one in holdings() if one.key == key)


def erase(person: Customer) -> dict[str, int]:
    return {key: holding(key).erase(subject_of(person), ASKED + 5 * DAY) for key in ("voices", "feedback", "reviews")}


def eves() -> Order:
    return bought(number="2", external_id="2", email="eve@example.com", phone="", tracking_number="T2")


@pytest.fixture
def said(in_acme: Any) -> tuple[Order, Review]:
    """Sam wrote, changed it, was answered and thanked Eve for hers with a voice."""
    order = bought()
    photo = ReviewPhoto.objects.create(order=order, order_line=line_of(order), created_at=ASKED, ready_at=ASKED, body=b"jpeg")
    words = Words(text="Soft.", title="Mine", author="Sam B.", language="en")
    review = write_review(line=line_of(order), words=words, stars=2, at=ASKED, photos=[photo.public_id])
    review = edit_review(review=review, words=Words(text="Soft, really.", author="Sam B.", language="en"), stars=4, at=ASKED + DAY)
    ReviewNote.objects.create(review=review, is_of_staff=False, text="Thank you", at=ASKED)
    ReviewReply.objects.create(review=review, text="Thank you, Sam", at=ASKED)
    save_draft(line=line_of(order, "L2"), request=None, data={"text": "So far"}, at=ASKED)
    rate_parcel(shipment=parcel_of(order), delivery=1, service=5, text="Late", at=ASKED)
    survey = Survey.objects.create(name="NPS", key="nps", created_at=ASKED, updated_at=ASKED)
    answer = SurveyAnswer.objects.create(survey=survey, version=1, subject="x", order=order, customer=order.customer, at=ASKED)
    SurveyScore.objects.create(answer=answer, question="nps", kind="nps", value=3)
    SurveyScore.objects.create(answer=answer, question="why", kind="open", text="Because")
    FeedbackTask.objects.create(review=review, order=order, opened_at=ASKED, due_at=ASKED, note="Call Sam")
    Voice.objects.create(source="review", source_id="1", order=order, customer=order.customer, text="Soft", said_at=ASKED)
    assert order.customer_id is not None
    vote(review=review_row(eves()), customer_id=order.customer_id, is_helpful=True, at=ASKED)
    count_review(review_id=review.pk, at=ASKED)
    return order, review


def test_everything_is_handed_out(said: tuple[Order, Review]) -> None:
    order, review = said
    assert order.customer is not None
    mine, draft, voice = holding("reviews").collect(subject_of(order.customer))
    assert (mine["public_id"], mine["text"], mine["author"], mine["stars"]) == (review.public_id, "Soft, really.", "Sam B.", 4)
    assert ([one["text"] for one in mine["replies"]], [one["text"] for one in mine["thread"]]) == (["Thank you, Sam"], ["Thank you"])
    assert [one["state"] for one in mine["photos"]] == ["pending"]
    assert (draft["data"], voice["is_helpful"]) == ({"text": "So far"}, True)
    parcel, number, why = holding("feedback").collect(subject_of(order.customer))
    assert (parcel["delivery"], parcel["service"], parcel["text"]) == (1, 5, "Late")
    assert (number["value"], why["text"]) == (3, "Because")
    assert [one["text"] for one in holding("voices").collect(subject_of(order.customer))] == ["Soft"]


def test_a_stranger_gets_none_of_it(said: tuple[Order, Review]) -> None:
    stranger = subject_of(customer(email="ann@example.com", phone=""))
    assert [list(holding(key).collect(stranger)) for key in ("reviews", "feedback", "voices")] == [[], [], []]
    assert erase(customer(email="ann@example.com", phone="")) == {"voices": 0, "feedback": 0, "reviews": 0}


def test_an_erasure_leaves_no_word_and_no_sum(said: tuple[Order, Review]) -> None:
    order, review = said
    assert order.customer is not None
    assert ProductScore.objects.get(product_key="SHIRT-M").n == 1
    done = erase(order.customer)
    assert all(done.values())
    review.refresh_from_db()
    assert (review.state, review.text, review.title, review.author, review.flags, review.has_photos) == ("erased", "", "", "", [], False)
    assert ProductScore.objects.get(product_key="SHIRT-M").n == 0
    assert [model.objects.filter(review=review).count() for model in (ReviewNote, ReviewReply, ReviewPhoto, RatingChange)] == [0] * 4
    assert {(row.note, str(row.before)) for row in ReviewChange.objects.filter(review=review)} == {("", "{}")}
    assert ReviewChange.objects.filter(review=review).latest("pk").step == "erased"
    assert not ReviewDraft.objects.exists() and not ReviewVote.objects.exists() and not Voice.objects.exists()
    assert Review.objects.exclude(pk=review.pk).get().helpful == 0
    assert ParcelRating.objects.values_list("delivery", "service", "text").get() == (1, 5, "")
    assert list(SurveyScore.objects.order_by("pk").values_list("value", "text")) == [(3, ""), (None, "")]
    assert FeedbackTask.objects.get().note == ""
    assert my_reviews(order.customer.pk) == []
    assert erase(order.customer) == {"voices": 0, "feedback": 0, "reviews": 0}


def test_another_shoppers_words_stay(said: tuple[Order, Review]) -> None:
    _order, review = said
    eve = Order.objects.get(number="2").customer
    assert eve is not None
    before = Rating.objects.values().get(review=review)
    erase(eve)
    review.refresh_from_db()
    assert (review.text, Rating.objects.values().get(review=review)) == ("Soft, really.", before)
    assert Review.objects.get(order__number="2").text == ""


def test_after_an_erasure_nothing_more_is_written(said: tuple[Order, Review]) -> None:
    order, _ = said
    assert order.customer is not None
    erase(order.customer)
    Order.objects.filter(pk=order.pk).update(erased_at=ASKED)
    told = Event.objects.count()
    for external_id in ("L1", "L2"):
        with Unchanged(ReviewRefused) as error:
            write_review(line=line_of(order, external_id), words=Words(text="Again", language="en"), stars=1, at=ASKED + 6 * DAY)
        assert error.value.refusals == [("line", "The data of this order was erased.")]
    with Unchanged(ReviewRefused):
        save_draft(line=line_of(order, "L2"), request=None, data={}, at=ASKED + 6 * DAY)
    assert Event.objects.count() == told
