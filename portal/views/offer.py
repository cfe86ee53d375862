"""An item more in the same parcel: the page a message leads to.

Whoever holds the link sees the order's number and what is on offer, nothing about a person, and can ask for an item: the shop
decides, and charges the one who ordered. Opening the page changes nothing.
"""

from decimal import Decimal, InvalidOperation

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from orders.models import Order
from orders.selectors import OrderNotFound, order_of_offer
from orders.services import AdditionsClosed, NotOffered, PriceChanged, request_addition
from portal.selectors.offers import offer_of
from portal.views.edge import PortalRequest, page, show

CLOSED, GONE, DEARER = "closed", "gone", "price"


@page
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: PortalRequest, token: str) -> HttpResponse:
    """What may be added; a press adds one, once. Too late, sold out and dearer meanwhile are said in words, with nothing changed."""
    try:
        order = order_of_offer(token=token)
    except OrderNotFound:
        raise Http404 from None
    if request.method != "POST":
        return _page(request, order)
    problem = _ask(request, order)
    return _page(request, order, problem=problem) if problem else HttpResponseRedirect(request.path)


def _ask(request: PortalRequest, order: Order) -> str:
    product_id, _, price = request.POST.get("item", "")[:80].partition(" ")
    try:
        request_addition(order=order, product_id=product_id.replace("\0", ""), price=_amount(price), at=request.now)
    except AdditionsClosed:
        return CLOSED
    except NotOffered:
        return GONE
    except PriceChanged:
        return DEARER
    return ""


def _amount(text: str) -> Decimal:
    """What the page said it costs; nonsense is a price nothing has."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Decimal(-1)
    return amount if amount.is_finite() else Decimal(-1)


def _page(request: PortalRequest, order: Order, *, problem: str = "") -> HttpResponse:
    context = {"number": order.number, "order_id": order.public_id, "offer": offer_of(order, now=request.now), "problem": problem}
    return show(request, "offer.html", context, status=409 if problem else 200)
