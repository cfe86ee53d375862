"""A message's receipt in the words of the staff pages: what was asked and found, when it was to leave, what it cost.

One table for all codes: whoever adds a condition or a reason to the rules adds its words here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.types import PrivacyState, SuppressionReason
from notifications.models import AutomationVersion, Message
from notifications.rules.automation import FACTS
from notifications.types import Kind, MessageState, Style
from orders.types import RequestState
from returns.types import ClaimState, ExchangeState, ReturnState
from tracking.types import IncidentType, ShipmentStatus

# Said so that a tick means "this holds".
QUESTIONS = {
    "merchant_off": _("The shop sends this message"),
    "imported_history": _("It happened after the import"),
    "already_told": _("The shopper was not told before"),
    "order_cancelled": _("The order stands"),
    "never_confirmed": _("The order was confirmed or paid"),
    "already_delivered": _("The parcel is still on its way"),
    "newer_news": _("It is still so, and nothing newer is known"),
    "offer_closed": _("The offer is still open"),
    "nothing_to_offer": _("There is something to offer"),
    "nothing_to_ask": _("There is still something to ask"),
    "already_decided": _("The request is still open"),
    "taken_back": _("The shopper has not taken it back"),
    "told_by_cancellation": _("Nothing else tells the answer"),
    "told_elsewhere": _("No other message tells it"),
    "automation": _("A condition of the automation"),
    "no_email": _("There is an e-mail address"),
    "no_phone": _("There is a telephone number"),
    "suppressed": _("Nothing stands against the address"),
    "marketing_consent": _("Marketing consent, where needed"),
    "preference": _("The shopper has not turned it off"),
    "important_only": _("Important, or the shopper wants all news"),
    "paused": _("The shopper has not paused it"),
    "frequency_cap": _("Not too many of them lately"),
    "not_now": _("Nothing of the shopper's is unsettled"),
    "ladder": _("It is this channel's turn"),
    "style": _("The style"),
    "delay": _("The automation's delay"),
    "window": _("The automation's hours"),
    "quiet_hours": _("No quiet hours"),
    "too_late": _("Still in time"),
    "test": _("A test, asked for by staff"),
}
# What every message has an answer to, and why some are not asked.
NOT_ASKED = {
    "marketing_consent": _("not asked"),
    "frequency_cap": _("not counted: only what advertises is"),
    "quiet_hours": _("no hours are kept for it"),
    "ladder": _("each channel that is on tells it by itself"),
}
BEFORE = _("not reckoned: it was withheld before")
REASONS = {
    "merchant_off": _("the shop has switched it off"),
    "imported_history": _("it happened before the import"),
    "already_told": _("told before, to another address"),
    "order_cancelled": _("the order was cancelled"),
    "never_confirmed": _("the order was never confirmed nor paid"),
    "already_delivered": _("the parcel had arrived"),
    "newer_news": _("newer news took its place"),
    "offer_closed": _("the offer was closed"),
    "nothing_to_offer": _("there was nothing to offer"),
    "nothing_to_ask": _("answered, put off, sent back or over by then"),
    "already_decided": _("the request was decided by then"),
    "taken_back": _("the shopper took the request back"),
    "told_by_cancellation": _("the cancellation itself tells it"),
    "told_elsewhere": _("another message tells it"),
    "automation": _("a condition of the automation does not hold"),
    "marketing_consent": _("no consent to such messages"),
    "preference": _("the shopper turned such messages off"),
    "important_only": _("the shopper wants only the important ones"),
    "paused": _("the shopper has paused such messages"),
    "frequency_cap": _("enough of them went out lately"),
    "not_now": _("something of the shopper's is unsettled, that comes first"),
    "ladder": _("goes by another channel first"),
    "held": _("waits a little for newer news"),
    "delay": _("waits as long as the automation says"),
    "window": _("waits for the automation's hours"),
    "quiet_hours": _("waits until the quiet hours are over"),
    "day_over": _("the day it speaks of was over"),
    "erased": _("the shopper’s personal data were erased"),
    "no_email": _("no e-mail address"),
    "no_phone": _("no telephone number"),
    "suppressed": _("the address is blocked"),
    "no_provider": _("waits for a provider account"),
    "no_sender": _("waits for a sender address"),
    "provider_asks_to_wait": _("waits as the provider asked"),
    "provider_down": _("waits until the provider works again"),
    "other_account": _("not taken by the first provider, goes to the second"),
    "over_rate": _("waits its turn: so many a second and no more"),
    "spend_cap": _("waits for tomorrow: today's cap is spent"),
    "too_late": _("it came too late to be of use"),
    "refused": _("the provider will never take it"),
    "not_accepted": _("not taken yet, tried again"),
    "not_composed": _("it could not be written"),
    "attempts_used_up": _("tried eight times"),
    "outcome_unknown": _("nobody can say whether it was taken"),
    "lookup_failed": _("the provider could not be asked whether it was taken"),
    "restored": _("the database was restored: the provider is asked whether it was sent before"),
    "restored_absent": _("the database was restored: the provider does not have it, it waits to be let go"),
    "restored_unsure": _("the database was restored: nobody can say whether it was sent before"),
    "released": _("let go after the database was restored"),
    "resend_after_unknown": _("sent once more, the outcome stayed unknown"),
    "worker_died": _("the worker died while sending"),
    "rerun": _("run again by staff"),
    "cancelled_by_staff": _("taken back by staff"),
}


OUTCOMES = {
    "": _("under way"),
    "held": _("held back, nothing was handed over"),
    "accepted": _("taken"),
    "refused": _("refused for good"),
    "not_accepted": _("not taken"),
    "unknown": _("nobody knows"),
}
STEPPED_DOWN = _("the channel before it failed")
LABELS: dict[str, Mapping[str, str | Promise]] = {
    "suppressed": dict(SuppressionReason.choices),
    "newer_news": {
        **dict(ReturnState.choices),
        **dict(ClaimState.choices),
        **dict(ExchangeState.choices),
        **dict(RequestState.choices),
        **dict(PrivacyState.choices),
        **dict(ShipmentStatus.choices),
    },
    "already_decided": {**dict(ReturnState.choices), **dict(ClaimState.choices), **dict(RequestState.choices)},
    "not_now": dict(IncidentType.choices),
    "told_elsewhere": {**dict(Kind.choices), "gift": _("A gift: the giver is told nothing")},
    "style": dict(Style.choices),
}


def words_of(code: str) -> str:
    """A condition or a reason in words; its code when a later release knows more than these tables."""
    return str(QUESTIONS.get(code) or REASONS.get(code) or code.replace("_", " "))


def question_of(condition: str) -> str:
    """The condition as a sentence of which a tick says "this holds"."""
    return words_of(condition)


def reason_of(reason: str, state: str = "") -> str:
    """The reason of a state in words. What a provider said of a bounce is told as it was said."""
    if reason == "ladder" and state and state != MessageState.SUPPRESSED:
        return str(STEPPED_DOWN)
    return str(REASONS.get(reason, reason.replace("_", " ")))


def outcome_of(outcome: str) -> str:
    """How a try ended."""
    return str(OUTCOMES.get(outcome, outcome.replace("_", " ")))


def state_of(state: str) -> str:
    """A state a provider's word speaks of."""
    return str(MessageState(state).label) if state in MessageState.values else state.replace("_", " ")


