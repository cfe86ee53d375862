"""From the event to the message about reviews, surveys and themes: asked of whom it may be asked, in its hour, once; answered once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from customers.services import record_consent
from customers.types import Topic
from events.services import emit
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.circumstances import troubles_of
from notifications.models import Message
from notifications.rules.consent import OPT_OUT
from notifications.types import Kind
from orders.models import Order
from orders.types import Address, OrderState, PaymentState
from returns.types import ReturnState
from reviews.models import Review, ReviewChange, ReviewRequest, Survey, SurveyInvite, ThemeMark
from reviews.models.ratings import FeedbackTask, SurveyAnswer
from reviews.types import Ground, Origin, RequestState, ReviewState, Step, TaskState
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order, ship
from tests.notifications import cases, said
from tests.notifications.conftest import Stub, messages, only_we_listen, release, run, states
from tracking.models import Shipment
from tracking.types import ShipmentStatus

DAY, TEN = timedelta(days=1), timedelta(minutes=10)
AUSTIN = Address(name="Sam Berg", street="1208 E 6th St", postcode="78702", city="Austin", region="TX", country="US")
BERLIN = Address(name="Sam Berg", street="Torstraße 1", postcode="10119", city="Berlin", country="DE")


def agrees(order: Order, *, is_granted: bool = True, topic: str = Topic.OFFERS) -> None:
    assert order.customer is not None
    record_consent(customer=order.customer, channel="email", is_granted=is_granted, topic=topic, source="test", at=NOW - DAY)


def bought(merchant: Merchant, *, consent: bool | None = True, **over: Any) -> Order:
    """Sam's order, which has come; quiet, for its own news are not what is looked at."""
    lines = (incoming_line(external_id="L1"), incoming_line(external_id="L2", title="Leather belt", sku="BELT"))
    with merchant_scope(merchant.pk):
        order = place_order(quiet=True, **{"lines": lines, "shipping_address": BERLIN, "billing_address": BERLIN, **over})
        parcel = ship(order, quiet=True, external_id=f"S{order.pk}", tracking_number=f"T{order.pk}")
        Shipment.objects.filter(pk=parcel.pk).update(status=ShipmentStatus.DELIVERED, delivered_at=NOW - 7 * DAY)
        if consent is not None:
            agrees(order, is_granted=consent)
    return order


def asks(merchant: Merchant, order: Order, type: str = "reviews.request.due", *, at: datetime = NOW, **over: Any) -> ReviewRequest:
    """The question about its parcel comes due."""
    with merchant_scope(merchant.pk):
        row = ReviewRequest.objects.filter(order=order).first() or said.request(order, order.shipments.get(), **over)
        happens(type, {"request": row.pk, "order": order.pk}, at=at)
    return row


def happens(type: str, payload: dict[str, Any], *, at: datetime = NOW) -> None:
    """An event of the room `reviews`, which only we hear."""
    emit(type=type, payload=payload, at=at)
    only_we_listen()


def reasons(message: Message, condition: str) -> list[str]:
    return [str(row["detail"]) for row in message.reasons if row["condition"] == condition]


def due(kind: Kind, order: Order) -> tuple[str, str, Any]:
    """The event of a question, what its payload calls the row, and the row."""
    if kind == Kind.SURVEY:
        return "survey.due", "invite", said.invite(order)
    if kind == Kind.THEME_DONE:
        return "theme.done", "mark", said.mark(order)
    type = "request.due" if kind == Kind.REVIEW_REQUEST else "request.reminder_due"
    return type, "request", said.request(order, order.shipments.get())


SAID: list[tuple[bool | None, Address, Address, str]] = [
    # said about offers, where it goes, where the bill goes -> what becomes of the question
    (True, BERLIN, BERLIN, "sent"),
    (None, BERLIN, BERLIN, "suppressed:marketing_consent"),
    (False, BERLIN, BERLIN, "suppressed:marketing_consent"),
    (True, AUSTIN, AUSTIN, "pending:window"),  # the night is not over in Texas
    (None, AUSTIN, AUSTIN, "pending:window"),
    (False, AUSTIN, AUSTIN, "suppressed:marketing_consent"),
    (None, AUSTIN, BERLIN, "suppressed:marketing_consent"),
    (None, BERLIN, AUSTIN, "suppressed:marketing_consent"),
]


