"""A survey as fields: what holds for all of it, and one question with its words in each language."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from merchants.types import Language
from reviews.admin.fields import initial_texts, lines_of, texts, texts_of
from reviews.rules.shipped_surveys import DEFAULTS, Shipped
from reviews.types import QuestionKind, Trigger

SCALED = (QuestionKind.CSAT, QuestionKind.NPS, QuestionKind.CES)
KEY_HELP = _("Small letters, digits and _.")


def _switch(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)


class NewSurveyForm(forms.Form):
    """A name, and which of the ready-made ones it begins with."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("For staff."), widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(label=_("Key"), max_length=40, help_text=_("What templates call it."), widget=UnfoldAdminTextInputWidget)
    start = forms.ChoiceField(label=_("Begin with"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start"].choices = [(one.key, one.name) for one in DEFAULTS.values()]  # type: ignore[attr-defined]

    def begins(self) -> Shipped:
        return DEFAULTS[self.cleaned_data["start"]]


class SurveyForm(forms.Form):
    """What holds for all of it."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("For staff."), widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(label=_("Key"), max_length=40, help_text=_("What templates call it."), widget=UnfoldAdminTextInputWidget)
    trigger = forms.ChoiceField(label=_("Follows"), choices=Trigger.choices, widget=UnfoldAdminSelectWidget)
    days = forms.IntegerField(label=_("Days after that"), min_value=0, max_value=60, widget=UnfoldAdminIntegerFieldWidget)
    is_on = _switch(_("On"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(texts("intro", _("First words"), rows=2))
        self.fields.update(texts("thanks", _("Thanks at the end"), rows=2))

    def general(self) -> list[Any]:
        return [self[name] for name in ("name", "key", "trigger", "days", "is_on")]

    def worded(self) -> list[Any]:
        return [field for field in self if field.name.startswith(("intro_", "thanks_"))]

    def texts(self) -> dict[str, dict[str, str]]:
        return {name: texts_of(self.cleaned_data, name) for name in ("intro", "thanks")}


class QuestionForm(forms.Form):
    """One question. Answers to choose from stand one on each line, in the same order in every language, beside their keys."""

    key = forms.CharField(label=_("Key"), max_length=40, help_text=KEY_HELP, widget=UnfoldAdminTextInputWidget)
    kind = forms.ChoiceField(label=_("Scale"), choices=QuestionKind.choices, widget=UnfoldAdminSelectWidget)
    is_required = _switch(_("Must be answered"))
    low = forms.IntegerField(
        label=_("Unhappy up to"),
        required=False,
        min_value=0,
        max_value=10,
        help_text=_("An answer this low becomes a task. Empty: none does."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    choice_keys = forms.CharField(
        label=_("Keys of the answers"),
        required=False,
        max_length=600,
        help_text=_("Only for one of several: one on each line."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(texts("text", _("Question"), rows=2, most=300))
        self.fields.update(texts("reason_text", _("Asked after a low answer"), rows=2, most=300))
        self.fields.update(texts("choices", _("Answers"), rows=4, most=2_000))

    def group(self, prefix: str) -> list[Any]:
        return [field for field in self if field.name.startswith(f"{prefix}_")]

    def general(self) -> list[Any]:
        return [self[name] for name in ("key", "kind", "is_required", "low")]

    def worded(self) -> list[Any]:
        return self.group("text")

    def reasons(self) -> list[Any]:
        return self.group("reason_text")

    def choices(self) -> list[Any]:
        return [self["choice_keys"], *self.group("choices")]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        keys = (said.get("choice_keys") or "").split()
        for code, lines in lines_of(said, "choices").items():
            if len(lines) != len(keys):
                self.add_error(f"choices_{code}", _("There must be as many answers as keys."))
        return said

    def stored(self) -> dict[str, Any]:
        """The question as a definition holds it. What belongs to another scale is left out, so that a change of scale is no riddle."""
        said = self.cleaned_data
        is_scaled = said["kind"] in SCALED
        return {
            "key": said["key"],
            "kind": said["kind"],
            "text": texts_of(said, "text"),
            "is_required": said["is_required"],
            "low": said["low"] if is_scaled else None,
            "reason_text": texts_of(said, "reason_text") if is_scaled else {},
            "choices": self._choices() if said["kind"] == QuestionKind.CHOICE else [],
        }

    def _choices(self) -> list[dict[str, Any]]:
        lines = lines_of(self.cleaned_data, "choices")
        keys = self.cleaned_data["choice_keys"].split()
        return [{"key": key, "text": {code: some[place] for code, some in lines.items()}} for place, key in enumerate(keys)]


def question_initial(held: dict[str, Any]) -> dict[str, Any]:
    """What the form of a question shows."""
    choices: list[dict[str, Any]] = held.get("choices", [])
    spoken = [code for code in Language.values if any(one["text"].get(code) for one in choices)]
    lines = {code: [one["text"].get(code, "") for one in choices] for code in spoken}
    return {
        "key": held.get("key", ""),
        "kind": held.get("kind", QuestionKind.CSAT),
        "is_required": held.get("is_required", False),
        "low": held.get("low") if held else 2,
        "choice_keys": "\n".join(one["key"] for one in choices),
        **initial_texts("text", held.get("text", {})),
        **initial_texts("reason_text", held.get("reason_text", {})),
        **initial_texts("choices", lines),
    }
