"""Life of an order, its payment and its fulfilment: tables, and functions that refuse what they do not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from orders.types import Fulfilment, IncomingPayment, OrderState, PaymentState

ORDER_MOVES: dict[str, frozenset[OrderState]] = {
    OrderState.PLACED: frozenset({OrderState.CONFIRMED, OrderState.CANCELLED}),
    OrderState.CONFIRMED: frozenset({OrderState.CANCELLED}),
    OrderState.CANCELLED: frozenset(),
}

_REFUNDS = frozenset({PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})
_MONEY = frozenset({PaymentState.PARTIALLY_PAID, PaymentState.PAID})
_UNPAID = frozenset({PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.VOIDED, PaymentState.FAILED})

# Money that has come goes back by a refund only; an attempt that failed may be made again; an order that grew is partly paid.
PAYMENT_MOVES: dict[str, frozenset[PaymentState]] = {
    PaymentState.PENDING: frozenset(PaymentState) - {PaymentState.PENDING},
    PaymentState.AUTHORIZED: _MONEY | _REFUNDS | {PaymentState.VOIDED, PaymentState.FAILED},
    PaymentState.PARTIALLY_PAID: _REFUNDS | {PaymentState.PAID, PaymentState.VOIDED},
    PaymentState.PAID: _REFUNDS | {PaymentState.PARTIALLY_PAID},
    PaymentState.PARTIALLY_REFUNDED: frozenset({PaymentState.REFUNDED}),
    PaymentState.REFUNDED: frozenset(),
    PaymentState.VOIDED: _MONEY | _REFUNDS | {PaymentState.AUTHORIZED},
    PaymentState.FAILED: _MONEY | _REFUNDS | (_UNPAID - {PaymentState.FAILED}),
}


def may_become(current: str, wanted: OrderState) -> bool:
    """Whether the order's life allows the step. Staying as it is is no step."""
    return wanted in ORDER_MOVES[current]


def can_cancel(state: str, fulfilment: str) -> bool:
    """Only before anything was handed to a carrier; afterwards it is a return."""
    return may_become(state, OrderState.CANCELLED) and fulfilment == Fulfilment.UNFULFILLED


def payment_after(current: str, told: PaymentState) -> PaymentState:
    """What the shop tells, unless the table refuses the step: then the state stays."""
    return told if told in PAYMENT_MOVES[current] else PaymentState(current)


def payment_after_refund(current: str, *, refunded: Decimal, paid: Decimal) -> PaymentState:
    """Refunded in full when as much went back as had come."""
    if refunded <= 0:
        return PaymentState(current)
    return PaymentState.REFUNDED if refunded >= paid else PaymentState.PARTIALLY_REFUNDED


def exceeds_paid(*, refunded: Decimal, paid: Decimal) -> bool:
    """True when the shop says it sent back more than it got: recorded as told, and flagged."""
    return refunded > paid


def money_has_come(state: str) -> bool:
    """True once the order was paid in full, whatever went back later."""
    return state == PaymentState.PAID or state in _REFUNDS


def paid_so_far(payments: Iterable[IncomingPayment], state: str, total: Decimal) -> Decimal:
    """What the shop has received. Shops that list no dated payment but call the order paid have the whole total."""
    dated = sum((payment.amount for payment in payments if payment.paid_at is not None), Decimal(0))
    return dated if dated or not money_has_come(state) else total


@dataclass(frozen=True, slots=True)
class LineCount:
    """How much of a line is wanted by carrier, and how much has been handed over."""

    wanted: int
    sent: int


def fulfilment_of(lines: Iterable[LineCount]) -> Fulfilment:
    """Computed from the lines that need shipping; an order with nothing to send stays unfulfilled."""
    counts = list(lines)
    sent = sum(min(line.sent, line.wanted) for line in counts)
    open_ = sum(max(line.wanted - line.sent, 0) for line in counts)
    if any(line.sent for line in counts) and not open_:
        return Fulfilment.FULFILLED
    return Fulfilment.PARTIAL if sent else Fulfilment.UNFULFILLED
