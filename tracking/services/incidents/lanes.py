"""How long the parcels of a lane are silent when nothing is wrong with them."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from orders.selectors import setting
from tracking.models import LaneStat
from tracking.rules.incidents.calendar import days_between
from tracking.selectors.looks import GAP

SPAN, SAMPLE, LONGEST = timedelta(days=90), 5000, 40
# The longest silence of each parcel that arrived lately, the newest ones of each lane being enough to learn from.
SILENCES = """
    with arrived as (
        select id, carrier_code, from_country, to_country from tracking_shipment
        where merchant_id = %(merchant)s and direction = 'out' and status = 'delivered' and created_at >= %(since)s
        order by created_at desc limit %(sample)s
    ), steps as (
        select p.id, p.carrier_code, p.from_country, p.to_country, (s.at at time zone %(zone)s)::date as day,
            lag((s.at at time zone %(zone)s)::date) over (partition by p.id order by s.at, s.id) as before
        from arrived p join tracking_scan s on s.merchant_id = %(merchant)s and s.shipment_id = p.id
        where s.status not in ('pending', 'label_created', 'unknown', 'ready_for_pickup')
    )
    select distinct on (id) carrier_code, from_country, to_country, before, day from steps
    where before is not null order by id, day - before desc"""


def learn_gaps(*, now: datetime) -> int:
    """Count the longest silences of the current merchant's parcels by lane, anew; daily. Returns the lanes."""
    here = setting()
    values: dict[str, Any] = {"merchant": required_merchant_id(), "since": now - SPAN, "sample": SAMPLE, "zone": here.zone.key}
    with connection.cursor() as cursor:
        cursor.execute(SILENCES, values)
        rows: list[tuple[str, str, str, date, date]] = cursor.fetchall()
    lanes: dict[str, list[float]] = defaultdict(lambda: [0.0] * LONGEST)
    for carrier, start, end, before, day in rows:
        silent = min(days_between(before, day, end or start or here.country), LONGEST - 1)
        lanes[f"{carrier}|{start}>{end}"][silent] += 1
    stats = [LaneStat(leg=GAP, level=0, key=key, days=days, count=int(sum(days)), updated_at=now) for key, days in lanes.items()]
    LaneStat.objects.bulk_create(
        stats, update_conflicts=True, unique_fields=["merchant", "leg", "key"], update_fields=["days", "count", "updated_at"]
    )
    return len(stats)
