"""Signing in by e-mailed code or link. A link's page never consumes it; only its button does."""

from datetime import UTC, datetime, timedelta
from math import ceil

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.encryption import random_id
from core.text import BadEmail, mask_email, normalise_email
from customers.models import Customer
from customers.rules import SESSION_LIFETIME, SIGN_IN_LIFETIME
from customers.services import (
    LinkExpired,
    TooManyRequests,
    WrongCode,
    end_session,
    open_session,
    peek_link,
    redeem_code,
    redeem_link,
    request_sign_in,
)
from customers.types import SignInMethod
from orders.services.look_up import end_guest
from portal.rules import own_path
from portal.views.edge import GUEST_COOKIE, PortalRequest, client_ip, cookie_name, device_of, drop_cookie, page, set_cookie, show

RESEND_AFTER = timedelta(seconds=60)
CODES_AGAIN = 3600  # seconds; the window of customers.rules.CODE_LIMITS
RETRY_AFTER = 600  # seconds; the shortest window of customers.rules.EMAIL_LIMITS
PENDING = "sign-in"  # cookie: which browser asked, for which address, when
SALT = "portal.sign-in"


@page
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: PortalRequest) -> HttpResponse:
    """Ask for the e-mail address. The answer is the same for addresses we know and do not know."""
    next_path = own_path(request.POST.get("next") or request.GET.get("next") or "/")
    if request.customer is not None:
        return HttpResponseRedirect(next_path)
    if request.method != "POST":
        return show(request, "sign_in.html", {"next": next_path})
    email = request.POST.get("email", "").strip()
    try:
        normalise_email(email)
    except BadEmail:
        return show(request, "sign_in.html", {"next": next_path, "email": email[:254], "is_bad": True}, status=422)
    return send_code(request, email=email, next_path=next_path)


def send_code(request: PortalRequest, *, email: str, next_path: str) -> HttpResponse:
    """Have a code sent and lead to its page; where it leads afterwards is kept in the browser."""
    browser = str(_pending(request).get("browser") or random_id())
    try:
        request_sign_in(email=email, ip=client_ip(request), browser=browser, next_path=next_path, at=request.now)
    except TooManyRequests:
        return too_many(request)
    response = HttpResponseRedirect(reverse("sign-in-code"))
    values = {"browser": browser, "email": email, "next": next_path, "asked": request.now.timestamp()}
    set_cookie(response, PENDING, signing.dumps(values, salt=SALT), max_age=int(SIGN_IN_LIFETIME.total_seconds()))
    return response


def _pending(request: PortalRequest) -> dict[str, str | float]:
    """What this browser asked for; empty when it did not, or the cookie was changed or is old."""
    try:
        values: dict[str, str | float] = signing.loads(request.COOKIES.get(cookie_name(PENDING), ""), salt=SALT, max_age=SIGN_IN_LIFETIME)
    except signing.BadSignature:
        return {}
    return values


def too_many(request: PortalRequest, *, seconds: int = RETRY_AFTER, are_tries: bool = False, is_busy: bool = False) -> HttpResponse:
    """429 with the wait in words and in the header. What is limited is codes asked for, tries of a password or passkey, or all else."""
    context = {"minutes": seconds // 60, "are_tries": are_tries, "is_busy": is_busy}
    response = show(request, "too_many.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


@page
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: PortalRequest) -> HttpResponse:
    """Take the six digits, in the browser that asked for them."""
    pending = _pending(request)
    if not pending:
        return HttpResponseRedirect(reverse("sign-in"))
    if request.method != "POST":
        return _code_page(request, pending)
    digits = "".join(request.POST.get("code", "")[:40].split())
    try:
        customer = redeem_code(
            email=str(pending["email"]), code=digits, browser=str(pending["browser"]), ip=client_ip(request), at=request.now
        )
    except TooManyRequests:
        return too_many(request, seconds=CODES_AGAIN, is_busy=True)
    except WrongCode:
        wrong = _("This code is not right, or it is older than ten minutes. Look for the newest e-mail, or ask for a new code.")
        return _code_page(request, pending, error=wrong, status=422)
    return welcome(request, customer, next_path=str(pending["next"]), method=SignInMethod.CODE)


def _code_page(
    request: PortalRequest, pending: dict[str, str | float], *, error: str = "", wait: int = 0, status: int = 200
) -> HttpResponse:
    asked = datetime.fromtimestamp(float(pending["asked"]), tz=UTC)
    context = {"email": pending["email"], "error": error, "wait": wait, "resend_at": asked + RESEND_AFTER}
    return show(request, "sign_in_code.html", context, status=status)


@page
@require_POST
def resend(request: PortalRequest) -> HttpResponse:
    """A new code, not sooner than a minute after the last."""
    pending = _pending(request)
    if not pending:
        return HttpResponseRedirect(reverse("sign-in"))
    left = float(pending["asked"]) + RESEND_AFTER.total_seconds() - request.now.timestamp()
    if left > 0:
        response = _code_page(request, pending, wait=ceil(left), status=429)
        response["Retry-After"] = str(ceil(left))
        return response
    return send_code(request, email=str(pending["email"]), next_path=str(pending["next"]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PortalRequest, token: str) -> HttpResponse:
    """The e-mailed link. Mail scanners open links: looking at the page signs nobody in."""
    if request.method == "POST":
        try:
            customer, next_path = redeem_link(token=token, at=request.now)
        except LinkExpired:
            return _expired(request)
        return welcome(request, customer, next_path=next_path, method=SignInMethod.LINK)
    link = peek_link(token=token, now=request.now)
    if link is None:
        return _expired(request)
    return show(request, "sign_in_confirm.html", {"email": mask_email(link.email_normalised)})


def _expired(request: PortalRequest) -> HttpResponse:
    return show(request, "sign_in_expired.html", status=410)


def welcome(
    request: PortalRequest, customer: Customer, *, next_path: str, method: SignInMethod, proven_at: datetime | None = None
) -> HttpResponse:
    """Open a fresh session; one the browser had before ends."""
    if old := request.COOKIES.get(cookie_name("shopper"), ""):
        end_session(token=old, at=request.now)
    token = open_session(customer=customer, user_agent=device_of(request), method=method, proven_at=proven_at, at=request.now)
    response = HttpResponseRedirect(own_path(next_path or "/"))
    set_cookie(response, "shopper", token, max_age=int(SESSION_LIFETIME.total_seconds()))
    drop_cookie(response, PENDING)
    return response


@page
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    """End this browser's session and clear what it kept; what it saw as a guest too, which is one press from the account."""
    if token := request.COOKIES.get(cookie_name("shopper"), ""):
        end_session(token=token, at=request.now)
    if request.guest is not None:
        end_guest(guest=request.guest, at=request.now)
    response = HttpResponseRedirect(reverse("sign-in"))
    drop_cookie(response, "shopper")
    drop_cookie(response, GUEST_COOKIE)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
