"""What the policy decides, as tables; what it refuses to be; and what a version, a case and an order keep."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from merchants.models import Merchant
from orders.models import Order
from returns.models import Return, ReturnLine, ReturnPlace, ReturnPolicy, ReturnReason
from returns.rules.cases import Case, case_as_json
from returns.rules.parse import MAX_RULES, BadPolicy, parse_policy
from returns.rules.policy import WHY, better, decide, is_exempt
from returns.selectors import deadline_of_order, decisions_of, place_for, reasons, version_on, ways_of
from returns.services.policy import CasesFailed, Definition, StalePolicy, publish, restore, save_draft, throw_away_draft
from returns.types import Article, Outcome, PolicyState, ReasonKind, Situation, Way
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship

BOUGHT, CAME, TODAY = date(2026, 11, 1), date(2026, 11, 4), date(2026, 11, 20)
SHOES = Article(1, 2, Decimal("40.00"), sku="S-1", product_type="Shoes", tags=("sale",), warranty_until=date(2028, 11, 4))
HERE = Situation("DE", "EUR", BOUGHT, TODAY, delivered_on=CAME)
WISH, FAULT = ReasonKind.WISH, ReasonKind.FAULT


def arrival(order: Order) -> date:
    """The last day it is promised for."""
    assert order.arrive_by is not None
    return order.arrive_by


def policy_of(*rules: dict[str, Any], **over: Any) -> Any:
    """Rules from (when, then) pairs on top of thirty days at the shopper's cost."""
    named = [{"id": f"r{n}", "name": f"Rule {n}", "when": {}, **rule} for n, rule in enumerate(rules, 1)]
    base = {"window_days": 30, "is_free": False, "refund_days": 14, "outcomes": {}, "currency": "EUR"}
    return parse_policy(**{**base, "rules": named, **over})


def said(
    rules: Any, *, article: Article = SHOES, situation: Situation = HERE, kind: ReasonKind = WISH, reason: str = ""
) -> tuple[Any, ...]:
    """Open, why, until, amount and fee of the money back."""
    offer = decide(rules=rules, article=article, situation=situation, kind=kind, reason=reason).offer("refund")
    assert offer is not None
    return offer.is_open, offer.why, offer.until, offer.amount, offer.fee


LAST = CAME + timedelta(days=30)
PAID = Decimal("80.00")


