"""The public policy, written from the same `Rules` the decisions come from: one clause per rule, in the rules' own order.

A clause says when it holds and what it does, one sentence each, so that a person can read it and a machine can take it apart.
`tests/returns/reader.py` does: it decides from these sentences alone and must agree with the engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core.money import format_money
from returns.rules.parse import outcomes_as_json, rule_as_json
from returns.rules.terms import Rule, Rules, Terms, Then, When
from returns.types import Outcome, ReasonKind


@dataclass(frozen=True, slots=True)
class Clause:
    """`kind` is base, outcome, rule or always. `data` is the stored form of what is said."""

    id: str
    kind: str
    title: str
    when: tuple[str, ...]
    then: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def text(self) -> str:
        """All of it in one paragraph."""
        effects = " ".join(self.then)
        if not self.when:
            return effects
        conditions = _(", and ").join(self.when)
        return _("For what %(conditions)s: %(effects)s") % {"conditions": conditions, "effects": effects}


@dataclass(frozen=True, slots=True)
class _Words:
    """What values are called in the active language."""

    locale: Locale
    currency: str
    reasons: Mapping[str, str]
    places: Mapping[str, str]

    def money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency, str(self.locale))

    def day(self, day: date) -> str:
        return format_date(day, "long", self.locale)

    def lands(self, codes: Sequence[str]) -> str:
        return _or([str(self.locale.territories.get(code, code)) for code in codes])


def policy_text(*, rules: Rules, reasons: Mapping[str, str], places: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses in the active language, in the order they are applied. `reasons` and `places`: what codes and keys are called."""
    words = _Words(Locale.parse((get_language() or "en").replace("-", "_")), rules.currency, reasons, places)
    outcomes = [_of_outcome(outcome, terms, words) for outcome, terms in rules.outcomes.items()]
    return (_base(rules), *outcomes, *(_of_rule(rule, words) for rule in rules.rules), *_always(rules))


def text_as_json(clauses: Sequence[Clause]) -> list[dict[str, Any]]:
    """The clauses for a machine: the sentences, and the data they were written from."""
    return [
        {"id": one.id, "kind": one.kind, "title": one.title, "when": list(one.when), "then": list(one.then), "data": dict(one.data)}
        for one in clauses
    ]


# What holds for everything


def _base(rules: Rules) -> Clause:
    refund = ngettext(
        "Your money is sent back within %(n)s day of its arrival.",
        "Your money is sent back within %(n)s days of its arrival.",
        rules.refund_days,
    )
    then = (_days(rules.window_days), _postage(rules.is_free), refund % {"n": rules.refund_days})
    data = {"window_days": rules.window_days, "is_free": rules.is_free, "refund_days": rules.refund_days}
    return Clause("base", "base", _("For everything"), (), then, data)


def _of_outcome(outcome: Outcome, terms: Terms, words: _Words) -> Clause:
    said = _terms(outcome, terms, words)
    if terms.open is None:
        said = (_offered(outcome, is_open=True), *said)
    return Clause(f"outcome.{outcome.value}", "outcome", str(outcome.label), (), said, outcomes_as_json({outcome: terms})[outcome.value])


def _always(rules: Rules) -> tuple[Clause, ...]:
    """What no rule changes, and how rules are read."""
    said = {
        "order": _("Rules are read from top to bottom. Where two say different things, the later one counts."),
        "faults": _("For a fault of ours the way back is always free and there is never a fee. A final sale does not change that."),
        "unsent": _("What was not sent in a parcel goes back for a fault only."),
        "reason": _("What is said of a reason or of a kind of reason counts once you have named it. Until then it is taken for a wish."),
        "faulty_only": _("The same again and repair are for faults of ours, unless it says otherwise."),
    }
    if any(_has_money(rule) for rule in rules.rules) or any(terms.fee or terms.bonus for terms in rules.outcomes.values()):
        text = _(
            "Amounts are in %(currency)s. An order in another currency has no fee and no fixed bonus,"
            " and rules that name a price are not for it."
        )
        said["currency"] = text % {"currency": rules.currency}
    return tuple(Clause(f"always.{id}", "always", "", (), (text,), {}) for id, text in said.items())


def _has_money(rule: Rule) -> bool:
    amounts = [rule.when.min_price, rule.when.max_price, rule.then.fee]
    return any(amount is not None for amount in amounts) or any(terms.fee or terms.bonus for terms in rule.then.outcomes.values())


# Rules


def _of_rule(rule: Rule, words: _Words) -> Clause:
    stored = rule_as_json(rule)
    data = {"when": stored["when"], "then": stored["then"]}
    return Clause(f"rule.{rule.id}", "rule", rule.name, _conditions(rule.when, words), _effects(rule.then, words), data)


