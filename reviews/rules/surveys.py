"""What a survey may hold, and what counts as an answer to it. Pure.

A definition is JSON: `intro` and `thanks` are texts by language; `questions` is a list of {key, kind, text, is_required, choices, low,
reason_text}. On a scale, `low` is the highest number that stands for somebody unhappy, and `reason_text` a follow-up that asks why; its
answer is given under the question's key with `-why` and stored as the words of that answer.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from merchants.types import Language
from reviews.types import QuestionKind

K = QuestionKind
SCALES: dict[str, tuple[int, int]] = {K.CSAT: (1, 5), K.NPS: (0, 10), K.CES: (1, 7)}
# Detractors are 0 to 6 (Reichheld 2003, "The One Number You Need to Grow"); the others are the lower two of five and three of seven.
LOW: dict[str, int] = {K.CSAT: 2, K.NPS: 6, K.CES: 3}
WHY = "-why"
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_QUESTIONS, MAX_CHOICES = 12, 12
LONGEST_TEXT, LONGEST_INTRO, LONGEST_CHOICE, LONGEST_ANSWER = 300, 1_000, 120, 2_000
KNOWN = {"key", "kind", "text", "is_required", "choices", "low", "reason_text"}
Texts = dict[str, str]
Problem = tuple[str, str]


class DefinitionRefused(ValueError):
    """What cannot be asked like this: (field, words) of each problem; `questions.2.text` is the text of the third question."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems))
        self.problems = problems


class AnswerRefused(ValueError):
    """No answer to this survey; `field` is the key of the question, empty when it is all of them."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}" if field else text)
        self.field, self.text = field, text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    key: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `low` None: no number of it stands for somebody unhappy."""

    key: str
    kind: QuestionKind
    text: Texts
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    low: int | None = None
    reason_text: Texts = field(default_factory=dict)

    @property
    def scale(self) -> range:
        """The numbers to choose from, lowest first; none for choices and words."""
        first, last = SCALES.get(self.kind, (0, -1))
        return range(first, last + 1)

    def is_low(self, value: int | None) -> bool:
        """Whether a number stands for somebody unhappy."""
        return value is not None and self.low is not None and value <= self.low


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything a survey asks and says."""

    questions: tuple[Question, ...]
    intro: Texts = field(default_factory=dict)
    thanks: Texts = field(default_factory=dict)

    def question(self, key: str) -> Question | None:
        """The question with this key."""
        return next((one for one in self.questions if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Score:
    """The answer to one question: a number with the words about it, one of several, or words."""

    question: str
    kind: QuestionKind
    value: int | None = None
    choice: str = ""
    text: str = ""


def text_in(texts: Mapping[str, str], language: str, default: str = Language.EN) -> str:
    """A text in a language, else in its plain form, else in the merchant's, else in English, else in any."""
    wanted = (language, language.partition("-")[0], default, Language.EN)
    return next((texts[code] for code in wanted if texts.get(code)), next((text for text in texts.values() if text), ""))


# Reading a definition.


def parse_definition(data: Any) -> Definition:
    """Read what is stored or typed. Refuses (DefinitionRefused) everything unknown, of a wrong kind or too long, all of it at once."""
    reading = _Reading()
    if not isinstance(data, Mapping):
        raise DefinitionRefused([("", _("must be an object"))])
    reading.unknown("", data, {"questions", "intro", "thanks"})
    asked = reading.list("questions", data.get("questions"), MAX_QUESTIONS)
    questions = [one for place, row in enumerate(asked) if (one := reading.question(f"questions.{place}", row)) is not None]
    if not asked and not reading.problems:
        reading.no("questions", _("Ask at least one question."))
    keys = [one.key for one in questions]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        reading.no("questions", _("The key %(key)s is there twice.") % {"key": key})
    intro, thanks = (reading.texts(name, data.get(name, {}), LONGEST_INTRO) for name in ("intro", "thanks"))
    if reading.problems:
        raise DefinitionRefused(reading.problems)
    return Definition(tuple(questions), intro, thanks)


def as_json(definition: Definition) -> dict[str, Any]:
    """The form a definition is stored in; `parse_definition` reads the same again."""
    return {
        "intro": definition.intro,
        "thanks": definition.thanks,
        "questions": [
            {
                "key": one.key,
                "kind": one.kind.value,
                "text": one.text,
                "is_required": one.is_required,
                "choices": [{"key": choice.key, "text": choice.text} for choice in one.choices],
                "low": one.low,
                "reason_text": one.reason_text,
            }
            for one in definition.questions
        ],
    }


