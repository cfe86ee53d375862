"""Who is unhappy is answered: one task each, with a day, until it is solved."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant, User
from reviews.models import Survey
from reviews.models.ratings import FeedbackTask, ParcelRating, Rating, SurveyAnswer, SurveyScore
from reviews.rules import alarms as rules
from reviews.selectors.tasks import BadPlace, Filters, TaskNotFound, open_task_orders, overdue, task_counts, task_detail, tasks
from reviews.services.alarms import look_at_answer, look_at_note, look_at_parcel, look_at_review
from reviews.services.replies import write_note
from reviews.services.tasks_desk import TaskClosed, TaskRefused, close_task, reopen_task, take_task
from reviews.types import ReviewState, TaskState
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, events, parcel_of, plan, product, review_row

HOUR = timedelta(hours=1)


def staff(email: str = "mehmet@acme.example") -> User:
    row: User = User.objects.create_user(email, "a long enough password", name="Mehmet")
    return row


def unhappy(*, stars: int = 1, **over: Any) -> FeedbackTask:
    """The task of a review of so many stars."""
    review = review_row(bought(), stars=stars, **over)
    task = look_at_review(review_id=review.pk, at=ASKED)
    assert task is not None
    return task


@pytest.mark.parametrize(
    ("stars", "area", "reasons"),
    [
        (1, "", [["product", 1, 5, "product"]]),
        (2, "delivery", [["product", 2, 5, "delivery"]]),
        (3, "", []),
        (5, "delivery", []),
    ],
)
def test_one_and_two_stars_are_low(stars: int, area: str, reasons: list[Any]) -> None:
    assert rules.of_review(stars, area) == reasons


@pytest.mark.parametrize(
    ("delivery", "service", "reasons"),
    [
        (2, 5, [["delivery", 2, 5, "delivery"]]),
        (1, 1, [["delivery", 1, 5, "delivery"], ["service", 1, 5, "service"]]),
        (None, 2, [["service", 2, 5, "service"]]),
        (None, None, []),
        (3, 3, []),
    ],
)
def test_stars_of_a_parcel_are_low_each_on_their_own(delivery: int | None, service: int | None, reasons: list[Any]) -> None:
    assert rules.of_parcel(delivery, service) == reasons


@pytest.mark.parametrize(
    ("scores", "reasons"),
    [
        ([("delivery", "csat", 2, 2)], [["survey", 2, 5, "delivery", "delivery"]]),
        ([("recommend", "nps", 6, 6)], [["survey", 6, 10, "service", "recommend"]]),
        ([("recommend", "nps", 0, 6)], [["survey", 0, 10, "service", "recommend"]]),
        ([("recommend", "nps", 7, 6)], []),
        ([("effort", "ces", 1, None)], []),
        ([("words", "open", None, 3)], []),
    ],
)
def test_each_question_says_what_is_low(scores: list[Any], reasons: list[Any]) -> None:
    assert rules.of_answer(scores) == reasons


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ([], [["product", 2, 5, "product"]], True),
        ([["product", 2, 5, "product"]], [["product", 1, 5, "product"]], True),
        ([["product", 1, 5, "product"]], [["product", 1, 5, "product"]], False),
        ([["product", 1, 5, "product"]], [["product", 2, 5, "product"]], False),
        ([["survey", 1, 5, "product", "a"]], [["survey", 3, 5, "product", "b"]], True),
        ([["note", None, None, ""]], [["note", None, None, ""]], False),
        ([["delivery", 1, 5, "delivery"]], [], False),
    ],
)
def test_what_was_dealt_with_begins_anew_only_when_it_got_worse(before: list[Any], now: list[Any], worse: bool) -> None:
    assert rules.is_worse(before, now) is worse


def test_a_low_review_opens_one_task_with_the_plans_hours(in_acme: Merchant) -> None:
    plan(answer_hours=24)
    task = unhappy(stars=2)
    again = look_at_review(review_id=task.review_id or 0, at=ASKED + DAY)
    assert (again, FeedbackTask.objects.count()) == (task, 1)
    assert (task.state, task.opened_at, task.due_at) == (TaskState.OPEN, ASKED, ASKED + DAY)
    assert task.reasons == [["product", 2, 5, "product"]]
    event = Event.objects.get(type="reviews.task.opened")
    assert event.payload == {"task": task.pk, "order": task.order_id}


def test_three_stars_and_what_was_brought_along_open_none(in_acme: Merchant) -> None:
    order = bought()
    middling = review_row(order, stars=3)
    old = review_row(order, "L2", stars=1, origin="import", origin_name="Elsewhere")
    assert look_at_review(review_id=middling.pk, at=ASKED) is None
    assert look_at_review(review_id=old.pk, at=ASKED) is None
    assert look_at_review(review_id=10**9, at=ASKED) is None
    assert (FeedbackTask.objects.count(), events("reviews.task")) == (0, [])


def test_a_review_that_speaks_of_the_carrier_is_told_apart_from_one_of_the_product(in_acme: Merchant) -> None:
    order = bought()
    late = review_row(order, stars=1, text="It arrived late, the box was open.")
    thin = review_row(order, "L2", stars=1, text="The stitching came undone, poor quality.")
    for review in (late, thin):
        look_at_review(review_id=review.pk, at=ASKED)
    found = dict(FeedbackTask.objects.values_list("review", "reasons"))
    assert found == {late.pk: [["product", 1, 5, "delivery"]], thin.pk: [["product", 1, 5, "product"]]}
    page = tasks(filters=Filters("open", area="delivery"), now=ASKED)
    assert [row.task.review_id for row in page.rows] == [late.pk]


def test_an_edit_that_makes_it_good_puts_the_task_away_and_a_worse_one_opens_it_again(in_acme: Merchant) -> None:
    task = unhappy(stars=2)
    Rating.objects.update(stars=5)
    look_at_review(review_id=task.review_id or 0, at=ASKED + HOUR)
    task.refresh_from_db()
    assert (task.state, task.closed_at, task.closed_by) == (TaskState.DISMISSED, ASKED + HOUR, None)
    Rating.objects.update(stars=1)
    look_at_review(review_id=task.review_id or 0, at=ASKED + DAY)
    task.refresh_from_db()
    assert (task.state, task.opened_at, task.due_at, task.closed_at) == (TaskState.OPEN, ASKED + DAY, ASKED + 3 * DAY, None)
    assert events("reviews.task") == ["task.opened", "task.closed", "task.opened"]


def test_a_solved_task_stays_solved_when_only_the_words_change(in_acme: Merchant) -> None:
    task = close_task(task=unhappy(), state=TaskState.SOLVED, user=None, at=ASKED + HOUR)
    look_at_review(review_id=task.review_id or 0, at=ASKED + DAY)
    task.refresh_from_db()
    assert (task.state, task.closed_at) == (TaskState.SOLVED, ASKED + HOUR)


def test_an_erased_review_leaves_nothing_to_answer(in_acme: Merchant) -> None:
    task = unhappy(text="")
    assert task.review is not None
    type(task.review).objects.update(state=ReviewState.ERASED)
    look_at_review(review_id=task.review_id or 0, at=ASKED + DAY)
    task.refresh_from_db()
    assert task.state == TaskState.DISMISSED


def test_low_stars_of_a_parcel_join_one_task(in_acme: Merchant) -> None:
    order = bought()
    rating = ParcelRating.objects.create(shipment=parcel_of(order), order=order, delivery=1, service=5, at=ASKED)
    task = look_at_parcel(rating_id=rating.pk, at=ASKED)
    ParcelRating.objects.update(service=2)
    again = look_at_parcel(rating_id=rating.pk, at=ASKED + HOUR)
    assert task is not None
    assert (again, FeedbackTask.objects.get().reasons) == (task, [["delivery", 1, 5, "delivery"], ["service", 2, 5, "service"]])
    assert FeedbackTask.objects.get().due_at == ASKED + 2 * DAY
    assert events("reviews.task") == ["task.opened"]


def survey() -> Survey:
    definition = {
        "questions": [
            {"key": "delivery", "kind": "csat", "text": {"en": "How was the delivery?"}, "low": 2},
            {"key": "words", "kind": "open", "text": {"en": "Anything else?"}},
        ]
    }
    row: Survey = Survey.objects.create(
        name="After delivery", key="csat", definition=definition, is_on=True, created_at=ASKED, updated_at=ASKED
    )
    return row


def answered(value: int) -> SurveyAnswer:
    order = bought()
    row: SurveyAnswer = SurveyAnswer.objects.create(
        survey=survey(), version=1, subject="order:1", order=order, customer=order.customer, at=ASKED, language="en"
    )
    SurveyScore.objects.create(answer=row, question="delivery", kind="csat", value=value)
    SurveyScore.objects.create(answer=row, question="words", kind="open", text="It lay in the rain.")
    return row


@pytest.mark.parametrize(("value", "reasons"), [(1, [[["survey", 1, 5, "delivery", "delivery"]]]), (3, [])])
def test_a_low_answer_becomes_a_task(in_acme: Merchant, value: int, reasons: list[Any]) -> None:
    answer = answered(value)
    look_at_answer(answer_id=answer.pk, at=ASKED)
    look_at_answer(answer_id=answer.pk, at=ASKED)
    assert list(FeedbackTask.objects.values_list("reasons", flat=True)) == reasons


def test_an_author_who_writes_in_private_is_answered_whatever_the_stars(in_acme: Merchant) -> None:
    review = review_row(bought(), stars=5)
    note = write_note(review=review, text="One button was loose.", is_of_staff=False, user=None, at=ASKED)
    task = look_at_note(note_id=note.pk, at=ASKED)
    assert task is not None
    assert (task.state, task.reasons) == (TaskState.OPEN, [["note", None, None, ""]])
    close_task(task=task, state=TaskState.SOLVED, user=None, at=ASKED + HOUR)
    more = write_note(review=review, text="And now another one.", is_of_staff=False, user=None, at=ASKED + DAY)
    look_at_note(note_id=more.pk, at=ASKED + DAY)
    task.refresh_from_db()
    assert (task.state, task.opened_at, len(task.reasons)) == (TaskState.OPEN, ASKED + DAY, 1)
    ours = write_note(review=review, text="We are sorry.", is_of_staff=True, user=None, at=ASKED + DAY)
    assert look_at_note(note_id=ours.pk, at=ASKED + DAY) is None


# The desk


def test_a_task_is_taken_and_given_back(in_acme: Merchant) -> None:
    task, who = unhappy(), staff()
    assert take_task(task=task, user=who, at=ASKED).owner == who
    assert [row.task.pk for row in tasks(filters=Filters("mine", who.pk), now=ASKED).rows] == [task.pk]
    assert take_task(task=task, user=None, at=ASKED).owner is None
    assert tasks(filters=Filters("mine", who.pk), now=ASKED).rows == []
    assert tasks(filters=Filters("mine", None), now=ASKED).rows == []


def test_a_task_is_solved_by_a_case_once(in_acme: Merchant) -> None:
    task, who = unhappy(), staff()
    closed = close_task(task=task, state="solved", case=" C-7K3F-9Q2M ", note="sent again", user=who, at=ASKED + HOUR)
    again = close_task(task=task, state="solved", case="C-OTHER", user=None, at=ASKED + DAY)
    assert (closed.case, closed.note, closed.closed_by, closed.closed_at) == ("C-7K3F-9Q2M", "sent again", who, ASKED + HOUR)
    assert (again.case, again.closed_at) == ("C-7K3F-9Q2M", ASKED + HOUR)
    assert events("reviews.task") == ["task.opened", "task.closed"]
    with Unchanged(TaskClosed):
        close_task(task=task, state="dismissed", note="no", user=who, at=ASKED + DAY)
    with Unchanged(TaskClosed):
        take_task(task=task, user=who, at=ASKED + DAY)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"state": "open"}, "state"),
        ({"state": "gone"}, "state"),
        ({"state": "dismissed"}, "note"),
        ({"state": "dismissed", "note": "  "}, "note"),
        ({"state": "solved", "note": "x" * 501}, "note"),
        ({"state": "solved", "case": "<script>"}, "case"),
        ({"state": "solved", "case": "C" * 41}, "case"),
    ],
)
def test_what_cannot_be_closed_so_stays_open(in_acme: Merchant, given: dict[str, Any], field: str) -> None:
    task = unhappy()
    with Unchanged(TaskRefused) as refused:
        close_task(task=task, user=None, at=ASKED, **given)
    assert refused.value.field == field


def test_a_task_opened_again_has_a_new_day(in_acme: Merchant) -> None:
    task = close_task(task=unhappy(), state="dismissed", note="a joke", user=None, at=ASKED + HOUR)
    row = reopen_task(task=task, at=ASKED + DAY)
    assert (row.state, row.due_at, row.closed_at, row.note) == (TaskState.OPEN, ASKED + 3 * DAY, None, "")
    assert reopen_task(task=task, at=ASKED + 2 * DAY).due_at == ASKED + 3 * DAY


def test_the_list_goes_by_the_day_an_answer_is_due_page_by_page(in_acme: Merchant) -> None:
    order = bought()
    made = [
        FeedbackTask.objects.create(order=order, opened_at=ASKED, due_at=ASKED + hours * HOUR, reasons=[["service", 1, 5, "service"]])
        for hours in (30, 10, 20, 10)
    ]
    first = tasks(filters=Filters(), now=ASKED + 15 * HOUR, limit=3)
    second = tasks(filters=Filters(), page=first.next, now=ASKED + 15 * HOUR, limit=3)
    assert [row.task for row in (*first.rows, *second.rows)] == [made[1], made[3], made[2], made[0]]
    assert [(row.left, row.is_late) for row in first.rows] == [(-5 * HOUR, True), (-5 * HOUR, True), (5 * HOUR, False)]
    assert second.next == ""
    assert task_counts(user_id=None, now=ASKED + 15 * HOUR) == {"open": 4, "mine": 0, "overdue": 2}
    assert (overdue(now=ASKED + 15 * HOUR), open_task_orders([order.pk, 0])) == (2, {order.pk})
    for place in ("x", "2026-01-01_1", f"{ASKED.isoformat()}_0", f"{ASKED.isoformat()}_x"):
        with pytest.raises(BadPlace):
            tasks(filters=Filters(), page=place, now=ASKED)


def test_the_list_asks_as_much_for_ten_as_for_one(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    order = bought()
    for n in range(10):
        review = review_row(order, "L1", stars=1, order_line=None, text=f"number {n}")
        look_at_review(review_id=review.pk, at=ASKED)
    with django_assert_num_queries(2):
        page = tasks(filters=Filters(), now=ASKED)
        assert sorted((row.stars, row.words) for row in page.rows) == sorted((1, f"number {n}") for n in range(10))


def test_the_detail_holds_what_an_answer_needs(in_acme: Merchant) -> None:
    product()
    order = bought()
    review = review_row(order, stars=1, text="It arrived late.")
    ParcelRating.objects.create(shipment=parcel_of(order), order=order, delivery=1, service=4, at=ASKED)
    task = look_at_review(review_id=review.pk, at=ASKED)
    assert task is not None
    write_note(review=review, text="Hello?", is_of_staff=False, user=None, at=ASKED)
    detail = task_detail(public_id=task.public_id)
    assert (detail.stars, detail.parcel, detail.line, detail.reply) == (1, parcel_of(order), review.order_line, None)
    assert (detail.parcel_rating.delivery if detail.parcel_rating else None, [note.text for note in detail.notes]) == (1, ["Hello?"])
    with pytest.raises(TaskNotFound):
        task_detail(public_id="nobody")
