"""Finding themes in what shoppers write: by words anybody can read, never by a model nobody can question.

A theme holds words and phrases per language. Text and words are cut into tokens: runs of letters and digits, and each Chinese
character on its own, as that language sets no spaces. A star at the end of a word stands for any ending. One that begins with `!`
does not count where it is denied just before (`not`, `nicht`, `não`, `tidak`, `不`): `!broken` is not found in "not broken", while
"no quality at all" is about quality. No phrase reaches over the end of a sentence.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reviews.types import ThemeArea

WIDE = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"[{WIDE}]|[^\W_{WIDE}]+|[.;:!?\n。！？；，,]")
STOP = frozenset(".;:!?\n。！？；，,")
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
DENIALS = {
    "en": "not no never without isn wasn doesn didn hasn nothing",
    "de": "nicht kein keine keinen keinerlei nie ohne nichts",
    "id": "tidak bukan tanpa tak nggak gak",
    "pt": "nao sem nenhum nenhuma nunca nada",
    "zh": "不 没 無 无 未 非",
}
TOUCHY = "!"  # before a word that is a trouble itself
NEAR = 2  # tokens before a word in which a denial is looked for
LONGEST_WORD, MOST_WORDS = 60, 80


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text as it is compared, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A theme's word in a text."""

    word: str
    start: int
    end: int


def plain(word: str) -> str:
    """A word as people read it."""
    return word.removeprefix(TOUCHY)


def base(language: str) -> str:
    """`pt-br` and `pt` are one language here, `zh-hans` and `zh` too."""
    return language.lower().replace("_", "-").partition("-")[0]


def fold(word: str, language: str) -> str:
    """One form of a word. German keeps `Größe` and `große` apart, as `groesse` is typed for one of them; others drop their accents."""
    low = unicodedata.normalize("NFKC", word).casefold() if language != "de" else unicodedata.normalize("NFC", word).lower()
    if language == "de":
        return low.translate(GERMAN)
    return "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))


@lru_cache(maxsize=512)  # one text is looked at for every theme
def tokens(text: str, language: str) -> tuple[Token, ...]:
    """The text cut up, ends of sentences as tokens of their own."""
    return tuple(Token(fold(match[0], language), match.start(), match.end()) for match in TOKEN.finditer(text))


