"""Guards that say out loud what must and what must not run inside a transaction."""

from typing import Any

from django.db import connection


def in_real_transaction() -> bool:
    """True inside an atomic block that was not opened by a test case."""
    blocks: list[Any] = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)


def require_transaction(what: str) -> None:
    """Refuses (RuntimeError) to go on outside `transaction.atomic()`."""
    if not in_real_transaction():
        raise RuntimeError(f"{what} must run inside transaction.atomic()")


def forbid_transaction(what: str) -> None:
    """Refuses (RuntimeError) network calls while a transaction holds a connection and its locks."""
    if in_real_transaction():
        raise RuntimeError(f"{what} must not run inside transaction.atomic()")
