"""The merchant scope: one ContextVar for the ORM, one `SET LOCAL` for row-level security.

A scope is a transaction. It is entered once, at the edge (request, task, handler), kept short and never held round a
network call. `across_merchants` is the only other door: it takes on the `relay` role, which may read and write the
queue and directory tables of all merchants and nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

_current: ContextVar[int | None] = ContextVar("merchant", default=None)


class NoMerchant(RuntimeError):
    """A merchant-owned table was used outside any merchant's scope, or a scope was opened inside another's."""


def current_merchant_id() -> int | None:
    """The merchant of the running scope, None outside."""
    return _current.get()


def required_merchant_id() -> int:
    """The merchant of the running scope. Raises NoMerchant outside. Default of every merchant-owned row."""
    merchant_id = _current.get()
    if merchant_id is None:
        raise NoMerchant("no merchant scope is open")
    return merchant_id


TELL = "select set_config('app.merchant_id', %s, true)"


def _tell_database(merchant_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TELL, [str(merchant_id or "")])


@contextmanager
def merchant_scope(merchant_id: int) -> Iterator[None]:
    """Open a transaction that sees one merchant's rows. Refuses (NoMerchant) to switch merchants when nested."""
    outer = _current.get()
    if outer not in (None, merchant_id):
        raise NoMerchant(f"scope of merchant {merchant_id} opened inside {outer}")
    token = _current.set(merchant_id)
    try:
        with transaction.atomic():
            _tell_database(merchant_id)
            yield
    finally:
        _current.reset(token)
        # Inside an outer transaction SET LOCAL outlives the savepoint: put the outer value back.
        if connection.in_atomic_block and not connection.needs_rollback:
            _tell_database(outer)


def one_statement(merchant_id: int, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one SQL statement in the scope of a merchant, in one round trip and in a transaction of its own.

    For doors where a scope's three round trips are most of the work. The ORM stays outside: it knows of no merchant. Refused
    (NoMerchant) inside another merchant's scope.
    """
    outer = _current.get()
    if outer not in (None, merchant_id):
        raise NoMerchant(f"a statement of merchant {merchant_id} inside the scope of {outer}")
    with connection.cursor() as cursor:
        cursor.execute(f"{TELL}; {statement}", [str(merchant_id), *values])
        rows = cursor.fetchall() if cursor.description else []
    if connection.in_atomic_block:  # where it failed, the rollback puts the outer value back
        _tell_database(outer)
    return rows


@contextmanager
def across_merchants() -> Iterator[None]:
    """Take on the `relay` role for one short transaction: queue and directory tables of all merchants.

    Refused (NoMerchant) inside a merchant's scope, so that no handler can look over the wall.
    """
    if _current.get() is not None:
        raise NoMerchant("across_merchants was called inside a merchant's scope")
    is_nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local role relay")
        yield
        if is_nested:  # else the end of the transaction takes the role away
            with connection.cursor() as cursor:
                cursor.execute("set local role none")
