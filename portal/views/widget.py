"""A product's reviews for the shop's own pages: data, a frame without script, and a script that needs no more than this host allowed."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from core.clock import now
from merchants.selectors import branding
from portal.brand import brand_version
from portal.rules.shown import wanted_of
from portal.selectors.shown import Card, Named, NothingKnown, Photo, Reviewed, product_named, reviewed
from portal.views.edge import PortalRequest
from portal.views.public_answer import in_language, kept
from reviews.rules.structured import Told, product_data

PER_PAGE = 5
MINUTE, HOUR = 60, 3600
INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
STATIC = Path(__file__).parents[1] / "static" / "portal"


@require_safe
@in_language
def data(request: PortalRequest) -> HttpResponse:
    """Score and reviews as JSON, with the words a widget needs."""
    try:
        product = _product(request)
    except Http404:  # said so that a script on another host can read it
        return kept(JsonResponse({"code": "not_found"}, status=404), request, seconds=MINUTE)
    found = reviewed(product, wanted_of(request.GET), limit=PER_PAGE)
    told = {
        "language": request.LANGUAGE_CODE,
        "product": {"key": product.key, "title": product.title},
        "score": _score(found),
        "reviews": [_card(request, card) for card in found.cards],
        "next": found.next,
        "links": {"all": _address(request, "product-reviews", product.key), "about": _address(request, "reviews-about")},
        "words": _words(found, request.merchant.name),
    }
    return kept(JsonResponse(told, json_dumps_params={"ensure_ascii": False}), request, seconds=MINUTE)


@require_safe
@in_language
def structured(request: PortalRequest) -> HttpResponse:
    """The same for search engines, as schema.org says it; the shop puts it into its own page."""
    product = _product(request)
    found = reviewed(product, wanted_of({}), limit=10)
    url = product.page_url or _address(request, "product-reviews", product.key)
    reviews = [_told(card) for card in found.cards]
    answer = product_data(title=product.title, key=product.key, url=url, n=found.score.n, mean=found.score.mean, reviews=reviews)
    # Shops put it between script tags as it is: `</script>` in a review must not end them.
    text = json.dumps(answer, ensure_ascii=False).translate(INERT)
    return kept(HttpResponse(text, content_type="application/ld+json"), request, seconds=MINUTE)


@csp_replace({"frame-ancestors": "*", "script-src": "'none'", "form-action": "'none'"})  # others may frame it: it takes and changes nothing
@xframe_options_exempt
@require_safe
@in_language
def frame(request: PortalRequest) -> HttpResponse:
    """The same as a page for a frame, without any script."""
    wanted = wanted_of(request.GET)
    found = reviewed(_product(request), wanted, limit=PER_PAGE)
    context = {
        "found": found,
        "wanted": wanted,
        "more": wanted.but(after=found.next).query,
        "today": localdate(now()),
        "brand_version": brand_version(branding()),
    }
    return kept(render(request, "portal/reviews/widget.html", context), request, seconds=MINUTE)


@require_safe
def script(request: PortalRequest) -> HttpResponse:
    """The custom element, its look inside it: a page needs to allow this host alone, for script, data and pictures."""
    look = json.dumps((STATIC / "widget.css").read_text(encoding="utf-8"))
    text = (STATIC / "widget.js").read_text(encoding="utf-8").replace('"LOOK"', look)
    return kept(HttpResponse(text, content_type="text/javascript; charset=utf-8"), request, seconds=HOUR)


def _product(request: PortalRequest) -> Named:
    key = request.GET.get("product", "")
    if not 0 < len(key) <= 120 or not key.isprintable():
        raise Http404
    try:
        return product_named(key)
    except NothingKnown:
        raise Http404 from None


def _address(request: HttpRequest, name: str, *args: str) -> str:
    return request.build_absolute_uri(reverse(name, args=args))


def _score(found: Reviewed) -> dict[str, Any]:
    score = found.score
    return {
        "n": score.n,
        "mean": round(score.mean, 2),
        "counts": list(score.counts),
        "verified": score.verified,
        "photos": score.photos,
        "fits": dict(score.fits),
        "languages": dict(score.languages),
        "fit": found.fit,
    }


def _card(request: HttpRequest, card: Card) -> dict[str, Any]:
    one, reply = card.one, card.one.reply
    return {
        "id": one.public_id,
        "stars": one.stars,
        "author": card.author,
        "title": one.title,
        "text": one.text,
        "pros": one.pros,
        "cons": one.cons,
        "fit": card.fit,
        "language": one.language,
        "variant": one.variant,
        "date": localdate(one.written_at).isoformat(),
        "badges": [badge.text for badge in card.badges],
        "origin": one.origin_name,
        "helpful": one.helpful,
        "photos": _photos(request, card.photos),
        "reply": {"text": reply.text, "language": reply.language, "date": localdate(reply.at).isoformat()} if reply else None,
    }


def _photos(request: HttpRequest, photos: Iterable[Photo]) -> list[dict[str, Any]]:
    return [{"url": request.build_absolute_uri(photo.url), "width": photo.width, "height": photo.height} for photo in photos]


def _told(card: Card) -> Told:
    one = card.one
    return Told(one.stars, card.author, one.title, one.text, one.language, localtime(one.written_at))


def _words(found: Reviewed, shop: str) -> dict[str, str]:
    """What the script puts between the data; places in braces are filled by it."""
    return {
        "reviews": _("Reviews"),
        "none": _("Nobody has reviewed this yet."),
        "count": _("From {n} reviews"),
        "verified": _("{n} of them bought here"),
        "stars": _("{n} of 5 stars"),
        "only": _("Only {n} stars"),
        "every": _("Show all"),
        "newest": _("Newest first"),
        "helpful": _("Most helpful first"),
        "photos": _("With photos"),
        "photo": _("Photo {n} of this review"),
        "pros": _("Good about it"),
        "cons": _("Not so good"),
        "helped": _("{n} found this helpful"),
        "reply": _("%(shop)s answers") % {"shop": shop},
        "more": _("More reviews"),
        "about": _("How reviews come about here"),
        "all": _("All reviews"),
        "failed": _("The reviews cannot be shown at the moment."),
    }
