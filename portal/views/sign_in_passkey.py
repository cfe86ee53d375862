"""Signing in with a passkey, and the options any passkey is made or used with."""

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.services import BadPasskey, TooManyRequests, passkey_sign_in
from customers.services.passkeys import registration_options, sign_in_options
from customers.types import SignInMethod
from portal.rules import own_path
from portal.views.challenges import challenge_of, keep_challenge, new_challenge, site_of
from portal.views.edge import PortalRequest, client_ip, drop_cookie, is_recent, page, show
from portal.views.sign_in import too_many, welcome

SIGN_IN, CONFIRM, ADD = "sign-in", "confirm", "add"


@page
@require_POST
def options(request: PortalRequest) -> HttpResponse:
    """What the browser needs, with a fresh challenge: to sign in, to confirm, or to make a passkey."""
    use, challenge, site = request.POST.get("use", ""), new_challenge(), site_of(request)
    if use == SIGN_IN:
        text = sign_in_options(customer=None, site=site, challenge=challenge)
    elif request.customer is None or use not in (CONFIRM, ADD):
        return JsonResponse({"go": reverse("sign-in")}, status=403)
    elif use == CONFIRM:
        text = sign_in_options(customer=request.customer, site=site, challenge=challenge)
    elif not is_recent(request):  # type: ignore[arg-type]  # the customer is known here
        return JsonResponse({"go": f"{reverse('confirm')}?next={reverse('security-passkeys')}"}, status=403)
    else:
        text = registration_options(customer=request.customer, site=site, challenge=challenge)
    response = HttpResponse(text, content_type="application/json")
    keep_challenge(response, request, challenge, use=use)
    return response


@page
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: PortalRequest) -> HttpResponse:
    """Take the answer of the device. Without one, the sign-in page offers every way."""
    next_path = own_path(request.POST.get("next") or request.GET.get("next") or "/")
    if request.method != "POST":
        return HttpResponseRedirect(reverse("sign-in"))
    try:
        customer = passkey_sign_in(
            answer=request.POST.get("answer", ""),
            challenge=challenge_of(request, use=SIGN_IN),
            site=site_of(request),
            ip=client_ip(request),
            at=request.now,
        )
    except TooManyRequests:
        return too_many(request, are_tries=True)
    except BadPasskey:
        return show(request, "sign_in.html", {"next": next_path, "passkey_error": refused_words()}, status=422)
    response = welcome(request, customer, next_path=next_path, method=SignInMethod.PASSKEY)
    drop_cookie(response, "challenge")
    return response


def refused_words() -> str:
    """Said of every passkey that is not taken."""
    return _("This passkey was not taken. It may be removed here, or belong to another shop. Use a code instead.")