@pytest.mark.parametrize("kind", [Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER, Kind.SURVEY, Kind.THEME_DONE])
@pytest.mark.parametrize(("consent", "ships", "bills", "expected"), SAID)
def test_a_question_goes_where_its_country_lets_it(
    wired: Merchant, stub: Stub, kind: Kind, consent: bool | None, ships: Address, bills: Address, expected: str
) -> None:
    order = bought(wired, consent=consent, shipping_address=ships, billing_address=bills)
    with merchant_scope(wired.pk):
        type, name, row = due(kind, order)
        happens(f"reviews.{type}", {name: row.pk, "order": order.pk})
    run()
    assert states(wired) == {f"{kind}/email": expected}
    [row] = messages(wired)
    if consent is None and expected != "suppressed:marketing_consent":
        assert reasons(row, "marketing_consent") == [f"not needed until the shopper says no (US: {OPT_OUT['US']})"]
    assert len(stub.taken) == (expected == "sent")


def test_what_was_said_about_questions_goes_before_what_was_said_about_offers(wired: Merchant) -> None:
    order = bought(wired, consent=True)
    with merchant_scope(wired.pk):
        agrees(order, is_granted=False, topic=Topic.REVIEWS)
    asks(wired, order)
    run()
    assert states(wired) == {"review_request/email": "suppressed:marketing_consent"}


