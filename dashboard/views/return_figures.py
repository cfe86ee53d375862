"""Figures of returns: why, of what, how much of it, what it cost, how long the money took, and which products run small."""

import csv
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.clock import now
from core.text import cell
from dashboard.rules.incidents import carrier_name
from dashboard.rules.returns import money_text
from dashboard.views.base import page, staff_page
from merchants.audit import About, record
from merchants.staff import Actor
from merchants.types import Deed
from returns.rules.fit import Runs, runs
from returns.rules.reasons import shipped_name
from returns.selectors.figures import Costs, Figures, Units, figures
from returns.selectors.policy import reasons

PERIODS = (30, 90, 365)
SHOWN = 30
HEAD = ("By", "Product", "Size", "Carrier", "Reason", "Units", "Delivered", "Rate %", "Currency", "Refunds", "Credit", "Fees", "Labels")


@require_safe
@staff_page()
def figures_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    today = timezone.localdate(at)
    text = request.GET.get("days", "")
    days = int(text) if text in {str(choice) for choice in PERIODS} else PERIODS[1]
    zone = ZoneInfo(actor.merchant.timezone if actor.merchant else "UTC")
    found = figures(first=today - timedelta(days=days - 1), last=today, zone=zone)
    named = {reason.code: reason.name for reason in reasons()}
    if request.GET.get("export") == "csv":
        record(Deed.EXPORTED, About("figures", "returns"))
        return _csv(found, f"returns-{today:%Y-%m-%d}.csv")
    context = {
        "here": "returns",
        "days": days,
        "periods": PERIODS,
        "found": found,
        "is_empty": not (found.returns or found.rates),
        "sentence": _sentence(found, named),
        "reasons": _reasons(found.total, named),
        "products": [{"title": title, **_units(units, named)} for (_id, title), units in _first(found.products)],
        "sizes": [{"title": title, "size": size or "–", **_units(units, named)} for (_id, title, size), units in _first(found.sizes)],
        "carriers": [{"name": carrier_name(code) or _("Unknown"), **_units(units, named)} for code, units in _first(found.carriers)],
        "rates": [
            {"rate": rate, "share": f"{rate.share * 100:.1f}", "fit": fit_words(found, rate.product_id, rate.title, rate.delivered)}
            for rate in found.rates[:SHOWN]
        ],
        "costs": [_cost(currency, costs) for currency, costs in found.costs.items()],
        "kept": "–" if found.promises.share is None else f"{found.promises.share * 100:.0f}",
        "median": _days(found.pace.median),
        "p90": _days(found.pace.p90),
    }
    return page(request, actor, "dashboard/return_figures.html", context)


def _first(rows: Mapping[Any, Units]) -> list[tuple[Any, Units]]:
    """What came back most."""
    return sorted(rows.items(), key=lambda item: (-item[1].total, str(item[0])))[:SHOWN]


def _reasons(units: Units, named: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": (named.get(code) or shipped_name(code)), "units": count, "share": f"{count / units.total * 100:.0f}"}
        for code, count in units.reasons.items()
    ]


def _units(units: Units, named: Mapping[str, str]) -> dict[str, Any]:
    """How many, and the reasons in words, the most given first."""
    told = sorted(units.reasons.items(), key=lambda item: (-item[1], item[0]))
    return {"units": units.total, "reasons": ", ".join(f"{(named.get(code) or shipped_name(code))} {count}" for code, count in told[:4])}


def _sentence(found: Figures, named: Mapping[str, str]) -> str:
    if not found.total.reasons:
        return _("Nothing was sent back in this time.")
    code, count = next(iter(found.total.reasons.items()))
    told = {"n": found.total.total, "reason": (named.get(code) or shipped_name(code)), "m": count}
    said = ngettext("%(n)s piece was sent back.", "%(n)s pieces were sent back.", found.total.total) % told
    return f"{said} " + _("Most often: %(reason)s (%(m)s).") % told


def fit_words(found: Figures, product_id: int | None, title: str, delivered: int) -> str:
    """The hint of the product's own page, from the returns of this time alone, with the pieces it rests on."""
    units = found.products.get((product_id, title))
    small, large = (units.reasons.get(code, 0) if units else 0 for code in ("too_small", "too_large"))
    verdict = runs(delivered=delivered, small=small, large=large)
    if verdict is None:
        return ""
    said = _("Runs small") if verdict == Runs.SMALL else _("Runs large")
    return _("%(said)s: %(small)s too small, %(large)s too large") % {"said": said, "small": small, "large": large}


def _cost(currency: str, costs: Costs) -> dict[str, str]:
    amounts = {"refunds": costs.refunds, "credits": costs.credits, "fees": costs.fees, "labels": costs.labels}
    return {"currency": currency, **{name: money_text(Decimal(amount), currency) for name, amount in amounts.items()}}


def _days(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


def _csv(found: Figures, name: str) -> HttpResponse:
    held = StringIO()
    csv.writer(held).writerows([[cell(value) for value in line] for line in (HEAD, *_lines(found))])
    response = HttpResponse("\ufeff" + held.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(found: Figures) -> Iterable[tuple[Any, ...]]:
    """Every group with its reason codes; the codes stay the same when a merchant renames a reason."""
    rest = ("",) * 7
    for code, count in found.total.reasons.items():
        yield ("reason", "", "", "", code, count, *rest)
    for (_id, title), units in found.products.items():
        yield from (("product", title, "", "", code, count, *rest) for code, count in units.reasons.items())
    for (_id, title, size), units in found.sizes.items():
        yield from (("size", title, size, "", code, count, *rest) for code, count in units.reasons.items())
    for carrier, units in found.carriers.items():
        yield from (("carrier", "", "", carrier, code, count, *rest) for code, count in units.reasons.items())
    for rate in found.rates:
        yield ("rate", rate.title, "", "", "", rate.returned, rate.delivered, f"{rate.share * 100:.1f}", "", "", "", "", "")
    for currency, costs in found.costs.items():
        yield ("cost", "", "", "", "", "", "", "", currency, costs.refunds, costs.credits, costs.fees, costs.labels)
