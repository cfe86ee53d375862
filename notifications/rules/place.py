"""Where a recipient is, as far as anybody knows: the zone to be kind in, and all the zones and laws to be careful in."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracking.rules.places import normal_region, zone_of, zones_of

# States some of whose counties keep another time than the rest.
SECOND = {
    ("US", "AK"): "America/Adak",
    ("US", "AZ"): "America/Denver",
    ("US", "FL"): "America/Chicago",
    ("US", "ID"): "America/Los_Angeles",
    ("US", "IN"): "America/Chicago",
    ("US", "KS"): "America/Denver",
    ("US", "KY"): "America/Chicago",
    ("US", "MI"): "America/Chicago",
    ("US", "ND"): "America/Denver",
    ("US", "NE"): "America/Denver",
    ("US", "NV"): "America/Denver",
    ("US", "OR"): "America/Denver",
    ("US", "SD"): "America/Denver",
    ("US", "TN"): "America/New_York",
    ("US", "TX"): "America/Denver",
}


@dataclass(frozen=True, slots=True)
class Home:
    """Where a merchant is: the last guess for everybody of whom nothing else is known."""

    country: str
    zone: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recipient is. `zones` holds more than one when country or state keep several times and nobody said which is theirs."""

    zone: str
    zones: tuple[str, ...]
    laws: tuple[tuple[str, str], ...] = ()  # (country, region): those of the address and of the telephone number
    besides: str = ""  # the merchant's zone, minded as well while nobody knows better, unless that would leave no hour at all


def place_of(*, told: str, country: str, region: str, phone_country: str, home: Home) -> Place:
    """The zone the shopper told, else that of the address, else of the number's country, else the merchant's."""
    return _place(told, country.upper(), region, phone_country, home)


# Few shoppers live in a place of their own: most answers are known.
@lru_cache(maxsize=8192)
def _place(told: str, country: str, region: str, phone_country: str, home: Home) -> Place:
    at_home = zone_of(country, region) if country else ""
    # A region nobody can read is any of its country.
    state = normal_region(region, country) if at_home else ""
    laws = tuple((name, state if name == country else "") for name in dict.fromkeys((country, phone_country)) if name)
    if is_zone(told):
        return Place(told, (told,), laws)
    known = at_home or ("" if country else zone_of(phone_country))
    if known:
        second = SECOND.get((country, state), "")
        return Place(known, (known, second) if second else (known,), laws)
    possible = zones_of(country or phone_country)
    guess = home.zone if home.country == (country or phone_country) or not possible else possible[0]
    return Place(guess, possible or (home.zone,), laws, home.zone)


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether a name is one of the zone database's."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)
