"""The edge: which merchant a host belongs to, which one a member of staff works for, and the scope round the view."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from core.limits import first_in
from merchants.acting import acting, is_staff
from merchants.audit import About, Line, write, write_platform
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.selectors import memberships_of, merchant_of_host, platform_hostname
from merchants.types import Deed, Result

GetResponse = Callable[[HttpRequest], HttpResponse]
STAFF_PATHS = ("/admin/", "/ops/")
SESSION_KEY = "merchant"
ENTERED = "entered"  # the merchant whose log says that this session of platform staff came in
DENIED_ONCE = 60  # seconds in which the same person's same page is told once


class HostMiddleware:
    """Sends a merchant's host to the portal, the platform's host to staff, API and hooks, and any other host to 404."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.get_host().lower().rpartition("]")[2].partition(":")[0]
        request.merchant = None  # type: ignore[attr-defined]
        if host != platform_hostname() and not request.path.startswith(settings.STATIC_URL):
            merchant = merchant_of_host(host)
            if merchant is None:
                return HttpResponseNotFound("There is no shop at this address.", content_type="text/plain; charset=utf-8")
            request.merchant = merchant  # type: ignore[attr-defined]
            request.urlconf = settings.PORTAL_URLCONF
        return self.get_response(request)


class ScopeMiddleware:
    """Opens the merchant's scope round portal and staff views; a view that raises leaves nothing half-written.

    API, hooks and callbacks find their merchant by key or address and open the scope themselves.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(request):
            return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        merchant: Merchant | None = request.merchant  # type: ignore[attr-defined]
        is_staff_page = merchant is None and request.path.startswith(STAFF_PATHS)
        if is_staff_page:
            merchant = self._of_staff(request)
        if merchant is None:
            return self.get_response(request)
        with merchant_scope(merchant.pk):
            response = self.get_response(request)
            if getattr(request, "view_raised", False) or response.status_code >= 500:
                transaction.set_rollback(True)
        if is_staff_page and response.status_code == HTTPStatus.FORBIDDEN:
            note_denial(request, merchant.pk)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        request.view_raised = True  # type: ignore[attr-defined]

    @staticmethod
    def _of_staff(request: HttpRequest) -> Merchant | None:
        """The merchant chosen in the session when the user still works there, else the first of theirs."""
        user = request.user
        request.role = None  # type: ignore[attr-defined]
        if not isinstance(user, User) or not user.is_active:
            return None
        is_staff(user)
        roles = memberships_of(user)
        chosen = request.session.get(SESSION_KEY)
        merchant_id = chosen if chosen in roles else next(iter(roles), None)
        if merchant_id is None:
            return None
        merchant = Merchant.objects.get(pk=merchant_id)
        request.merchant, request.role, request.merchant_ids = merchant, roles[merchant_id], list(roles)  # type: ignore[attr-defined]
        if user.is_superuser and request.session.get(ENTERED) != merchant_id:
            note_entry(request, merchant)
        return merchant


def note_entry(request: HttpRequest, merchant: Merchant) -> None:
    """Platform staff look into a merchant: its own log says so before they see anything, and the one they left is told too."""
    thing = About("merchants.merchant", merchant.slug)
    note_leaving(request)
    with merchant_scope(merchant.pk):
        write(Line(Deed.PLATFORM_ENTERED, thing))
    write_platform(Line(Deed.PLATFORM_ENTERED, thing))
    request.session[ENTERED] = merchant.pk


def note_leaving(request: HttpRequest) -> None:
    """Platform staff are done with the merchant they were in, if they were in one."""
    left = request.session.pop(ENTERED, None)
    merchant = Merchant.objects.filter(pk=left).first() if left is not None else None
    if merchant is None:
        return
    with merchant_scope(merchant.pk):
        write(Line(Deed.PLATFORM_LEFT, About("merchants.merchant", merchant.slug)))


def note_denial(request: HttpRequest, merchant_id: int) -> None:
    """A member of staff wanted what their role does not grant. Written after the request's own transaction, which may be undone."""
    match = request.resolver_match
    page = match.view_name if match else ""
    if first_in(what=f"denied:{merchant_id}:{request.user.pk}:{page}", seconds=DENIED_ONCE):
        with merchant_scope(merchant_id):
            write(Line(Deed.DENIED, About("page", page), {"method": str(request.method)}, Result.REFUSED))
