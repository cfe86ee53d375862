"""What every page of the shopper has in common: who asks, in which language and zone, and the headers of the answer."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from csp.constants import NONCE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from core.callers import address_of
from core.clock import now as clock_now
from customers.models import Customer, ShopperSession
from customers.rules import is_confirmed
from customers.selectors import session_of
from merchants.acting import is_now
from merchants.models import Branding, Merchant
from merchants.selectors import branding as merchant_branding
from merchants.types import ActorKind, Language
from orders.models import GuestAccess
from orders.selectors import guest_of
from portal.brand import brand_version

LANGUAGE_COOKIE = "language"
GUEST_COOKIE = "guest"


class PortalRequest(HttpRequest):
    """A request on a merchant's host, inside the merchant's scope; `page` fills in the rest."""

    merchant: Merchant
    customer: Customer | None
    shopper: ShopperSession | None  # this browser's session, when it is signed in
    guest: GuestAccess | None  # this browser proved by a code that it may see one order; with that order
    can_act: bool  # whether the order shown is the asker's own: set by `orders.own`
    branding: Branding
    now: datetime
    zone: ZoneInfo
    today: date


class SignedInRequest(PortalRequest):
    """A request of somebody we know."""

    customer: Customer
    shopper: ShopperSession


View = Callable[..., HttpResponse]


def cookie_name(name: str) -> str:
    """`__Host-` where cookies are sent over https only: no other host of the domain can then set or read it."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def set_cookie(response: HttpResponse, name: str, value: str, *, max_age: int) -> None:
    """A cookie scripts cannot read and other sites cannot send along."""
    response.set_cookie(
        cookie_name(name), value, max_age=max_age, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax", path="/"
    )


def drop_cookie(response: HttpResponse, name: str) -> None:
    set_cookie(response, name, "", max_age=0)


def client_ip(request: HttpRequest) -> str:
    """The address of the one who asks."""
    return address_of(request)


def device_of(request: HttpRequest) -> str:
    """The browser's own words about itself, cut to what is kept."""
    return request.headers.get("User-Agent", "")[:200]


def own_scripts(view: View) -> View:
    """A script runs when this answer named it by the number it drew, and not for lying on our host."""
    policy = csp_replace({"script-src": [NONCE, "'strict-dynamic'"]})
    return cast(View, policy(cast(Any, view)))


def page(view: View) -> View:
    """Make a view a page of the portal: merchant's zone, reader's language, nothing cached, nothing indexed."""

    @wraps(view)
    def wrapped(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.now = clock_now()
        request.zone = ZoneInfo(request.merchant.timezone)
        request.today = request.now.astimezone(request.zone).date()
        request.branding = merchant_branding()
        request.shopper = session_of(token=request.COOKIES.get(cookie_name("shopper"), ""), now=request.now)
        request.customer = request.shopper.customer if request.shopper else None
        if request.customer is not None:
            is_now(ActorKind.SHOPPER, request.customer.public_id)
        request.guest = guest_of(token=request.COOKIES.get(cookie_name(GUEST_COOKIE), ""), now=request.now)
        request.can_act = False
        use_language(request)
        with timezone.override(request.zone):
            return sealed(view(request, *args, **kwargs))

    return own_scripts(wrapped)


def signed_in(view: View) -> View:
    """A page for somebody we know; others are asked to sign in and come back here."""

    @page
    @wraps(view)
    def wrapped(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.customer is None:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return wrapped


def recently_confirmed(view: View) -> View:
    """A page on which the account hangs: for somebody we know who proved within half an hour who they are; others do so and come back."""

    @signed_in
    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_recent(request):
            return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': request.path})}")
        return view(request, *args, **kwargs)

    return wrapped


def is_recent(request: SignedInRequest) -> bool:
    """Whether this browser's shopper proved within half an hour who they are."""
    return is_confirmed(signed_in_at=request.shopper.created_at, confirmed_at=request.shopper.confirmed_at, now=request.now)


def for_order(view: View) -> View:
    """A page about one order: for somebody we know, or a guest who proved to be its owner; others are asked to sign in.

    Whose order it is, the view asks `orders.own`.
    """

    @page
    @wraps(view)
    def wrapped(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.customer is None and request.guest is None:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return wrapped


def to_sign_in(request: PortalRequest) -> HttpResponse:
    """Ask who it is; a page that was read comes back afterwards."""
    path = request.get_full_path()
    back = f"?{urlencode({'next': path})}" if request.method == "GET" and path != "/" else ""
    target = reverse("sign-in") + back
    if request.headers.get("HX-Request") == "true":  # a script follows redirects by itself: it is told to leave the page instead
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def sealed(response: HttpResponse) -> HttpResponse:
    """No cache, no index, no address in the Referer of another host."""
    add_never_cache_headers(response)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    return response


def use_language(request: PortalRequest) -> None:
    """The reader's choice, else the customer's language, else the browser's, else the merchant's."""
    known = request.customer.language if request.customer else request.guest.order.language if request.guest else ""
    choices = [request.COOKIES.get(cookie_name(LANGUAGE_COOKIE), ""), known, *_asked_for(request), request.merchant.language]
    language = next((found for choice in choices if (found := supported(choice))), Language.EN.value)
    translation.activate(language)
    request.LANGUAGE_CODE = language


def _asked_for(request: HttpRequest) -> list[str]:
    return [code for code, _quality in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")) if code != "*"]


def supported(code: str) -> str:
    """Our language for a code like `de-AT` or `zh-CN`, or ""."""
    try:
        return get_supported_language_variant(code) if code else ""
    except LookupError:
        return ""


def show(request: PortalRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """Render a page with what all of them show."""
    return render(request, f"portal/{template}", {**_common(request), **(context or {})}, status=status)


def _common(request: PortalRequest) -> dict[str, Any]:
    brand = request.branding
    return {
        "today": request.today,
        "customer": request.customer,
        "guest": request.guest,
        "branding": brand,
        "brand_version": brand_version(brand),
        "contact": bool(brand.support_email or brand.support_phone),
        "languages": Language.choices,
    }
