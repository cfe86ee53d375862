"""Returns, exchanges, claims, their money, and withdrawals behind messages: the rows, how they stand, and whom their news go to."""

from typing import Any

from customers.types import Contact
from merchants.models import MerchantModel
from notifications.rules.cases import Case
from notifications.types import Kind
from orders.models import Order
from returns.models import Claim, Exchange, MoneyBack, Return, Withdrawal
from returns.types import MoneyState, Origin, ReturnState, Way

ROWS: dict[str, type[MerchantModel]] = {
    "return": Return,
    "claim": Claim,
    "money": MoneyBack,
    "exchange": Exchange,
    "withdrawal": Withdrawal,
}
LABEL_TO_COME = frozenset({"asked", "failed"})
SHIPS_NOTHING = frozenset({Way.NONE})
# Joined and fetched with the rows of each table, so that composing asks for nothing more.
JOINED: dict[type[MerchantModel], tuple[str, ...]] = {
    Return: ("order",),
    Claim: ("order", "case", "shipment"),
    MoneyBack: ("order", "case", "claim", "claim__case", "refund"),
    Exchange: ("order", "line__case", "line__order_line", "claim", "claim__case", "new_order"),
    Withdrawal: ("order",),
}
FETCHED: dict[type[MerchantModel], tuple[str, ...]] = {
    Return: ("lines__order_line", "moneys"),
    Claim: ("lines__order_line",),
    MoneyBack: ("case__lines__order_line", "claim__lines__order_line"),
    Exchange: ("new_order__shipments",),
}


def return_of(row: Any) -> Return | None:
    """The return a row is about, or part of."""
    if isinstance(row, Return):
        return row
    if isinstance(row, Exchange):
        return row.line.case if row.line is not None else row.claim.case if row.claim is not None else None
    case: Return | None = getattr(row, "case", None)
    return case


def claim_of(row: Any) -> Claim | None:
    """The claim a row is, or belongs to."""
    if isinstance(row, Claim):
        return row
    claim: Claim | None = getattr(row, "claim", None)
    return claim


def is_gift(row: Any) -> bool:
    """Whether who placed the order must not hear of it."""
    case, claim = return_of(row), claim_of(row)
    return bool((case is not None and case.is_gift) or (claim is not None and claim.origin == Origin.GIFT))


def case_of(row: Any, kind: str, *, told: str = "") -> Case:
    """The row as decisions see it; a message that tells a state or a day tells the present one when nobody says otherwise."""
    state = str(row.state)
    if kind == Kind.RETURN_REMINDER:
        told = told or (row.hand_over_by.isoformat() if row.hand_over_by else "")
    elif kind == Kind.CLAIM_DECIDED:
        told = told or state
    if not isinstance(row, Return):
        return Case(state, told, is_apart=is_apart(row))
    moneys = [money for money in row.moneys.all() if money.state != MoneyState.CANCELLED]
    return Case(
        state,
        told,
        waits_for_label=state == ReturnState.APPROVED and row.label_state in LABEL_TO_COME,
        is_sent=row.way not in SHIPS_NOTHING,
        is_paid=bool(moneys) and all(money.state == MoneyState.SENT for money in moneys),
        is_apart=is_apart(row),
    )


def is_apart(row: Any) -> bool:
    """Whether its messages stay out of what is kept of the order and its customer."""
    if not isinstance(row, Withdrawal):
        return is_gift(row)
    return row.order is None or row.email.strip().lower() != row.order.email.strip().lower()


def contact_of_case(row: Any) -> Contact:
    """Whom its news go to: who placed the order; who got the gift; whoever made the statement, where they made it."""
    order: Order | None = row.order
    if isinstance(row, Withdrawal):
        mine = order is not None and not is_apart(row)
        return Contact(order.customer_id if mine and order is not None else None, first_of(row.name), row.email, "", row.language, {})
    assert order is not None, "only a withdrawal may be without its order"
    if is_gift(row):
        told = recipient_of(row)
        return Contact(None, first_of(told.get("name", "")), told.get("email", ""), "", told.get("language", ""), {})
    return Contact(order.customer_id, order.first_name, order.email, order.phone, _language(row) or order.language, {})


def _language(row: Any) -> str:
    case = return_of(row)
    return case.language if case is not None else ""


def recipient_of(row: Any) -> dict[str, str]:
    """Who got the gift, as far as they said."""
    case = return_of(row)
    told = case.recipient if case is not None and isinstance(case.recipient, dict) else {}
    return {str(name): str(value) for name, value in told.items() if isinstance(value, str)}


def name_of(row: Any) -> str:
    """The whole name of whom it is told to."""
    if isinstance(row, Withdrawal):
        return row.name
    return recipient_of(row).get("name", "") if is_gift(row) else f"{row.order.first_name} {row.order.last_name}"


def first_of(name: str) -> str:
    """The first name, as far as a whole one tells it."""
    return next(iter(name.split()), "")
