"""What waits for a look, the longest first. Stars are not among what is read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, QuerySet

from reviews.models import Review, ReviewChange, ReviewPhoto
from reviews.types import Flag, Ground, PhotoState, ReviewState, Step

PAGE = 25
COUNTED = 1000  # counts stop here, so that a bad day does not slow the page down
DECISIONS = (Step.PUBLISHED, Step.REJECTED, Step.RESTORED, Step.PHOTO_PUBLISHED, Step.PHOTO_REJECTED)


class NoSuchReview(LookupError):
    """The current merchant has no such review."""


class BadPage(ValueError):
    """Not a page of this list."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A review somebody should look at, its words or its pictures. `before`: the words an edit replaced last."""

    review: Review
    flags: Sequence[Flag]
    photos: Sequence[ReviewPhoto]
    waits_since: datetime
    is_text_decided: bool
    before: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of what waits; `count` stops at `COUNTED`."""

    rows: Sequence[Waiting]
    page: int
    pages: int
    count: int


def queue(*, page: int = 1) -> Queue:
    """Reviews whose words or pictures wait, the longest first. Raises BadPage; five queries, whatever waits."""
    if page < 1:
        raise BadPage(str(page))
    count = len(_waiting()[:COUNTED])
    pages = max(1, -(-count // PAGE))
    if page > pages:
        raise BadPage(str(page))
    ids = [id for id, _ in _waiting()[(page - 1) * PAGE : page * PAGE]]
    rows = _looked_at(Review.objects.filter(pk__in=ids)).in_bulk(ids)
    return Queue([waiting(rows[id]) for id in ids if id in rows], page, pages, count)


def _waiting() -> "QuerySet[Any, Any]":
    """Ids of reviews with when they were written: words that wait, and published ones with a picture that does."""
    words = Review.objects.filter(state=ReviewState.PENDING)
    pictures = Review.objects.filter(pk__in=_pending_photos().values("review_id"), state=ReviewState.PUBLISHED)
    both = words.values_list("id", "written_at").union(pictures.values_list("id", "written_at"))
    return both.order_by("written_at", "id")


def _pending_photos() -> "QuerySet[ReviewPhoto]":
    return ReviewPhoto.objects.filter(review__isnull=False, state=PhotoState.PENDING, ready_at__isnull=False, consented_at__isnull=False)


def _looked_at(rows: "QuerySet[Review]") -> "QuerySet[Review]":
    photos = Prefetch("photos", queryset=ReviewPhoto.objects.defer("body").filter(ready_at__isnull=False).order_by("pk"))
    edits = Prefetch("changes", queryset=ReviewChange.objects.filter(step=Step.EDITED).order_by("-at", "-pk"), to_attr="edits")
    return rows.select_related("product", "order").prefetch_related(photos, edits)


def waiting(row: Review) -> Waiting:
    """One as the queue shows it."""
    edits: list[ReviewChange] = row.edits  # type: ignore[attr-defined]  # of `_looked_at`
    return Waiting(
        review=row,
        flags=flags(row),
        photos=list(row.photos.all()),
        waits_since=row.edited_at or row.written_at,
        is_text_decided=row.state != ReviewState.PENDING,
        before=edits[0].before if edits else {},
    )


def flags(row: Review) -> list[Flag]:
    """What the checks found in it."""
    return [Flag(**found) for found in row.flags]


def one_waiting(*, public_id: str) -> Waiting:
    """One review, decided or not. Raises NoSuchReview."""
    row = _looked_at(Review.objects.filter(public_id=public_id).exclude(state=ReviewState.ERASED)).first()
    if row is None:
        raise NoSuchReview(public_id[:64])
    return waiting(row)


def reviews_named(*, public_ids: Sequence[str]) -> list[Review]:
    """Those of them there are, the oldest first."""
    return list(Review.objects.filter(public_id__in=public_ids).exclude(state=ReviewState.ERASED).order_by("written_at", "pk"))


def history(*, review: Review) -> list[ReviewChange]:
    """What happened to it, the oldest first, with who did it."""
    return list(ReviewChange.objects.filter(review=review).select_related("user").order_by("at", "pk"))


def count_waiting() -> int:
    """How many reviews wait for a look; stops at `COUNTED`. One query."""
    return len(_waiting()[:COUNTED])


def decided_by_ground(*, since: datetime) -> dict[str, int]:
    """How many were not published for which ground since then; one query."""
    rows = ReviewChange.objects.filter(step=Step.REJECTED, at__gte=since).values("ground").annotate(n=Count("pk")).order_by()
    found = {row["ground"]: row["n"] for row in rows}
    return {ground: found.get(ground, 0) for ground in Ground.values}
