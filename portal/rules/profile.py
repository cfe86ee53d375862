"""A profile in words: what is wrong with what was typed, and the time zones there are."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from django.utils.translation import gettext as _

from core.addresses import BAD_FORM, EMPTY, TOO_LONG, UNKNOWN_COUNTRY
from core.zones import zone_names
from customers.types import ProfileFlaw
from portal.rules.requests import address_errors

CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
IN_ADDRESSES = frozenset({BAD_FORM, EMPTY, TOO_LONG, UNKNOWN_COUNTRY})


class NoDay(ValueError):
    """What was typed is no day of the calendar."""


def flaw_words(flaw: str) -> str:
    """What to do about it."""
    return {
        ProfileFlaw.LONG: _("This is too long. Use at most 80 characters."),
        ProfileFlaw.PHONE: _("This is not a telephone number. Enter it with the country’s code, like +49 151 23456789."),
        ProfileFlaw.BIRTHDAY: _("Enter a day in the past, or leave it empty."),
        ProfileFlaw.LANGUAGE: _("Choose one of the languages offered."),
        ProfileFlaw.ZONE: _("Choose one of the time zones offered."),
        ProfileFlaw.FULL: _("The address book holds fifty addresses. Remove one you no longer need."),
    }[ProfileFlaw(flaw)]


def profile_errors(flaws: Mapping[str, str]) -> dict[str, str]:
    """Field -> what to do."""
    return {field: flaw_words(flaw) for field, flaw in flaws.items()}


def book_errors(flaws: Mapping[str, str], country: str) -> dict[str, str]:
    """The same for an address."""
    of_address = {field: flaw for field, flaw in flaws.items() if flaw in IN_ADDRESSES}
    return {
        **address_errors(of_address, country),
        **profile_errors({field: flaw for field, flaw in flaws.items() if field not in of_address}),
    }


def read_day(text: str) -> date | None:
    """A day as a date field sends it; None for an empty one. Refuses (NoDay) what is none."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NoDay(text[:20]) from None


@lru_cache(maxsize=1)
def zone_groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Continent -> (zone, city), without the names kept only for old computers."""
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in CONTINENTS}
    for zone in sorted(zone_names()):
        continent, _slash, city = zone.partition("/")
        if city and continent in groups:
            groups[continent].append((zone, city.replace("_", " ").replace("/", ", ")))
    return tuple((name, tuple(zones)) for name, zones in groups.items())


def note_words_of_profile(code: str) -> tuple[str, str]:
    """What was just done, as a title and what follows from it; empty for an unknown code."""
    return {
        "profile-saved": (_("Saved"), ""),
        "profile-same": (_("Nothing was changed"), ""),
        "address-saved": (_("Address saved"), _("Orders already placed keep the address they were placed with.")),
        "address-removed": (_("Address removed"), _("Orders already placed keep the address they were placed with.")),
        "address-usual": (_("Usual address changed"), ""),
        "export-asked": (_("Your copy is being made"), _("This takes a minute or two. We write to you when it is ready.")),
        "export-ready": (_("Your copy is ready"), _("You asked for one within the last day: this is it.")),
        "erasure-asked": (_("Your account will be erased"), _("Until then you can take it back here.")),
        "withdrawn": (_("Taken back"), _("Nothing is erased.")),
    }.get(code, ("", ""))
