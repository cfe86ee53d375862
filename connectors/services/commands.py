"""What a return asks of the shop, written down: one row per refund, credit, replacement and label, whatever is told how often."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from connectors.doers import DOERS, LABELS, OWN
from connectors.models import Command, Connection
from connectors.selectors import is_wanted
from connectors.types import CommandKind
from events import doorbell
from events.models import Work
from merchants.audit import record
from merchants.types import Deed
from orders.models import Order
from returns.models import Exchange, MoneyBack, Return
from returns.selectors.policy import places
from returns.services import CaseClosed, ask_exchange, ask_label, ask_money, label_failed, label_made
from returns.services.book import SHOP
from returns.types import Label, MoneyWay, Way

INSTRUCTIONS = "own"  # of a place without a label maker: the merchant's own words are all there is


def ask_for_money(*, money_id: int, at: datetime) -> Command | None:
    """Ask the shop to send it, at most once. None when no connection can: staff send it by hand. Raises MoneyBack.DoesNotExist."""
    row: MoneyBack = MoneyBack.objects.select_related("order").get(pk=money_id)
    kind = CommandKind.CREDIT if row.way == MoneyWay.CREDIT else CommandKind.REFUND
    return _ask(kind, row, _doer(row.order, kind), at)


def ask_for_exchange(*, exchange_id: int, at: datetime) -> Command | None:
    """Ask the shop for the new order, at most once. None when no connection can."""
    row: Exchange = Exchange.objects.select_related("order").get(pk=exchange_id)
    return _ask(CommandKind.EXCHANGE, row, _doer(row.order, CommandKind.EXCHANGE), at)


def ask_for_label(*, return_id: int, at: datetime) -> Command | None:
    """Ask the label maker of the return's place. The merchant's own instructions need none; a maker nobody connected fails."""
    row: Return = Return.objects.select_related("order").get(pk=return_id)
    if row.label_provider == INSTRUCTIONS:
        label_made(case=row, label=Label(way=Way.OWN, instructions=row.instructions, provider=INSTRUCTIONS), at=at)
        return None
    maker = _maker(row)
    if maker is None:
        if is_wanted(CommandKind.LABEL, row):
            label_failed(case=row, error=_("No connection can make this label. Connect one, or send your own."), at=at)
        return None
    return _ask(CommandKind.LABEL, row, maker, at)


def ask_for_restock(*, return_id: int, at: datetime) -> Command | None:
    """Ask the shop to put back what was accepted and no money tells it of, at most once. None when nothing is left or no connection can."""
    row: Return = Return.objects.select_related("order").get(pk=return_id)
    asked: Command | None = Command.objects.filter(kind=CommandKind.RESTOCK, key=row.public_id).first()
    return asked or _ask(CommandKind.RESTOCK, row, _doer(row.order, CommandKind.RESTOCK), at)


def rerun_command(*, command_id: int, at: datetime) -> bool:
    """Ask again for what was given up. False when it is not. It is looked for at the other side first."""
    row: Command | None = Command.objects.select_for_update().filter(pk=command_id, state=Work.DEAD).first()
    if row is None:
        return False
    _revive(row)
    with suppress(CaseClosed):  # asked for still, or not wanted any more: the next look tells
        _reopen(row, at)
    record(Deed.RUN_AGAIN, row)
    return True


def _reopen(row: Command, at: datetime) -> None:
    """Let the case wait for the shop again."""
    if row.kind == CommandKind.LABEL:
        ask_label(case=Return.objects.get(pk=row.subject), at=at, by=SHOP)
    elif row.kind == CommandKind.EXCHANGE:
        ask_exchange(exchange=Exchange.objects.get(pk=row.subject), at=at)
    elif row.kind != CommandKind.RESTOCK:  # no step of the case waits for that
        ask_money(money=MoneyBack.objects.get(pk=row.subject), at=at)


def _doer(order: Order, kind: CommandKind) -> Connection | None:
    """The order's own shop when it can be called; else the merchant's own program."""
    rows = list(Connection.objects.filter(is_active=True).order_by("pk"))
    able = [row for row in rows if kind in DOERS.get(row.connector, {}) and _can_be_called(row)]
    shop = next((row for row in able if row.slug == order.source), None)
    return shop or next((row for row in able if row.connector == OWN), None)


def _maker(case: Return) -> Connection | None:
    """The connection the place names, else the first to its label maker."""
    if case.label_provider not in LABELS:
        return None
    named = next((place.connection for place in places() if place.key == case.place.get("key")), "")
    rows = Connection.objects.filter(is_active=True, connector=case.label_provider).exclude(api_key="").order_by("pk")
    return next((row for row in rows if row.slug == named), None) if named else rows.first()


def _can_be_called(row: Connection) -> bool:
    return bool(row.account) and bool(row.api_key or row.connector == OWN)


def _ask(kind: CommandKind, subject: MoneyBack | Exchange | Return, connection: Connection | None, at: datetime) -> Command | None:
    """The row; one that was refused is asked anew once the case asks anew."""
    if connection is None or not is_wanted(kind, subject):
        return None
    row, is_new = Command.objects.get_or_create(
        kind=kind,
        key=subject.public_id,
        defaults={
            "connection": connection, "order_id": subject.order_id, "subject": subject.pk, "created_at": at, "due_at": Now(),
        },
    )  # fmt: skip
    held: Command = Command.objects.select_for_update().get(pk=row.pk)
    if held.state in (Work.DONE, Work.DEAD) and not held.external_id:
        held.connection = connection
        _revive(held)
    elif is_new:
        _ring()
    return held


def _revive(row: Command) -> None:
    """What was refused is a new question to the shop; what may have been done is still the same one."""
    Command.objects.filter(pk=row.pk).update(
        connection=row.connection_id, state=Work.READY, due_at=Now(), attempts=0, crashes=0, last_error="", outcome="", finished_at=None,
        round=F("round") + 1 if row.state == Work.DONE else F("round"),
    )  # fmt: skip
    _ring()


def _ring() -> None:
    transaction.on_commit(lambda: doorbell.ring("commands"))
