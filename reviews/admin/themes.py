"""Themes in the admin: their names and the words they are found by, in each language. What is said under them is on the desk."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.clock import now
from merchants.admin import site
from merchants.types import Area
from reviews.admin.fields import ENGLISH, OwnPages, initial_texts, lines_of, refuse, texts, texts_of
from reviews.models import Theme
from reviews.rules.surveys import text_in
from reviews.selectors.themes import commonest_words, themes
from reviews.services.listening import ThemeRefused, begin_themes, save_theme
from reviews.types import ThemeArea

ADDRESS = "admin:reviews_theme"


class ThemeForm(forms.Form):
    key = forms.CharField(label=_("Key"), max_length=40, help_text=_("Letters, digits and dashes."), widget=UnfoldAdminTextInputWidget)
    area = forms.ChoiceField(label=_("About"), choices=ThemeArea.choices, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(texts("names", _("Name"), most=60))
        self.fields.update(texts("words", _("Words"), rows=6, most=6_000))

    def names(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("names_")]

    def words(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("words_")]


@admin.register(Theme, site=site)
class ThemeAdmin(OwnPages):
    area = Area.MESSAGES
    adds = changes = True
    icon, order, menu = "forum", 46, _("Themes")
    fields = ["key", "area"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every theme; whoever has none yet is offered the ready-made ones."""
        self.may_look(request)
        if request.method == "POST":
            self.may_write(request)
            begin_themes(at=now())
            messages.success(request, translate("The ready-made themes are yours now. Change their words as you like."))
            return redirect(f"{ADDRESS}_changelist")
        rows = [
            {"theme": row, "name": text_in(row.names, ENGLISH) or row.key, "words": sum(len(some) for some in row.words.values())}
            for row in themes()
        ]
        return self.sheet(request, "themes.html", title=_("Themes"), rows=rows)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.may_write(request)
        return self._form(request, None, {})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.may_look(request)
        row: Theme = self._row(request, object_id)
        held = {"key": row.key, "area": row.area, **initial_texts("names", row.names), **initial_texts("words", row.words)}
        return self._form(request, row, held)

    def _form(self, request: HttpRequest, row: Theme | None, held: dict[str, Any]) -> HttpResponse:
        form = ThemeForm(request.POST if request.method == "POST" else None, initial=held)
        if request.method == "POST":
            self.may_write(request)
            if form.is_valid() and (saved := self._saved(request, form, row)) is not None:
                return redirect(f"{ADDRESS}_change", saved.pk)
        title = (text_in(row.names, ENGLISH) or row.key) if row else _("New theme")
        common = commonest_words(row) if row else []
        return self.sheet(request, "theme.html", row, title=title, form=form, theme=row, common=common)

    def _saved(self, request: HttpRequest, form: ThemeForm, row: Theme | None) -> Theme | None:
        """Stored and found in all that was said, or None with the reasons at their fields."""
        said = form.cleaned_data
        try:
            saved = save_theme(
                key=said["key"], area=said["area"], names=texts_of(said, "names"), words=lines_of(said, "words"), at=now(), theme=row
            )
        except ThemeRefused as refused:
            refuse(form, refused.refusals)
            return None
        self.log_change(request, saved, "saved") if row else self.log_addition(request, saved, "made")
        messages.success(request, translate("Saved. It was looked for in everything that was said so far."))
        return saved