def detail_of(condition: str, detail: str) -> str:
    """What was found. Facts and states go by their names on the pages: `Order value 84.00 at least 50`."""
    fact, _space, rest = detail.partition(" ")
    if condition == "automation" and fact in FACTS:
        return f"{FACTS[fact].label} {rest}"
    labels = LABELS.get(condition, {})
    return " ".join(_named(word, labels) for word in detail.split(" ")) if labels else detail


def _named(word: str, labels: Mapping[str, str | Promise]) -> str:
    plain = word.rstrip(":,")
    return f"{str(labels[plain]).lower()}{word[len(plain) :]}" if plain in labels else word.replace("->", "\N{RIGHTWARDS ARROW}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a decision. `ok` is None when it was not asked; `detail` says why."""

    condition: str
    question: str
    ok: bool | None
    detail: str = ""


def asked(reasons: Sequence[Mapping[str, object]], *, state: str) -> list[Asked]:
    """Every question in the order asked, then those of consent, cap, hours and ladder that did not arise."""
    rows = [_asked(row) for row in reasons]
    if any(row.condition == "test" for row in rows):
        return rows
    return [*rows, *_not_asked({row.condition for row in rows}, state)]


def _asked(row: Mapping[str, object]) -> Asked:
    name = str(row.get("condition", ""))
    return Asked(name, question_of(name), bool(row.get("ok")), detail_of(name, str(row.get("detail", ""))))


def _not_asked(known: set[str], state: str) -> Iterator[Asked]:
    for name, why in NOT_ASKED.items():
        if name not in known:
            is_withheld = name == "quiet_hours" and state == MessageState.SUPPRESSED
            yield Asked(name, question_of(name), None, str(BEFORE if is_withheld else why))


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the message, or is to happen; `there` is the recipient's own time."""

    name: str | Promise
    at: datetime
    there: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """What decided or worded a message, and its page in the admin; without an address only its name is known."""

    text: str
    url: str = ""


def plan_link(kind: str, version: AutomationVersion | None) -> Link:
    """The automation that decided: `v3`, or the default."""
    if version is None:
        return Link(gettext("default"), reverse("admin:notifications_automationversion_plan", args=[kind]))
    return Link(f"v{version.number}", reverse("admin:notifications_automationversion_change", args=[version.pk]))


def wording_link(message: Message) -> Link | None:
    """What it was rendered from: a merchant's version, or the shipped wording of its place in the studio; None until it is rendered."""
    label = message.template_label
    if message.template_id is not None:
        return Link(label, reverse("admin:notifications_templateversion_change", args=[message.template_id]))
    is_shipped = label.startswith("shipped ")
    return Link(label, reverse("admin:notifications_templateversion_studio", args=[_key(message)]) if is_shipped else "") if label else None


def _key(message: Message) -> str:
    """The wording's place in the studio, as its address names it."""
    style = message.style or (Style.PLAIN.value if message.kind == Kind.ORDER_CONFIRMATION else "")
    return ".".join(part for part in (message.kind, message.channel, message.language, style) if part)


def cost_of(cost: Decimal | None, currency: str) -> str:
    """`0.079 EUR`; empty when no price is known."""
    return f"{cost.normalize():f} {currency}".strip() if cost is not None else ""


def cost_words(cost: Decimal | None, currency: str, *, has_left: bool) -> str:
    """What it cost, or why nothing is known to have been paid."""
    return cost_of(cost, currency) or (gettext("no price is set for it") if has_left else gettext("nothing: it did not leave"))
