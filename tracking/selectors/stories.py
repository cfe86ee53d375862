"""What was known of parcels at each moment of their past, folded anew from what is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from orders.models import Promise
from orders.types import PromiseKind
from tracking.models import Scan, Shipment
from tracking.rules.fold import Road, State, gather, hidden_by, join, show
from tracking.rules.incidents import Feed, ParcelFacts
from tracking.rules.incidents.replay import Moment, Outcome
from tracking.selectors.looks import lane_gaps, lane_of
from tracking.types import IncomingScan, Place, ShipmentStatus

S = ShipmentStatus
Said = tuple[datetime, date, str]  # when, which day, by whom
FOLDED = (
    "status_at", "first_scan_at", "last_scan_at", "shipped_at", "attempted_at", "delivered_at", "is_delayed", "cause", "reason",
)  # fmt: skip
# Of a learned day only its end is a promise; its range was about as wide as it is at the end.
USUAL_WIDTH = 2


def stories(rows: Sequence[Shipment], heard: set[str]) -> Iterator[tuple[Shipment, list[Moment]]]:
    """Each parcel with its past; three queries whatever their number. `heard` are the carriers whose news come in."""
    scans, said = _scans(rows), _said(rows)
    bases = {row.pk: _base(row, heard) for row in rows}
    gaps = lane_gaps({lane_of(base) for base in bases.values()})
    for row in rows:
        lane_gap = gaps.get(lane_of(bases[row.pk]))
        yield row, list(_story(row, bases[row.pk], lane_gap, scans.get(row.pk, []), said.get(row.pk, [])))


def _scans(rows: Sequence[Shipment]) -> dict[int, list[Scan]]:
    found: dict[int, list[Scan]] = {}
    for scan in Scan.objects.filter(shipment_id__in=[row.pk for row in rows]).order_by("at", "id"):
        found.setdefault(scan.shipment_id, []).append(scan)
    return found


def _said(rows: Sequence[Shipment]) -> dict[int, list[Said]]:
    """Days of arrival as they were said, oldest first."""
    subjects = {f"shipment:{row.pk}": row.pk for row in rows}
    told = Promise.objects.filter(order_id__in={row.order_id for row in rows}, kind=PromiseKind.ARRIVE_BY, subject__in=subjects)
    found: dict[int, list[Said]] = {}
    for subject, said_at, day, source in told.order_by("said_at", "id").values_list("subject", "said_at", "date", "source"):
        found.setdefault(subjects[subject], []).append((said_at, day, source))
    return found


def _base(row: Shipment, heard: set[str]) -> ParcelFacts:
    return ParcelFacts(
        id=row.pk,
        order_id=row.order_id,
        status=S.PENDING,
        created_at=row.created_at,
        carrier=row.carrier_code,
        promised_by=row.promised_by or row.order.arrive_by or row.eta_first_by,
        pickup_until=row.pickup_until,
        from_country=row.from_country,
        to_country=row.to_country,
        is_imported=row.order.is_imported,
        is_cancelled=row.status == S.CANCELLED,
        feed=Feed.ALIVE if row.carrier_code in heard else Feed.NONE,
        total=row.order.total,
    )


def _story(row: Shipment, base: ParcelFacts, lane_gap: int | None, scans: Sequence[Scan], said: Sequence[Said]) -> Iterator[Moment]:
    """One moment for each scan and each day that was said, with all that was known by then."""
    road = Road(row.from_city, row.to_city, row.to_region, row.to_country)
    width = (row.eta_by - row.eta_from).days if row.eta_source == "learned" and row.eta_by and row.eta_from else USUAL_WIDTH
    state: State = {}
    told: Said | None = None
    fails: set[date] = set()
    news: list[tuple[datetime, Scan | Said]] = [*((scan.at, scan) for scan in scans), *((one[0], one) for one in said)]
    yield Moment(row.created_at, _facts(base, state, road, told, width, lane_gap, 0))
    for at, one in sorted(news, key=lambda pair: pair[0]):
        if isinstance(one, Scan):
            state = join(state, gather([(incoming(one), one.source)], road))
            fails |= {at.date()} if one.status == S.ATTEMPT_FAILED else set()
        else:
            told = one
        yield Moment(max(at, row.created_at), _facts(base, state, road, told, width, lane_gap, len(fails)))


def incoming(scan: Scan) -> IncomingScan:
    """A stored scan as it came in."""
    return IncomingScan(
        status=S(scan.status), at=scan.at, raw_code=scan.raw_code, raw_status=scan.raw_status, has_time=scan.has_time,
        place=Place(scan.city, scan.region, "", scan.country), is_delay=scan.is_delay, cause=scan.cause, reason=scan.reason,
    )  # fmt: skip


def _facts(base: ParcelFacts, state: State, road: Road, told: Said | None, width: int, lane_gap: int | None, attempts: int) -> ParcelFacts:
    folded = show(state, road)
    said_at, day, source = told or (None, None, "")
    shown: dict[str, Any] = {name: getattr(folded, name) for name in FOLDED}
    first = day - timedelta(days=width) if day and source == "learned" else day
    hidden = hidden_by(folded, state, said_at=said_at)
    return replace(
        base, **shown, status=S(folded.status), eta_from=first, eta_by=day, eta_source=source, eta_said_at=said_at, eta_hidden=hidden,
        attempts=attempts, lane_gap=lane_gap,
    )  # fmt: skip


def outcome(row: Shipment, story: Sequence[Moment], zone: tzinfo) -> Outcome:
    """How it went in the end."""
    last = story[-1].parcel
    arrived, delivered = row.attempted_at or row.delivered_at, row.delivered_at
    return Outcome(
        S(row.status),
        last.promised_by,
        arrived.astimezone(zone).date() if arrived else None,
        delivered.astimezone(zone).date() if delivered else None,
        last.attempts,
    )
