"""A parcel in hand: what is said of it is folded, its columns follow, its order and everybody else are told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from merchants.rows import insert, insert_new, update
from merchants.scope import required_merchant_id
from orders.models import Order
from orders.selectors import Setting
from tracking.models import Scan, Shipment
from tracking.rules import fold, places
from tracking.rules.fold import Folded, Road, State
from tracking.rules.scans import key_of
from tracking.types import Direction, IncomingScan, ShipmentStatus

Word = tuple[IncomingScan, str]  # a scan and its source
FOLDED = tuple(Folded.__dataclass_fields__)
ETA = ("eta_from", "eta_by", "eta_source", "eta_hidden")
NAMED = ("carrier_code", "carrier_name", "service", "tracking_number", "tracking_url")
SHOWN = (*NAMED, *FOLDED, *ETA)  # a change of these is told
WAY = ("from_country", "to_country", "to_region", "to_city", "to_postcode")
KEPT = (*SHOWN, *WAY, "source_updated_at", "eta_alike", "eta_said_at", "eta_first_by", "folded")


@dataclass(slots=True)
class Hand:
    """One parcel under work; its order's row is held until the transaction ends."""

    order: Order
    shipment: Shipment
    others: list[Shipment]
    here: Setting
    at: datetime
    is_quiet: bool = False
    is_repacked: bool = False
    before: dict[str, Any] = field(default_factory=dict)  # columns as they were; empty for a new parcel
    known: State = field(default_factory=dict)
    state: State = field(default_factory=dict)
    fresh: list[tuple[Scan, IncomingScan]] = field(default_factory=list)  # scans not told before

    def __post_init__(self) -> None:
        if self.shipment.pk is not None:
            self.before = {name: getattr(self.shipment, name) for name in KEPT}
            self.known = self.state = self.shipment.folded or _told_by_columns(self.shipment)
        if not self.shipment.from_country:
            _set_way(self.shipment, self.order, self.here.country)

    @property
    def road(self) -> Road:
        row = self.shipment
        return Road(row.from_city, row.to_city, row.to_region, row.to_country)

    @property
    def zone(self) -> ZoneInfo:
        """The destination's, where days of delivery are counted."""
        name = places.zone_of(self.shipment.to_country, self.shipment.to_region)
        return ZoneInfo(name) if name else self.here.zone

    @property
    def is_new(self) -> bool:
        return not self.before

    def hear(self, words: Iterable[Word]) -> int:
        """Keep the scans that were not told before; returns how many.

        All are joined to the state, known ones too: told again they may say more, or be understood better than then.
        """
        words = list(words)
        self.state = fold.join(self.state, fold.gather(words, self.road))
        rows = {key_of(scan): (scan, source) for scan, source in reversed(words)}
        known = {row.key for row, _ in self.fresh}
        told = [(_row(self.shipment, key, scan, source, self.at), scan) for key, (scan, source) in rows.items() if key not in known]
        stored = None if self.is_new else insert_new([row for row, _ in told], key="key")
        fresh = [(row, scan) for row, scan in told if stored is None or row.key in stored]
        self.fresh += fresh
        return len(fresh)

    def begin_anew(self) -> None:
        """Forget what carriers said, all but that the shop gave the parcel away: it was said of another parcel."""
        scans = Scan.objects.filter(shipment=self.shipment)
        own = Q(source=fold.SHOP, status__in=fold.SHOPS_OWN)
        scans.exclude(own).delete()
        words = [IncomingScan(ShipmentStatus(row.status), row.at, raw_status=row.raw_status) for row in scans.filter(own)]
        self.state = fold.gather([(word, fold.SHOP) for word in words], self.road)

    def fold(self) -> Folded:
        """Let the columns follow the state."""
        folded = fold.show(self.state, self.road)
        for name in FOLDED:
            setattr(self.shipment, name, getattr(folded, name))
        self.shipment.folded = self.state
        return folded

    def keep(self) -> None:
        """Store a new parcel with its scans, or what changed of an old one."""
        if self.is_new:
            insert([self.shipment])
            for row, _ in self.fresh:
                row.shipment_id = self.shipment.pk
            insert([row for row, _ in self.fresh])
        else:
            update(self.shipment, [name for name, value in self.before.items() if getattr(self.shipment, name) != value])

    def changed(self, *names: str) -> bool:
        """Whether one of these columns is not what it was."""
        return any(getattr(self.shipment, name) != self.before.get(name) for name in names)


def _set_way(shipment: Shipment, order: Order, country: str) -> None:
    """From where to where, as it stood when the parcel was first taken in hand. Of one that comes back the countries suffice."""
    to = {name: text or "" for name, text in (order.shipping_address or {}).items()}
    if shipment.direction == Direction.BACK:
        shipment.from_country, shipment.to_country = places.country_code(to.get("country", "")), country
        return
    shipment.from_country, shipment.to_country = country, places.country_code(to.get("country", ""))
    shipment.to_region = places.normal_region(to.get("region", ""), shipment.to_country)[:60]
    shipment.to_city = places.normal_city(to.get("city", ""))[:100]
    shipment.to_postcode = to.get("postcode", "")[:20]


def _row(shipment: Shipment, key: Any, scan: IncomingScan, source: str, at: datetime) -> Scan:
    return Scan(
        merchant_id=required_merchant_id(),
        shipment_id=shipment.pk,
        key=key,
        status=scan.status,
        is_delay=scan.is_delay,
        cause=scan.cause,
        reason=scan.reason,
        at=scan.at,
        zone=scan.zone,
        is_zone_assumed=scan.is_zone_assumed,
        has_time=scan.has_time,
        raw_code=scan.raw_code,
        raw_status=scan.raw_status,
        text=scan.text,
        city=scan.place.city,
        region=scan.place.region,
        country=scan.place.country,
        source=source,
        received_at=at,
    )


def _told_by_columns(row: Shipment) -> State:
    state = fold.state_of(Folded(**{name: getattr(row, name) for name in FOLDED}))
    if row.eta_source == "carrier" and row.eta_by:
        state = fold.with_day(state, first=row.eta_from or row.eta_by, last=row.eta_by, told_at=row.source_updated_at)
    return state
