"""Drafts of answers in the merchant's voice. Sorry comes first, then what happens now; money is never the first word."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from reviews.types import ThemeArea


@dataclass(frozen=True, slots=True)
class Draft:
    """Words to begin with; a person reads and changes them before they are sent."""

    key: str
    text: str


def drafts(  # noqa: PLR0913 - what an answer is made of
    *,
    language: str,
    merchant_name: str,
    author: str = "",
    product: str = "",
    has_fault: bool = False,
    area: str = "",
    case: str = "",
    is_happy: bool = False,
    team: str = "",
) -> list[Draft]:
    """Drafts in the shopper's language, the most fitting first; unhappy ones begin with an apology, all of them.

    `area` is what went wrong, `has_fault` that a fault was named, `case` the number of the return or claim that puts it right.
    """
    with override(language):
        opening, closing = _opening(author), _closing(merchant_name, team)
        bodies = _glad(product) if is_happy else _sorry(product, area, case, has_fault=has_fault)
        return [Draft(key, "\n\n".join([opening, *body, closing])) for key, body in bodies]


def _opening(author: str) -> str:
    return _("Hello %(name)s,") % {"name": author} if author.strip() else _("Hello,")


def _closing(merchant_name: str, team: str) -> str:
    who = _("%(team)s from %(merchant)s") % {"team": team, "merchant": merchant_name} if team else merchant_name
    return _("Kind regards\n%(who)s") % {"who": who}


def _glad(product: str) -> list[tuple[str, list[str]]]:
    about = _("We are glad that you like “%(product)s”.") % {"product": product} if product else _("We are glad that you like it.")
    return [
        ("thanks", [_("Thank you for taking the time to write."), about]),
        ("thanks_short", [_("Thank you for your kind words.")]),
    ]


def _sorry(product: str, area: str, case: str, *, has_fault: bool) -> list[tuple[str, list[str]]]:
    """The cases that fit, and always the open question."""
    sorry, found = _apology(product, area), []
    if case:
        found.append(("case", [sorry, _("We are putting it right: it is case %(case)s.") % {"case": case}, _thread()]))
    if area == ThemeArea.DELIVERY:
        found.append(("delivery", [sorry, _("We are asking the carrier what happened and will write to you."), _thread()]))
    if area == ThemeArea.SERVICE:
        found.append(("service", [sorry, _("You should have heard from us sooner. Now we are listening."), _thread()]))
    if has_fault or not found:
        ours = _apology(product, ThemeArea.PRODUCT)
        found.append(("fault", [ours, _("This is not how it should be, and we want to put it right."), _ways()]))
    found.append(("listen", [sorry, _("Please tell us what happened, so that we can help."), _thread()]))
    return found


def _apology(product: str, area: str) -> str:
    if area == ThemeArea.DELIVERY:
        return _("We are sorry about the delivery of your order.")
    if area == ThemeArea.SERVICE:
        return _("We are sorry about how you were treated.")
    if product:
        return _("We are sorry that “%(product)s” did not turn out as you expected.") % {"product": product}
    return _("We are sorry that it did not turn out as you expected.")


def _thread() -> str:
    return _("You can answer us under your review; only you and we read that.")


def _ways() -> str:
    return _("You can send it back, exchange it or have it repaired from the page of your order.")
