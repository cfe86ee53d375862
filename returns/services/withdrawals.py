"""Withdrawal from a contract (Directive 2011/83): the statement is kept word for word and acknowledged at once; what follows is ours."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from merchants.models import Merchant
from merchants.scope import required_merchant_id
from merchants.selectors import current_merchant
from orders.models import Order, OrderLine
from orders.services import AlreadyAsked, RequestsClosed, request_cancel
from orders.types import Fulfilment, OrderState
from returns.models import Withdrawal
from returns.rules.dates import BY_LAW, Calendar, withdrawal_until
from returns.rules.withdrawals import is_in_time, receipt_of
from returns.selectors.policy import delivered_on, dossier_of, place_for, ways_of
from returns.selectors.units import units_left
from returns.services.book import ReturnRefused, calendar, clean, held_order, refuse, settle, tell
from returns.services.requesting import open_return
from returns.services.turning import turn_returns
from returns.types import Actor, Origin, Outcome, Refusal, Way, Wish, WithdrawalState
from tracking.models import Shipment
from tracking.types import ShipmentStatus

MOST_LINES = 300
CLASS = 0x77697468  # of the advisory lock: one transaction at a time takes down statements about an order number
TWICE = timedelta(minutes=10)
W = WithdrawalState
WAYS = (Way.OWN, Way.LABEL, Way.CODE, Way.STORE, Way.PICKUP)
NO_REASON = "rather_not_say"


def declare_withdrawal(
    *,
    order: Order | None,
    name: str,
    order_number: str,
    email: str,
    scope: str,
    lines: Mapping[str, int],
    language: str,
    at: datetime,
) -> Withdrawal:
    """Take down the statement and write its receipt. In time and with its order known, the goods' way back opens at once.

    A late one is taken down all the same: staff decide. No reason is asked. Refuses (ReturnRefused) only what would leave nobody
    to answer to: no name, no order number, no address; and pieces of another order, or more than were bought. The very same
    statement within ten minutes, as of a button pressed twice, is the one that was taken down.
    """
    held = held_order(order.pk) if order is not None else None
    _check(held, name, order_number, email, lines)
    here, house = calendar(), current_merchant()
    row = Withdrawal(order=held, name=clean(name, 160), order_number=clean(order_number, 60), email=clean(email, 254))
    row.scope, row.lines, row.language, row.declared_at = clean(scope, 1_000), dict(lines), language, at
    if said := _said_before(row):
        return said
    row.refund_by = here.day(at) + BY_LAW
    _count(row, here)
    row.receipt = _receipt(row, house, here)
    row.save()
    tell("returns.withdrawal.declared", row, at)
    if held is not None:
        _match(row, here, at)
    return row


def _said_before(row: Withdrawal) -> Withdrawal | None:
    """The same words just now; whoever says them at the same moment waits here for the other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [CLASS, f"{required_merchant_id()}|{row.order_number}"])
    alike = Withdrawal.objects.filter(order=row.order, order_number=row.order_number, email=row.email, name=row.name, scope=row.scope)
    said: Withdrawal | None = alike.filter(lines=row.lines, declared_at__gt=row.declared_at - TWICE).order_by("pk").last()
    return said


def _check(order: Order | None, name: str, order_number: str, email: str, lines: Mapping[str, int]) -> None:
    refusals = []
    for field, value, text in (
        ("name", name, _("Enter your name.")),
        ("order_number", order_number, _("Enter the number of your order.")),
        ("email", email, _("Enter the e-mail address the receipt is sent to.")),
    ):
        if not clean(value, 254):
            refusals.append(Refusal(field, "needed", text))
    known = {row.public_id: row for row in OrderLine.objects.filter(order=order)} if order is not None and lines else {}
    if len(lines) > MOST_LINES:
        refusals.append(Refusal("lines", "too_many", _("So many products are in no order.")))
    for id, units in lines.items() if order is not None else ():
        line = known.get(id)
        if line is None:
            refusals.append(Refusal(f"lines.{id}", "unknown", _("This product is not part of the order.")))
        elif not 1 <= units <= line.quantity:
            refusals.append(Refusal(f"lines.{id}", "too_many", _("%(most)s were bought.") % {"most": line.quantity}))
    if refusals:
        raise ReturnRefused(refusals)


