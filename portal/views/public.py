"""What anybody may open: the look, the language, short links."""

from django.http import Http404, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from merchants.selectors import branding
from portal.brand import brand_css, brand_version
from portal.rules import own_path
from portal.selectors.orders import short_link_path
from portal.views.edge import LANGUAGE_COOKIE, PortalRequest, page, set_cookie, supported

YEAR = 365 * 24 * 3600


@require_safe
def brand(request: PortalRequest) -> HttpResponse:
    """The merchant's five properties as a style sheet; kept by browsers, asked again by ETag."""
    row = branding()
    etag = f'"{brand_version(row)}"'
    response: HttpResponse
    if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(brand_css(row), content_type="text/css; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@page
@require_POST
def language(request: PortalRequest) -> HttpResponse:
    """Remember the reader's language in this browser. Unknown languages change nothing."""
    response = HttpResponseRedirect(own_path(request.POST.get("next", "/")))
    chosen = supported(request.POST.get("language", "")[:20])
    if chosen:
        set_cookie(response, LANGUAGE_COOKIE, chosen, max_age=YEAR)
    return response


@page
@require_safe
def short_link(request: PortalRequest, code: str) -> HttpResponse:
    """Send a text message's short link to its page on this host."""
    path = short_link_path(code=code)
    if path is None:
        raise Http404
    return HttpResponseRedirect(path)
