"""How cases move: each state with those it may become. Everything not written here is refused."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState

R, C, E, M, W = ReturnState, ClaimState, ExchangeState, MoneyState, WithdrawalState

# A parcel that comes after all is taken in, whatever was thought of it meanwhile; a closed return is the end.
RETURN_MOVES: Mapping[str, frozenset[str]] = {
    R.REQUESTED: frozenset({R.INFO_NEEDED, R.APPROVED, R.DECLINED, R.CANCELLED}),
    R.INFO_NEEDED: frozenset({R.REQUESTED, R.APPROVED, R.DECLINED, R.CANCELLED}),
    R.APPROVED: frozenset({R.LABELLED, R.IN_TRANSIT, R.ARRIVED, R.RECEIVED, R.INSPECTED, R.CANCELLED, R.EXPIRED}),
    R.LABELLED: frozenset({R.IN_TRANSIT, R.ARRIVED, R.RECEIVED, R.CANCELLED, R.EXPIRED}),
    R.IN_TRANSIT: frozenset({R.ARRIVED, R.RECEIVED, R.CANCELLED}),
    R.ARRIVED: frozenset({R.RECEIVED}),
    R.RECEIVED: frozenset({R.RECEIVED, R.INSPECTED}),
    R.INSPECTED: frozenset({R.RESOLVED}),
    R.RESOLVED: frozenset({R.CLOSED}),
    R.CLOSED: frozenset(),
    R.DECLINED: frozenset({R.APPROVED}),
    R.CANCELLED: frozenset({R.IN_TRANSIT, R.ARRIVED, R.RECEIVED}),
    R.EXPIRED: frozenset({R.IN_TRANSIT, R.ARRIVED, R.RECEIVED}),
}
CLAIM_MOVES: Mapping[str, frozenset[str]] = {
    C.OPEN: frozenset({C.INFO_NEEDED, C.APPROVED, C.REPAIRING, C.DECLINED, C.WITHDRAWN}),
    C.INFO_NEEDED: frozenset({C.OPEN, C.APPROVED, C.REPAIRING, C.DECLINED, C.WITHDRAWN}),
    C.APPROVED: frozenset({C.REPAIRING, C.RESOLVED, C.WITHDRAWN}),
    C.REPAIRING: frozenset({C.RESOLVED}),
    C.RESOLVED: frozenset(),
    C.DECLINED: frozenset({C.APPROVED, C.REPAIRING}),
    C.WITHDRAWN: frozenset(),
}
EXCHANGE_MOVES: Mapping[str, frozenset[str]] = {
    E.RESERVED: frozenset({E.ASKED, E.RELEASED, E.CANCELLED}),
    E.ASKED: frozenset({E.ASKED, E.ORDERED, E.SHIPPED, E.RELEASED}),
    E.ORDERED: frozenset({E.SHIPPED, E.DELIVERED, E.RELEASED}),
    E.SHIPPED: frozenset({E.DELIVERED}),
    E.DELIVERED: frozenset(),
    E.RELEASED: frozenset({E.RESERVED}),
    E.CANCELLED: frozenset(),
}
MONEY_MOVES: Mapping[str, frozenset[str]] = {
    M.DUE: frozenset({M.ASKED, M.SENT, M.CANCELLED}),
    M.ASKED: frozenset({M.SENT, M.FAILED}),
    M.FAILED: frozenset({M.ASKED, M.SENT, M.CANCELLED}),
    M.SENT: frozenset(),
    M.CANCELLED: frozenset(),
}
WITHDRAWAL_MOVES: Mapping[str, frozenset[str]] = {
    W.DECLARED: frozenset({W.MATCHED, W.UNFOUNDED}),
    W.MATCHED: frozenset({W.SETTLED, W.UNFOUNDED}),
    W.SETTLED: frozenset(),
    W.UNFOUNDED: frozenset({W.MATCHED}),
}
GONE = frozenset({R.DECLINED, R.CANCELLED, R.EXPIRED})
OPEN_RETURN = frozenset(R) - GONE - {R.CLOSED}
BEFORE_GOODS = frozenset({R.REQUESTED, R.INFO_NEEDED, R.APPROVED, R.LABELLED, R.IN_TRANSIT})
CHECKED = frozenset({R.INSPECTED, R.RESOLVED, R.CLOSED})
OPEN_CLAIM = frozenset({C.OPEN, C.INFO_NEEDED, C.APPROVED, C.REPAIRING})
OPEN_MONEY = frozenset({M.DUE, M.ASKED, M.FAILED})
HELD = frozenset({E.RESERVED, E.ASKED})
COMING = frozenset({E.ASKED, E.ORDERED, E.SHIPPED})
OPEN_EXCHANGE = HELD | COMING

Case = ReturnState | ClaimState | ExchangeState | MoneyState | WithdrawalState
_TABLES: Mapping[type[Case], Mapping[str, frozenset[str]]] = {
    R: RETURN_MOVES,
    C: CLAIM_MOVES,
    E: EXCHANGE_MOVES,
    M: MONEY_MOVES,
    W: WITHDRAWAL_MOVES,
}


class CaseClosed(ValueError):
    """The case is past this step, or was never there; says so in words."""


def check_step(current: str, wanted: Case) -> None:
    """Refuses (CaseClosed) a step the table does not know."""
    kind = type(wanted)
    if wanted not in _TABLES[kind][kind(current)]:
        raise CaseClosed(_("This is not possible any more: it is “%(state)s”.") % {"state": kind(current).label})
