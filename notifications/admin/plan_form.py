"""The automation editor's form: a definition as fields with their problems beside them, and back. A field's name is the engine's."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from notifications.admin.plan_words import CHOICES, OPS
from notifications.plan_check import MAX_CHECKS, MAX_STYLES, PlanProblem, facts_of
from notifications.registry import Entry
from notifications.rules.automation import FACTS, FactSpec
from notifications.types import Kind, Ladder, Style

MAX_FIELD = 6_000  # characters of a posted value; fifty texts of a hundred
UNITS = (("minutes", 1), ("hours", 60))
CODES = frozenset({"order.country", "order.currency"})
PLACE = re.compile(r"(?:(styles)\[(\d)\]\.)?(checks|styles)(?:\[(\d\d?)\])?")
TAIL = re.compile(r"(?:\[\d+\]|\.\w+)$")
Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One condition on the page. `form` is how its value is entered: number, yes_no, choice, choices, list or line."""

    name: str
    fact: str
    op: str
    ops: list[tuple[str, str]]
    form: str
    value: Any
    choices: list[tuple[str, str]] = field(default_factory=list)
    errors: Mapping[str, str] = field(default_factory=dict)  # of fact, op and value


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the confirmation's style on the page."""

    name: str
    style: str
    rows: list[Row]
    error: str = ""


# From the form


def definition_of_post(entry: Entry, data: QueryDict) -> Definition:
    """What stands on the screen, as the engine takes it; what is wrong with it is the engine's to say."""
    window = [_text(data, "window.from"), _text(data, "window.until")]
    found: Definition = {
        "channels": list(data.getlist("channels")[:5]),
        "ladder": _text(data, "ladder") or Ladder.ALL.value,
        "delay_minutes": _minutes(_text(data, "delay_minutes"), dict(UNITS).get(_text(data, "unit"), 1)),
        "window": window if any(window) else None,
        "checks": _checks_of_post(data, "checks"),
    }
    if entry.kind == Kind.ORDER_CONFIRMATION:
        found["styles"] = _styles_of_post(data)
    return found


def _styles_of_post(data: QueryDict) -> list[Definition]:
    names = [name for n in range(MAX_STYLES + 1) if f"{(name := f'styles[{n}]')}.style" in data]
    return [{"style": _text(data, f"{name}.style"), "checks": _checks_of_post(data, f"{name}.checks")} for name in names]


def _checks_of_post(data: QueryDict, name: str) -> list[Definition]:
    rows = [f"{name}[{n}]" for n in range(MAX_CHECKS + 1)]
    return [_check_of_post(data, row) for row in rows if f"{row}.fact" in data]


def _check_of_post(data: QueryDict, row: str) -> Definition:
    fact, op = _text(data, f"{row}.fact"), _text(data, f"{row}.op")
    texts = [text.strip()[:MAX_FIELD] for text in data.getlist(f"{row}.value")[:60]]
    return {"fact": fact, "op": op, "value": _value(FACTS.get(fact), op, texts)}


def _value(spec: FactSpec | None, op: str, texts: list[str]) -> Any:
    text = texts[0] if texts else ""
    if spec is None:
        return text
    if spec.type == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if spec.type == "number":
        return _number(text)
    if op == "in":
        return texts if spec.choices else [_code(spec, one.strip()) for one in text.split(",") if one.strip()]
    return _code(spec, text)


def _code(spec: FactSpec, text: str) -> str:
    """What is as short as a code is one, however it was typed."""
    return text.upper() if spec.name in CODES and len(text) <= 3 else text


def _minutes(text: str, unit: int) -> Any:
    amount = _number(text or "0")
    total = amount if isinstance(amount, str) else amount * unit
    return int(total) if isinstance(total, float) and total.is_integer() else total


