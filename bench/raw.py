"""The raw SQL of a page: the statements it made, asked again of the database by psycopg2 alone. Imported once Django runs."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection

from postpurchase.database import with_role

Statement = tuple[str, Any]
READS, ROLE, SCOPE = ("select", "with"), "set local role", "select set_config('app.merchant_id'"


def statements(ask: Callable[[], Any]) -> list[Statement]:
    """What is read while it runs, with what tells the database in whose scope."""
    kept: list[Statement] = []

    def keep(execute: Callable[..., Any], text: str, params: Any, many: bool, context: Any) -> Any:
        if text.lstrip().lower().startswith((*READS, ROLE)):
            kept.append((text, params))
        return execute(text, params, many, context)

    with connection.execute_wrapper(keep):
        ask()
    return kept


class Raw:
    """A connection of its own, as role `app`."""

    def __init__(self) -> None:
        self.wire = psycopg2.connect(with_role(settings.ADMIN_URL, "app", settings.DATABASE_NAME))

    def ask(self, given: Sequence[Statement]) -> float:
        """Milliseconds for all of them in one transaction, every row fetched."""
        began = time.perf_counter()
        with self.wire.cursor() as cursor:
            for text, params in given:
                if text.startswith(SCOPE):
                    cursor.execute("set local role none")  # the door that finds the merchant has closed
                cursor.execute(text, params)
                if cursor.description is not None:
                    cursor.fetchall()
        self.wire.rollback()
        return (time.perf_counter() - began) * 1000
