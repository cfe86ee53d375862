"""What editors type."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from merchants.types import Language
from support.rules import LIMITS, BadText
from support.types import Stage, Text

WRITING = _(
    "An empty line begins a paragraph. “## ” begins a heading, “1. ” a step, “- ” a point. **strong**. "
    "[words](order/cancel) leads to a page of the reader’s order: order, order/shipping, order/products, order/returns, order/cancel, "
    "order/address, order/receipt. [words](/help/) and [words](https://…) work too. {shop}, {email} and {phone} are filled in."
)


class Worded(forms.Form):
    """The question and its answer in short."""

    title = forms.CharField(label=_("Question"), max_length=LIMITS["title"], widget=UnfoldAdminTextInputWidget)
    lead = forms.CharField(
        label=_("Answer in short"),
        max_length=LIMITS["lead"],
        help_text=_("One or two sentences that are enough for most. They are shown beside the order, without opening the article."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def text(self) -> Text:
        return Text(self.cleaned_data["title"], self.cleaned_data["lead"], self.cleaned_data.get("body", ""))

    def refuse(self, error: BadText) -> None:
        for name, problem in error.problems.items():
            self.add_error(name, problem)


class TextForm(Worded):
    """One language of an article."""

    body = forms.CharField(
        label=_("Step by step, and the rest"),
        max_length=LIMITS["body"],
        required=False,
        strip=False,
        help_text=WRITING,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 22}),
    )
    note = forms.CharField(label=_("What changed"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PlaceForm(forms.Form):
    """When an article is shown, and where it stands."""

    stages = forms.MultipleChoiceField(label=_("States of an order"), choices=Stage.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    position = forms.IntegerField(
        label=_("Place"),
        min_value=0,
        max_value=9999,
        help_text=_("Lower numbers come first. The first four of a state stand beside the order."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    is_hidden = forms.BooleanField(
        label=_("Hidden"),
        required=False,
        help_text=_("Not listed, not found, not opened by anybody."),
        widget=UnfoldBooleanSwitchWidget,
    )


class NewForm(Worded):
    """The beginning of an article."""

    stages = PlaceForm.base_fields["stages"]
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices, widget=UnfoldAdminSelectWidget)
