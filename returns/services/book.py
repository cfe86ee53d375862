"""What every step of a case does: hold the order, write the history, tell, and keep the dates that were said."""

import secrets
from datetime import date, datetime
from typing import Any

from events.services import emit
from orders.models import Order
from orders.selectors import setting
from orders.services import record_promise, settle_days
from orders.types import PromiseKind
from returns.models import CaseChange, Claim, Exchange, MoneyBack, Return, Withdrawal
from returns.rules.dates import Calendar, Look, next_look
from returns.rules.states import Case, check_step
from returns.types import Actor, Origin, Refusal, ReturnState, Step

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that looks like another
NAMES = {Return: "return", Claim: "claim", Exchange: "exchange", MoneyBack: "money", Withdrawal: "withdrawal"}
SHOPPER, SHOP = Actor(Origin.ACCOUNT), Actor(Origin.SHOP)
MORE_DAYS = 2  # on the slowest day of the way out: shoppers' parcels go through counters


class ReturnRefused(ValueError):
    """Not possible as asked; holds every reason at once, each with the field it is about."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.text}" for one in refusals))
        self.refusals = refusals


def refuse(field: str, code: str, text: str) -> ReturnRefused:
    """One refusal on its own."""
    return ReturnRefused([Refusal(field, code, text)])


def calendar() -> Calendar:
    """The merchant's, in one query."""
    here = setting()
    return Calendar(here.country, here.zone, here.pace.works_saturday, here.pace.transit_days_max + MORE_DAYS)


def held_order(order_id: int) -> Order:
    """Everybody who changes a case holds its order first."""
    order: Order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    return order


def held_return(case: Return) -> Return:
    """The return as it is now, its order held."""
    order = held_order(case.order_id)
    row: Return = Return.objects.get(pk=case.pk)
    row.order = order
    return row


def held_claim(claim: Claim) -> Claim:
    """The claim as it is now, its order held."""
    order = held_order(claim.order_id)
    row: Claim = Claim.objects.get(pk=claim.pk)
    row.order = order
    return row


def new_number(letter: str) -> str:
    """Readable aloud, and nobody finds the next one: R-7K3F-9Q2M. 39 bits, and unique by constraint."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letter}-{drawn[:4]}-{drawn[4:]}"


def clean(text: str, most: int) -> str:
    """Free text as the database takes it."""
    return text.replace("\0", "").strip()[:most]


def note(row: Return | Claim, step: Step, at: datetime, by: Actor | None = None, **data: Any) -> None:
    """One line of the case's history; facts only, no personal data."""
    who = by or Actor(Origin.SHOP)
    whose = {"case": row} if isinstance(row, Return) else {"claim": row}
    CaseChange.objects.create(order_id=row.order_id, step=step, at=at, origin=who.origin, user_id=who.user_id, data=data, **whose)


def tell(type: str, row: Return | Claim | Exchange | MoneyBack | Withdrawal, at: datetime, **more: int) -> None:
    """Publish an event; ids only."""
    whose = {"order": row.order_id} if row.order_id is not None else {}
    emit(type=type, payload={NAMES[row.__class__]: row.pk, **whose, **more}, at=at)


def subject_of(row: Return | Claim | Exchange) -> str:
    """What a promised date is about."""
    return f"{NAMES[row.__class__]}:{row.pk}"


def promise(row: Return | Claim | Exchange, kind: PromiseKind, day: date | None, at: datetime) -> None:
    """Keep a date that is told from now on."""
    if day is not None:
        record_promise(order=row.order, subject=subject_of(row), kind=kind, day=day, source="merchant", at=at)


def kept(row: Return | Claim | Exchange, kind: PromiseKind, day: date) -> None:
    """It happened on that day; promises of the kind are kept or broken by it."""
    settle_days(kind=kind, days={(row.order_id, subject_of(row)): day})


def move(case: Return, state: ReturnState, here: Calendar, *names: str) -> None:
    """Take a step, and store the columns named with it. Refuses (CaseClosed) one the life of a return does not know."""
    check_step(case.state, state)
    case.state, case.overdue_at = state, None
    plan(case, here)
    case.save(update_fields=["state", "overdue_at", "check_at", *names])


def plan(case: Return, here: Calendar) -> None:
    """When the clock looks at it next."""
    case.check_at = next_look(
        here,
        Look(
            state=case.state,
            answer_by=case.answer_by,
            hand_over_by=case.hand_over_by,
            inspect_by=case.inspect_by,
            resolved_at=case.resolved_at,
            is_reminded=case.reminded_at is not None,
            is_overdue=case.overdue_at is not None,
        ),
    )


def settle(row: Claim | Exchange | MoneyBack | Withdrawal, state: Case, *names: str) -> None:
    """The same for the other records."""
    check_step(row.state, state)
    row.state = state
    row.save(update_fields=["state", *names])
