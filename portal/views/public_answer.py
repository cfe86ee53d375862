"""Answers without anybody's cookies, the same for everybody: kept by browsers and by what lies between, asked again by ETag."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone, translation

from merchants.types import Language
from portal.views.edge import PortalRequest, supported

View = Callable[..., HttpResponse]


def kept(response: HttpResponse, request: PortalRequest, *, seconds: int) -> HttpResponse:
    """May be kept for so long, also by other hosts' pages; 304 when the asker has it already."""
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]:
        response = HttpResponseNotModified()
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def in_language(view: View) -> View:
    """In the shop's zone and the language `lang` names, else the shop's: never by cookie or browser, because the answer is kept for all."""

    @wraps(view)
    def wrapped(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = supported(request.GET.get("lang", "")[:20]) or supported(request.merchant.language) or Language.EN.value
        before = translation.get_language()
        with translation.override(chosen), timezone.override(ZoneInfo(request.merchant.timezone)):
            request.LANGUAGE_CODE = chosen
            response = view(request, *args, **kwargs)
        request.LANGUAGE_CODE = before or chosen
        response["Content-Language"] = chosen
        return response

    return wrapped