@pytest.mark.parametrize(
    ("rules", "kind", "expected"),
    [
        ([], WISH, (True, "", LAST, PAID, 0)),
        ([{"then": {"window_days": 10}}], WISH, (False, "expired", date(2026, 11, 14), PAID, 0)),
        ([{"then": {"window_days": 10}}, {"then": {"window_days": 60}}], WISH, (True, "", CAME + timedelta(days=60), PAID, 0)),
        ([{"then": {"window_days": 0}}], WISH, (False, "excluded", CAME, PAID, 0)),
        ([{"then": {"no_end": True}}], WISH, (True, "", None, PAID, 0)),
        ([{"then": {"no_end": True}}, {"then": {"window_days": 60}}], WISH, (True, "", CAME + timedelta(days=60), PAID, 0)),
        ([{"then": {"until": "2027-01-31"}}], WISH, (True, "", date(2027, 1, 31), PAID, 0)),
        ([{"then": {"until": "2026-11-10"}}], WISH, (True, "", LAST, PAID, 0)),
        ([{"then": {"final_sale": True}}], WISH, (False, "final_sale", LAST, PAID, 0)),
        ([{"then": {"final_sale": True}}], FAULT, (True, "", LAST, PAID, 0)),
        ([{"then": {"final_sale": True}}, {"then": {"final_sale": False}}], WISH, (True, "", LAST, PAID, 0)),
        ([{"then": {"fee": "5.50"}}], WISH, (True, "", LAST, Decimal("69.00"), Decimal("11.00"))),
        ([{"then": {"fee": "5.50"}}], FAULT, (True, "", LAST, PAID, 0)),
        ([{"then": {"fee": "99.00"}}], WISH, (True, "", LAST, 0, PAID)),
        ([{"then": {"outcomes": {"refund": {"open": False}}}}], WISH, (False, "excluded", LAST, PAID, 0)),
        (
            [{"when": {"kinds": ["wish"]}, "then": {"outcomes": {"refund": {"open": False}}}}],
            WISH,
            (False, "not_for_reason", LAST, PAID, 0),
        ),
        ([{"then": {"keep_only": True}}], WISH, (False, "keep_only", LAST, PAID, 0)),
    ],
)
def test_effects(rules: list[dict[str, Any]], kind: ReasonKind, expected: tuple[Any, ...]) -> None:
    assert said(policy_of(*rules), kind=kind) == expected
    assert expected[1] == "" or expected[1] in WHY


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"countries": ["DE", "AT"]}, True),
        ({"countries": ["FR"]}, False),
        ({"not_countries": ["FR"]}, True),
        ({"not_countries": ["DE"]}, False),
        ({"types": ["shoes"]}, True),
        ({"types": ["Bags"]}, False),
        ({"tags": ["Sale", "new"]}, True),
        ({"tags": ["new"]}, False),
        ({"skus": ["s-1"]}, True),
        ({"skus": ["s-2"]}, False),
        ({"min_price": "40.00", "max_price": "40.00"}, True),
        ({"min_price": "40.01"}, False),
        ({"max_price": "39.99"}, False),
        ({"discounted": False}, True),
        ({"discounted": True}, False),
        ({"bought_from": "2026-11-01", "bought_until": "2026-11-01"}, True),
        ({"bought_from": "2026-11-02"}, False),
        ({"bought_until": "2026-10-31"}, False),
        ({"min_earlier_returns": 1}, False),
        ({"gift": False}, True),
        ({"gift": True}, False),
        ({"reasons": ["too_small"]}, False),
        ({"kinds": ["wish"]}, True),
        ({"kinds": ["fault"]}, False),
        ({"types": ["Shoes"], "countries": ["FR"]}, False),
    ],
)
def test_conditions(when: dict[str, Any], holds: bool) -> None:
    found = decide(rules=policy_of({"when": when, "then": {"final_sale": True}}), article=SHOES, situation=HERE)
    assert (found.is_eligible, found.rules) == ((False, ("Rule 1",)) if holds else (True, ()))


def test_a_price_in_another_currency_fulfils_no_condition_and_no_fee_is_taken() -> None:
    rules = policy_of({"when": {"min_price": "1.00"}, "then": {"final_sale": True}}, {"then": {"fee": "5.00"}})
    dollars = Situation("US", "USD", BOUGHT, TODAY, delivered_on=CAME)
    assert said(rules, situation=dollars) == (True, "", LAST, PAID, 0)


def test_outcomes_have_their_own_terms() -> None:
    rules = policy_of(
        outcomes={
            "credit": {"window_days": 60, "bonus_percent": 10, "bonus": "1.00"},
            "exchange": {},
            "replacement": {},
            "keep": {"share_percent": 30},
            "donate": {"for": "fault"},
        }
    )
    found = {one.outcome: one for one in decide(rules=rules, article=SHOES, situation=HERE).offers}
    assert {name for name, one in found.items() if one.is_open} == {Outcome.REFUND, Outcome.CREDIT, Outcome.EXCHANGE, Outcome.KEEP}
    assert (found[Outcome.CREDIT].amount, found[Outcome.CREDIT].bonus, found[Outcome.CREDIT].until) == (
        Decimal(90),
        Decimal(10),
        CAME + timedelta(days=60),
    )
    assert (found[Outcome.KEEP].amount, found[Outcome.KEEP].is_postage_free) == (Decimal(24), True)
    assert {found[Outcome.REPLACEMENT].why, found[Outcome.DONATE].why} == {"not_for_reason"}
    faulty = decide(rules=rules, article=SHOES, situation=HERE, kind=FAULT)
    assert all(one.is_open and one.is_postage_free and one.fee == 0 for one in faulty.offers)


