"""A stored policy read into `Rules`. What is unknown, of a wrong kind or over a limit is refused by its place, all of it at once."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from django.utils.translation import gettext as _

from core.money import BadAmount, parse_amount
from returns.rules.terms import Rule, Rules, Terms, Then, When
from returns.types import Outcome, ReasonKind

MAX_RULES = 200
MAX_DAYS = 3_650
MAX_WORDS = 200  # of one condition
MAX_WORD = 100
MAX_NAME = 80
MAX_PERCENT = 100
MAX_RETURNS = 1_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
QUOTES = re.compile("[\u201c\u201d\u0000-\u001f\u007f]")  # the text quotes words with these; nothing unseen in a word either
NO_COUNTRY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
COUNTRIES = frozenset(str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code))) - NO_COUNTRY
KINDS = (*ReasonKind.values, "any")
Problem = tuple[str, str]
Reader = Callable[["_Reading", str, Any], Any]


class BadPolicy(ValueError):
    """What cannot be followed like this: (place, words) of each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(f"{path}: {text}" for path, text in self.problems))


class _Reading:
    """What is known while a policy is read, and what was wrong with it so far."""

    def __init__(self, currency: str, reasons: Collection[str] | None, places: Collection[str] | None) -> None:
        self.currency, self.reasons, self.places = currency, reasons, places
        self.problems: list[Problem] = []

    def no(self, path: str, text: str) -> None:
        self.problems.append((path, text))


def parse_policy(
    *,
    window_days: Any,
    is_free: Any,
    refund_days: Any,
    outcomes: Any,
    rules: Any,
    currency: str,
    reasons: Collection[str] | None = None,
    places: Collection[str] | None = None,
) -> Rules:
    """The rules in force from columns and JSON. `reasons` and `places`: codes and keys that exist; None: not checked.

    Refuses (BadPolicy) everything unknown, of a wrong kind, negative or over a limit, days that end before they begin,
    the same id twice, and more than 200 rules.
    """
    reading = _Reading(currency, reasons, places)
    found = Rules(
        currency=currency,
        window_days=_days(reading, "window_days", window_days) or 0,
        is_free=_flag(reading, "is_free", is_free) or False,
        refund_days=_days(reading, "refund_days", refund_days) or 0,
        outcomes=_outcomes(reading, "outcomes", outcomes, is_base=True),
        rules=_rules(reading, rules),
    )
    if reading.problems:
        raise BadPolicy(reading.problems)
    return found


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """The rule as it is stored: only what it says."""
    when = {name: _plain(value) for name, value in asdict(rule.when).items() if name != "folded" and value not in (None, ())}
    then = {name: _plain(value) for name, value in asdict(rule.then).items() if value is not None and name != "outcomes"}
    if rule.then.outcomes:
        then["outcomes"] = outcomes_as_json(rule.then.outcomes)
    return {"id": rule.id, "name": rule.name, "when": when, "then": then}


def outcomes_as_json(outcomes: Mapping[Outcome, Terms]) -> dict[str, Any]:
    """Terms of each outcome as they are stored."""
    return {
        outcome.value: {_stored(name): _plain(value) for name, value in asdict(terms).items() if value is not None}
        for outcome, terms in outcomes.items()
    }


def _stored(name: str) -> str:
    return "for" if name == "kind" else name


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal | date) else value


# Parts


def _rules(reading: _Reading, value: Any) -> tuple[Rule, ...]:
    if not isinstance(value, list):
        reading.no("rules", _("must be a list"))
        return ()
    if len(value) > MAX_RULES:
        reading.no("rules", _("at most %(n)s rules") % {"n": MAX_RULES})
        return ()
    found = [_rule(reading, f"rules[{n}]", one) for n, one in enumerate(value)]
    seen: set[str] = set()
    for n, rule in enumerate(found):
        if rule.id and rule.id in seen:
            reading.no(f"rules[{n}].id", _("there is another rule with this id"))
        seen.add(rule.id)
    return tuple(found)