def _count(row: Withdrawal, here: Calendar) -> None:
    """From the day the last parcel came; nobody knows it while anything is to come or a parcel was not followed."""
    order = row.order
    came = None if order is None else _came_on(order, here)
    row.counted_from, row.until = came, withdrawal_until(here.country, came) if came is not None else None


def _came_on(order: Order, here: Calendar) -> date | None:
    parcels = list(Shipment.objects.filter(order=order).exclude(status=ShipmentStatus.CANCELLED))
    return delivered_on(order, parcels, here.zone)


def _receipt(row: Withdrawal, house: Merchant, here: Calendar) -> str:
    rows = OrderLine.objects.filter(order=row.order, public_id__in=list(row.lines)).order_by("position", "pk") if row.order else ()
    pieces = [(row.lines[line.public_id], _title(line)) for line in rows]
    with translation.override(row.language):
        return receipt_of(
            shop=house.name,
            name=row.name,
            order_number=row.order_number,
            email=row.email,
            scope=row.scope,
            pieces=pieces,
            declared_at=row.declared_at,
            zone=here.zone,
            language=row.language,
            refund_by=row.refund_by,
        )


def _title(line: OrderLine) -> str:
    return f"{line.title}, {line.variant_title}" if line.variant_title else line.title


def _held(withdrawal: Withdrawal, order: Order | None = None) -> Withdrawal:
    named = order.pk if order is not None else withdrawal.order_id
    held = held_order(named) if named is not None else None
    row: Withdrawal = Withdrawal.objects.select_for_update(no_key=True).get(pk=withdrawal.pk)
    if row.order_id is not None and held is not None and row.order_id == held.pk:
        row.order = held
    return row


def match_withdrawal(
    *, withdrawal: Withdrawal, order: Order, at: datetime, by: Actor, lines: Mapping[str, int] | None = None
) -> Withdrawal:
    """Staff say which order it is about. In time, the way back opens at once, counted from the statement, not from today.

    A part that was named in words only opens nothing by itself: `lines` are what staff read out of them. Matched with it before, it
    stays so. Refuses (ReturnRefused) once it is with another order, and lines of none; (CaseClosed) once it was decided.
    """
    row = _held(withdrawal, order)
    if row.order_id == order.pk and row.state == W.MATCHED and not (lines and row.case_id is None):
        return row
    if row.order_id is not None and row.order_id != order.pk:
        raise refuse("order", "taken", _("It is with another order already."))
    row.order = row.order if row.order_id == order.pk else held_order(order.pk)
    row.lines = {id: units for id, units in row.lines.items() if OrderLine.objects.filter(order=order, public_id=id).exists()}
    _read(row, lines)
    here = calendar()
    _count(row, here)
    row.save(update_fields=["order", "lines", "counted_from", "until"])
    if row.state == W.MATCHED:
        _open_in_time(row, here, at)
    else:
        _match(row, here, at)
    return row


def _read(row: Withdrawal, lines: Mapping[str, int] | None) -> None:
    """What staff read out of the shopper's words."""
    if lines:
        _check(row.order, row.name, row.order_number, row.email, lines)
        row.lines = dict(lines)


def _match(row: Withdrawal, here: Calendar, at: datetime) -> None:
    settle(row, W.MATCHED)
    tell("returns.withdrawal.matched", row, at)
    _open_in_time(row, here, at)


def _open_in_time(row: Withdrawal, here: Calendar, at: datetime) -> None:
    if not _is_in_words(row) and is_in_time(declared_on=here.day(row.declared_at), until=row.until):
        _open(row, at)


def _is_in_words(row: Withdrawal) -> bool:
    """A part of the contract nobody has read the products of yet."""
    return bool(row.scope) and not row.lines


