"""What is held about people, told by the rooms that hold it: what the privacy page shows, an export collects and an erasure removes.

A room's `privacy.py` registers its holdings when it is imported. Rooms are imported from the lowest floor up, so the reverse order
erases the rooms that find their rows through others before those others, and the account itself last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from customers.types import Subject

Text = str | Promise
Record = dict[str, Any]  # plain values, as the export shows them


def records(rows: QuerySet[Any], *columns: str) -> list[Record]:
    """The rows' columns as an export shows them."""
    return [dict(row) for row in rows.values(*columns)]


def _no_records(subject: Subject) -> list[Record]:
    return []


def _no_hold(subject: Subject, now: datetime) -> list[str]:
    return []


def _no_addresses(customer_id: int) -> set[str]:
    return set()


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing held: why, how long, in which columns, and how to show, hand out and remove it."""

    key: str
    title: Text
    purpose: Text
    basis: Text
    kept: Text
    personal: Mapping[str, tuple[str, ...]]  # model label -> columns that can hold personal data
    erase: Callable[[Subject, datetime], int]  # how many rows were changed or deleted; doing it again finds nothing
    collect: Callable[[Subject], Sequence[Record]] = _no_records
    rows: Callable[[Subject], QuerySet[Any]] | None = None  # what the privacy page counts; None: nothing that can be counted
    addresses: Callable[[int], set[str]] = _no_addresses  # customer id -> e-mail addresses and numbers known besides the account's
    holds: Callable[[Subject, datetime], list[str]] = field(default=_no_hold)  # why an erasure has to wait, in words for the shopper


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> Holding:
    """Make a holding known. Refuses (ValueError) a second one of the same key."""
    if holding.key in _holdings:
        raise ValueError(f"{holding.key} is registered already")
    _holdings[holding.key] = holding
    return holding


def holdings() -> list[Holding]:
    """All of them, the account first."""
    return list(_holdings.values())
