"""Pure decisions about scans: what can be kept, which are the same, which parcel a number means, what a shop's word says."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from orders.rules import OrderRefused
from tracking.rules.fold import ticks
from tracking.rules.parcels import is_handed_over
from tracking.types import Cause, DeliveredHow, IncomingScan, IncomingShipment, IncomingTracking, Place, ShipmentStatus

S = ShipmentStatus
MAX_SCANS = 5000
AHEAD = timedelta(days=1)  # clocks and zones of carriers differ by less
BEFORE_ORDER = timedelta(days=30)  # a label may be older than its order's arrival here; a year-old scan is another parcel's
FRESH = timedelta(hours=24)
WINDOW = timedelta(days=180)  # numbers are used again after that
SLACK = timedelta(days=1)
DAYS_AHEAD, FIRST_YEAR = timedelta(days=366), 1990  # 2099-12-31 is how systems write that they know no day
NAMES = {"source": 60, "tracking_number": 100, "carrier": 80, "shipment": 40, "order_external_id": 100, "shipment_external_id": 100}
TEXTS = {"raw_code": 80, "raw_status": 80, "text": 500, "zone": 40, "reason": 40, "signed_by": 80}
CAUSES, WAYS = frozenset(Cause.values), frozenset(DeliveredHow.values)
PLACES = {"city": 100, "region": 60, "postcode": 20}


class ScansRefused(OrderRefused):
    """Not news we can keep. Names the field."""


def check_news(news: IncomingTracking, *, at: datetime) -> IncomingTracking:
    """The same news with texts cut to length.

    Refuses (ScansRefused, naming the field) no name of a parcel, over-long names, NUL in them, more than 5,000 scans,
    times without zone and times more than a day ahead.
    """
    for name, limit in NAMES.items():
        _name(getattr(news, name), limit, name)
    if not (news.shipment or news.shipment_external_id or squeeze(news.tracking_number)):
        raise ScansRefused("tracking_number", "must not be empty")
    if len(news.scans) > MAX_SCANS:
        raise ScansRefused("scans", f"more than {MAX_SCANS}")
    if news.told_at is not None and news.told_at.tzinfo is None:
        raise ScansRefused("told_at", "has no time zone")
    scans = tuple(_scan(scan, place, at) for place, scan in enumerate(news.scans))
    told_at = min(news.told_at, at) if news.told_at else None
    eta_from, eta_by = (likely_day(day, at=at) for day in (news.eta_from, news.eta_by))
    return replace(news, scans=scans, service=_cut(news.service, 80), told_at=told_at, eta_from=eta_from, eta_by=eta_by)


def without_future(news: IncomingTracking, *, at: datetime) -> IncomingTracking:
    """The news without scans more than a day ahead, which carriers plan or misdate; a warning names each that was left out."""
    ahead = [place for place, scan in enumerate(news.scans) if scan.at.tzinfo is not None and scan.at > at + AHEAD]
    if not ahead:
        return news
    kept = tuple(scan for place, scan in enumerate(news.scans) if place not in set(ahead))
    named = f"left out, in the future: {', '.join(f'scans[{place}]' for place in ahead[:5])}{' ...' if len(ahead) > 5 else ''}"
    return replace(news, scans=kept, warnings=(*news.warnings, named))


def _name(value: str, limit: int, field: str) -> None:
    if len(value) > limit:
        raise ScansRefused(field, f"longer than {limit} characters")
    if "\0" in value:
        raise ScansRefused(field, "must not contain NUL")


def _cut(text: str, limit: int) -> str:
    return text.replace("\0", "").strip()[:limit]


def _scan(scan: IncomingScan, place: int, at: datetime) -> IncomingScan:
    if scan.at.tzinfo is None:
        raise ScansRefused(f"scans[{place}].at", "has no time zone")
    if scan.at > at + AHEAD:
        raise ScansRefused(f"scans[{place}].at", "lies in the future")
    texts: dict[str, Any] = {name: _cut(getattr(scan, name), limit) for name, limit in TEXTS.items()}
    country = scan.place.country.strip().upper()
    names = {name: _cut(getattr(scan.place, name), limit) for name, limit in PLACES.items()}
    return replace(
        scan,
        place=Place(country=country if len(country) == 2 and country.isascii() and country.isalpha() else "", **names),
        cause=scan.cause if scan.cause in CAUSES else "",
        how=scan.how if scan.how in WAYS else "",
        pickup_until=likely_day(scan.pickup_until, at=at),
        **texts,
    )


def likely_day(day: date | None, *, at: datetime) -> date | None:
    """The day, unless it lies where no parcel's day does."""
    return day if day is not None and day.year >= FIRST_YEAR and day <= (at + DAYS_AHEAD).date() else None


def at_latest_now(told: IncomingShipment, *, at: datetime) -> IncomingShipment:
    """The shop's word with now for times more than a day ahead: they would outweigh all that is said until then."""
    moments = {name: getattr(told, name) for name in ("updated_at", "shipped_at", "delivered_at")}
    ahead: dict[str, Any] = {name: at for name, moment in moments.items() if moment is not None and moment > at + AHEAD}
    return replace(told, eta=likely_day(told.eta, at=at), **ahead)


