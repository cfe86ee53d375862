"""The merchant's own returns, claims, replacements and withdrawals a wording is tried with. A gift's are left out: they are not the
business of everybody who writes templates.
"""

from typing import Any

from django.db.models import Q, QuerySet

from notifications.cases import ROWS
from notifications.registry import entry_of
from notifications.types import Kind
from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState

# Which rows a message of the kind could be about; the others fit with every row of theirs.
FITS: dict[str, Q] = {
    Kind.RETURN_QUESTION: ~Q(question=""),
    Kind.RETURN_DECLINED: Q(state=ReturnState.DECLINED),
    Kind.RETURN_REFUNDED: Q(state=MoneyState.SENT),
    Kind.EXCHANGE_SHIPPED: Q(state__in=[ExchangeState.SHIPPED, ExchangeState.DELIVERED]),
    Kind.CLAIM_QUESTION: ~Q(question=""),
    Kind.CLAIM_DECIDED: Q(state__in=[ClaimState.APPROVED, ClaimState.REPAIRING, ClaimState.RESOLVED, ClaimState.DECLINED]),
    Kind.WITHDRAWAL_UNFOUNDED: Q(state=WithdrawalState.UNFOUNDED),
}
GIFTS = {
    "return": Q(is_gift=True),
    "claim": Q(origin="gift") | Q(case__is_gift=True),
    "money": Q(case__is_gift=True),
    "exchange": Q(line__case__is_gift=True) | Q(claim__case__is_gift=True),
}


def cases_for(kind: str) -> "QuerySet[Any]":
    """Rows a message of the kind could be about, oldest first."""
    subject = entry_of(kind).subject
    rows: QuerySet[Any] = ROWS[subject].objects.filter(FITS.get(kind, Q()))
    if subject in GIFTS:
        rows = rows.exclude(pk__in=ROWS[subject].objects.filter(GIFTS[subject]).values("pk"))
    return rows.order_by("pk")
