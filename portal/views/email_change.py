"""A new e-mail address: typed here, proven by a code sent there. What is said is the same for free and taken addresses."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.text import BadEmail
from customers.selectors import open_email_change
from customers.services import SameEmail, TooManyRequests, WrongCode, redeem_email_code, request_email_change
from orders.services.look_up import end_guests_of
from portal.views.edge import SignedInRequest, client_ip, recently_confirmed, show
from portal.views.notes import leave_note
from portal.views.security import browser_of
from portal.views.sign_in import CODES_AGAIN, too_many


@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: SignedInRequest) -> HttpResponse:
    """Ask for the new address and send a code there."""
    if request.method != "POST":
        return show(request, "security/email.html")
    typed = request.POST.get("email", "").strip()
    try:
        request_email_change(customer=request.customer, email=typed, ip=client_ip(request), at=request.now)
    except BadEmail:
        return _again(request, typed, _("This is not an e-mail address. It looks like name@example.com."))
    except SameEmail:
        return _again(request, typed, _("This is your address already. Type the new one."))
    except TooManyRequests:
        return too_many(request)
    return HttpResponseRedirect(reverse("email-code"))


def _again(request: SignedInRequest, typed: str, error: str) -> HttpResponse:
    return show(request, "security/email.html", {"typed": typed[:254], "error": error}, status=422)


@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: SignedInRequest) -> HttpResponse:
    """Take the six digits sent to the new address."""
    change = open_email_change(request.customer, now=request.now)
    if change is None:
        return HttpResponseRedirect(reverse("email"))
    if request.method != "POST":
        return show(request, "security/email_code.html", {"email": change.email})
    digits = "".join(request.POST.get("code", "")[:40].split())
    try:
        redeem_email_code(customer=request.customer, code=digits, browser=browser_of(request), ip=client_ip(request), at=request.now)
    except TooManyRequests:
        return too_many(request, seconds=CODES_AGAIN, is_busy=True)
    except WrongCode:
        return show(request, "security/email_code.html", {"email": change.email, "is_wrong": True}, status=422)
    end_guests_of(customer=request.customer, at=request.now, but=request.guest)
    return leave_note(HttpResponseRedirect(reverse("security")), request, "email-changed")