def found(text: str, language: str, words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Which of a theme's words stand in the text, each once, in the order they come. Of no known language: the words of all count."""
    return tuple(dict.fromkeys(hit.word for hit in hits(text, language, words)))


def hits(text: str, language: str, words: Mapping[str, Sequence[str]]) -> list[Hit]:
    """The same with their places, for marking them."""
    spoken = _spoken(language, words)
    every = [hit for own in spoken for hit in _hits(tokens(text, own), own, _words_of(own, words))]
    return sorted(every, key=lambda hit: (hit.start, -hit.end))


def _spoken(language: str, words: Mapping[str, Sequence[str]]) -> list[str]:
    known = list(dict.fromkeys(base(name) for name in words))
    return [base(language)] if base(language) in known else known if not language else []


def _words_of(language: str, words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(word for name, some in words.items() if base(name) == language for word in some)


def _hits(text: Sequence[Token], language: str, words: tuple[str, ...]) -> list[Hit]:
    by_first, open_ended = _phrases(language, words)
    denials = frozenset(DENIALS.get(language, "").split())
    places: list[Hit] = []
    for at, token in enumerate(text):
        if token.word in STOP:
            continue
        starts = [*by_first.get(token.word, ()), *(one for one in open_ended if token.word.startswith(one[1][0][0]))]
        for word, phrase in starts:
            if _stands(text, at, phrase) and not (word.startswith(TOUCHY) and _is_denied(text, at, denials)):
                places.append(Hit(plain(word), token.start, text[at + len(phrase) - 1].end))
    return places


Phrase = tuple[tuple[str, bool], ...]


@lru_cache(maxsize=4096)
def _phrases(language: str, words: tuple[str, ...]) -> tuple[dict[str, list[tuple[str, Phrase]]], list[tuple[str, Phrase]]]:
    """Words by their first token, and those whose first token has any ending."""
    by_first: dict[str, list[tuple[str, Phrase]]] = {}
    open_ended: list[tuple[str, Phrase]] = []
    for word in words:
        phrase = phrase_of(word, language)
        if phrase and phrase[0][1]:
            open_ended.append((word, phrase))
        elif phrase:
            by_first.setdefault(phrase[0][0], []).append((word, phrase))
    return by_first, open_ended


def phrase_of(word: str, language: str) -> Phrase:
    """A word or phrase as tokens, each with whether any ending will do."""
    found = [match for match in TOKEN.finditer(word) if match[0] not in STOP]
    return tuple((fold(match[0], language), word[match.end() : match.end() + 1] == "*") for match in found)


def _stands(text: Sequence[Token], at: int, phrase: Phrase) -> bool:
    if at + len(phrase) > len(text):
        return False
    pairs = zip(phrase, text[at : at + len(phrase)], strict=True)
    return all(token.word.startswith(word) if is_open else token.word == word for (word, is_open), token in pairs)


def _is_denied(text: Sequence[Token], at: int, denials: frozenset[str]) -> bool:
    for token in reversed(text[max(0, at - NEAR) : at]):
        if token.word in STOP:
            return False
        if token.word in denials:
            return True
    return False


Shared = Mapping[str, Mapping[str, Sequence[str]]]


def areas_of(text: str, language: str, shared: Shared) -> dict[str, tuple[str, ...]]:
    """What a text is about: area -> the words that tell it. `shared` is area -> language -> words of all its themes.

    The longer phrase counts: in "I did not receive an answer", "not receive" of a parcel is none of the delivery.
    """
    told = {area: hits(text, language, words) for area, words in shared.items()}
    every = [hit for some in told.values() for hit in some]
    kept = {area: [hit for hit in some if not any(_covers(other, hit) for other in every)] for area, some in told.items()}
    return {area: tuple(dict.fromkeys(hit.word for hit in some)) for area, some in kept.items() if some}


def _covers(other: Hit, hit: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and other.end - other.start > hit.end - hit.start


def area_of(text: str, language: str, shared: Shared) -> str:
    """The one area a text is about. Service beside another area follows from it: of a parcel that was late, and nobody answered.

    Empty when none is found, or delivery and product both: who judges by it says nothing then rather than something wrong.
    """
    told = [area for area in areas_of(text, language, shared) if area != ThemeArea.SERVICE]
    if not told:
        return ThemeArea.SERVICE.value if areas_of(text, language, shared) else ""
    return told[0] if len(told) == 1 else ""


def shared_by_area(themes: Iterable[tuple[str, Mapping[str, Sequence[str]]]]) -> dict[str, dict[str, list[str]]]:
    """The words of themes, as (area, words by language), gathered by area."""
    shared: dict[str, dict[str, list[str]]] = {}
    for area, words in themes:
        for language, some in words.items():
            shared.setdefault(area, {}).setdefault(language, []).extend(some)
    return shared


def check_words(words: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """What is wrong with words somebody gave: (language, word, why)."""
    wrong = [(language, word, why) for language, some in words.items() for word in some if (why := _wrong(word, base(language)))]
    return wrong + [(language, "", "too_many") for language, some in words.items() if len(some) > MOST_WORDS]


def _wrong(word: str, language: str) -> str:
    if len(word) > LONGEST_WORD:
        return "too_long"
    phrase = phrase_of(word, language)
    if not phrase:
        return "empty"
    # `a*` would be found in every second word, and nobody would know why.
    return "too_short" if any(is_open and len(token) < 3 for token, is_open in phrase) else ""


def trend_of(weeks: Sequence[int]) -> str:
    """Whether the newer half of some weeks holds clearly more or fewer than the older: `up`, `down`, or empty.

    Clearly: the halves differ by more than twice the square root of their sum, which chance does once in twenty times
    (counts are Poisson; their difference has the variance of their sum).
    """
    middle = len(weeks) // 2
    before, after = sum(weeks[:middle]), sum(weeks[len(weeks) - middle :])
    if abs(after - before) <= 2 * (before + after) ** 0.5:
        return ""
    return "up" if after > before else "down"


def most_of(words: Iterable[Iterable[str]], limit: int) -> list[tuple[str, int]]:
    """Which words a theme was found by most."""
    return Counter(word for some in words for word in some).most_common(limit)
