"""Pictures that go with a review: sent in pieces like those of a return, and open to anybody once they are published."""

from collections.abc import Callable, Sequence

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders.models import Order, OrderLine
from portal.selectors.orders import line_of, order_with_lines
from portal.selectors.reviews import photos_ready
from portal.views.edge import PortalRequest, for_order, page
from portal.views.orders import own
from portal.views.photos import Plate, begun, changed, jpeg
from portal.views.uploads import Album, taken_in
from reviews.models import ReviewPhoto
from reviews.selectors.asking import RequestNotFound, request_of_token
from reviews.selectors.photos import PhotoNotFound, photo, picture, shown_photo
from reviews.services.photos import PER_REVIEW, add_bytes, begin_photo, finish_photo, remove_photo

KEPT_FOR = 300  # seconds a published picture may be kept: one that is taken back is gone soon after


def photos_in(request: PortalRequest, line: OrderLine, *, kept: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The photos of a line's form; an id that is not a whole photo of this line, or lies with a review, is left out."""
    album = Album(
        ready=lambda ids: photos_ready(line, ids),
        begin=lambda size: begin_photo(line=line, size=size, at=request.now),
        add=add_bytes,
        finish=lambda row: finish_photo(photo=row, at=request.now),
        most=PER_REVIEW,
    )
    return taken_in(request, album, name="review", kept=kept)


# By the link of a message: only what lies with no review yet


@page
@require_POST
def by_link(request: PortalRequest, token: str, line_id: str) -> HttpResponse:
    """Make room for a picture of one of the lines the link asks about."""
    order, lines = _asked(request, token)
    line = line_of(order=order, public_id=line_id)
    if line is None or line.pk not in lines:
        raise Http404
    plate = _plate(request, lambda row: reverse("review-form-photo", args=[token, row.public_id]))
    return begun(request, lambda size: begin_photo(line=line, size=size, at=request.now), plate)


@page
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
def one_by_link(request: PortalRequest, token: str, photo_id: str) -> HttpResponse:
    """A picture that was not sent off yet."""
    order, lines = _asked(request, token)
    row = _found(order, photo_id)
    if row.review_id is not None or row.order_line_id not in lines:
        raise Http404
    return _one(request, row, _plate(request, lambda one: reverse("review-form-photo", args=[token, one.public_id])))


def _asked(request: PortalRequest, token: str) -> tuple[Order, list[int]]:
    try:
        asked = request_of_token(token=token, now=request.now)
    except RequestNotFound:
        raise Http404 from None
    if not asked.is_live:
        raise Http404
    return asked.request.order, list(asked.request.lines)


# Of one's own order


@for_order
@require_POST
def of_line(request: PortalRequest, public_id: str, line_id: str) -> HttpResponse:
    """Make room for a picture of a bought line."""
    order = own(order_with_lines, request, public_id)
    line = line_of(order=order, public_id=line_id)
    if line is None:
        raise Http404
    plate = _plate(request, lambda row: reverse("order-review-photo", args=[public_id, row.public_id]))
    return begun(request, lambda size: begin_photo(line=line, size=size, at=request.now), plate)


@for_order
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
def one_of_order(request: PortalRequest, public_id: str, photo_id: str) -> HttpResponse:
    """Any picture of the order, also one that lies with a review."""
    row = _found(own(order_with_lines, request, public_id), photo_id)
    return _one(request, row, _plate(request, lambda one: reverse("order-review-photo", args=[public_id, one.public_id])))


def _found(order: Order, photo_id: str) -> ReviewPhoto:
    try:
        return photo(public_id=photo_id, order_id=order.pk)
    except PhotoNotFound:
        raise Http404 from None


def _plate(request: PortalRequest, address: Callable[[ReviewPhoto], str]) -> Plate:
    return Plate(
        address=address,
        add=add_bytes,
        finish=lambda row: finish_photo(photo=row, at=request.now),
        remove=lambda row: remove_photo(photo=row, at=request.now),
    )


def _one(request: PortalRequest, row: ReviewPhoto, plate: Plate) -> HttpResponse:
    if request.method != "GET":
        return changed(request, row, plate)
    try:
        return jpeg(picture(photo=row))
    except PhotoNotFound:
        raise Http404 from None


# For anybody


@require_safe
def public(request: PortalRequest, photo_id: str) -> HttpResponse:
    """A picture that was looked at and agreed to, of a published review; other hosts may show it, because widgets do."""
    try:
        response = jpeg(picture(photo=shown_photo(public_id=photo_id)))
    except PhotoNotFound:
        raise Http404 from None
    response["Cache-Control"] = f"public, max-age={KEPT_FOR}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
