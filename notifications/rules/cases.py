"""Returns, exchanges, claims and withdrawals as decisions see them: is it still so, and does another message tell it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from notifications.types import Condition, Kind
from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState

R, C = ReturnState, ClaimState
GONE = frozenset({R.DECLINED, R.CANCELLED, R.EXPIRED})
# The states in which a message of the kind is still true.
TRUE_IN: dict[str, frozenset[str]] = {
    Kind.RETURN_RECEIVED: frozenset({R.REQUESTED, R.INFO_NEEDED}),
    Kind.RETURN_APPROVED: frozenset({R.APPROVED, R.LABELLED}),
    Kind.RETURN_QUESTION: frozenset({R.INFO_NEEDED}),
    Kind.RETURN_DECLINED: frozenset({R.DECLINED}),
    Kind.RETURN_REMINDER: frozenset({R.APPROVED, R.LABELLED}),
    Kind.RETURN_HANDED_OVER: frozenset({R.IN_TRANSIT}),
    Kind.RETURN_ARRIVED: frozenset({R.ARRIVED, R.RECEIVED}),
    Kind.RETURN_INSPECTED: frozenset({R.INSPECTED, R.RESOLVED, R.CLOSED}),
    Kind.RETURN_REFUNDED: frozenset({MoneyState.SENT}),
    Kind.EXCHANGE_SHIPPED: frozenset({ExchangeState.SHIPPED}),
    Kind.CLAIM_RECEIVED: frozenset({C.OPEN, C.INFO_NEEDED}),
    Kind.CLAIM_QUESTION: frozenset({C.INFO_NEEDED}),
    Kind.WITHDRAWAL_UNFOUNDED: frozenset({WithdrawalState.UNFOUNDED}),
}
TRAVELLED = frozenset({Kind.RETURN_HANDED_OVER, Kind.RETURN_ARRIVED, Kind.RETURN_INSPECTED})
GRANTED = frozenset({C.APPROVED, C.REPAIRING, C.RESOLVED})
ANSWERED = frozenset({Kind.RETURN_RECEIVED, Kind.CLAIM_RECEIVED})
RECENTLY = timedelta(hours=1)  # a shopper who says at two places that it is not there says it once
MATCHING = timedelta(minutes=10)  # by then a refund the shop tells us of has found the return it is for


@dataclass(frozen=True, slots=True)
class Case:
    """A return, exchange, claim, withdrawal, or the money of one, as it stands; `told` is the state or day the message tells."""

    state: str
    told: str = ""
    waits_for_label: bool = False
    is_sent: bool = True  # something travels
    is_paid: bool = False  # all its money has left
    is_apart: bool = False  # not the business of who placed the order: a gift, or a statement from another address


def is_case_told(kind: Kind, case: Case) -> bool:
    """Whether there is anything to say: an approval without its label would help nobody, and what never travelled has not arrived."""
    if kind in TRAVELLED:
        return case.is_sent
    return kind != Kind.RETURN_APPROVED or not case.waits_for_label


def of_case(kind: Kind, case: Case) -> Iterator[Condition]:
    """Whether it is still so."""
    true = _is_true(kind, case)
    if true is not None:
        yield Condition("already_decided" if kind in ANSWERED else "newer_news", true, "" if true else case.state)


def _is_true(kind: Kind, case: Case) -> bool | None:
    """None where time takes nothing away from it."""
    if kind == Kind.CLAIM_DECIDED:
        return case.state in GRANTED if case.told == C.APPROVED else case.state == case.told
    if kind == Kind.RETURN_RECEIVED and case.waits_for_label:
        return case.state in TRUE_IN[kind] | {R.APPROVED}
    if kind == Kind.RETURN_APPROVED and not case.is_sent:
        return case.state not in GONE
    if kind == Kind.RETURN_INSPECTED and case.is_paid:
        return False
    return case.state in TRUE_IN[kind] if kind in TRUE_IN else None


@dataclass(frozen=True, slots=True)
class Money:
    """One step of money as far as it tells which refund of the shop it is."""

    amount: Decimal
    state: str
    refund_id: int | None = None
    external_id: str = ""
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class Paid:
    """A refund the shop told us of."""

    id: int
    amount: Decimal
    external_id: str = ""


def telling(refund: Paid, moneys: Iterable[Money]) -> str:
    """What tells a refund in place of the plain message: "return_refunded"; "gift", which no giver may hear of; "" for nothing."""
    for money in moneys:
        is_same = money.refund_id == refund.id or (
            money.refund_id is None and bool(money.external_id) and money.external_id == refund.external_id
        )
        if money.is_gift and (is_same or (money.refund_id is None and money.amount == refund.amount)):
            return "gift"
        if is_same and money.state == MoneyState.SENT:
            return Kind.RETURN_REFUNDED.value
    return ""


def may_match(refund: Paid, moneys: Iterable[Money]) -> bool:
    """Whether some money of the order may yet turn out to be this refund: then the plain message waits a little."""
    open_states = (MoneyState.DUE, MoneyState.ASKED, MoneyState.FAILED, MoneyState.SENT)
    return any(money.refund_id in (None, refund.id) and money.state in open_states for money in moneys)
