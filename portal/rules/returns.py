"""Returns, exchanges and claims in words: how a state looks, what comes next and by when, what may help instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.types import State
from returns.types import ClaimState, ExchangeState, MoneyWay, Outcome, Problem, ReturnState, Step, Way, WithdrawalState

OPEN_RETURN = frozenset(ReturnState) - {ReturnState.CLOSED, ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED}
TO_SEND = frozenset({ReturnState.APPROVED, ReturnState.LABELLED})
CAN_CANCEL = frozenset({ReturnState.REQUESTED, ReturnState.INFO_NEEDED, ReturnState.APPROVED, ReturnState.LABELLED, ReturnState.IN_TRANSIT})
OPEN_CLAIM = frozenset({ClaimState.OPEN, ClaimState.INFO_NEEDED, ClaimState.APPROVED, ClaimState.REPAIRING})


def return_state(state: str) -> State:
    """A return's state as a badge."""
    words = {
        ReturnState.REQUESTED: State("info", "hourglass", _("We look at it")),
        ReturnState.INFO_NEEDED: State("warn", "help", _("A question for you")),
        ReturnState.APPROVED: State("info", "return", _("Approved")),
        ReturnState.LABELLED: State("info", "box", _("Ready to hand over")),
        ReturnState.IN_TRANSIT: State("info", "truck", _("On its way back")),
        ReturnState.ARRIVED: State("info", "home", _("Arrived with us")),
        ReturnState.RECEIVED: State("info", "box", _("Unpacked")),
        ReturnState.INSPECTED: State("info", "check", _("Checked")),
        ReturnState.RESOLVED: State("good", "done", _("Settled")),
        ReturnState.CLOSED: State("good", "done", _("Settled")),
        ReturnState.DECLINED: State("warn", "stop", _("Not possible")),
        ReturnState.CANCELLED: State("idle", "stop", _("Called off")),
        ReturnState.EXPIRED: State("idle", "clock", _("Never handed over")),
    }
    return words[ReturnState(state)]


def claim_state(state: str) -> State:
    """A claim's state as a badge."""
    words = {
        ClaimState.OPEN: State("info", "hourglass", _("We look at it")),
        ClaimState.INFO_NEEDED: State("warn", "help", _("A question for you")),
        ClaimState.APPROVED: State("info", "check", _("Accepted")),
        ClaimState.REPAIRING: State("info", "box", _("Being repaired")),
        ClaimState.RESOLVED: State("good", "done", _("Settled")),
        ClaimState.DECLINED: State("warn", "stop", _("Not possible")),
        ClaimState.WITHDRAWN: State("idle", "stop", _("You took it back")),
    }
    return words[ClaimState(state)]


def exchange_state(state: str) -> State:
    """What goes out instead, as a badge."""
    words = {
        ExchangeState.RESERVED: State("info", "lock", _("Held for you")),
        ExchangeState.ASKED: State("info", "hourglass", _("Being ordered")),
        ExchangeState.ORDERED: State("info", "box", _("Being prepared")),
        ExchangeState.SHIPPED: State("info", "truck", _("On its way")),
        ExchangeState.DELIVERED: State("good", "done", _("Delivered")),
        ExchangeState.RELEASED: State("idle", "clock", _("No longer held")),
        ExchangeState.CANCELLED: State("idle", "stop", _("Called off")),
    }
    return words[ExchangeState(state)]


def withdrawal_state(state: str) -> State:
    """What became of a statement of withdrawal."""
    words = {
        WithdrawalState.DECLARED: State("good", "done", _("Received")),
        WithdrawalState.MATCHED: State("good", "done", _("Received")),
        WithdrawalState.SETTLED: State("good", "done", _("Money sent back")),
        WithdrawalState.UNFOUNDED: State("warn", "stop", _("Without effect")),
    }
    return words[WithdrawalState(state)]


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next, and its day; no day where it waits for the shopper."""

    words: str
    day: date | None = None
    is_yours: bool = False  # the shopper has to do it


def next_of_return(state: str, days: Mapping[str, date | None]) -> Next | None:
    """The next step of a return. `days` are the case's own columns by name. None once nothing is to come."""
    steps: dict[str, tuple[str, str, bool]] = {
        ReturnState.REQUESTED: (_("We answer by"), "answer_by", False),
        ReturnState.INFO_NEEDED: (_("We wait for your answer"), "", True),
        ReturnState.APPROVED: (_("Hand it over by"), "hand_over_by", True),
        ReturnState.LABELLED: (_("Hand it over by"), "hand_over_by", True),
        ReturnState.IN_TRANSIT: (_("With us by"), "arrive_by", False),
        ReturnState.ARRIVED: (_("Checked by"), "inspect_by", False),
        ReturnState.RECEIVED: (_("Checked by"), "inspect_by", False),
        ReturnState.INSPECTED: (_("Settled by"), "refund_by", False),
        ReturnState.RESOLVED: (_("At your bank by"), "bank_by", False),
    }
    if state not in steps:
        return None
    words, column, is_yours = steps[state]
    day = days.get(column) if column else None
    return Next(words, day, is_yours) if day is not None or not column else None


