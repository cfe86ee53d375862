"""An automation in plain words: one sentence for a list, one line for each of its parts to compare."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.types import Channel
from merchants.types import Language
from notifications.registry import Entry
from notifications.rules.automation import FACTS
from notifications.types import Check, Kind, Ladder, Plan, Style, StyleRule
from tracking.types import IncidentType, ShipmentStatus

SHORT = 3  # values of a list a sentence names
CHANNELS = {Channel.EMAIL.value: gettext_lazy("e-mail"), Channel.SMS.value: gettext_lazy("SMS")}
OPS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
}
# What the values of a fact are called where people read them.
CHOICES: dict[str, dict[str, str | Promise]] = {
    "order.language": dict(Language.choices),
    "parcel.status": dict(ShipmentStatus.choices),
    "incident.type": dict(IncidentType.choices),
}
WHY_ALWAYS = {
    Kind.SIGN_IN: gettext_lazy("A shopper waits for this code. Without it nobody could sign in, so it cannot be turned off."),
    Kind.ORDER_CODE: gettext_lazy(
        "A shopper waits for this code. Without it nobody could see an order without an account, so it cannot be turned off."
    ),
    Kind.EMAIL_CODE: gettext_lazy("It proves that the new address is the shopper's own, so it cannot be turned off."),
    Kind.ACCOUNT_NOTICE: gettext_lazy("It is how a shopper learns that somebody else is in the account, so it cannot be turned off."),
    Kind.PRIVACY: gettext_lazy("The law asks for this answer, so it cannot be turned off."),
    Kind.NOTE: gettext_lazy("Your staff write it by hand to one shopper, and it goes out as it was written. There is nothing to turn off."),
}


def why_always(entry: Entry) -> str:
    """Why a message cannot be turned off; empty when it can."""
    return "" if entry.is_switchable else str(WHY_ALWAYS.get(entry.kind, _("It always goes out as it is asked for.")))


def sentence(entry: Entry, plan: Plan) -> str:
    """`2 hours later, by e-mail and SMS, when order value is at least 50`."""
    if not entry.is_switchable:
        return _("Always, as it is asked for")
    if not plan.channels:
        return _("Off")
    said = [moment(plan), ways(plan), between(plan)]
    if plan.checks:
        said.append(_("when %(conditions)s") % {"conditions": _and([check_words(check, most=SHORT) for check in plan.checks])})
    if n := len(plan.styles):
        said.append(ngettext("style by %(n)s rule", "style by %(n)s rules", n) % {"n": n})
    return ", ".join(part for part in said if part)


def lines(entry: Entry, plan: Plan) -> list[str]:
    """Every part of a plan on its own line, in an order that never changes."""
    if not plan.channels:
        return [_("Off: nothing goes out"), *_conditions(plan.checks), *_styles(entry, plan)]
    hours = between(plan)
    return [
        _("Goes out %(ways)s") % {"ways": ways(plan)},
        _("Leaves %(moment)s") % {"moment": moment(plan)[:1].lower() + moment(plan)[1:]},
        _("Only %(hours)s, where the shopper is") % {"hours": hours} if hours else _("At any hour the law allows"),
        *(_conditions(plan.checks) or [_("For every order")]),
        *_styles(entry, plan),
    ]


def moment(plan: Plan) -> str:
    return _("%(time)s later") % {"time": duration(plan.delay)} if plan.delay else _("At once")


def duration(delay: timedelta) -> str:
    minutes = int(delay.total_seconds() // 60)
    if minutes % 60 == 0:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def ways(plan: Plan) -> str:
    names = [str(CHANNELS.get(channel, channel)) for channel in plan.channels]
    if plan.ladder == Ladder.FIRST and len(names) > 1:
        return _("by the first that reaches: %(channels)s") % {"channels": _(", then ").join(names)}
    return _("by %(channels)s") % {"channels": _and(names)}


def between(plan: Plan) -> str:
    if plan.window is None:
        return ""
    start, end = plan.window
    return _("between %(start)s and %(end)s") % {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


def check_words(check: Check, *, most: int = 0) -> str:
    """`order value is at least 50`; of a list at most `most` values, 0: all."""
    spec = FACTS.get(check.fact)
    label = str(spec.label) if spec else check.fact
    value = value_words(check.fact, check.value, most=most)
    return f"{label[:1].lower()}{label[1:]} {OPS.get(check.op, check.op)} {value}"


def value_words(fact: str, value: object, *, most: int = 0) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    names = CHOICES.get(fact, {})
    if not isinstance(value, tuple):
        return str(names.get(str(value), value))
    shown = [str(names.get(one, one)) for one in value]
    rest = len(shown) - most if most and len(shown) > most else 0
    return ", ".join(shown[:most]) + _(" and %(n)s more") % {"n": rest} if rest else ", ".join(shown)


def _conditions(checks: Sequence[Check]) -> list[str]:
    return [_("Only when %(condition)s") % {"condition": check_words(check)} for check in checks]


def _styles(entry: Entry, plan: Plan) -> list[str]:
    if entry.kind != Kind.ORDER_CONFIRMATION:
        return []
    usual = _("warm for a first order, else reassuring")
    itself = _("Style otherwise: %(style)s") if plan.styles else _("Style: %(style)s")
    return [*(_style(rule) for rule in plan.styles), itself % {"style": usual}]


def _style(rule: StyleRule) -> str:
    style = str(Style(rule.style).label)
    if not rule.checks:
        return _("Style: %(style)s, always") % {"style": style}
    return _("Style: %(style)s when %(conditions)s") % {"style": style, "conditions": _and([check_words(check) for check in rule.checks])}


def _and(parts: Sequence[str]) -> str:
    return _(" and ").join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