def _number(text: str) -> Any:
    """A number, whole when it is; the text itself when it is none."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return int(value) if value.is_integer() else value


def _text(data: QueryDict, name: str) -> str:
    return data.get(name, "").strip()[:MAX_FIELD]


# Rows added, taken away and moved


def rearranged(entry: Entry, definition: Definition, op: str, target: str) -> Definition:
    """The definition after a press on add, remove or up; unchanged for what cannot be done."""
    if op == "up" and target in definition["channels"]:
        return {**definition, "channels": _earlier(definition["channels"], definition["channels"].index(target))}
    match = PLACE.fullmatch(target)
    if match is None:
        return definition
    outer, place, name, at = match.groups()
    if outer:
        rules = list(definition.get(outer, []))
        if int(place) < len(rules) and name == "checks":
            rules[int(place)] = {**rules[int(place)], name: _changed(entry, rules[int(place)][name], name, op, at)}
        return {**definition, outer: rules}
    return {**definition, name: _changed(entry, definition[name], name, op, at)} if name in definition else definition


def _changed(entry: Entry, rows: list[Any], name: str, op: str, at: str | None) -> list[Any]:
    if op == "add":
        return [*rows, _blank(entry, name)] if len(rows) < (MAX_CHECKS if name == "checks" else MAX_STYLES) else rows
    if at is None or int(at) >= len(rows):
        return rows
    return _earlier(rows, int(at)) if op == "up" else [*rows[: int(at)], *rows[int(at) + 1 :]]


def _blank(entry: Entry, name: str) -> Definition:
    spec = facts_of(entry)[0]
    return {"fact": spec.name, "op": spec.ops[0], "value": ""} if name == "checks" else {"style": Style.PLAIN.value, "checks": []}


def _earlier(rows: list[Any], at: int) -> list[Any]:
    return [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]] if at else rows


# To the page


def fields_of(entry: Entry, definition: Definition, problems: Iterable[PlanProblem] = ()) -> dict[str, Any]:
    """The definition as the page shows it, each problem beside its field; what belongs to none comes first."""
    found = _Errors(problems)
    rows = [_row(row, f"checks[{n}]", found) for n, row in enumerate(definition["checks"])]
    rules = [_rule(rule, f"styles[{n}]", found) for n, rule in enumerate(definition.get("styles", []))]
    delay, unit = _delay(definition["delay_minutes"])
    window = definition["window"] or ["", ""]
    context = {
        "channels": _channels(entry, definition["channels"]),
        "is_ladder": len(entry.channels) > 1,
        "ladder": definition["ladder"],
        "ladders": Ladder.choices,
        "delay": delay,
        "unit": unit,
        "window_from": window[0],
        "window_until": window[1],
        "rows": rows,
        "facts": [(spec.name, spec.label) for spec in facts_of(entry)],
        "has_styles": entry.kind == Kind.ORDER_CONFIRMATION,
        "rules": rules,
        "styles": Style.choices,
        "hold": int(entry.hold.total_seconds() // 60),
        "errors": {name: found.at(name) for name in ("channels", "ladder", "delay_minutes", "window", "checks", "styles")},
    }
    return {**context, "other_errors": found.rest()}


class _Errors:
    """Problems by the nearest field the page has; each is shown once."""

    def __init__(self, problems: Iterable[PlanProblem]) -> None:
        self.left = [(problem.field, problem.message) for problem in problems]

    def at(self, name: str) -> str:
        mine = [(field, message) for field, message in self.left if _is_within(field, name)]
        self.left = [one for one in self.left if one not in mine]
        return " ".join(dict.fromkeys(f"{message[:1].upper()}{message[1:]}." for _, message in mine))

    def rest(self) -> list[str]:
        return [f"{field}: {message}." for field, message in self.left]


def _is_within(field: str, name: str) -> bool:
    """Whether the field is the named one or a part of it: `checks[1].value[2]` is within `checks[1].value`."""
    while field != name and TAIL.search(field):
        field = TAIL.sub("", field)
    return field == name


def _channels(entry: Entry, on: list[str]) -> list[dict[str, Any]]:
    order = [*on, *(channel.value for channel in entry.channels if channel not in on)]
    labels = {channel.value: channel.label for channel in entry.channels}
    return [{"name": name, "label": labels[name], "is_on": name in on, "is_movable": name in on[1:]} for name in order if name in labels]


def _delay(minutes: Any) -> tuple[Any, str]:
    is_hours = isinstance(minutes, int) and minutes > 0 and minutes % 60 == 0
    return (minutes // 60, "hours") if is_hours else (minutes, "minutes")


def _rule(rule: Definition, name: str, found: _Errors) -> Rule:
    rows = [_row(row, f"{name}.checks[{n}]", found) for n, row in enumerate(rule["checks"])]
    return Rule(name, rule["style"], rows, found.at(name))


def _row(row: Definition, name: str, found: _Errors) -> Row:
    spec, op, value = FACTS.get(row["fact"]), row["op"], row["value"]
    ops = spec.ops if spec else tuple(OPS)
    op = op if op in ops else ops[0]
    choices = [(value, str(label)) for value, label in CHOICES[spec.name].items()] if spec and spec.name in CHOICES else []
    form = _form(spec, op)
    errors = {part: found.at(f"{name}.{part}") for part in ("fact", "op", "value")}
    if errors["op"]:
        errors["op"] = _("This is compared in another way now. Look at it again.")
    return Row(name, row["fact"], op, [(one, str(OPS[one])) for one in ops], form, _shown(form, value), choices, errors)


def _form(spec: FactSpec | None, op: str) -> str:
    if spec is None:
        return "line"
    if spec.type in ("number", "yes_no"):
        return spec.type
    if spec.choices:
        return "choices" if op == "in" else "choice"
    return "list" if op == "in" else "line"


def _shown(form: str, value: Any) -> Any:
    """The value as its field takes it, whatever another fact's field held before."""
    if form == "yes_no":
        return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""
    many = [str(one) for one in value] if isinstance(value, list) else [str(value)] if not isinstance(value, bool) and value != "" else []
    return many if form == "choices" else ", ".join(many)
