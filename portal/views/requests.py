"""Cancel an order, have it sent elsewhere, take a wish back. Opening a page changes nothing; the shop decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from core.addresses import FIELDS, address_problems, place_of, tidy_address
from customers.models import SavedAddress
from customers.selectors import address_of, addresses_of
from orders.models import Order, OrderRequest
from orders.selectors import Setting, requests_of, setting
from orders.services import (
    AlreadyAsked,
    RequestsClosed,
    RequestSettled,
    SameAddress,
    request_address,
    request_cancel,
    withdraw_request,
)
from orders.types import Address, RequestKind, RequestState
from portal.formats import countries_by_name
from portal.rules.requests import address_errors, cause_choices, postcode_label, region_label
from portal.selectors.orders import order_with_lines
from portal.selectors.requests import Changes, asked_of, changes_of, money_back
from portal.views.edge import PortalRequest, for_order, show
from portal.views.orders import journey, own

LONGEST = 500  # of a field as typed, before it is checked


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: PortalRequest, public_id: str) -> HttpResponse:
    """What happens to the order and to the money, until when; then one press. Asked for before, its page is shown."""
    order = own(order_with_lines, request, public_id)
    rows = requests_of(order)
    if (waiting := _waiting(rows, RequestKind.CANCEL)) is not None:
        return _to_request(order, waiting.public_id)
    if request.method != "POST":
        return _cancel_page(request, order, rows)
    given = {"cause": request.POST.get("cause", ""), "note": request.POST.get("note", "")}
    try:
        row = request_cancel(order=order, at=request.now, **given)
    except RequestsClosed:
        return _cancel_page(request, order, rows, status=409)
    return _to_request(order, row.public_id)


def _cancel_page(request: PortalRequest, order: Order, rows: Sequence[OrderRequest], *, status: int = 200) -> HttpResponse:
    here = setting()
    context = {
        "changes": _changes(request, order, rows, here=here),
        "waiting": _waiting(rows, RequestKind.ADDRESS),
        "back": money_back(order, today=request.today, here=here),
        "causes": cause_choices(),
    }
    return show(request, "requests/cancel.html", {**_common(request, order, rows), **context}, status=status)


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: PortalRequest, public_id: str) -> HttpResponse:
    """The address it goes to, to be changed; each country asks for its own. What is wrong is named at its field."""
    order = own(order_with_lines, request, public_id)
    rows = requests_of(order)
    changes = _changes(request, order, rows)
    if (waiting := _waiting(rows, RequestKind.ADDRESS) or _waiting(rows, RequestKind.CANCEL)) is not None:
        return _to_request(order, waiting.public_id)
    if request.method != "POST":
        return _address_page(request, order, changes, tidy_address(_start(request, order)))
    typed = tidy_address({name: request.POST.get(name, "")[:LONGEST] for name in FIELDS})
    problems = address_problems(typed, countries=countries_by_name(get_language() or "en"))
    if problems and not changes.address:
        errors = address_errors(problems, typed["country"])
        return _address_page(request, order, changes, typed, errors=errors, status=422)
    return _ask_address(request, order, changes, typed)


def _start(request: PortalRequest, order: Order) -> dict[str, str]:
    """The address it goes to, or the one picked of the shopper's own."""
    use = request.GET.get("use", "").replace("\0", "")
    picked = address_of(request.customer, public_id=use) if use and request.customer is not None else None
    return {name: getattr(picked, name) for name in FIELDS} if picked else _texts(order.shipping_address)


def _book(request: PortalRequest) -> list[SavedAddress]:
    """The shopper's own addresses; a guest has none."""
    return addresses_of(request.customer) if request.customer is not None else []


def _ask_address(request: PortalRequest, order: Order, changes: Changes, typed: Mapping[str, str]) -> HttpResponse:
    try:
        row = request_address(order=order, address=Address(**typed), at=request.now)
    except RequestsClosed:
        return _address_page(request, order, changes, typed, status=409)
    except SameAddress:
        return _address_page(request, order, changes, typed, is_same=True, status=422)
    except AlreadyAsked:  # by another browser in this moment: its page says what
        return HttpResponseRedirect(request.path)
    return _to_request(order, row.public_id)


def _address_page(
    request: PortalRequest,
    order: Order,
    changes: Changes,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    is_same: bool = False,
    status: int = 200,
) -> HttpResponse:
    country = typed["country"]
    context = {
        "changes": changes,
        "typed": typed,
        "book": [] if changes.address else _book(request),
        "errors": errors or {},
        "is_same": is_same,
        "countries": countries_by_name(get_language() or "en").items(),
        "place": place_of(country),
        "postcode_label": postcode_label(country),
        "region_label": region_label(country),
    }
    return show(request, "requests/address.html", {**_common(request, order, []), **context}, status=status)


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def asked_for(request: PortalRequest, public_id: str, request_id: str) -> HttpResponse:
    """What was asked for, by when it is answered, and what became of it; while it is open it can be taken back."""
    order = own(order_with_lines, request, public_id)
    rows = requests_of(order)
    row = next((row for row in rows if row.public_id == request_id), None)
    if row is None:
        raise Http404
    if request.method != "POST":
        return _request_page(request, order, rows, row)
    try:
        withdraw_request(request=row, at=request.now)
    except RequestSettled:
        row.refresh_from_db()
        return _request_page(request, order, rows, row, status=409)
    return HttpResponseRedirect(request.path)


def _request_page(
    request: PortalRequest, order: Order, rows: Sequence[OrderRequest], row: OrderRequest, *, status: int = 200
) -> HttpResponse:
    here = setting()
    context = {
        "one": asked_of(row),
        "is_too_late": status == 409,
        "changes": _changes(request, order, rows, here=here),
        "back": money_back(order, today=request.today, here=here),
    }
    return show(request, "requests/request.html", {**_common(request, order, rows), **context}, status=status)


def _common(request: PortalRequest, order: Order, rows: Sequence[OrderRequest]) -> dict[str, Any]:
    return {"order": order, "journey": journey(request, order, requests=rows), "current": ""}


def _changes(request: PortalRequest, order: Order, rows: Sequence[OrderRequest], *, here: Setting | None = None) -> Changes:
    return changes_of(order, asked=[asked_of(row) for row in rows], now=request.now, here=here)


def _waiting(rows: Sequence[OrderRequest], kind: RequestKind) -> OrderRequest | None:
    return next((row for row in rows if row.state == RequestState.REQUESTED and row.kind == kind), None)


def _to_request(order: Order, request_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("order-request", args=[order.public_id, request_id]))


def _texts(address: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(address.get(name) or "") for name in FIELDS}
