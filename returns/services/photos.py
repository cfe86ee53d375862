"""Photos of what came or goes back (`orders.services.uploads` says how they are taken in)."""

from datetime import datetime

from django.db.models import QuerySet

from orders.models import Order
from orders.services.uploads import (
    BYTES_PER_DAY,
    PER_DAY,
    PhotoRefused,
    WrongOffset,
    add_piece,
    begin_upload,
    finish_upload,
    sweep_uploads,
)
from returns.models import CasePhoto

__all__ = [
    "BYTES_PER_DAY",
    "PER_DAY",
    "PhotoRefused",
    "WrongOffset",
    "add_bytes",
    "begin_photo",
    "finish_photo",
    "remove_photo",
    "sweep_photos",
]


def begin_photo(*, order: Order, size: int, at: datetime, is_of_staff: bool = False) -> CasePhoto:
    """Make room for a photo of `size` bytes. Refuses (PhotoRefused) nothing, more than 10 MiB, and the 31st or 50 MiB of an order's day."""
    row = CasePhoto(order=order, size=size, created_at=at, is_of_staff=is_of_staff)
    counted: QuerySet[CasePhoto] = CasePhoto.objects.filter(order=order, is_of_staff=False)
    return begin_upload(row=row, counted=None if is_of_staff else counted)


def add_bytes(*, photo: CasePhoto, offset: int, data: bytes) -> CasePhoto:
    """Append a piece. Refuses (WrongOffset) one that leaves a gap or was here before, (PhotoRefused) more than was told."""
    return add_piece(photo=photo, offset=offset, data=data)


def finish_photo(*, photo: CasePhoto, at: datetime) -> CasePhoto:
    """Write the whole picture anew; finished before, it stays.

    Refuses (WrongOffset) an incomplete one. What is no picture is removed (PhotoRefused).
    """
    return finish_upload(photo=photo, at=at)


def remove_photo(*, photo: CasePhoto) -> None:
    """Throw away a photo that belongs to no case yet. Refuses (PhotoRefused) one that does."""
    gone, _ = CasePhoto.objects.filter(pk=photo.pk, line=None, claim=None).delete()
    if not gone:
        raise PhotoRefused("ready")


def sweep_photos(*, now: datetime, limit: int = 100) -> int:
    """Throw away what was uploaded and never joined a case."""
    return sweep_uploads(loose=CasePhoto.objects.filter(line=None, claim=None, is_of_staff=False), now=now, limit=limit)
