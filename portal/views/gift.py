"""The page for whom a present is: when it comes and how far it is. No price, no address, nobody's name, and what is in it only once
it has come. It never names the order's other links, so that ending the gift link ends what it showed.
"""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from orders.selectors import OrderNotFound
from portal.selectors.links import order_of_gift
from portal.views.edge import PortalRequest, page, show
from portal.views.orders import journey


@page
@require_safe
def gift(request: PortalRequest, token: str) -> HttpResponse:
    """Forged links are a 404; one that has ended says so and who can give a new one."""
    try:
        opened = order_of_gift(token=token, now=request.now)
    except OrderNotFound:
        raise Http404 from None
    if not opened.is_live:
        return show(request, "links/gift_ended.html", status=410)
    context = {"journey": journey(request, opened.order), "until": opened.until, "now": request.now, "token": token}
    return show(request, "links/gift.html", context)
