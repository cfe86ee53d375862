"""Words of the work list: what happened, how much time is left, and the best next step."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from dashboard.rules.messages import duration
from tracking.registry import carrier_of
from tracking.types import Cause, Choice, IncidentType

T = IncidentType
LOOKS: dict[str, tuple[str, str]] = {  # tone, icon
    T.UNSHIPPED_PAST_PROMISE: ("warn", "box"),
    T.INVALID_NUMBER: ("warn", "help"),
    T.FORGOTTEN: ("idle", "box"),
    T.STALLED: ("warn", "clock"),
    T.ETA_SLIPPED: ("warn", "clock"),
    T.PREDICTED_LATE: ("idle", "clock"),
    T.FAILED_ATTEMPT: ("bad", "hand"),
    T.PICKUP_EXPIRING: ("bad", "shop"),
    T.CUSTOMS_HOLD: ("warn", "lock"),
    T.EXCEPTION: ("bad", "alert"),
    T.RETURNING: ("idle", "return"),
    T.LOST_SUSPECTED: ("bad", "search"),
    T.DELIVERED_NOT_RECEIVED: ("bad", "help"),
    T.FEED_STALE: ("bad", "alert"),
}
STEPS = {
    T.UNSHIPPED_PAST_PROMISE: _lazy("Ask the warehouse"),
    T.INVALID_NUMBER: _lazy("Check the number"),
    T.FORGOTTEN: _lazy("Ask the warehouse"),
    T.STALLED: _lazy("Ask the carrier"),
    T.ETA_SLIPPED: _lazy("Tell the shopper"),
    T.PREDICTED_LATE: _lazy("Tell the shopper"),
    T.FAILED_ATTEMPT: _lazy("Check the address"),
    T.PICKUP_EXPIRING: _lazy("Remind the shopper"),
    T.CUSTOMS_HOLD: _lazy("Ask the carrier"),
    T.EXCEPTION: _lazy("Ask the carrier"),
    T.RETURNING: _lazy("Ask the shopper"),
    T.LOST_SUSPECTED: _lazy("Send it again"),
    T.DELIVERED_NOT_RECEIVED: _lazy("Ask the carrier"),
    T.FEED_STALE: _lazy("Check the connection"),
}
# What a press on the step opens: the carrier's text, a message to the shopper, or the incident itself.
ASK = (T.STALLED, T.CUSTOMS_HOLD, T.EXCEPTION, T.DELIVERED_NOT_RECEIVED)
WRITE = (T.ETA_SLIPPED, T.PREDICTED_LATE, T.PICKUP_EXPIRING, T.RETURNING)
CHOSEN = {
    Choice.WAIT: _lazy("Wait, as the shopper wishes"),
    Choice.REPLACE: _lazy("Replace, as the shopper wishes"),
    Choice.CANCEL: _lazy("Cancel, as the shopper wishes"),
}
ACTS = {
    "opened": _lazy("Noticed"),
    "updated": _lazy("Changed"),
    "cleared": _lazy("Cleared by itself"),
    "reopened": _lazy("Opened again"),
    "told": _lazy("Shopper told"),
    "note": _lazy("Note"),
    "owner": _lazy("Given to somebody"),
    "snoozed": _lazy("Put away"),
    "resolved": _lazy("Resolved"),
    "choice": _lazy("The shopper chose"),
    "asked": _lazy("Carrier asked"),
}
RESOLVED = {
    "cleared": _lazy("cleared by itself"),
    "by_hand": _lazy("dealt with"),
    "reshipped": _lazy("sent again"),
    "refunded": _lazy("refunded"),
    "claimed": _lazy("claimed from the carrier"),
}


def look_of(type: str, cause: str) -> tuple[str, str]:
    """Tone and icon of an incident; weather shows as weather."""
    tone, icon = LOOKS.get(type, ("idle", "alert"))
    return (tone, "snow") if cause == Cause.WEATHER else (tone, icon)


def step_of(type: str, choice: str) -> str:
    """The best next step: what the shopper asked for, else what usually helps."""
    return str(CHOSEN[Choice(choice)] if choice in CHOSEN else STEPS.get(T(type), "")) if type in T.values else ""


def way_of(type: str, choice: str) -> str:
    """Where the best next step is taken: ask, write or open."""
    if choice in CHOSEN:
        return "open"
    return "ask" if type in ASK else "write" if type in WRITE else "open"


def time_left(act_by: datetime, now: datetime) -> tuple[str, str]:
    """The time in which something can still be saved, and its tone."""
    seconds = int((act_by - now).total_seconds())
    if seconds <= 0:
        return _("over"), "bad"
    tone = "bad" if seconds < 7200 else "warn" if seconds < 6 * 3600 else ""
    return duration(seconds), tone


def detail_of(facts: Mapping[str, Any], today: date) -> str:
    """What the rule saw, most telling first, in one line."""
    said = [words for words in (_silent(facts), _tries(facts), _pickup(facts, today), _city(facts)) if words]
    return ", ".join(said[:2])


def _silent(facts: Mapping[str, Any]) -> str:
    days, limit = facts.get("silent_days"), facts.get("limit_days")
    if not isinstance(days, int | float):
        return ""
    said = ngettext("silent for %(n)s day", "silent for %(n)s days", int(days)) % {"n": f"{days:g}"}
    return said + (_(", usual at most %(n)s") % {"n": f"{limit:.1f}".removesuffix(".0")} if isinstance(limit, int | float) else "")


def _tries(facts: Mapping[str, Any]) -> str:
    tries = facts.get("attempts")
    return ngettext("%(n)s attempt", "%(n)s attempts", tries) % {"n": tries} if isinstance(tries, int) and tries > 0 else ""


def _pickup(facts: Mapping[str, Any], today: date) -> str:
    try:
        until = date.fromisoformat(str(facts.get("pickup_until")))
    except ValueError:
        return ""
    left = (until - today).days
    if left < 0:
        return _("pick-up is over")
    return _("pick-up ends today") if left == 0 else ngettext("%(n)s day to collect it", "%(n)s days to collect it", left) % {"n": left}


def _city(facts: Mapping[str, Any]) -> str:
    city = facts.get("last_city")
    return _("last seen %(city)s") % {"city": city} if isinstance(city, str) and city else ""


def carrier_name(code: str, written: str = "") -> str:
    """The carrier by name; what the shop wrote when we do not know it."""
    carrier = carrier_of(code)
    return carrier.name if carrier else written or code
