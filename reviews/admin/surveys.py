"""Surveys in the admin: what is asked, in which order and in which languages, and beside it how a shopper sees it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from core.clock import now
from merchants.admin import site
from merchants.selectors import current_merchant
from merchants.types import Area, Language
from reviews.admin.fields import ENGLISH, OwnPages, initial_texts, refuse
from reviews.admin.survey_forms import NewSurveyForm, QuestionForm, SurveyForm, question_initial
from reviews.models import Survey
from reviews.rules.surveys import Definition, DefinitionRefused, Question, parse_definition, text_in
from reviews.selectors.surveys import surveys
from reviews.services.surveys import SurveyRefused, save_survey

ADDRESS = "admin:reviews_survey"
MOVES = ("up", "down", "remove")


@admin.register(Survey, site=site)
class SurveyAdmin(OwnPages):
    area = Area.MESSAGES
    adds = changes = True
    icon, order, menu = "quiz", 45, _("Surveys")
    fields = ["name", "key"]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "<int:survey_id>/questions/add/": ("add_question", self.question_view),
            "<int:survey_id>/questions/<slug:key>/": ("question", self.question_view),
        }
        made = [path(route, self.admin_site.admin_view(view), name=f"reviews_survey_{name}") for route, (name, view) in pages.items()]
        return [*made, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.may_look(request)
        return self.sheet(request, "surveys.html", title=_("Surveys"), rows=surveys())

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new one begins with ready-made questions, and is off."""
        self.may_write(request)
        form = NewSurveyForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            begins = form.begins()
            data = {"name": form.cleaned_data["name"], "key": form.cleaned_data["key"], "trigger": begins.trigger, "days": begins.days}
            saved = self._save(request, None, {**data, "definition": begins.definition, "is_on": False}, form)
            if saved is not None:
                return redirect(f"{ADDRESS}_change", saved.pk)
        return self.sheet(request, "survey_new.html", title=_("New survey"), form=form)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What holds for the whole survey, its questions in their order, and how a shopper sees it."""
        self.may_look(request)
        row: Survey = self._row(request, object_id)
        op = request.POST.get("op", "") if request.method == "POST" else ""
        form = SurveyForm(request.POST if op == "save" else None, initial=_held(row))
        if request.method == "POST":
            self.may_write(request)
            if (done := self._press(request, row, op, form)) is not None:
                return done
        return self.sheet(
            request, "survey.html", row, title=row.name, survey=row, form=form, questions=_questions(row), **_preview(request, row)
        )

    def _press(self, request: HttpRequest, row: Survey, op: str, form: SurveyForm) -> HttpResponse | None:
        """The whole is saved, or a question moved or taken away. None: shown again with what is wrong."""
        name, _mark, key = op.partition(":")
        if name == "save" and form.is_valid():
            said = form.cleaned_data
            data = {column: said[column] for column in ("name", "key", "trigger", "days", "is_on")}
            saved = self._save(request, row, {**data, "definition": {**row.definition, **form.texts()}}, form)
            return redirect(f"{ADDRESS}_change", row.pk) if saved is not None else None
        if name in MOVES:
            definition = {**row.definition, "questions": moved(row.definition["questions"], name, key)}
            self._save(request, row, {**_columns(row), "definition": definition}, None)
            return redirect(f"{ADDRESS}_change", row.pk)
        return None

    def question_view(self, request: HttpRequest, survey_id: int, key: str = "") -> HttpResponse:
        """One question, or a new one at the end."""
        self.may_look(request)
        row: Survey = self._row(request, str(survey_id))
        asked: list[dict[str, Any]] = row.definition["questions"]
        place = next((number for number, one in enumerate(asked) if one["key"] == key), len(asked))
        if key and place == len(asked):
            raise Http404
        form = QuestionForm(request.POST if request.method == "POST" else None, initial=question_initial(asked[place] if key else {}))
        if request.method == "POST":
            self.may_write(request)
            if form.is_valid():
                questions = [*asked[:place], form.stored(), *asked[place + 1 :]]
                data = {**_columns(row), "definition": {**row.definition, "questions": questions}}
                if self._save(request, row, data, form, prefix=f"definition.questions.{place}.") is not None:
                    return redirect(f"{ADDRESS}_change", row.pk)
        return self.sheet(request, "question.html", row, title=key or _("New question"), survey=row, form=form)

    def _save(
        self, request: HttpRequest, row: Survey | None, data: dict[str, Any], form: Any, prefix: str = "definition."
    ) -> Survey | None:
        """Stored, or None with each reason at its field; without a form it is said above the page."""
        try:
            saved = save_survey(survey=row, at=now(), **data)
        except SurveyRefused as refused:
            if form is None:
                for _place, text in refused.refusals:
                    messages.error(request, text)
            else:
                refuse(form, [(place.removeprefix(prefix), text) for place, text in refused.refusals])
            return None
        self.log_change(request, saved, "saved") if row else self.log_addition(request, saved, "made")
        messages.success(
            request, translate("Saved. Shoppers see it like this from now on.") if saved.is_on else translate("Saved. It is off.")
        )
        return saved


def _columns(row: Survey) -> dict[str, Any]:
    return {column: getattr(row, column) for column in ("name", "key", "trigger", "days", "is_on")}


def _held(row: Survey) -> dict[str, Any]:
    """What the form of the whole shows."""
    said = row.definition
    return {**_columns(row), **initial_texts("intro", said.get("intro", {})), **initial_texts("thanks", said.get("thanks", {}))}


def _questions(row: Survey) -> list[dict[str, Any]]:
    """Each with what it asks, and the languages it is not in yet."""
    return [
        {
            "key": one.key,
            "text": text_in(one.text, ENGLISH),
            "kind": one.kind.label,
            "low": one.low,
            "is_required": one.is_required,
            "missing": [label for code, label in Language.choices if not one.text.get(code)],
            "url": reverse(f"{ADDRESS}_question", args=[row.pk, one.key]),
        }
        for one in _definition(row).questions
    ]


def _definition(row: Survey) -> Definition:
    """What is asked; nothing where what is stored can no longer be read."""
    try:
        return parse_definition(row.definition)
    except DefinitionRefused:
        return Definition(())


def _preview(request: HttpRequest, row: Survey) -> Mapping[str, Any]:
    """The page as a shopper of the chosen language reads it."""
    asked = request.GET.get("language", "")
    own = current_merchant().language
    language = asked if asked in Language.values else own
    said = _definition(row)
    return {
        "language": language,
        "languages": Language.choices,
        "intro": text_in(said.intro, language, own),
        "thanks": text_in(said.thanks, language, own),
        "shown": [_shown(question, language, own) for question in said.questions],
    }


def _shown(question: Question, language: str, own: str) -> dict[str, Any]:
    return {
        "key": question.key,
        "text": text_in(question.text, language, own),
        "scale": list(question.scale),
        "choices": [text_in(choice.text, language, own) for choice in question.choices],
        "reason": text_in(question.reason_text, language, own),
        "is_required": question.is_required,
    }


def moved(questions: list[dict[str, Any]], op: str, key: str) -> list[dict[str, Any]]:
    """The questions after a press on up, down or remove; unchanged for what is not there."""
    found = list(questions)
    at = next((number for number, one in enumerate(found) if one["key"] == key), None)
    if at is None:
        return found
    question = found.pop(at)
    if op != "remove":
        found.insert(max(0, at - 1) if op == "up" else at + 1, question)
    return found
