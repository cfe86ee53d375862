"""Buying the same again, and putting an order away."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from orders.services import archive_order, unarchive_order
from portal.selectors.again import basket_of
from portal.selectors.orders import order_with_lines
from portal.views.edge import PortalRequest, for_order, show, signed_in
from portal.views.orders import journey, own


@for_order
@require_safe
def again(request: PortalRequest, public_id: str) -> HttpResponse:
    """Today's price, stock and the way to the shop's cart, per item and for all of them. Nothing is ordered here."""
    order = own(order_with_lines, request, public_id)
    context = {"order": order, "journey": journey(request, order), "basket": basket_of(order), "current": ""}
    return show(request, "again.html", context)


@signed_in
@require_POST
def archive(request: PortalRequest, public_id: str) -> HttpResponse:
    """Put the order away, or take it out again (`undo`), and come back to its page, which says so."""
    order = own(order_with_lines, request, public_id)
    if request.POST.get("undo"):
        unarchive_order(order=order)
    else:
        archive_order(order=order, at=request.now)
    return HttpResponseRedirect(reverse("order", args=[public_id]))
