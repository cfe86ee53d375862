"""Help: the articles, whether they helped, and the ways to reach a person. Open to everybody; an order only to whom it belongs.

What is counted is no state of anybody's: a browser's random number, hashed, stands for who reads. Robots are not counted.
"""

import re
from datetime import timedelta

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.encryption import fingerprint, random_id
from customers.rules import network_of
from customers.services.attempts import keyed, may_try
from customers.types import Attempted
from orders.models import Order
from portal.selectors.help import About, about_order, as_stranger, grouped, newest_orders
from portal.views.edge import PortalRequest, client_ip, cookie_name, page, set_cookie, show
from support.selectors import ArticleNotFound, article, articles, search_articles, verdict_of
from support.services import count_contact, count_reading, judge_article, note_miss
from support.services.verdicts import LONGEST_MISSING
from support.types import Answer, Shop, Stage, Visit

VISIT_COOKIE, VISIT_AGE = "visit", 30 * 24 * 3600
LONGEST_QUERY = 100
HOURLY = ((timedelta(hours=1), 60),)
ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|scan|monitor|curl|wget|python|headless|lighthouse", re.IGNORECASE)
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SLUG = re.compile(r"[a-z0-9-]{1,60}")


@page
@require_safe
def help_page(request: PortalRequest) -> HttpResponse:
    """All articles, or those that answer a question; those for the order at hand first."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    about = about_of(request)
    language, shop = request.LANGUAGE_CODE, shop_of(request)
    context = {"about": about, "asked": query, "language": language, "carried": about.query()}
    if query:
        found = search_articles(query=query, language=language, shop=shop)
        if not found:
            _note_miss(request, query)
        return show(request, "help/help.html", {**context, "found": found})
    return show(request, "help/help.html", {**context, "groups": grouped(articles(language=language, shop=shop))})


def _note_miss(request: PortalRequest, query: str) -> None:
    limits = {keyed("searches", network_of(client_ip(request))): HOURLY}
    if not _is_robot(request) and may_try(what=Attempted.HELPFUL, limits=limits, at=request.now):
        note_miss(query=query, language=request.LANGUAGE_CODE, at=request.now)


@page
@require_safe
def article_page(request: PortalRequest, slug: str) -> HttpResponse:
    """One article."""
    answer = _answer(request, slug)
    about = about_of(request)
    visit, new = _visit(request, about.stage)
    response = _article(request, answer, about, visit)
    if request.method == "GET" and not _is_robot(request):
        count_reading(slug=slug, visit=visit, at=request.now)
        _keep(response, new)
    return response


@page
@require_POST
def helpful(request: PortalRequest, slug: str) -> HttpResponse:
    """Whether it helped, and what was missing when it did not. One word per browser and article; the newest counts."""
    answer = _answer(request, slug)
    about = about_of(request)
    visit, new = _visit(request, about.stage)
    said, missing = request.POST.get("helpful", ""), request.POST.get("missing", "").replace("\0", "").strip()
    if said not in ("yes", "no"):
        return _article(request, answer, about, visit, error=_("Choose yes or no."), status=422)
    if len(missing) > LONGEST_MISSING:
        return _article(request, answer, about, visit, error=_too_long(len(missing)), typed=missing, status=422)
    if not may_try(what=Attempted.HELPFUL, limits={keyed("network", network_of(client_ip(request))): HOURLY}, at=request.now):
        return show(request, "help/too_many.html", {"slug": slug, "about": about, "carried": about.query()}, status=429)
    given = answer.question.language
    judge_article(slug=slug, visit=visit, language=given, is_helpful=said == "yes", missing=missing, at=request.now)
    response = HttpResponseRedirect(reverse("help-article", args=[slug]) + about.query() + "#helpful")
    response.status_code = 303
    _keep(response, new)
    return response


def _too_long(length: int) -> str:
    over = length - LONGEST_MISSING
    return ngettext("That is %(over)s character too long.", "That is %(over)s characters too long.", over) % {"over": over}


@page
@require_safe
def contact(request: PortalRequest) -> HttpResponse:
    """The ways to reach a person, with the order filled in. Whoever opens it was not helped by what they read before."""
    about = about_of(request)
    choices = []
    if not about.order_id and not about.track and request.customer is not None:
        choices = newest_orders(customer_id=request.customer.pk, today=request.today, zone=request.zone)
    origin = request.GET.get("from", "")
    visit, new = _visit(request, about.stage)
    context = {"about": about, "choices": choices, "origin": origin if SLUG.fullmatch(origin) else "", "is_contact_page": True}
    response = show(request, "help/contact.html", context)
    if request.method == "GET" and not _is_robot(request):
        count_contact(visit=visit, at=request.now)
        _keep(response, new)
    return response


def shop_of(request: PortalRequest) -> Shop:
    brand = request.branding
    return Shop(request.merchant.name, request.merchant.language, brand.support_email, brand.support_phone)


def about_of(request: PortalRequest) -> About:
    """The order or the state the address names. What is not the asker's counts as not named."""
    order_id, track, stage = (request.GET.get(name, "") for name in ("order", "track", "state"))
    found = None
    if ID.fullmatch(order_id) and (rows := _own(request, order_id)) is not None:
        found = about_order(rows, today=request.today, zone=request.zone)
    elif ID.fullmatch(track):
        found = about_order(Order.objects.filter(track_token=track), today=request.today, zone=request.zone)
        found = as_stranger(found, track) if found else None
    return found or About(Stage(stage) if stage in Stage.values else Stage.ANY)


def _own(request: PortalRequest, order_id: str) -> "QuerySet[Order] | None":
    guest = request.guest
    if guest is not None and guest.order.public_id == order_id:
        return Order.objects.filter(pk=guest.order_id)
    return Order.objects.filter(public_id=order_id, customer_id=request.customer.pk) if request.customer is not None else None


def _answer(request: PortalRequest, slug: str) -> Answer:
    try:
        return article(slug=slug, language=request.LANGUAGE_CODE, shop=shop_of(request))
    except ArticleNotFound:
        raise Http404 from None


def _article(
    request: PortalRequest, answer: Answer, about: About, visit: Visit, *, error: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    slug = answer.question.slug
    context = {
        "answer": answer,
        "slug": slug,
        "about": about,
        "carried": about.query(),
        "language": request.LANGUAGE_CODE,
        "verdict": verdict_of(slug=slug, visit=visit.key),
        "error": error,
        "typed": typed,
        "longest": LONGEST_MISSING,
    }
    return show(request, "help/article.html", context, status=status)


def _visit(request: PortalRequest, stage: str) -> tuple[Visit, str]:
    """Who reads, and the number of a browser that has none yet."""
    value = request.COOKIES.get(cookie_name(VISIT_COOKIE), "")
    is_ours = len(value) == 22 and ID.fullmatch(value) is not None
    new = "" if is_ours else random_id()
    return Visit(fingerprint(f"{request.merchant.pk}|visit|{new or value}"), stage), new


def _keep(response: HttpResponse, new: str) -> None:
    if new:
        set_cookie(response, VISIT_COOKIE, new, max_age=VISIT_AGE)


def _is_robot(request: PortalRequest) -> bool:
    """Scanners, crawlers, and browsers that only look ahead: nobody reads."""
    purpose = f"{request.headers.get('Sec-Purpose', '')}{request.headers.get('Purpose', '')}"
    agent = request.headers.get("User-Agent", "")
    return "prefetch" in purpose or not agent or ROBOT.search(agent) is not None
