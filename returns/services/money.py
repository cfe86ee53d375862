"""Money on its way back. We never move it: the shop is asked once per row, and tells us, or its refund is recognised."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.models import Order, OrderLine, Refund
from orders.types import OrderState, PromiseKind
from returns.models import Claim, MoneyBack, Return, Withdrawal
from returns.rules.dates import bank_by
from returns.rules.states import OPEN_MONEY, OPEN_RETURN, check_step
from returns.selectors.units import money_left, paid_for
from returns.services.book import SHOP, calendar, clean, held_order, kept, note, promise, refuse, settle, tell
from returns.services.settling import settle_whose
from returns.types import Actor, MoneyState, MoneyWay, Step, WithdrawalState


def owe(
    *,
    whose: Return | Claim,
    way: MoneyWay,
    amount: Decimal,
    bonus: Decimal = Decimal(0),
    lines: Mapping[int, int],
    restock: Mapping[int, int] | None = None,
    due_by: date,
    at: datetime,
) -> MoneyBack | None:
    """Write down money of a case and ask the shop for it; the caller holds the order. None when there is nothing to pay.

    Refuses (ReturnRefused) another currency than the order's, and more than is left of what was paid.
    """
    order: Order = whose.order
    if amount <= 0:
        return None
    if whose.currency != order.currency:
        raise refuse("currency", "mismatch", _("The order is in another currency than this case."))
    if amount - bonus > money_left(order=order):
        raise refuse("amount", "more_than_paid", _("That is more than is left of what was paid."))
    mine = {"case": whose} if isinstance(whose, Return) else {"claim": whose}
    stage = 1 + MoneyBack.objects.filter(way=way, **mine).count()
    row = MoneyBack(order=order, way=way, stage=stage, amount=amount, bonus=bonus, currency=order.currency, due_by=due_by, created_at=at)
    if isinstance(whose, Return):
        row.case = whose
    else:
        row.claim = whose
    row.lines = {str(id): units for id, units in lines.items() if units}
    row.restock = {str(id): units for id, units in (restock or {}).items() if units}
    row.save()
    _ask(row, at)
    return row


def _ask(row: MoneyBack, at: datetime) -> None:
    row.asked_at, row.error = at, ""
    settle(row, MoneyState.ASKED, "asked_at", "error")
    _note(row, Step.REFUND_ASKED, at, SHOP)
    tell("returns.money.asked", row, at)


def _note(row: MoneyBack, step: Step, at: datetime, by: Actor, **data: object) -> None:
    whose = row.case or row.claim
    if whose is not None:
        note(whose, step, at, by, money=row.pk, amount=str(row.amount), way=row.way, **data)


def _held(money: MoneyBack) -> MoneyBack:
    order = held_order(money.order_id)
    row: MoneyBack = MoneyBack.objects.select_related("case", "claim", "refund").get(pk=money.pk)
    row.order = order
    return row


def ask_money(*, money: MoneyBack, at: datetime) -> MoneyBack:
    """Ask the shop for it, again after it failed. Asked for before, it stays as it is: one row is one refund.

    Refuses (CaseClosed) what was sent or called off.
    """
    row = _held(money)
    if row.state != MoneyState.ASKED:
        check_step(row.state, MoneyState.ASKED)
        _ask(row, at)
    return row


def money_sent(
    *, money: MoneyBack, external_id: str, at: datetime, refund: Refund | None = None, credit_code: str = "", by: Actor = SHOP
) -> MoneyBack:
    """The shop has sent it. Told twice it was sent once; a refund that is told later is joined to it.

    Refuses (ReturnRefused) another order's refund, a refund that paid for something else and a second one for the same,
    (CaseClosed) what was called off.
    """
    row = _held(money)
    _check_refund(row, clean(external_id, 100), refund)
    if row.state == MoneyState.SENT:
        _join(row, clean(external_id, 100), refund)
        return row
    here = calendar()
    row.sent_at, row.external_id, row.error = at, clean(external_id, 100), ""
    row.refund, row.credit_code = refund, clean(credit_code, 100)
    row.bank_by = bank_by(here, here.day(at)) if row.way == MoneyWay.ORIGINAL else None
    settle(row, MoneyState.SENT, "sent_at", "external_id", "refund", "credit_code", "bank_by", "error")
    _note(row, Step.REFUNDED, at, by, **_difference(row))
    _keep_days(row, here.day(at), at)
    tell("returns.money.sent", row, at, **_whose(row))
    settle_whose(row, at=at, by=by)
    return row


def _check_refund(row: MoneyBack, external_id: str, refund: Refund | None) -> None:
    if refund is not None and refund.order_id != row.order_id:
        raise refuse("refund", "other_order", _("This refund is about another order."))
    others = MoneyBack.objects.filter(order=row.order, way=row.way, state=MoneyState.SENT).exclude(pk=row.pk)
    if external_id and others.filter(external_id=external_id).exists():
        raise refuse("external_id", "taken", _("This refund has paid for something else already."))
    if refund is not None and others.filter(refund=refund).exists():
        raise refuse("refund", "taken", _("This refund has paid for something else already."))


def _difference(row: MoneyBack) -> dict[str, str]:
    """What the shop really sent, where it is not what it was asked for."""
    return {"sent": str(row.refund.amount)} if row.refund is not None and row.refund.amount != row.amount else {}


def _join(row: MoneyBack, external_id: str, refund: Refund | None) -> None:
    if external_id and row.external_id and external_id != row.external_id:
        known = {"known": row.external_id}
        raise refuse("external_id", "twice", _("It was sent as %(known)s already: look in the shop, it may have been paid twice.") % known)
    row.external_id = row.external_id or external_id
    row.refund = row.refund or refund
    row.save(update_fields=["external_id", "refund"])


def _whose(row: MoneyBack) -> dict[str, int]:
    return {name: id for name, id in (("return", row.case_id), ("claim", row.claim_id)) if id is not None}


def _keep_days(row: MoneyBack, today: date, at: datetime) -> None:
    case = row.case
    if case is None:
        return
    case.order = row.order
    if not MoneyBack.objects.filter(case=case, state__in=OPEN_MONEY).exists():
        kept(case, PromiseKind.REFUND_BY, today)
    if row.bank_by is not None:
        case.bank_by = row.bank_by
        case.save(update_fields=["bank_by"])
        promise(case, PromiseKind.BANK_BY, row.bank_by, at)


def money_failed(*, money: MoneyBack, error: str, at: datetime) -> MoneyBack:
    """The shop could not; staff see it, and it can be asked for again. Failed before, it stays so.

    Refuses (CaseClosed) what was sent or called off.
    """
    row = _held(money)
    if row.state == MoneyState.FAILED:
        return row
    row.error = clean(error, 300)
    settle(row, MoneyState.FAILED, "error")
    _note(row, Step.REFUND_FAILED, at, SHOP)
    tell("returns.money.failed", row, at, **_whose(row))
    return row


def pay_by_hand(*, money: MoneyBack, external_id: str, at: datetime, by: Actor, credit_code: str = "") -> MoneyBack:
    """Staff have sent it themselves, in the shop's own desk. Refuses as `money_sent` does."""
    return money_sent(money=money, external_id=external_id, at=at, credit_code=credit_code, by=by)


