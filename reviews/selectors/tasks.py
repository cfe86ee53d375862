"""Reads of what unhappy words ask of staff: by the day an answer is due, with what was said and what it was about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from orders.models import OrderLine
from reviews.models import ReviewNote, ReviewPhoto, ReviewReply
from reviews.models.ratings import FeedbackTask, ParcelRating, Rating, SurveyScore
from reviews.rules.alarms import NOTE
from reviews.types import TaskState, ThemeArea
from tracking.models import Shipment

PAGE = 50
COUNTED = 5_000  # counts stop here, so that a bad day does not slow the page down
TABS = ("open", "mine", "overdue", "solved", "dismissed")


class TaskNotFound(LookupError):
    """The current merchant has no such task."""


class BadPlace(ValueError):
    """Not a place in a list we gave out."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tasks: a tab, whose, and what they are about (an area; empty: anything)."""

    tab: str = "open"
    user_id: int | None = None
    area: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of the list. `stars` are the product's; `left` is negative when it is late."""

    task: FeedbackTask
    stars: int | None
    words: str
    product_title: str
    reasons: tuple[tuple[str, int | None, int | None], ...]
    left: timedelta

    @property
    def is_late(self) -> bool:
        return self.task.state == TaskState.OPEN and self.left < timedelta(0)


@dataclass(frozen=True, slots=True)
class TaskPage:
    rows: Sequence[TaskRow]
    next: str = ""


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """All a person needs to answer: what was said with its stars, what it was about, and what was answered so far."""

    task: FeedbackTask
    stars: int | None
    parcel: Shipment | None
    parcel_rating: ParcelRating | None
    scores: Sequence[SurveyScore]
    line: OrderLine | None
    photos: Sequence[ReviewPhoto]
    reply: ReviewReply | None
    notes: Sequence[ReviewNote]
    others: Sequence[FeedbackTask] = field(default_factory=tuple)


