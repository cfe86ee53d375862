"""A return asked for as a favour becomes one by law, once its shopper withdraws from the contract."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from orders.models import Order
from returns.models import Return, ReturnLine, Withdrawal
from returns.rules.states import BEFORE_GOODS
from returns.services.book import SHOP, calendar, note
from returns.services.deciding import approve_held
from returns.types import Outcome, ReturnState, Step

WAITING = (ReturnState.REQUESTED, ReturnState.INFO_NEEDED)


def turn_returns(*, withdrawal: Withdrawal, order: Order, line_ids: Collection[int], at: datetime) -> Return | None:
    """Open returns of nothing but these lines, for money, lose their fees and count as withdrawn; one that waits for a word is approved.

    The caller holds the order. Returns that hold an exchange or a gift, and goods that have arrived, are left to staff, who see the
    statement without a case. Returns the first that was turned.
    """
    turned = None
    for case in Return.objects.filter(order=order, is_withdrawal=False, is_gift=False, state__in=BEFORE_GOODS).order_by("pk"):
        case.order = order
        lines = list(ReturnLine.objects.filter(case=case))
        if all(line.outcome == Outcome.REFUND and line.order_line_id in line_ids for line in lines):
            _turn(case, lines, withdrawal, at)
            turned = turned or case
    return turned


def _turn(case: Return, lines: list[ReturnLine], withdrawal: Withdrawal, at: datetime) -> None:
    here = calendar()
    for line in lines:
        line.fee, line.amount = Decimal(0), Decimal(str(line.decided.get("value") or line.amount + line.fee))
        line.save(update_fields=["fee", "amount"])
    was = case.requested_at
    case.is_withdrawal, case.requested_at = True, withdrawal.declared_at  # the law's fourteen days count from the statement
    case.save(update_fields=["is_withdrawal", "requested_at"])
    note(case, Step.REQUESTED, at, SHOP, withdrawal=withdrawal.pk, first_asked=was.isoformat())
    if case.state in WAITING:
        approve_held(case, here, at=at, by=SHOP)
