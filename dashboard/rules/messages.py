"""Pure words of the staff pages: the sentence of the day, and the tone of a state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
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

# What a decision asks, said so that a tick means "this holds".
QUESTIONS = {
    "merchant_off": _lazy("The shop sends this message"),
    "imported_history": _lazy("It happened after the import"),
    "already_told": _lazy("The shopper was not told before"),
    "order_cancelled": _lazy("The order stands"),
    "never_confirmed": _lazy("The order was confirmed or paid"),
    "already_delivered": _lazy("The parcel is still on its way"),
    "newer_news": _lazy("It is still so, and nothing newer is known"),
    "no_email": _lazy("There is an e-mail address"),
    "no_phone": _lazy("There is a telephone number"),
    "suppressed": _lazy("Nothing stands against the address"),
    "marketing_consent": _lazy("Marketing consent, where needed"),
}
REASONS = {
    "merchant_off": _lazy("the shop has switched it off"),
    "imported_history": _lazy("it happened before the import"),
    "already_told": _lazy("told before, to another address"),
    "order_cancelled": _lazy("the order was cancelled"),
    "never_confirmed": _lazy("the order was never confirmed nor paid"),
    "already_delivered": _lazy("the parcel had arrived"),
    "newer_news": _lazy("newer news took its place"),
    "held": _lazy("waits a little for newer news"),
    "day_over": _lazy("the day it speaks of was over"),
    "no_email": _lazy("no e-mail address"),
    "no_phone": _lazy("no telephone number"),
    "suppressed": _lazy("the address is blocked"),
    "no_provider": _lazy("waits for a provider account"),
    "no_sender": _lazy("waits for a sender address"),
    "provider_asks_to_wait": _lazy("waits as the provider asked"),
    "provider_down": _lazy("waits until the provider works again"),
    "other_account": _lazy("not taken by the first provider, goes to the second"),
    "over_rate": _lazy("waits its turn: so many a second and no more"),
    "spend_cap": _lazy("waits for tomorrow: today's cap is spent"),
    "too_late": _lazy("it came too late to be of use"),
    "refused": _lazy("the provider will never take it"),
    "not_accepted": _lazy("not taken yet, tried again"),
    "not_composed": _lazy("it could not be written"),
    "attempts_used_up": _lazy("tried eight times"),
    "outcome_unknown": _lazy("nobody can say whether it was taken"),
    "resend_after_unknown": _lazy("sent once more, the outcome stayed unknown"),
    "worker_died": _lazy("the worker died while sending"),
    "rerun": _lazy("run again by staff"),
    "cancelled_by_staff": _lazy("taken back by staff"),
}


def question_of(condition: str) -> str:
    """The condition as a sentence; its code when a later release knows more than this page."""
    return str(QUESTIONS.get(condition, condition.replace("_", " ")))


def reason_of(reason: str) -> str:
    """The reason of a state in words."""
    return str(REASONS.get(reason, reason.replace("_", " ")))


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
    inbox_waiting: int = 0
    orders_today: int = 0

    @property
    def dead(self) -> int:
        return self.dead_messages + self.dead_deliveries + self.dead_inbox + self.dead_polls


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
