"""A survey as a page shows it: what is asked first, what after it, and what was answered so far. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reviews.rules.surveys import WHY, Definition, Question, text_in, tidy
from reviews.types import QuestionKind

FIELD = "q-"  # before a question's key, so that none is taken for a field of the form itself
LONGEST = 4_000  # of what is shown again when it was refused


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is shown. `options` are values with their words; none where words are wanted."""

    key: str
    kind: str
    text: str
    is_required: bool
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""
    ends: tuple[str, str] = ("", "")
    about: str = ""  # the question it follows

    @property
    def name(self) -> str:
        return FIELD + self.key


def csat_words() -> list[str]:
    """From one to five."""
    return [_("Very unhappy"), _("Unhappy"), _("So-so"), _("Happy"), _("Very happy")]


def is_first(question: Question) -> bool:
    """Whether it is asked at once: what takes one tap, and what has to be answered."""
    return question.is_required or len(question.scale) > 0


def first_of(definition: Definition) -> list[Question]:
    """What is asked at once; all of it where nothing takes one tap."""
    return [one for one in definition.questions if is_first(one)] or list(definition.questions)


def tapped(definition: Definition, query: Mapping[str, str]) -> dict[str, str]:
    """What was tapped in a message: numbers that are on their scale, and nothing else."""
    found = {}
    for one in definition.questions:
        value = query.get(one.key, "")
        if value.isascii() and value.isdecimal() and len(value) <= 2 and int(value) in one.scale:
            found[one.key] = value
    return found


def merged(definition: Definition, earlier: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """What was answered before, with what this form says in its place. A reason goes with the low score it was given for."""
    found = dict(earlier)
    for one in definition.questions:
        for key in (one.key, one.key + WHY):
            if FIELD + key in form:
                found[key] = form[FIELD + key]
        if found.get(one.key + WHY) and found.get(one.key) != earlier.get(one.key) and not _is_low(one, found):
            found[one.key + WHY] = ""
    return found


def _is_low(question: Question, given: Mapping[str, str]) -> bool:
    value = given.get(question.key, "")
    return value.isascii() and value.isdecimal() and len(value) <= 2 and question.is_low(int(value))


def shown_first(definition: Definition, given: Mapping[str, str], *, language: str, default: str) -> list[Asked]:
    """The first page."""
    return [_asked(one, given, language, default) for one in first_of(definition)]


def shown_after(definition: Definition, given: Mapping[str, str], *, language: str, default: str) -> list[Asked]:
    """What is left: why a score is low, then what nobody has to answer."""
    why = [_why(one, given, language, default) for one in definition.questions if one.reason_text and _is_low(one, given)]
    first = {one.key for one in first_of(definition)}
    return why + [_asked(one, given, language, default) for one in definition.questions if one.key not in first]


def _why(one: Question, given: Mapping[str, str], language: str, default: str) -> Asked:
    value = tidy(given.get(one.key + WHY, ""))[:LONGEST]
    text, about = text_in(one.reason_text, language, default), text_in(one.text, language, default)
    return Asked(one.key + WHY, QuestionKind.OPEN, text, False, value=value, about=about)


def _asked(one: Question, given: Mapping[str, str], language: str, default: str) -> Asked:
    options = _options(one, language, default)
    value = tidy(given.get(one.key, ""))[:LONGEST]
    return Asked(one.key, one.kind, text_in(one.text, language, default), one.is_required, options, value, ends_of(one.kind))


def _options(one: Question, language: str, default: str) -> tuple[tuple[str, str], ...]:
    if one.kind == QuestionKind.CSAT:
        return tuple((str(n), word) for n, word in zip(one.scale, csat_words(), strict=True))
    if one.kind == QuestionKind.CHOICE:
        return tuple((choice.key, text_in(choice.text, language, default)) for choice in one.choices)
    return tuple((str(n), str(n)) for n in one.scale)


def ends_of(kind: str) -> tuple[str, str]:
    """What the lowest and the highest number of a scale stand for."""
    words = {
        QuestionKind.NPS: (_("Not at all likely"), _("Very likely")),
        QuestionKind.CES: (_("Do not agree"), _("Fully agree")),
    }
    return words.get(QuestionKind(kind), ("", ""))
