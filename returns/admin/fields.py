"""The policy as forms: every condition and effect is one field, named after its place in the stored rule, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from returns.rules.parse import MAX_DAYS, MAX_NAME, MAX_PERCENT, MAX_RETURNS, Problem
from returns.types import Outcome, ReasonKind

Label = str | Promise
Stored = dict[str, Any]
YES_NO = [("", _("says nothing")), ("yes", _("Yes")), ("no", _("No"))]
LINES = _("One on each line; any of them is enough.")


@dataclass(frozen=True, slots=True)
class Spec:
    """One field: how it is typed, and what it is called."""

    kind: str  # words, codes, many, yes, flag, number, money, day or choice
    label: Label
    help: Label = ""
    most: int = MAX_DAYS
    choices: tuple[tuple[str, Label], ...] = ()


WHEN = {
    "countries": Spec("codes", _("Sent to"), _("Country codes with commas between, like DE, AT.")),
    "not_countries": Spec("codes", _("Not sent to"), _("Country codes with commas between.")),
    "types": Spec("words", _("Of the type"), LINES),
    "tags": Spec("words", _("Marked"), LINES),
    "skus": Spec("words", _("Article number"), LINES),
    "reasons": Spec("many", _("Because of")),
    "kinds": Spec("many", _("For"), choices=tuple(ReasonKind.choices)),
    "min_price": Spec("money", _("Cost at least, a piece")),
    "max_price": Spec("money", _("Cost at most, a piece")),
    "discounted": Spec("flag", _("Reduced")),
    "bought_from": Spec("day", _("Ordered on or after")),
    "bought_until": Spec("day", _("Ordered on or before")),
    "min_earlier_returns": Spec("number", _("Returns of the shopper within a year, at least"), most=MAX_RETURNS),
    "gift": Spec("flag", _("A gift")),
}
THEN = {
    "final_sale": Spec("flag", _("Final sale"), _("Not taken back for a wish; faults are.")),
    "exempt_from_withdrawal": Spec("flag", _("Outside the legal right of withdrawal")),
    "window_days": Spec("number", _("Days from delivery"), _("0: not taken back.")),
    "until": Spec("day", _("Last day not before"), _("As for holidays.")),
    "no_end": Spec("yes", _("No last day")),
    "fee": Spec("money", _("Fee for each piece")),
    "postage_free": Spec("flag", _("The way back is free")),
    "photo": Spec("flag", _("Ask for a photo")),
    "review": Spec("flag", _("We look at it before we agree")),
    "address": Spec("choice", _("Goes to")),
    "keep_only": Spec("flag", _("Need not be sent"), _("Only what lets the shopper keep it or give it away is open.")),
}
TERMS = {
    "open": Spec("flag", _("Offered")),
    "window_days": Spec("number", _("Days from delivery")),
    "fee": Spec("money", _("Fee for each piece")),
    "bonus_percent": Spec("number", _("More, in percent"), most=MAX_PERCENT),
    "bonus": Spec("money", _("More, for each piece")),
    "share_percent": Spec("number", _("Part of the money, in percent"), most=MAX_PERCENT),
    "postage_free": Spec("flag", _("The way back is free")),
    "for": Spec("choice", _("For"), choices=(*ReasonKind.choices, ("any", _("Both")))),
}
# What can be said of which outcome; what would change nothing is not asked.
ASKED = {
    Outcome.REFUND: ("open", "window_days", "fee", "postage_free", "for"),
    Outcome.CREDIT: ("open", "window_days", "fee", "bonus_percent", "bonus", "postage_free", "for"),
    Outcome.EXCHANGE: ("open", "window_days", "fee", "postage_free", "for"),
    Outcome.REPLACEMENT: ("open", "window_days", "fee", "postage_free", "for"),
    Outcome.REPAIR: ("open", "window_days", "fee", "postage_free", "for"),
    Outcome.KEEP: ("open", "window_days", "share_percent", "for"),
    Outcome.DONATE: ("open", "window_days", "for"),
}


class Parts(forms.Form):
    """A form that knows the place of each of its fields in what is stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places: dict[str, tuple[str, ...]] = {}
        self.kinds: dict[str, str] = {}

    def add(self, name: str, place: tuple[str, ...], spec: Spec, choices: Iterable[tuple[str, Label]] = ()) -> None:
        self.fields[name] = _field(spec, list(choices) or list(spec.choices))
        self.places[name], self.kinds[name] = place, spec.kind

    def add_outcomes(self, *place: str) -> None:
        for outcome, names in ASKED.items():
            for name in names:
                self.add(f"{outcome.value}_{name}", (*place, outcome.value, name), TERMS[name])

    def outcome_groups(self) -> list[tuple[str, list[Any]]]:
        """The fields of each outcome, under its name."""
        return [(str(outcome.label), [self[f"{outcome.value}_{name}"] for name in names]) for outcome, names in ASKED.items()]

    def stored(self) -> Stored:
        """What was typed, as it is stored: only what was said."""
        found: Stored = {}
        for name, place in self.places.items():
            value = _value(self.kinds[name], self.cleaned_data.get(name))
            if value is None:
                continue
            here = found
            for part in place[:-1]:
                here = here.setdefault(part, {})
            here[place[-1]] = value
        return found

    def start(self, stored: Mapping[str, Any]) -> None:
        """Begin with what is stored."""
        for name, place in self.places.items():
            here: Any = stored
            for part in place:
                here = here.get(part) if isinstance(here, Mapping) else None
            if here is not None:
                self.initial[name] = _shown(self.kinds[name], here)

    def refuse(self, problems: Iterable[Problem], prefix: str = "") -> None:
        """Each problem at the field of its place, else above the form."""
        names = {".".join(place): name for name, place in self.places.items()}
        for path, text in problems:
            mine = path.removeprefix(f"{prefix}.") if prefix else path
            field = next((name for place, name in names.items() if mine == place or mine.startswith(f"{place}[")), None)
            if field is None and mine in self.fields:
                field = mine
            self.add_error(field, text if field else f"{path}: {text}")