class _Reading:
    """What was wrong so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def no(self, place: str, text: str) -> None:
        self.problems.append((place, text))

    def unknown(self, place: str, data: Mapping[Any, Any], known: set[str]) -> None:
        for name in sorted(str(name) for name in data if name not in known):
            self.no(f"{place}.{name}".lstrip("."), _("is not known"))

    def list(self, place: str, data: Any, most: int) -> Sequence[Any]:
        if not isinstance(data, list | tuple):
            self.no(place, _("must be a list"))
            return ()
        if len(data) > most:
            self.no(place, _("at most %(most)s") % {"most": most})
        return data[:most]

    def texts(self, place: str, data: Any, most: int, *, is_needed: bool = False) -> Texts:
        if not isinstance(data, Mapping) or not all(isinstance(text, str) for text in data.values()):
            self.no(place, _("must hold a text for each language"))
            return {}
        self.unknown(place, data, set(Language.values))
        found = {str(code): tidy(text) for code, text in data.items() if code in Language.values and tidy(text)}
        for code, text in found.items():
            if len(text) > most:
                self.no(f"{place}.{code}", _("at most %(most)s characters") % {"most": most})
        if is_needed and not found:
            self.no(place, _("must be there in at least one language"))
        return found

    def key(self, place: str, value: Any) -> str:
        if isinstance(value, str) and KEY.fullmatch(value):
            return value
        self.no(place, _("must be small letters, digits and _, beginning with a letter"))
        return ""

    def flag(self, place: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.no(place, _("must be true or false"))
        return value is True

    def question(self, place: str, data: Any) -> Question | None:
        if not isinstance(data, Mapping):
            self.no(place, _("must be an object"))
            return None
        self.unknown(place, data, KNOWN)
        kind = data.get("kind")
        if kind not in K.values:
            self.no(f"{place}.kind", _("must be one of %(kinds)s") % {"kinds": ", ".join(K.values)})
            return None
        found = K(kind)
        return Question(
            self.key(f"{place}.key", data.get("key")),
            found,
            self.texts(f"{place}.text", data.get("text", {}), LONGEST_TEXT, is_needed=True),
            self.flag(f"{place}.is_required", data.get("is_required", False)),
            self.choices(f"{place}.choices", data.get("choices", []), found),
            self.low(f"{place}.low", data, found),
            self.reason(f"{place}.reason_text", data.get("reason_text", {}), found),
        )

    def choices(self, place: str, data: Any, kind: QuestionKind) -> tuple[Choice, ...]:
        rows = self.list(place, data, MAX_CHOICES)
        if kind != K.CHOICE:
            if rows:
                self.no(place, _("only for one of several"))
            return ()
        if len(rows) < 2:
            self.no(place, _("at least two"))
        found = []
        for number, row in enumerate(rows):
            here = f"{place}.{number}"
            if not isinstance(row, Mapping):
                self.no(here, _("must be an object"))
                continue
            self.unknown(here, row, {"key", "text"})
            words = self.texts(f"{here}.text", row.get("text", {}), LONGEST_CHOICE, is_needed=True)
            found.append(Choice(self.key(f"{here}.key", row.get("key")), words))
        if len({one.key for one in found}) < len(found):
            self.no(place, _("each needs a key of its own"))
        return tuple(found)

    def low(self, place: str, data: Mapping[Any, Any], kind: QuestionKind) -> int | None:
        """Left out: as usual for the scale; null: nobody is unhappy."""
        value = data.get("low", LOW.get(kind))
        if value is None:
            return None
        if kind not in SCALES:
            self.no(place, _("only on a scale"))
            return None
        first, last = SCALES[kind]
        if type(value) is not int or not first <= value < last:
            self.no(place, _("must be a number from %(first)s to %(last)s") % {"first": first, "last": last - 1})
            return None
        return value

    def reason(self, place: str, data: Any, kind: QuestionKind) -> Texts:
        words = self.texts(place, data, LONGEST_TEXT)
        if words and kind not in SCALES:
            self.no(place, _("only on a scale"))
        return words


def tidy(text: str) -> str:
    """Composed, without control characters but line breaks and without marks that turn the direction; blank at neither end."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    kept = "".join(char for char in plain if char in "\n\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")).strip()
    return kept if kept.strip("\u200c\u200d \n") else ""


# Reading an answer.


def values_of(definition: Definition, given: Mapping[str, str]) -> list[Score]:
    """What was answered, question by question; those left empty are left out, names that are no question's are not looked at.

    Refuses (AnswerRefused) what is not on the scale or not among the choices, more than 2,000 characters, a required question left
    empty, and an answer to nothing at all.
    """
    scores = [score for question in definition.questions if (score := _score(question, given)) is not None]
    if not scores:
        raise AnswerRefused("", _("Please answer at least one question."))
    return scores


def _score(question: Question, given: Mapping[str, str]) -> Score | None:
    said = tidy(given.get(question.key, ""))
    if not said:
        if question.is_required:
            raise AnswerRefused(question.key, _("Please answer this question."))
        return None
    if question.kind == K.OPEN:
        return Score(question.key, question.kind, text=_words(question.key, said))
    if question.kind == K.CHOICE:
        if said not in {one.key for one in question.choices}:
            raise AnswerRefused(question.key, _("Choose one of the answers."))
        return Score(question.key, question.kind, choice=said)
    why = _words(question.key + WHY, tidy(given.get(question.key + WHY, "")))
    return Score(question.key, question.kind, value=_number(question, said), text=why)


def _number(question: Question, said: str) -> int:
    is_number = said.isascii() and said.isdigit() and len(said) <= 2
    if not is_number or int(said) not in question.scale:
        first, last = SCALES[question.kind]
        raise AnswerRefused(question.key, _("Choose a number from %(first)s to %(last)s.") % {"first": first, "last": last})
    return int(said)


def _words(key: str, said: str) -> str:
    if len(said) > LONGEST_ANSWER:
        raise AnswerRefused(key, _("Please stay below %(most)s characters.") % {"most": LONGEST_ANSWER})
    return said


def given_of(scores: Sequence[Score]) -> dict[str, str]:
    """The same as it was given: what `values_of` reads again."""
    found = {}
    for one in scores:
        found[one.question] = str(one.value) if one.value is not None else one.choice or one.text
        if one.value is not None and one.text:
            found[one.question + WHY] = one.text
    return found
