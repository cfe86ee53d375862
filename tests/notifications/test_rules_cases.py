"""Returns, claims and withdrawals as decisions see them: the states in which each message is true, and which of two tells a refund."""

from dataclasses import replace
from decimal import Decimal

import pytest

from notifications.registry import entry_of
from notifications.rules import Case, Facts, Money, Paid, decide, is_case_told, may_match, telling
from notifications.types import Kind, Send, Skip
from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState

R, C = ReturnState, ClaimState
TRUE = [
    (Kind.RETURN_RECEIVED, R, {"requested", "info_needed"}),
    (Kind.RETURN_APPROVED, R, {"approved", "labelled"}),
    (Kind.RETURN_QUESTION, R, {"info_needed"}),
    (Kind.RETURN_DECLINED, R, {"declined"}),
    (Kind.RETURN_REMINDER, R, {"approved", "labelled"}),
    (Kind.RETURN_HANDED_OVER, R, {"in_transit"}),
    (Kind.RETURN_ARRIVED, R, {"arrived", "received"}),
    (Kind.RETURN_INSPECTED, R, {"inspected", "resolved", "closed"}),
    (Kind.RETURN_REFUNDED, MoneyState, {"sent"}),
    (Kind.EXCHANGE_SHIPPED, ExchangeState, {"shipped"}),
    (Kind.CLAIM_RECEIVED, C, {"open", "info_needed"}),
    (Kind.CLAIM_QUESTION, C, {"info_needed"}),
    (Kind.WITHDRAWAL_RECEIPT, WithdrawalState, set(WithdrawalState.values)),
    (Kind.WITHDRAWAL_UNFOUNDED, WithdrawalState, {"unfounded"}),
]


def facts(kind: Kind, case: Case) -> Facts:
    return Facts(entry=entry_of(kind), channel="email", recipient="sam@example.com", case=case)


@pytest.mark.parametrize(("kind", "all_states", "true"), TRUE)
def test_each_message_is_said_only_while_it_is_so(kind: Kind, all_states: type[ReturnState], true: set[str]) -> None:
    assert {state.value for state in all_states if isinstance(decide(facts(kind, Case(state.value))), Send)} == true


@pytest.mark.parametrize(("told", "true"), [("approved", {"approved", "repairing", "resolved"}), ("declined", {"declined"})])
def test_an_answer_to_a_claim_is_said_while_it_is_the_answer(told: str, true: set[str]) -> None:
    assert {state.value for state in C if isinstance(decide(facts(Kind.CLAIM_DECIDED, Case(state.value, told))), Send)} == true


def test_an_approval_without_its_label_is_not_told_and_the_request_is() -> None:
    waiting = Case("approved", waits_for_label=True)
    assert not is_case_told(Kind.RETURN_APPROVED, waiting)
    assert isinstance(decide(facts(Kind.RETURN_RECEIVED, waiting)), Send)
    assert isinstance(decide(facts(Kind.RETURN_RECEIVED, Case("approved"))), Skip)


def test_what_never_travels_is_approved_in_every_state_and_never_arrives() -> None:
    stays = Case("resolved", is_sent=False)
    assert isinstance(decide(facts(Kind.RETURN_APPROVED, stays)), Send)
    assert isinstance(decide(facts(Kind.RETURN_APPROVED, replace(stays, state="cancelled"))), Skip)
    assert not any(is_case_told(kind, stays) for kind in (Kind.RETURN_HANDED_OVER, Kind.RETURN_ARRIVED, Kind.RETURN_INSPECTED))


def test_once_the_money_has_left_the_inspection_is_old_news() -> None:
    decision = decide(facts(Kind.RETURN_INSPECTED, Case("resolved", is_paid=True)))
    assert isinstance(decision, Skip)
    assert decision.reason == "newer_news"


def test_a_fact_another_message_tells_is_withheld_with_its_name() -> None:
    decision = decide(replace(facts(Kind.RETURN_REFUNDED, Case("sent")), elsewhere="refund"))
    assert isinstance(decision, Skip)
    assert decision.reason == "told_elsewhere"
    assert {one.condition: one.detail for one in decision.reasons}["told_elsewhere"] == "refund"


FIVE = Decimal(5)
PAID = Paid(7, FIVE, "RF-1")
TELLING = [
    ([], ""),
    ([Money(FIVE, "sent", refund_id=7)], "return_refunded"),
    ([Money(FIVE, "sent", external_id="RF-1")], "return_refunded"),
    ([Money(FIVE, "asked", external_id="RF-1")], ""),
    ([Money(FIVE, "sent", external_id="RF-2")], ""),
    ([Money(FIVE, "sent", refund_id=8, external_id="RF-1")], ""),
    ([Money(FIVE, "sent")], ""),
    ([Money(FIVE, "asked", is_gift=True)], "gift"),
    ([Money(Decimal(6), "asked", is_gift=True)], ""),
    ([Money(Decimal(6), "asked", refund_id=7, is_gift=True)], "gift"),
    ([Money(FIVE, "sent", refund_id=8, is_gift=True)], ""),
]


@pytest.mark.parametrize(("moneys", "tells"), TELLING)
def test_which_message_tells_a_refund(moneys: list[Money], tells: str) -> None:
    assert telling(PAID, moneys) == tells


def test_a_refund_waits_only_while_money_is_left_that_it_could_be() -> None:
    assert may_match(PAID, [Money(FIVE, "asked")])
    assert may_match(PAID, [Money(FIVE, "sent")])
    assert not may_match(PAID, [])
    assert not may_match(PAID, [Money(FIVE, "sent", refund_id=8)])
