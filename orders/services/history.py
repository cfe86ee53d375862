"""Past orders taken over from a file: one transaction per chunk, a savepoint per order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from orders.importing import Entry, Home, Past, parse_entry
from orders.models import Order, OrderLine
from orders.rules import OrderRefused
from orders.services.lifecycle import note_fulfilled
from orders.services.record import record_order
from orders.types import Fulfilment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: "new", "changed", "same", "older" or "refused" with row, field and reason."""

    result: str
    row: int
    number: str = ""
    field: str = ""
    message: str = ""


def import_entries(*, entries: Sequence[Entry], home: Home, at: datetime, quiet: bool = True) -> list[Outcome]:
    """Record the entries in the current merchant's scope. A refused one is reported and disturbs no other."""
    return [_import(entry, home, at, quiet) for entry in entries]


def _import(entry: Entry, home: Home, at: datetime, quiet: bool) -> Outcome:
    if entry.problem:
        return Outcome("refused", entry.rows[0], entry.number, message=entry.problem)
    try:
        past = parse_entry(entry, home)
        with transaction.atomic():
            return Outcome(_record(past, at, quiet), entry.rows[0], entry.number)
    except OrderRefused as refusal:
        return Outcome("refused", entry.row_of(refusal.field), entry.number, refusal.field, refusal.message)
    except (DataError, IntegrityError) as error:
        return Outcome("refused", entry.rows[0], entry.number, message=str(error).splitlines()[0][:200])


def _record(past: Past, at: datetime, quiet: bool) -> str:
    recorded = record_order(incoming=past.order, at=at, quiet=quiet)
    if recorded.is_stale:
        return "older"
    # Quiet and new: nothing was promised, and nobody can have asked for anything.
    sent = past.fulfilled_at is not None and _mark_sent(recorded.order, past.fulfilled_at, is_bare=recorded.is_new and quiet)
    if recorded.is_new:
        return "new"
    return "changed" if recorded.changes or sent else "same"


def _mark_sent(order: Order, fulfilled_at: datetime, *, is_bare: bool) -> bool:
    if order.fulfilment == Fulfilment.FULFILLED:
        return False
    rows = OrderLine.objects.filter(order=order, requires_shipping=True).values_list("pk", "quantity", "quantity_removed")
    quantities = {id: quantity - removed for id, quantity, removed in rows}
    note_fulfilled(order=order, quantities=quantities, at=fulfilled_at, is_held=True, is_bare=is_bare)
    return True
