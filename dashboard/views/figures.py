"""How messages fare: delivered, bounced, failed, and what they cost, by template, provider, country and day."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.clock import now
from core.text import cell
from customers.types import Channel
from dashboard.rules.charts import chart
from dashboard.views.base import page, staff_page
from merchants.audit import About, record
from merchants.staff import Actor
from merchants.types import Deed
from notifications.figures import Figures, Sums, figures
from notifications.models import ProviderAccount
from notifications.selectors import active_accounts
from notifications.types import Kind

PERIODS = (7, 30, 90)
GOAL = 0.98
WARNS_AT = Decimal("0.8")
HEAD = ("By", "Message", "Channel", "Template", "Provider", "Country", "Day", "Sent", "Delivered", "Bounced", "Failed", "Segments", "Cost")


@require_safe
@staff_page()
def figures_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    today = timezone.localdate(at)
    days, channel = _chosen(request)
    found = figures(first=today - timedelta(days=days - 1), last=today, channel=channel)
    if request.GET.get("export") == "csv":
        record(Deed.EXPORTED, About("figures", "messages"))
        return _csv(found, today)
    context = {
        "here": "figures",
        "now": at,
        "days": days,
        "periods": PERIODS,
        "channel": channel,
        "channels": Channel.choices,
        "total": _row(found.total),
        "is_empty": not (found.total.sent or found.total.failed),
        "trend": _trend(found, today, days),
        "templates": [
            {"name": Kind(kind).label, "way": Channel(way).label, "label": label, **_row(s)}
            for (kind, way, label), s in _of(found.templates)
        ],
        "providers": [{"name": provider, "way": Channel(way).label, **_row(sums)} for (way, provider), sums in _of(found.providers)],
        "countries": [{"name": country, "way": Channel(way).label, **_row(sums)} for (way, country), sums in _of(found.countries)],
        "caps": [cap for row in active_accounts() if (cap := _cap(row, today))],
    }
    return page(request, actor, "dashboard/figures.html", context)


def _chosen(request: HttpRequest) -> tuple[int, str]:
    days, channel = request.GET.get("days", ""), request.GET.get("channel", "")
    return int(days) if days in {str(choice) for choice in PERIODS} else PERIODS[1], channel if channel in Channel.values else ""


def _of(rows: Mapping[Any, Sums]) -> Iterable[tuple[Any, Sums]]:
    return rows.items()


def _row(sums: Sums) -> dict[str, Any]:
    return {
        "sums": sums,
        "share": "–" if sums.share is None else f"{sums.share * 100:.1f}",
        "cost": ", ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in sorted(sums.cost.items())) or "–",
    }


def _trend(found: Figures, today: date, days: int) -> dict[str, Any]:
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    shares = [found.days[day].share if day in found.days else None for day in span]
    return {
        "chart": chart(shares, [], GOAL),
        "first": span[0],
        "middle": span[len(span) // 2],
        "last": today,
        "goal": f"{GOAL * 100:.0f}",
        "rows": [{"day": day, **_row(found.days[day])} for day in reversed(span) if day in found.days],
    }


def _cap(row: ProviderAccount, today: date) -> dict[str, str] | None:
    """A warning from 80 % of an account's cap on."""
    if row.daily_cap is None or row.spent_on != today or row.spent < row.daily_cap * WARNS_AT:
        return None
    named = {"account": str(row), "spent": f"{row.spent:.2f}", "cap": f"{row.daily_cap:.2f}", "currency": row.currency}
    if row.spent >= row.daily_cap:
        text = _("%(account)s has spent its %(cap)s %(currency)s of today. Marketing waits for tomorrow; what shoppers must have goes out.")
        return {"tone": "bad", "text": text % named}
    return {"tone": "warn", "text": _("%(account)s has spent %(spent)s of %(cap)s %(currency)s today, more than 80 %%.") % named}


def _csv(found: Figures, today: date) -> HttpResponse:
    held = StringIO()
    csv.writer(held).writerows([[cell(value) for value in line] for line in (HEAD, *_lines(found))])
    response = HttpResponse("\ufeff" + held.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="messages-{today:%Y-%m-%d}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(found: Figures) -> Iterable[tuple[Any, ...]]:
    for day, sums in sorted(found.days.items()):
        yield ("day", "", "", "", "", "", day.isoformat(), *_counts(sums))
    for (kind, way, label), sums in found.templates.items():
        yield ("template", kind, way, label, "", "", "", *_counts(sums))
    for (way, provider), sums in found.providers.items():
        yield ("provider", "", way, "", provider, "", "", *_counts(sums))
    for (way, country), sums in found.countries.items():
        yield ("country", "", way, "", "", country, "", *_counts(sums))


def _counts(sums: Sums) -> tuple[Any, ...]:
    cost = " ".join(f"{amount} {currency}" for currency, amount in sorted(sums.cost.items()))
    return (sums.sent, sums.delivered, sums.bounced, sums.failed, sums.segments, cost)
