"""The timeline of a case: its history, and the promised day of every step to come."""

from collections.abc import Iterable
from datetime import date

from orders.models import Promise
from orders.selectors import setting
from orders.types import PromiseKind
from returns.models import CaseChange, Claim, Exchange, MoneyBack, Return
from returns.rules.money import NO_MONEY
from returns.rules.states import OPEN_EXCHANGE, OPEN_MONEY
from returns.rules.timeline import Entry, Money, Said, Swap, Tale, claim_steps, return_steps
from returns.types import ExchangeState, MoneyWay, Outcome, Step, TimelineStep, Way

STEP_OF = {
    PromiseKind.REPLY_BY: Step.APPROVED,
    PromiseKind.HAND_OVER_BY: Step.HANDED_OVER,
    PromiseKind.INSPECT_BY: Step.INSPECTED,
    PromiseKind.REFUND_BY: Step.REFUNDED,
    PromiseKind.SETTLE_BY: Step.CLOSED,
}
ORDERED = (ExchangeState.ORDERED, ExchangeState.SHIPPED)


def timeline_of(case: Return, *, today: date | None = None) -> list[TimelineStep]:
    """What happened and what comes, of a return read by `return_by_public_id`; three queries more. `today` tells what is late."""
    lines = list(case.lines.all())
    pays = [line for line in lines if line.outcome not in NO_MONEY and (line.amount > 0)]
    tale = Tale(
        state=case.state,
        entries=_entries(CaseChange.objects.filter(case=case)),
        days={
            Step.APPROVED: case.answer_by,
            Step.HANDED_OVER: case.hand_over_by,
            Step.ARRIVED: case.arrive_by,
            Step.INSPECTED: case.inspect_by,
            Step.REFUNDED: case.refund_by,
            Step.BANK: case.bank_by,
        },
        said=_said(case.order_id, f"return:{case.pk}"),
        moneys=_moneys(case.moneys.all()),
        swaps=_swaps(one for line in lines for one in line.exchanges.all()),
        pays=bool(pays),
        pays_bank=not case.is_gift and any(line.outcome != Outcome.CREDIT for line in pays),
        is_sent=case.way != Way.NONE,
        needs_label=case.label_state in ("asked", "failed"),
    )
    return return_steps(tale, zone=setting().zone, today=today)


def claim_timeline(claim: Claim, *, today: date | None = None) -> list[TimelineStep]:
    """The same for a claim read by `claim_by_public_id`."""
    tale = Tale(
        state=claim.state,
        entries=_entries(CaseChange.objects.filter(claim=claim)),
        days={Step.APPROVED: claim.answer_by, Step.REFUNDED: claim.settle_by, Step.CLOSED: claim.settle_by},
        said=_said(claim.order_id, f"claim:{claim.pk}"),
        moneys=_moneys(claim.moneys.all()),
        swaps=_swaps(claim.exchanges.all()),
    )
    return claim_steps(tale, zone=setting().zone, today=today)


def _entries(rows: Iterable[CaseChange]) -> list[Entry]:
    return [Entry(row.step, row.at, row.data) for row in sorted(rows, key=lambda row: (row.at, row.pk))]


def _said(order_id: int, subject: str) -> list[Said]:
    rows = Promise.objects.filter(order=order_id, subject=subject, kind__in=list(STEP_OF)).order_by("said_at", "pk")
    return [Said(STEP_OF[PromiseKind(kind)], day) for kind, day in rows.values_list("kind", "date")]


def _moneys(rows: Iterable[MoneyBack]) -> list[Money]:
    return [Money(row.state in OPEN_MONEY, row.due_by, row.bank_by if row.way == MoneyWay.ORIGINAL else None) for row in rows]


def _swaps(rows: Iterable[Exchange]) -> list[Swap]:
    return [
        Swap(row.state in OPEN_EXCHANGE, row.state in ORDERED, row.state == ExchangeState.SHIPPED, row.ship_by, row.arrive_by)
        for row in rows
    ]
