"""What shoppers answered: figures with their number and interval, over all and by segment."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, QuerySet

from reviews.models import Survey
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.rules import stats
from reviews.rules.surveys import SCALES, Question, parse_definition
from reviews.types import QuestionKind

SEGMENTS = {
    "carrier": "carrier_code",
    "country": "country",
    "language": "language",
    "late": "is_late",
    "first_order": "is_first_order",
}
SATISFIED = 4  # the upper two of five
NEWEST = 50


class BadSegment(ValueError):
    """Results are not looked at by this; the message says by what they are."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The same figure among those who have something in common; "yes", "no" or "" where that was true, false or not known."""

    name: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question. `value`: the mean, for NPS the score; none for choices and words, whose answers `counts` and `n` hold."""

    key: str
    kind: QuestionKind
    text: Mapping[str, str]
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)  # the number or choice as text -> how often, in the scale's order
    satisfied: stats.Estimate | None = None  # of CSAT: the share of 4 and 5
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote."""

    question: str
    text: str
    value: int | None
    at: datetime
    answer: str  # its public id
    language: str


@dataclass(frozen=True, slots=True)
class Results:
    """A survey's answers between two moments."""

    n: int
    questions: tuple[QuestionResult, ...]
    words: tuple[Said, ...]


Tally = dict[tuple[str, str], dict[str, Counter[str]]]  # (question, kind) -> segment -> answer -> how often


def results(*, survey: Survey, since: datetime, until: datetime, by: str = "") -> Results:
    """Figures of the answers given from `since` on and before `until`; three queries. Refuses (BadSegment) an unknown `by`."""
    if by and by not in SEGMENTS:
        raise BadSegment(f"by must be one of {', '.join(SEGMENTS)}")
    answers = SurveyAnswer.objects.filter(survey=survey, at__gte=since, at__lt=until)
    scores = SurveyScore.objects.filter(answer__survey=survey, answer__at__gte=since, answer__at__lt=until)
    tally = _tally(scores, by)
    asked = parse_definition(survey.definition).questions
    found = tuple(_result(question, tally.get((question.key, question.kind), {}), is_split=bool(by)) for question in asked)
    return Results(answers.count(), found, _words(scores))


def _tally(scores: "QuerySet[SurveyScore]", by: str) -> Tally:
    columns = ["question", "kind", "value", "choice", *([f"answer__{SEGMENTS[by]}"] if by else [])]
    tally: Tally = {}
    for question, kind, value, choice, *segment, n in scores.order_by().values_list(*columns).annotate(n=Count("pk")):
        said = choice if value is None else str(value)
        of_question = tally.setdefault((question, kind), {})
        of_question.setdefault(_name(segment[0]) if segment else "", Counter())[said] += n
    return tally


def _name(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""


def _result(question: Question, segments: Mapping[str, Counter[str]], *, is_split: bool) -> QuestionResult:
    counts = sum(segments.values(), Counter[str]())
    whole = _figure(question, counts)
    parts = [(name, _figure(question, part)) for name, part in segments.items()] if is_split else []
    parts.sort(key=lambda part: (-part[1].n, part[0]))
    return QuestionResult(
        question.key,
        question.kind,
        question.text,
        whole.n,
        whole.value,
        whole.low,
        whole.high,
        {name: counts[name] for name in _answers(question)},
        stats.share(sum(counts[str(number)] for number in question.scale if number >= SATISFIED), whole.n)
        if question.kind == QuestionKind.CSAT
        else None,
        tuple(Segment(name, part.n, part.value, part.low, part.high) for name, part in parts),
    )


def _answers(question: Question) -> Iterable[str]:
    if question.kind == QuestionKind.CHOICE:
        return [choice.key for choice in question.choices]
    return map(str, question.scale)


def _figure(question: Question, counts: Counter[str]) -> stats.Estimate:
    if question.kind not in SCALES:
        return stats.Estimate(counts.total())
    numbers = {int(name): n for name, n in counts.items()}
    return stats.nps(numbers) if question.kind == QuestionKind.NPS else stats.mean(numbers, question.scale)


def _words(scores: "QuerySet[SurveyScore]") -> tuple[Said, ...]:
    rows = scores.exclude(text="").order_by("-answer__at", "-pk")[:NEWEST]
    columns = ("question", "text", "value", "answer__at", "answer__public_id", "answer__language")
    return tuple(Said(*row) for row in rows.values_list(*columns))
