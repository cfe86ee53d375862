"""Reviews and surveys in words: stars, states, grounds; and what was typed into their forms. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from portal.rules.drafts import tidy
from portal.types import State
from reviews.types import Fit, Ground, PhotoState, ReviewState

LONGEST = {"title": 120, "text": 5_000, "pros": 500, "cons": 500, "author": 60}
FOLDED = frozenset({"title", "pros", "cons"})  # shown when asked for
# What a shop calls a size in the languages we know; anything else has no fit to ask about.
SIZES = frozenset({"size", "sizes", "größe", "grösse", "konfektionsgröße", "schuhgröße", "ukuran", "tamanho", "尺码", "尺寸"})


def star_words() -> list[tuple[int, str]]:
    """One to five stars, each with its word."""
    return [(1, _("Poor")), (2, _("Fair")), (3, _("Okay")), (4, _("Good")), (5, _("Very good"))]


def star_word(stars: int) -> str:
    """The word of so many stars; "" for a number that is none."""
    return dict(star_words()).get(stars, "")


def stars_in(text: str) -> int | None:
    """One to five as typed or tapped; None for anything else."""
    return int(text) if text in ("1", "2", "3", "4", "5") else None


def review_state(state: str) -> State:
    """A review's state as a badge."""
    words = {
        ReviewState.PENDING: State("info", "hourglass", _("Waits for a look")),
        ReviewState.PUBLISHED: State("good", "done", _("Published")),
        ReviewState.REJECTED: State("warn", "stop", _("Not published")),
        ReviewState.WITHDRAWN: State("idle", "return", _("You took it back")),
        ReviewState.ERASED: State("idle", "stop", _("Erased")),
    }
    return words[ReviewState(state)]


def photo_state(state: str) -> State:
    """A picture's state as a badge."""
    words = {
        PhotoState.PENDING: State("info", "hourglass", _("Waits for a look")),
        PhotoState.PUBLISHED: State("good", "done", _("Shown")),
        PhotoState.REJECTED: State("warn", "stop", _("Not shown")),
    }
    return words[PhotoState(state)]


def ground_words(ground: str) -> str:
    """Why something is not published, and what to do about it; "" for no ground."""
    words = {
        Ground.PERSONAL_DATA: _("It names somebody, or tells how to reach them. Leave that out, and it can be published."),
        Ground.ABUSE: _("It insults, threatens or is obscene. Say it in other words, and it can be published."),
        Ground.OFF_TOPIC: _("It is about something else than the product. For the delivery or our service there are stars of their own."),
        Ground.OTHER_PRODUCT: _("It seems to be about another product. Write about this one, and it can be published."),
        Ground.UNLAWFUL: _("It breaks the law, or advertises. Leave that out, and it can be published."),
    }
    return words[Ground(ground)] if ground in Ground.values else ""


def fit_words() -> list[tuple[str, str]]:
    """How it fits, each answer with its words."""
    return [(Fit.SMALL.value, _("Runs small")), (Fit.TRUE.value, _("True to size")), (Fit.LARGE.value, _("Runs large"))]


def fit_word(fit: str) -> str:
    """The words of one answer; "" where none was given."""
    return dict(fit_words()).get(fit, "")


def has_fit(options: object) -> bool:
    """Whether to ask how it fits: it was bought in a size."""
    return isinstance(options, Mapping) and any(str(name).strip().casefold() in SIZES for name in options)


@dataclass(frozen=True, slots=True)
class Typed:
    """What is in the form of one line."""

    stars: int | None = None
    title: str = ""
    text: str = ""
    pros: str = ""
    cons: str = ""
    fit: str = ""
    language: str = ""
    author: str = ""
    can_share: bool = False
    photos: tuple[str, ...] = ()
    is_consented: bool = False

    @property
    def has_more(self) -> bool:
        """Whether anything stands in the part of the form that is folded."""
        return bool(self.title or self.pros or self.cons)


def typed_in(form: Mapping[str, str], *, photos: Iterable[str] = ()) -> Typed:
    """As it was sent. Free text keeps all that was typed: what is too long is for the service to refuse, not for us to cut."""
    return Typed(
        stars=stars_in(form.get("stars", "")),
        **{name: tidy(form.get(name, "")) for name in LONGEST},
        fit=_one_of(form.get("fit", ""), Fit.values),
        language=form.get("language", "")[:10],
        can_share=form.get("can_share", "") == "on",
        photos=tuple(photos),
        is_consented=form.get("consent", "") == "on",
    )


def kept(typed: Typed) -> dict[str, Any]:
    """As a draft keeps it: texts and lists of texts, as a form sends them, and nothing longer than its field takes."""
    words: dict[str, Any] = {name: getattr(typed, name)[:most] for name, most in LONGEST.items()}
    ticked = {"can_share": _tick(typed.can_share), "consent": _tick(typed.is_consented)}
    stars = str(typed.stars or "")
    return {**words, **ticked, "stars": stars, "fit": typed.fit, "language": typed.language, "photos": list(typed.photos)}


def typed_of(data: object) -> Typed:
    """Back from a draft; what is not as we wrote it is left out."""
    if not isinstance(data, Mapping):
        return Typed()
    photos = data.get("photos")
    form = {str(name): value for name, value in data.items() if isinstance(value, str)}
    return typed_in(form, photos=[one for one in photos if isinstance(one, str)] if isinstance(photos, list) else ())


def _tick(is_ticked: bool) -> str:
    return "on" if is_ticked else ""


def is_blank(typed: Typed) -> bool:
    """Whether there is nothing in it worth keeping."""
    return typed.stars is None and not any((typed.title, typed.text, typed.pros, typed.cons, typed.fit, typed.photos))


def _one_of(value: str, values: Iterable[str]) -> str:
    return value if value in values else ""


def thanks_words(*, percent: Decimal | None = None, amount: str = "") -> str:
    """What is given to whoever writes: a share, or an amount."""
    what = f"{percent.normalize():f}\u00a0%" if percent is not None else amount
    return _("%(worth)s off the next order") % {"worth": what}
