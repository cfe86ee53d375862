"""Published reviews as everybody may read them, and the score above them. Newest or most helpful first, never by stars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from reviews.models import Review, ReviewPhoto, ReviewReply, ReviewVote
from reviews.models.ratings import ProductScore, Rating
from reviews.rules.ranking import DEFAULT, order_by
from reviews.rules.tallies import mean
from reviews.types import Fit, Origin, PhotoState, ReviewState

MOST = 50  # on one page, however many are asked for


class ReviewNotFound(LookupError):
    """No published review is called so."""


@dataclass(frozen=True, slots=True)
class Score:
    """What is said above a product's reviews; `counts` are those of 1, 2, 3, 4 and 5 stars."""

    n: int = 0
    mean: float = 0.0
    counts: tuple[int, ...] = (0, 0, 0, 0, 0)
    verified: int = 0
    photos: int = 0
    fits: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def fitted(self) -> int:
        """How many said how it fits."""
        return sum(self.fits.values())


@dataclass(frozen=True, slots=True)
class Picture:
    """A published photo."""

    public_id: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The merchant's public answer."""

    text: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One published review. Badges are the system's: verified, incentivised, edited, imported."""

    public_id: str
    product_key: str
    product_title: str
    variant: str
    author: str
    stars: int
    title: str
    text: str
    pros: str
    cons: str
    fit: str
    language: str
    written_at: datetime
    badges: tuple[str, ...]
    origin_name: str
    can_share: bool
    reply: Reply | None
    photos: tuple[Picture, ...]
    helpful: int
    unhelpful: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Some reviews, and what the next page begins after; empty: there is none."""

    reviews: tuple[Shown, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader narrows the reviews to; all of it must fit."""

    stars: int | None = None
    photos: bool = False
    fit: str = ""
    language: str = ""

    def is_empty_in(self, score: Score) -> bool:
        """Whether the score says already that nothing fits: then no index is walked to its end for it."""
        if self.stars is not None and not (1 <= self.stars <= 5 and score.counts[self.stars - 1]):
            return True
        is_missing = self.photos and not score.photos
        return (
            is_missing or bool(self.fit and not score.fits.get(self.fit)) or bool(self.language and not score.languages.get(self.language))
        )


def score_of(keys: Iterable[str]) -> dict[str, Score]:
    """The score of each product that has a published review, by its key. One query."""
    rows = ProductScore.objects.filter(product_key__in={key for key in keys if key}, n__gt=0)
    return {row.product_key: _score(row) for row in rows}


def _score(row: ProductScore) -> Score:
    counts = (row.n1, row.n2, row.n3, row.n4, row.n5)
    fits = {Fit.SMALL.value: row.small, Fit.TRUE.value: row.true, Fit.LARGE.value: row.large}
    languages = dict(sorted(row.languages.items(), key=lambda item: (-item[1], item[0])))
    return Score(row.n, mean(counts), counts, row.verified, row.photos, {fit: n for fit, n in fits.items() if n}, languages)


def shown(  # noqa: PLR0913  each is one thing a reader chooses
    *,
    key: str,
    sort: str = DEFAULT,
    stars: int | None = None,
    photos: bool = False,
    fit: str = "",
    language: str = "",
    after: str = "",
    limit: int = 10,
    score: Score | None = None,
) -> ShownPage:
    """A page of a product's published reviews, behind the review called `after`. At most six queries, whatever their number.

    `score`: the product's, where the caller has it.
    A place that is unknown begins at the top; a sort that is unknown is the newest first.
    """
    narrow = Filter(stars, photos, fit, language)
    if narrow.is_empty_in(score or score_of([key]).get(key, Score())):
        return ShownPage((), "")
    rows = _narrowed(_published().filter(product_key=key), narrow)
    return _page(rows, order_by(sort), after, max(1, min(limit, MOST)))


def one_shown(public_id: str) -> Shown:
    """One published review. Raises ReviewNotFound."""
    row = _with_parts(_published().filter(public_id=public_id)).first()
    if row is None:
        raise ReviewNotFound(public_id)
    return _shown(row)


def shareable(*, after: str = "", limit: int = MOST, since: datetime | None = None) -> ShownPage:
    """Published reviews, of all products, whose authors allow showing them elsewhere; newest first. Never those of another system."""
    rows = _published().filter(can_share=True).exclude(origin=Origin.IMPORT)
    return _page(rows.filter(published_at__gte=since) if since else rows, order_by(DEFAULT), after, limit)


def _published() -> QuerySet[Review]:
    rows: QuerySet[Review] = Review.objects.filter(state=ReviewState.PUBLISHED, published_at__isnull=False)
    return rows


