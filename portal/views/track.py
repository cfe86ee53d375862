"""Where the parcels are: the page of a link in a message, the same page signed in, its live part, its calendar entry.

A tracking link is passed on, to a neighbour or to whoever a gift is for: it shows no address, name, price or carrier's text, and it
changes nothing. Who wants to choose or to deny a delivery signs in first, which is confirmed by a code or a link sent to the
order's own e-mail address.
"""

from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.encryption import fingerprint
from orders.models import Order
from orders.selectors import OrderNotFound
from portal.rules import calendar_text
from portal.rules.calendars import Entry
from portal.selectors.orders import order_by_token, order_for_tracking
from portal.selectors.parcels import Version, version_by_id, version_by_token
from portal.selectors.problems import is_asked
from portal.selectors.tracking import Home, Tracking, as_of, ask_of, expected, sequence_of, tracking_of
from portal.templatetags.portal import piece_text
from portal.views.edge import PortalRequest, for_order, page, show
from portal.views.orders import journey, own

# Zones a reader may pick without script; with it, the device's own is added.
ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai", "Asia/Kolkata", "Asia/Jakarta", "Asia/Makassar",
    "Asia/Jayapura", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "America/New_York",
    "America/Chicago", "America/Denver", "America/Los_Angeles", "UTC",
)  # fmt: skip

# The answer is the page's own heading, or one below the order's.
AS_TRACK = {"level": "h1"}
AMONG_PAGES = {"level": "h2", "current": "order-shipping"}


@page
@require_safe
def track(request: PortalRequest, token: str) -> HttpResponse:
    """The page of a link. Unknown tokens and those of other merchants are a plain 404."""
    order = by_token(token)
    version = version_by_token(token=token)
    live = _live(request, version, reverse("track-live", args=[token]))
    return show(request, "track.html", {**_context(request, order), **AS_TRACK, "reload": request.get_full_path(), "live": live})


@for_order
@require_safe
def shipping(request: PortalRequest, public_id: str) -> HttpResponse:
    """The same among the order's own pages."""
    order = own(order_for_tracking, request, public_id)
    live = _live(request, version_by_id(public_id=public_id), reverse("order-shipping-live", args=[public_id]))
    context = {**_context(request, order), **AMONG_PAGES, "reload": request.get_full_path(), "live": live}
    return show(request, "order_shipping.html", context)


@page
@require_safe
def track_live(request: PortalRequest, token: str) -> HttpResponse:
    """What may have changed on the page of a link; 304 when nothing did."""
    version = version_by_token(token=token)
    if version is None:
        raise Http404
    return _fresh(request, version) or _part(request, by_token(token), version, AS_TRACK, reverse("track", args=[token]))


@page
@require_safe
def shipping_live(request: PortalRequest, public_id: str) -> HttpResponse:
    """The same for the owner's page; a 404 to everybody else, so that the page stops asking after signing out."""
    version = version_by_id(public_id=public_id)
    if version is None or not owns(request, version):
        raise Http404
    page_path = reverse("order-shipping", args=[public_id])
    return _fresh(request, version) or _part(request, own(order_for_tracking, request, public_id), version, AMONG_PAGES, page_path)


@page
@require_safe
def calendar(request: PortalRequest, token: str) -> HttpResponse:
    """The expected day for the reader's calendar. It names the page that asks for sign-in, never the token."""
    order = by_token(token)
    tracking = _tracking(request, order)
    days = expected(tracking.parcel) if tracking.parcel else None
    if tracking.parcel is None or days is None:
        raise Http404
    text = calendar_text(_entry(request, order, tracking, days))
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''parcel-{quote(order.number, safe='')}.ics"
    return response


def _entry(request: PortalRequest, order: Order, tracking: Tracking, days: Any) -> Entry:
    parcel = tracking.parcel
    assert parcel is not None
    host = request.get_host()
    names = {"shop": request.merchant.name, "number": order.number}
    return Entry(
        uid=f"parcel-{parcel.shipment.public_id}@{host}",
        sequence=sequence_of(order, parcel),
        summary=_("Parcel from %(shop)s, order %(number)s") % names,
        description=piece_text(parcel.pieces),
        url=f"{request.scheme}://{host}{reverse('order-shipping', args=[order.public_id])}?parcel={parcel.position}",
        first=days[0],
        last=days[1],
        stamped_at=request.now,
    )


def by_token(token: str) -> Order:
    try:
        return order_by_token(token=token)
    except OrderNotFound:
        raise Http404 from None


def owns(request: PortalRequest, of: Order | Version) -> bool:
    """Whether the one who asks is signed in as the one who ordered, or proved it as a guest."""
    is_guest = request.guest is not None and request.guest.order_id == of.pk
    return is_guest or (request.customer is not None and request.customer.pk == of.customer_id)


def _tracking(request: PortalRequest, order: Order) -> Tracking:
    travels = journey(request, order)
    home = Home(request.merchant.country, request.zone)
    return tracking_of(travels, ask=ask_of(request.GET), is_owner=owns(request, order), home=home)


def _context(request: PortalRequest, order: Order) -> dict[str, Any]:
    tracking = _tracking(request, order)
    return {
        "order": order,
        "journey": tracking.journey,
        "tracking": tracking,
        "parcel": tracking.parcel,
        "timetable": tracking.timetable,
        "is_owner": tracking.is_owner,
        "is_asked": tracking.is_owner and tracking.parcel is not None and is_asked(tracking.parcel),
        "now": request.now,
        "zones": ZONES,
    }


def _etag(request: PortalRequest, version: Version) -> str:
    """Everything the part depends on: rows, the day, the reader's language and rights, what was asked for."""
    asked = ask_of(request.GET)
    told = (version.text, request.today, request.LANGUAGE_CODE, owns(request, version), asked)
    return f'"{fingerprint(repr(told))[:24]}"'


def _live(request: PortalRequest, version: Version | None, path: str) -> dict[str, str]:
    return {"path": _with_query(request, path), "etag": _etag(request, version) if version else ""}


def _with_query(request: PortalRequest, path: str) -> str:
    query = request.GET.urlencode()
    return f"{path}?{query}" if query else path


def _fresh(request: PortalRequest, version: Version) -> HttpResponse | None:
    etag = _etag(request, version)
    if etag not in [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]:
        return None
    response = HttpResponseNotModified()
    response["ETag"] = etag
    response["X-As-Of"] = as_of(request.now, request.zone)
    return response


def _part(request: PortalRequest, order: Order, version: Version, place: dict[str, str], path: str) -> HttpResponse:
    context = {**_context(request, order), **place, "reload": _with_query(request, path)}
    response = show(request, "tracking/part.html", context)
    response["ETag"] = _etag(request, version)
    response["X-As-Of"] = as_of(request.now, request.zone)
    return response
