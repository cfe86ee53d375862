"""Reads of what shoppers raise: themes by weight and week, who said what, and by which words it was found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet

from reviews.models import Theme, ThemeMark, Voice
from reviews.rules.shipped_themes import SHIPPED
from reviews.rules.themes import Hit, hits, most_of, shared_by_area, trend_of
from reviews.types import ThemeArea, ThemeState

WEEK = timedelta(days=7)
WEEKS = 8
PAGE = 50
MARKED = 500  # newest marks by which the commonest words of a theme are told


class ThemeNotFound(LookupError):
    """The current merchant has no such theme."""


class BadPlace(ValueError):
    """Not a place in a list we gave out."""


@dataclass(frozen=True, slots=True)
class TopTheme:
    """A theme, how often it was raised, week by week with the newest last, and where that leads: `up`, `down` or nothing."""

    theme: Theme
    n: int
    weeks: tuple[int, ...]
    trend: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A product, and how often something was raised about it."""

    product_key: str
    title: str
    n: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Words under a theme, and where in them it was found; by hand when nowhere."""

    voice: Voice
    mark: ThemeMark
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class VoicePage:
    rows: Sequence[Heard]
    next: str = ""


def themes() -> "QuerySet[Theme]":
    """All of the merchant's, what they call first first."""
    return Theme.objects.order_by("key")


def theme_of_key(key: str) -> Theme:
    """Raises ThemeNotFound."""
    row: Theme | None = Theme.objects.filter(key=key).first()
    if row is None:
        raise ThemeNotFound(key)
    return row


def shared_words() -> dict[str, dict[str, list[str]]]:
    """Area -> language -> the words of all its themes: the merchant's, or the shipped ones where it has none yet. One query."""
    rows = list(Theme.objects.values_list("area", "words"))
    return shared_by_area(rows or [(theme.area.value, theme.words) for theme in SHIPPED])


def top_themes(*, product_key: str = "", since: datetime, now: datetime) -> list[TopTheme]:
    """Themes by how often they were raised since then, each with its last eight weeks. Two queries."""
    first = now - WEEKS * WEEK
    weekly: dict[int, list[int]] = {}
    counted: dict[int, int] = {}
    about = _marks(product_key).filter(said_at__gt=min(since, first), said_at__lte=now)
    for theme_id, said_at in about.values_list("theme_id", "said_at").iterator(chunk_size=5_000):
        if said_at > first:
            weeks = weekly.setdefault(theme_id, [0] * WEEKS)
            weeks[min(WEEKS - 1, int((said_at - first) / WEEK))] += 1
        if said_at > since:
            counted[theme_id] = counted.get(theme_id, 0) + 1
    known = Theme.objects.in_bulk(list(counted))
    rows = [_top(known[theme_id], n, weekly.get(theme_id, [0] * WEEKS)) for theme_id, n in counted.items()]
    return sorted(rows, key=lambda row: (-row.n, row.theme.key))


def _top(theme: Theme, n: int, weeks: list[int]) -> TopTheme:
    return TopTheme(theme, n, tuple(weeks), trend_of(weeks))


def _marks(product_key: str = "") -> "QuerySet[ThemeMark]":
    rows = ThemeMark.objects.filter(is_off=False).order_by()
    return rows.filter(product_key=product_key) if product_key else rows


def raised_products(*, theme: Theme | None = None, since: datetime, now: datetime, limit: int = 20) -> list[Raised]:
    """The products something was raised about most; of one theme, or of all. Two queries."""
    rows = _marks().exclude(product_key="").filter(said_at__gt=since, said_at__lte=now)
    rows = rows.filter(theme=theme) if theme is not None else rows
    voices = Count("voice", distinct=True)
    counted = list(rows.values_list("product_key").annotate(n=voices).order_by("-n", "product_key")[:limit])
    titles = _titles(key for key, _n in counted)
    return [Raised(key, titles.get(key, key), n) for key, n in counted]


def _titles(keys: Iterable[str]) -> dict[str, str]:
    newest = Voice.objects.filter(product_key__in=list(keys), product__isnull=False).order_by()
    return dict(newest.values_list("product_key").annotate(title=Max("product__title")))


def voices_of(theme: Theme, *, place: str = "", product_key: str = "", is_off: bool = False, limit: int = PAGE) -> VoicePage:
    """Who raised it, newest first, with the words found; `is_off`: what staff took away instead. Raises BadPlace. One query."""
    rows = ThemeMark.objects.filter(theme=theme, is_off=is_off).select_related("voice__order", "voice__product")
    rows = rows.filter(product_key=product_key) if product_key else rows
    if place:
        said_at, id = _read(place)
        rows = rows.filter(said_at__lte=said_at).exclude(said_at=said_at, pk__gte=id)
    found = list(rows.order_by("-said_at", "-pk")[: limit + 1])
    last = f"{found[limit - 1].said_at.isoformat()}_{found[limit - 1].pk}" if len(found) > limit else ""
    return VoicePage([Heard(mark.voice, mark, _hits(theme, mark.voice)) for mark in found[:limit]], last)


def _hits(theme: Theme, voice: Voice) -> tuple[Hit, ...]:
    """Places in the order they stand, none inside another."""
    kept: list[Hit] = []
    for hit in hits(voice.text, voice.language, theme.words):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return tuple(kept)


def _read(place: str) -> tuple[datetime, int]:
    moment, _, id = place.rpartition("_")
    try:
        said_at, number = datetime.fromisoformat(moment), int(id)
    except ValueError:
        raise BadPlace(place) from None
    if said_at.tzinfo is None or not 0 < number < 2**63:
        raise BadPlace(place)
    return said_at, number


def commonest_words(theme: Theme, *, limit: int = 8) -> list[tuple[str, int]]:
    """By which of its words a theme was found most lately."""
    newest = _marks().filter(theme=theme).order_by("-said_at").values_list("found", flat=True)[:MARKED]
    return most_of(newest, limit)


def to_tell(theme: Theme, *, product_key: str = "") -> "QuerySet[ThemeMark]":
    """Marks of those who raised it and were not told yet that something was done."""
    return _marks(product_key).filter(theme=theme, told_at=None, voice__customer__isnull=False, voice__customer__erased_at=None)


def count_to_tell(theme: Theme, *, product_key: str = "") -> int:
    """How many shoppers would be told."""
    return to_tell(theme, product_key=product_key).values("voice__customer").distinct().count()


def silent_voices(*, source: str = "", limit: int = PAGE) -> list[Voice]:
    """The newest words under no theme: where a new one may be hiding."""
    rows = Voice.objects.exclude(marks__is_off=False).select_related("order", "product")
    rows = rows.filter(source=source) if source else rows
    return list(rows.order_by("-said_at", "-pk")[:limit])


def open_areas() -> dict[str, int]:
    """How many open themes each area has."""
    rows = Theme.objects.exclude(state=ThemeState.DONE).values_list("area").annotate(n=Count("pk")).order_by()
    counted = dict(rows)
    return {area: counted.get(area, 0) for area in ThemeArea.values}
