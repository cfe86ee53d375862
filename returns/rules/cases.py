"""Test cases kept with a policy: an article, a situation, and what must come of it. They are run before it is published."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.money import BadAmount, parse_amount
from returns.rules.parse import COUNTRIES, DAY, BadPolicy, Problem
from returns.rules.policy import Rules, decide
from returns.types import Article, Decision, Outcome, ReasonKind, Situation

MAX_CASES = 100
MAX_TEXT = 100
MAX_PIECES = 1_000
SITUATION = ("country", "bought", "delivered", "today", "earlier_returns", "gift")
ARTICLE = ("type", "tags", "sku", "price", "quantity", "discounted", "digital")


@dataclass(frozen=True, slots=True)
class Case:
    """`until` and `amount` are of `outcome`; None where they are not looked at ("" for `until`: no last day)."""

    name: str
    article: Article
    situation: Situation
    reason: str
    kind: ReasonKind
    outcome: Outcome
    is_open: bool
    until: date | str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that does not hold: what was to come, and what came instead."""

    name: str
    expected: str
    came: str

    def __str__(self) -> str:
        return _("%(name)s: expected %(expected)s, came %(came)s") % {"name": self.name, "expected": self.expected, "came": self.came}


def run_cases(*, rules: Rules, cases: Sequence[Case]) -> list[Failure]:
    """Those that do not hold under the rules, in their order."""
    return [failure for case in cases if (failure := _run(rules, case)) is not None]


def answer_of(*, rules: Rules, case: Case) -> Decision:
    """What the rules say of a case."""
    return decide(rules=rules, article=case.article, situation=case.situation, reason=case.reason, kind=case.kind)


def _run(rules: Rules, case: Case) -> Failure | None:
    offer = answer_of(rules=rules, case=case).offer(case.outcome)
    is_open = offer is not None and offer.is_open
    expected, came = [_open(case.is_open)], [_open(is_open)]
    if case.until is not None:
        expected.append(_until(case.until or None))
        came.append(_until(offer.until) if offer else _("no last day known"))
    if case.amount is not None:
        expected.append(_amount(case.amount, case))
        came.append(_amount(offer.amount, case) if offer else _("no amount"))
    if expected == came:
        return None
    return Failure(case.name, ", ".join(expected), ", ".join(came))


def _open(is_open: bool) -> str:
    return _("possible") if is_open else _("not possible")


def _until(day: date | str | None) -> str:
    return _("until %(day)s") % {"day": day.isoformat()} if isinstance(day, date) else _("without a last day")


def _amount(amount: Decimal, case: Case) -> str:
    return f"{amount.normalize():f} {case.situation.currency}"


# From and to JSON


def parse_cases(value: Any, *, currency: str) -> list[Case]:
    """Stored cases. Refuses (BadPolicy) what is unknown, of a wrong kind or out of bounds, by its place."""
    problems: list[Problem] = []
    if not isinstance(value, list) or len(value) > MAX_CASES:
        raise BadPolicy([("cases", _("must be a list of at most %(n)s") % {"n": MAX_CASES})])
    found = [_Parser(f"cases[{n}]", currency, problems).case(one) for n, one in enumerate(value)]
    if problems:
        raise BadPolicy(problems)
    return found


def case_as_json(case: Case) -> dict[str, Any]:
    """The case as it is stored."""
    article, situation = case.article, case.situation
    said: dict[str, Any] = {
        "name": case.name,
        "article": {
            "type": article.product_type,
            "tags": list(article.tags),
            "sku": article.sku,
            "price": str(article.unit_paid),
            "quantity": article.quantity,
            "discounted": article.is_discounted,
            "digital": not article.is_shipped_good,
        },
        "situation": {
            "country": situation.country,
            "bought": situation.placed_on.isoformat(),
            "delivered": situation.delivered_on.isoformat() if situation.delivered_on else "",
            "today": situation.today.isoformat(),
            "earlier_returns": situation.earlier_returns,
            "gift": situation.is_gift,
        },
        "reason": case.reason,
        "kind": case.kind.value,
        "expect": {"outcome": case.outcome.value, "open": case.is_open},
    }
    if case.until is not None:
        said["expect"]["until"] = case.until.isoformat() if isinstance(case.until, date) else ""
    if case.amount is not None:
        said["expect"]["amount"] = str(case.amount)
    return said


