"""How a shopper gets in, where they are signed in, and what happened to the account."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.rules import PASSWORD_LONGEST, PASSWORD_SHORTEST
from customers.selectors import account_changes, live_sessions, passkeys_of
from customers.services import BadPassword, Browser, end_named_session, remove_password, set_password, sign_out_everywhere
from orders.services.look_up import end_guests_of
from portal.rules.devices import device_words
from portal.rules.security import fact_state, flaw_words, method_words
from portal.views.edge import SignedInRequest, cookie_name, device_of, drop_cookie, recently_confirmed, show, signed_in
from portal.views.notes import leave_note, note_for, said

MOST_SHOWN = 50  # browsers; the newest


@signed_in
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """Ways to sign in, the browsers that are, and what happened lately."""
    browsers = live_sessions(request.customer, now=request.now)
    context = {
        "note": note_for(request),
        "passkeys": len(passkeys_of(request.customer)),
        "browsers": [
            {
                "name": row.fingerprint,
                "device": device_words(row.user_agent),
                "method": method_words(row.method),
                "at": row.created_at,
                "is_this": row.pk == request.shopper.pk,
            }
            for row in sorted(browsers, key=lambda row: row.pk != request.shopper.pk)[:MOST_SHOWN]
        ],
        "others": len(browsers) - 1,
        "happened": [
            {"state": fact_state(row.what), "device": device_words(row.device), "at": row.at} for row in account_changes(request.customer)
        ],
    }
    return said(show(request, "security/overview.html", context), request)


def browser_of(request: SignedInRequest) -> Browser:
    """The browser that asks, whose session goes on."""
    return Browser(token=request.COOKIES.get(cookie_name("shopper"), ""), device=device_of(request))


@signed_in
@require_POST
def sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out one browser, all others, or everywhere."""
    act = request.POST.get("act", "")
    if act == "one":
        if not end_named_session(customer=request.customer, name=request.POST.get("session", "").replace("\0", ""), at=request.now):
            raise Http404
        return _back(request, "session-ended")
    if act not in ("others", "everywhere"):
        raise Http404
    browser = browser_of(request)
    keep = browser.token if act == "others" else ""
    sign_out_everywhere(customer=request.customer, keep=keep, device=browser.device, at=request.now)
    end_guests_of(customer=request.customer, at=request.now, but=request.guest if act == "others" else None)
    if act == "others":
        return _back(request, "others-ended")
    response = HttpResponseRedirect(reverse("sign-in"))
    drop_cookie(response, "shopper")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _back(request: SignedInRequest, code: str) -> HttpResponse:
    return leave_note(HttpResponseRedirect(reverse("security")), request, code)


@sensitive_post_parameters("password")
@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: SignedInRequest) -> HttpResponse:
    """Set, change or remove the password nobody needs."""
    if request.method != "POST":
        return _password_page(request)
    if request.POST.get("act") == "remove":
        remove_password(customer=request.customer, browser=browser_of(request), at=request.now)
        end_guests_of(customer=request.customer, at=request.now, but=request.guest)
        return _back(request, "password-removed")
    try:
        set_password(customer=request.customer, password=request.POST.get("password", ""), browser=browser_of(request), at=request.now)
    except BadPassword as bad:
        return _password_page(request, error=flaw_words(bad.flaw), status=422)
    end_guests_of(customer=request.customer, at=request.now, but=request.guest)
    return _back(request, "password-set")


def _password_page(request: SignedInRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {"error": error, "shortest": PASSWORD_SHORTEST, "longest": PASSWORD_LONGEST}
    return show(request, "security/password.html", context, status=status)
