"""What surveys were answered: each question with its number and interval, also by segment, and shoppers' own words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.rules import reviews as look
from dashboard.rules.incidents import carrier_name
from dashboard.views.base import page, staff_page
from merchants.rules import CHANGE
from merchants.staff import Actor
from merchants.types import Area, Language
from reviews.models import Survey
from reviews.rules.surveys import text_in
from reviews.selectors.results import QuestionResult, Results, Said, Segment, results
from reviews.selectors.surveys import surveys
from reviews.types import QuestionKind

ENGLISH = "en"
PERIODS = (30, 90, 365)
SHOWN = 20
LANGUAGES: dict[str, str] = dict(Language.choices)


@require_safe
@staff_page()
def surveys_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    context = {
        "here": "reviews",
        "rows": [_survey_row(survey, at) for survey in surveys()[:SHOWN]],
        "may_write": actor.may(Area.MESSAGES, CHANGE),
    }
    return page(request, actor, "dashboard/surveys.html", context)


def _survey_row(survey: Survey, at: datetime) -> dict[str, Any]:
    """A survey with the figure of its first scale."""
    found = results(survey=survey, since=at - timedelta(days=PERIODS[1]), until=at)
    first = next((question for question in found.questions if question.value is not None), None)
    return {
        "survey": survey,
        "n": found.n,
        "value": look.figure(first.value) if first else "",
        "interval": look.interval(first.low, first.high) if first else "",
        "text": text_in(first.text, ENGLISH) if first else "",
    }


@require_safe
@staff_page()
def survey_page(request: HttpRequest, actor: Actor, survey_id: int) -> HttpResponse:
    survey: Survey | None = Survey.objects.filter(pk=survey_id).first()
    if survey is None:
        raise Http404
    at, text = now(), request.GET.get("days", "")
    days = int(text) if text in {str(choice) for choice in PERIODS} else PERIODS[1]
    by = request.GET.get("by", "") if request.GET.get("by") in look.SEGMENTS else ""
    found = results(survey=survey, since=at - timedelta(days=days), until=at, by=by)
    choices = _choices(survey)
    context = {
        "here": "reviews",
        "survey": survey,
        "days": days,
        "periods": PERIODS,
        "by": by,
        "by_label": look.SEGMENTS.get(by, ""),
        "segments": look.SEGMENTS.items(),
        "n": found.n,
        "sentence": _sentence(found, days),
        "questions": [_question(question, by, choices) for question in found.questions],
        "words": [_words(said, found) for said in found.words],
    }
    return page(request, actor, "dashboard/survey.html", context)


def _sentence(found: Results, days: int) -> str:
    said = ngettext("%(n)s answer in the last %(days)s days.", "%(n)s answers in the last %(days)s days.", found.n)
    return said % {"n": found.n, "days": days}


def _choices(survey: Survey) -> dict[str, dict[str, str]]:
    """The words of each choice, by question."""
    return {
        str(row.get("key")): {str(one.get("key")): text_in(one.get("text") or {}, ENGLISH) for one in row.get("choices") or []}
        for row in survey.definition.get("questions", [])
    }


def _question(question: QuestionResult, by: str, choices: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    share = question.satisfied
    return {
        "text": text_in(question.text, ENGLISH) or question.key,
        "kind": question.kind.label,
        "n": question.n,
        "value": look.figure(question.value) if question.value is not None else "",
        "interval": look.interval(question.low, question.high),
        "satisfied": look.share_words(share.value, share.low, share.high) if share and share.n else "",
        "counts": look.counts_of(question.counts, choices.get(question.key, {})),
        "segments": [_segment(segment, question.kind, by) for segment in question.segments] if question.value is not None else [],
    }


def _segment(segment: Segment, kind: QuestionKind, by: str) -> dict[str, Any]:
    """A row with its value, and where its whisker lies on the scale."""
    return {
        "name": _name(segment.name, by),
        "n": segment.n,
        "value": look.figure(segment.value),
        "interval": look.interval(segment.low, segment.high),
        "at": look.place_on(kind, segment.value),
        "from": look.place_on(kind, segment.low),
        "to": look.place_on(kind, segment.high),
    }


def _name(name: str, by: str) -> str:
    """A segment as people call it."""
    if not name:
        return _("not known")
    if by == "carrier":
        return carrier_name(name)
    if by == "late":
        return _("Late") if name == "yes" else _("In time")
    if by == "first_order":
        return _("First order") if name == "yes" else _("Ordered before")
    return LANGUAGES.get(name, name) if by == "language" else name


def _words(said: Said, found: Results) -> dict[str, Any]:
    """Own words, beside the question and the number they came with."""
    question = next((one for one in found.questions if one.key == said.question), None)
    text = text_in(question.text, ENGLISH) if question else said.question
    return {"text": said.text, "at": said.at, "language": said.language, "more": text if said.value is None else f"{text} {said.value}"}
