"""The receipt of an order, as a PDF."""

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from orders.selectors import order_page
from portal.paper.receipt import draw_receipt
from portal.selectors.receipt import receipt_name, receipt_of
from portal.views.edge import PortalRequest, for_order
from portal.views.orders import own


@for_order
@require_safe
def receipt(request: PortalRequest, public_id: str) -> HttpResponse:
    """Lines, tax, payments, refunds and who sold it, in the reader's language."""
    order = own(order_page, request, public_id)
    said = receipt_of(order, merchant=request.merchant, branding=request.branding, language=get_language() or "en", zone=request.zone)
    response = HttpResponse(draw_receipt(said), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{receipt_name(order)}"'
    return response
