"""The edge: which merchant a host belongs to, which one a member of staff works for, and the scope round the view."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.selectors import memberships_of, merchant_of_host, platform_hostname

GetResponse = Callable[[HttpRequest], HttpResponse]
STAFF_PATHS = ("/admin/", "/ops/")
SESSION_KEY = "merchant"


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
        merchant: Merchant | None = request.merchant  # type: ignore[attr-defined]
        if merchant is None and request.path.startswith(STAFF_PATHS):
            merchant = self._of_staff(request)
        if merchant is None:
            return self.get_response(request)
        with merchant_scope(merchant.pk):
            response = self.get_response(request)
            if getattr(request, "view_raised", False) or response.status_code >= 500:
                transaction.set_rollback(True)
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
        roles = memberships_of(user)
        chosen = request.session.get(SESSION_KEY)
        merchant_id = chosen if chosen in roles else next(iter(roles), None)
        if merchant_id is None:
            return None
        merchant = Merchant.objects.get(pk=merchant_id)
        request.merchant, request.role, request.merchant_ids = merchant, roles[merchant_id], list(roles)  # type: ignore[attr-defined]
        return merchant
