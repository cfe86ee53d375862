"""How this shop's reviews come about, for anybody to check: the rules, the figures, and the figures as a file."""

import csv
from datetime import datetime, timedelta
from io import StringIO

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core.text import cell
from portal.formats import list_text
from portal.views.edge import PortalRequest, page, show
from reviews.selectors.asking import plan
from reviews.selectors.fairness import HEAD, FairnessPage, cells_since, fairness
from reviews.types import Moderation, Origin
from rewards.selectors import thanks_rule

YEAR = timedelta(days=365)


@page
@require_safe
def about(request: PortalRequest) -> HttpResponse:
    """How reviews are collected, verified, ordered and published, and how often what was not."""
    found = fairness(since=_since(request))
    here = plan()
    context = {
        "found": found,
        "plan": here,
        "is_all": here.moderation == Moderation.ALL,
        "thanks": thanks_rule(),
        "rates": [(rate, _percent(rate.share), _percent(rate.low), _percent(rate.high)) for rate in found.rates],
        "verified": _percent(found.verified),
        "incentivised": _percent(found.incentivised),
        "origins": [(Origin(name).label, n) for name, n in found.origins.items() if name in Origin.values],
        "imported_from": list_text(found.imported_from, language=get_language() or "en"),
        "hours": None if found.hours is None else round(found.hours, 1),
        "decided": _decided(found),
    }
    return show(request, "reviews/fairness.html", context)


@page
@require_safe
def export(request: PortalRequest) -> HttpResponse:
    """Every figure of the page: a line for each month, stars, state, reason and origin."""
    held = StringIO()
    csv.writer(held).writerows([[cell(value) for value in line] for line in (HEAD, *cells_since(since=_since(request)))])
    response = HttpResponse("\ufeff" + held.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reviews-{request.today:%Y-%m-%d}.csv"'
    return response


def _since(request: PortalRequest) -> datetime:
    return request.now.astimezone(request.zone) - YEAR


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _decided(found: FairnessPage) -> int:
    return sum(rate.decided for rate in found.rates)
