"""Published reviews in words: badges, bars, how it fits, and what a reader narrows them to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from portal.types import State
from reviews.types import Fit, Ground

SORTS = ("newest", "helpful")
WIDTH = 100  # of a whole bar, in units of its drawing


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a product's reviews a reader wants to see, and from where on."""

    sort: str = "newest"
    stars: int | None = None
    photos: bool = False
    fit: str = ""
    language: str = ""
    after: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.stars or self.photos or self.fit or self.language)

    @property
    def query(self) -> str:
        """As an address says it; what is usual is left out."""
        told = {
            "sort": self.sort if self.sort != SORTS[0] else "",
            "stars": str(self.stars or ""),
            "photos": "1" if self.photos else "",
            "fit": self.fit,
            "language": self.language,
            "after": self.after,
        }
        return urlencode({name: value for name, value in told.items() if value})

    def but(self, **changed: object) -> "Wanted":
        """The same with something else chosen; it begins at the top again."""
        return replace(self, **{"after": "", **changed})  # type: ignore[arg-type]  # the names are this class's own


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """What an address asks for; anything that is no choice is as if it were not there."""
    sort, stars, fit = query.get("sort", ""), query.get("stars", ""), query.get("fit", "")
    language, after = query.get("language", ""), query.get("after", "")
    return Wanted(
        sort=sort if sort in SORTS else SORTS[0],
        stars=int(stars) if stars in ("1", "2", "3", "4", "5") else None,
        photos=query.get("photos") == "1",
        fit=fit if fit in Fit.values else "",
        language=language if len(language) <= 10 and language.replace("-", "").isalnum() else "",
        after=after if len(after) <= 22 and after.isascii() and after.isprintable() else "",
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave so many stars: the number, its part of all, and how long its bar is."""

    stars: int
    n: int
    percent: int
    width: str


def bars(counts: tuple[int, ...]) -> list[Bar]:
    """Five bars, most stars first. Each is as long as its share of all, so that bars of two products compare."""
    whole = sum(counts)
    return [
        Bar(stars, n, round(100 * n / whole) if whole else 0, f"{WIDTH * n / whole:.1f}" if whole else "0")
        for stars, n in reversed(list(enumerate(counts, 1)))
    ]


def fit_sentence(fits: Mapping[str, int]) -> str:
    """What most say about the size, and of how many; "" when nobody said anything."""
    n = sum(fits.values())
    if not n:
        return ""
    most, count = max(fits.items(), key=lambda item: item[1])
    if 2 * count <= n:
        return _("Opinions differ about its size: of %(n)s who said how it fits, no half agrees.") % {"n": n}
    words = {
        Fit.SMALL: _("It runs small, say %(count)s of %(n)s."),
        Fit.TRUE: _("It is true to size, say %(count)s of %(n)s."),
        Fit.LARGE: _("It runs large, say %(count)s of %(n)s."),
    }
    return words[Fit(most)] % {"count": count, "n": n}


def badge_states(badges: tuple[str, ...], origin_name: str) -> list[State]:
    """What the system says about a review, as badges: each an icon and words."""
    words = {
        "verified": State("good", "done", _("Bought here")),
        "matched": State("idle", "box", _("The order is known")),
        "incentivised": State("info", "info", _("Something was given for writing it")),
        "edited": State("idle", "clock", _("Changed by its author")),
        "imported": State("idle", "download", _("Written at %(origin)s") % {"origin": origin_name}),
    }
    return [words[name] for name in badges]


def grounds() -> list[tuple[str, str]]:
    """Every reason for which something is not published, as it is told in public."""
    return [(ground.value, str(ground.label)) for ground in Ground]
