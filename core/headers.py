"""What every answer says to the browser, also those no view had a word in: errors, unknown hosts, pages of packages."""

from collections.abc import Callable

from csp.constants import HEADER as POLICY
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

DEFAULTS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HSTS = "Strict-Transport-Security"


class HeadersMiddleware:
    """Fills in what the view left out. Stands inside the one that serves static files, which browsers keep, and outside all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin_policy = build_policy(config=settings.ADMIN_CONTENT_SECURITY_POLICY)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in DEFAULTS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/admin/"):
            response.headers.setdefault(POLICY, self.admin_policy)
        if settings.SECURE_HSTS_SECONDS and request.is_secure() and not _is_ours(request):
            # Of a domain a merchant brings along we speak for this one host, and neither for its subdomains nor for the preload list.
            response.headers.setdefault(HSTS, f"max-age={settings.SECURE_HSTS_SECONDS}")
        return response


def _is_ours(request: HttpRequest) -> bool:
    """Whether the host is the platform's or one below it. Read without checking: a host that is none gets the narrower word."""
    host = request.META.get("HTTP_HOST", "").lower().partition(":")[0]
    platform = settings.PLATFORM_HOST.lower().partition(":")[0]
    return bool(host == platform or host.endswith(f".{platform}"))
