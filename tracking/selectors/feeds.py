"""How carriers' news come in, and how many parcels wait for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from tracking.models import CarrierFeed
from tracking.rules.incidents import Feed, FeedFacts, House, feed_of, lane_limit, pace_of, quiet_since
from tracking.rules.incidents.facts import MOVING, is_domestic
from tracking.selectors.looks import lane_gaps

WITNESS = timedelta(days=14)
# Parcels a silent carrier should have said something about, by lane; the first 5,000 tell enough. Those that were silent for weeks
# already when it was last heard say nothing about it.
WAITED_FOR = """
    select carrier_code, from_country, to_country, count(*) from (
        select s.carrier_code, s.from_country, s.to_country from tracking_shipment s
            join unnest(%s::text[], %s::timestamptz[]) as f (code, since) on f.code = s.carrier_code
        where s.merchant_id = %s and s.direction = 'out' and s.check_at is not null and s.shipped_at is not null and s.status = any(%s)
            and coalesce(s.last_scan_at, s.shipped_at) >= f.since
        limit 5000
    ) as waited_for group by 1, 2, 3"""


def feeds() -> list[FeedFacts]:
    """Each carrier's news over all ways they come in by; one query."""
    found: dict[str, FeedFacts] = {}
    for row in CarrierFeed.objects.exclude(last_received_at=None).order_by("carrier_code", "id"):
        held = found.get(row.carrier_code)
        one = FeedFacts(row.carrier_code, row.last_received_at, row.usual_gap, row.received_count)
        found[row.carrier_code] = _both(held, one) if held else one
    return list(found.values())


def _both(one: FeedFacts, other: FeedFacts) -> FeedFacts:
    assert one.last_received_at is not None
    assert other.last_received_at is not None
    gap = min((gap for gap in (one.usual_gap, other.usual_gap) if gap), default=0.0)
    return FeedFacts(one.carrier, max(one.last_received_at, other.last_received_at), gap, one.received + other.received)


def feed_states(rows: Sequence[FeedFacts], house: House, now: datetime) -> dict[str, Feed]:
    """Carrier -> how its news come in; a carrier that is not in it was never heard. No query unless one is silent, else two."""
    return {row.carrier: feed_of(row, house, now) for row in with_parcels(rows, house, now)}


def with_parcels(rows: Sequence[FeedFacts], house: House, now: datetime) -> list[FeedFacts]:
    """The feeds, each silent one with the parcels that wait for its news."""
    silent = {row.carrier: row.last_received_at - WITNESS for row in rows if row.last_received_at and _is_quiet(row, house, now)}
    lanes: dict[str, list[tuple[str, str, int]]] = {}
    for carrier, start, end, count in _ask_waited_for(silent) if silent else ():
        lanes.setdefault(carrier, []).append((start, end, count))
    gaps = lane_gaps({f"{carrier}|{start}>{end}" for carrier, found in lanes.items() for start, end, _ in found}) if lanes else {}
    return [_with_pace(row, lanes.get(row.carrier, ()), gaps, house) for row in rows]


def _is_quiet(row: FeedFacts, house: House, now: datetime) -> bool:
    since = quiet_since(row, house)
    return since is not None and since <= now


def _ask_waited_for(since: Mapping[str, datetime]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        moving = [status.value for status in MOVING]
        cursor.execute(WAITED_FOR, [list(since), list(since.values()), required_merchant_id(), moving])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _with_pace(row: FeedFacts, lanes: Sequence[tuple[str, str, int]], gaps: Mapping[str, int], house: House) -> FeedFacts:
    limits = [
        (lane_limit(house, is_domestic=is_domestic(start, end), lane_gap=gaps.get(f"{row.carrier}|{start}>{end}")), count)
        for start, end, count in lanes
    ]
    return replace(row, parcels=sum(count for _, count in limits), pace=pace_of(limits))