def drop_money(*, money: MoneyBack, at: datetime, by: Actor) -> MoneyBack:
    """It is not to be sent any more, as when staff paid it some other way. Refuses (CaseClosed) while the shop may be sending it."""
    row = _held(money)
    if row.state == MoneyState.CANCELLED:
        return row
    settle(row, MoneyState.CANCELLED)
    _note(row, Step.CANCELLED, at, by)
    settle_whose(row, at=at, by=by)
    return row


def match_refund(*, refund_id: int, at: datetime) -> MoneyBack | None:
    """Recognise a refund the shop told: by its id, else by the amount and lines of exactly one row the shop was asked for.

    None for a refund nobody here asked for: it changes nothing of ours and is written down where a return is open.
    """
    refund: Refund = Refund.objects.get(pk=refund_id)
    order = held_order(refund.order_id)
    joined: MoneyBack | None = MoneyBack.objects.filter(refund=refund).first()
    if joined is not None:
        return joined
    rows = list(MoneyBack.objects.filter(order=order, refund=None).order_by("pk"))
    found = _by_id(rows, refund) or _by_amount(rows, refund, order)
    if found is None:
        _unasked(order, refund, at)
        return None
    return money_sent(money=found, external_id=refund.external_id, at=at, refund=refund)


def _by_id(rows: list[MoneyBack], refund: Refund) -> MoneyBack | None:
    named = [row for row in rows if row.external_id == refund.external_id and row.state != MoneyState.CANCELLED]
    return next((row for row in named if row.way == MoneyWay.ORIGINAL), None)


def _by_amount(rows: list[MoneyBack], refund: Refund, order: Order) -> MoneyBack | None:
    """One that was sent by hand without an id is recognised in the same way."""
    waiting = [row for row in rows if row.state in (MoneyState.ASKED, MoneyState.FAILED) or _is_nameless(row)]
    alike = [row for row in waiting if row.way == MoneyWay.ORIGINAL and row.amount == refund.amount]
    if refund.lines:
        ids = dict(OrderLine.objects.filter(order=order).values_list("external_id", "pk"))
        told = {str(ids.get(external, external)): units for external, units in refund.lines.items()}
        alike = [row for row in alike if not row.lines or row.lines == told]
    return alike[0] if len(alike) == 1 else None


def _is_nameless(row: MoneyBack) -> bool:
    return row.state == MoneyState.SENT and not row.external_id


def _unasked(order: Order, refund: Refund, at: datetime) -> None:
    case = Return.objects.filter(order=order, state__in=OPEN_RETURN).order_by("-requested_at", "-pk").first()
    if case is not None and refund.amount:  # one over nothing only puts goods on the shelf
        note(case, Step.REFUNDED, at, SHOP, refund=refund.pk, amount=str(refund.amount), unasked=True)
    if order.state == OrderState.CANCELLED and order.refunded_total >= paid_for(order):
        for row in Withdrawal.objects.filter(order=order, case=None, state=WithdrawalState.MATCHED):
            row.settled_at = at
            settle(row, WithdrawalState.SETTLED, "settled_at")


def mark_overdue(money: MoneyBack, *, at: datetime) -> bool:
    """The promised day has passed and it is not sent: staff are told once. The caller holds the order."""
    whose = money.case or money.claim
    if money.state not in OPEN_MONEY or whose is None or whose.overdue_at is not None:
        return False
    whose.overdue_at = at
    whose.save(update_fields=["overdue_at"])
    tell("returns.money.overdue", money, at, **_whose(money))
    return True
