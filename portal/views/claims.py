"""What a shopper decides about a parcel: wait, replace or cancel; and "it is not here".

Only the one who ordered may: a tracking link is passed on, and who holds it could otherwise cancel somebody's order or start a
claim. So the links in messages lead to pages that explain without amounts and ask to sign in; signing in, or looking the order up
as a guest, takes a code or a link sent to the order's own e-mail address or telephone. Nothing is changed by opening a page.
"""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from orders.models import Order
from portal.rules.choices import refund_if_cancelled
from portal.selectors.journey import Journey, Parcel
from portal.selectors.orders import order_for_tracking
from portal.selectors.parcels import unsent_incident
from portal.selectors.tracking import ask_of
from portal.views.edge import PortalRequest, for_order, page, show
from portal.views.orders import journey, own
from portal.views.track import by_token, owns
from tracking.services import ChoiceClosed, NotDelivered, choose, deny_receipt
from tracking.types import Choice


@page
@require_safe
def track_choice(request: PortalRequest, token: str) -> HttpResponse:
    """What can be chosen, for whoever holds the link; the owner is led to the form."""
    order = by_token(token)
    if owns(request, order):
        return HttpResponseRedirect(reverse("order-choice", args=[order.public_id]))
    return show(request, "tracking/choice.html", {"order": order, "journey": journey(request, order), "is_owner": False})


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: PortalRequest, public_id: str) -> HttpResponse:
    """Wait, replace or cancel, with the money of each; a choice made too late is refused in words."""
    order = own(order_for_tracking, request, public_id)
    if request.method != "POST":
        return _choice_page(request, order)
    chosen = request.POST.get("choice", "")
    incident = unsent_incident(order_id=order.pk)
    if incident is None:
        return _choice_page(request, order, is_too_late=True)
    if chosen not in Choice.values:
        return _choice_page(request, order, is_missing=True)
    try:
        choose(incident=incident, choice=chosen, at=request.now)
    except ChoiceClosed:
        return _choice_page(request, order, is_too_late=True)
    return HttpResponseRedirect(reverse("order-choice", args=[public_id]))


def _choice_page(request: PortalRequest, order: Order, *, is_too_late: bool = False, is_missing: bool = False) -> HttpResponse:
    travels = journey(request, order)
    context = {
        "order": order,
        "journey": travels,
        "is_owner": True,
        "back": _back(order, travels),
        "zero": Decimal(0),
        "is_too_late": is_too_late,
        "is_missing": is_missing,
        "current": "order-shipping",
    }
    return show(request, "tracking/choice.html", context, status=409 if is_too_late else 400 if is_missing else 200)


def _back(order: Order, travels: Journey) -> Decimal:
    unsent = [(piece.line.total, piece.line.quantity - piece.line.quantity_removed, piece.quantity) for piece in travels.waiting]
    return refund_if_cancelled(
        paid=order.paid_total,
        refunded=order.refunded_total,
        total=order.total,
        unsent=unsent,
        is_all_unsent=not travels.parcels and not travels.untracked,
    )


@page
@require_safe
def track_not_here(request: PortalRequest, token: str) -> HttpResponse:
    """Where a delivered parcel may be; the owner is led to the form."""
    order = by_token(token)
    travels = journey(request, order)
    parcel = _delivered(travels, ask_of(request.GET).parcel)
    if owns(request, order):
        return HttpResponseRedirect(reverse("order-not-here", args=[order.public_id, parcel.shipment.public_id]))
    return show(request, "tracking/not_here.html", {"order": order, "journey": travels, "parcel": parcel, "is_owner": False})


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def not_here(request: PortalRequest, public_id: str, shipment_id: str) -> HttpResponse:
    """Look in these places first; then tell us. Refused in words for a parcel that is not delivered."""
    order = own(order_for_tracking, request, public_id)
    travels = journey(request, order)
    parcel = next((p for p in travels.parcels if p.shipment.public_id == shipment_id), None)
    if parcel is None:
        raise Http404
    if request.method != "POST":
        return _not_here_page(request, order, travels, parcel)
    try:
        deny_receipt(shipment=parcel.shipment, at=request.now)
    except NotDelivered:
        return _not_here_page(request, order, travels, parcel, status=409)
    return HttpResponseRedirect(request.path)


def _not_here_page(request: PortalRequest, order: Order, travels: Journey, parcel: Parcel, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"order": order, "journey": travels, "parcel": parcel, "is_owner": True, "current": "order-shipping"}
    return show(request, "tracking/not_here.html", context, status=status)


def _delivered(travels: Journey, position: int | None) -> Parcel:
    """The delivered parcel of that number, or the first one. Anything else is a 404."""
    parcel = next((p for p in travels.parcels if p.is_delivered and position in (None, p.position)), None)
    if parcel is None:
        raise Http404
    return parcel
