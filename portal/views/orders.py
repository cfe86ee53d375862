"""One order: overview, products, returns. Only for the one who placed it; anybody else gets a 404."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from orders.models import Order, OrderLine
from orders.selectors import OrderNotFound, order_page
from portal.selectors.history import history_of, promises_of
from portal.selectors.journey import Journey, journey_of
from portal.selectors.offers import asked_for, open_offer
from portal.selectors.orders import line_of, order_with_lines
from portal.selectors.parcels import parcels_with_contents, troubles_of
from portal.views.edge import PortalRequest, SignedInRequest, show, signed_in
from returns.rules import return_deadline
from returns.selectors import policy


def _own(find: Callable[..., Order], request: SignedInRequest, public_id: str) -> Order:
    try:
        return find(public_id=public_id, customer_id=request.customer.pk)
    except OrderNotFound:
        raise Http404 from None


def journey(request: PortalRequest, order: Order) -> Journey:
    """The order with its parcels, as of this request."""
    troubles = troubles_of(order_ids=[order.pk])[order.pk]
    return journey_of(order, parcels_with_contents(order_id=order.pk), troubles, today=request.today, zone=request.zone)


def _context(request: SignedInRequest, public_id: str, *, find: Callable[..., Order] = order_with_lines) -> dict[str, Any]:
    order = _own(find, request, public_id)
    return {"order": order, "journey": journey(request, order)}


@signed_in
@require_safe
def order(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Everything about the order in short."""
    context = _context(request, public_id, find=order_page)
    row: Order = context["order"]
    extra = {"current": "order", "history": history_of(row, context["journey"].parcels), "promises": promises_of(row)}
    return show(request, "order.html", {**context, **extra, "refunds": sorted(row.refunds.all(), key=lambda r: r.refunded_at)})


@signed_in
@require_safe
def products(request: SignedInRequest, public_id: str) -> HttpResponse:
    """What was bought, as it was sold; below it what may still go with it, for who wants offers and has no trouble with the order."""
    context = _context(request, public_id)
    row: Order = context["order"]
    lines = sorted(row.lines.all(), key=lambda line: line.position)
    offer = "" if context["journey"].facts.unsent else open_offer(row, now=request.now)
    extra = {"lines": lines, "asked": asked_for(row), "offer": offer, "current": "order-products"}
    return show(request, "order_products.html", {**context, **extra})


@signed_in
@require_safe
def product(request: SignedInRequest, public_id: str, line_id: str) -> HttpResponse:
    """One line: the snapshot of the day it was bought, and what the catalogue says of it now."""
    row = _own(order_with_lines, request, public_id)
    line = line_of(order=row, public_id=line_id)
    if line is None:
        raise Http404
    return show(request, "order_product.html", {"order": row, "line": line, "guide": _guide(line), "current": "order-products"})


@dataclass(frozen=True, slots=True)
class Guide:
    """What the catalogue knows of a product today."""

    description: str
    specs: list[tuple[str, str]]
    text: str
    page_url: str


def _guide(line: OrderLine) -> Guide | None:
    product = line.product
    if product is None:
        return None
    specs = [(str(name), str(value)) for name, value in product.specs.items()] if isinstance(product.specs, dict) else []
    if not (product.description or specs or product.guide):
        return None
    return Guide(product.description, specs, product.guide, "" if product.deleted_at else product.page_url)


@signed_in
@require_safe
def returns(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Until when and how this order can be sent back."""
    context = _context(request, public_id)
    row: Order = context["order"]
    travels: Journey = context["journey"]
    rules = policy()
    deadline = return_deadline(
        window_days=rules.window_days,
        delivered_on=travels.delivered_on.astimezone(request.zone).date() if travels.delivered_on else None,
        arrive_by=row.arrive_by,
        placed_on=row.placed_at.astimezone(request.zone).date(),
    )
    extra = {"policy": rules, "deadline": deadline, "is_over": deadline < request.today, "current": "order-returns"}
    return show(request, "order_returns.html", {**context, **extra})
