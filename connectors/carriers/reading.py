"""What the carriers' payloads share: times with and without a zone, places, days, and scans put together from them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from zoneinfo import ZoneInfo

from connectors.fields import YEARS, Node
from connectors.types import Meaning
from tracking.rules.places import country_code, normal_region, zone_of
from tracking.types import DeliveredHow, IncomingScan, Place, ShipmentStatus

CITY, REGION, POSTCODE, TEXT, CODE, NUMBER, NAME = 100, 60, 20, 500, 80, 100, 80
NOWHERE = Place()


class Utc(Enum):
    """How far a vendor's `Z` is to be believed."""

    TRUE = "true"  # the moment is right, wherever it was
    BY_PLACE = "by place"  # right when the place is told; else the local clock stands under it
    LOCAL_CLOCK = "local clock"  # the local clock may stand under it


@dataclass(frozen=True, slots=True)
class Told:
    """A time as it was told: the moment, and the zone in which the carrier's clock showed it."""

    at: datetime
    zone: str
    is_zone_assumed: bool = False
    has_time: bool = True


def moment(node: Node, key: str, place: Place, utc: Utc = Utc.TRUE) -> Told | None:
    """The time under the key, or None when it is absent or no time, which leaves a warning.

    A missing zone is the place's, else UTC, said to be assumed. Midnight sharp is a day without a time.
    """
    value = node.data.get(key)
    if value is None or value == "":
        return None
    found = _parsed(value)
    if found is None:
        node.warn(key, "is no time we can read")
        return None
    has_time = bool(found.hour or found.minute or found.second or found.microsecond)
    name, zone, is_assumed = _zone(found, place, utc, has_time=has_time)
    at = (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
    return Told(at, name, is_assumed, has_time)


def _parsed(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.year in YEARS else None


def _zone(found: datetime, place: Place, utc: Utc, *, has_time: bool) -> tuple[str, tzinfo, bool]:
    here = zone_of(place.country, place.region)
    offset = found.utcoffset()
    if offset is None:
        return (here, ZoneInfo(here), False) if here else ("UTC", UTC, True)
    if offset:
        return offset_name(offset), timezone(offset), False
    if not has_time:  # a bare day written as midnight UTC: moved to the place's zone it would become the day before
        return "UTC", UTC, utc is not Utc.TRUE
    if utc is Utc.LOCAL_CLOCK:
        return "UTC", UTC, True
    return (here, UTC, False) if here else ("UTC", UTC, utc is Utc.BY_PLACE)


def offset_name(offset: timedelta) -> str:
    """`+02:00`."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def day(node: Node, key: str, zone: str = "") -> date | None:
    """The day under the key as it is written; a true UTC time is first brought to the zone, when one is given."""
    value = node.data.get(key)
    if value is None or value == "":
        return None
    found = _parsed(value)
    if found is None:
        node.warn(key, "is no day we can read")
        return None
    is_bare = not (found.hour or found.minute or found.second)
    return found.date() if is_bare or not zone or found.tzinfo is None else found.astimezone(ZoneInfo(zone)).date()


def apart(nodes: list[Node]) -> list[Node]:
    """Parcels of one payload, each with warnings of its own."""
    return [Node(node.data, node.path) for node in nodes]


@dataclass(frozen=True, slots=True)
class PlaceKeys:
    """Under which keys a vendor tells a place. The first of several countries that we know counts."""

    city: str = "city"
    region: str = "state"
    postcode: str = "zip"
    countries: tuple[str, ...] = ("country",)


def place_of(node: Node, keys: PlaceKeys, home: str = "") -> Place:
    """The place in normal form; its city stays as written. `home` is the country a carrier leaves out."""
    city, told, postcode = node.text(keys.city, CITY), node.text(keys.region, REGION), node.text(keys.postcode, POSTCODE)
    names = {key: name for key in keys.countries if (name := node.text(key, 80))}
    country = next((code for name in names.values() if (code := country_code(name))), "")
    for key, name in names.items():
        if not country:
            node.warn(key, f"{name!r} is no country we know")
    if not names and (told or postcode):
        country = home
    return Place(city=city, region=normal_region(told, country), postcode=postcode, country=country)


def scan(told: Told, meaning: Meaning, place: Place, *, text: str, code: str, status: str) -> IncomingScan:
    """One scan of what was read."""
    return IncomingScan(
        status=meaning.status,
        at=told.at,
        raw_code=code,
        raw_status=status,
        text=text,
        place=place,
        zone=told.zone,
        is_zone_assumed=told.is_zone_assumed,
        has_time=told.has_time,
        is_delay=meaning.is_delay,
        cause=meaning.cause,
        reason=meaning.reason,
        how=meaning.how,
    )


def signed(scans: tuple[IncomingScan, ...], name: str) -> tuple[IncomingScan, ...]:
    """The parcel names who signed; its delivery is what was signed for."""
    if not name:
        return scans
    return tuple(
        replace(found, how=found.how or DeliveredHow.SIGNED, signed_by=name) if found.status == ShipmentStatus.DELIVERED else found
        for found in scans
    )
