"""Finding words: one form for what is written and what is asked, and a search that forgives."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

LONGEST_QUERY, MOST_WORDS, LONGEST_MISS = 100, 8, 80
WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
EMAIL, DIGITS = re.compile(r"\S+@\S+"), re.compile(r"\+?\d(?:[\s./-]?\d){4,}")
# Words that stand in every article and every question.
STOP_WORDS = """
    a an and are can do does for how i in is it my of on the to was what when where will with you your
    das der die ein eine ich ist kann mein meine meinen mit nicht und von was wann wie wo zu
    apa bagaimana dan di ini itu kapan ke mana saya untuk yang
    as com como da de do e em eu minha meu na no o onde os para por qual quando que um uma
"""
STOP = frozenset(STOP_WORDS.split())
T = TypeVar("T")


def folded(value: str) -> str:
    """Lower case without accents and signs, words set apart by one space: `Rücksendung, Größe` becomes `rucksendung grosse`."""
    plain = unicodedata.normalize("NFKD", value.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def looked_for(query: str) -> tuple[str, ...]:
    """The words of a question that are worth looking for. Chinese, written without spaces, is cut into pairs."""
    words: list[str] = []
    for word in folded(query[:LONGEST_QUERY]).split():
        rest = WIDE.sub(" ", word).split()
        words += [pair for run in WIDE.findall(word) for pair in _pairs(run)] + rest
    unique = list(dict.fromkeys(words))
    return tuple([word for word in unique if word not in STOP] or unique)[:MOST_WORDS]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def ranked(rows: Iterable[tuple[T, str, str]], words: Sequence[str]) -> list[T]:
    """Rows (what, its folded title, its folded words) that answer, best first.

    Those with every word come alone when there are any; else those with at least half of them. A word of the title weighs more.
    """
    scored: list[tuple[int, int, int, T]] = []
    for place, (row, title, text) in enumerate(rows):
        hits = sum(_stem(word) in text or _stem(word) in title for word in words)
        in_title = sum(_stem(word) in title for word in words)
        if hits and hits * 2 >= len(words):
            scored.append((hits, in_title, -place, row))
    best = max((hits for hits, *_ in scored), default=0)
    kept = [one for one in scored if best < len(words) or one[0] == best]
    return [row for *_, row in sorted(kept, key=lambda one: one[:3], reverse=True)]


def _stem(word: str) -> str:
    """The word without what languages hang onto it: `returns` finds `return`, `Paketen` finds `Paket`."""
    for tail in ("ungen", "ing", "es", "en", "ed", "s", "e", "n"):
        if len(word) - len(tail) >= 4 and word.endswith(tail):
            return word.removesuffix(tail)
    return word


def without_contacts(value: str, *, longest: int) -> str:
    """What a stranger typed, on one line, without addresses and numbers that could lead to a person."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * longest]).split())
    return DIGITS.sub("…", EMAIL.sub("…", line))[:longest].strip()


def slug_from(title: str) -> str:
    """An address made from a title; "" when it has no letters of the alphabet."""
    ascii_only = "".join(c if c.isascii() else " " for c in folded(title))
    return "-".join(ascii_only.split())[:50].strip("-")
