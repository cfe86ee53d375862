"""What a merchant may set as an automation: every value is read by name, and what is wrong is said by field."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from customers.types import Channel
from notifications.registry import Entry, entry_of
from notifications.rules.automation import FACTS, FactSpec
from notifications.types import Check, Kind, Ladder, Plan, Style, StyleRule
from tracking.rules.places import country_code

MAX_CHECKS, MAX_STYLES, MAX_VALUES, MAX_TEXT = 20, 10, 50, 100
MAX_DELAY = timedelta(days=30)
SHORTEST_WINDOW = 60  # minutes
FIELDS = frozenset({"channels", "ladder", "checks", "delay_minutes", "window", "styles"})
CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """What is wrong, and where: `checks[1].value`."""

    field: str
    message: str


class PlanRefused(ValueError):
    """The automation cannot be kept; `problems` name the fields."""

    def __init__(self, problems: list[PlanProblem]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


@dataclass(slots=True)
class _Reader:
    """Collects what is wrong while it reads."""

    entry: Entry
    problems: list[PlanProblem] = field(default_factory=list)

    def refuse(self, name: str, message: str) -> None:
        self.problems.append(PlanProblem(name, message))

    def plan(self, told: Mapping[str, Any]) -> Plan:
        for name in sorted(str(name) for name in set(told) - FIELDS):
            self.refuse(name[:40], "not a field of an automation")
        return Plan(
            channels=self._channels(told.get("channels")),
            ladder=self._choice("ladder", told.get("ladder", Ladder.ALL), Ladder.values),
            checks=self._checks("checks", told.get("checks", [])),
            delay=self._delay(told.get("delay_minutes", 0)),
            window=self._window(told.get("window")),
            styles=self._styles(told.get("styles", [])),
        )

    def _list(self, name: str, told: Any, most: int) -> list[Any]:
        if not isinstance(told, list):
            self.refuse(name, "must be a list")
            return []
        if len(told) > most:
            self.refuse(name, f"at most {most}")
        return told[:most]

    def _choice(self, name: str, told: Any, choices: list[str] | tuple[str, ...]) -> str:
        if not isinstance(told, str) or told not in choices:
            self.refuse(name, f"must be one of {', '.join(choices)}")
            return choices[0]
        return told

    def _channels(self, told: Any) -> tuple[str, ...]:
        offered = [channel.value for channel in self.entry.channels]
        found = [self._choice(f"channels[{n}]", one, offered) for n, one in enumerate(self._list("channels", told, len(Channel)))]
        if len(set(found)) < len(found) and not self.problems:
            self.refuse("channels", "each channel once")
        return tuple(dict.fromkeys(found))

    def _delay(self, told: Any) -> timedelta:
        if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= MAX_DELAY.total_seconds() // 60:
            self.refuse("delay_minutes", f"whole minutes, at most {int(MAX_DELAY.total_seconds() // 60)}")
            return timedelta()
        return timedelta(minutes=told)

    def _window(self, told: Any) -> tuple[time, time] | None:
        if told is None:
            return None
        if not isinstance(told, list) or len(told) != 2 or not all(isinstance(one, str) and CLOCK.fullmatch(one) for one in told):
            self.refuse("window", 'two local times such as ["08:00", "20:00"], or null')
            return None
        start, end = (time.fromisoformat(one) for one in told)
        if (end.hour - start.hour) * 60 + end.minute - start.minute < SHORTEST_WINDOW:
            self.refuse("window", "must end at least an hour after it begins, on the same day")
        return start, end

    def _styles(self, told: Any) -> tuple[StyleRule, ...]:
        rules = self._list("styles", told, MAX_STYLES)
        if rules and self.entry.kind != Kind.ORDER_CONFIRMATION:
            self.refuse("styles", "only order confirmations have styles")
            return ()
        return tuple(self._style(f"styles[{n}]", one) for n, one in enumerate(rules))

    def _style(self, name: str, told: Any) -> StyleRule:
        if not isinstance(told, Mapping) or set(told) - {"style", "checks"}:
            self.refuse(name, "must have a style and its checks")
            return StyleRule(Style.PLAIN)
        return StyleRule(
            self._choice(f"{name}.style", told.get("style"), Style.values), self._checks(f"{name}.checks", told.get("checks", []))
        )

    def _checks(self, name: str, told: Any) -> tuple[Check, ...]:
        found = [self._check(f"{name}[{n}]", one) for n, one in enumerate(self._list(name, told, MAX_CHECKS))]
        return tuple(check for check in found if check is not None)

    def _check(self, name: str, told: Any) -> Check | None:
        if not isinstance(told, Mapping) or set(told) != {"fact", "op", "value"}:
            self.refuse(name, "must have fact, op and value")
            return None
        spec = FACTS.get(told["fact"]) if isinstance(told["fact"], str) else None
        if spec is None or not is_known(spec, self.entry):
            self.refuse(f"{name}.fact", f"must be one of {', '.join(fact.name for fact in facts_of(self.entry))}")
            return None
        op = self._choice(f"{name}.op", told["op"], spec.ops)
        value = self._value(f"{name}.value", told["value"], spec, op)
        return None if value is None else Check(spec.name, op, value)

    def _value(self, name: str, told: Any, spec: FactSpec, op: str) -> str | float | bool | tuple[str, ...] | None:
        if spec.type == "yes_no":
            return bool(told) if self._is_right(isinstance(told, bool), name, "must be true or false") else None
        if spec.type == "number":
            is_number = isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told) and 0 <= told < 1e12
            return told if self._is_right(is_number, name, "must be a number, zero or more") else None
        if op != "in":
            return self._text(name, told, spec)
        texts = [self._text(f"{name}[{n}]", one, spec) for n, one in enumerate(self._list(name, told, MAX_VALUES))]
        self._is_right(told != [], name, "name at least one")
        return tuple(text for text in texts if text is not None)

    def _text(self, name: str, told: Any, spec: FactSpec) -> str | None:
        if not isinstance(told, str) or not told.strip() or len(told) > MAX_TEXT or not told.isprintable():
            self.refuse(name, f"a text of at most {MAX_TEXT} characters")
            return None
        is_right = self._is_right(not spec.choices or told in spec.choices, name, f"must be one of {', '.join(spec.choices)}")
        if spec.name == "order.country":
            is_right = self._is_right(len(told) == 2 and country_code(told) == told, name, "must be a country's code of two capitals")
        if spec.name == "order.currency":
            is_right = self._is_right(bool(re.fullmatch(r"[A-Z]{3}", told)), name, "must be a currency's code of three capitals")
        return told.strip() if is_right else None

    def _is_right(self, is_right: bool, name: str, message: str) -> bool:
        if not is_right:
            self.refuse(name, message)
        return is_right


def is_known(spec: FactSpec, entry: Entry) -> bool:
    """Whether the fact can be known when a message of the kind is decided."""
    if spec.about == "order":
        return True
    return spec.about == entry.subject or (spec.about == "shipment" and entry.event.startswith("tracking.") and entry.weight > 0)


def facts_of(entry: Entry) -> tuple[FactSpec, ...]:
    """What may be asked about a kind, in the order in which a page offers it."""
    return tuple(spec for spec in FACTS.values() if is_known(spec, entry))


def check_plan(kind: str, definition: object) -> Plan:
    """The automation as a value. Refuses (PlanRefused) what could not be followed, naming every field."""
    if kind not in Kind.values:
        raise PlanRefused([PlanProblem("kind", "not a message we send")])
    entry = entry_of(kind)
    if not entry.is_switchable:
        raise PlanRefused([PlanProblem("kind", f"{kind} always goes out as it is asked for")])
    if not isinstance(definition, Mapping):
        raise PlanRefused([PlanProblem("definition", "must be an object")])
    reader = _Reader(entry)
    plan = reader.plan(definition)
    if reader.problems:
        raise PlanRefused(reader.problems)
    return plan
