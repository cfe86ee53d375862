"""New rows of one table in one statement, composed once per table.

What `bulk_create` and `save` do, at a third of their time: Django composes the statement anew on each call, which was
most of what an order cost. For tables whose rows have no computed columns and no signals, which is all of ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import Field

from merchants.models import MerchantModel
from merchants.scope import required_merchant_id

# Values that reach the driver as they are: of these columns and exactly these types, Django's preparing gives the same value back.
TEXT, NUMBER, TRUTH = (frozenset({type(None), kind}) for kind in (str, int, bool))
WHOLE = ("Integer", "BigInteger", "SmallInteger", "PositiveInteger", "PositiveSmallInteger", "PositiveBigInteger")
PLAIN = {"CharField": TEXT, "TextField": TEXT, "BooleanField": TRUTH, "ForeignKey": NUMBER, **{f"{name}Field": NUMBER for name in WHOLE}}


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table's rows are written. `columns`: each one's attribute, the types that need no preparing, and the field that prepares."""

    head: str
    place: str
    columns: tuple[tuple[str, frozenset[type], "Field[Any, Any]"], ...]


@cache
def _shape(model: type[MerchantModel]) -> Shape:
    fields = tuple(field for field in model._meta.local_concrete_fields if not field.primary_key)
    names = ", ".join(f'"{field.column}"' for field in fields)
    head = f'insert into "{model._meta.db_table}" ({names}) values '  # noqa: S608 - names of our own models
    columns = tuple((field.attname, PLAIN.get(type(field).__name__, frozenset()), field) for field in fields)
    return Shape(head, f"({', '.join(['%s'] * len(fields))})", columns)


def insert(rows: Sequence[MerchantModel]) -> None:
    """Store new rows of one table, in the current merchant's scope, and give them their ids."""
    if rows:
        _number(rows, _insert(rows, "returning id"))


def insert_free(rows: Sequence[MerchantModel]) -> None:
    """Store the rows whose unique keys are free, and leave the others; which they were nobody asks."""
    if rows:
        _insert(rows, "on conflict do nothing returning id")


def insert_unless_there(row: MerchantModel) -> bool:
    """False, and nothing stored, when a unique key is taken; waits for a transaction that is taking it."""
    ids = _insert([row], "on conflict do nothing returning id")
    _number([row][: len(ids)], ids)
    return bool(ids)


def insert_new(rows: Sequence[MerchantModel], *, key: str) -> set[Any]:
    """Store the rows whose unique key is free, one statement; returns the values of the column `key` of these, and gives them ids."""
    if not rows:
        return set()
    sql, values = _statement(rows, f'on conflict do nothing returning "{key}", id')
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        ids = dict(cursor.fetchall())
    taken = [row for row in rows if getattr(row, key) in ids]
    _number(taken, [ids[getattr(row, key)] for row in taken])
    return set(ids)


def _insert(rows: Sequence[MerchantModel], tail: str) -> list[int]:
    return _run(*_statement(rows, tail))


def _statement(rows: Sequence[MerchantModel], tail: str) -> tuple[str, list[Any]]:
    shape = _shape(type(rows[0]))
    values: list[Any] = []
    for row in rows:
        kept = row.__dict__
        for name, plain, field in shape.columns:
            value = kept[name] if name in kept else getattr(row, name)
            values.append(value if type(value) in plain else field.get_db_prep_save(value, connection))
    return f"{shape.head}{', '.join([shape.place] * len(rows))} {tail}", values


def _number(rows: Sequence[MerchantModel], ids: Iterable[int]) -> None:
    for row, id in zip(rows, ids, strict=True):
        row.pk = id
        row._state.adding, row._state.db = False, connection.alias


def update(row: MerchantModel, names: Iterable[str]) -> None:
    """Store these columns (attribute names) of a row that is held. Refuses (FieldDoesNotExist) others."""
    wanted = set(names)
    fields = [field for name, _, field in _shape(type(row)).columns if name in wanted]
    if len(fields) != len(wanted):
        raise FieldDoesNotExist(f"{sorted(wanted)} are not all columns of {row._meta.label}")
    if fields:
        columns = ", ".join(f'"{field.column}" = %s' for field in fields)
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        sql = f'update "{row._meta.db_table}" set {columns} where merchant_id = %s and id = %s returning id'  # noqa: S608 - names of our own models
        _run(sql, [*values, required_merchant_id(), row.pk])


def _run(sql: str, values: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [id for (id,) in cursor.fetchall()]
