"""`pytest -p tests.backwards`: rows nobody put in order come newest first.

Postgres may hand them out in any order and mostly does so oldest first; what relies on that breaks one day in a thousand. With
this plugin it breaks at once. CI runs one of its two passes so.
"""

from typing import Any

from django.db.models.sql import compiler

AS_SQL = compiler.SQLCompiler.as_sql
OTHERS = (compiler.SQLUpdateCompiler, compiler.SQLInsertCompiler, compiler.SQLDeleteCompiler, compiler.SQLAggregateCompiler)


def _is_unordered(query: Any) -> bool:
    is_ordered = query.order_by or query.extra_order_by or query.is_sliced
    is_plain = query.group_by is None and not (query.distinct or query.combinator or query.subquery or query.annotations)
    return bool(query.model) and is_plain and not is_ordered


def _as_sql(self: Any, *args: Any, **named: Any) -> Any:
    query = self.query
    if isinstance(self, OTHERS) or not _is_unordered(query):
        return AS_SQL(self, *args, **named)
    self.query = query.clone()
    self.query.add_ordering("-pk")
    try:
        return AS_SQL(self, *args, **named)
    finally:
        self.query = query


compiler.SQLCompiler.as_sql = _as_sql  # type: ignore[method-assign]
