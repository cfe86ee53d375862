"""What authors type, in a form that is safe to keep and to show: nothing hidden in it, nothing that turns the page round, not too much.

What has a meaning stays as it was typed, `<b>` and all: pages escape it, and a check looks at it (`rules.checks`).
"""

import re
import unicodedata
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from reviews.types import Fit, Words

Refusals = list[tuple[str, str]]

TEXT, TITLE, SIDE, AUTHOR, PARCEL = 5_000, 120, 500, 60, 1_000
MOST = {"title": TITLE, "text": TEXT, "pros": SIDE, "cons": SIDE, "author": AUTHOR}
IN_ONE_LINE = frozenset({"title", "author"})
# Joiners have a meaning in Persian, in the languages of India and in pictures of families; all else of this class hides or turns text.
JOINERS = frozenset("\u200c\u200d")
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by their class, and yet nothing is seen of them
MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?")


def clean_words(words: Words) -> tuple[Words, Refusals]:
    """The words as they are kept, and what is wrong with them, by field."""
    refusals: Refusals = [(name, too_long(most)) for name, most in MOST.items() if _is_far_too_long(getattr(words, name), most)]
    if refusals:
        return words, refusals
    kept: dict[str, Any] = {name: clean(getattr(words, name), is_in_one_line=name in IN_ONE_LINE) for name in MOST}
    refusals = [(name, too_long(most)) for name, most in MOST.items() if len(kept[name]) > most]
    language = words.language.strip().lower()
    if not LANGUAGE.fullmatch(language) or len(language) > 10:
        refusals.append(("language", _("Say which language it is written in.")))
    if words.fit and words.fit not in Fit.values:
        refusals.append(("fit", _("Choose one of: small, true to size, large.")))
    return replace(words, **kept, language=language), refusals


def clean(text: str, *, is_in_one_line: bool = False) -> str:
    """In normal form, without what cannot be seen, without towers of accents, and with one empty line in a row at most."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = "".join(sign for sign in text if _is_kept(sign))
    text = MARKS.sub(lambda tower: tower.group()[:3], text)
    if is_in_one_line:
        text = " ".join(text.split())
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[^\S\n]+\n", "\n", text)).strip()
    return text if any(is_seen(sign) for sign in text) else ""


def clean_parcel(text: str) -> tuple[str, Refusals]:
    """The words about a parcel."""
    if _is_far_too_long(text, PARCEL) or len(kept := clean(text)) > PARCEL:
        return "", [("text", too_long(PARCEL))]
    return kept, []


def is_seen(sign: str) -> bool:
    """A sign somebody can see."""
    return unicodedata.category(sign)[0] not in "CZM" and sign not in BLANK


def too_long(most: int) -> str:
    return _("At most %(most)s characters.") % {"most": f"{most:,}"}


def is_stars(value: object) -> bool:
    """A whole number from one to five; True is none."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5


def _is_kept(sign: str) -> bool:
    return sign == "\n" or sign in JOINERS or not (unicodedata.category(sign) in HIDDEN or sign in BLANK or _is_no_sign(sign))


def _is_no_sign(sign: str) -> bool:
    """A place Unicode never gives to a sign; XML cannot hold two of them at all."""
    return ord(sign) & 0xFFFE == 0xFFFE or "\ufdd0" <= sign <= "\ufdef"


def _is_far_too_long(text: str, most: int) -> bool:
    """So much that reading it is not worth the time, whatever could be cut away."""
    return len(text) > 4 * most + 1_000
