"""The page an order link in a message opens: everything about the order to read, nothing to change, the person masked.

Three grades: a link that has ended or was revoked tells state, days and how many things; a live one shows the order; who proves by a
code or by signing in that it is theirs gets the page they act on. A link is passed on and lies in mailboxes, so it never changes
anything: its one button sends a code to the order's own address.
"""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.text import mask_email, mask_phone
from customers.selectors import usable_email, usable_phone
from customers.types import Channel
from orders.models import Order
from orders.rules.look_up import Contact
from orders.selectors import OrderNotFound
from portal.rules.masks import masked_place
from portal.selectors.links import Opened, order_of_link
from portal.views.edge import PortalRequest, page, show
from portal.views.find_order import ask
from portal.views.orders import journey
from portal.views.track import owns


@page
@require_http_methods(["GET", "HEAD", "POST"])
def view(request: PortalRequest, token: str) -> HttpResponse:
    """Forged links and those of other merchants are a plain 404; the owner is led to the page of their own."""
    try:
        opened = order_of_link(token=token, now=request.now)
    except OrderNotFound:
        raise Http404 from None
    order = opened.order
    if owns(request, order):
        return HttpResponseRedirect(reverse("order", args=[order.public_id]))
    contact = _contact_of(order)
    if request.method != "POST":
        return show(request, f"links/{'view' if opened.is_live else 'stub'}.html", _context(request, opened, contact))
    if contact is None:
        raise Http404
    return ask(request, number=order.number, contact=contact, told={"number": order.number, "shown": _masked(contact), "link": token})


def _contact_of(order: Order) -> Contact | None:
    """Where its code would go: the order's e-mail address, else its telephone; None when neither can be used."""
    if address := usable_email(order.email):
        return Contact(Channel.EMAIL, address)
    number = usable_phone(order.phone)
    return Contact(Channel.SMS, number) if number else None


def _masked(contact: Contact) -> str:
    return mask_email(contact.address) if contact.channel == Channel.EMAIL else mask_phone(contact.address)


def _context(request: PortalRequest, opened: Opened, contact: Contact | None) -> dict[str, Any]:
    order = opened.order
    lines = sorted(order.lines.all(), key=lambda line: line.position)
    address = order.shipping_address if isinstance(order.shipping_address, dict) else {}
    return {
        "order": order,
        "journey": journey(request, order),
        "until": opened.until,
        "lines": lines,
        "count": sum(line.quantity - line.quantity_removed for line in lines),
        "refunds": sorted(order.refunds.all(), key=lambda refund: refund.refunded_at),
        "place": masked_place(address),
        "masked": _masked(contact) if contact else "",
    }
