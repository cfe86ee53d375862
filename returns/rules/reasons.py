"""Why things go back: the shipped list, wishes and faults apart, until a merchant writes its own."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from returns.types import ReasonKind

WISH, FAULT = ReasonKind.WISH, ReasonKind.FAULT
SHIPPED: dict[str, tuple[ReasonKind, str | Promise]] = {
    "too_small": (WISH, _("Too small")),
    "too_large": (WISH, _("Too large")),
    "color": (WISH, _("Another colour after all")),
    "not_as_pictured": (WISH, _("It looks different from the pictures")),
    "changed_mind": (WISH, _("I changed my mind")),
    "other": (WISH, _("Another reason")),
    "rather_not_say": (WISH, _("I would rather not say")),
    "damaged": (FAULT, _("It came damaged")),
    "faulty": (FAULT, _("It does not work")),
    "wrong_item": (FAULT, _("Something else came")),
    "missing_part": (FAULT, _("A part is missing")),
    "not_as_described": (FAULT, _("It is not what was described")),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason in the active language; `ask` is a follow-up question, empty where none is asked."""

    code: str
    kind: ReasonKind
    name: str
    ask: str = ""


def shipped_name(code: str) -> str:
    """The shipped words of a code in the active language; the code itself where there are none."""
    return str(SHIPPED[code][1]) if code in SHIPPED else code


def shipped_reasons() -> list[Reason]:
    return [Reason(code, kind, str(name)) for code, (kind, name) in SHIPPED.items()]
