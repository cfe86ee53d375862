"""The judge is asked in tables: each invariant holds for a good run, and is broken by the one thing it forbids."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.checker import Blocked, Fact, Facts, Message, Taken, acceptances, judge, percentile

MAIL, TEXT = "buyer1@acme.example", "+4915110000001"
ACME, OTHER = "acme", "borealis"


def message(token: str, kind: str, channel: str, **given: Any) -> Message:
    row = Message(token, ACME, kind, channel, "sent", "1", None, "", MAIL if channel == "email" else TEXT, attempts=1)
    return replace(row, **given)


def taken(key: str, channel: str, at: float = 102.0, **given: Any) -> Taken:
    to, sender, account = (MAIL, "shop@acme.example", "key-acme") if channel == "email" else (TEXT, "+49152", "AC-acme")
    return replace(Taken(at, key, to, sender, account), **given)


CONFIRMATION, THANKS = message("m1", "order_confirmation", "email"), message("m2", "thanks", "sms")
GOOD = Facts(
    acknowledged=[Fact("order", ACME, "1", 100.0, 100.5)],
    messages=[CONFIRMATION, THANKS],
    taken=[taken("m1", "email"), taken("m2", "sms")],
    orders={(ACME, "1"): 1},
    accounts={"key-acme": ACME, "AC-acme": ACME, "AC-borealis": OTHER},
    senders={ACME: frozenset({"shop@acme.example", "+49152"}), OTHER: frozenset({"shop@borealis.example"})},
    lease=10.0,
)
CANCELLED = replace(
    GOOD,
    acknowledged=[*GOOD.acknowledged, Fact("cancel", ACME, "1", 103.0, 104.0)],
    messages=[*GOOD.messages, message("m3", "cancellation", "email"), message("m4", "cancellation", "sms")],
    taken=[*GOOD.taken, taken("m3", "email", 105.0), taken("m4", "sms", 105.0)],
)
PARCEL = replace(
    GOOD,
    acknowledged=[*GOOD.acknowledged, Fact("parcel", ACME, "1", 103.0, 104.0)],
    messages=[
        *GOOD.messages,
        message("m5", "dispatch", "email", shipment=7),
        message("m6", "dispatch", "sms", shipment=7),
        message("m7", "delivered", "email", shipment=7),
    ],
    taken=[*GOOD.taken, taken("m5", "email", 106.0), taken("m6", "sms", 106.0), taken("m7", "email", 200.0)],
)


@pytest.mark.parametrize("facts", [GOOD, CANCELLED, PARCEL])
def test_a_good_run_breaks_nothing(facts: Facts) -> None:
    verdict = judge(facts)
    assert verdict.is_good, verdict.failures
    assert (verdict.lost, verdict.doubled, verdict.unknown, verdict.resent) == (0, 0, 0, 0)
    assert verdict.n == len(facts.acknowledged)


def with_first(facts: Facts, **given: Any) -> Facts:
    """The confirmation is otherwise."""
    return replace(facts, messages=[replace(facts.messages[0], **given), *facts.messages[1:]])


def again(facts: Facts, **given: Any) -> Facts:
    """The confirmation is accepted a second time."""
    return replace(facts, taken=[*facts.taken, replace(facts.taken[0], **given)])


def with_first_taken(facts: Facts, **given: Any) -> Facts:
    return replace(facts, taken=[replace(facts.taken[0], **given), *facts.taken[1:]])


BROKEN: list[tuple[str, Callable[[], Facts], set[str], str]] = [
    ("no message at all", lambda: replace(GOOD, messages=[THANKS], taken=GOOD.taken[1:]), {"I1"}, "0 messages instead of one"),
    (
        "two messages for one fact",
        lambda: replace(GOOD, messages=[*GOOD.messages, replace(CONFIRMATION, token="m9", state="suppressed", reason="x")]),
        {"I1"},
        "2 messages instead of one",
    ),
    (
        "given up",
        lambda: with_first(replace(GOOD, taken=GOOD.taken[1:]), state="dead", reason="worker_died"),
        {"I1"},
        "is dead (worker_died)",
    ),
    (
        "withheld without a reason",
        lambda: with_first(replace(GOOD, taken=GOOD.taken[1:]), state="suppressed"),
        {"I1"},
        "is suppressed without a reason",
    ),
    ("called sent, never taken", lambda: replace(GOOD, taken=GOOD.taken[1:]), {"I1"}, "is sent, but the provider never took it"),
    ("still waiting", lambda: with_first(replace(GOOD, taken=GOOD.taken[1:]), state="pending"), {"I1", "I6"}, "is pending ()"),
    ("taken twice", lambda: with_first(again(GOOD), attempts=2), {"I2"}, "was accepted 2 times"),
    (
        "more admitted doubles than allowed",
        lambda: with_first(again(GOOD), attempts=2, is_possible_duplicate=True),
        {"I2"},
        "1 doubles that the rows admit to, 0 are allowed",
    ),
    ("nobody's message", lambda: again(GOOD, key="m99"), {"I3"}, "there is no such message: m99"),
    ("an order that was rolled back", lambda: replace(GOOD, orders={}), {"I3"}, "its order is not there"),
    ("an order made twice", lambda: replace(GOOD, orders={(ACME, "1"): 2}), {"I3"}, "is there 2 times"),
    (
        "another merchant's account",
        lambda: replace(GOOD, taken=[GOOD.taken[0], replace(GOOD.taken[1], account="AC-borealis")]),
        {"I4"},
        "went by an account of borealis",
    ),
    (
        "another merchant's sender",
        lambda: with_first_taken(GOOD, sender="shop@borealis.example"),
        {"I4"},
        "went out as shop@borealis.example",
    ),
    ("another recipient", lambda: with_first_taken(GOOD, to="other@acme.example"), {"I4"}, "went to other@acme.example"),
    (
        "sent after it was there",
        lambda: replace(PARCEL, taken=[one if one.key != "m5" else replace(one, at=300.0) for one in PARCEL.taken]),
        {"I5"},
        "after the parcel was told to be there",
    ),
    ("confirmed after the cancellation", lambda: with_first_taken(CANCELLED, at=120.0), {"I5"}, "16.0 s after the order was cancelled"),
    ("a try that nobody wrote down", lambda: with_first(GOOD, attempts=0), {"I6"}, "1 acceptances, 0 tries on record"),
    ("half done", lambda: with_first(GOOD, state="sending"), {"I1", "I6"}, "is still sending"),
    ("never settled", lambda: with_first(GOOD, state="unknown"), {"I1", "I6"}, "is still unknown"),
    ("work left over", lambda: replace(GOOD, open_work={"events_delivery": 3}), {"I6"}, "3 rows of events_delivery are not worked off"),
    ("work given up", lambda: replace(GOOD, dead_work={"connectors_inboxitem": 1}), {"I6"}, "1 rows of connectors_inboxitem were given up"),
    ("a blocked address", lambda: replace(GOOD, blocked=[Blocked(ACME, MAIL, 91.0)]), {"I7"}, "blocked 11.0 s before"),
    (
        "slow without a fault",
        lambda: replace(with_first_taken(GOOD, at=106.0), had_faults=False),
        {"I8"},
        "is 6.0 s, and there was no fault",
    ),
    ("never over", lambda: replace(GOOD, settled_in=None), {"I8"}, "all was settled never"),
    ("over too late", lambda: replace(GOOD, settled_in=61.0), {"I8"}, "all was settled after 61.0 s; 60 s were allowed"),
]


@pytest.mark.parametrize(("facts", "broken", "words"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_an_invariant_is_broken_by_what_it_forbids(facts: Callable[[], Facts], broken: set[str], words: str) -> None:
    verdict = judge(facts())
    assert set(verdict.failures) == broken
    assert any(words in text for texts in verdict.failures.values() for text in texts)


def test_every_invariant_is_broken_by_some_case() -> None:
    assert set().union(*(case[2] for case in BROKEN)) == {f"I{number}" for number in range(1, 9)}


def test_what_is_lost_doubled_and_unknown_is_counted() -> None:
    facts = with_first(again(again(GOOD)), state="unknown", attempts=3)
    verdict = judge(facts)
    assert (verdict.lost, verdict.doubled, verdict.unknown, verdict.resent) == (1, 2, 1, 0)


def test_an_admitted_double_within_the_bound_is_counted_and_forgiven() -> None:
    verdict = judge(replace(with_first(again(GOOD), attempts=2, is_possible_duplicate=True), resends=1))
    assert verdict.is_good
    assert (verdict.doubled, verdict.resent) == (0, 1)


def test_a_message_withheld_for_a_reason_is_not_lost() -> None:
    facts = with_first(replace(GOOD, taken=GOOD.taken[1:]), state="cancelled", reason="order_cancelled")
    assert judge(facts).is_good


@pytest.mark.parametrize("at", [113.9, 114.0])
def test_what_was_under_way_when_the_order_was_cancelled_may_arrive_within_a_lease(at: float) -> None:
    assert judge(with_first_taken(CANCELLED, at=at)).is_good


def test_only_the_first_few_of_a_kind_are_shown_and_all_are_counted() -> None:
    facts = replace(GOOD, taken=[*GOOD.taken, *(taken(f"x{number}", "email") for number in range(8))])
    assert len(judge(facts).failures["I3"]) == 6
    assert judge(facts).failures["I3"][-1] == "... 8 in all"


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.99, 0.0),
        ([3.0], 0.5, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([1.0, 9.0], 0.99, 9.0),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_latency_is_from_the_try_that_was_acknowledged_to_the_first_acceptance() -> None:
    verdict = judge(with_first(again(GOOD, at=150.0), attempts=2, is_possible_duplicate=True))
    assert (verdict.p50, verdict.p99) == (2.0, 2.0)


def test_only_messages_that_were_taken_are_acceptances() -> None:
    line = {"t_ns": 2_500_000_000, "key": "m1", "to": MAIL, "sender": "s", "account": "a", "decision": "ok", "accepted": True}
    lines = [line, {**line, "accepted": False}, {**line, "what": "lookup"}, {**line, "what": "send", "key": "m2"}]
    assert acceptances(lines) == [Taken(2.5, "m1", MAIL, "s", "a"), Taken(2.5, "m2", MAIL, "s", "a")]