@pytest.mark.parametrize(
    ("over", "why", "next_best"),
    [
        ({"quantity": 0}, "nothing_left", ("ask",)),
        ({"is_sent": False}, "not_delivered", ("ask",)),
        ({"is_shipped_good": False}, "digital", ("warranty", "ask")),
    ],
)
def test_what_cannot_go_back_says_why_and_what_helps(over: dict[str, Any], why: str, next_best: tuple[str, ...]) -> None:
    values = {name: getattr(SHOES, name) for name in SHOES.__slots__}
    found = decide(rules=policy_of(), article=Article(**{**values, **over}), situation=HERE)
    assert (found.is_eligible, found.why, found.next_best) == (False, why, next_best)


def test_too_many_returns_close_it_or_ask_for_a_look() -> None:
    often = Situation("DE", "EUR", BOUGHT, TODAY, delivered_on=CAME, earlier_returns=5)
    closed = decide(rules=policy_of({"when": {"min_earlier_returns": 5}, "then": {"final_sale": True}}), article=SHOES, situation=often)
    assert (closed.why, closed.next_best) == ("too_many", ("warranty", "sell_on", "donate", "ask"))
    looked = decide(rules=policy_of({"when": {"min_earlier_returns": 5}, "then": {"review": True}}), article=SHOES, situation=often)
    assert looked.is_eligible and all(one.needs_review for one in looked.offers)


def test_exemption_is_about_the_law_and_closes_nothing() -> None:
    rules = policy_of({"when": {"tags": ["sale"]}, "then": {"exempt_from_withdrawal": True}})
    assert (is_exempt(rules=rules, article=SHOES, situation=HERE), said(rules)[0]) == (True, True)


def test_the_better_version_wins_outcome_by_outcome() -> None:
    old = decide(
        rules=policy_of(window_days=10, outcomes={"credit": {"bonus_percent": 20, "window_days": 90}}), article=SHOES, situation=HERE
    )
    new = decide(rules=policy_of(outcomes={"credit": {}}), article=SHOES, situation=HERE)
    best = better(old, new)
    assert [(one.outcome.value, one.is_open, one.amount) for one in best.offers] == [
        ("refund", True, Decimal(80)),
        ("credit", True, Decimal(96)),
    ]
    assert better(new, old).offers == best.offers


