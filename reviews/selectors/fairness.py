"""What a merchant shows in public about how its reviews come about: how many were written, published and not, and why not.

Read from the cells that every change of a review moves (`services.tallies`), so that it can be recomputed by anybody who exports them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from django.db.models import Count

from reviews.models import Review, ReviewChange, ReviewImport
from reviews.models.ratings import FairnessCell
from reviews.rules.stats import share
from reviews.rules.tallies import STARS
from reviews.types import Ground, Origin, ReviewState, Step

SAMPLE = 2_000  # newest reviews the usual time until a decision is read from
HEAD = ("month", "stars", "state", "ground", "origin", "verified", "incentivised", "reviews")


@dataclass(frozen=True, slots=True)
class StarRate:
    """Reviews of so many stars: written, decided, published. One that waits is in none of them until it is decided or taken back:
    whoever decides reads this page too, and where one waits it would tell its stars.

    `low` and `high`: between which the share lies, 19 times of 20; None while none is decided.
    """

    stars: int
    written: int
    decided: int
    published: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class GroundCount:
    """How many texts and pictures were not published for a ground."""

    ground: Ground
    texts: int
    pictures: int


@dataclass(frozen=True, slots=True)
class FairnessPage:
    """All of it, since the first of a month."""

    since: date
    written: int
    published: int
    rejected: int
    pending: int
    withdrawn: int
    rates: tuple[StarRate, ...]
    log: tuple[GroundCount, ...]
    verified: float
    incentivised: float
    origins: dict[str, int]
    imported_from: tuple[str, ...]
    hours: float | None

    @property
    def is_even(self) -> bool:
        """Whether one share of all fits into every star's interval: then the difference is what chance makes of it."""
        decided = sum(rate.decided for rate in self.rates)
        overall = self.published / decided if decided else 0.0
        return all(rate.low <= overall <= rate.high for rate in self.rates if rate.low is not None and rate.high is not None)


def fairness(*, since: datetime) -> FairnessPage:
    """The page's figures, from the first of that month on. Four queries."""
    first = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    cells = list(FairnessCell.objects.filter(month__gte=first.date()).exclude(n=0))
    states = _sums((cell.state, cell.n) for cell in cells)
    published = [cell for cell in cells if cell.state == ReviewState.PUBLISHED]
    n = states[ReviewState.PUBLISHED]
    return FairnessPage(
        since=first.date(),
        written=states.total(),
        published=n,
        rejected=states[ReviewState.REJECTED],
        pending=states[ReviewState.PENDING],
        withdrawn=states[ReviewState.WITHDRAWN],
        rates=tuple(_rate(stars, [cell for cell in cells if cell.stars == stars]) for stars in reversed(STARS)),
        log=_log(cells, first),
        verified=sum(cell.n for cell in published if cell.is_verified and cell.origin != Origin.IMPORT) / n if n else 0.0,
        incentivised=sum(cell.n for cell in published if cell.is_incentivised) / n if n else 0.0,
        origins=dict(_sums((cell.origin, cell.n) for cell in published).most_common()),
        imported_from=tuple(_imported_from()),
        hours=_hours(first),
    )


def cells_since(*, since: datetime) -> Iterator[tuple[object, ...]]:
    """Every figure behind the page, one line each, the newest month first; what waits is told without its stars."""
    rows = FairnessCell.objects.filter(month__gte=since.date().replace(day=1)).exclude(n=0)
    found: Counter[tuple[object, ...]] = Counter()
    for row in rows.order_by("-month", "-stars", "state", "ground", "origin", "is_verified", "is_incentivised"):
        told = ("yes" if row.is_verified else "no", "yes" if row.is_incentivised else "no")
        stars = row.stars if row.state != ReviewState.PENDING else ""
        found[(f"{row.month:%Y-%m}", stars, row.state, row.ground, row.origin, *told)] += row.n
    return ((*line, n) for line, n in found.items())


def _sums(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, n in pairs:
        found[name] += n
    return found


def _rate(stars: int, cells: Iterable[FairnessCell]) -> StarRate:
    states = _sums((cell.state, cell.n) for cell in cells if cell.state != ReviewState.PENDING)
    published = states[ReviewState.PUBLISHED]
    decided = published + states[ReviewState.REJECTED]
    found = share(published, decided)
    return StarRate(stars, states.total(), decided, published, found.value, found.low, found.high)


def _log(cells: Iterable[FairnessCell], first: datetime) -> tuple[GroundCount, ...]:
    texts = _sums((cell.ground, cell.n) for cell in cells if cell.state == ReviewState.REJECTED)
    rows = ReviewChange.objects.filter(step=Step.PHOTO_REJECTED, at__gte=first).values_list("ground").annotate(n=Count("pk"))
    pictures = dict(rows.order_by())
    return tuple(GroundCount(ground, texts[ground], pictures.get(ground, 0)) for ground in Ground)


def _imported_from() -> Iterable[str]:
    """Under which names reviews were brought along."""
    rows = ReviewImport.objects.filter(taken__gt=0).values_list("origin_name", flat=True)
    return sorted(set(rows.order_by().distinct()))


def _hours(first: datetime) -> float | None:
    """Hours until half of the newest reviews written here were decided."""
    rows = Review.objects.exclude(origin=Origin.IMPORT).filter(written_at__gte=first, decided_at__isnull=False)
    times = list(rows.order_by("-written_at", "-pk").values_list("edited_at", "written_at", "decided_at")[:SAMPLE])
    waits = [max(0.0, (decided - (edited or written)).total_seconds()) / 3600 for edited, written, decided in times if decided]
    return median(waits) if waits else None
