"""The work list, its rows alone for the page that refreshes itself, and one incident with its story."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.rules.incidents import carrier_name
from dashboard.selectors import staff
from dashboard.story import story_of
from dashboard.views.base import may_act, page, staff_page
from dashboard.views.worklist import chosen_of, filter_of, kept, row_of
from merchants.staff import Actor
from tracking.rules.desk import RESOLUTIONS
from tracking.selectors.desk import BadPlace, IncidentNotFound, incident_page, neighbours, views_of, work_counts, work_list
from tracking.types import Cause, IncidentState, IncidentType

PILLS = (
    ("need", "Needs a person"),
    ("untold", "Not told yet"),
    ("mine", "Mine"),
    ("all", "All open"),
    ("snoozed", "Put away"),
    ("resolved", "Resolved"),
)


@require_safe
@staff_page()
def list_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    chosen = chosen_of(request.GET)
    counts = work_counts(user_id=actor.user.pk if actor.user else 0, now=at)
    context = {
        "here": "incidents",
        "counts": counts,
        "pills": pills(chosen, counts),
        "views": views_of(user_id=actor.user.pk if actor.user else 0),
        "types": _options(counts.types, dict(IncidentType.choices), chosen.get("type", "")),
        "carriers": _options(counts.carriers, {code: carrier_name(code) for code in counts.carriers}, chosen.get("carrier", "")),
        "regions": _options(counts.regions, {}, chosen.get("region", "")),
        "causes": _options(counts.causes, dict(Cause.choices), chosen.get("cause", "")),
        "states": [choice for choice in IncidentState.choices if choice[0] != IncidentState.RESOLVED],
        "undo": undo_of(request, at),
        **_work(request, actor, chosen, at),
    }
    return page(request, actor, "dashboard/incidents.html", context)


def _work(request: HttpRequest, actor: Actor, chosen: dict[str, str], at: datetime) -> dict[str, Any]:
    """What the list and its rows alone share."""
    filters = filter_of(chosen, actor)
    try:
        found = work_list(filters=filters, place=request.GET.get("place", "")[:80], now=at)
    except BadPlace:
        raise Http404 from None
    return {
        "now": at,
        "today": timezone.localdate(at),
        "chosen": chosen,
        "query": kept(chosen),
        "place": request.GET.get("place", "")[:80],
        "is_resolved": filters.is_resolved,
        "rows": [row_of(row, at, found.parcels) for row in found.rows],
        "next": kept(chosen, place=found.next) if found.next else "",
        "people": staff(),
    }


def undo_of(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """The last act that can be taken back, while it is fresh."""
    last: dict[str, Any] = request.session.get("undo") or {}
    return last if last.get("until", 0) > at.timestamp() else None


def pills(chosen: dict[str, str], counts: Any) -> list[dict[str, Any]]:
    """The ready-made views with how much is in them; the other filters stay as they are."""
    figures = {"need": counts.need, "untold": counts.untold, "mine": counts.mine, "all": counts.open, "snoozed": counts.snoozed}
    return [
        {
            "label": label,
            "n": figures.get(view),
            "query": kept(chosen, view="" if view == "need" else view),
            "on": chosen.get("view", "need") == view,
        }
        for view, label in PILLS
    ]


def _options(counts: Any, labels: dict[str, Any], chosen: str) -> list[tuple[str, str, int]]:
    """What there is to choose; the chosen one stays in the list when nothing of it is left."""
    found = [(value, str(labels.get(value, value)), count) for value, count in counts.items()]
    return found if not chosen or chosen in counts else [*found, (chosen, str(labels.get(chosen, chosen)), 0)]


@require_safe
@staff_page()
def rows(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The rows alone. 304 while they read the same."""
    context = _work(request, actor, chosen_of(request.GET), now())
    response = render(request, "dashboard/incident_rows.html", {**context, "actor": actor, "may_act": may_act(actor)})
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    response["ETag"] = tag
    return response


@require_safe
@staff_page()
def incident(request: HttpRequest, actor: Actor, incident_id: int) -> HttpResponse:
    at = now()
    try:
        row, notes = incident_page(incident_id=incident_id)
    except IncidentNotFound:
        raise Http404 from None
    chosen = chosen_of(request.GET)
    before, after = neighbours(row=row, filters=filter_of(chosen, actor), now=at)
    context = {
        "here": "incidents",
        "now": at,
        "row": row_of(row, at),
        "incident": row,
        "query": kept(chosen),
        "before": before,
        "after": after,
        "story": story_of(row, notes),
        "people": staff(),
        "resolutions": [word for word in RESOLUTIONS if word != "by_hand"],
        "undo": undo_of(request, at),
    }
    return page(request, actor, "dashboard/incident.html", context)