def squeeze(number: str) -> str:
    """A tracking number as carriers write it: people put blanks into it."""
    return "".join(number.split())


def is_other_number(held: str, told: str) -> bool:
    """Whether a number was put right; written in another way it is the same one."""
    one, other = ("".join(filter(str.isalnum, number)).upper() for number in (held, told))
    return bool(one) and one != other


def key_of(scan: IncomingScan) -> UUID:
    """The same for the same time, code and place. Text is left out: vendors reword and translate it."""
    code = scan.raw_code or scan.raw_status or scan.status
    place = (scan.place.city, scan.place.region, scan.place.country)
    text = "\x1f".join((str(ticks(scan.at)), code, *place))
    return UUID(bytes=hashlib.blake2b(text.casefold().encode(errors="replace"), digest_size=16).digest())


def words_of(told: IncomingShipment) -> tuple[IncomingScan, ...]:
    """What a shop says of its parcel as scans: when it gave it away, when it came, how it stands."""
    words = []
    is_mere = told.status in (S.PICKED_UP, S.IN_TRANSIT)
    if told.shipped_at is not None and is_handed_over(told.status):
        words.append(IncomingScan(told.status if is_mere else S.PICKED_UP, told.shipped_at))
    if told.status == S.DELIVERED:
        words.append(IncomingScan(S.DELIVERED, told.delivered_at or told.updated_at, raw_status=told.raw_status))
    elif not (is_mere and words):
        words.append(IncomingScan(told.status, told.updated_at, raw_status=told.raw_status))
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parcel with the number asked for."""

    id: int
    order_id: int
    carrier_code: str
    placed_at: datetime
    known_at: datetime


def meant(candidates: Iterable[Candidate], *, carrier_code: str, at: datetime) -> list[Candidate]:
    """The parcels a number means at a time, newest first: numbers are used again, and by several carriers.

    Of the parcels whose order was there by then the newest one, and what was sent under the same number at about the same
    time: several parcels, or several orders, in one box.
    """
    rows = sorted(_of_carrier(list(candidates), carrier_code), key=lambda row: (row.placed_at, row.id), reverse=True)
    rows = [row for row in rows if row.placed_at - BEFORE_ORDER <= at <= max(row.known_at, row.placed_at) + WINDOW]
    there = [row for row in rows if row.placed_at <= at + SLACK] or rows[-1:]
    there = _of_carrier(there, there[0].carrier_code) if there else []
    return [row for row in there if row.placed_at >= there[0].placed_at - BEFORE_ORDER]


def _of_carrier(rows: Sequence[Candidate], code: str) -> list[Candidate]:
    """The carrier decides; one of the same house stands in for another, and an unnamed one for any."""
    same = [row for row in rows if row.carrier_code == code]
    house = [row for row in rows if code and row.carrier_code.partition("-")[0] == code.partition("-")[0]]
    return same or house or [row for row in rows if not code or not row.carrier_code]


def is_too_early(scan: IncomingScan, *, placed_at: datetime) -> bool:
    """Another parcel's: the number was used before."""
    return scan.at < placed_at - BEFORE_ORDER


def newest_in(news: IncomingTracking, at: datetime) -> datetime:
    """The time that tells which use of a number is meant."""
    return max((scan.at for scan in news.scans), default=news.told_at or at)


def as_json(news: IncomingTracking) -> dict[str, Any]:
    """News as plain JSON, to wait for its parcel; who signed is left out."""
    bare = replace(news, scans=tuple(replace(scan, signed_by="") for scan in news.scans))
    plain: dict[str, Any] = json.loads(json.dumps(asdict(bare), default=lambda value: value.isoformat()))
    return plain


def from_json(plain: dict[str, Any]) -> IncomingTracking:
    """What `as_json` wrote."""
    scans = tuple(_scan_from(scan) for scan in plain["scans"])
    days = {name: _day(plain[name]) for name in ("eta_from", "eta_by")}
    told_at = plain["told_at"] and datetime.fromisoformat(plain["told_at"])
    return IncomingTracking(**{**plain, **days, "scans": scans, "told_at": told_at, "warnings": tuple(plain["warnings"])})


def _scan_from(plain: dict[str, Any]) -> IncomingScan:
    values = {**plain, "status": S(plain["status"]), "place": Place(**plain["place"]), "pickup_until": _day(plain["pickup_until"])}
    return IncomingScan(**{**values, "at": datetime.fromisoformat(plain["at"])})


def unknown_in(plain: dict[str, Any]) -> set[UUID]:
    """Keys of the scans with a code nobody knew, in news as `as_json` wrote them."""
    return {key_of(_scan_from(scan)) for scan in plain["scans"] if scan["status"] == S.UNKNOWN}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def hash_of(plain: dict[str, Any]) -> UUID:
    """The same for the same news, whenever it was told."""
    text = json.dumps({**plain, "told_at": None}, sort_keys=True)
    return UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())
