"""A case is settled when all of its money is sent and everything that was to go out has come."""

from datetime import datetime

from orders.types import PromiseKind
from returns.models import Claim, Exchange, MoneyBack, Return, Withdrawal
from returns.rules.states import OPEN_EXCHANGE, OPEN_MONEY
from returns.services.book import calendar, kept, move, note, settle, tell
from returns.types import Actor, ClaimState, Outcome, ReturnState, Step, WithdrawalState

AT_WORK = (ClaimState.APPROVED, ClaimState.REPAIRING)


def settle_case(case: Return, *, at: datetime, by: Actor | None = None) -> bool:
    """Settle a return of which nothing is open any more, and what hangs on it; the caller holds the order."""
    if case.state != ReturnState.INSPECTED or _is_open(case):
        return False
    case.resolved_at = at
    move(case, ReturnState.RESOLVED, calendar(), "resolved_at")
    note(case, Step.CLOSED, at, by)
    tell("returns.return.resolved", case, at)
    for row in Withdrawal.objects.filter(case=case, state=WithdrawalState.MATCHED):
        row.settled_at = at
        settle(row, WithdrawalState.SETTLED, "settled_at")
    for claim in Claim.objects.filter(case=case, state=ClaimState.APPROVED).exclude(resolution=Outcome.REPAIR):
        claim.order = case.order
        settle_claim(claim, at=at, by=by)
    return True


def _is_open(case: Return) -> bool:
    return (
        MoneyBack.objects.filter(case=case, state__in=OPEN_MONEY).exists()
        or Exchange.objects.filter(line__case=case, state__in=OPEN_EXCHANGE).exists()
        or Claim.objects.filter(case=case, resolution=Outcome.REPAIR, state__in=AT_WORK).exists()
    )


def settle_claim(claim: Claim, *, at: datetime, by: Actor | None = None) -> bool:
    """The same for a claim; one whose goods come back waits for them. The caller holds the order."""
    if claim.state != ClaimState.APPROVED or claim.resolution == Outcome.REPAIR or is_claim_open(claim):
        return False
    finish_claim(claim, at=at, by=by)
    return True


def is_claim_open(claim: Claim) -> bool:
    """Whether money, a replacement or goods of it are still on their way."""
    goods = Return.objects.filter(pk=claim.case_id).exclude(state__in=[ReturnState.RESOLVED, ReturnState.CLOSED])
    return (
        MoneyBack.objects.filter(claim=claim, state__in=OPEN_MONEY).exists()
        or Exchange.objects.filter(claim=claim, state__in=OPEN_EXCHANGE).exists()
        or (claim.case_id is not None and goods.exists())
    )


def finish_claim(claim: Claim, *, at: datetime, by: Actor | None = None) -> None:
    """It is settled; the caller holds the order and knows that nothing is open."""
    claim.resolved_at = at
    settle(claim, ClaimState.RESOLVED, "resolved_at")
    kept(claim, PromiseKind.SETTLE_BY, calendar().day(at))
    note(claim, Step.CLOSED, at, by)
    tell("returns.claim.resolved", claim, at)


def settle_whose(row: MoneyBack | Exchange, *, at: datetime, by: Actor | None = None) -> None:
    """One part of a case is done: perhaps the last. The row knows its held order."""
    claim: Claim | None = row.claim
    case: Return | None = row.case if isinstance(row, MoneyBack) else row.line.case if row.line is not None else None
    if case is not None:
        case.order = row.order
        settle_case(case, at=at, by=by)
    if claim is not None:
        claim.order = row.order
        settle_claim(claim, at=at, by=by)
