"""Which links lead to an order, and how to end them."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders.rules.links import gift_until, is_over
from orders.services.links import revoke_gift_link, revoke_order_links
from orders.tokens import gift_token
from portal.selectors.orders import order_with_lines
from portal.views.edge import PortalRequest, for_order, show
from portal.views.orders import own

GIFT, LINKS = "gift", "links"


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the gift link; end it, or every order link in messages, at a press."""
    order = own(order_with_lines, request, public_id)
    path = reverse("order-share", args=[public_id])
    if request.method == "POST":
        what = request.POST.get("end", "")
        if what == GIFT:
            revoke_gift_link(order=order, at=request.now)
        elif what == LINKS:
            revoke_order_links(order=order, at=request.now, but=request.guest)
        return HttpResponseRedirect(f"{path}?ended={what}" if what in (GIFT, LINKS) else path)
    until = gift_until(order.placed_at)
    link = request.build_absolute_uri(reverse("gift", args=[gift_token(order)]))
    ended = request.GET.get("ended", "")
    context = {
        "order": order,
        "link": link,
        "until": until,
        "is_over": is_over(until, now=request.now),
        "ended": ended if ended in (GIFT, LINKS) else "",
        "current": "order-share",
    }
    return show(request, "links/share.html", context)
