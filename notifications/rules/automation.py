"""Conditions of an automation: which facts may be asked, how they are compared, and what the answer is in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from merchants.types import Language
from notifications.types import Check, Condition
from tracking.types import IncidentType, ShipmentStatus

Fact = str | float | bool | frozenset[str] | None
Type = Literal["number", "text", "yes_no", "any_of"]
WORDS = {"is": "is", "is_not": "is not", "in": "in", "at_least": "at least", "at_most": "at most"}
EQUAL, NUMBER = ("is", "is_not", "in"), ("at_least", "at_most")


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One fact: its name in a definition and on the page, what it is, and how it may be compared."""

    name: str
    label: str | Promise
    type: Type  # "any_of": several values, of which one has to fit
    ops: tuple[str, ...]
    about: str = "order"  # what a message must be about for the fact to be known
    choices: tuple[str, ...] = ()


_ALL = (
    FactSpec("order.total", _("Order value"), "number", NUMBER),
    FactSpec("order.currency", _("Currency"), "text", EQUAL),
    FactSpec("order.country", _("Country it goes to"), "text", EQUAL),
    FactSpec("order.language", _("Language of the shopper"), "text", EQUAL, choices=tuple(Language.values)),
    FactSpec("order.is_first", _("First order of the customer"), "yes_no", ("is",)),
    FactSpec("order.product", _("Article number in the order"), "any_of", EQUAL),
    FactSpec("order.category", _("Category in the order"), "any_of", EQUAL),
    FactSpec("order.hours_since", _("Hours since the order"), "number", NUMBER),
    FactSpec("parcel.status", _("Where the parcel is"), "text", EQUAL, "shipment", tuple(ShipmentStatus.values)),
    FactSpec("incident.type", _("What is wrong"), "text", EQUAL, "incident", tuple(IncidentType.values)),
    FactSpec("customer.orders", _("Orders of the customer so far"), "number", NUMBER),
)
FACTS: dict[str, FactSpec] = {spec.name: spec for spec in _ALL}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a message is decided, by the names of `FACTS`. What is not known is missing, and no check on it holds."""

    facts: dict[str, Fact] = field(default_factory=dict)


def holds(check: Check, situation: Situation) -> Condition:
    """Whether the check holds, and both sides of it in words: `order.total 84.00 at least 50`."""
    fact = situation.facts.get(check.fact)
    asked = f"{WORDS.get(check.op, check.op)} {_words(check.value)}"
    if fact is None or fact == frozenset():
        return Condition("automation", False, f"{check.fact} not known, {asked}")
    shown = f"{fact:.2f}" if isinstance(fact, float) else _words(fact)
    return Condition("automation", _compare(fact, check), f"{check.fact} {shown} {asked}")


def all_hold(checks: Sequence[Check], situation: Situation) -> bool:
    return all(holds(check, situation).ok for check in checks)


def _compare(fact: Fact, check: Check) -> bool:
    if check.op in NUMBER:
        return _is_on_its_side(fact, check)
    mine = {str(one).casefold() for one in fact} if isinstance(fact, frozenset) else {_plain(fact)}
    wanted = {_plain(one) for one in check.value} if isinstance(check.value, tuple) else {_plain(check.value)}
    return bool(mine & wanted) is not (check.op == "is_not")


def _is_on_its_side(fact: Fact, check: Check) -> bool:
    if isinstance(fact, int | float) and isinstance(check.value, int | float):
        return fact >= check.value if check.op == "at_least" else fact <= check.value
    return False


def _plain(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).casefold()


def _words(value: object) -> str:
    if isinstance(value, tuple | frozenset):
        return ", ".join(sorted(str(one) for one in value))
    return _plain(value) if isinstance(value, bool) else str(value)
