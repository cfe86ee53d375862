"""Pictures about an order, taken in piece by piece and written anew. The rooms above keep them, each in a table of its own.

They lie in the database (ADR 9): the walls between merchants, erasure and transactions hold for them without more of our doing.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet, Sum

from core.pictures import NotAPicture, reencode
from core.uploads import FILE_SIZE
from orders.models import Order, PictureUpload

PER_DAY, BYTES_PER_DAY = 30, 50 * 1024 * 1024  # of one order, in one table
LOOSE_FOR = timedelta(days=1)  # what joined nothing by then is thrown away
P = TypeVar("P", bound=PictureUpload)


class PhotoRefused(ValueError):
    """Says why in a code: `empty`, `too_large`, `too_many`, `not_a_picture`, `too_long` (more came than was told) or `ready`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WrongOffset(ValueError):
    """The piece does not go on where the last one ended; `expected` says where that is, in bytes."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"goes on at byte {expected}")
        self.expected = expected


def begin_upload(*, row: P, counted: "QuerySet[P] | None") -> P:
    """Make room for a picture; `row` is not stored yet. `counted`: those of the order the limits of a day hold for; None: no limit.

    Refuses (PhotoRefused) nothing, more than 10 MiB, and the 31st or 50 MiB of an order's day.
    """
    if row.size <= 0:
        raise PhotoRefused("empty")
    if row.size > FILE_SIZE:
        raise PhotoRefused("too_large")
    Order.objects.select_for_update(no_key=True).get(pk=row.order_id)  # two at once must not both be the thirtieth
    if counted is not None:
        today = counted.filter(created_at__gt=row.created_at - timedelta(days=1))
        if today.count() >= PER_DAY or (today.aggregate(all=Sum("size"))["all"] or 0) + row.size > BYTES_PER_DAY:
            raise PhotoRefused("too_many")
    row.save()
    return row


def add_piece(*, photo: P, offset: int, data: bytes) -> P:
    """Append a piece. Refuses (WrongOffset) one that leaves a gap or was here before, (PhotoRefused) more than was told."""
    row = _rows(photo).select_for_update().defer("body").get(pk=photo.pk)
    if row.ready_at is not None:
        raise PhotoRefused("ready")
    if offset != row.received:
        raise WrongOffset(row.received)
    if row.received + len(data) > row.size:
        raise PhotoRefused("too_long")
    row.received += len(data)
    table = connection.ops.quote_name(row._meta.db_table)
    with connection.cursor() as cursor:  # appended where it lies: what is here already is not sent back and forth
        cursor.execute(f"update {table} set body = body || %s, received = %s where id = %s", [data, row.received, row.pk])  # noqa: S608
    return row


def finish_upload(*, photo: P, at: datetime) -> P:
    """Write the whole picture anew; finished before, it stays.

    Refuses (WrongOffset) an incomplete one. What is no picture is removed (PhotoRefused).
    """
    row = _rows(photo).select_for_update().get(pk=photo.pk)
    if row.ready_at is not None:
        return row
    if row.received != row.size:
        raise WrongOffset(row.received)
    try:
        picture = reencode(bytes(row.body))
    except NotAPicture:
        row.delete()
        raise PhotoRefused("not_a_picture") from None
    row.body, row.width, row.height, row.ready_at = picture.body, picture.width, picture.height, at
    row.save(update_fields=["body", "width", "height", "ready_at"])
    return row


def sweep_uploads(*, loose: "QuerySet[Any]", now: datetime, limit: int) -> int:
    """Throw away what was uploaded and never joined anything."""
    old = loose.filter(created_at__lt=now - LOOSE_FOR)
    gone, _ = loose.model.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).delete()
    return int(gone)


def _rows(photo: P) -> "QuerySet[P]":
    rows: QuerySet[Any] = type(photo)._default_manager.all()
    return rows
