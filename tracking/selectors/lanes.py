"""Reads of what the lanes have learned, and of the parcels they learn from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from tracking.models import Shipment
from tracking.rules.eta import SPAN, STILL, Drift, Effect, Record

HANDLING_TAKEN, TRANSIT_TAKEN = 1, 2
ALL_TAKEN = HANDLING_TAKEN | TRANSIT_TAKEN
NOW = "now"  # the row of what the last weeks add
MOST = 5_000  # parcels looked at for that; of more, an even share
BACKLOG = timedelta(days=60)
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Known:
    """What one leg's effects are, and what the last weeks add."""

    effects: dict[str, Effect]
    drift: Drift = STILL


PARCEL = """
    select parcel.id, parcel.lessons, coalesce(buying.confirmed_at, buying.placed_at), parcel.shipped_at,
        coalesce(parcel.attempted_at, parcel.delivered_at), buying.source, buying.shipping_method, buying.shipping_total,
        parcel.carrier_code, parcel.service, parcel.from_country, parcel.from_region, parcel.to_country, parcel.to_region,
        parcel.to_postcode, parcel.status in ('returning', 'returned', 'lost', 'damaged', 'cancelled')
    from tracking_shipment as parcel join orders_order as buying on buying.merchant_id = parcel.merchant_id and buying.id = parcel.order_id
    where parcel.merchant_id = %(merchant)s and parcel.direction = 'out' and """
FINISHED = f"{PARCEL} parcel.id = any(%(ids)s) and parcel.shipped_at is not null and parcel.lessons <> {ALL_TAKEN}"
# What the event road left because another transaction was learning.
LEFT = f"""{PARCEL} parcel.shipped_at >= %(since)s and (parcel.lessons = 0
    or (parcel.lessons <> {ALL_TAKEN} and coalesce(parcel.attempted_at, parcel.delivered_at) is not null)) limit {AT_ONCE}"""
RECENT = f"{PARCEL} parcel.shipped_at >= %(since)s and mod(parcel.id, %(stride)s) = 0"
SENT = "select count(*) from tracking_shipment where merchant_id = %(merchant)s and direction = 'out' and shipped_at >= %(since)s"
# Orders the warehouse had to send in the last weeks, with the first parcel that left.
ORDERED = """
    select 0, 0, buying.confirmed_at, (
            select min(parcel.shipped_at) from tracking_shipment as parcel
            where parcel.merchant_id = buying.merchant_id and parcel.order_id = buying.id and parcel.direction = 'out'
        ), null, buying.source, buying.shipping_method, buying.shipping_total, '', '', '', '', '', '', '', false
    from orders_order as buying
    where buying.merchant_id = %(merchant)s and buying.placed_at >= %(since)s and buying.confirmed_at >= %(since)s
        and buying.state = 'confirmed' and buying.ship_by is not null and mod(buying.id, %(stride)s) = 0"""
PLACED = "select count(*) from orders_order where merchant_id = %(merchant)s and placed_at >= %(since)s"
EFFECTS = """
    select leg, key, mean, doubt, moved, count, curve from tracking_laneeffect
    where merchant_id = %(merchant)s and leg = any(%(legs)s) and key = any(%(keys)s)"""


def known(*, keys: Mapping[str, Iterable[str]]) -> dict[str, Known]:
    """Leg -> what is known of these traits of it, drift included where the keys name it; one indexed read."""
    wanted = sorted({key for own in keys.values() for key in own})
    found = {leg: Known({}) for leg in keys}
    drifts: dict[str, tuple[float, dict[str, float], tuple[float, ...]]] = {}
    for leg, key, mean, doubt, moved, count, curve in _ask(EFFECTS, legs=list(keys), keys=wanted):
        if key == NOW:
            drifts[leg] = mean, drifts.get(leg, (0.0, {}, ()))[1], tuple(curve) if len(curve) == len(STILL.curve) else STILL.curve
        elif key.startswith(f"{NOW}:"):
            drifts.setdefault(leg, (0.0, {}, STILL.curve))[1][key.partition(":")[2]] = mean
        else:
            found[leg].effects[key] = Effect(mean, doubt, moved, count)
    return {leg: Known(own.effects, Drift(*drifts[leg])) if leg in drifts else own for leg, own in found.items()}


def now_keys(lane: str) -> list[str]:
    """Keys of what the last weeks add, for all and for a lane."""
    return [NOW, f"{NOW}:{lane}"] if lane else [NOW]


def unlearned(*, ids: Sequence[int]) -> list[Record]:
    """Which of these parcels have left and may have taught the lanes less than they can."""
    return _records(FINISHED, ids=list(ids))


def backlog(*, now: datetime) -> list[Record]:
    """Parcels the lanes should have learned from and have not."""
    return _records(LEFT, since=now - BACKLOG)


def under_way_lately(*, now: datetime) -> list[Record]:
    """Parcels handed over in the last weeks, arrived or not; an even share of very many."""
    since = now - timedelta(days=SPAN)
    return _records(RECENT, since=since, stride=_stride(SENT, since))


def ordered_lately(*, now: datetime) -> list[Record]:
    """Orders of the last weeks, sent or not; an even share of very many."""
    since = now - timedelta(days=SPAN)
    return _records(ORDERED, since=since, stride=_stride(PLACED, since))


def record_of(shipment: Shipment) -> Record:
    """A parcel in memory as the lanes see it."""
    order = shipment.order
    return Record(
        id=shipment.pk or 0,
        lessons=shipment.lessons,
        ordered_at=order.confirmed_at or order.placed_at,
        shipped_at=shipment.shipped_at,
        arrived_at=shipment.attempted_at or shipment.delivered_at,
        source=order.source,
        method=order.shipping_method,
        shipping_total=order.shipping_total,
        carrier=shipment.carrier_code,
        service=shipment.service,
        from_country=shipment.from_country,
        from_region=shipment.from_region,
        to_country=shipment.to_country,
        to_region=shipment.to_region,
        to_postcode=shipment.to_postcode,
    )


def _stride(sql: str, since: datetime) -> int:
    ((count,),) = _ask(sql, since=since)
    return int(count) // MOST + 1


def _records(sql: str, **values: Any) -> list[Record]:
    return [Record(*row) for row in _ask(sql, **values)]


def _ask(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"merchant": required_merchant_id(), **values})
        return list(cursor.fetchall())
