"""A case as its shopper reads it: what happened, and the promised day of every step to come. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from returns.rules.states import GONE
from returns.types import ClaimState, Outcome, ReturnState, Step, TimelineStep

R, S = ReturnState, Step
# How far a return is when it is in a state: the steps up to there are done or will not come any more.
FAR: Mapping[str, int] = {
    R.REQUESTED: 0, R.INFO_NEEDED: 0, R.APPROVED: 1, R.LABELLED: 2, R.IN_TRANSIT: 3, R.ARRIVED: 4, R.RECEIVED: 5, R.INSPECTED: 6,
    R.RESOLVED: 7, R.CLOSED: 7,
}  # fmt: skip
RANK: Mapping[str, int] = {S.APPROVED: 1, S.LABELLED: 2, S.HANDED_OVER: 3, S.ARRIVED: 4, S.RECEIVED: 5, S.INSPECTED: 6, S.REFUNDED: 7}
SWAPS = frozenset({Outcome.EXCHANGE, Outcome.REPLACEMENT})
HIDDEN = frozenset({S.REFUND_ASKED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    step: str
    at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A day that was promised for a step, in the order of telling."""

    step: str
    day: date


@dataclass(frozen=True, slots=True)
class Money:
    """One payment: open or sent, and when the bank has it."""

    is_open: bool
    due_by: date
    bank_by: date | None


@dataclass(frozen=True, slots=True)
class Swap:
    """One replacement: on its way or there."""

    is_open: bool
    is_ordered: bool
    is_shipped: bool
    ship_by: date | None
    arrive_by: date | None


@dataclass(frozen=True, slots=True)
class Tale:
    """All a timeline is made from. `days` are the promised days by step; `pays` whether money is to come."""

    state: str
    entries: Sequence[Entry]
    days: Mapping[str, date | None]
    said: Sequence[Said] = ()
    moneys: Sequence[Money] = ()
    swaps: Sequence[Swap] = ()
    pays: bool = False
    pays_bank: bool = False
    is_sent: bool = True  # the goods travel
    needs_label: bool = False


def return_steps(tale: Tale, *, zone: ZoneInfo, today: date | None) -> list[TimelineStep]:
    """Done steps in their order, then those ahead in the order they come, the first of them marked."""
    done = _done(tale, zone)
    return _marked(done, [] if tale.state in GONE or tale.state == R.CLOSED else _ahead(tale), tale, today)


def claim_steps(tale: Tale, *, zone: ZoneInfo, today: date | None) -> list[TimelineStep]:
    """The same for a claim."""
    ahead: list[TimelineStep] = []
    match tale.state:
        case ClaimState.OPEN:
            ahead = [TimelineStep(S.APPROVED, by=tale.days.get(S.APPROVED))]
        case ClaimState.INFO_NEEDED:
            ahead = [TimelineStep(S.ANSWERED)]
        case ClaimState.APPROVED | ClaimState.REPAIRING:
            ahead = [*_money_ahead(tale, tale.days.get(S.REFUNDED)), *_swaps_ahead(tale)]
            ahead = ahead or [TimelineStep(S.CLOSED, by=tale.days.get(S.CLOSED))]
    return _marked(_done(tale, zone), ahead, tale, today)


def _done(tale: Tale, zone: ZoneInfo) -> list[TimelineStep]:
    """What happened; a step that was done in parts stands where it was last done."""
    told = [one for one in tale.entries if one.step not in HIDDEN and not _is_aside(one.data)]
    last = {(one.step, one.data.get("exchange"), one.data.get("money")): number for number, one in enumerate(told)}
    first_said = {one.step: one.day for one in reversed(tale.said)}
    found = []
    for number, one in enumerate(told):
        if last[(one.step, one.data.get("exchange"), one.data.get("money"))] != number:
            continue
        by = first_said.get(one.step)
        is_late = by is not None and one.at.astimezone(zone).date() > by
        facts = {name: str(value) for name, value in one.data.items() if isinstance(value, str | int) and not isinstance(value, bool)}
        found.append(TimelineStep(Step(one.step), at=one.at, by=by, is_late=is_late, facts=facts))
    banks = [one.bank_by for one in tale.moneys if one.bank_by is not None]
    return [*found, *([TimelineStep(S.BANK, by=max(banks))] if banks and not any(one.is_open for one in tale.moneys) else [])]


def _is_aside(data: Mapping[str, object]) -> bool:
    """Notes for staff: a refund nobody asked for, a case put away, a sum cut to what was left."""
    return bool(data.get("unasked") or data.get("put_away") or data.get("capped"))


def _ahead(tale: Tale) -> list[TimelineStep]:
    if tale.state == R.INFO_NEEDED:
        return [TimelineStep(S.ANSWERED)]
    far, days = FAR[tale.state], tale.days
    road = [S.APPROVED]
    if tale.is_sent:
        road += [*([S.LABELLED] if tale.needs_label else []), S.HANDED_OVER, S.ARRIVED, S.INSPECTED]
    steps = [TimelineStep(step, by=days.get(step)) for step in road if RANK[step] > far]
    return [*steps, *_money_ahead(tale, days.get(S.REFUNDED)), *_swaps_ahead(tale)]


def _money_ahead(tale: Tale, due_by: date | None) -> list[TimelineStep]:
    open_ = [one.due_by for one in tale.moneys if one.is_open]
    is_to_come = tale.pays and not tale.moneys and FAR.get(tale.state, 0) < FAR[R.INSPECTED]
    if not open_ and not is_to_come:
        return []
    bank = [TimelineStep(S.BANK, by=tale.days.get(S.BANK))] if tale.pays_bank else []
    return [TimelineStep(S.REFUNDED, by=max(open_) if open_ else due_by), *bank]


def _swaps_ahead(tale: Tale) -> list[TimelineStep]:
    found = []
    for one in tale.swaps:
        if not one.is_open:
            continue
        road = [*([] if one.is_ordered else [S.ORDERED]), *([] if one.is_shipped else [S.SHIPPED]), S.DELIVERED]
        found += [TimelineStep(step, by=one.arrive_by if step == S.DELIVERED else one.ship_by) for step in road]
    return found


def _marked(done: Iterable[TimelineStep], ahead: Iterable[TimelineStep], tale: Tale, today: date | None) -> list[TimelineStep]:
    """The first step ahead is the next one; a day that was moved keeps what was said first."""
    was: dict[str, date] = {}
    for one in tale.said:
        was.setdefault(one.step, one.day)
    found = []
    for number, step in enumerate(ahead):
        before = was.get(step.step)
        late = step.by is not None and today is not None and step.by < today
        moved = before if before is not None and step.by is not None and before != step.by else None
        found.append(replace(step, is_next=number == 0, is_late=late, was=moved))
    return [*done, *found]
