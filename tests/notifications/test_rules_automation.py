"""Conditions of automations: every operator on every type of fact, and what the answer is in words."""

from typing import Any

import pytest

from customers.types import Standing
from notifications.rules import FACTS, Situation, choose, holds
from notifications.types import Check, Style, StyleRule
from tests.conftest import NOW

FACTS_OF_AN_ORDER = Situation(
    {
        "order.total": 84.0,
        "order.currency": "EUR",
        "order.country": "DE",
        "order.language": "de",
        "order.is_first": False,
        "order.product": frozenset({"SHIRT-M", "BELT"}),
        "order.category": frozenset({"Clothes"}),
        "order.hours_since": 1.5,
        "parcel.status": "in_transit",
        "incident.type": "stalled",
        "customer.orders": 3,
    }
)
CHECKS = [
    ("order.total", "at_least", 50, True, "order.total 84.00 at least 50"),
    ("order.total", "at_least", 84, True, "order.total 84.00 at least 84"),
    ("order.total", "at_least", 84.01, False, "order.total 84.00 at least 84.01"),
    ("order.total", "at_most", 84, True, "order.total 84.00 at most 84"),
    ("order.total", "at_most", 50, False, "order.total 84.00 at most 50"),
    ("order.currency", "is", "EUR", True, "order.currency EUR is EUR"),
    ("order.currency", "is_not", "EUR", False, "order.currency EUR is not EUR"),
    ("order.country", "in", ("AT", "DE"), True, "order.country DE in AT, DE"),
    ("order.country", "in", ("AT", "CH"), False, "order.country DE in AT, CH"),
    ("order.language", "is", "DE", True, "order.language de is DE"),
    ("order.is_first", "is", True, False, "order.is_first no is yes"),
    ("order.is_first", "is", False, True, "order.is_first no is no"),
    ("order.product", "is", "belt", True, "order.product BELT, SHIRT-M is belt"),
    ("order.product", "is_not", "BELT", False, "order.product BELT, SHIRT-M is not BELT"),
    ("order.product", "is_not", "HAT", True, "order.product BELT, SHIRT-M is not HAT"),
    ("order.product", "in", ("HAT", "BELT"), True, "order.product BELT, SHIRT-M in BELT, HAT"),
    ("order.category", "in", ("Shoes",), False, "order.category Clothes in Shoes"),
    ("order.hours_since", "at_most", 2, True, "order.hours_since 1.50 at most 2"),
    ("parcel.status", "is", "in_transit", True, "parcel.status in_transit is in_transit"),
    ("incident.type", "in", ("stalled", "returning"), True, "incident.type stalled in returning, stalled"),
    ("customer.orders", "at_least", 3, True, "customer.orders 3 at least 3"),
    ("customer.orders", "at_most", 2, False, "customer.orders 3 at most 2"),
]


@pytest.mark.parametrize(("fact", "op", "value", "ok", "words"), CHECKS)
def test_a_check_compares_and_says_both_sides(fact: str, op: str, value: Any, ok: bool, words: str) -> None:
    condition = holds(Check(fact, op, value), FACTS_OF_AN_ORDER)
    assert (condition.condition, condition.ok, condition.detail) == ("automation", ok, words)


def test_every_fact_and_operator_is_in_the_table() -> None:
    assert {fact for fact, *_ in CHECKS} == set(FACTS)
    assert {op for _, op, *_ in CHECKS} == {op for spec in FACTS.values() for op in spec.ops}


@pytest.mark.parametrize("op", ["is", "is_not", "in"])
@pytest.mark.parametrize("situation", [Situation(), Situation({"order.product": frozenset()}), Situation({"order.product": None})])
def test_what_is_not_known_holds_for_nothing(op: str, situation: Situation) -> None:
    condition = holds(Check("order.product", op, ("HAT",) if op == "in" else "HAT"), situation)
    assert not condition.ok
    assert condition.detail.startswith("order.product not known, ")


ALLOWED = Standing({("offers", "email"): True})
REFUSED = Standing({("offers", "email"): False})
RULES = (StyleRule(Style.ENTICING, (Check("order.total", "at_least", 50),)), StyleRule(Style.SIMILAR))
STYLES = [
    # rules, first order, standing, coupons are given -> style, in words
    ((), True, Standing(), True, "warm", "warm: the customer’s first order"),
    ((), False, Standing(), True, "reassuring", "reassuring: chosen by itself"),
    ((), None, ALLOWED, True, "reassuring", "reassuring: chosen by itself"),
    (RULES, True, ALLOWED, True, "enticing", "enticing: chosen by the automation"),
    (RULES, False, Standing(), True, "plain", "enticing -> plain: no consent to offers by email"),
    (RULES, False, REFUSED, True, "plain", "enticing -> plain: no consent to offers by email"),
    (RULES, False, Standing({("offers", "sms"): True}), True, "plain", "enticing -> plain: no consent to offers by email"),
    (RULES, False, ALLOWED, False, "plain", "enticing -> plain: no coupons are given"),
    (RULES[1:], False, ALLOWED, False, "similar", "similar: chosen by the automation"),
    (RULES[1:], False, Standing(), True, "plain", "similar -> plain: no consent to offers by email"),
    ((StyleRule(Style.PLAIN),), True, ALLOWED, True, "plain", "plain: chosen by the automation"),
    (
        (StyleRule(Style.SIMILAR, (Check("order.total", "at_least", 500),)),),
        True,
        ALLOWED,
        True,
        "warm",
        "warm: the customer’s first order",
    ),
]


@pytest.mark.parametrize(("rules", "is_first", "standing", "has_coupons", "style", "words"), STYLES)
def test_the_first_style_whose_conditions_hold_is_taken_and_without_consent_the_plain_one(
    rules: tuple[StyleRule, ...], is_first: bool | None, standing: Standing, has_coupons: bool, style: str, words: str
) -> None:
    situation = Situation({**FACTS_OF_AN_ORDER.facts, "order.is_first": is_first})
    chosen, why = choose(rules, situation, standing, now=NOW, has_coupons=has_coupons)
    assert (chosen, why.condition, why.ok, why.detail) == (style, "style", True, words)