def _conditions(when: When, words: _Words) -> tuple[str, ...]:
    """Each goes on from "everything that"."""
    lists: list[tuple[Sequence[str], Callable[[Sequence[str]], str], str]] = [
        (when.countries, words.lands, _("was sent to %(list)s")),
        (when.not_countries, words.lands, _("was not sent to %(list)s")),
        (when.types, _quoted, _("is of the type %(list)s")),
        (when.tags, _quoted, _("is marked %(list)s")),
        (when.skus, _quoted, _("has the article number %(list)s")),
        (when.reasons, lambda codes: _quoted([words.reasons.get(code, code) for code in codes]), _("goes back because of %(list)s")),
        (when.kinds, lambda kinds: _or([_kind(kind) for kind in kinds]), _("goes back for %(list)s")),
    ]
    found = [text % {"list": tell(values)} for values, tell, text in lists if values]
    if when.min_price is not None:
        found.append(_("cost at least %(amount)s a piece") % {"amount": words.money(when.min_price)})
    if when.max_price is not None:
        found.append(_("cost at most %(amount)s a piece") % {"amount": words.money(when.max_price)})
    if when.discounted is not None:
        found.append(_("was reduced") if when.discounted else _("was not reduced"))
    if when.bought_from is not None:
        found.append(_("was ordered on %(day)s or later") % {"day": words.day(when.bought_from)})
    if when.bought_until is not None:
        found.append(_("was ordered on %(day)s or earlier") % {"day": words.day(when.bought_until)})
    if (n := when.min_earlier_returns) is not None:
        text = ngettext(
            "was bought by somebody with %(n)s return or more within a year",
            "was bought by somebody with %(n)s returns or more within a year",
            n,
        )
        found.append(text % {"n": n})
    if when.gift is not None:
        found.append(_("was a gift") if when.gift else _("was not a gift"))
    return tuple(found)


def _effects(then: Then, words: _Words) -> tuple[str, ...]:
    flags = [
        (then.final_sale, _("It is a final sale: not taken back for a wish."), _("It is not a final sale.")),
        (then.exempt_from_withdrawal, _("The legal right of withdrawal does not cover it."), _("The legal right of withdrawal covers it.")),
        (then.keep_only, _("It need not be sent: only what lets you keep it or give it away is open."), _("It may be sent.")),
        (then.photo, _("We ask for a photo."), _("No photo is needed.")),
        (then.review, _("We look at it before we agree."), _("We agree at once.")),
    ]
    found = [(yes if value else no) for value, yes, no in flags if value is not None]
    if then.no_end:
        found.append(_("There is no last day."))
    if then.window_days is not None:
        found.append(_days(then.window_days))
    if then.until is not None:
        found.append(_("The last day is not before %(day)s.") % {"day": words.day(then.until)})
    if then.fee is not None:
        found.append(_fee(then.fee, words))
    if then.postage_free is not None:
        found.append(_postage(then.postage_free))
    if then.address is not None:
        found.append(_("It goes to: %(place)s.") % {"place": words.places.get(then.address, then.address)})
    for outcome, terms in then.outcomes.items():
        found += _terms(outcome, terms, words)
    return tuple(found)


def _terms(outcome: Outcome, terms: Terms, words: _Words) -> tuple[str, ...]:
    """Each begins with the outcome's name."""
    found = [] if terms.open is None else [_offered(outcome, is_open=terms.open)]
    parts: list[str] = []
    if terms.kind is not None:
        parts.append(_("For a wish or a fault.") if terms.kind == "any" else _("For %(kind)s only.") % {"kind": _kind(terms.kind)})
    if terms.window_days is not None:
        parts.append(_days(terms.window_days))
    if terms.fee is not None:
        parts.append(_fee(terms.fee, words))
    if terms.bonus_percent is not None:
        parts.append(_("%(n)s%% more than you paid.") % {"n": terms.bonus_percent})
    if terms.bonus is not None:
        parts.append(_("%(amount)s more for each piece.") % {"amount": words.money(terms.bonus)})
    if terms.share_percent is not None:
        parts.append(_("%(n)s%% of what you paid.") % {"n": terms.share_percent})
    if terms.postage_free is not None:
        parts.append(_postage(terms.postage_free))
    return (*found, *(_("%(outcome)s: %(said)s") % {"outcome": outcome.label, "said": part} for part in parts))


def _offered(outcome: Outcome, *, is_open: bool) -> str:
    said = _("Offered.") if is_open else _("Not offered.")
    return _("%(outcome)s: %(said)s") % {"outcome": outcome.label, "said": said}


def _days(days: int) -> str:
    if days == 0:
        return _("It is not taken back.")
    return ngettext("You have %(n)s day from delivery.", "You have %(n)s days from delivery.", days) % {"n": days}


def _postage(is_free: bool) -> str:
    return _("The way back is free for you.") if is_free else _("You pay the way back.")


def _fee(fee: Decimal, words: _Words) -> str:
    return _("There is no fee.") if not fee else _("The fee is %(amount)s for each piece.") % {"amount": words.money(fee)}


def _kind(kind: str) -> str:
    return _("a wish of yours") if kind == ReasonKind.WISH else _("a fault of ours")


def _quoted(words: Sequence[str]) -> str:
    return _or([_("“%(word)s”") % {"word": word} for word in words])


def _or(parts: Sequence[str]) -> str:
    return _(" or ").join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
