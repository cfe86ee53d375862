"""What a shopper can choose to get: the words beside each switch, and what a form that was sent means."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.rules import BadPause, pause_end
from customers.types import CHOOSABLE, Channel, Preferences, SuppressionReason, Topic
from merchants.types import Language

WEEK, MONTH = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Switch:
    """One kind of message on one channel."""

    name: str  # `offers.email`, its value in the form
    label: str
    wording: str  # the whole of what is agreed to, kept with the consent
    is_on: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of message: what it is, and its switches."""

    topic: str
    title: str
    hint: str
    switches: tuple[Switch, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was read: the choices, or what is wrong with which field."""

    preferences: Preferences
    errors: dict[str, str] = field(default_factory=dict)


def topic_words(topic: str) -> tuple[str, str]:
    """What a kind of message is called, and what it holds."""
    return {
        Topic.ORDERS: (_("Orders and payments"), _("Confirmations, cancellations, refunds, sign-in codes and our answers to you.")),
        Topic.PARCELS: (_("Parcel news"), _("Sent, on its way, delivered. If something needs you, we tell you all the same.")),
        Topic.OFFERS: (_("Offers"), _("Vouchers, and things that go with what you bought.")),
        Topic.REVIEWS: (
            _("Questions about what you bought"),
            _(
                "Whether it fits, and what you think of it. "
                "In some countries a shop may ask until you say no: saving this page with it off says no."
            ),
        ),
        Topic.CARE: (_("Care tips and news"), _("How to look after what you bought, and what is new.")),
    }[Topic(topic)]


def channel_words(channel: str) -> str:
    """How messages come."""
    return {Channel.EMAIL: _("By e-mail"), Channel.SMS: _("By SMS")}[Channel(channel)]


def rows(preferences: Preferences) -> list[Row]:
    """Every kind of message that can be chosen, with its switches as they stand."""
    return [
        Row(topic.value, *topic_words(topic), tuple(_switch(topic, channel, preferences) for channel in Channel)) for topic in CHOOSABLE
    ]


def _switch(topic: Topic, channel: Channel, preferences: Preferences) -> Switch:
    title, hint = topic_words(topic)
    is_on = (topic.value, channel.value) in preferences.wanted
    return Switch(f"{topic}.{channel}", channel_words(channel), f"{title}: {hint} {channel_words(channel)}.", is_on)


def wordings() -> dict[tuple[str, str], str]:
    """(topic, channel) -> the words beside its switch, as this page shows them."""
    return {
        (topic.value, channel.value): _switch(topic, channel, Preferences(frozenset())).wording
        for topic in CHOOSABLE
        for channel in Channel
    }


def read(form: QueryDict, *, before: Preferences, now: datetime, zone: ZoneInfo) -> Sent:
    """What the form says. A field that holds what the page never offered is an error, and nothing of the form counts."""
    names = {f"{topic}.{channel}": (topic.value, channel.value) for topic in CHOOSABLE for channel in Channel}
    chosen = form.getlist("on")
    errors: dict[str, str] = {}
    if unknown := [name for name in chosen if name not in names]:
        errors["on"] = _("There is no kind of message called “%(name)s”.") % {"name": unknown[0][:40]}
    language = form.get("language", "") or before.language
    if language not in Language.values and language != before.language:
        errors["language"] = _("We do not write in this language yet.")
    paused_until = before.paused_until
    try:
        paused_until = _pause(form, before=before, now=now, zone=zone)
    except BadPause as error:
        errors["pause"] = str(error)
    wanted = frozenset(names[name] for name in chosen if name in names)
    return Sent(Preferences(wanted, form.get("important", "") == "1", paused_until, language), errors)


def _pause(form: QueryDict, *, before: Preferences, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the pause ends; None for no pause."""
    today = now.astimezone(zone).date()
    if form.get("until", "") and form.get("pause", "no") != "date":
        raise BadPause(_("You named a day: choose “Until a day” as well, or clear the day."))
    match form.get("pause", "no"):
        case "no":
            return None
        case "keep":
            return before.paused_until
        case "week":
            return pause_end(today + WEEK, now=now, zone=zone)
        case "month":
            return pause_end(today + MONTH, now=now, zone=zone)
        case "date":
            return _until(form.get("until", ""), now=now, zone=zone)
    raise BadPause(_("Choose one of the pauses offered."))


def _until(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    try:
        return pause_end(date.fromisoformat(text), now=now, zone=zone)
    except (BadPause, ValueError, OverflowError):
        raise BadPause(_("Choose a day from tomorrow on, at most a year ahead.")) from None


def source_words(source: str) -> str:
    """Where something was said; a shop's own name for a place stays as it is."""
    return {
        "preferences": _("on this page"),
        "preferences, undone": _("on this page, undone"),
        "preferences link": _("on this page, by the link in a message"),
        "preferences link, undone": _("on this page, by the link in a message, undone"),
        "unsubscribe": _("by the link in a message"),
        "unsubscribe, one click": _("by your mail program"),
        "unsubscribe, undone": _("by the link in a message, undone"),
        "sms STOP": _("by SMS"),
    }.get(source, source)


def suppression_words(channel: str, reason: str) -> str:
    """Why nothing reaches an address, whatever is chosen, and what helps."""
    if channel == Channel.SMS and reason == SuppressionReason.STOP:
        return _("You wrote STOP, so no SMS reaches you. To get them again, write START to the same number.")
    return {
        SuppressionReason.BOUNCE: _("Messages to this address came back, so we stopped. Write to us when it works again."),
        SuppressionReason.COMPLAINT: _("A message was reported as spam, so we stopped. Write to us if that was a mistake."),
        SuppressionReason.STOP: _("You asked us to stop. Write to us if you want messages again."),
        SuppressionReason.CARRIER_BLOCK: _("The telephone company does not let our messages through."),
    }.get(SuppressionReason(reason), _("We have stopped sending here. Write to us if you want messages again."))
