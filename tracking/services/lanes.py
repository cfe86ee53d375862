"""Learn from legs that are finished, and say when a parcel comes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from merchants.scope import required_merchant_id
from orders.registry import Asked, Learned
from orders.selectors import Setting, setting
from tracking.models import LaneEffect, Shipment
from tracking.rules import places
from tracking.rules.eta import (
    ENOUGH,
    HANDLING,
    TRANSIT,
    Effect,
    Estimate,
    House,
    Leg,
    Record,
    Trace,
    Trip,
    Way,
    arrival,
    clock_of,
    door_to_door,
    drift_of,
    expect,
    handling_of,
    lane_of,
    moment_of,
    spell_of,
    teach,
    traits,
    transit_of,
    trip_of,
    weight_of,
    zone_of,
)
from tracking.selectors.lanes import (
    ALL_TAKEN,
    HANDLING_TAKEN,
    NOW,
    TRANSIT_TAKEN,
    Known,
    backlog,
    known,
    now_keys,
    ordered_lately,
    record_of,
    under_way_lately,
    unlearned,
)

CLASS = 0x6C616E65  # of the advisory lock: one transaction at a time moves a merchant's effects
TRY, WAIT = "select pg_try_advisory_xact_lock(%s, %s)", "select pg_advisory_xact_lock(%s, %s) is not null"
SLIGHT = 0.005  # a lane's drift below this is not worth a row
KEEP = """
    insert into tracking_laneeffect as held (merchant_id, leg, key, mean, doubt, moved, count, curve, updated_at)
    select %s, new.leg, new.key, new.mean, new.doubt, new.moved, new.count, '{}', %s
    from unnest(%s::text[], %s::text[], %s::float8[], %s::float8[], %s::float8[], %s::int[])
        as new (leg, key, mean, doubt, moved, count)
    on conflict (merchant_id, leg, key) do update set mean = excluded.mean, doubt = excluded.doubt, moved = excluded.moved,
        count = excluded.count, updated_at = excluded.updated_at"""
TAKE = """
    update tracking_shipment as parcel set lessons = new.lessons from unnest(%s::bigint[], %s::int[]) as new (id, lessons)
    where parcel.merchant_id = %s and parcel.id = new.id"""


def learn(*, shipment_ids: Sequence[int], now: datetime) -> int:
    """Take the legs these parcels have finished into the lanes' figures, each once. Returns the legs taken.

    While another transaction learns for this merchant they are left for `refresh_lanes`: nobody waits on the event road.
    """
    if not any(_lessons(record)[1] != record.lessons for record in unlearned(ids=shipment_ids)) or not _lock(TRY):
        return 0
    return _learn(unlearned(ids=shipment_ids), _house(setting()), now)


def refresh_lanes(*, now: datetime) -> int:
    """Take what was left over, and weigh the last weeks anew, open parcels included; the current merchant's, hourly."""
    house = _house(setting())
    _lock(WAIT)
    taken = _learn(backlog(now=now), house, now)
    _weigh(HANDLING, [handling_of(record, house) for record in ordered_lately(now=now)], now)
    _weigh(TRANSIT, [leg for record in under_way_lately(now=now) if (leg := transit_of(record, house))], now)
    return taken


def expected_arrival(*, shipment: Shipment, now: datetime, house: Setting | None = None) -> Estimate | None:
    """The learned days of arrival of a parcel; None while fewer than ten are known. One indexed read.

    `house` is the merchant's setting where the caller has it; asked for otherwise.
    """
    return _estimate(record_of(shipment), _house(house or setting()), now)


def days_for_order(asked: Asked) -> Learned | None:
    """First and last day of arrival of an order about to be promised any; None while too little is known. One indexed read."""
    country = places.country_code(str(asked.address.get("country", "")))
    record = Record(
        id=0,
        lessons=0,
        ordered_at=asked.counted_from,
        shipped_at=None,
        arrived_at=None,
        source=asked.source,
        method=asked.method,
        shipping_total=asked.shipping_total,
        from_country=asked.country,
        to_country=country,
        to_region=places.normal_region(str(asked.address.get("region", "")), country),
        to_postcode=str(asked.address.get("postcode", "")),
    )
    said = _estimate(record, House(asked.country, asked.zone), asked.counted_from)
    return Learned(said.first, said.last) if said else None


def _house(here: Setting) -> House:
    return House(here.country, here.zone)


def _lock(sql: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [CLASS, required_merchant_id()])
        return bool((cursor.fetchone() or (False,))[0])