def accept_withdrawal(*, withdrawal: Withdrawal, at: datetime, by: Actor, lines: Mapping[str, int] | None = None) -> Withdrawal:
    """Staff let it count: a late one, or a part in words with the `lines` they read out of them. Open, it stays as it is.

    Refuses (ReturnRefused) before it is with its order, words nobody has read the products of, and lines of another order.
    """
    row = _held(withdrawal)
    if row.order is not None and row.case_id is None:
        _read(row, lines)
        if _is_in_words(row):
            raise refuse("lines", "needed", _("Say which products are meant."))
        row.save(update_fields=["lines"])
    if row.state == W.UNFOUNDED:
        row.reason = ""
        settle(row, W.MATCHED, "reason")
    elif row.state != W.MATCHED or row.order is None:
        raise refuse("order", "unknown", _("Say first which order it is about."))
    if row.case_id is None:
        _open(row, at)
    return row


def _open(row: Withdrawal, at: datetime) -> None:
    """The goods' way back, with everything that was named and has not gone back; what was not sent yet is not sent any more.

    What is on its way back as a favour of the shop's counts as withdrawn from now on.
    """
    order = row.order
    assert order is not None
    if order.state == OrderState.CANCELLED:
        return
    lines = list(OrderLine.objects.filter(order=order).order_by("position", "pk"))
    left = units_left(lines=lines)
    wanted = {line: min(left[line.pk], row.lines.get(line.public_id, 0) if row.lines else left[line.pk]) for line in lines}
    if order.fulfilment == Fulfilment.UNFULFILLED and not _is_under_way(order):
        _stop(order, row, at)
        return
    named = {line.pk for line in lines if not row.lines or line.public_id in row.lines}
    turned = turn_returns(withdrawal=row, order=order, line_ids=named, at=at)
    wishes = [Wish(line.public_id, units, NO_REASON, Outcome.REFUND) for line, units in wanted.items() if units]
    if wishes:
        facts = _facts(row, order, calendar())
        who = Actor(Origin.SHOP)
        turned = open_return(order=order, wishes=wishes, way=_way(order), at=at, by=who, declared_at=row.declared_at, facts=facts)
    if turned is not None:
        row.case = turned
        row.save(update_fields=["case"])


def _is_under_way(order: Order) -> bool:
    return bool(Shipment.objects.filter(order=order, shipped_at__isnull=False).exists())


def _stop(order: Order, row: Withdrawal, at: datetime) -> None:
    """Nothing has been sent: the whole contract is called off at the shop; a part of it is for staff."""
    if row.lines:
        return
    try:
        request_cancel(order=order, at=at)
    except (RequestsClosed, AlreadyAsked):
        return


def _way(order: Order) -> Way:
    offered = ways_of(place_for(str((order.shipping_address or {}).get("country") or "")))
    return next((way for way in WAYS if way in offered), Way.OWN)


def _facts(row: Withdrawal, order: Order, here: Calendar) -> dict[str, Any]:
    """What the law says about exceptions is a hint for staff, written into the history; nothing is decided by it."""
    exempt = sorted(dossier_of(order=order, today=here.day(row.declared_at)).exempt())
    return {"withdrawal": row.pk, "declared": row.declared_at.isoformat(), **({"exempt": exempt} if exempt else {})}


def withdrawal_unfounded(*, withdrawal: Withdrawal, reason: str, at: datetime, by: Actor) -> Withdrawal:
    """Staff say why it has no effect: too late, or the law makes an exception.

    Said before, it stays as it is. Refuses (ReturnRefused) no reason and one whose goods are on their way back, (CaseClosed) once
    the money was sent.
    """
    row, words = _held(withdrawal), clean(reason, 300)
    if row.state == W.UNFOUNDED:
        return row
    if not words:
        raise refuse("reason", "needed", _("Say why it has no effect."))
    if row.case_id is not None:
        raise refuse("case", "open", _("Its goods are on their way back. Call that return off first, or check it."))
    row.reason, row.settled_at = words, at
    settle(row, W.UNFOUNDED, "reason", "settled_at")
    tell("returns.withdrawal.unfounded", row, at)
    return row
