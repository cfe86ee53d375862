"""Giving a present back, by the link of whom it is for: no price, no sign-in, and nothing of it is told to who gave it.

What is given back becomes store credit for the receiver, or something else. Its page opens under the same link by its own id,
and stays open when the link has ended: whoever sent something back must be able to see what becomes of it.
"""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders.selectors import OrderNotFound
from orders.types import OrderState
from portal.selectors.links import Opened, order_of_gift
from portal.views import return_new, returns
from portal.views.edge import PortalRequest, page, show
from returns.types import Actor, Origin


def _opened(request: PortalRequest, token: str) -> Opened:
    try:
        return order_of_gift(token=token, now=request.now)
    except OrderNotFound:
        raise Http404 from None


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest, token: str) -> HttpResponse:
    """The steps of a return, with who one is asked first. A link that has ended says so; a present that is not sent leads back."""
    opened = _opened(request, token)
    if not opened.is_live:
        return show(request, "links/gift_ended.html", status=410)
    if opened.order.state == OrderState.CANCELLED:
        return HttpResponseRedirect(reverse("gift", args=[token]))
    paths = {"new": reverse("gift-return-new", args=[token]), "back": reverse("gift", args=[token]), "claim": "", "photos": ""}
    return return_new.run(request, return_new.Desk(opened.order, paths, Actor(Origin.GIFT), is_gift=True))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: PortalRequest, token: str, case_id: str) -> HttpResponse:
    """One present that goes back. The giver's own returns are no business of this link."""
    opened = _opened(request, token)
    row = returns.found_case(case_id, is_gift=True, order_id=opened.order.pk)
    paths = {"case": reverse("gift-return", args=[token, case_id]), "back": reverse("gift", args=[token])}
    return returns.run(request, returns.Place(opened.order, paths, Actor(Origin.GIFT), is_gift=True), row)
