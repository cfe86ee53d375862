"""Photos of an order's goods, sent in pieces so that a broken line costs one piece; after the tus protocol's core, in our words.

POST with `size` makes room and answers its address; PATCH with `Upload-Offset` appends at most a mebibyte; HEAD tells how far it is.
The last piece makes it a picture. Only for the one who ordered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from orders.models import Order
from portal.selectors.orders import order_with_lines
from portal.views.edge import PortalRequest, for_order
from portal.views.orders import own
from portal.views.uploads import seconds_to_rest
from returns.models import CasePhoto
from returns.selectors.photos import PhotoNotFound, photo, picture
from returns.services.photos import PhotoRefused, WrongOffset, add_bytes, begin_photo, finish_photo, remove_photo

PIECE = 1024 * 1024
DAY = 24 * 3600  # seconds; the window of what one order may have
STATUS = {"too_large": 413, "too_many": 429, "not_a_picture": 415, "ready": 409}


@dataclass(frozen=True, slots=True)
class Plate:
    """What can be done to one picture, and where it lies."""

    address: Callable[[Any], str]
    add: Callable[..., Any]
    finish: Callable[[Any], Any]
    remove: Callable[[Any], None]


@for_order
@require_POST
def photos(request: PortalRequest, public_id: str) -> HttpResponse:
    """Make room for a photo of `size` bytes."""
    order = own(order_with_lines, request, public_id)
    return begun(request, lambda size: begin_photo(order=order, size=size, at=request.now), _plate(request, order))


@for_order
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
def one_photo(request: PortalRequest, public_id: str, photo_id: str) -> HttpResponse:
    """Show it, say how far it is, take its next piece, or throw it away while it belongs to nothing."""
    order = own(order_with_lines, request, public_id)
    try:
        row: CasePhoto = photo(public_id=photo_id, order_id=order.pk)
        if request.method == "GET":
            return jpeg(picture(photo=row))
    except PhotoNotFound:
        raise Http404 from None
    return changed(request, row, _plate(request, order))


def _plate(request: PortalRequest, order: Order) -> Plate:
    return Plate(
        address=lambda row: reverse("order-photo", args=[order.public_id, row.public_id]),
        add=add_bytes,
        finish=lambda row: finish_photo(photo=row, at=request.now),
        remove=lambda row: remove_photo(photo=row),
    )


def begun(request: PortalRequest, begin: Callable[[int], Any], plate: Plate) -> HttpResponse:
    """Make room for a picture of `size` bytes, and say where."""
    text = request.POST.get("size", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return _refused("size", status=400)
    if wait := seconds_to_rest(request):
        return _refused("too_many", wait=wait)
    try:
        row = begin(int(text))
    except PhotoRefused as error:
        return _refused(error.code)
    return _told(row, plate, status=201)


def changed(request: PortalRequest, row: Any, plate: Plate) -> HttpResponse:
    """HEAD, PATCH and DELETE of one picture."""
    try:
        return _changed(request, row, plate)
    except PhotoRefused as error:
        return _refused(error.code)
    except WrongOffset as error:
        return HttpResponse(status=409, headers={"Upload-Offset": str(error.expected)})


def _changed(request: PortalRequest, row: Any, plate: Plate) -> HttpResponse:
    if request.method == "HEAD":
        return _told(row, plate, status=200)
    if request.method == "DELETE":
        plate.remove(row)
        return HttpResponse(status=204)
    text = request.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return _refused("offset", status=400)
    if int(request.headers.get("Content-Length") or 0) > PIECE:
        return _refused("piece", status=413)
    row = plate.add(photo=row, offset=int(text), data=request.body)
    if row.received == row.size:
        row = plate.finish(row)
    return _told(row, plate, status=200)


def _told(row: Any, plate: Plate, *, status: int) -> HttpResponse:
    headers = {"Upload-Offset": str(row.received), "Upload-Length": str(row.size), "Location": plate.address(row)}
    return JsonResponse({"id": row.public_id, "is_ready": row.ready_at is not None}, status=status, headers=headers)


def _refused(code: str, *, status: int = 400, wait: int = DAY) -> HttpResponse:
    status = STATUS.get(code, status)
    headers = {"Retry-After": str(wait)} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return JsonResponse({"code": code}, status=status, headers=headers)


def jpeg(body: bytes) -> HttpResponse:
    """A picture of ours as nothing but a picture."""
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return HttpResponse(body, content_type="image/jpeg", headers={**headers, "Content-Security-Policy": "default-src 'none'; sandbox"})