def test_a_question_is_told_once_reminded_once_and_asked_anew_when_it_was_put_off(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    row = asks(wired, order)
    asks(wired, order)
    run()
    assert states(wired) == {"review_request/email": "sent"}
    asks(wired, order, "reviews.request.reminder_due", at=NOW + 6 * DAY)
    asks(wired, order, "reviews.request.reminder_due", at=NOW + 6 * DAY)
    run(NOW + 6 * DAY)
    with merchant_scope(wired.pk):
        ReviewRequest.objects.update(state=RequestState.ASKED, deferred_at=NOW + 7 * DAY)
    asks(wired, order, at=NOW + 22 * DAY)
    run(NOW + 22 * DAY)
    assert [(one.kind, one.state, one.subject_id) for one in messages(wired)] == [
        ("review_reminder", "sent", row.pk),
        ("review_request", "sent", row.pk),
        ("review_request", "sent", row.pk),
    ]
    assert {taken.recipient for taken in stub.taken} == {"sam@example.com"}


def test_a_question_can_be_ended_with_one_press(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    asks(wired, order)
    with merchant_scope(wired.pk):
        happens("reviews.survey.due", {"invite": said.invite(order).pk, "order": order.pk}, at=NOW)
    run()
    release(wired, NOW + DAY + TEN)
    assert len(stub.taken) == 2
    for taken in stub.taken:
        assert taken.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert taken.headers["List-Unsubscribe"].strip("<>") in taken.text


def paid_back(order: Order) -> None:
    Order.objects.update(payment_state=PaymentState.REFUNDED)


def sent_back(order: Order) -> None:
    line: Any = cases.sent_back(order, ReturnState.RESOLVED).lines.get()
    line.pk, line.order_line = None, order.lines.get(external_id="L1")
    line.save(force_insert=True)


def reviewed(order: Order) -> None:
    for external_id in ("L1", "L2"):
        said.review(order, external_id)


def moved(state: RequestState) -> Callable[[Order], Any]:
    return lambda order: ReviewRequest.objects.filter(order=order).update(state=state)


VOID: list[tuple[Callable[[Order], Any], str]] = [
    (moved(RequestState.DONE), "nothing_to_ask"),
    (moved(RequestState.DEFERRED), "nothing_to_ask"),
    (moved(RequestState.ENDED), "nothing_to_ask"),
    (lambda order: Order.objects.update(state=OrderState.CANCELLED), "order_cancelled"),
    (paid_back, "nothing_to_ask"),
    (sent_back, "nothing_to_ask"),
    (reviewed, "nothing_to_ask"),
    (lambda order: order.lines.update(quantity_removed=1), "nothing_to_ask"),
]


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize(("change", "reason"), VOID)
def test_nothing_is_asked_where_nothing_is_left_to_ask(
    wired: Merchant, stub: Stub, change: Callable[[Order], Any], reason: str, is_late: bool
) -> None:
    order, night = bought(wired), datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    asks(wired, order, at=night if is_late else NOW)
    if is_late:
        run(night)
        assert states(wired) == {"review_request/email": "pending:window"}
    with merchant_scope(wired.pk):
        change(order)
    if is_late:
        release(wired, night + 12 * timedelta(hours=1))
    else:
        run()
    assert states(wired) == {"review_request/email": f"{'cancelled' if is_late else 'suppressed'}:{reason}"}
    assert stub.taken == []


def test_a_question_leaves_between_nine_and_nine_where_the_shopper_is(wired: Merchant) -> None:
    order = bought(wired)
    night = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
    asks(wired, order, at=night)
    run(night)
    [row] = messages(wired)
    assert (row.state, row.reason, row.send_at) == ("pending", "window", datetime(2026, 11, 21, 8, 0, tzinfo=UTC))


def unhappy(order: Order, **over: Any) -> FeedbackTask:
    row: FeedbackTask = FeedbackTask.objects.create(order=order, opened_at=NOW, due_at=NOW + 2 * DAY, **over)
    return row


def test_nobody_is_asked_while_somebody_owes_them_an_answer(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        note = waits_for_us(order)
    asks(wired, order)
    run()
    assert states(wired) == {"review_request/email": "pending:not_now"}
    [row] = messages(wired)
    assert reasons(row, "not_now") == ["waits a day: unanswered message"]
    with merchant_scope(wired.pk):
        said.note(note, at=NOW + TEN)
    release(wired, NOW + DAY)
    assert states(wired) == {"review_request/email": "sent"}


def test_what_stays_unsettled_for_a_fortnight_is_not_asked_about(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        waits_for_us(order)
    asks(wired, order)
    run()
    for day in range(1, 15):
        release(wired, NOW + day * DAY)
    assert states(wired) == {"review_request/email": "suppressed:not_now"}


def test_who_was_unhappy_is_asked_like_everybody_else(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        unhappy(order)
    asks(wired, order)
    run()
    assert states(wired) == {"review_request/email": "sent"}


def of_order(order: Order) -> None:
    unhappy(order)


def of_review(order: Order) -> None:
    unhappy(order, review=said.review(order))
    FeedbackTask.objects.update(order=None)


def of_answer(order: Order) -> None:
    survey = said.survey()
    answer = SurveyAnswer.objects.create(survey=survey, version=1, subject="x", customer=order.customer, at=NOW)
    unhappy(order, answer=answer)
    FeedbackTask.objects.update(order=None)


def waits_for_us(order: Order) -> Review:
    row = said.review(order)
    said.note(row, at=NOW - DAY)
    said.note(row, is_of_staff=False, at=NOW - DAY + TEN)
    return row


def answered(order: Order) -> None:
    row = said.review(order)
    said.note(row, is_of_staff=False, at=NOW)
    said.note(row, at=NOW + TEN)


def solved(order: Order) -> None:
    unhappy(order, state=TaskState.SOLVED)


@pytest.mark.parametrize(
    ("trouble", "words", "asked"),
    [
        (of_order, "open feedback task", ""),
        (of_review, "open feedback task", ""),
        (of_answer, "open feedback task", ""),
        (waits_for_us, "unanswered message", "unanswered message"),
        (answered, "", ""),
        (solved, "", ""),
    ],
)
def test_who_waits_for_an_answer_gets_no_offers_but_only_what_was_written_holds_back_a_question(
    wired: Merchant, trouble: Callable[[Order], object], words: str, asked: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        other = customer(email="ida@example.com", phone="+4915112345678")
        trouble(order)
        with django_assert_num_queries(4):
            found = troubles_of([order.customer_id or 0, other.pk])
        assert (found.of(order.customer_id, Topic.OFFERS), found.of(order.customer_id, Topic.REVIEWS)) == (words, asked)
        assert (found.of(other.pk, Topic.OFFERS), found.of(None, Topic.OFFERS)) == ("", "")


def test_a_second_question_on_a_day_waits_for_the_next(wired: Merchant) -> None:
    first = bought(wired)
    second = bought(wired, number="1002", external_id="X2")
    asks(wired, first)
    run()
    asks(wired, second, at=NOW + TEN)
    run(NOW + TEN)
    found = {row.order_id: (row.state, row.reason) for row in messages(wired)}
    assert found == {first.pk: ("sent", ""), second.pk: ("pending", "frequency_cap")}
    release(wired, NOW + DAY + 2 * TEN)
    assert {row.state for row in messages(wired)} == {"sent"}


def test_nobody_is_reminded_of_a_question_that_has_not_left_yet(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        note = waits_for_us(order)
    asks(wired, order)
    run()
    asks(wired, order, "reviews.request.reminder_due", at=NOW + 6 * DAY)
    run(NOW + 6 * DAY)
    with merchant_scope(wired.pk):
        said.note(note, at=NOW + 6 * DAY)
    release(wired, NOW + 6 * DAY)
    assert states(wired) == {"review_request/email": "sent", "review_reminder/email": "suppressed:told_elsewhere"}
    assert len(stub.taken) == 1


def published(merchant: Merchant, order: Order, external_id: str = "L1", *, at: datetime = NOW, **over: Any) -> Review:
    with merchant_scope(merchant.pk):
        row = said.review(order, external_id, decided_at=at, **over)
        happens("reviews.review.published", {"review": row.pk, "order": order.pk}, at=at)
    return row


def thanked(merchant: Merchant, order: Order, row: Review, *, at: datetime = NOW) -> None:
    with merchant_scope(merchant.pk):
        given = said.coupon(order, at=at)
        happens("reviews.thanks.given", {"review": row.pk, "coupon": given.pk, "order": order.pk}, at=at)


@pytest.mark.parametrize("consent", [True, False, None])
def test_author_and_coupon_are_told_in_one_message_whatever_was_said_about_offers(
    wired: Merchant, stub: Stub, consent: bool | None
) -> None:
    order = bought(wired, consent=consent)
    row = published(wired, order)
    thanked(wired, order, row)
    run()
    assert states(wired) == {"review_published/email": "pending:held", "review_thanks/email": "suppressed:told_elsewhere"}
    release(wired, NOW + TEN)
    assert states(wired)["review_published/email"] == "sent"
    [mail] = stub.taken
    assert mail.text.count("34679-CDFGH") == 1
    assert "Linen shirt" in mail.subject


def test_a_coupon_does_not_wait_for_the_review_to_be_looked_at(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.review(order, state=ReviewState.PENDING, decided_at=None)
    thanked(wired, order, row)
    run()
    release(wired, NOW + TEN)
    assert states(wired) == {"review_thanks/email": "sent"}
    later = NOW + 2 * DAY
    with merchant_scope(wired.pk):
        Review.objects.update(state=ReviewState.PUBLISHED, decided_at=later)
        Message.objects.update(sent_at=NOW + TEN)
        happens("reviews.review.published", {"review": row.pk, "order": order.pk}, at=later)
    run(later)
    release(wired, later + TEN)
    assert ["34679-CDFGH" in mail.text for mail in stub.taken] == [True, False]


def test_a_rejected_author_gets_the_coupon_like_every_other(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.rejected(order)
    thanked(wired, order, row)
    run()
    release(wired, NOW + TEN)
    assert states(wired) == {"review_thanks/email": "sent"}
    assert "34679-CDFGH" in stub.taken[0].text


@pytest.mark.parametrize("is_apart", [False, True])
def test_reviews_of_one_order_published_together_are_one_message(wired: Merchant, stub: Stub, is_apart: bool) -> None:
    order = bought(wired)
    published(wired, order, "L1")
    if is_apart:
        run()
    published(wired, order, "L2", at=NOW + timedelta(minutes=1))
    run(NOW + timedelta(minutes=1))
    release(wired, NOW + 2 * TEN)
    assert {(row.state, row.reason) for row in messages(wired)} == {
        ("sent", ""),
        ("suppressed" if is_apart else "cancelled", "told_elsewhere"),
    }
    [mail] = stub.taken
    assert "Linen shirt" in mail.text
    assert "Leather belt" in mail.text


def test_a_review_published_again_is_told_again_only_after_it_was_turned_down(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    row = published(wired, order)
    run()
    release(wired, NOW + TEN)
    with merchant_scope(wired.pk):  # edited, and published again
        happens("reviews.review.published", {"review": row.pk, "order": order.pk}, at=NOW + DAY)
    run(NOW + DAY)
    assert len(messages(wired)) == 1
    with merchant_scope(wired.pk):
        ReviewChange.objects.create(review=row, step=Step.REJECTED, at=NOW + 2 * DAY, ground=Ground.ABUSE)
        happens("reviews.review.published", {"review": row.pk, "order": order.pk}, at=NOW + 3 * DAY)
    run(NOW + 3 * DAY)
    release(wired, NOW + 3 * DAY + TEN)
    assert [one.state for one in messages(wired)] == ["sent", "sent"]


def test_every_refusal_is_told_with_its_reason_and_none_that_is_over(wired: Merchant, stub: Stub) -> None:
    order = bought(wired, consent=False)
    with merchant_scope(wired.pk):
        row = said.rejected(order)
        for _ in range(2):
            happens("reviews.review.rejected", {"review": row.pk, "order": order.pk})
    run()
    with merchant_scope(wired.pk):
        Review.objects.update(state=ReviewState.WITHDRAWN)
        happens("reviews.review.rejected", {"review": row.pk, "order": order.pk})
    run()
    assert [(one.state, one.reason) for one in messages(wired)] == [("sent", ""), ("sent", ""), ("suppressed", "newer_news")]
    assert "Please leave the driver's name out." in stub.taken[0].text


def test_an_answer_in_public_is_told_once_and_each_private_one(wired: Merchant, stub: Stub) -> None:
    order = bought(wired, consent=False)
    with merchant_scope(wired.pk):
        row = said.review(order)
        said.reply(row)
        notes = [said.note(row, text).pk for text in ("First.", "Second.")]
        for _ in range(2):
            happens("reviews.review.replied", {"review": row.pk, "order": order.pk})
        for note in notes:
            happens("reviews.note.written", {"review": row.pk, "note": note, "order": order.pk})
    run()
    assert [one.state for one in messages(wired)] == ["sent"] * 3
    assert ["Thank you, Maya." in mail.text for mail in stub.taken].count(True) == 1
    assert {word for word in ("First.", "Second.") for mail in stub.taken if word in mail.text} == {"First.", "Second."}


def test_an_answer_that_was_taken_away_is_not_told(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.review(order)
        shown = said.reply(row)
        happens("reviews.review.replied", {"review": row.pk, "order": order.pk})
        shown.delete()
    run()
    assert states(wired) == {"review_answered/email": "suppressed:newer_news"}


def test_nobody_is_written_to_about_a_review_brought_along_by_a_stranger(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.review(order)
        Review.objects.update(order=None, order_line=None, customer=None, origin=Origin.IMPORT)
        for type in ("review.published", "review.rejected", "review.replied"):
            happens(f"reviews.{type}", {"review": row.pk})
    run()
    assert messages(wired) == []


def test_nobody_is_written_to_about_what_they_wrote_elsewhere_years_ago(wired: Merchant) -> None:
    """The file names their order, which is all we know: they never wrote here."""
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.review(order)
        said.reply(row)
        Review.objects.update(origin=Origin.IMPORT)
        for type in ("review.published", "review.rejected", "review.replied"):
            happens(f"reviews.{type}", {"review": row.pk, "order": order.pk})
    run()
    assert messages(wired) == []


def test_a_survey_that_is_over_is_asked_no_more_and_a_case_outlives_its_order(wired: Merchant) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        about_parcel = said.invite(order)
        about_case = said.invite(order, said.survey("ces", trigger="case"), subject="case:1")
        Order.objects.update(payment_state=PaymentState.REFUNDED)
        for row in (about_parcel, about_case):
            happens("reviews.survey.due", {"invite": row.pk, "order": order.pk})
    run()
    found = {row.subject_id: (row.state, row.reason) for row in messages(wired)}
    assert found == {about_parcel.pk: ("suppressed", "nothing_to_ask"), about_case.pk: ("sent", "")}
    with merchant_scope(wired.pk):
        Survey.objects.update(is_on=False)
        again = SurveyInvite.objects.create(
            survey=about_case.survey, order=order, subject="case:2", state=RequestState.ASKED, due_at=NOW, ends_at=NOW + DAY
        )
        happens("reviews.survey.due", {"invite": again.pk, "order": order.pk})
    run()
    assert [row.reason for row in messages(wired, subject_id=again.pk)] == ["nothing_to_ask"]


def test_who_raised_something_outside_an_order_is_told_as_well_unless_it_was_taken_away(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        row = said.mark(order)
        type(row.voice).objects.update(order=None)
        happens("reviews.theme.done", {"theme": row.theme_id, "mark": row.pk})
    run()
    [sent] = messages(wired)
    assert (sent.state, sent.order_id, sent.customer_id, sent.recipient) == ("sent", None, order.customer_id, "sam@example.com")
    with merchant_scope(wired.pk):
        Message.objects.all().delete()
        ThemeMark.objects.update(is_off=True)
        happens("reviews.theme.done", {"theme": row.theme_id, "mark": row.pk})
    run()
    assert states(wired) == {"theme_done/email": "suppressed:newer_news"}


def test_erased_shoppers_are_asked_nothing(wired: Merchant, stub: Stub) -> None:
    order = bought(wired)
    with merchant_scope(wired.pk):
        Order.objects.update(email="", phone="", first_name="")
        Customer.objects.update(email="", email_normalised="", phone="")
    asks(wired, order)
    run()
    assert states(wired) == {"review_request/email": "suppressed:no_email"}
    assert stub.taken == []