@pytest.mark.parametrize(
    ("over", "place"),
    [
        ({"window_days": -1}, "window_days"),
        ({"window_days": "30"}, "window_days"),
        ({"window_days": 3651}, "window_days"),
        ({"is_free": 1}, "is_free"),
        ({"refund_days": 1.5}, "refund_days"),
        ({"outcomes": []}, "outcomes"),
        ({"outcomes": {"cash": {}}}, "outcomes.cash"),
        ({"outcomes": {"credit": {"fee": 1.5}}}, "outcomes.credit.fee"),
        ({"outcomes": {"credit": {"fee": "-1"}}}, "outcomes.credit.fee"),
        ({"outcomes": {"credit": {"fee": "1.005"}}}, "outcomes.credit.fee"),
        ({"outcomes": {"credit": {"bonus_percent": 101}}}, "outcomes.credit.bonus_percent"),
        ({"outcomes": {"credit": {"for": "all"}}}, "outcomes.credit.for"),
        ({"outcomes": {"keep": {}}}, "outcomes.keep.share_percent"),
        ({"rules": {}}, "rules"),
        ({"rules": [{"id": "r1", "when": {}, "then": {"fee": "1"}}] * (MAX_RULES + 1)}, "rules"),
        ({"rules": ["x"]}, "rules[0]"),
        ({"rules": [{"id": "R 1", "then": {"photo": True}}]}, "rules[0].id"),
        ({"rules": [{"id": "r", "then": {"photo": True}}, {"id": "r", "then": {"photo": True}}]}, "rules[1].id"),
        ({"rules": [{"id": "r", "name": "x" * 81, "then": {"photo": True}}]}, "rules[0].name"),
        ({"rules": [{"id": "r", "then": {}}]}, "rules[0].then"),
        ({"rules": [{"id": "r", "then": {"explode": True}}]}, "rules[0].then.explode"),
        ({"rules": [{"id": "r", "then": {"no_end": True, "window_days": 3}}]}, "rules[0].then.no_end"),
        ({"rules": [{"id": "r", "then": {"no_end": False}}]}, "rules[0].then.no_end"),
        ({"rules": [{"id": "r", "then": {"until": "2026-02-30"}}]}, "rules[0].then.until"),
        ({"rules": [{"id": "r", "then": {"address": "moon"}}]}, "rules[0].then.address"),
        ({"rules": [{"id": "r", "when": {"countries": ["DE"], "weather": "sunny"}, "then": {"photo": True}}]}, "rules[0].when.weather"),
        ({"rules": [{"id": "r", "when": {"countries": ["XX"]}, "then": {"photo": True}}]}, "rules[0].when.countries[0]"),
        ({"rules": [{"id": "r", "when": {"countries": "DE"}, "then": {"photo": True}}]}, "rules[0].when.countries"),
        ({"rules": [{"id": "r", "when": {"countries": []}, "then": {"photo": True}}]}, "rules[0].when.countries"),
        (
            {"rules": [{"id": "r", "when": {"countries": ["DE"], "not_countries": ["DE"]}, "then": {"photo": True}}]},
            "rules[0].when.not_countries",
        ),
        ({"rules": [{"id": "r", "when": {"reasons": ["bored"]}, "then": {"photo": True}}]}, "rules[0].when.reasons[0]"),
        ({"rules": [{"id": "r", "when": {"tags": ["a“b"]}, "then": {"photo": True}}]}, "rules[0].when.tags[0]"),
        ({"rules": [{"id": "r", "when": {"tags": ["a\x00"]}, "then": {"photo": True}}]}, "rules[0].when.tags[0]"),
        ({"rules": [{"id": "r", "when": {"min_earlier_returns": 0}, "then": {"photo": True}}]}, "rules[0].when.min_earlier_returns"),
        ({"rules": [{"id": "r", "when": {"min_price": "9", "max_price": "8"}, "then": {"photo": True}}]}, "rules[0].when.max_price"),
        ({"rules": [{"id": "r", "when": {"bought_from": "2026-12-01"}, "then": {"until": "2026-11-30"}}]}, "rules[0].then.until"),
        (
            {"rules": [{"id": "r", "when": {"bought_from": "2026-12-01", "bought_until": "2026-11-30"}, "then": {"photo": True}}]},
            "rules[0].when.bought_until",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_place(over: dict[str, Any], place: str) -> None:
    base = {"window_days": 30, "is_free": False, "refund_days": 14, "outcomes": {}, "rules": [], "currency": "EUR"}
    with pytest.raises(BadPolicy) as refused:
        parse_policy(**{**base, **over}, reasons={"too_small"}, places={"depot"})
    assert refused.value.problems[0][0] == place


# Versions

HOLIDAYS = {"id": "xmas", "name": "Holidays", "when": {"bought_from": "2026-11-01"}, "then": {"until": "2027-01-31"}}


def test_a_draft_is_published_and_an_order_keeps_the_better_version(in_acme: Merchant) -> None:
    ReturnPolicy.objects.create(window_days=60, number=1)
    order = place_order(at=NOW)
    ship(order, lines={"L1": 2, "L2": 1})
    later = NOW + timedelta(days=1)
    draft = save_draft(definition=Definition(window_days=20), seen=None, by=None, at=later)
    assert (draft.number, draft.state, version_on(later).number) == (2, PolicyState.DRAFT, 1)
    publish(policy=draft, by=None, at=later)
    assert (version_on(NOW).number, version_on(later).number) == (1, 2)
    order.refresh_from_db()
    assert order.arrive_by is not None
    assert {one.until for one in decisions_of(order=order, today=later.date()).values()} == {arrival(order) + timedelta(days=60)}
    assert deadline_of_order(order=order, today=later.date()) == arrival(order) + timedelta(days=60)
    new = place_order(number="1002", at=later + timedelta(hours=1), placed_at=later + timedelta(hours=1))
    assert deadline_of_order(order=new, today=later.date()) == arrival(new) + timedelta(days=20)


def test_somebody_elses_draft_is_not_written_over(in_acme: Merchant) -> None:
    mine = save_draft(definition=Definition(window_days=20), seen=None, by=None, at=NOW)
    with pytest.raises(StalePolicy):
        save_draft(definition=Definition(window_days=5), seen=None, by=None, at=NOW)
    theirs = save_draft(definition=Definition(window_days=7), seen=NOW, by=None, at=NOW + timedelta(minutes=1))
    with pytest.raises(StalePolicy):
        publish(policy=mine, by=None, at=NOW)
    assert list(ReturnPolicy.objects.values_list("window_days", "state")) == [(7, "draft")]
    throw_away_draft(policy=theirs)
    with pytest.raises(StalePolicy):
        throw_away_draft(policy=theirs)
    assert ReturnPolicy.objects.count() == 0


def test_a_case_that_does_not_hold_refuses_publishing_and_says_what_came(in_acme: Merchant) -> None:
    ReturnPolicy.objects.create(window_days=60)
    case = Case("Shoes after two weeks", SHOES, HERE, "", WISH, Outcome.REFUND, is_open=True, until=LAST, amount=PAID)
    draft = save_draft(definition=Definition(window_days=10, cases=[case_as_json(case)]), seen=None, by=None, at=NOW)
    with pytest.raises(CasesFailed) as failed:
        publish(policy=draft, by=None, at=NOW)
    assert str(failed.value) == (
        "Shoes after two weeks: expected possible, until 2026-12-04, 80 EUR, came not possible, until 2026-11-14, 80 EUR"
    )
    assert list(ReturnPolicy.objects.order_by("number").values_list("state", "window_days")) == [("published", 60), ("draft", 10)]
    better_one = save_draft(definition=Definition(window_days=30, cases=[case_as_json(case)]), seen=NOW, by=None, at=NOW)
    assert publish(policy=better_one, by=None, at=NOW).state == PolicyState.PUBLISHED


def test_a_bad_case_or_policy_is_not_saved(in_acme: Merchant) -> None:
    for bad, place in (
        (Definition(cases=[{"name": "x"}]), "cases[0].expect"),
        (Definition(cases={}), "cases"),
        (Definition(rules=[{"id": "r", "when": {"reasons": ["no_such"]}, "then": {"photo": True}}]), "rules[0].when.reasons[0]"),
        (Definition(rules=[{"id": "r", "then": {"address": "nowhere"}}]), "rules[0].then.address"),
        (Definition(contact_url="javascript:alert(1)"), "contact_url"),
        (Definition(how="x" * 301), "how"),
    ):
        with pytest.raises(BadPolicy) as refused:
            save_draft(definition=bad, seen=None, by=None, at=NOW)
        assert place in [path for path, _ in refused.value.problems]
    assert ReturnPolicy.objects.count() == 0


def test_an_old_version_becomes_the_draft_unless_one_is_open(in_acme: Merchant) -> None:
    old = ReturnPolicy.objects.create(window_days=60, rules=[HOLIDAYS])
    made = restore(policy=old, by=None, at=NOW)
    assert (made.number, made.state, made.window_days, made.rules) == (2, "draft", 60, [HOLIDAYS])
    with pytest.raises(StalePolicy):
        restore(policy=old, by=None, at=NOW)
    assert ReturnPolicy.objects.count() == 2


# Orders


def test_units_on_their_way_back_are_not_offered_again(in_acme: Merchant) -> None:
    order = place_order()
    ship(order, lines={"L1": 2, "L2": 1})
    order.refresh_from_db()
    shirt, belt = order.lines.order_by("position")
    case = Return.objects.create(rma="R1", order=order, origin="account", currency="EUR", requested_at=NOW, place={})
    ReturnLine.objects.create(case=case, order_line=shirt, quantity=1, reason="too_small", reason_kind="wish", outcome="refund")
    found = decisions_of(order=order, today=NOW.date())
    assert (found[shirt.pk].quantity, found[belt.pk].quantity) == (1, 1)
    case.state = "cancelled"
    case.save()
    assert decisions_of(order=order, today=NOW.date())[shirt.pk].quantity == 2


def test_nothing_goes_back_before_it_was_sent(in_acme: Merchant) -> None:
    order = place_order()
    assert {one.why for one in decisions_of(order=order, today=NOW.date()).values()} == {"not_delivered"}
    assert deadline_of_order(order=order, today=NOW.date()) == arrival(order) + timedelta(days=30)


def test_an_order_s_deadline_is_the_first_of_its_lines(in_acme: Merchant) -> None:
    Product.objects.create(external_id="B", sku="BELT", title="Belt", category="Belts", tags=["hygiene"], created_at=NOW, updated_at=NOW)
    rules = [{"id": "h", "name": "", "when": {"tags": ["Hygiene"]}, "then": {"window_days": 7}}]
    ReturnPolicy.objects.create(window_days=30, rules=rules)
    order = place_order()
    assert deadline_of_order(order=order, today=NOW.date()) == arrival(order) + timedelta(days=7)


@pytest.mark.parametrize("count", [2, 120])
def test_eligibility_asks_the_same_questions_whatever_the_number_of_lines(in_acme: Merchant, count: int) -> None:
    rules = [{"id": "h", "name": "", "when": {"tags": ["x"]}, "then": {"window_days": 7}}]
    ReturnPolicy.objects.create(window_days=30, rules=rules)
    order: Order = place_order(lines=tuple(incoming_line(external_id=f"L{n}", sku=f"S{n}") for n in range(count)))
    with CaptureQueriesContext(connection) as asked:
        assert len(decisions_of(order=order, today=NOW.date())) == count
    assert len(asked) == 8


# Reasons and places


def test_shipped_reasons_until_the_merchant_writes_its_own(in_acme: Merchant) -> None:
    assert [one.code for one in reasons(WISH)] == [
        "too_small", "too_large", "color", "not_as_pictured", "changed_mind", "other", "rather_not_say",
    ]  # fmt: skip
    assert [one.code for one in reasons(FAULT)] == ["damaged", "faulty", "wrong_item", "missing_part", "not_as_described"]
    ReturnReason.objects.create(code="itchy", kind="wish", names={"en": "It itches"})
    ReturnReason.objects.create(code="damaged", kind="fault", rank=1)
    ReturnReason.objects.create(code="old", kind="wish", is_active=False)
    assert [(one.code, one.name) for one in reasons()] == [("itchy", "It itches"), ("damaged", "It came damaged")]


def test_the_nearest_place_is_chosen_and_a_rule_s_own_comes_first(in_acme: Merchant) -> None:
    make: Callable[..., ReturnPlace] = ReturnPlace.objects.create
    assert ways_of(place_for("DE")) == {Way.OWN: Decimal(0)}
    make(key="depot", name="Depot", ways={"label": "4.90", "own": "0"}, is_default=True)
    make(key="swiss", name="Zürich", ways={"own": "0"}, countries=["CH"])
    make(key="lab", name="Lab", ways={"own": "0"}, is_active=False)
    assert [place_for(code).key for code in ("DE", "CH", "US")] == ["depot", "swiss", "depot"]
    assert [place_for("DE", key=key).key for key in ("swiss", "lab")] == ["swiss", "depot"]
    assert ways_of(place_for("DE")) == {Way.LABEL: Decimal("4.90"), Way.OWN: Decimal(0)}
