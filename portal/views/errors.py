"""What went wrong, in the merchant's look."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure

from core.uploads import FILE_SIZE, FILES
from portal.views.edge import PortalRequest, own_scripts, page, sealed, show


@page
def not_found(request: PortalRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same for what does not exist and for what is somebody else's."""
    return show(request, "not_found.html", status=404)


@page
def too_much(request: PortalRequest, exception: Exception | None = None) -> HttpResponse:
    """400: more files or fields than a form of ours has, or a bigger file. The only page for what no view ever saw."""
    return show(request, "too_much.html", {"files": FILES, "megabytes": FILE_SIZE // (1024 * 1024)}, status=400)


@own_scripts
def failed(request: HttpRequest) -> HttpResponse:
    """500: reads nothing from the database, which may be what failed."""
    return sealed(render(request, "portal/failed.html", status=500))


@page
def form_expired(request: PortalRequest) -> HttpResponse:
    """403: the form was open too long, or cookies are off."""
    return show(request, "form_expired.html", status=403)


def csrf_failed(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    """The portal's own page on a merchant's host, Django's on the platform's."""
    if getattr(request, "urlconf", None) == settings.PORTAL_URLCONF:
        return form_expired(request)
    return csrf_failure(request, reason=reason)
