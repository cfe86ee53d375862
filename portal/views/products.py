"""One product: as it was sold, and what the catalogue says of it now. And the same for staff, before a shopper sees it."""

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from catalog.selectors import ProductNotFound, product_by_public_id
from catalog.tokens import read_preview_token
from portal.selectors.orders import line_of, order_with_lines
from portal.selectors.products import preview_page, product_page
from portal.selectors.reviews import said_of, summary_of
from portal.views.edge import PortalRequest, for_order, page, show
from portal.views.orders import own
from reviews.selectors.mine import product_key


@for_order
@require_safe
def product(request: PortalRequest, public_id: str, line_id: str) -> HttpResponse:
    """One line: the snapshot of the day it was bought, and what the catalogue says of it now."""
    row = own(order_with_lines, request, public_id)
    line = line_of(order=row, public_id=line_id)
    if line is None:
        raise Http404
    shown = product_page(order=row, line=line, today=request.today, zone=request.zone, language=get_language() or "en")
    is_over = shown.warranty is not None and shown.warranty.is_over(request.today)
    said = None if row.cancelled_at else said_of(line, now=request.now)
    context = {
        "order": row,
        "line": line,
        "page": shown,
        "is_over": is_over,
        "said": said,
        "reviewed": summary_of(key=product_key(line), title=line.title),
        "current": "order-products",
    }
    return show(request, "order_product.html", context)


@page
@require_safe
def preview(request: PortalRequest, token: str) -> HttpResponse:
    """The guide of a product without an order: for staff with a link from the admin, for a day."""
    public_id = read_preview_token(token, at=request.now)
    if public_id is None:
        raise Http404
    try:
        row = product_by_public_id(public_id=public_id)
    except ProductNotFound:
        raise Http404 from None
    shown = preview_page(product=row, now=request.now, country=request.merchant.country, language=get_language() or "en")
    return show(request, "product/preview.html", {"product": row, "page": shown})