def _field(spec: Spec, choices: list[tuple[str, Label]]) -> forms.Field:
    common: dict[str, Any] = {"label": spec.label, "help_text": spec.help, "required": False}
    match spec.kind:
        case "words":
            return forms.CharField(**common, max_length=25_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        case "many":
            return forms.MultipleChoiceField(**common, choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
        case "flag":
            return forms.ChoiceField(**common, choices=YES_NO, widget=UnfoldAdminSelectWidget)
        case "yes":
            return forms.ChoiceField(**common, choices=YES_NO[:2], widget=UnfoldAdminSelectWidget)
        case "choice":
            return forms.ChoiceField(**common, choices=[YES_NO[0], *choices], widget=UnfoldAdminSelectWidget)
        case "number":
            return forms.IntegerField(**common, min_value=0, max_value=spec.most, widget=UnfoldAdminIntegerFieldWidget)
        case "day":
            return forms.DateField(**common, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
        case _:
            return forms.CharField(**common, max_length=1_000, widget=UnfoldAdminTextInputWidget)


def _value(kind: str, value: Any) -> Any:
    """A cleaned value as it is stored; None where nothing was said."""
    if value in (None, "", []):
        return None
    match kind:
        case "flag" | "yes":
            return value == "yes"
        case "words":
            return [line.strip() for line in value.splitlines() if line.strip()] or None
        case "codes":
            return [code.upper() for code in value.replace(",", " ").split()] or None
        case "money":
            return value.strip().replace(",", ".")
        case "day":
            return value.isoformat()
        case _:
            return value


def _shown(kind: str, value: Any) -> Any:
    match kind:
        case "flag" | "yes":
            return "yes" if value else "no"
        case "words":
            return "\n".join(value)
        case "codes":
            return ", ".join(value)
        case _:
            return value


class RuleForm(Parts):
    """One rule: its name, when it applies and what it does."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, spec in WHEN.items():
            self.add(f"when_{name}", ("when", name), spec, reasons if name == "reasons" else ())
        for name, spec in THEN.items():
            self.add(f"then_{name}", ("then", name), spec, places if name == "address" else ())
        self.add_outcomes("then", "outcomes")

    def conditions(self) -> list[Any]:
        return [self[f"when_{name}"] for name in WHEN]

    def effects(self) -> list[Any]:
        return [self[f"then_{name}"] for name in THEN]


class BaseForm(Parts):
    """What holds for everything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add("window_days", ("window_days",), Spec("number", _("Days from delivery"), _("0: nothing is taken back.")))
        self.add("refund_days", ("refund_days",), Spec("number", _("Days from arrival to refund")))
        self.add("is_free", ("is_free",), Spec("flag", _("The way back is free")))
        self.add("how", ("how",), Spec("text", _("How to send something back, one sentence")))
        self.add("contact_url", ("contact_url",), Spec("text", _("Where a return begins, if not here"), _("An address of your own.")))
        self.add("note", ("note",), Spec("text", _("What changed, for colleagues")))
        for name in ("window_days", "refund_days"):
            self.fields[name].required = True
        self.add_outcomes("outcomes")

    def general(self) -> list[Any]:
        return [self[name] for name in ("window_days", "refund_days", "is_free", "how", "contact_url", "note")]