def done_words(step: str) -> str:
    """A step of a case that has happened."""
    words = {
        Step.REQUESTED: _("You asked for it"),
        Step.ASKED: _("We asked you something"),
        Step.ANSWERED: _("You answered"),
        Step.APPROVED: _("Approved"),
        Step.DECLINED: _("We could not do it"),
        Step.LABELLED: _("Everything to hand it over is here"),
        Step.HANDED_OVER: _("Handed over"),
        Step.ARRIVED: _("Arrived with us"),
        Step.RECEIVED: _("Unpacked"),
        Step.INSPECTED: _("Checked"),
        Step.REFUND_ASKED: _("Refund started"),
        Step.REFUNDED: _("Refund sent"),
        Step.REFUND_FAILED: _("The refund did not go through. We are on it"),
        Step.BANK: _("At your bank"),
        Step.RESERVED: _("Replacement held for you"),
        Step.RELEASED: _("Replacement no longer held"),
        Step.ORDERED: _("Replacement being prepared"),
        Step.SHIPPED: _("Replacement on its way"),
        Step.DELIVERED: _("Replacement delivered"),
        Step.REPAIRING: _("In repair"),
        Step.CANCELLED: _("Called off"),
        Step.EXPIRED: _("It was never handed over"),
        Step.CLOSED: _("Settled"),
    }
    return words[Step(step)]


def ahead_words(step: str) -> str:
    """A step of a case that is still to come; its day stands beside it."""
    words = {
        Step.ANSWERED: _("You answer our question"),
        Step.APPROVED: _("We answer"),
        Step.LABELLED: _("The label is ready"),
        Step.HANDED_OVER: _("You hand it over"),
        Step.ARRIVED: _("It arrives with us"),
        Step.RECEIVED: _("We unpack it"),
        Step.INSPECTED: _("We check it"),
        Step.REFUND_ASKED: _("We start the refund"),
        Step.REFUNDED: _("We send the refund"),
        Step.BANK: _("At your bank"),
        Step.RESERVED: _("We hold the replacement for you"),
        Step.ORDERED: _("We prepare the replacement"),
        Step.SHIPPED: _("We send the replacement"),
        Step.DELIVERED: _("The replacement is with you"),
        Step.REPAIRING: _("We repair it"),
        Step.CLOSED: _("Settled"),
    }
    return words.get(Step(step)) or done_words(step)


def outcome_words(outcome: str) -> str:
    """What the shopper gets."""
    return str(Outcome(outcome).label) if outcome in Outcome.values else ""


def way_words(way: str) -> tuple[str, str]:
    """How goods travel: the name, and what it means."""
    words = {
        Way.LABEL: (_("With our label"), _("Print it, stick it on, drop the parcel at any shop of the carrier.")),
        Way.CODE: (_("With a code"), _("Show it on your phone at the parcel shop. No printer needed.")),
        Way.OWN: (_("With a carrier of your choice"), _("You pay the postage and keep the receipt.")),
        Way.STORE: (_("At our shop"), _("Bring it by while we are open.")),
        Way.PICKUP: (_("Collected at your door"), _("We write to you about the day.")),
        Way.NONE: (_("Nothing to send"), _("You keep it.")),
    }
    return words[Way(way)]


def problem_words(problem: str) -> tuple[str, str]:
    """What is wrong with a delivery: the name, and what it means."""
    words = {
        Problem.DAMAGED: (_("Something is damaged"), _("The parcel or what is in it.")),
        Problem.WRONG: (_("Something else came"), _("Another article, size or colour than you ordered.")),
        Problem.MISSING: (_("Something is missing"), _("Less was in the parcel than it says.")),
        Problem.NOT_RECEIVED: (_("The parcel is not here"), _("The carrier says delivered, but you have nothing.")),
        Problem.FAULTY: (_("It does not work"), _("A fault, also one that showed only later.")),
    }
    return words[Problem(problem)]


@dataclass(frozen=True, slots=True)
class Help:
    """What may help instead of a return."""

    code: str
    title: str
    words: str


def next_best_words(code: str) -> Help | None:
    """What may help where something cannot go back; None for a word we do not know."""
    words = {
        "warranty": (_("Use the warranty"), _("It does not work any more? Tell us what is wrong with it.")),
        "sell_on": (_("Sell it on"), _("Somebody else may be looking for exactly this.")),
        "donate": (_("Give it away"), _("A charity near you gives it a second life.")),
        "ask": (_("Ask us"), _("Write to us. We look at it together.")),
    }
    found = words.get(code)
    return Help(code, *found) if found else None


def money_way_words(way: str) -> str:
    """Where money goes."""
    return _("Store credit") if way == MoneyWay.CREDIT else _("Back the way you paid")
