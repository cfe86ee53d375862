"""The sums that pages read instead of counting: a product's score, and the cells of the fairness page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from reviews.models import Review
from reviews.models.ratings import FairnessCell, ProductScore, Rating
from reviews.rules.tallies import LANGUAGE, Cell, Facts, counted_of, moves

CHUNK = 1000
SCORE = ("n", "n1", "n2", "n3", "n4", "n5", "verified", "photos", "small", "true", "large")
REMEMBER = """
    with told as (select %s::bigint as merchant, unnest(%s::bigint[]) as id, unnest(%s::text[])::jsonb as counted)
    update reviews_rating as rating set counted = told.counted from told
    where rating.id = told.id and rating.merchant_id = told.merchant"""
CELL = ("month", "stars", "state", "ground", "origin", "is_verified", "is_incentivised")


def count_review(*, review_id: int, at: datetime) -> None:
    """Make the sums hold this review as it is now. Twice changes nothing; a review without stars is not counted."""
    count_reviews(review_ids=[review_id], at=at)


def count_reviews(*, review_ids: Sequence[int], at: datetime) -> None:
    """The same for many, with the statements of one.

    Locks are taken in one order (ratings, products, cells, each by its key), so that two at a time wait and never block each other.
    """
    rows = list(Rating.objects.select_for_update().filter(review_id__in=review_ids).order_by("pk"))
    # Read behind the lock: what another transaction was about to change of a review, it has told before it let go.
    reviews = Review.objects.in_bulk([row.review_id for row in rows])
    _recount([(row, counted_of(_facts(reviews[row.review_id], row.stars))) for row in rows], at)


def recount_product(*, key: str, at: datetime) -> int:
    """Count one product's score anew from its reviews, for repair; returns how many are in it. The fairness page is left as it is."""
    ids = list(Review.objects.filter(product_key=key).order_by("pk").values_list("pk", flat=True))
    for row in Rating.objects.select_for_update().filter(review_id__in=ids).order_by("pk"):
        row.counted.pop("score", None)
        row.save(update_fields=["counted"])
    ProductScore.objects.filter(product_key=key).update(languages={}, updated_at=at, **dict.fromkeys(SCORE, 0))
    for first in range(0, len(ids), CHUNK):
        count_reviews(review_ids=ids[first : first + CHUNK], at=at)
    return ProductScore.objects.filter(product_key=key).values_list("n", flat=True).first() or 0


def _facts(review: Review, stars: int) -> Facts:
    return Facts(
        product_key=review.product_key,
        stars=stars,
        state=review.state,
        ground=review.ground,
        origin=review.origin,
        is_verified=review.is_verified,
        is_incentivised=review.is_incentivised,
        has_photos=review.has_photos,
        fit=review.fit,
        language=review.language,
        month=review.written_at.date().replace(day=1),
    )


def _recount(pairs: Sequence[tuple[Rating, dict[str, Any]]], at: datetime) -> None:
    changed = [(row, after) for row, after in pairs if row.counted != after]
    found = moves((row.counted, after) for row, after in changed)
    _move_scores(found.scores, at)
    _move_cells(found.cells)
    _remember(changed)


def _remember(changed: Sequence[tuple[Rating, dict[str, Any]]]) -> None:
    """One statement: a case of thousands of branches, as `bulk_update` writes it, takes seconds."""
    values: list[Any] = [required_merchant_id(), [row.pk for row, _ in changed], [json.dumps(after) for _, after in changed]]
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, values)


def _move_scores(steps: Mapping[str, Mapping[str, int]], at: datetime) -> None:
    if not steps:
        return
    blank = [ProductScore(product_key=key, updated_at=at) for key in steps]
    ProductScore.objects.bulk_create(blank, ignore_conflicts=True)
    rows = list(ProductScore.objects.select_for_update().filter(product_key__in=steps).order_by("product_key"))
    for row in rows:
        _step(row, steps[row.product_key].items())
        row.updated_at = at
    ProductScore.objects.bulk_update(rows, [*SCORE, "languages", "updated_at"], batch_size=CHUNK)


def _step(row: ProductScore, steps: Iterable[tuple[str, int]]) -> None:
    for name, step in steps:
        if name.startswith(LANGUAGE):
            language = name.removeprefix(LANGUAGE)
            row.languages[language] = row.languages.get(language, 0) + step
        else:
            setattr(row, name, getattr(row, name) + step)
    row.languages = {language: n for language, n in row.languages.items() if n}


def _move_cells(steps: Mapping[Cell, int]) -> None:
    if not steps:
        return
    named = {_cell(cell): step for cell, step in steps.items()}
    blank = [FairnessCell(**dict(zip(CELL, cell, strict=True))) for cell in named]
    FairnessCell.objects.bulk_create(blank, ignore_conflicts=True)
    months = {cell[0] for cell in named}
    held = FairnessCell.objects.select_for_update().filter(month__in=months).order_by(*CELL)
    rows = [row for row in held if _place(row) in named]
    for row in rows:
        row.n += named[_place(row)]
    FairnessCell.objects.bulk_update(rows, ["n"], batch_size=CHUNK)


def _cell(cell: Cell) -> tuple[Any, ...]:
    return (date.fromisoformat(cell[0]), *cell[1:])


def _place(row: FairnessCell) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in CELL)
