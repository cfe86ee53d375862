"""What happens by time alone: reminders, ends, days that have passed. Once each; what came true meanwhile is left alone."""

from collections.abc import Callable
from datetime import date, datetime

from returns.models import Claim, Exchange, MoneyBack, Return, Withdrawal
from returns.rules.dates import REMINDER, SCAN_LAG, Calendar
from returns.rules.states import COMING, OPEN_MONEY
from returns.services.book import calendar, held_claim, held_order, held_return, plan, tell
from returns.services.deciding import expire_held
from returns.services.exchanges import release_exchange
from returns.services.inspecting import close_return
from returns.services.money import mark_overdue
from returns.types import ClaimState, ExchangeState, ReturnState, WithdrawalState

R, C, W = ReturnState, ClaimState, WithdrawalState
ANSWER_OWED, SETTLING = (C.OPEN,), (C.APPROVED, C.REPAIRING)
GOODS_AWAITED = (R.REQUESTED, R.INFO_NEEDED, R.APPROVED, R.LABELLED)
Piece = tuple[int, int, Callable[[int, datetime, Calendar], bool]]


def sweep_returns(*, now: datetime, limit: int = 100) -> int:
    """Look at what is due, at most `limit` of each kind; returns how many changed.

    In the order of their orders' ids, as everybody holds them, so that two who hold several never wait for each other in a ring.
    """
    here = calendar()
    pieces = [*_returns(now, limit), *_exchanges(now, limit), *_moneys(here.day(now), limit), *_claims(here.day(now), limit)]
    pieces += [*_late_exchanges(here.day(now), limit), *_withdrawals(here.day(now), limit)]
    pieces.sort(key=lambda piece: piece[:2])
    return sum(look(id, now, here) for _order, id, look in pieces)


def _returns(now: datetime, limit: int) -> list[Piece]:
    rows = Return.objects.filter(check_at__lte=now).order_by("check_at", "pk").values_list("order_id", "pk")[:limit]
    return [(order, id, _look_at_return) for order, id in rows]


def _exchanges(now: datetime, limit: int) -> list[Piece]:
    rows = Exchange.objects.filter(state=ExchangeState.RESERVED, reserved_until__lte=now).order_by("reserved_until", "pk")
    return [(order, id, _look_at_exchange) for order, id in rows.values_list("order_id", "pk")[:limit]]


def _late_exchanges(today: date, limit: int) -> list[Piece]:
    """Ordered, promised for a day that has passed, and not there."""
    rows = Exchange.objects.filter(state__in=COMING, arrive_by__lt=today, line__case__overdue_at=None, claim__overdue_at=None)
    return [(order, id, _look_at_late_exchange) for order, id in rows.order_by("arrive_by", "pk").values_list("order_id", "pk")[:limit]]


def _moneys(today: date, limit: int) -> list[Piece]:
    rows = MoneyBack.objects.filter(state__in=OPEN_MONEY, due_by__lt=today, case__overdue_at=None, claim__overdue_at=None)
    return [(order, id, _look_at_money) for order, id in rows.order_by("due_by", "pk").values_list("order_id", "pk")[:limit]]


def _claims(today: date, limit: int) -> list[Piece]:
    unanswered = Claim.objects.filter(state__in=ANSWER_OWED, answer_by__lt=today, overdue_at=None)
    unsettled = Claim.objects.filter(state__in=SETTLING, settle_by__lt=today, overdue_at=None, case=None)
    found: list[Piece] = []
    for rows in (unanswered.order_by("answer_by", "pk"), unsettled.order_by("settle_by", "pk")):
        found += [(order, id, _look_at_claim) for order, id in rows.values_list("order_id", "pk")[:limit]]
    return found


def _withdrawals(today: date, limit: int) -> list[Piece]:
    """The money may wait for the goods, or for proof that they were sent; not a day longer."""
    rows = Withdrawal.objects.filter(state__in=[W.DECLARED, W.MATCHED], refund_by__lt=today, overdue_at=None)
    rows = rows.exclude(case__state__in=GOODS_AWAITED)
    return [(order or 0, id, _look_at_withdrawal) for order, id in rows.order_by("refund_by", "pk").values_list("order_id", "pk")[:limit]]


def _look_at_return(id: int, now: datetime, here: Calendar) -> bool:
    case = held_return(Return.objects.get(pk=id))
    if case.check_at is None or case.check_at > now:
        return False
    if case.state in (R.APPROVED, R.LABELLED) and case.hand_over_by is not None:
        return _remind_or_end(case, now, here)
    if case.state == R.RESOLVED:
        close_return(case=case, at=now)
        return True
    case.overdue_at = case.overdue_at or now
    plan(case, here)
    case.save(update_fields=["overdue_at", "check_at"])
    return True


def _remind_or_end(case: Return, now: datetime, here: Calendar) -> bool:
    """A reminder once, while there is time; the end when a parcel handed over in time would have been scanned."""
    assert case.hand_over_by is not None
    if now >= here.end_of(case.hand_over_by + SCAN_LAG):
        expire_held(case, here, now)
        return True
    is_due = case.reminded_at is None and now >= here.morning_of(case.hand_over_by - REMINDER)
    is_told = is_due and now < here.end_of(case.hand_over_by)
    if is_due:
        case.reminded_at = now
    plan(case, here)
    case.save(update_fields=["reminded_at", "check_at"])
    if is_told:
        tell("returns.return.reminder_due", case, now)
    return is_due


def _look_at_exchange(id: int, now: datetime, here: Calendar) -> bool:
    row: Exchange = Exchange.objects.get(pk=id)
    held_order(row.order_id)
    row.refresh_from_db()
    if row.state != ExchangeState.RESERVED or row.reserved_until is None or row.reserved_until > now:
        return False
    release_exchange(exchange=row, at=now)
    return True


def _look_at_late_exchange(id: int, now: datetime, here: Calendar) -> bool:
    row: Exchange = Exchange.objects.get(pk=id)
    held_order(row.order_id)
    row = Exchange.objects.select_related("line__case", "claim").get(pk=id)
    whose = row.claim or (row.line.case if row.line is not None else None)
    is_late = row.state in COMING and row.arrive_by is not None and row.arrive_by < here.day(now)
    if whose is None or whose.overdue_at is not None or not is_late:
        return False
    whose.overdue_at = now
    whose.save(update_fields=["overdue_at"])
    tell("returns.exchange.overdue", row, now)
    return True


def _look_at_money(id: int, now: datetime, here: Calendar) -> bool:
    row: MoneyBack = MoneyBack.objects.get(pk=id)
    held_order(row.order_id)
    row = MoneyBack.objects.select_related("case", "claim").get(pk=id)
    return mark_overdue(row, at=now)


def _look_at_claim(id: int, now: datetime, here: Calendar) -> bool:
    claim, today = held_claim(Claim.objects.get(pk=id)), here.day(now)
    is_late = (claim.state in ANSWER_OWED and claim.answer_by < today) or (
        claim.state in SETTLING and claim.settle_by is not None and claim.settle_by < today
    )
    if claim.overdue_at is not None or not is_late:
        return False
    claim.overdue_at = now
    claim.save(update_fields=["overdue_at"])
    return True


def _look_at_withdrawal(id: int, now: datetime, here: Calendar) -> bool:
    row: Withdrawal = Withdrawal.objects.get(pk=id)
    if row.overdue_at is not None:
        return False
    row.overdue_at = now
    row.save(update_fields=["overdue_at"])
    return True
