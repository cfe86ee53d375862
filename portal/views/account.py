"""The hub: what needs a look, and the list of orders."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from orders.models import Order
from portal.selectors.attention import attention_of
from portal.selectors.orders import Listed, listed, shopper_orders, with_summary, years_of
from portal.selectors.parcels import bare_parcels_of, troubles_of
from portal.views.edge import SignedInRequest, show, signed_in
from returns.selectors import policy

PER_PAGE = 10
NEWEST = 30  # orders looked through for what needs a look
LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What the shopper looks for in the list."""

    query: str
    year: int | None
    page: str

    @property
    def is_set(self) -> bool:
        return bool(self.query or self.year)


def _filters(request: SignedInRequest) -> Filters:
    """Unusable values count as not given."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    year = request.GET.get("year", "")
    is_year = len(year) == 4 and year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100
    return Filters(query, int(year) if is_year else None, request.GET.get("page", "1"))


@signed_in
@require_safe
def hub(request: SignedInRequest) -> HttpResponse:
    """My account. What needs a look stands on the first page only, never between the shopper and a search."""
    filters = _filters(request)
    customer_id = request.customer.pk
    found = _page_of(request, filters)
    newest = [] if filters.is_set else list(with_summary(shopper_orders(customer_id=customer_id, zone=request.zone))[:NEWEST])
    rows = _listed(request, [*newest, *found.object_list])
    by_id = {row.order.pk: row for row in rows}
    context = {
        "attention": attention_of([by_id[order.pk] for order in newest], today=request.today, zone=request.zone),
        "policy": policy(),
        **_list_context(request, filters, found, [by_id[order.pk] for order in found.object_list]),
    }
    return show(request, "hub.html", context)


@signed_in
@require_safe
def orders(request: SignedInRequest) -> HttpResponse:
    """The list alone."""
    filters = _filters(request)
    found = _page_of(request, filters)
    return show(request, "orders.html", _list_context(request, filters, found, _listed(request, list(found.object_list))))


def _page_of(request: SignedInRequest, filters: Filters) -> "Page[Order]":
    rows = shopper_orders(customer_id=request.customer.pk, query=filters.query, year=filters.year, zone=request.zone)
    found = Paginator(rows, PER_PAGE).get_page(filters.page)
    found.object_list = list(with_summary(found.object_list))  # type: ignore[arg-type]
    return found


def _listed(request: SignedInRequest, orders: list[Order]) -> list[Listed]:
    unique = list({order.pk: order for order in orders}.values())
    ids = [order.pk for order in unique]
    return listed(unique, bare_parcels_of(order_ids=ids), troubles_of(order_ids=ids), today=request.today, zone=request.zone)


def _list_context(request: SignedInRequest, filters: Filters, found: "Page[Order]", rows: list[Listed]) -> dict[str, object]:
    years = years_of(customer_id=request.customer.pk, zone=request.zone)
    return {
        "rows": rows,
        "found": found,
        "pages": list(found.paginator.get_elided_page_range(found.number, on_each_side=1, on_ends=1)),
        "filters": filters,
        "years": years,
        "has_orders": bool(years),
    }
