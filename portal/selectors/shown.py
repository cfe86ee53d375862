"""The published reviews of a product, as its page, the part on other pages and the widget show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.selectors import ProductNotFound, product_by_external_id
from portal.formats import language_name
from portal.rules.paths import is_https
from portal.rules.reviews import fit_word, star_word
from portal.rules.shown import Bar, Wanted, badge_states, bars, fit_sentence
from portal.types import State
from reviews.selectors.shown import Score, Shown, Voices, score_of, shown, title_of, voices_of


class NothingKnown(LookupError):
    """No product of this key, and no review of one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A product as far as its reviews are about it. `page_url`: where the shop sells it; "" when it does not say."""

    key: str
    title: str
    page_url: str = ""
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of a review."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Card:
    """One review in words."""

    one: Shown
    author: str
    word: str
    fit: str
    language: str
    badges: Sequence[State]
    photos: Sequence[Photo]
    is_own: bool = False
    voted: bool | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A product's score, and some of its reviews."""

    product: Named
    score: Score
    bars: Sequence[Bar]
    fit: str
    cards: Sequence[Card]
    next: str

    @property
    def mean(self) -> str:
        return f"{self.score.mean:.1f}"

    @property
    def stars(self) -> int:
        """Whole ones, for the drawing beside the number."""
        return round(self.score.mean)


def product_named(key: str) -> Named:
    """The product of the catalogue, else what reviews call it. Raises NothingKnown."""
    try:
        row = product_by_external_id(external_id=key)
    except ProductNotFound:
        title = title_of(key=key)
        if not title:
            raise NothingKnown(key) from None
        return Named(key, title)
    return Named(key, row.title, row.page_url if is_https(row.page_url) else "", row.image_url)


def reviewed(product: Named, wanted: Wanted, *, limit: int, customer_id: int | None = None) -> Reviewed:
    """The score, and the reviews a reader asks for. A constant number of queries."""
    score = score_of([product.key]).get(product.key, Score())
    page = shown(
        key=product.key,
        sort=wanted.sort,
        stars=wanted.stars,
        photos=wanted.photos,
        fit=wanted.fit,
        language=wanted.language,
        after=wanted.after,
        limit=limit,
        score=score,
    )
    ids = [one.public_id for one in page.reviews]
    voices = voices_of(customer_id=customer_id, public_ids=ids) if customer_id is not None and ids else Voices()
    return Reviewed(product, score, bars(score.counts), fit_sentence(score.fits), cards_of(page.reviews, voices), page.next)


def cards_of(rows: Iterable[Shown], voices: Voices | None = None) -> list[Card]:
    """Reviews in words of the reader's language; what their authors wrote stays as it is."""
    return [_card(one, voices or Voices()) for one in rows]


def _card(one: Shown, voices: Voices) -> Card:
    here = get_language() or "en"
    return Card(
        one=one,
        author=one.author or _("A shopper"),
        word=star_word(one.stars),
        fit=fit_word(one.fit),
        language="" if one.language == here else language_name(one.language, language=here),
        badges=badge_states(one.badges, one.origin_name),
        photos=[Photo(reverse("review-photo", args=[photo.public_id]), photo.width, photo.height) for photo in one.photos],
        is_own=one.public_id in voices.own,
        voted=voices.votes.get(one.public_id),
    )
