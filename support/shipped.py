"""The articles the product brings along: words in every language as files, in the order and at the states they are shown."""

import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings

from merchants.types import Language
from support.rules import folded, folded_words
from support.types import Shipped, Stage, Text

BEFORE, COMING, LATE, THERE, BACK, ANY = (str(stage.value) for stage in Stage)
SHIPPED = tuple(
    Shipped(slug, stages, 10 * position)
    for position, (slug, stages) in enumerate(
        (
            ("where-is-my-parcel", (COMING, BEFORE, LATE)),
            ("parcel-is-late", (LATE, COMING)),
            ("delivered-but-not-here", (THERE,)),
            ("change-or-cancel", (BEFORE,)),
            ("pick-up", (COMING, LATE)),
            ("customs", (COMING, LATE)),
            ("send-something-back", (THERE, BACK)),
            ("damaged-or-broken", (THERE, LATE)),
            ("missing-item", (THERE,)),
            ("refund", (BACK,)),
            ("size-care-and-guides", (BEFORE, THERE)),
            ("invoice", (BEFORE, THERE, BACK)),
            ("password-and-email", (ANY,)),
        ),
        start=1,
    )
)
BY_SLUG = {one.slug: one for one in SHIPPED}


@cache
def shipped_text(slug: str, language: str) -> Text:
    """The words of a shipped article; English for a language we do not speak. Raises KeyError for what is not shipped."""
    words = _words(slug, language)
    return Text(words["title"], words["lead"], words["body"])


@cache
def shipped_search(slug: str, language: str) -> tuple[str, str]:
    """Its title, with other words people call it by, and its text, folded for the search."""
    title, text = folded_words(shipped_text(slug, language))
    return f"{title} {folded(_words(slug, language)['also'])}", text


def _words(slug: str, language: str) -> dict[str, str]:
    spoken = language if language in Language.values else Language.EN.value
    path = Path(settings.BASE_DIR) / "templates" / "help" / BY_SLUG[slug].slug / f"{spoken}.toml"
    return {name: str(value).strip() for name, value in tomllib.loads(path.read_text(encoding="utf-8")).items()}
