"""Signing in with the password some shoppers set. The answer is the same for addresses we know and do not know."""

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from customers.services import TooManyRequests, WrongPassword, password_sign_in
from customers.types import SignInMethod
from portal.rules import own_path
from portal.views.edge import PortalRequest, client_ip, page, show
from portal.views.sign_in import too_many, welcome

RETRY_AFTER = 3600  # seconds; the window of customers.rules.PASSWORD_LIMITS


@sensitive_post_parameters("password")
@page
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: PortalRequest) -> HttpResponse:
    """Address and password. What was wrong is not said, and the code stays one press away."""
    next_path = own_path(request.POST.get("next") or request.GET.get("next") or "/")
    if request.customer is not None:
        return HttpResponseRedirect(next_path)
    if request.method != "POST":
        return show(request, "security/sign_in_password.html", {"next": next_path})
    email = request.POST.get("email", "").strip()[:254]
    try:
        customer = password_sign_in(email=email, password=request.POST.get("password", ""), ip=client_ip(request), at=request.now)
    except TooManyRequests:
        return too_many(request, seconds=RETRY_AFTER, are_tries=True)
    except WrongPassword:
        return show(request, "security/sign_in_password.html", {"next": next_path, "email": email, "is_wrong": True}, status=422)
    return welcome(request, customer, next_path=next_path, method=SignInMethod.PASSWORD)
