"""The message log, and the story of one message."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from customers.types import Channel
from dashboard.rules import icon_of, reason_of, tone_of
from dashboard.selectors import counts_by_state, start_of_day
from dashboard.views.base import page, staff_page
from merchants.staff import Actor
from notifications.models import Message
from notifications.receipts import REASONS, cost_of, outcome_of, state_of
from notifications.selectors import BadCursor, LogFilter, MessageNotFound, Story, message_log, message_story
from notifications.services import cancel_message, rerun_message
from notifications.types import Kind, MessageState, Style

# The preview shows what a shopper got: no script, no form, no address of its own, nothing loaded but pictures.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src {scheme}: data:; frame-ancestors 'self'; sandbox"
FIELDS = ("state", "kind", "channel", "order", "recipient", "day")
FINER = ("reason", "style", "country", "wording")
RERUNNABLE = (MessageState.DEAD, MessageState.FAILED)
TAKEN_BACK = (MessageState.PENDING, MessageState.LEASED)


@require_safe
@staff_page()
def log_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").replace("\0", "").strip()[:254] for name in (*FIELDS, *FINER)}
    try:
        found = message_log(filters=filters_of(chosen), cursor=request.GET.get("cursor", "")[:200])
    except BadCursor:
        raise Http404 from None
    kept = {name: value for name, value in chosen.items() if value}
    context = {
        "here": "messages",
        "now": now(),
        "chosen": chosen,
        "is_narrowed": bool(kept),
        "rows": [row_of(message) for message in found.messages],
        "next": urlencode({**kept, "cursor": found.next_cursor}) if found.next_cursor else "",
        "states": state_pills(kept),
        "kinds": Kind.choices,
        "channels": Channel.choices,
        "styles": Style.choices,
        "reasons": sorted(REASONS.items(), key=lambda item: str(item[1])),
        "is_finer": any(chosen[name] for name in FINER),
    }
    return page(request, actor, "dashboard/messages.html", context)


def row_of(message: Message) -> dict[str, Any]:
    """A message with the words, tone and icon of its state, and what it cost."""
    state = message.state
    return {
        "message": message,
        "tone": tone_of(state),
        "icon": icon_of(state),
        "reason": reason_of(message.reason, state),
        "cost": cost_of(message.cost, message.cost_currency),
    }


def filters_of(chosen: dict[str, str]) -> LogFilter:
    """What the address asks for; words we do not know narrow to nothing rather than to everything."""
    since = _midnight(chosen["day"])
    return LogFilter(
        state=chosen["state"],
        kind=chosen["kind"],
        channel=chosen["channel"],
        **{name: chosen[name] for name in FINER},
        order_number=chosen["order"],
        recipient=chosen["recipient"],
        since=since,
        until=since + timedelta(days=1) if since else None,
    )


def _midnight(day: str) -> datetime | None:
    try:
        parsed: date | None = parse_date(day)
    except ValueError:
        parsed = None
    return timezone.make_aware(datetime.combine(parsed, time.min)) if parsed and parsed.year > 1 else None


def state_pills(kept: dict[str, str]) -> list[dict[str, Any]]:
    """One pill per state seen in the last seven days, with its count and the address that narrows to it."""
    counts = counts_by_state(since=start_of_day(now()) - timedelta(days=6))
    others = {name: value for name, value in kept.items() if name != "state"}
    return [
        {
            "label": state.label,
            "n": counts.get(state, 0),
            "on": kept.get("state") == state,
            "query": urlencode({**others, "state": state.value}),
        }
        for state in MessageState
        if counts.get(state) or kept.get("state") == state
    ]


def story_or_404(message_id: int) -> Story:
    try:
        return message_story(message_id=message_id)
    except MessageNotFound:
        raise Http404 from None


@require_safe
@staff_page()
def story_page(request: HttpRequest, actor: Actor, message_id: int) -> HttpResponse:
    story = story_or_404(message_id)
    state = story.message.state
    context = {
        **row_of(story.message),
        "here": "messages",
        "now": now(),
        "story": story,
        "tries": [(one, outcome_of(one.outcome)) for one in story.attempts],
        "calls": [(one, state_of(one.state)) for one in story.callbacks],
        "ladder": [row_of(other) for other in story.ladder],
        "may_rerun": state in RERUNNABLE,
        "may_cancel": state in TAKEN_BACK,
    }
    return page(request, actor, "dashboard/story.html", context)


@require_safe
@xframe_options_sameorigin
@staff_page()
def preview(request: HttpRequest, actor: Actor, message_id: int) -> HttpResponse:
    """The e-mail as sent, under a policy of its own: merchant-written HTML gets no rights here."""
    content = story_or_404(message_id).content
    response = HttpResponse(content.html if content else "", content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = PREVIEW_POLICY.format(scheme=settings.PUBLIC_SCHEME)
    return response


@require_POST
@staff_page(acts=True)
def rerun(request: HttpRequest, actor: Actor, message_id: int) -> HttpResponse:
    story_or_404(message_id)
    done = rerun_message(message_id=message_id)
    messages.success(request, _("It runs again.") if done else _("It was neither given up nor refused, so nothing was done."))
    return redirect("dashboard:story", message_id)


@require_POST
@staff_page(acts=True)
def cancel(request: HttpRequest, actor: Actor, message_id: int) -> HttpResponse:
    story_or_404(message_id)
    done = cancel_message(message_id=message_id, at=now())
    messages.success(request, _("It is taken back and will not be sent.") if done else _("It had left already, so nothing was done."))
    return redirect("dashboard:story", message_id)
