"""One set of rules, three readers: the engine, the calculator in the admin and the public text never say different things."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from returns.rules.cases import Case, answer_of, case_as_json, parse_cases
from returns.rules.parse import outcomes_as_json, parse_policy, rule_as_json
from returns.rules.policy import Rules, better, decide, is_exempt
from returns.rules.reasons import SHIPPED, shipped_name
from returns.rules.text import policy_text, text_as_json
from returns.types import Article, Decision, Outcome, ReasonKind, Situation
from tests.returns import reader

DAY = date(2026, 6, 1)
TYPES, TAGS, SKUS = ["Shoes", "ÉCRAN or two", "Bags, small"], ["sale", "Hygiene", "made to order"], ["A-1", "b-2"]
LANDS = ["DE", "AT", "US", "BA", "KN", "CI"]
PLACES = {"north": "Depot North", "lab": "Repair: lab"}


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


days = st.integers(0, 120)
amounts = st.decimals(0, 120, places=2).map(str)
dates = st.integers(-40, 60).map(lambda n: (DAY + timedelta(days=n)).isoformat())
SHARES = st.integers(1, 100)
WHEN = st.fixed_dictionaries(
    {},
    optional={
        "countries": some(LANDS[:3]),
        "not_countries": some(LANDS[3:]),
        "types": some(TYPES),
        "tags": some(TAGS),
        "skus": some(SKUS),
        "reasons": some(list(SHIPPED)),
        "kinds": some(list(ReasonKind.values)),
        "discounted": st.booleans(),
        "min_earlier_returns": st.integers(1, 5),
        "gift": st.booleans(),
        "min_price": amounts,
        "bought_until": dates,
    },
)
ONE_OR_TWO = st.lists(
    st.sampled_from(["countries", "types", "tags", "kinds", "reasons", "discounted", "min_earlier_returns", "gift"]), max_size=2
)
TERMS: dict[str, Any] = {
    "window_days": days,
    "fee": amounts,
    "bonus_percent": st.integers(0, 100),
    "bonus": amounts,
    "share_percent": SHARES,
    "postage_free": st.booleans(),
    "for": st.sampled_from(["wish", "fault", "any"]),
}


def terms_of(outcome: str, *, is_base: bool) -> st.SearchStrategy[dict[str, Any]]:
    must = {"share_percent": SHARES} if outcome == "keep" else {}
    extra = {name: value for name, value in TERMS.items() if name not in must}
    found = st.fixed_dictionaries(must, optional={**extra, "open": st.booleans()})
    return found if is_base else found.filter(bool)


OUTCOMES = st.fixed_dictionaries({}, optional={name: terms_of(name, is_base=True) for name in Outcome.values})
THEN = st.fixed_dictionaries(
    {},
    optional={
        "final_sale": st.booleans(),
        "exempt_from_withdrawal": st.booleans(),
        "window_days": days,
        "until": dates,
        "fee": amounts,
        "postage_free": st.booleans(),
        "photo": st.booleans(),
        "review": st.booleans(),
        "address": st.sampled_from(sorted(PLACES)),
        "keep_only": st.booleans(),
        "outcomes": st.fixed_dictionaries({}, optional={name: terms_of(name, is_base=False) for name in Outcome.values}).filter(bool),
        "no_end": st.just(True),
    },
).map(lambda then: {k: v for k, v in then.items() if not (k == "window_days" and "no_end" in then)})


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    rules = []
    for n in range(draw(st.integers(0, 5))):
        kept = draw(ONE_OR_TWO)
        when = draw(WHEN)
        when = {name: value for name, value in when.items() if name in kept or draw(st.integers(0, 3)) == 0}
        then = draw(THEN.filter(bool))
        if "until" in then and "bought_from" in when:
            del when["bought_from"]
        rules.append({"id": f"r{n}", "name": f"Rule {n}", "when": when, "then": then})
    return {
        "window_days": draw(days),
        "is_free": draw(st.booleans()),
        "refund_days": draw(days),
        "outcomes": draw(OUTCOMES),
        "rules": rules,
        "currency": "EUR",
    }


@st.composite
def questions(draw: st.DrawFn) -> tuple[Article, Situation, str, ReasonKind]:
    article = Article(
        line_id=0,
        quantity=draw(st.integers(0, 4)),
        unit_paid=draw(st.decimals(0, 150, places=2)),
        sku=draw(st.sampled_from([*SKUS, "B-2", ""])),
        product_type=draw(st.sampled_from([*TYPES, "shoes", ""])),
        tags=tuple(draw(st.lists(st.sampled_from([*TAGS, "SALE"]), max_size=2))),
        is_discounted=draw(st.booleans()),
        is_shipped_good=draw(st.integers(0, 9)) > 0,
        is_sent=draw(st.integers(0, 9)) > 0,
    )
    placed = DAY + timedelta(days=draw(st.integers(-40, 40)))
    situation = Situation(
        country=draw(st.sampled_from(LANDS)),
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
        placed_on=placed,
        today=placed + timedelta(days=draw(st.integers(0, 150))),
        delivered_on=draw(st.sampled_from([None, placed + timedelta(days=3)])),
        arrive_by=draw(st.sampled_from([None, placed + timedelta(days=5)])),
        earlier_returns=draw(st.integers(0, 6)),
        is_gift=draw(st.booleans()),
    )
    reason = draw(st.sampled_from(["", *SHIPPED]))
    kind = SHIPPED[reason][0] if reason else draw(st.sampled_from(list(ReasonKind)))
    return article, situation, reason, kind


def told(article: Article, situation: Situation, reason: str, kind: ReasonKind) -> reader.Bought:
    """The same question as a reader of the page knows it; the page says how the days are counted."""
    begins = situation.delivered_on or situation.arrive_by or situation.placed_on + timedelta(days=14)
    return reader.Bought(
        country=situation.country,
        currency=situation.currency,
        price=article.unit_paid,
        pieces=article.quantity,
        sku=article.sku,
        type=article.product_type,
        tags=set(article.tags),
        reduced=article.is_discounted,
        in_parcel=article.is_shipped_good,
        left_shop=article.is_sent,
        ordered=situation.placed_on,
        begins=begins,
        today=situation.today,
        returns=situation.earlier_returns,
        gift=situation.is_gift,
        reason=shipped_name(reason) if reason else "",
        kind=kind.value,
    )


def as_read(decision: Decision, rules: Rules, article: Article, situation: Situation) -> reader.Answer:
    ways = {
        offer.outcome.value: reader.Verdict(
            offer.is_open,
            offer.until,
            offer.amount,
            offer.fee,
            offer.is_postage_free,
            offer.needs_photo,
            offer.needs_review,
            PLACES.get(offer.address, ""),
        )
        for offer in decision.offers
    }
    return reader.Answer(decision.is_eligible, is_exempt(rules=rules, article=article, situation=situation), ways)


def without_reason(rules: Rules) -> bool:
    """Whether no rule asks for a reason: exemption is asked before one is named."""
    return not any(rule.when.reasons or rule.when.kinds for rule in rules.rules if rule.then.exempt_from_withdrawal is not None)


def at_other_times(situation: Situation) -> Iterator[Situation]:
    """The same asked a month and a half and half a year later, and from a country most rules do not name."""
    yield situation
    yield replace(situation, today=situation.today + timedelta(days=45))
    yield replace(situation, today=situation.today + timedelta(days=180))
    yield replace(situation, country="NO")


@settings(max_examples=250)
@given(policies(), st.lists(questions(), min_size=10, max_size=10))
def test_text_calculator_and_decision_agree(stored: dict[str, Any], asked: list[tuple[Article, Situation, str, ReasonKind]]) -> None:
    """250 policies, ten questions of each in four situations: ten thousand cases."""
    rules = parse_policy(**stored, reasons=set(SHIPPED), places=set(PLACES))
    page = text_as_json(policy_text(rules=rules, reasons={code: shipped_name(code) for code in SHIPPED}, places=PLACES))
    for article, situation, reason, kind in asked:
        for moment in at_other_times(situation):
            agree(rules, page, article, moment, reason, kind)
    # nothing is lost on the way to the table and back
    again = [rule_as_json(rule) for rule in rules.rules]
    assert parse_policy(**{**stored, "rules": again, "outcomes": outcomes_as_json(rules.outcomes)}) == rules


def agree(rules: Rules, page: list[dict[str, Any]], article: Article, situation: Situation, reason: str, kind: ReasonKind) -> None:
    """The engine, the page as a machine gets it, and the calculator, which takes the question as typed."""
    decided = decide(rules=rules, article=article, situation=situation, reason=reason, kind=kind)
    read = reader.answer(page, told(article, situation, reason, kind))
    mine = as_read(decided, rules, article, situation)
    if not without_reason(rules):
        read.exempt = mine.exempt
    assert mine == read
    if article.quantity and article.is_sent and situation.currency == rules.currency and situation.arrive_by is None:
        typed = case_as_json(Case("a", article, situation, reason, kind, Outcome.REFUND, is_open=True))
        (case,) = parse_cases([typed], currency=rules.currency)
        assert answer_of(rules=rules, case=case) == decided
    # what comes back never exceeds what was paid, but for the bonus of a credit
    for offer in decided.offers:
        assert 0 <= offer.amount - offer.bonus <= article.unit_paid * article.quantity
        assert offer.fee >= 0 and offer.bonus >= 0


@settings(max_examples=500)
@given(policies(), policies(), questions())
def test_the_better_of_two_versions_is_never_worse_than_either(
    one: dict[str, Any], other: dict[str, Any], question: tuple[Article, Situation, str, ReasonKind]
) -> None:
    article, situation, reason, kind = question
    both = [decide(rules=parse_policy(**stored), article=article, situation=situation, reason=reason, kind=kind) for stored in (one, other)]
    best = better(both[0], both[1])
    assert best.is_eligible == any(each.is_eligible for each in both)
    for each in both:
        for offer in each.offers:
            kept = best.offer(offer.outcome)
            assert kept is not None and kept.is_open >= offer.is_open
            if offer.is_open:
                assert kept.amount >= offer.amount


@settings(max_examples=300)
@given(questions())
def test_a_case_is_read_back_as_it_was_written(question: tuple[Article, Situation, str, ReasonKind]) -> None:
    article, situation, reason, kind = question
    case = Case("a", article, situation, reason, kind, Outcome.CREDIT, is_open=False, until=DAY, amount=Decimal("4.90"))
    stored = {**case_as_json(case)}
    stored["article"]["quantity"] = max(1, article.quantity)
    (found,) = parse_cases([stored], currency="EUR")
    assert case_as_json(found) == stored
