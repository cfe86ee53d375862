"""Keep the dashboard's figures current: what changed about a parcel moves from cell to cell, and only that."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from merchants.scope import required_merchant_id
from orders.models import Promise
from orders.selectors import setting
from orders.types import PromiseKind
from tracking.models import Counted, FlowCell, Incident, Shipment
from tracking.rules.rollups import COUNTED_TYPES, COUNTS, DELAYS, TRANSITS, Facts, Journey, Moves, facts_of, moves, region_of
from tracking.types import IncidentState

CHUNK = 1000
FACTS = ("week", "due", "carrier_code", "region", "is_late", "standing", "look_on", "facts")
DUE_AT_ONCE = 5000
LOCK = "select pg_advisory_xact_lock{kind}(hashtextextended('tracking.figures', %s))"
# A place is made before it is locked, so that two that count a new parcel at once wait for each other.
PLACES = """
    insert into tracking_counted (merchant_id, shipment_id, carrier_code, region, is_late, standing, facts)
    select merchant_id, id, '', '', false, '', '{}' from tracking_shipment
    where merchant_id = %s and id = any(%s) and direction = 'out' order by id
    on conflict (merchant_id, shipment_id) do nothing"""
KEEP = """
    update tracking_counted as held set week = new.week, due = new.due, carrier_code = new.carrier_code, region = new.region,
        is_late = new.is_late, standing = new.standing, look_on = new.look_on, facts = new.facts::jsonb
    from unnest(%s::bigint[], %s::date[], %s::date[], %s::text[], %s::text[], %s::bool[], %s::text[], %s::date[], %s::text[])
        as new(shipment_id, week, due, carrier_code, region, is_late, standing, look_on, facts)
    where held.merchant_id = %s and held.shipment_id = new.shipment_id"""


def _sum(column: str) -> str:
    both = f"unnest(tracking_flowcell.{column}, excluded.{column})"
    return f"{column} = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by n) from {both} with ordinality as both_of(a, b, n))"  # noqa: S608


# Cells are locked in the order of their keys: two that count parcels of the same cells never wait for each other in a ring.
MOVE = f"""
    insert into tracking_flowcell (merchant_id, grain, start, carrier_code, region, {", ".join(COUNTS)}, delay_days, transit_days)
    select %s, grain, start, carrier_code, region, {", ".join(COUNTS)}, delay_days::int[], transit_days::int[]
    from unnest(%s::text[], %s::date[], %s::text[], %s::text[], {"%s::int[], " * len(COUNTS)} %s::text[], %s::text[])
        as new(grain, start, carrier_code, region, {", ".join(COUNTS)}, delay_days, transit_days)
    order by grain, start, carrier_code, region
    on conflict (merchant_id, grain, start, carrier_code, region) do update set
        {", ".join(f"{name} = tracking_flowcell.{name} + excluded.{name}" for name in COUNTS)},
        {_sum("delay_days")}, {_sum("transit_days")}"""  # noqa: S608 - column names of our own


def count_parcels(*, shipment_ids: Sequence[int], now: datetime) -> int:
    """Move what changed about these parcels into the cells; counting again moves nothing. Returns how many changed.

    Call it last in a transaction: the cells it touches stay locked until the end. Ids that are not the merchant's are passed over.
    """
    ids = sorted(set(shipment_ids))
    if not ids:
        return 0
    _lock("_shared")
    zone = setting().zone
    changes: list[tuple[Facts, Facts]] = []
    for start in range(0, len(ids), CHUNK):
        changes += _count(ids[start : start + CHUNK], zone, now)
    _move(moves(changes))
    return len(changes)


def count_due(*, now: datetime, limit: int = DUE_AT_ONCE) -> int:
    """Count the current merchant's parcels whose figures change by time alone: days that have passed. Returns how many changed."""
    today = now.astimezone(setting().zone).date()
    due = Counted.objects.filter(look_on__lte=today).order_by("look_on", "pk").values_list("shipment_id", flat=True)
    return count_parcels(shipment_ids=list(due[:limit]), now=now)


