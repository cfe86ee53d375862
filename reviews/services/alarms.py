"""Whoever is unhappy is answered: low stars and low scores open a task with a day, several of one review, parcel or answer join one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reviews.events import TASK_CLOSED, TASK_OPENED
from reviews.models import Review, ReviewNote, Survey
from reviews.models.ratings import FeedbackTask, ParcelRating, Rating, SurveyAnswer, SurveyScore
from reviews.rules.alarms import NOTE, Reason, answer_by, is_worse, joined, of_answer, of_parcel, of_review
from reviews.rules.surveys import parse_definition
from reviews.rules.themes import area_of
from reviews.selectors.asking import plan
from reviews.selectors.themes import shared_words
from reviews.services.tasks_desk import open_anew, tell
from reviews.types import Origin, ReviewState, TaskState


def look_at_review(*, review_id: int, at: datetime) -> FeedbackTask | None:
    """Open, change or put away the task of a review by its stars as they are now.

    What was brought along from elsewhere was answered there; what is erased has nobody to answer. While a review waits for its
    decision nothing is done: that there is a task tells the stars to whoever decides.
    """
    review: Review | None = Review.objects.filter(pk=review_id).first()
    if review is None or review.origin == Origin.IMPORT or review.state == ReviewState.PENDING:
        return None
    found: list[Reason] = []
    if review.state != ReviewState.ERASED:
        stars = Rating.objects.filter(review=review).values_list("stars", flat=True).first()
        found = of_review(stars, _area(review)) if stars is not None else []
    return _look(found, at, is_gone=review.state == ReviewState.ERASED, review=review, order_id=review.order_id)


def _area(review: Review) -> str:
    text = "\n".join(part for part in (review.title, review.text, review.cons) if part)
    return area_of(text, review.language, shared_words()) if text else ""


def look_at_parcel(*, rating_id: int, at: datetime) -> FeedbackTask | None:
    """The same for the stars of a parcel."""
    rating: ParcelRating | None = ParcelRating.objects.filter(pk=rating_id).first()
    if rating is None:
        return None
    return _look(of_parcel(rating.delivery, rating.service), at, shipment_id=rating.shipment_id, order_id=rating.order_id)


def look_at_answer(*, answer_id: int, at: datetime) -> FeedbackTask | None:
    """The same for the answers of a survey; each question says itself what is low."""
    answer: SurveyAnswer | None = SurveyAnswer.objects.select_related("survey").filter(pk=answer_id).first()
    if answer is None:
        return None
    lows = _lows(answer.survey)
    rows = SurveyScore.objects.filter(answer=answer).order_by("pk").values_list("question", "kind", "value")
    found = of_answer([(question, kind, value, lows.get(question)) for question, kind, value in rows])
    return _look(found, at, answer=answer, order_id=answer.order_id)


def _lows(survey: Survey) -> dict[str, int | None]:
    return {question.key: question.low for question in parse_definition(survey.definition).questions}


def look_at_note(*, note_id: int, at: datetime) -> FeedbackTask | None:
    """The author wrote in private: whatever the stars, somebody answers."""
    note: ReviewNote | None = ReviewNote.objects.select_related("review").filter(pk=note_id, is_of_staff=False).first()
    if note is None:
        return None
    row = _held(review=note.review)
    reason: Reason = [NOTE, None, None, ""]
    if row is None:
        return _open([reason], at, review=note.review, order_id=note.review.order_id)
    if not any(known[0] == NOTE for known in row.reasons):
        row.reasons = [*row.reasons, reason]
        row.save(update_fields=["reasons"])
    if row.state != TaskState.OPEN:
        open_anew(row, at)
    return row


def _look(found: Sequence[Reason], at: datetime, *, order_id: int | None, is_gone: bool = False, **about: Any) -> FeedbackTask | None:
    row = _held(**about)
    if row is None:
        return _open(found, at, order_id=order_id, **about) if found else None
    _change(row, [] if is_gone else joined(row.reasons, found), at)
    return row


def _held(**about: Any) -> FeedbackTask | None:
    row: FeedbackTask | None = FeedbackTask.objects.select_for_update(no_key=True).filter(**about).first()
    return row


def _open(found: Sequence[Reason], at: datetime, *, order_id: int | None, **about: Any) -> FeedbackTask:
    """One task each, by constraint: whoever comes second at the same moment joins the first."""
    defaults = {"order_id": order_id, "reasons": list(found), "opened_at": at, "due_at": answer_by(at, plan().answer_hours)}
    row: FeedbackTask
    row, is_new = FeedbackTask.objects.get_or_create(**about, defaults=defaults)
    if is_new:
        tell(TASK_OPENED, row, at)
    else:
        _change(row, joined(row.reasons, found), at)
    return row


def _change(row: FeedbackTask, reasons: list[Reason], at: datetime) -> None:
    """What is worse than what was dealt with opens it again, and so does whatever is low where nobody dealt with it.

    What is not low any more puts it away.
    """
    if row.state != TaskState.OPEN and (is_worse(row.reasons, reasons) or (reasons and _is_put_away(row))):
        row.reasons = reasons
        open_anew(row, at)
    elif row.state == TaskState.OPEN and reasons != row.reasons:
        row.reasons = reasons or row.reasons
        if not reasons:
            row.state, row.closed_at = TaskState.DISMISSED, at
        row.save(update_fields=["reasons", "state", "closed_at"])
        if not reasons:
            tell(TASK_CLOSED, row, at)


def _is_put_away(row: FeedbackTask) -> bool:
    """Closed because the stars had risen, not by somebody: staff say why there is nothing to do."""
    return row.state == TaskState.DISMISSED and row.closed_by_id is None and not row.note
