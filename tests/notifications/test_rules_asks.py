"""What a shopper asked for, of an order or about their data: what is told of it, as tables."""

from dataclasses import replace
from datetime import timedelta

import pytest

from customers.types import PrivacyKind, PrivacyState
from notifications import rules
from notifications.registry import CATALOGUE, entry_of
from notifications.rules import Ask, Facts, Way, decide, recheck
from notifications.types import Kind, MessageState, Send, Skip
from tests.conftest import NOW

MAIL = Facts(entry=entry_of(Kind.REQUEST_RECEIVED), channel="email", recipient="sam@example.com", now=NOW)


def of(kind: Kind, what: str, state: str, told: str = "") -> Facts:
    return replace(MAIL, entry=entry_of(kind), ask=Ask(what, state, told or state))


ANSWERS = [
    # kind, what was asked, its state now, why nothing goes out
    (Kind.REQUEST_RECEIVED, "cancel", "requested", None),
    (Kind.REQUEST_RECEIVED, "address", "requested", None),
    (Kind.REQUEST_RECEIVED, "cancel", "accepted", "already_decided"),
    (Kind.REQUEST_RECEIVED, "cancel", "withdrawn", "already_decided"),
    (Kind.REQUEST_DECIDED, "address", "accepted", None),
    (Kind.REQUEST_DECIDED, "address", "refused", None),
    (Kind.REQUEST_DECIDED, "cancel", "refused", None),
    (Kind.REQUEST_DECIDED, "cancel", "accepted", "told_by_cancellation"),
    (Kind.REQUEST_DECIDED, "cancel", "withdrawn", "taken_back"),
    (Kind.REQUEST_DECIDED, "address", "withdrawn", "taken_back"),
]


@pytest.mark.parametrize(("kind", "what", "state", "reason"), ANSWERS)
def test_a_request_is_acknowledged_while_it_is_open_and_answered_once(kind: Kind, what: str, state: str, reason: str | None) -> None:
    decision = decide(of(kind, what, state))
    assert (decision.reason if isinstance(decision, Skip) else None) == reason


@pytest.mark.parametrize(("reason", "withheld"), [("order_cancelled", "told_by_cancellation"), ("order_sent", None), ("sold out", None)])
def test_an_address_refused_because_the_order_was_cancelled_is_told_by_the_cancellation(reason: str, withheld: str | None) -> None:
    refused = replace(MAIL, entry=entry_of(Kind.REQUEST_DECIDED), ask=Ask("address", "refused", "refused", reason))
    decision = decide(refused)
    assert (decision.reason if isinstance(decision, Skip) else None) == withheld


def test_what_was_decided_while_the_acknowledgement_waited_takes_it_back() -> None:
    step = recheck(of(Kind.REQUEST_RECEIVED, "cancel", "refused"), Way())
    assert step is not None
    assert (step.state, step.reason) == (MessageState.CANCELLED, "already_decided")
    assert {"condition": "already_decided", "ok": False, "detail": "refused"} in rules.reasons_as_json(step.asked)


@pytest.mark.parametrize(
    ("kind", "what", "told", "now"),
    [
        (Kind.REQUEST_DECIDED, "address", "refused", "accepted"),
        (Kind.PRIVACY, "erasure", "requested", "withdrawn"),
        (Kind.PRIVACY, "erasure", "requested", "working"),
    ],
)
def test_what_is_not_so_any_more_is_not_told(kind: Kind, what: str, told: str, now: str) -> None:
    step = recheck(of(kind, what, now, told), Way())
    assert step is not None
    assert (step.state, step.reason) == (MessageState.CANCELLED, "newer_news")


def test_a_cancelled_order_makes_every_word_about_its_requests_void() -> None:
    for kind, state in ((Kind.REQUEST_RECEIVED, "requested"), (Kind.REQUEST_DECIDED, "refused")):
        decision = decide(replace(of(kind, "address", state), is_order_cancelled=True))
        assert isinstance(decision, Skip)
        assert decision.reason == "order_cancelled"


def test_of_privacy_requests_these_states_are_news() -> None:
    told = {(what, state) for what in PrivacyKind for state in PrivacyState if rules.is_told(Kind.PRIVACY, Ask(what, state, state))}
    assert told == {
        ("export", "done"), ("export", "refused"),
        ("erasure", "requested"), ("erasure", "refused"), ("erasure", "withdrawn"),
    }  # fmt: skip
    assert all(rules.is_told(Kind.REQUEST_DECIDED, Ask("cancel", state, state)) for state in ("accepted", "refused", "withdrawn"))


def test_who_waits_for_a_code_comes_first_and_what_is_about_the_account_cannot_be_turned_off() -> None:
    assert [(entry.kind.value, entry.opens) for entry in CATALOGUE if entry.opens] == [
        ("sign_in", "sign_in"),
        ("order_code", "look_up"),
        ("email_code", "email_change"),
    ]
    ten = timedelta(minutes=10)
    assert {(entry.head_start, entry.lifetime) for entry in CATALOGUE if entry.opens} == {(ten, ten)}
    assert {entry.kind.value for entry in CATALOGUE if not entry.is_switchable} == {
        "sign_in", "order_code", "email_code", "account_notice", "privacy", "note", "withdrawal_receipt",
        "withdrawal_unfounded",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [Kind.ORDER_CODE, Kind.EMAIL_CODE, Kind.ACCOUNT_NOTICE, Kind.PRIVACY])
def test_what_is_about_the_account_goes_out_whatever_the_plan_and_the_hour(kind: Kind) -> None:
    assert isinstance(decide(replace(MAIL, entry=entry_of(kind), is_on=False)), Send)