def _photos() -> QuerySet[ReviewPhoto]:
    rows: QuerySet[ReviewPhoto] = ReviewPhoto.objects.filter(state=PhotoState.PUBLISHED, consented_at__isnull=False, ready_at__isnull=False)
    return rows


def _narrowed(rows: QuerySet[Review], narrow: Filter) -> QuerySet[Review]:
    wanted = Q()
    if narrow.stars is not None:
        wanted &= Q(ratings__stars=narrow.stars)
    if narrow.photos:
        wanted &= Q(has_photos=True)
    if narrow.fit:
        wanted &= Q(fit=narrow.fit)
    if narrow.language:
        wanted &= Q(language=narrow.language)
    return rows.filter(wanted)


def _page(rows: QuerySet[Review], by: tuple[str, ...], after: str, limit: int) -> ShownPage:
    if after:
        rows = rows.filter(_behind(after, [name.removeprefix("-") for name in by]))
    found = list(_with_parts(rows).order_by(*by)[: limit + 1])
    return ShownPage(tuple(_shown(row) for row in found[:limit]), found[limit - 1].public_id if len(found) > limit else "")


def _behind(after: str, by: list[str]) -> Q:
    """Rows after that review in this order. It may have been withdrawn since: its place is still its place."""
    place = Review.objects.filter(public_id=after).values(*by).first()
    if place is None or place["published_at"] is None:
        return Q()
    behind = Q(id__lt=place["id"])
    for name in reversed(by[:-1]):
        # `<=` first: an index can start there, which it cannot on an OR alone.
        behind = Q(**{f"{name}__lte": place[name]}) & (Q(**{f"{name}__lt": place[name]}) | behind)
    return behind


def _with_parts(rows: QuerySet[Review]) -> QuerySet[Review]:
    return rows.prefetch_related(
        Prefetch("ratings", queryset=Rating.objects.only("merchant_id", "review_id", "stars")),
        Prefetch("replies", queryset=ReviewReply.objects.all()),
        Prefetch("photos", queryset=_photos().defer("body").order_by("pk")),
    )


def badges_of(row: Review) -> tuple[str, ...]:
    """What the system says about a review, whoever wrote it."""
    told = {
        "verified": row.is_verified and row.origin != Origin.IMPORT,
        "matched": row.is_verified and row.origin == Origin.IMPORT,
        "incentivised": row.is_incentivised,
        "edited": row.is_edited,
        "imported": row.origin == Origin.IMPORT,
    }
    return tuple(name for name, is_so in told.items() if is_so)


def _shown(row: Review) -> Shown:
    reply = next(iter(row.replies.all()), None)
    return Shown(
        public_id=row.public_id,
        product_key=row.product_key,
        product_title=row.product_title,
        variant=row.variant_title,
        author=row.author,
        stars=next((rating.stars for rating in row.ratings.all()), 0),
        title=row.title,
        text=row.text,
        pros=row.pros,
        cons=row.cons,
        fit=row.fit,
        language=row.language,
        written_at=row.written_at,
        badges=badges_of(row),
        origin_name=row.origin_name,
        can_share=row.can_share,
        reply=Reply(reply.text, reply.language, reply.edited_at or reply.at) if reply else None,
        photos=tuple(Picture(photo.public_id, photo.width, photo.height) for photo in row.photos.all()),
        helpful=row.helpful,
        unhelpful=row.unhelpful,
    )


@dataclass(frozen=True, slots=True)
class Voices:
    """What of some reviews is a shopper's own: those they wrote, and those they voted about."""

    own: frozenset[str] = frozenset()
    votes: Mapping[str, bool] = field(default_factory=dict)


def voices_of(*, customer_id: int, public_ids: Iterable[str]) -> Voices:
    """Two queries."""
    ids = list(public_ids)
    own = Review.objects.filter(public_id__in=ids, customer=customer_id).values_list("public_id", flat=True)
    votes = ReviewVote.objects.filter(review__public_id__in=ids, customer=customer_id).values_list("review__public_id", "is_helpful")
    return Voices(frozenset(own), dict(votes))


def published(*, public_id: str) -> Review:
    """The row of a published review, for a vote. Raises ReviewNotFound."""
    row = _published().filter(public_id=public_id).first()
    if row is None:
        raise ReviewNotFound(public_id)
    return row


def title_of(*, key: str) -> str:
    """What the product was called when it was last reviewed; "" when it never was."""
    newest = _published().filter(product_key=key).order_by(*order_by(DEFAULT)).values_list("product_title", flat=True)
    return newest.first() or ""
