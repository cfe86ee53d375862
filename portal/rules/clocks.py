"""By which clock the times of a journey are told: the place's own, the destination's, or the reader's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from re import fullmatch
from zoneinfo import ZoneInfo

from babel.core import get_global

from core.zones import zone_names

PLACE, DESTINATION = "place", "destination"
ONE_CLOCK = {"DE": "Europe/Berlin", "CN": "Asia/Shanghai"}  # several names in the tables, one time by law


@dataclass(frozen=True, slots=True)
class Clock:
    """A choice of clock: `zone` is None where every time keeps the zone of its place."""

    name: str  # place, destination or a zone's name
    zone: tzinfo | None = None


def zone_named(name: str) -> tzinfo | None:
    """An IANA zone or an offset like `+05:30`; None for anything else."""
    if match := fullmatch(r"(?:UTC)?([+-])(\d{2}):?(\d{2})", name):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset) if offset <= timedelta(hours=14) and int(minutes) < 60 else None
    return ZoneInfo(name) if name in _known() else None


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(name for name in zone_names() if not name.startswith(("Etc/", "SystemV/", "posix", "right")))


@lru_cache(maxsize=1)
def _zones_of() -> dict[str, list[str]]:
    """Country -> its zones, without the old names for the same clock."""
    found: dict[str, list[str]] = {}
    aliases = get_global("zone_aliases")
    for zone, territory in get_global("zone_territories").items():
        if zone not in aliases and zone in _known():
            found.setdefault(territory, []).append(zone)
    return found


def destination_zone(country: str, *, scans: Iterable[tuple[str, str]], home: tuple[str, str]) -> str:
    """The zone at the address: the country's only one, else of the newest scan there, else the shop's own. "" is not known.

    `scans` are (country, zone) pairs, newest first; `home` is the shop's own pair.
    """
    own = _zones_of().get(country, [])
    if len(own) == 1 or country in ONE_CLOCK:
        return ONE_CLOCK.get(country) or own[0]
    candidates = [*scans, home]
    return next((zone for place, zone in candidates if country and place == country and zone_named(zone)), "")


def clock_of(asked: str, *, destination: str) -> Clock:
    """The clock asked for; anything unusable means the place's own."""
    if asked == DESTINATION and (zone := zone_named(destination)):
        return Clock(DESTINATION, zone)
    if len(asked) <= 40 and (zone := zone_named(asked)):
        return Clock(asked, zone)
    return Clock(PLACE)


def told(moment: datetime, *, clock: Clock, zone: str, fallback: tzinfo) -> datetime:
    """The moment by the chosen clock; without a known zone of the place, by the shop's."""
    return moment.astimezone(clock.zone or zone_named(zone) or fallback)
