"""Pure words of the staff pages: the sentence of the day, and the tone of a state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LATE = 60  # seconds a message may wait before the page says so

TONES = {
    "pending": "idle",
    "leased": "info",
    "sending": "info",
    "sent": "good",
    "delivered": "good",
    "bounced": "bad",
    "unknown": "warn",
    "suppressed": "idle",
    "expired": "warn",
    "cancelled": "idle",
    "failed": "bad",
    "dead": "bad",
}
ICONS = {"good": "done", "warn": "alert", "bad": "alert", "info": "clock", "idle": "clock"}
STILL = {"suppressed": "hand", "cancelled": "x", "expired": "hourglass", "bounced": "return", "unknown": "help"}


def tone_of(state: str) -> str:
    """The tone of a message's state; what we do not know is not judged."""
    return TONES.get(state, "idle")


def icon_of(state: str) -> str:
    """The icon that goes with the state's word."""
    return STILL.get(state) or ICONS[tone_of(state)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the overview knows about one merchant, now."""

    by_state: Mapping[str, int] = field(default_factory=dict)  # of messages decided today
    waiting: int = 0  # due or soon due, with an account to go through
    waits_for_account: int = 0
    oldest_seconds: int = 0
    unknown: int = 0
    dead_messages: int = 0
    dead_deliveries: int = 0
    dead_inbox: int = 0
    dead_polls: int = 0
    dead_commands: int = 0
    inbox_waiting: int = 0
    orders_today: int = 0

    @property
    def dead(self) -> int:
        return self.dead_messages + self.dead_deliveries + self.dead_inbox + self.dead_polls + self.dead_commands


def sentence(figures: Figures) -> str:
    """The day in at most four short sentences, most pressing facts last so that they are read last."""
    said = [_first(figures)]
    if n := figures.waits_for_account:
        said.append(ngettext("%(n)s waits for a provider account.", "%(n)s wait for a provider account.", n) % {"n": n})
    if n := figures.unknown:
        said.append(ngettext("%(n)s has an unknown outcome.", "%(n)s have an unknown outcome.", n) % {"n": n})
    if n := figures.dead:
        said.append(ngettext("%(n)s was given up and needs a person.", "%(n)s were given up and need a person.", n) % {"n": n})
    return " ".join(said)


def _first(figures: Figures) -> str:
    if not figures.waiting:
        return _("All messages are out.")
    going = ngettext("%(n)s message is on its way out.", "%(n)s messages are on their way out.", figures.waiting) % {"n": figures.waiting}
    if figures.oldest_seconds <= LATE:
        return going
    return going + " " + _("The oldest has waited for %(time)s.") % {"time": duration(figures.oldest_seconds)}


def duration(seconds: int) -> str:
    """A waiting time as people say it: `40 s`, `12 min`, `3 h`, `2 days`."""
    if seconds < 120:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 7200:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 172_800:
        return _("%(n)s h") % {"n": seconds // 3600}
    return _("%(n)s days") % {"n": seconds // 86_400}
