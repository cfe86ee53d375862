"""Reviews brought along from another system: each once, under the name of where it was written, verified only by our own parcels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.models import Product
from events.services import emit_many
from merchants.models import User
from merchants.selectors import current_merchant
from reviews.events import REVIEW_IMPORTED
from reviews.models import Review, ReviewChange, ReviewImport, ReviewPlan
from reviews.models.ratings import Rating
from reviews.rules.checks import flags_of
from reviews.rules.imports import BadFile, ImportRow, RowRefused, parse_row, read_csv
from reviews.rules.moderation import settled_as
from reviews.rules.words import clean
from reviews.selectors.origins import Sold, known_of, products_named, sold_in
from reviews.services.book import refuse
from reviews.services.tallies import count_reviews
from reviews.types import Moderation, Origin, ReviewState, Step, Words

MOST_ROWS, CHUNK, NAMED = 10_000, 500, 1_000
ORIGIN = 60
Entry = tuple[int, Mapping[str, Any], str]  # row, its cells, what is wrong with it as such


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row: a new review, or None when it is here already."""

    review: Review | None


def import_file(*, raw: bytes, origin_name: str, file_name: str, user: User | None, at: datetime) -> ReviewImport:
    """Bring along a CSV file (`rules.imports` says which columns). Refuses (ReviewRefused: file) one that cannot be read, and as below."""
    try:
        entries = list(read_csv(raw))
    except BadFile as error:
        raise refuse("file", str(error)) from None
    return _import(entries, origin_name, file_name, user, at, "file")


def import_reviews(*, rows: Iterable[Mapping[str, Any]], origin_name: str, file_name: str, user: User | None, at: datetime) -> ReviewImport:
    """Bring along rows by their columns; one that cannot be taken is named in the result and hinders no other.

    Refuses (ReviewRefused) a missing name of where they come from (`origin_name`), and none or more than ten thousand (`rows`).
    """
    return _import([(place, row, "") for place, row in enumerate(rows, 1)], origin_name, file_name, user, at, "rows")


def take_review(*, row: ImportRow, origin_name: str, batch: ReviewImport | None, at: datetime) -> Taken:
    """One checked row. Refuses (RowRefused: product, order_number, line) what cannot be said of it; here already, nothing changes."""
    (found,) = take_reviews(rows=[row], origin_name=origin_name, batch=batch, at=at)
    if isinstance(found, RowRefused):
        raise found
    return found


def take_reviews(*, rows: Sequence[ImportRow], origin_name: str, batch: ReviewImport | None, at: datetime) -> list[Taken | RowRefused]:
    """The same for several, with the statements of one; what a row is refused for stands in its place.

    They pass the same checks as what is written here, and are published under the same plan. Nothing follows from them but the sums
    and `reviews.review.imported`: nobody is thanked or written to for words of years ago.
    """
    known = known_of(origin_name=origin_name, ids=[row.id for row in rows])
    products = products_named(row.product for row in rows)
    sold = sold_in(row.order_number for row in rows)
    here = _Here(origin_name, batch, at, _moderation(), set())
    found: list[Taken | RowRefused] = []
    for row in rows:
        if row.id in known:
            found.append(Taken(None))
            continue
        known.add(row.id)
        try:
            found.append(Taken(_review(row, products.get(row.product), _line(row, sold, here.lines), here)))
        except RowRefused as error:
            found.append(error)
    return _stored(found, rows, at)


@dataclass(frozen=True, slots=True)
class _Here:
    """What holds for all rows; `lines` are those a row before has taken."""

    origin_name: str
    batch: ReviewImport | None
    at: datetime
    moderation: str
    lines: set[int]


def _import(entries: Sequence[Entry], origin_name: str, file_name: str, user: User | None, at: datetime, field: str) -> ReviewImport:
    name = clean(origin_name, is_in_one_line=True)
    if not name or len(name) > ORIGIN:
        raise refuse("origin_name", f"Say where they come from, in {ORIGIN} characters at most.")
    if not 0 < len(entries) <= MOST_ROWS:
        raise refuse(field, f"Send 1 to {MOST_ROWS:,} rows.")
    batch: ReviewImport = ReviewImport.objects.create(
        origin_name=name, file_name=clean(file_name)[:200], rows=len(entries), at=at, user=user
    )
    for first in range(0, len(entries), CHUNK):
        _take_part(entries[first : first + CHUNK], batch, at)
    batch.save(update_fields=["taken", "known", "refused"])
    return batch


def _take_part(entries: Sequence[Entry], batch: ReviewImport, at: datetime) -> None:
    merchant = current_merchant()
    zone, refused = ZoneInfo(merchant.timezone), []
    parsed: list[tuple[int, ImportRow]] = []
    for place, raw, problem in entries:
        try:
            if problem:
                raise RowRefused("row", problem)
            parsed.append((place, parse_row(raw, zone=zone, now=at, language=merchant.language)))
        except RowRefused as error:
            refused.append([place, error.field, error.text])
    found = take_reviews(rows=[row for _, row in parsed], origin_name=batch.origin_name, batch=batch, at=at)
    for (place, _), one in zip(parsed, found, strict=True):
        if isinstance(one, RowRefused):
            refused.append([place, one.field, one.text])
        elif one.review is None:
            batch.known += 1
        else:
            batch.taken += 1
    batch.refused = [*batch.refused, *sorted(refused)][:NAMED]


