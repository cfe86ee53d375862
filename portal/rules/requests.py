"""Cancelling and sending elsewhere, in words: why it is over, what became of a wish, why an address cannot be used."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from core.addresses import BAD_FORM, EMPTY, TOO_LONG, UNKNOWN_COUNTRY, place_of
from orders.types import RequestKind, RequestState
from portal.rules.states import wish_state
from portal.types import State


def request_closed_words(reason: str) -> str:
    """Why nothing can be asked for any more, by the word of the orders' rules, and what can be done instead."""
    words = {
        "cancelled": _("The order is cancelled already."),
        "sent": _("Your parcel is packed or on its way. You can refuse it at the door, or send it back."),
        "refunded": _("Your money has gone back already."),
        "no_parcel": _("Nothing of this order is sent by post."),
        "too_late": _("The time for it is over, so that your parcel can leave when we said. Write to us: we try to stop it."),
    }
    return words.get(reason) or _("It cannot be changed here any more. Write to us: we see what we can do.")


def request_state(kind: str, state: str) -> State:
    """What became of a wish."""
    if state == RequestState.REQUESTED:
        return wish_state(kind)
    is_cancel = kind == RequestKind.CANCEL
    if state == RequestState.ACCEPTED:
        return State("good", "done", _("Cancelled as you asked") if is_cancel else _("Address changed as you asked"))
    if state == RequestState.REFUSED:
        return State("warn", "stop", _("Cancelling was not possible") if is_cancel else _("Changing the address was not possible"))
    return State("idle", "return", _("You took it back"))


def request_refused_words(reason: str) -> str:
    """Why a wish was refused: our own reasons in the reader's language, the shop's as it wrote them."""
    words = {"order_sent": _("The parcel had left before the shop could answer."), "order_cancelled": _("The order was cancelled.")}
    return words.get(reason, reason)


def cause_choices() -> list[tuple[str, str]]:
    """Why somebody cancels; nobody has to say."""
    return [
        ("mistake", _("I ordered it by mistake, or twice")),
        ("too_late", _("It comes too late")),
        ("cheaper", _("I found it cheaper")),
        ("not_needed", _("I do not need it any more")),
        ("other", _("Something else")),
    ]


def cause_words_of(cause: str) -> str:
    """The cause a shopper gave; "" for none."""
    return dict(cause_choices()).get(cause, "")


def region_label(country: str) -> str:
    """What the country calls the part of it that stands in an address."""
    words = {
        "state": _("State"),
        "province": _("Province"),
        "prefecture": _("Prefecture"),
        "county": _("County"),
    }
    return words.get(place_of(country).region, _("Region"))


def postcode_label(country: str) -> str:
    """What the country calls it."""
    return _("ZIP code") if country == "US" else _("Postcode")


def address_errors(problems: Mapping[str, str], country: str) -> dict[str, str]:
    """What to put right, by field, in words that say how."""
    return {field: _address_error(field, problem, country) for field, problem in problems.items()}


def _address_error(field: str, problem: str, country: str) -> str:
    if problem == TOO_LONG:
        return _("This is too long. Shorten it, or use the second line.")
    if problem == BAD_FORM:
        return _("This is not a postcode of the country. It looks like %(example)s.") % {"example": place_of(country).example}
    if problem == UNKNOWN_COUNTRY:
        return _("Choose a country of the list.")
    missing = {
        "name": _("Enter who receives it."),
        "street": _("Enter the street and the house number."),
        "postcode": _("Enter the postcode."),
        "city": _("Enter the town."),
        "region": _("This country’s addresses need it. Enter it."),
        "country": _("Choose the country."),
    }
    return missing.get(field, "") if problem == EMPTY else ""
