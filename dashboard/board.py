"""The figures of the delay dashboard, read from cells and put into words and lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.rules import duration
from dashboard.rules.charts import FEW, chart, spark
from dashboard.rules.delays import (
    Change,
    counted,
    day_sentence,
    days_changed,
    feed_words,
    number,
    percent,
    points_changed,
)
from dashboard.rules.incidents import carrier_name
from tracking.models import CarrierFeed
from tracking.selectors.desk import WorkCounts
from tracking.selectors.rollups import Feeds, Flow, Period, changed_between, feeds, newest_day, period, standing
from tracking.types import Cause, IncidentType

GOAL, RANGE = 0.95, 0.8
ROWS = 8
TYPES = {type.value: str(type.label) for type in IncidentType}


def board(*, now: datetime, today: date, days: int, counts: WorkCounts) -> dict[str, Any]:
    """Everything the start page says about parcels, whatever their number in nine statements."""
    figures = period(last=today - timedelta(days=1), days=days)  # of those due today only the early ones are known
    overdue, at_risk = standing(today=today)
    found = feeds()
    return {
        "sentence": day_sentence(late=overdue, at_risk=at_risk, need=counts.need),
        "explains": explains(counts),
        "kpis": kpis(figures, overdue, at_risk, counts),
        "trend": trend(figures, days),
        "calibration": calibration(figures, days),
        "carriers": carrier_rows(figures),
        "feeds": feed_list(found, now)[:7],
        "changes": changes(now, today, figures),
        "is_empty": not figures.days and newest_day() is None,
    }


def explains(counts: WorkCounts) -> str:
    """The one cause behind most of what is open, when there is one."""
    cause, most = next(((cause, count) for cause, count in counts.causes.items() if cause != Cause.UNKNOWN), ("", 0))
    if not cause or most < 2 or 2 * most < counts.open:
        return ""
    words = {"cause": Cause(cause).label, "n": number(most), "all": number(counts.open)}
    return _("%(cause)s is behind %(n)s of %(all)s open incidents.") % words if cause in Cause.values else ""


def kpis(figures: Period, overdue: int, at_risk: int, counts: WorkCounts) -> list[dict[str, Any]]:
    """The six figures on top, each with its change and its line where it has one."""
    window = _window(figures)
    on_time = points_changed(figures.now.on_time_share, figures.before.on_time_share)
    kept = points_changed(figures.now.kept_share, figures.before.kept_share)
    delay = days_changed(figures.median_delay, figures.median_before)
    due = figures.day(figures.last).overdue
    newly = Change(ngettext("%(n)s due yesterday", "%(n)s due yesterday", due) % {"n": number(due)}, "bad" if due else "idle")
    behind = {"url": "dashboard:parcels"}
    return [
        _kpi(_("On time at first attempt"), percent(figures.now.on_time_share), "%", on_time, [flow.on_time_share for flow in window]),
        _kpi(_("Late, still to come"), number(overdue), "", newly, [float(flow.late) for flow in window], **behind, query="mark=overdue"),
        _kpi(_("At risk"), number(at_risk), "", Change(_("expected after their day")), [], **behind, query="mark=at_risk"),
        _kpi(_("Promises kept"), percent(figures.now.kept_share), "%", kept, [flow.kept_share for flow in window]),
        _kpi(
            _("Median delay when late"),
            "–" if figures.median_delay is None else str(figures.median_delay),
            ngettext("day", "days", figures.median_delay or 0),
            delay,
            [],
        ),
        _kpi(
            _("Need a person"),
            _plus(counts.need, counts),
            "",
            Change(_("%(n)s are yours") % {"n": counts.mine}),
            [],
            url="dashboard:incidents",
        ),
    ]


def _plus(count: int, counts: WorkCounts) -> str:
    return f"{number(count)}+" if counts.is_cut else number(count)


def _kpi(label: str, value: str, unit: str, change: Change, line: Sequence[float | None], **link: str) -> dict[str, Any]:
    path, end = spark(line)
    return {"label": label, "value": value, "unit": unit, "change": change, "path": path, "end": end, **link}


def _window(figures: Period) -> list[Flow]:
    return [figures.day(figures.first + timedelta(days=count)) for count in range((figures.last - figures.first).days + 1)]


def _both(figures: Period, days: int) -> tuple[list[Flow], list[Flow]]:
    start = figures.first - timedelta(days=days)
    return _window(figures), [figures.day(start + timedelta(days=count)) for count in range(days)]


def trend(figures: Period, days: int) -> dict[str, Any]:
    """On time per due day, the goal, and the days before."""
    now, before = _both(figures, days)
    drawn = chart([flow.on_time_share for flow in now], [flow.on_time_share for flow in before], GOAL)
    return {
        "chart": drawn,
        "first": figures.first,
        "middle": figures.first + timedelta(days=days // 2),
        "last": figures.last,
        "goal": round(GOAL * 100),
        "before": percent(figures.before.on_time_share),
        "rows": [
            (figures.first + timedelta(days=place), percent(flow.on_time_share), flow.on_time, flow.late)
            for place, flow in enumerate(now)
            if flow.known
        ],
    }


def calibration(figures: Period, days: int) -> dict[str, Any]:
    """Whether eight of ten parcels arrive inside the range that was said for them, and on which side the others fall."""
    now, before = _both(figures, days)
    total = figures.now
    later = total.eta_asked - total.eta_held - total.eta_early
    shares = [(part / total.eta_asked if total.eta_asked else None) for part in (total.eta_early, total.eta_held, later)]
    return {
        "chart": chart([flow.held_share for flow in now], [flow.held_share for flow in before], RANGE),
        "asked": total.eta_asked,
        "asked_text": number(total.eta_asked),
        "parts": [percent(share, 0) for share in shares],
        "carriers": [
            (carrier_name(code) or _("Other carriers"), percent(flow.held_share, 0), number(flow.eta_asked))
            for code, flow in _busiest(figures.carriers)
            if flow.eta_asked >= FEW
        ],
        "rows": [
            (figures.first + timedelta(days=place), percent(flow.held_share, 0), flow.eta_asked)
            for place, flow in enumerate(now)
            if flow.eta_asked
        ],
    }


def _busiest(carriers: Mapping[str, Flow]) -> list[tuple[str, Flow]]:
    return sorted(carriers.items(), key=lambda item: (-item[1].sent, item[0]))[:ROWS]


def carrier_rows(figures: Period) -> list[dict[str, Any]]:
    """How each carrier does: on time, promises kept, days on the way."""
    return [
        {
            "code": code,
            "name": carrier_name(code) or _("Other carriers"),
            "on_time": percent(flow.on_time_share),
            "kept": percent(flow.kept_share),
            "days": figures.median_transit.get(code),
            "late": number(flow.late),
            "known": number(flow.known),
        }
        for code, flow in _busiest(figures.carriers)
    ]


def feed_rows(*, now: datetime) -> list[dict[str, Any]]:
    """Every feed in words, the silent and slow ones first."""
    return feed_list(feeds(), now)


def feed_list(found: Feeds, now: datetime) -> list[dict[str, Any]]:
    """Feeds in words, the worst first."""
    names = Counter(feed.carrier_code for feed in found.rows)
    rows = [{**_feed(feed, found, now), "via": feed.source if names[feed.carrier_code] > 1 else ""} for feed in found.rows]
    return sorted(rows, key=lambda row: (("bad", "warn", "good", "idle").index(row["words"].tone), row["name"]))


def _feed(feed: CarrierFeed, found: Feeds, now: datetime) -> dict[str, Any]:
    stale = found.silent.get(feed.carrier_code)
    held = stale.facts.get("held_back", 0) if stale else 0
    return {
        "name": carrier_name(feed.carrier_code) or _("Unknown carrier"),
        "feed": feed,
        "usual": duration(int(feed.usual_gap)),
        "codes": sorted(feed.unknown_codes.items(), key=lambda item: -item[1])[:20],
        "words": feed_words(
            last=feed.last_received_at,
            usual_gap=feed.usual_gap,
            is_silent=stale is not None,
            held_back=held if isinstance(held, int) else 0,
            unknown=feed.unknown_count,
            now=now,
        ),
    }


def changes(now: datetime, today: date, figures: Period) -> list[dict[str, str]]:
    """What is different from yesterday at this time."""
    found = changed_between(since=now - timedelta(days=1), until=now)
    said = []
    for what, tone, icon, words in (
        ("opened", "warn", "alert", _("%(n)s opened: %(kinds)s")),
        ("cleared", "good", "done", _("%(n)s cleared by themselves: %(kinds)s")),
        ("done", "info", "check", _("%(n)s closed by people: %(kinds)s")),
    ):
        if kinds := found[what]:
            said.append({"tone": tone, "icon": icon, "text": words % {"n": number(sum(kinds.values())), "kinds": counted(kinds, TYPES)}})
    return said + _yesterday(figures, today)


def _yesterday(figures: Period, today: date) -> list[dict[str, str]]:
    late, before = (figures.day(today - timedelta(days=back)) for back in (1, 2))
    if not (late.known or before.known):
        return []
    words = ngettext(
        "%(n)s parcel missed its day yesterday, %(before)s the day before",
        "%(n)s parcels missed their day yesterday, %(before)s the day before",
        late.late,
    )
    tone = "bad" if late.late > before.late else "good"
    return [{"tone": tone, "icon": "clock", "text": words % {"n": number(late.late), "before": number(before.late)}}]
