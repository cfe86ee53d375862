"""One order: overview, products, returns. Only for the one who placed it, signed in or as its guest; anybody else gets a 404."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from orders.models import Order, OrderRequest
from orders.selectors import OrderNotFound, order_page, requests_of
from portal.selectors.history import history_of, promises_of
from portal.selectors.journey import Journey, journey_of
from portal.selectors.offers import asked_for, open_offer
from portal.selectors.orders import order_with_lines
from portal.selectors.parcels import parcels_with_contents, troubles_of
from portal.selectors.problems import asked_of as asked_about
from portal.selectors.products import shelves_of
from portal.selectors.requests import asked_of, changes_of, refund_promised, refunds_of
from portal.views.edge import PortalRequest, for_order, show


def own(find: Callable[..., Order], request: PortalRequest, public_id: str) -> Order:
    """The asker's own order: the customer's, or the one order a guest may see. Anybody else's is a 404, like none."""
    guest = request.guest
    try:
        if guest is not None and guest.order.public_id == public_id:
            order = find(public_id=public_id, customer_id=guest.order.customer_id)
        elif request.customer is not None:
            order = find(public_id=public_id, customer_id=request.customer.pk)
        else:
            raise Http404
    except OrderNotFound:
        raise Http404 from None
    request.can_act = True
    return order


def journey(request: PortalRequest, order: Order, *, requests: Sequence[OrderRequest] | None = None) -> Journey:
    """The order with its parcels, as of this request; what was asked of it is not read again when it is at hand."""
    troubles = troubles_of(order_ids=[order.pk], requests=requests)[order.pk]
    return journey_of(order, parcels_with_contents(order_id=order.pk), troubles, today=request.today, zone=request.zone)


def _context(request: PortalRequest, public_id: str, *, find: Callable[..., Order] = order_with_lines) -> dict[str, Any]:
    order = own(find, request, public_id)
    return {"order": order, "journey": journey(request, order)}


@for_order
@require_safe
def order(request: PortalRequest, public_id: str) -> HttpResponse:
    """Everything about the order in short."""
    row = own(order_page, request, public_id)
    requests = requests_of(row)
    travels = journey(request, row, requests=requests)
    asked = [asked_of(one) for one in requests]
    context = {
        "order": row,
        "journey": travels,
        "current": "order",
        "asked_about": asked_about(travels.parcels),
        "came": row.cancelled_at is None and any(one.is_delivered for one in travels.parcels),
        "history": history_of(row, travels.parcels),
        "promises": promises_of(row),
        "asked": asked,
        "changes": changes_of(row, asked=asked, now=request.now),
        "refunds": refunds_of(row, country=request.merchant.country, zone=request.zone),
        "refund_by": refund_promised(row),
    }
    return show(request, "order.html", context)


@for_order
@require_safe
def products(request: PortalRequest, public_id: str) -> HttpResponse:
    """What was bought, as it was sold; below it what may still go with it, for who wants offers and has no trouble with the order."""
    context = _context(request, public_id)
    row: Order = context["order"]
    lines = sorted(row.lines.all(), key=lambda line: line.position)
    offer = "" if context["journey"].facts.unsent else open_offer(row, now=request.now)
    shelves = shelves_of(lines=lines)
    shown = [(line, shelves.get(line.pk)) for line in lines]
    extra = {"lines": shown, "asked": asked_for(row), "offer": offer, "current": "order-products"}
    return show(request, "order_products.html", {**context, **extra})
