"""From a guest of one order to an account with all of them."""

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.text import BadEmail, mask_email, normalise_email
from customers.models import Customer
from customers.selectors import customer_by_email
from customers.services import upsert_customer
from customers.types import SignInMethod
from orders.models import GuestAccess
from orders.services.attach import account_of_guest, attach_orders, opens_account
from orders.services.look_up import end_guest
from portal.views.edge import GUEST_COOKIE, PortalRequest, drop_cookie, page, show
from portal.views.sign_in import send_code, welcome

NOW, ADD, TAKEN, BY_EMAIL = "now", "add", "taken", "email"


@page
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: PortalRequest) -> HttpResponse:
    """One press for who proved an e-mail address; who proved a telephone number proves an address first, then adds the orders."""
    guest = request.guest
    if guest is None:
        return HttpResponseRedirect(reverse("orders" if request.customer else "find-order"))
    if request.customer is not None and request.customer.pk == guest.order.customer_id:
        return HttpResponseRedirect(reverse("order", args=[guest.order.public_id]))
    way = _way(guest, request.customer)
    if request.method == "POST" and way == NOW:
        return _sign_in(request, guest)
    if request.method == "POST" and way == ADD:
        return _add(request, guest)
    if request.method == "POST" and way == BY_EMAIL:
        return _ask_email(request, guest)
    return _page(request, guest, way)


def _way(guest: GuestAccess, customer: Customer | None) -> str:
    if customer is not None:
        return ADD if guest.order.customer_id is None else TAKEN
    return NOW if opens_account(guest) else BY_EMAIL


def _page(request: PortalRequest, guest: GuestAccess, way: str, *, email: str = "", status: int = 200) -> HttpResponse:
    masked = mask_email(guest.order.email) if way == NOW else ""
    context = {"order": guest.order, "way": way, "masked": masked, "email": email, "is_bad": status == 422}
    return show(request, "guest/keep.html", context, status=status)


def _sign_in(request: PortalRequest, guest: GuestAccess) -> HttpResponse:
    customer = account_of_guest(guest=guest, at=request.now)
    if customer is None:  # the address changed hands between the page and the press
        return HttpResponseRedirect(reverse("find-order-keep"))
    attach_orders(customer=customer, guest=guest, at=request.now)
    response = welcome(request, customer, next_path=reverse("orders"), method=SignInMethod.GUEST, proven_at=guest.created_at)
    return _done(request, guest, response)


def _add(request: PortalRequest, guest: GuestAccess) -> HttpResponse:
    assert request.customer is not None
    attach_orders(customer=request.customer, guest=guest, at=request.now)
    return _done(request, guest, HttpResponseRedirect(reverse("order", args=[guest.order.public_id])))


def _done(request: PortalRequest, guest: GuestAccess, response: HttpResponse) -> HttpResponse:
    """The account takes the guest's place."""
    end_guest(guest=guest, at=request.now)
    drop_cookie(response, GUEST_COOKIE)
    return response


def _ask_email(request: PortalRequest, guest: GuestAccess) -> HttpResponse:
    """The account begins with nothing but the address: name and orders come once the code is typed."""
    email = request.POST.get("email", "").strip()
    try:
        normalise_email(email)
    except BadEmail:
        return _page(request, guest, BY_EMAIL, email=email[:254], status=422)
    with transaction.atomic():
        if customer_by_email(email=email) is None:  # an account that is there is not touched by who has not proven its address
            upsert_customer(email=email, phone="", first_name="", last_name="", language=request.LANGUAGE_CODE, at=request.now)
        response = send_code(request, email=email, next_path=reverse("find-order-keep"))
        transaction.set_rollback(response.status_code == 429)  # who asks too often makes no accounts either
    return response
