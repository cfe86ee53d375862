"""Photos staff make when they unpack: whole at once, written anew, and with their line from the start."""

from datetime import datetime

from returns.models import CasePhoto, ReturnLine
from returns.services.photos import add_bytes, begin_photo, finish_photo


def add_line_photo(*, line: ReturnLine, data: bytes, at: datetime) -> CasePhoto:
    """Keep a photo of what was unpacked. Refuses (PhotoRefused) what is empty, too large or no picture; nothing is kept then."""
    row = begin_photo(order=line.case.order, size=len(data), at=at, is_of_staff=True)
    row = finish_photo(photo=add_bytes(photo=row, offset=0, data=data), at=at)
    row.line = line
    row.save(update_fields=["line"])
    return row