def tasks(*, filters: Filters, page: str = "", now: datetime, limit: int = PAGE) -> TaskPage:
    """A page of a tab: what is due first first; of what is over the newest first.

    Raises BadPlace; no such tab is a KeyError, no such area a ValueError.
    """
    rows = _of(filters, now)
    is_over = filters.tab in ("solved", "dismissed")
    order = "closed_at" if is_over else "due_at"
    if page:
        moment, id = _read(page)
        newer = Q(**{f"{order}__lt": moment}) | Q(**{order: moment}, pk__lt=id)
        later = Q(**{f"{order}__gt": moment}) | Q(**{order: moment}, pk__gt=id)
        rows = rows.filter(newer if is_over else later)
    found = list(rows.order_by(*((f"-{order}", "-pk") if is_over else (order, "pk")))[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return TaskPage(_rows(found[:limit], now), f"{getattr(last, order).isoformat()}_{last.pk}" if last else "")


def _of(filters: Filters, now: datetime) -> "QuerySet[FeedbackTask]":
    chosen: Mapping[str, Q] = {
        "open": Q(state=TaskState.OPEN),
        "mine": Q(state=TaskState.OPEN, owner=filters.user_id) if filters.user_id else Q(pk=None),
        "overdue": Q(state=TaskState.OPEN, due_at__lt=now),
        "solved": Q(state=TaskState.SOLVED),
        "dismissed": Q(state=TaskState.DISMISSED),
    }
    rows = _whole().filter(chosen[filters.tab])
    return rows.filter(_is_about(ThemeArea(filters.area))) if filters.area else rows


def _is_about(area: ThemeArea) -> Func:
    """Whether one of the reasons is about it: the fourth of each."""
    path = Value(f'strict $[*] ? (@[3] == "{area.value}")')
    return Func(F("reasons"), path, template="jsonb_path_exists(%(expressions)s::jsonpath)", output_field=BooleanField())


def _whole() -> "QuerySet[FeedbackTask]":
    return FeedbackTask.objects.select_related("order__customer", "review", "answer__survey", "shipment", "owner")


def _rows(found: Sequence[FeedbackTask], now: datetime) -> list[TaskRow]:
    stars = stars_of(task.review_id for task in found if task.review_id is not None)
    texts = {row.shipment_id: row.text for row in ParcelRating.objects.filter(shipment__in=[task.shipment_id for task in found])}
    said = _answers(task.answer_id for task in found if task.answer_id is not None)
    return [
        TaskRow(
            task=task,
            stars=stars.get(task.review_id or 0),
            words=_words(task, texts, said),
            product_title=task.review.product_title if task.review else "",
            reasons=tuple((reason[0], reason[1], reason[2]) for reason in task.reasons),
            left=task.due_at - (task.closed_at or now),
        )
        for task in found
    ]


def _words(task: FeedbackTask, texts: Mapping[int, str], said: Mapping[int, str]) -> str:
    if task.review is not None:
        return task.review.text or task.review.title or task.review.cons
    return said.get(task.answer_id or 0, "") or texts.get(task.shipment_id or 0, "")


def _answers(ids: Iterable[int]) -> dict[int, str]:
    rows = SurveyScore.objects.filter(answer__in=list(ids)).exclude(text="").order_by("-pk")
    return dict(rows.values_list("answer_id", "text"))


def stars_of(review_ids: Iterable[int]) -> dict[int, int]:
    """The stars of some reviews; one query."""
    return dict(Rating.objects.filter(review__in=list(review_ids)).values_list("review_id", "stars"))


def task_of(public_id: str) -> FeedbackTask:
    """Raises TaskNotFound."""
    row: FeedbackTask | None = _whole().filter(public_id=public_id).first()
    if row is None:
        raise TaskNotFound(public_id)
    return row


def task_detail(*, public_id: str) -> TaskDetail:
    """Raises TaskNotFound."""
    task = task_of(public_id)
    review = task.review
    line = OrderLine.objects.select_related("product").filter(pk=review.order_line_id).first() if review and review.order_line_id else None
    shipment = _parcel(task, line)
    others = FeedbackTask.objects.filter(order=task.order_id).exclude(pk=task.pk) if task.order_id else FeedbackTask.objects.none()
    return TaskDetail(
        task=task,
        stars=stars_of([review.pk]).get(review.pk) if review else None,
        parcel=shipment,
        parcel_rating=ParcelRating.objects.filter(shipment=shipment).first() if shipment else None,
        scores=list(SurveyScore.objects.filter(answer=task.answer_id).order_by("pk")) if task.answer_id else [],
        line=line,
        photos=list(ReviewPhoto.objects.filter(review=review, ready_at__isnull=False).defer("body").order_by("pk")) if review else [],
        reply=ReviewReply.objects.filter(review=review).select_related("user").first() if review else None,
        notes=list(ReviewNote.objects.filter(review=review).select_related("user").order_by("at", "pk")) if review else [],
        others=list(others.order_by("-opened_at", "-pk")[:10]),
    )


def _parcel(task: FeedbackTask, line: OrderLine | None) -> Shipment | None:
    """The parcel it is about: the task's own, or the one the reviewed line came in."""
    if task.shipment is not None:
        return task.shipment
    if line is not None:
        came: Shipment | None = Shipment.objects.filter(lines__order_line=line).order_by("-delivered_at", "-pk").first()
        return came
    return None


def task_counts(*, user_id: int | None, now: datetime) -> dict[str, int]:
    """How many are in each tab that is about open ones, counted to five thousand."""
    tabs = ("open", "mine", "overdue")
    return {tab: _of(Filters(tab, user_id), now).order_by()[:COUNTED].count() for tab in tabs}


def overdue(*, now: datetime) -> int:
    """How many answers are late."""
    return FeedbackTask.objects.filter(state=TaskState.OPEN, due_at__lt=now).count()


def open_task_orders(order_ids: Iterable[int]) -> set[int]:
    """Those of the orders somebody is unhappy about and not answered yet: not asked for more meanwhile. One query."""
    rows = FeedbackTask.objects.filter(order__in=list(order_ids), state=TaskState.OPEN)
    return {order_id for order_id in rows.values_list("order_id", flat=True) if order_id is not None}


def has_note(task: FeedbackTask) -> bool:
    """Whether the author wrote in private."""
    return any(reason[0] == NOTE for reason in task.reasons)


def _read(place: str) -> tuple[datetime, int]:
    moment, _, id = place.rpartition("_")
    try:
        at, number = datetime.fromisoformat(moment), int(id)
    except ValueError:
        raise BadPlace(place) from None
    if at.tzinfo is None or not 0 < number < 2**63:
        raise BadPlace(place)
    return at, number