def _lessons(record: Record) -> tuple[int, int]:
    """Bits of the legs to learn from now, and all bits then: a parcel that is over teaches nothing more."""
    done = HANDLING_TAKEN if record.shipped_at is not None else 0
    if record.arrived_at is not None and not record.is_over:
        done |= TRANSIT_TAKEN
    return done & ~record.lessons, ALL_TAKEN if record.is_over else done | record.lessons


def _learn(records: Sequence[Record], house: House, now: datetime) -> int:
    """Teach the effects leg by leg in the order of their ends, whatever order they were told in."""
    legs = [leg for record in records for leg in _finished(record, house) if leg.is_sound]
    held = {name: known(keys={name: _keys(legs, name)})[name].effects for name in {leg.name for leg in legs}}
    for leg in sorted(legs, key=lambda leg: (leg.end or 0.0, leg.start, leg.name)):
        if leg.end is not None:
            teach(held[leg.name], leg.traits, leg.measured(leg.end), leg.end)
    _keep([(name, key, effect) for name, effects in sorted(held.items()) for key, effect in sorted(effects.items())], now)
    _take([(record.id, after) for record in records if (after := _lessons(record)[1]) != record.lessons])
    return len(legs)


def _finished(record: Record, house: House) -> Iterable[Leg]:
    todo, _ = _lessons(record)
    if todo & HANDLING_TAKEN:
        yield handling_of(record, house)
    if todo & TRANSIT_TAKEN and (leg := transit_of(record, house)):
        yield leg


def _keys(legs: Iterable[Leg], name: str) -> set[str]:
    return {trait.key for leg in legs if leg.name == name for trait in leg.traits}


def _keep(rows: Sequence[tuple[str, str, Effect]], now: datetime) -> None:
    if not rows:
        return
    effects = [effect for *_, effect in rows]
    columns = [[leg for leg, *_ in rows], [key for _, key, _ in rows]]
    numbers = [[getattr(effect, name) for effect in effects] for name in ("mean", "doubt", "moved", "count")]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [required_merchant_id(), now, *columns, *numbers])


def _take(rows: Sequence[tuple[int, int]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [[id for id, _ in rows], [bits for _, bits in rows], required_merchant_id()])


def _weigh(name: str, legs: Sequence[Leg], now: datetime) -> None:
    """Replace what the last weeks add to one leg."""
    effects = known(keys={name: _keys(legs, name)})[name].effects
    drift = drift_of([_trace(leg, effects, moment_of(now, leg.zone)) for leg in legs])
    LaneEffect.objects.filter(leg=name, key__startswith=NOW).delete()
    rows = {NOW: (drift.shift, list(drift.curve))}
    rows |= {f"{NOW}:{lane}"[:150]: (shift, []) for lane, shift in drift.lanes.items() if lane and abs(shift) >= SLIGHT}
    LaneEffect.objects.bulk_create(
        [LaneEffect(leg=name, key=key, mean=mean, curve=curve, count=len(legs), updated_at=now) for key, (mean, curve) in rows.items()]
    )


def _trace(leg: Leg, effects: dict[str, Effect], now: float) -> Trace:
    is_open = leg.end is None or leg.end > now
    until = now if leg.end is None or leg.end > now else leg.end
    return Trace(leg.measured(max(until, leg.start)) - expect(effects, leg.traits), is_open, weight_of(max(now - leg.start, 0.0)), leg.lane)


def _estimate(record: Record, house: House, now: datetime) -> Estimate | None:
    trip, zone = trip_of(record, house), zone_of(record, house)
    names = (TRANSIT,) if record.shipped_at else (HANDLING, TRANSIT)
    keys = {name: [*(trait.key for trait in traits(name, trip)), *now_keys(lane_of(name, trip))] for name in names}
    held = known(keys=keys)
    transit = _way(TRANSIT, trip, held[TRANSIT], record.to_country or house.country)
    if transit.spell.alike < ENOUGH:
        return None
    if record.shipped_at is not None:
        return arrival(transit, sent=moment_of(record.shipped_at, zone), now=moment_of(now, zone))
    handling = _way(HANDLING, trip, held[HANDLING], house.country)
    if handling.spell.alike < ENOUGH:
        return None
    return door_to_door(handling, transit, since=moment_of(record.ordered_at, house.zone), now=moment_of(now, house.zone))


def _way(name: str, trip: Trip, held: Known, country: str) -> Way:
    return Way(spell_of(name, trip, held.effects, held.drift), clock_of(country))