class _Parser:
    """Reads one case; what is wrong is noted, and something harmless taken in its place."""

    def __init__(self, path: str, currency: str, problems: list[Problem]) -> None:
        self.path, self.currency, self.problems = path, currency, problems

    def case(self, value: Any) -> Case:
        said = self._object("", value, ("name", "article", "situation", "reason", "kind", "expect"))
        expect = self._object("expect", said.get("expect"), ("outcome", "open", "until", "amount"))
        name = self._text("name", said.get("name"))
        if not name.strip():
            self._no("name", _("give it a name"))
        until = None if expect.get("until") is None else self._day("expect.until", expect["until"], may_be_empty=True) or ""
        return Case(
            name=name,
            article=self._article(self._object("article", said.get("article"), ARTICLE)),
            situation=self._situation(self._object("situation", said.get("situation"), SITUATION)),
            reason=self._text("reason", said.get("reason", "")),
            kind=ReasonKind(self._one("kind", said.get("kind", "wish"), ReasonKind.values)),
            outcome=Outcome(self._one("expect.outcome", expect.get("outcome", "refund"), Outcome.values)),
            is_open=self._flag("expect.open", expect.get("open")),
            until=until,
            amount=None if expect.get("amount") is None else self._money("expect.amount", expect["amount"]),
        )

    def _article(self, said: Mapping[str, Any]) -> Article:
        tags = said.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) and len(tag) <= MAX_TEXT for tag in tags):
            self._no("article.tags", _("must be a list of texts"))
            tags = []
        return Article(
            line_id=0,
            quantity=self._whole("article.quantity", said.get("quantity", 1), 1, MAX_PIECES),
            unit_paid=self._money("article.price", said.get("price")),
            sku=self._text("article.sku", said.get("sku", "")),
            product_type=self._text("article.type", said.get("type", "")),
            tags=tuple(tags),
            is_discounted=self._flag("article.discounted", said.get("discounted", False)),
            is_shipped_good=not self._flag("article.digital", said.get("digital", False)),
        )

    def _situation(self, said: Mapping[str, Any]) -> Situation:
        placed = self._day("situation.bought", said.get("bought")) or date.min
        delivered = self._day("situation.delivered", said.get("delivered", ""), may_be_empty=True)
        today = self._day("situation.today", said.get("today")) or date.max
        if delivered is not None and delivered < placed:
            self._no("situation.delivered", _("is before the day it was bought"))
        if today < placed:
            self._no("situation.today", _("is before the day it was bought"))
        return Situation(
            country=self._one("situation.country", said.get("country"), COUNTRIES),
            currency=self.currency,
            placed_on=placed,
            today=today,
            delivered_on=delivered,
            earlier_returns=self._whole("situation.earlier_returns", said.get("earlier_returns", 0), 0, MAX_PIECES),
            is_gift=self._flag("situation.gift", said.get("gift", False)),
        )

    def _no(self, name: str, text: str) -> None:
        self.problems.append((f"{self.path}.{name}" if name else self.path, text))

    def _object(self, name: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._no(name, _("must be an object"))
            return {}
        for key in value:
            if key not in known:
                self._no(f"{name}.{str(key)[:40]}".strip("."), _("is not known"))
        return value

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, str) and len(value) <= MAX_TEXT and "\0" not in value:
            return value
        self._no(name, _("must be a text of at most %(n)s characters") % {"n": MAX_TEXT})
        return ""

    def _one(self, name: str, value: Any, known: Collection[str]) -> str:
        if isinstance(value, str) and value in known:
            return value
        self._no(name, _("is not known"))
        return next(iter(sorted(known)))

    def _flag(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self._no(name, _("must be yes or no"))
        return value is True

    def _whole(self, name: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._no(name, _("must be a whole number from %(least)s to %(most)s") % {"least": least, "most": most})
        return least

    def _money(self, name: str, value: Any) -> Decimal:
        if isinstance(value, str):
            try:
                return parse_amount(value, self.currency)
            except BadAmount as bad:
                self._no(name, str(bad))
        else:
            self._no(name, _("must be an amount as a text, like 4.90"))
        return Decimal(0)

    def _day(self, name: str, value: Any, *, may_be_empty: bool = False) -> date | None:
        if value == "" and may_be_empty:
            return None
        try:
            found = date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else None
        except ValueError:
            found = None
        if found is None or not date(2000, 1, 1) <= found <= date(2099, 12, 31):
            self._no(name, _("must be a day like 2026-12-01"))
            return None
        return found
