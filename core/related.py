"""Rows of many parents read at once, as `prefetch_related` reads them, without building a query for each parent.

Django makes for every parent a filtered query that is never run, only to keep its rows in: for two hundred orders with their lines,
payments, promises and parcels a thousand of them, most of the time that reading the orders takes.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models


def attach(parents: Iterable[models.Model], name: str, rows: "models.QuerySet[Any]", *, by: str) -> list[Any]:
    """Give each parent its rows under the related name; `by` is their way back. Returns all rows. One query.

    `rows` are those of these parents. After it `parent.<name>.all()` asks nothing; what is filtered further is asked of that parent only.
    """
    found: dict[Any, tuple[models.Model, list[Any]]] = {parent.pk: (parent, []) for parent in parents}
    every = list(rows)
    for row in every:
        parent, mine = found[getattr(row, f"{by}_id")]
        mine.append(row)
        setattr(row, by, parent)
    fresh: Any = rows.model._default_manager.get_queryset()
    for parent, mine in found.values():
        kept = fresh._chain()
        kept._deferred_filter = (False, (), {by: parent})  # as related managers put it off: built when somebody filters
        kept._result_cache, kept._prefetch_done = mine, True
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = kept
    return every
