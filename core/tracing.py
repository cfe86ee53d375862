"""The outermost layer: gives each request an id, writes its one line, counts it."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.logs import bound_contextvars, request_id
from core.meters import REQUESTS, SECONDS, kind_of

HEADER = "X-Request-ID"
logger = logging.getLogger("request")


class TraceMiddleware:
    """The id is in `request.request_id`, in every line logged meanwhile, and in the answer.

    One that comes in is taken over only from a proxy of our own. The line names the route and not the path: paths hold links' tokens.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        id = request_id(request.headers.get(HEADER, ""), is_trusted=settings.TRUSTED_PROXY_HOPS > 0)
        request.request_id = id  # type: ignore[attr-defined]
        began = time.monotonic()
        with bound_contextvars(request_id=id):
            response = self.get_response(request)
            self._note(request, response, time.monotonic() - began)
        response[HEADER] = id
        return response

    @staticmethod
    def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        if request.path.startswith(settings.STATIC_URL):
            return
        merchant = getattr(request, "merchant", None)
        is_portal = merchant is not None and hasattr(request, "urlconf")
        kind = kind_of(request.path, is_portal=is_portal)
        REQUESTS.labels(kind, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(kind).observe(seconds)
        match = request.resolver_match
        told = {"method": request.method, "kind": kind, "route": match.route if match else "", "status": response.status_code}
        if merchant is not None:
            told["merchant"] = merchant.pk
        logger.info("answered", extra={**told, "ms": round(seconds * 1000, 1)})
