"""Help: which article is read at which state of an order, whether it helped, and how many contacts it spared."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.clock import now
from core.text import cell
from dashboard.views.base import page, staff_page
from merchants.audit import About, record
from merchants.selectors import branding
from merchants.staff import Actor
from merchants.types import Deed, Language
from support.selectors import figures, misses, titles, wishes
from support.types import Figures, Shop, Stage, Sums

PERIODS = (7, 30, 90)
HEAD = ("By", "Article", "State", "Read", "Helped", "Did not help", "Contact page opened", "Contacts avoided")


@require_safe
@staff_page()
def help_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    today = timezone.localdate(at)
    days = request.GET.get("days", "")
    span = int(days) if days in {str(choice) for choice in PERIODS} else PERIODS[1]
    found = figures(first=today - timedelta(days=span - 1), last=today)
    named = titles(language=Language.EN, shop=_shop(actor))
    if request.GET.get("export") == "csv":
        record(Deed.EXPORTED, About("figures", "help"))
        return _csv(found, named, f"help-{today:%Y-%m-%d}.csv")
    since = at - timedelta(days=span)
    context = {
        "here": "help",
        "days": span,
        "periods": PERIODS,
        "total": _row(found.total),
        "found": found,
        "is_empty": not (found.total.reads or found.contact_pages),
        "stages": [{"label": stage.label, **_row(found.stages[stage])} for stage in Stage if stage in found.stages],
        "articles": [_article(slug, sums, found, named) for slug, sums in _most_read(found.articles)],
        "misses": misses(since=since),
        "wishes": [{"said": one, "title": named.get(one.slug, one.slug)} for one in wishes(since=since)],
    }
    return page(request, actor, "dashboard/help.html", context)


def _shop(actor: Actor) -> Shop:
    assert actor.merchant is not None
    brand = branding()
    return Shop(actor.merchant.name, actor.merchant.language, brand.support_email, brand.support_phone)


def _most_read(rows: dict[str, Sums]) -> list[tuple[str, Sums]]:
    return sorted(rows.items(), key=lambda item: (-item[1].reads, item[0]))


def _row(sums: Sums) -> dict[str, Any]:
    return {"sums": sums, "share": "–" if sums.share is None else f"{sums.share * 100:.0f}"}


def _article(slug: str, sums: Sums, found: Figures, named: dict[str, str]) -> dict[str, Any]:
    """An article with its states, the one it is read at most first."""
    cells = [(Stage(stage), counts) for (name, stage), counts in found.cells.items() if name == slug and stage in Stage.values]
    cells.sort(key=lambda pair: (-pair[1].reads, pair[0]))
    return {
        "slug": slug,
        "title": named.get(slug, slug),
        "stages": [{"label": stage.label, **_row(counts)} for stage, counts in cells],
        **_row(sums),
    }


def _csv(found: Figures, named: dict[str, str], name: str) -> HttpResponse:
    held = StringIO()
    csv.writer(held).writerows([[cell(value) for value in line] for line in (HEAD, *_lines(found, named))])
    response = HttpResponse("\ufeff" + held.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(found: Figures, named: dict[str, str]) -> Iterable[tuple[Any, ...]]:
    yield ("visits", "", "", "", "", "", found.contact_pages, found.visits_avoided)
    for stage, sums in found.stages.items():
        yield ("state", "", stage, *_counts(sums))
    for slug, sums in _most_read(found.articles):
        yield ("article", named.get(slug, slug), "", *_counts(sums))
    for (slug, stage), sums in found.cells.items():
        yield ("article and state", named.get(slug, slug), stage, *_counts(sums))


def _counts(sums: Sums) -> tuple[int, ...]:
    return (sums.reads, sums.helpful, sums.unhelpful, sums.contacts, sums.avoided)