def _rule(reading: _Reading, path: str, value: Any) -> Rule:
    fields = _object(reading, path, value, ("id", "name", "when", "then"))
    id = fields.get("id", "")
    if not (isinstance(id, str) and ID.fullmatch(id)):
        reading.no(f"{path}.id", _("must be small letters, digits, - or _, at most 40"))
        id = ""
    name = fields.get("name", "")
    if not isinstance(name, str) or len(name) > MAX_NAME or QUOTES.search(name):
        reading.no(f"{path}.name", _("must be a text of at most %(n)s characters") % {"n": MAX_NAME})
        name = ""
    when = When(**_read(reading, f"{path}.when", fields.get("when", {}), WHEN))
    _check_when(reading, f"{path}.when", when)
    said = fields.get("then", {})
    then = _object(reading, f"{path}.then", said, (*THEN, "outcomes"))
    outcomes = _outcomes(reading, f"{path}.then.outcomes", then.pop("outcomes", {}), is_base=False)
    effects = Then(**_read(reading, f"{path}.then", then, THEN), outcomes=outcomes)
    _check_then(reading, f"{path}.then", effects, when, is_empty=not said)
    return Rule(id, name, when, effects)


def _check_when(reading: _Reading, path: str, when: When) -> None:
    if when.bought_from and when.bought_until and when.bought_until < when.bought_from:
        reading.no(f"{path}.bought_until", _("is before the day it begins"))
    if when.min_price is not None and when.max_price is not None and when.max_price < when.min_price:
        reading.no(f"{path}.max_price", _("is below the lowest price"))
    if both := set(when.countries) & set(when.not_countries):
        reading.no(f"{path}.not_countries", _("%(code)s is in both lists") % {"code": min(both)})


def _check_then(reading: _Reading, path: str, then: Then, when: When, *, is_empty: bool) -> None:
    if is_empty:
        reading.no(path, _("the rule changes nothing"))
    if then.no_end is False:
        reading.no(f"{path}.no_end", _("is said or left out; days say when it ends"))
    if then.no_end and then.window_days is not None:
        reading.no(f"{path}.no_end", _("say days or no end, not both"))
    if then.until and when.bought_from and then.until < when.bought_from:
        reading.no(f"{path}.until", _("is before the day of purchase the rule begins with"))


def _outcomes(reading: _Reading, path: str, value: Any, *, is_base: bool) -> dict[Outcome, Terms]:
    found = {}
    for name, said in _object(reading, path, value, Outcome.values).items():
        here = f"{path}.{name}"
        stored = _object(reading, here, said, [_stored(key) for key in TERMS])
        terms = Terms(
            **{("kind" if key == "for" else key): _value(reading, f"{here}.{key}", one, TERMS, key) for key, one in stored.items()}
        )
        if not is_base and not stored:
            reading.no(here, _("says nothing"))
        if name == Outcome.KEEP and not terms.share_percent and (terms.open or (is_base and terms.open is None)):
            reading.no(f"{here}.share_percent", _("say which part of the money comes back"))
        found[Outcome(name)] = terms
    return found


def _value(reading: _Reading, path: str, value: Any, readers: Mapping[str, Reader], key: str) -> Any:
    return readers["kind" if key == "for" else key](reading, path, value)


def _read(reading: _Reading, path: str, value: Any, readers: Mapping[str, Reader]) -> dict[str, Any]:
    fields = _object(reading, path, value, readers)
    return {name: readers[name](reading, f"{path}.{name}", one) for name, one in fields.items()}


def _object(reading: _Reading, path: str, value: Any, known: Collection[str]) -> dict[str, Any]:
    """The known parts of an object; others are refused."""
    if not isinstance(value, dict):
        reading.no(path, _("must be an object"))
        return {}
    for name in value:
        if name not in known:
            reading.no(f"{path}.{str(name)[:40]}", _("is not known"))
    return {name: one for name, one in value.items() if name in known}


# Values


