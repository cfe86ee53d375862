"""Every table of states: each state is reached, each but the ends is left, and what is not written is refused."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from returns.rules.dates import (
    Calendar,
    ahead,
    answer_by,
    bank_by,
    hand_over_by,
    inspect_by,
    refund_by,
    withdrawal_until,
)
from returns.rules.states import (
    CLAIM_MOVES,
    EXCHANGE_MOVES,
    MONEY_MOVES,
    RETURN_MOVES,
    WITHDRAWAL_MOVES,
    Case,
    CaseClosed,
    check_step,
)
from returns.rules.timeline import Swap, Tale, return_steps
from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState

TABLES: list[tuple[type[Case], Mapping[str, frozenset[str]], set[str], set[str]]] = [
    (ReturnState, RETURN_MOVES, {"requested"}, {"closed"}),
    (ClaimState, CLAIM_MOVES, {"open"}, {"resolved", "withdrawn"}),
    (ExchangeState, EXCHANGE_MOVES, {"reserved"}, {"delivered", "cancelled"}),
    (MoneyState, MONEY_MOVES, {"due"}, {"sent", "cancelled"}),
    (WithdrawalState, WITHDRAWAL_MOVES, {"declared"}, {"settled"}),
]
ids = [table[0].__name__ for table in TABLES]


@pytest.mark.parametrize(("states", "moves", "begins", "ends"), TABLES, ids=ids)
def test_every_state_is_reached_and_every_one_but_the_ends_is_left(
    states: type[Case], moves: Mapping[str, frozenset[str]], begins: set[str], ends: set[str]
) -> None:
    assert set(moves) == set(states.values)
    reached, new = set(begins), set(begins)
    while new:
        new = {str(after) for state in new for after in moves[state]} - reached
        reached |= new
    assert reached == set(states.values)
    assert {state for state in states.values if not moves[state] - {state}} == ends


@pytest.mark.parametrize(("states", "moves", "begins", "ends"), TABLES, ids=ids)
def test_whatever_is_not_in_the_table_is_refused_in_words(
    states: type[Case], moves: Mapping[str, frozenset[str]], begins: set[str], ends: set[str]
) -> None:
    for state in states:
        for wanted in states:
            if wanted in moves[state]:
                check_step(state, wanted)
            else:
                with pytest.raises(CaseClosed, match=str(state.label)):
                    check_step(state, wanted)


HERE = Calendar("DE", ZoneInfo("Europe/Berlin"), transit_days=5)
FRIDAY = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)  # one minute before midnight in Berlin


def test_an_answer_comes_on_the_next_working_day() -> None:
    assert answer_by(HERE, FRIDAY) == date(2026, 11, 30)
    assert answer_by(HERE, datetime(2026, 12, 24, 12, tzinfo=UTC)) == date(2026, 12, 28)


@pytest.mark.parametrize(("untils", "is_held", "expected"), [
    ([], False, date(2026, 12, 11)),
    ([date(2027, 1, 31), date(2026, 12, 24)], False, date(2026, 12, 24)),
    ([date(2027, 1, 31)], True, date(2026, 12, 11)),
    ([date(2026, 11, 27)], False, date(2026, 12, 4)),
])  # fmt: skip
def test_the_last_day_to_hand_over(untils: list[date | None], is_held: bool, expected: date) -> None:
    assert hand_over_by(HERE, FRIDAY, untils=untils, is_held=is_held) == expected


def test_what_follows_the_hand_over() -> None:
    following = ahead(HERE, date(2026, 12, 1), refund_days=14)
    assert following.arrive_by == date(2026, 12, 8)
    assert (following.inspect_by, following.refund_by) == (date(2026, 12, 11), date(2026, 12, 22))
    assert following.bank_by == bank_by(HERE, date(2026, 12, 22)) == date(2026, 12, 30)
    assert inspect_by(HERE, date(2026, 12, 5)) == date(2026, 12, 10)  # a Saturday counts as the Monday


@pytest.mark.parametrize(("refund_days", "declared", "inspected", "refunded"), [
    (14, None, date(2026, 12, 11), date(2026, 12, 22)),
    (3, None, date(2026, 12, 11), date(2026, 12, 11)),
    (1, None, date(2026, 12, 9), date(2026, 12, 9)),  # the money is promised for the day after the arrival: so is the check
    (0, None, date(2026, 12, 8), date(2026, 12, 8)),
    (14, date(2026, 11, 25), date(2026, 12, 9), date(2026, 12, 9)),  # fourteen days after the declaration
])  # fmt: skip
def test_the_money_is_never_promised_before_the_check(refund_days: int, declared: date | None, inspected: date, refunded: date) -> None:
    following = ahead(HERE, date(2026, 12, 1), refund_days=refund_days, declared_on=declared)
    assert (following.inspect_by, following.refund_by) == (inspected, refunded)


def test_every_step_of_a_replacement_has_its_day() -> None:
    sent, come = date(2026, 12, 14), date(2026, 12, 18)
    held, shipped = Swap(True, False, False, sent, come), Swap(True, True, True, sent, come)
    for swaps, expected in (
        ([held], [("ordered", sent), ("shipped", sent), ("delivered", come)]),
        ([shipped], [("delivered", come)]),
    ):
        tale = Tale(state="inspected", entries=[], days={}, swaps=swaps)
        assert [(step.step, step.by) for step in return_steps(tale, zone=HERE.zone, today=None)] == expected


@pytest.mark.parametrize(("arrived", "proven", "expected"), [
    (date(2026, 12, 10), None, date(2026, 12, 15)),  # fourteen days after the declaration, before the policy's
    (date(2026, 12, 10), date(2026, 12, 8), date(2026, 12, 15)),
    (date(2026, 12, 20), None, date(2026, 12, 20)),  # it waited for the goods
    (date(2026, 12, 20), date(2026, 12, 17), date(2026, 12, 17)),  # or for the proof that they were sent
])  # fmt: skip
def test_a_withdrawals_money_comes_within_fourteen_days_or_with_the_goods(arrived: date, proven: date | None, expected: date) -> None:
    assert refund_by(arrived_on=arrived, refund_days=14, declared_on=date(2026, 12, 1), proven_on=proven) == expected


def test_the_time_to_withdraw_does_not_end_on_a_day_off() -> None:
    assert withdrawal_until("DE", date(2026, 11, 23)) == date(2026, 12, 7)
    assert withdrawal_until("DE", date(2026, 11, 28)) == date(2026, 12, 14)  # the 12th is a Saturday
    assert withdrawal_until("DE", date(2026, 12, 11)) == date(2026, 12, 28)  # the 25th and 26th are holidays, the 27th a Sunday
