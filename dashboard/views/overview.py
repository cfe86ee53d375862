"""The first page: the sentence of the day and the figures under it; the queues; the sandbox's mailbox."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.queues import books, depths
from dashboard.rules import duration, icon_of, sentence, tone_of
from dashboard.selectors import mailbox, overview
from dashboard.views.base import page, staff_page
from merchants.staff import Actor
from notifications.types import MessageState


@require_safe
@staff_page()
def overview_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    figures = overview(now=at)
    states = [
        {"state": state.value, "label": state.label, "n": figures.by_state[state], "tone": tone_of(state), "icon": icon_of(state)}
        for state in MessageState
        if figures.by_state.get(state)
    ]
    context = {
        "here": "overview",
        "now": at,
        "figures": figures,
        "sentence": sentence(figures),
        "states": states,
        "total": sum(figures.by_state.values()),
        "oldest": duration(figures.oldest_seconds),
    }
    return page(request, actor, "dashboard/overview.html", context)


@require_safe
@staff_page()
def queues_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    return page(request, actor, "dashboard/queues.html", {"here": "queues", "now": now(), "depths": depths(), **books()})


@require_safe
@staff_page()
def sandbox_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    return page(request, actor, "dashboard/sandbox.html", {"here": "sandbox", "now": now(), "mails": mailbox()})