def _line(row: ImportRow, sold: Mapping[str, Sequence[Sold]], taken: set[int]) -> Sold | None:
    """The line of ours it is about, when it names one. Refuses (RowRefused) one that has a review, and one of somebody erased."""
    if row.line and not row.order_number:
        raise RowRefused("line", "Name its order too.")
    mine = [one for one in sold.get(row.order_number, ()) if _is_meant(row, one)]
    if row.line and sold.get(row.order_number) and not mine:
        raise RowRefused("line", "The order has no such line.")
    free = [one for one in mine if not one.is_reviewed and one.line.pk not in taken]
    if mine and not free:
        raise RowRefused("line" if row.line else "order_number", "Has a review already.")
    if not free:
        return None
    if free[0].order.erased_at is not None:
        raise RowRefused("order_number", "The data of this order was erased.")
    taken.add(free[0].line.pk)
    return free[0]


def _is_meant(row: ImportRow, one: Sold) -> bool:
    line = one.line
    if row.line:
        return row.line in (line.external_id, line.public_id)
    return row.product in (line.product.external_id if line.product else "", line.sku)


def _review(row: ImportRow, product: Product | None, sold: Sold | None, here: _Here) -> Review:
    line = sold.line if sold else None
    product = (line.product if line else None) or product
    title = (product.title if product else "") or row.product_title or (line.title if line else "")
    if not title:
        raise RowRefused("product", "No product has this id or article number. Name it by product_title.")
    words = Words(row.text, row.title, row.pros, row.cons, row.fit, row.language, row.author)
    flags = [asdict(flag) for flag in flags_of(words)]
    state = settled_as(moderation=here.moderation, flags=flags, decided="")
    is_published = state == ReviewState.PUBLISHED
    return Review(
        order=sold.order if sold else None,
        order_line=None,  # left free: its buyer may still write, whatever a file says
        customer_id=sold.order.customer_id if sold else None,
        product=product,
        product_key=product.external_id if product else row.product,
        product_title=title,
        variant_title=row.variant or (line.variant_title if line else ""),
        state=state,
        origin=Origin.IMPORT,
        origin_name=here.origin_name,
        origin_id=row.id,
        batch=here.batch,
        is_verified=_is_verified(row, sold),
        is_incentivised=row.is_incentivised,
        author=row.author,
        language=row.language,
        title=row.title,
        text=row.text,
        pros=row.pros,
        cons=row.cons,
        fit=row.fit,
        flags=flags,
        written_at=row.written_at,
        decided_at=here.at if is_published else None,
        published_at=row.written_at if is_published else None,
    )


def _is_verified(row: ImportRow, sold: Sold | None) -> bool:
    """Of a line of ours that had come when it was written. What the other system says of it does not count."""
    return bool(sold and sold.is_whole and sold.delivered_at and sold.delivered_at <= row.written_at)


def _stored(found: list[Taken | RowRefused], rows: Sequence[ImportRow], at: datetime) -> list[Taken | RowRefused]:
    """Write the new ones. What another import wrote a moment before is known."""
    new = [one.review for one in found if isinstance(one, Taken) and one.review]
    if not new:
        return found
    Review.objects.bulk_create(new, ignore_conflicts=True)
    ids = dict(Review.objects.filter(public_id__in=[row.public_id for row in new]).values_list("public_id", "pk"))
    stars = {id(one.review): row.stars for one, row in zip(found, rows, strict=True) if isinstance(one, Taken)}
    kept = [row for row in new if row.public_id in ids]
    for row in kept:
        row.pk = ids[row.public_id]
    Rating.objects.bulk_create([Rating(review=row, stars=stars[id(row)], at=row.written_at) for row in kept])
    ReviewChange.objects.bulk_create(list(_history(kept, at)))
    count_reviews(review_ids=[row.pk for row in kept], at=at)
    emit_many(facts=[(REVIEW_IMPORTED, {"review": row.pk}) for row in kept], at=at)
    return [one if isinstance(one, RowRefused) or one.review is None or one.review.pk else Taken(None) for one in found]


def _history(rows: Iterable[Review], at: datetime) -> Iterator[ReviewChange]:
    for row in rows:
        yield ReviewChange(review=row, step=Step.WRITTEN, at=row.written_at)
        if row.state == ReviewState.PUBLISHED:
            yield ReviewChange(review=row, step=Step.PUBLISHED, at=at)


def _moderation() -> str:
    return ReviewPlan.objects.values_list("moderation", flat=True).first() or Moderation.FLAGGED