def rebuild_figures(*, now: datetime) -> int:
    """Forget the current merchant's figures and count every parcel anew. Whoever counts meanwhile waits. Returns how many count."""
    _lock("")
    FlowCell.objects.all().delete()
    Counted.objects.all().delete()
    zone, counted, last = setting().zone, 0, 0
    while ids := list(Shipment.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        changes = _count(ids, zone, now)
        _move(moves(changes))
        counted, last = counted + len(changes), ids[-1]
    return counted


def _lock(kind: str) -> None:
    """Counting goes on side by side; only a rebuild wants to be alone with the merchant's figures."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(kind=kind), [required_merchant_id()])


def _count(ids: list[int], zone: ZoneInfo, now: datetime) -> list[tuple[Facts, Facts]]:
    """Old and new facts of the parcels whose facts changed; the new ones are kept."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [required_merchant_id(), ids])
    held = Counted.objects.filter(shipment_id__in=ids).order_by("shipment_id").select_for_update(of=("self",))
    old = {id: Facts(*facts) for id, *facts in held.values_list("shipment_id", *FACTS)}
    today = now.astimezone(zone).date()
    new = {id: facts_of(journey, today) for id, journey in _journeys(list(old), zone)}
    changed = [id for id in old if id in new and new[id] != old[id]]
    _keep([(id, new[id]) for id in changed])
    return [(old[id], new[id]) for id in changed]


class Seen(NamedTuple):
    """The columns of a parcel that figures are made of: reading whole rows took most of the time of counting."""

    id: int
    order_id: int
    status: str
    carrier_code: str
    shipped_at: datetime | None
    first_scan_at: datetime | None
    attempted_at: datetime | None
    delivered_at: datetime | None
    eta_from: date | None
    eta_by: date | None
    eta_source: str
    promised_by: date | None
    is_delayed: bool
    to_country: str
    to_region: str
    to_postcode: str


SEEN = Seen._fields


@dataclass(frozen=True, slots=True)
class Around:
    """What other tables know about a batch of parcels."""

    said: dict[int, set[date]]
    incidents: dict[int, dict[str, bool]]


def _journeys(ids: list[int], zone: ZoneInfo) -> Iterator[tuple[int, Journey]]:
    """The parcels as the figures see them; three statements whatever the number."""
    rows = [Seen(*row) for row in Shipment.objects.filter(pk__in=ids).values_list(*SEEN)]
    around = _around(rows)
    for row in rows:
        yield row.id, _journey(row, around, zone)


def _journey(row: Seen, around: Around, zone: ZoneInfo) -> Journey:
    learned = (row.eta_from, row.eta_by) if row.eta_source == "learned" and row.eta_from and row.eta_by else None
    return Journey(
        sent=_day(row.shipped_at or row.first_scan_at, zone),
        arrived=_day(row.attempted_at or row.delivered_at, zone),
        promised=row.promised_by,
        expected=row.eta_by,
        learned=learned,
        status=row.status,
        is_delayed=row.is_delayed,
        carrier=row.carrier_code,
        region=region_of(row.to_country, row.to_region, row.to_postcode),
        said=frozenset(around.said.get(row.id, ())),
        incidents=around.incidents.get(row.id, {}),
    )


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None


def _around(rows: Sequence[Seen]) -> Around:
    around = Around({}, {})
    subjects = {f"shipment:{row.id}": row.id for row in rows}
    told = Promise.objects.filter(order_id__in={row.order_id for row in rows}, kind=PromiseKind.ARRIVE_BY, subject__in=subjects)
    for subject, day in told.values_list("subject", "date"):
        around.said.setdefault(subjects[subject], set()).add(day)
    raised = Incident.objects.filter(shipment_id__in=subjects.values(), type__in=COUNTED_TYPES)
    for id, type, state in raised.values_list("shipment_id", "type", "state"):
        seen = around.incidents.setdefault(id, {})
        seen[type] = seen.get(type, False) or state != IncidentState.RESOLVED
    return around


def _keep(facts: Sequence[tuple[int, Facts]]) -> None:
    if not facts:
        return
    rows = [
        (id, new.week, new.due, new.carrier, new.region, new.is_late, new.standing, new.look_on, json.dumps(new.counts))
        for id, new in facts
    ]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [*_columns(rows), required_merchant_id()])


def _move(moved: Moves) -> None:
    """Add to the cells in one statement, whatever their number."""
    if not moved:
        return
    rows = [
        (*key, *(cell.get(name, 0) for name in COUNTS), _spread(cell, "delay", DELAYS), _spread(cell, "transit", TRANSITS))
        for key, cell in sorted(moved.items())
    ]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [required_merchant_id(), *_columns(rows)])


def _spread(cell: dict[str, int], name: str, size: int) -> str:
    return "{" + ",".join(str(cell.get(f"{name}:{place}", 0)) for place in range(size)) + "}"


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
