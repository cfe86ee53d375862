"""Reads of photos. A list of them never reads the pictures themselves."""

from collections.abc import Collection

from returns.models import CasePhoto


class PhotoNotFound(LookupError):
    """The current merchant has no such photo, or it is of another order."""


def photo(*, public_id: str, order_id: int | None = None) -> CasePhoto:
    """One photo without its picture; `order_id` asks for one of that order. Raises PhotoNotFound."""
    rows = CasePhoto.objects.filter(public_id=public_id, **({} if order_id is None else {"order_id": order_id}))
    row: CasePhoto | None = rows.defer("body").first()
    if row is None:
        raise PhotoNotFound(public_id[:64])
    return row


def picture(*, photo: CasePhoto) -> bytes:
    """The JPEG. Raises PhotoNotFound while it is not whole."""
    if photo.ready_at is None:
        raise PhotoNotFound(photo.public_id)
    return bytes(CasePhoto.objects.values_list("body", flat=True).get(pk=photo.pk))


def photos_ready(*, order_id: int, public_ids: Collection[str]) -> list[CasePhoto]:
    """Those of the order that are whole and belong to no case yet, in the order they came."""
    rows = CasePhoto.objects.filter(order_id=order_id, public_id__in=public_ids, ready_at__isnull=False, line=None, claim=None)
    return list(rows.defer("body").order_by("pk"))


def photos_of(*, line_ids: Collection[int] = (), claim_ids: Collection[int] = ()) -> list[CasePhoto]:
    """All photos of these lines and claims, without the pictures."""
    rows = CasePhoto.objects.filter(line_id__in=line_ids) | CasePhoto.objects.filter(claim_id__in=claim_ids)
    return list(rows.filter(ready_at__isnull=False).defer("body").order_by("pk"))
