"""Asking somebody who is signed in to prove again who they are, before anything an account hangs on."""

from collections.abc import Callable
from datetime import timedelta

from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.encryption import random_id
from core.text import mask_email
from customers.rules import SESSION_LIFETIME, SIGN_IN_LIFETIME
from customers.selectors import passkeys_of
from customers.services import (
    BadPasskey,
    TooManyRequests,
    WrongCode,
    WrongPassword,
    confirm_password,
    confirm_session,
    passkey_sign_in,
    redeem_code,
    request_sign_in,
)
from portal.rules import own_path
from portal.views.challenges import challenge_of, site_of
from portal.views.edge import SignedInRequest, client_ip, cookie_name, drop_cookie, is_recent, set_cookie, show, signed_in
from portal.views.sign_in import CODES_AGAIN, too_many
from portal.views.sign_in_passkey import CONFIRM, refused_words
from portal.views.sign_in_password import RETRY_AFTER

PENDING, SALT = "confirm", "portal.confirm"  # cookie: which browser asked for a code, and where it goes on


@sensitive_post_parameters("password")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: SignedInRequest) -> HttpResponse:
    """Offer every way this account has: passkey, password, a code by e-mail."""
    next_path = own_path(request.POST.get("next") or request.GET.get("next") or reverse("security"))
    ways: dict[str, Callable[[SignedInRequest, str], HttpResponse]] = {"password": _by_password, "passkey": _by_passkey, "code": _send}
    if request.method == "POST" and (way := ways.get(request.POST.get("way", ""))):
        return way(request, next_path)
    if request.method != "POST" and is_recent(request):
        return HttpResponseRedirect(next_path)
    return _page(request, next_path, status=200 if request.method != "POST" else 422)


def _page(request: SignedInRequest, next_path: str, *, wrong: str = "", passkey_error: str = "", status: int) -> HttpResponse:
    context = {
        "next": next_path,
        "has_password": bool(request.customer.password),
        "has_passkeys": bool(passkeys_of(request.customer)),
        "email": mask_email(request.customer.email) if request.customer.email_normalised else "",
        "wrong": wrong,
        "passkey_error": passkey_error,
    }
    return show(request, "security/confirm.html", context, status=status)


def _by_password(request: SignedInRequest, next_path: str) -> HttpResponse:
    password = request.POST.get("password", "")
    try:
        confirm_password(customer=request.customer, password=password, ip=client_ip(request), at=request.now)
    except TooManyRequests:
        return too_many(request, seconds=RETRY_AFTER, are_tries=True)
    except WrongPassword:
        wrong = _("This is not the password of this account. Try again, or use a code.")
        return _page(request, next_path, wrong=wrong, status=422)
    return _confirmed(request, next_path)


def _by_passkey(request: SignedInRequest, next_path: str) -> HttpResponse:
    try:
        passkey_sign_in(
            answer=request.POST.get("answer", ""),
            challenge=challenge_of(request, use=CONFIRM),
            site=site_of(request),
            ip=client_ip(request),
            customer=request.customer,
            at=request.now,
        )
    except TooManyRequests:
        return too_many(request, are_tries=True)
    except BadPasskey:
        return _page(request, next_path, passkey_error=refused_words(), status=422)
    response = _confirmed(request, next_path)
    drop_cookie(response, "challenge")
    return response


def _send(request: SignedInRequest, next_path: str) -> HttpResponse:
    """The code is a sign-in code: whoever reads this mail could sign in anyway."""
    if not request.customer.email_normalised:
        return _page(request, next_path, status=422)
    browser = random_id()
    try:
        request_sign_in(email=request.customer.email, ip=client_ip(request), browser=browser, next_path=next_path, at=request.now)
    except TooManyRequests:
        return too_many(request)
    response = HttpResponseRedirect(reverse("confirm-code"))
    kept = signing.dumps({"browser": browser, "next": next_path}, salt=SALT)
    set_cookie(response, PENDING, kept, max_age=int(SIGN_IN_LIFETIME.total_seconds()))
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: SignedInRequest) -> HttpResponse:
    """Take the six digits, in the browser that asked for them."""
    pending = _pending(request)
    if not pending:
        return HttpResponseRedirect(reverse("confirm"))
    context = {"email": mask_email(request.customer.email), "next": pending["next"]}
    if request.method != "POST":
        return show(request, "security/confirm_code.html", context)
    digits = "".join(request.POST.get("code", "")[:40].split())
    try:
        proven = redeem_code(email=request.customer.email, code=digits, browser=pending["browser"], ip=client_ip(request), at=request.now)
    except TooManyRequests:
        return too_many(request, seconds=CODES_AGAIN, is_busy=True)
    except WrongCode:
        proven = None
    if proven != request.customer:
        return show(request, "security/confirm_code.html", {**context, "is_wrong": True}, status=422)
    response = _confirmed(request, pending["next"])
    drop_cookie(response, PENDING)
    return response


def _pending(request: SignedInRequest) -> dict[str, str]:
    try:
        values: dict[str, str] = signing.loads(request.COOKIES.get(cookie_name(PENDING), ""), salt=SALT, max_age=SIGN_IN_LIFETIME)
    except signing.BadSignature:
        return {}
    return values


def _confirmed(request: SignedInRequest, next_path: str) -> HttpResponse:
    """Half an hour from now. The browser's token changes, so that a stolen older one is worth nothing."""
    token = confirm_session(token=request.COOKIES.get(cookie_name("shopper"), ""), at=request.now)
    if token is None:
        return HttpResponseRedirect(reverse("sign-in"))
    response = HttpResponseRedirect(own_path(next_path))
    left: timedelta = request.shopper.expires_at - request.now
    set_cookie(response, "shopper", token, max_age=min(int(left.total_seconds()), int(SESSION_LIFETIME.total_seconds())))
    return response
