"""The hub: what needs a look, and the list of orders."""

from collections.abc import Sequence
from typing import cast

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from orders.models import Order
from portal.selectors.attention import attention_of
from portal.selectors.order_list import Show, Wanted, shelf_of, shopper_orders, wanted
from portal.selectors.orders import Listed, listed, with_summary
from portal.selectors.parcels import bare_parcels_of, troubles_of
from portal.selectors.returns import waiting_for_shopper
from portal.selectors.reviews import opinion_of
from portal.views.edge import PortalRequest, SignedInRequest, page, show, signed_in, to_sign_in
from returns.selectors import policy

PER_PAGE, PER_HUB = 10, 5
LEVELS = {"hub.html": "h3", "orders.html": "h2"}  # of a heading in the list: it stands below the list's own
NEWEST = 30  # orders looked through for what needs a look


def _wanted(request: SignedInRequest) -> Wanted:
    given = request.GET
    return wanted(query=given.get("q", ""), year=given.get("year", ""), show=given.get("show", ""))


@page
@require_safe
def hub(request: PortalRequest) -> HttpResponse:
    """My account. A guest's account is the one order."""
    if request.customer is None and request.guest is not None:
        return HttpResponseRedirect(reverse("order", args=[request.guest.order.public_id]))
    return to_sign_in(request) if request.customer is None else _hub(cast(SignedInRequest, request))


def _hub(request: SignedInRequest) -> HttpResponse:
    """What needs a look stands first, but never between the shopper and a search."""
    asked = _wanted(request)
    everything = shopper_orders(customer_id=request.customer.pk, wanted=Wanted(), zone=request.zone)
    newest = [] if asked.is_set else list(with_summary(everything)[:NEWEST])
    found = _page_of(request, asked, per_page=PER_HUB, known=newest)
    rows = {row.order.pk: row for row in _listed(request, [*newest, *found.object_list])}
    looked_at = [rows[order.pk] for order in newest]
    waiting = waiting_for_shopper(newest)
    attention = attention_of(looked_at, today=request.today, zone=request.zone, waiting=waiting)
    context = {
        "attention": attention,
        "returns_waiting": len(waiting),
        # Nobody is asked how it is while something is wrong.
        "opinion": None if attention or asked.is_set else opinion_of(request.customer, now=request.now),
        "travelling": sum(row.is_travelling for row in looked_at),
        "policy": policy(),
        **_list_context(request, asked, found, [rows[order.pk] for order in found.object_list]),
    }
    return _show(request, "hub.html", context)


@signed_in
@require_safe
def orders(request: SignedInRequest) -> HttpResponse:
    """The list alone."""
    asked = _wanted(request)
    found = _page_of(request, asked, per_page=PER_PAGE)
    return _show(request, "orders.html", _list_context(request, asked, found, _listed(request, list(found.object_list))))


def _show(request: SignedInRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """The page; only its list when the page's own script asks for that."""
    is_part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "found"
    response = show(request, "order_list_found.html" if is_part else template, {**context, "is_part": is_part, "level": LEVELS[template]})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page_of(request: SignedInRequest, asked: Wanted, *, per_page: int, known: Sequence[Order] = ()) -> "Page[Order]":
    """One page of the list; the first ones are not read again where they are `known`."""
    rows = shopper_orders(customer_id=request.customer.pk, wanted=asked, zone=request.zone)
    found = Paginator(rows, per_page).get_page(request.GET.get("page", "1"))
    is_known = bool(known) and found.number == 1
    found.object_list = list(known[:per_page]) if is_known else list(with_summary(found.object_list))  # type: ignore[arg-type]
    return found


def _listed(request: SignedInRequest, orders: list[Order]) -> list[Listed]:
    unique = list({order.pk: order for order in orders}.values())
    ids = [order.pk for order in unique]
    return listed(unique, bare_parcels_of(order_ids=ids), troubles_of(order_ids=ids), today=request.today, zone=request.zone)


def _list_context(request: SignedInRequest, asked: Wanted, found: "Page[Order]", rows: list[Listed]) -> dict[str, object]:
    shelf = shelf_of(customer_id=request.customer.pk, zone=request.zone)
    return {
        "rows": rows,
        "found": found,
        "pages": list(found.paginator.get_elided_page_range(found.number, on_each_side=1, on_ends=1)),
        "wanted": asked,
        "shelf": shelf,
        "parts": [part for part in Show if part != Show.ARCHIVED or shelf.has_archived],
    }
