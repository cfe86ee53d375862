"""Finding one order without an account: number and address, then a code.

The answer says nothing about whether there is such an order. What the browser asked for is kept in a signed cookie for ten minutes.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.callers import neighbourhood
from core.encryption import random_id
from core.limits import first_in
from customers.types import Channel
from merchants.audit import Line, write
from merchants.types import Deed, Result
from notifications.selectors import active_accounts
from orders.models import LookUp
from orders.rules.look_up import CODE_LIFETIME, GUEST_LIFETIME, LONGEST_NUMBER, BadContact, Contact, contact_in, number_in
from orders.services.look_up import TooManyLookUps, WrongOrderCode, end_guest, open_guest, redeem_look_up, request_look_up
from portal.views.edge import GUEST_COOKIE, PortalRequest, client_ip, cookie_name, drop_cookie, page, set_cookie, show

RESEND_AFTER = timedelta(seconds=60)
RETRY_AFTER = 3600  # seconds; the longest of the hourly limits in orders.rules.look_up
TOLD_ONCE = 600  # seconds in which the log tells of a network once
PENDING = "look-up"  # cookie: which browser asked, for what, when
SALT = "portal.look-up"
LONGEST_CONTACT = 254
Pending = dict[str, Any]


@page
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: PortalRequest) -> HttpResponse:
    """Ask for the number and for the e-mail address or telephone number of the order."""
    can_text = any(account.channel == Channel.SMS for account in active_accounts())
    if request.method != "POST":
        return show(request, "guest/find.html", {"number": request.GET.get("number", "")[:LONGEST_NUMBER], "can_text": can_text})
    number = request.POST.get("number", "")
    typed = request.POST.get("contact", "")[: 2 * LONGEST_CONTACT]
    contact = _contact(request, typed, can_text=can_text)
    if not number_in(number) or contact is None:
        wrong = {"is_number_bad": not number_in(number), "is_contact_bad": contact is None, "can_text": can_text}
        shown = {"number": number[:LONGEST_NUMBER], "contact_typed": typed[:LONGEST_CONTACT]}
        return show(request, "guest/find.html", {**wrong, **shown}, status=422)
    shown_number = number.strip()[:LONGEST_NUMBER]
    return ask(request, number=number, contact=contact, told={"number": shown_number, "contact": contact.address, "shown": contact.address})


def _contact(request: PortalRequest, typed: str, *, can_text: bool) -> Contact | None:
    """None for what is neither, and for a telephone number where the merchant sends no texts."""
    try:
        contact = contact_in(typed, region=request.merchant.country)
    except BadContact:
        return None
    return contact if can_text or contact.channel == Channel.EMAIL else None


def ask(request: PortalRequest, *, number: str, contact: Contact, told: Pending) -> HttpResponse:
    """Have a code sent when there is such an order, and lead to its page; `told` is what the browser may know, for asking again."""
    browser = str(pending_of(request).get("browser") or random_id())
    try:
        request_look_up(number=number, contact=contact, ip=client_ip(request), browser=browser, at=request.now)
    except TooManyLookUps:
        return too_many(request)
    response = HttpResponseRedirect(reverse("find-order-code"))
    values = {**told, "browser": browser, "channel": contact.channel.value, "asked": request.now.timestamp()}
    set_cookie(response, PENDING, signing.dumps(values, salt=SALT), max_age=int(CODE_LIFETIME.total_seconds()))
    return response


def pending_of(request: PortalRequest) -> Pending:
    """What this browser asked for; empty when it did not, or the cookie was changed or is old."""
    try:
        values: Pending = signing.loads(request.COOKIES.get(cookie_name(PENDING), ""), salt=SALT, max_age=CODE_LIFETIME)
    except signing.BadSignature:
        return {}
    return values


def too_many(request: PortalRequest) -> HttpResponse:
    """429, alike for orders that are there and that are not."""
    network = neighbourhood(client_ip(request))
    if first_in(what=f"look-ups:{request.merchant.pk}:{network}", seconds=TOLD_ONCE):
        write(Line(Deed.LOOK_UP_THROTTLED, result=Result.REFUSED))
    response = show(request, "guest/too_many.html", status=429)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


@page
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: PortalRequest) -> HttpResponse:
    """Take the six digits, in the browser that asked for them, and open the order."""
    pending = pending_of(request)
    if not pending:
        return HttpResponseRedirect(reverse("find-order"))
    if request.method != "POST":
        return _code_page(request, pending)
    try:
        row = redeem_look_up(code=request.POST.get("code", "")[:40], browser=str(pending["browser"]), ip=client_ip(request), at=request.now)
    except WrongOrderCode:
        wrong = _("This code is not right, or it is older than ten minutes. Take the newest one, or ask for a new code.")
        return _code_page(request, pending, error=wrong, status=422)
    except TooManyLookUps:
        return too_many(request)
    return _open(request, row)


def _code_page(request: PortalRequest, pending: Pending, *, error: str = "", wait: int = 0, status: int = 200) -> HttpResponse:
    asked = datetime.fromtimestamp(float(pending["asked"]), tz=UTC)
    told = {"number": pending["number"], "shown": pending["shown"], "is_text": pending["channel"] == Channel.SMS}
    return show(request, "guest/code.html", {**told, "error": error, "wait": wait, "resend_at": asked + RESEND_AFTER}, status=status)


def _open(request: PortalRequest, row: LookUp) -> HttpResponse:
    """A fresh access for this browser; the order it saw before as a guest is closed."""
    assert row.order is not None
    if request.guest is not None:
        end_guest(guest=request.guest, at=request.now)
    token = open_guest(order_id=row.order.pk, channel=row.channel, at=request.now)
    response = HttpResponseRedirect(reverse("order", args=[row.order.public_id]))
    set_cookie(response, GUEST_COOKIE, token, max_age=int(GUEST_LIFETIME.total_seconds()))
    drop_cookie(response, PENDING)
    return response


@page
@require_POST
def resend(request: PortalRequest) -> HttpResponse:
    """A new code, not sooner than a minute after the last. One asked for by a link is asked for again by that link."""
    pending = pending_of(request)
    if not pending:
        return HttpResponseRedirect(reverse("find-order"))
    left = float(pending["asked"]) + RESEND_AFTER.total_seconds() - request.now.timestamp()
    if left > 0:
        response = _code_page(request, pending, wait=ceil(left), status=429)
        response["Retry-After"] = str(ceil(left))
        return response
    if "contact" not in pending:
        return HttpResponseRedirect(reverse("view", args=[pending["link"]]))
    contact = Contact(Channel(pending["channel"]), str(pending["contact"]))
    told = {name: pending[name] for name in ("number", "contact", "shown")}
    return ask(request, number=str(pending["number"]), contact=contact, told=told)


@page
@require_POST
def forget(request: PortalRequest) -> HttpResponse:
    """Close the order in this browser, and clear what it kept."""
    if request.guest is not None:
        end_guest(guest=request.guest, at=request.now)
    response = HttpResponseRedirect(reverse("find-order"))
    drop_cookie(response, GUEST_COOKIE)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
