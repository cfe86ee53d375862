"""What the simulator found, as its page shows it: every message in the order of time, and what the drafts change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.types import Channel
from merchants.types import Language
from notifications.admin.shown import beside
from notifications.receipts import Asked, asked, cost_of, reason_of
from notifications.simulator.types import Difference, Simulated
from notifications.studio.diff import lines
from notifications.studio.types import Section
from notifications.types import Kind, MessageState, Style

STATES: dict[str, tuple[Any, str, str]] = {
    "sent": (gettext_lazy("Goes out"), "good", "done"),
    MessageState.SUPPRESSED: (gettext_lazy("Withheld"), "idle", "stop"),
    MessageState.CANCELLED: (gettext_lazy("Taken back"), "idle", "x"),
    MessageState.EXPIRED: (gettext_lazy("Too late"), "warn", "hourglass"),
}
PARTS = {"subject": gettext_lazy("Subject"), "text": gettext_lazy("Text"), "html": gettext_lazy("The e-mail's design")}


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the story."""

    one: Simulated
    title: str
    channel: str
    style: str
    moment: str
    zone: str
    state: str
    tone: str
    icon: str
    reason: str
    asked: list[Asked]
    cost: str
    letter: str  # query of the page that holds the e-mail; empty when there is none


def story_of(found: Iterable[Simulated], query: dict[str, str]) -> list[Told]:
    """Every message in the order of time: what goes out when it leaves, the others when they were decided."""
    rows = sorted(found, key=lambda one: (_moment(one), one.decided_at, one.fact))
    return [_told(one, query) for one in rows]


def _told(one: Simulated, query: dict[str, str]) -> Told:
    label, tone, icon = STATES.get(one.state, (one.state, "idle", "clock"))
    reason = reason_of(one.reason) if one.reason and not one.is_sent else ""
    letter = urlencode({**query, "fact": one.fact}) if one.letter.html else ""
    return Told(
        one,
        *names_of(one),
        moment_words(_moment(one), one.zone),
        one.zone,
        str(label),
        tone,
        icon,
        reason,
        asked(one.reasons, state=one.state),
        price_of(one),
        letter,
    )


def names_of(one: Simulated) -> tuple[str, str, str]:
    """Message, channel and style as people call them."""
    return str(Kind(one.kind).label), str(Channel(one.channel).label), style_of(one)


def style_of(one: Simulated) -> str:
    return str(Style(one.style).label).lower() if one.style in Style.values else ""


def _moment(one: Simulated) -> datetime:
    return one.send_at if one.is_sent and one.send_at is not None else one.decided_at


def price_of(one: Simulated) -> str:
    return cost_of(one.letter.cost, one.letter.currency)


def moment_words(at: datetime, zone: str) -> str:
    return date_format(at.astimezone(ZoneInfo(zone)), "D j M Y, H:i")


def sum_of(found: Sequence[Simulated]) -> str:
    """`5 go out, 2 do not, 0.15 EUR.`"""
    sent = [one for one in found if one.is_sent]
    rest = len(found) - len(sent)
    sums: dict[str, Decimal] = {}
    for one in sent:
        if one.letter.cost is not None:
            sums[one.letter.currency] = sums.get(one.letter.currency, Decimal(0)) + one.letter.cost
    said = [
        ngettext("%(n)s message goes out", "%(n)s messages go out", len(sent)) % {"n": len(sent)},
        ngettext("%(n)s does not", "%(n)s do not", rest) % {"n": rest} if rest else "",
        *(cost_of(amount, currency) for currency, amount in sorted(sums.items())),
    ]
    return ", ".join(part for part in said if part) + "."


# What the drafts change


def changes_of(found: Iterable[Difference]) -> list[dict[str, Any]]:
    """Each message the drafts tell differently: what was, what would be, and the words side by side."""
    return [_change(one) for one in found]


def _change(change: Difference) -> dict[str, Any]:
    side = change.draft or change.live
    assert side is not None, "a difference has a side"
    title, channel, style = names_of(side)
    if change.live is None or change.draft is None:
        only = _("Only with the drafts") if change.live is None else _("Not with the drafts")
        return {"title": title, "channel": channel, "style": style, "only": only, "outcome": _outcome(side), "why": _why(side)}
    rows = [
        {"label": label, "old": old, "new": new}
        for name, label, say in _sayings()
        if name in change.fields and (old := say(change.live)) != (new := say(change.draft))
    ]
    return {"title": title, "channel": channel, "style": style, "rows": rows, "sections": _sections(change, change.live, change.draft)}


def _sayings() -> list[tuple[str, str, Any]]:
    """Fields of a difference, their names, and how each side says them."""
    return [
        ("state", _("Outcome"), _outcome),
        ("reason", _("Reason"), _why),
        ("send_at", _("Leaves"), lambda one: moment_words(one.send_at, one.zone) if one.send_at else _("never")),
        ("style", _("Style"), style_of),
        ("language", _("Language"), lambda one: str(Language(one.language).label) if one.language in Language.values else one.language),
        ("segments", _("Segments"), lambda one: str(one.letter.segments)),
        ("cost", _("Cost"), price_of),
    ]


def _outcome(one: Simulated) -> str:
    return str(STATES.get(one.state, (one.state,))[0])


def _why(one: Simulated) -> str:
    return "" if one.is_sent or not one.reason else reason_of(one.reason)


def _sections(change: Difference, live: Simulated, draft: Simulated) -> list[dict[str, Any]]:
    """Subject and words side by side. A design that differs where the words do not is only said."""
    names = [name for name in ("subject", "text") if name in change.fields]
    if not names and "html" in change.fields:
        return beside([Section("html", PARTS["html"], lines(_("As it is"), _("Another design, the same words")))])
    return beside(Section(name, PARTS[name], lines(getattr(live.letter, name), getattr(draft.letter, name))) for name in names)