def _whole(reading: _Reading, path: str, value: Any, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        reading.no(path, _("must be a whole number"))
    elif not 0 <= value <= most:
        reading.no(path, _("must be from 0 to %(n)s") % {"n": most})
    else:
        return value
    return None


def _days(reading: _Reading, path: str, value: Any) -> int | None:
    return _whole(reading, path, value, MAX_DAYS)


def _percent(reading: _Reading, path: str, value: Any) -> int | None:
    return _whole(reading, path, value, MAX_PERCENT)


def _returns(reading: _Reading, path: str, value: Any) -> int | None:
    found = _whole(reading, path, value, MAX_RETURNS)
    if found == 0:
        reading.no(path, _("must be at least 1"))
    return found


def _flag(reading: _Reading, path: str, value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    reading.no(path, _("must be yes or no"))
    return None


def _money(reading: _Reading, path: str, value: Any) -> Decimal | None:
    """An amount of the merchant's currency, as a text or a whole number: a float is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        reading.no(path, _("must be an amount as a text, like 4.90"))
        return None
    try:
        return parse_amount(value, reading.currency)
    except BadAmount as bad:
        reading.no(path, str(bad))
        return None


def _day(reading: _Reading, path: str, value: Any) -> date | None:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        reading.no(path, _("must be a day like 2026-12-01"))
        return None
    return found


def _words(reading: _Reading, path: str, value: Any, *, allowed: Collection[str] | None = None) -> tuple[str, ...]:
    """A list of texts, each once; `allowed` names those that exist."""
    if not isinstance(value, list) or not value or len(value) > MAX_WORDS:
        reading.no(path, _("must be a list of 1 to %(n)s texts") % {"n": MAX_WORDS})
        return ()
    found = []
    for n, one in enumerate(value):
        if not isinstance(one, str) or not one.strip() or len(one) > MAX_WORD or QUOTES.search(one):
            reading.no(f"{path}[{n}]", _("must be a text of 1 to %(n)s characters, without “ and ”") % {"n": MAX_WORD})
        elif allowed is not None and one not in allowed:
            reading.no(f"{path}[{n}]", _("“%(word)s” is not known") % {"word": one})
        else:
            found.append(one.strip())
    return tuple(dict.fromkeys(found))


def _countries(reading: _Reading, path: str, value: Any) -> tuple[str, ...]:
    return _words(reading, path, value, allowed=COUNTRIES)


def _reasons(reading: _Reading, path: str, value: Any) -> tuple[str, ...]:
    return _words(reading, path, value, allowed=reading.reasons)


def _kinds(reading: _Reading, path: str, value: Any) -> tuple[str, ...]:
    return _words(reading, path, value, allowed=ReasonKind.values)


def _kind(reading: _Reading, path: str, value: Any) -> str | None:
    if isinstance(value, str) and value in KINDS:
        return value
    reading.no(path, _("must be wish, fault or any"))
    return None


def _place(reading: _Reading, path: str, value: Any) -> str | None:
    if isinstance(value, str) and ID.fullmatch(value) and (reading.places is None or value in reading.places):
        return value
    reading.no(path, _("there is no such return address"))
    return None


WHEN: dict[str, Reader] = {
    "countries": _countries,
    "not_countries": _countries,
    "types": _words,
    "tags": _words,
    "skus": _words,
    "reasons": _reasons,
    "kinds": _kinds,
    "min_price": _money,
    "max_price": _money,
    "discounted": _flag,
    "bought_from": _day,
    "bought_until": _day,
    "min_earlier_returns": _returns,
    "gift": _flag,
}
TERMS: dict[str, Reader] = {
    "open": _flag,
    "window_days": _days,
    "fee": _money,
    "bonus_percent": _percent,
    "bonus": _money,
    "share_percent": _percent,
    "postage_free": _flag,
    "kind": _kind,
}
THEN: dict[str, Reader] = {
    "final_sale": _flag,
    "exempt_from_withdrawal": _flag,
    "window_days": _days,
    "until": _day,
    "no_end": _flag,
    "fee": _money,
    "postage_free": _flag,
    "photo": _flag,
    "review": _flag,
    "address": _place,
    "keep_only": _flag,
}
