"""The start page: how the parcels do, in figures kept current by the event road; and the parcels behind each figure."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.board import board, feed_rows
from dashboard.heat import heat_map, lane_rows
from dashboard.rules.incidents import carrier_name
from dashboard.views.base import page, staff_page
from dashboard.views.worklist import row_of
from merchants.staff import Actor
from tracking.selectors.desk import WorkFilter, work_counts, work_list
from tracking.selectors.rollups import MARKS, ParcelFilter, lanes, parcels_behind

PERIODS = (14, 28, 91)
WEEKS = 8
URGENT = 5


@require_safe
@staff_page()
def delays_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    today = timezone.localdate(at)
    days = _period(request)
    user_id = actor.user.pk if actor.user else 0
    counts = work_counts(user_id=user_id, now=at)
    urgent = work_list(filters=WorkFilter(user_id=user_id), limit=URGENT, now=at)
    first, last = _weeks(request, today, days)
    context = {
        "here": "delays",
        "now": at,
        "today": today,
        "days": days,
        "periods": PERIODS,
        "counts": counts,
        "urgent": [row_of(row, at, urgent.parcels) for row in urgent.rows],
        **board(now=at, today=today, days=days, counts=counts),
        **_heat(first, last, today, days),
    }
    return page(request, actor, "dashboard/delays.html", context)


def _period(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(days) for days in PERIODS} else PERIODS[0]


def _weeks(request: HttpRequest, today: date, days: int) -> tuple[date, date]:
    """The weeks of hand-over the heat map shows: one that was chosen, else those the period reaches back to."""
    monday = today - timedelta(days=today.weekday())
    week = _day(request.GET.get("week", ""))
    if week is not None:
        week -= timedelta(days=week.weekday())
        return week, week
    return monday - timedelta(weeks=max(4, days // 7) - 1), monday


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2200 else None


def _heat(first: date, last: date, today: date, days: int) -> dict[str, Any]:
    monday = today - timedelta(days=today.weekday())
    weeks = [
        {"start": start, "query": urlencode({"days": days, "week": start.isoformat()}), "on": start == first == last}
        for start in (monday - timedelta(weeks=count) for count in range(WEEKS))
    ]
    span = {"first": first.isoformat(), "last": last.isoformat()}
    return {
        "heat": heat_map(lanes(first=first, last=last), span),
        "weeks": weeks[::-1],
        "is_one_week": first == last,
        "span": span,
        "span_query": urlencode(span),
        "heat_first": first,
        "heat_last": last + timedelta(days=6),
    }


@require_safe
@staff_page()
def lanes_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The heat map as a list: every carrier and region with all that went wrong."""
    today = timezone.localdate(now())
    first, last = _span(request, today)
    span = {"first": first.isoformat(), "last": last.isoformat()}
    context = {
        "here": "delays",
        "rows": lane_rows(lanes(first=first, last=last, with_delays=True), span),
        "first": first,
        "last": last + timedelta(days=6),
    }
    return page(request, actor, "dashboard/lanes.html", context)


def _span(request: HttpRequest, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    first = _day(request.GET.get("first", "")) or monday - timedelta(weeks=3)
    last = _day(request.GET.get("last", "")) or monday
    return first, min(max(first, last), first + timedelta(weeks=53))


@require_safe
@staff_page()
def parcels_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The very parcels behind one figure."""
    at = now()
    chosen = {
        name: request.GET[name].replace("\0", "")[:60] for name in ("carrier", "region", "first", "last", "mark") if name in request.GET
    }
    mark = chosen.get("mark", "") if chosen.get("mark") in MARKS else ""
    filters = ParcelFilter(
        first=_day(chosen.get("first", "")),
        last=_day(chosen.get("last", "")),
        carrier=chosen.get("carrier"),
        region=chosen.get("region"),
        mark=mark,
    )
    after = request.GET.get("after", "")
    found = parcels_behind(filters=filters, after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0)
    context = {
        "here": "delays",
        "now": at,
        "today": timezone.localdate(at),
        "filters": filters,
        "mark": mark,
        "until": filters.last + timedelta(days=6) if filters.last else None,
        "carrier": carrier_name(filters.carrier or ""),
        "rows": [(row, carrier_name(row.carrier_code, row.shipment.carrier_name), _late_by(row, at)) for row in found.rows],
        "next": urlencode({**chosen, "after": found.next}) if found.next else "",
    }
    return page(request, actor, "dashboard/parcels.html", context)


def _late_by(row: Any, at: datetime) -> int:
    arrived = row.shipment.attempted_at or row.shipment.delivered_at or at
    return max(0, (timezone.localdate(arrived) - row.due).days) if row.due else 0


@require_safe
@staff_page()
def feeds_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every carrier's feed with what we did not understand of it."""
    at = now()
    return page(request, actor, "dashboard/feeds.html", {"here": "delays", "now": at, "feeds": feed_rows(now=at)})
