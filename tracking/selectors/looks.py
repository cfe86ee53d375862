"""What the incident rules look at: parcels, orders and feeds in batches, each kind by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from orders.selectors import setting
from tracking.models import Incident, IncidentRule, LaneStat
from tracking.rules.incidents import (
    RULES,
    Feed,
    Held,
    House,
    OrderFacts,
    ParcelFacts,
    RuleSetting,
    default_setting,
    setting_of,
)
from tracking.rules.places import country_code, normal_region
from tracking.rules.rollups import region_of
from tracking.types import IncidentType, ShipmentStatus

GAP, LEAST_GAPS = "gap", 30
COLUMNS = """
    s.id, s.order_id, s.status, s.created_at, s.carrier_code, s.shipped_at, s.status_at, s.first_scan_at, s.last_scan_at,
    s.attempted_at, s.delivered_at, s.eta_from, s.eta_by, s.eta_source, s.eta_said_at, s.eta_hidden,
    coalesce(s.promised_by, o.arrive_by, s.eta_first_by),
    s.pickup_until, s.is_delayed, s.cause, s.reason, s.from_country, s.to_country, case
        when s.attempted_at is null or s.delivered_at is not null then 0
        else (select count(distinct (c.at at time zone 'UTC')::date) from tracking_scan c
            where c.merchant_id = s.merchant_id and c.shipment_id = s.id and c.status = 'attempt_failed') end,
    s.to_region, s.to_postcode, o.is_imported, o.state, o.total, o.currency, o.ship_by, o.fulfilment"""
# Whoever looks at a parcel holds it: what two workers find about it they find one after the other.
NAMED = f"""
    select {COLUMNS} from tracking_shipment s join orders_order o on o.merchant_id = s.merchant_id and o.id = s.order_id
    where s.merchant_id = %s and s.id = any(%s) and s.direction = 'out' order by s.id for no key update of s"""  # noqa: S608 - columns of our own
# Taken before they are joined, so that a batch costs the same whatever is due.
DUE = f"""
    select {COLUMNS} from (
        select * from tracking_shipment where merchant_id = %s and check_at <= %s and direction = 'out' order by check_at limit %s
        for no key update skip locked
    ) s join orders_order o on o.merchant_id = s.merchant_id and o.id = s.order_id"""  # noqa: S608 - columns of our own
AROUND = """
    select s.id,
        (select c.city from tracking_scan c where c.merchant_id = s.merchant_id and c.shipment_id = s.id and c.city <> ''
            order by c.at desc limit 1),
        o.customer_id is not null and not exists (select from orders_order e where e.merchant_id = o.merchant_id
            and e.customer_id = o.customer_id and e.placed_at < o.placed_at and e.id <> o.id)
    from tracking_shipment s join orders_order o on o.merchant_id = s.merchant_id and o.id = s.order_id
    where s.merchant_id = %s and s.id = any(%s)"""
USUAL = """
    select currency, percentile_cont(0.5) within group (order by total) from (
        select currency, total from orders_order where merchant_id = %s order by placed_at desc, id desc limit 200
    ) as newest group by currency"""
ORDER = """
    o.id, o.ship_by, o.state = 'confirmed' and o.fulfilment <> 'fulfilled', o.is_imported, o.shipping_address ->> 'country',
    o.shipping_address ->> 'region', o.shipping_address ->> 'postcode', o.total, o.currency"""
# Unsent orders nobody looked at lately; found by id, for a subject put together cannot use an index behind row-level security. One
UNSENT = f"""
    select {ORDER} from orders_order o left join lateral (
        select state, resolution, updated_at, promised_by from tracking_incident i where i.merchant_id = o.merchant_id
            and i.order_id = o.id and i.type = 'unshipped_past_promise' order by i.opened_at desc limit 1
    ) as known on true
    where o.merchant_id = %s and o.state = 'confirmed' and o.ship_by is not null and o.fulfilment <> 'fulfilled'
        and o.ship_by < %s and o.ship_by >= %s and (known.state is null or known.state <> 'resolved' and known.updated_at <= %s
            or known.state = 'resolved' and (known.resolution = 'cleared' or known.promised_by < o.ship_by))
    order by o.ship_by, o.id limit %s"""  # noqa: S608 - columns of our own
# What was sent, cancelled or promised anew since it was found unsent.
SENT = f"""
    select {ORDER} from tracking_incident i join orders_order o on o.merchant_id = i.merchant_id and o.id = i.order_id
    where i.merchant_id = %s and i.state <> 'resolved' and i.type = 'unshipped_past_promise'
        and (o.state <> 'confirmed' or o.fulfilment = 'fulfilled' or o.ship_by is null or o.ship_by >= %s) limit %s"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Seen:
    """A parcel in a batch: what rules see, and what only writing needs."""

    parcel: ParcelFacts
    order: OrderFacts
    region: str
    currency: str


@dataclass(frozen=True, slots=True)
class Around:
    """What is read only of parcels something is wrong with."""

    last_city: str = ""
    is_first_order: bool = False


@dataclass(frozen=True, slots=True)
class SeenOrder:
    order: OrderFacts
    currency: str


def _ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [required_merchant_id(), *values])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def house() -> House:
    """The current merchant's rules over the defaults, and its calendar; two queries."""
    here = setting()
    own = {row.type: row for row in IncidentRule.objects.all()}
    return House({type: _rule(type, own.get(type)) for type in RULES}, here.zone, here.country)


def _rule(type: str, row: IncidentRule | None) -> RuleSetting:
    if row is None:
        return default_setting(type)
    return setting_of(type, is_on=row.is_on, tells_shopper=row.tells_shopper, given=row.thresholds, carriers=row.carriers)


def parcels(*, feeds: Mapping[str, Feed], ids: Sequence[int]) -> list[Seen]:
    """These parcels, held until the transaction ends; two queries whatever their number."""
    return _seen(_ask(NAMED, list(ids)), feeds)


def due_parcels(*, feeds: Mapping[str, Feed], now: datetime, limit: int) -> list[Seen]:
    """Parcels whose time for a look has come, longest waiting first, but for those another worker holds."""
    return _seen(_ask(DUE, now, limit), feeds)


def _seen(rows: list[tuple[Any, ...]], feeds: Mapping[str, Feed]) -> list[Seen]:
    seen = [_one(row, feeds) for row in rows]
    gaps = lane_gaps({lane_of(one.parcel) for one in seen})
    return [replace(one, parcel=replace(one.parcel, lane_gap=gaps.get(lane_of(one.parcel)))) for one in seen] if gaps else seen


def _one(row: tuple[Any, ...], feeds: Mapping[str, Feed]) -> Seen:
    *start, to_region, to_postcode, is_imported, state, total, currency, ship_by, fulfilment = row
    values = dict(zip(PARCEL, start, strict=True))
    region = region_of(values["to_country"], to_region, to_postcode)
    parcel = ParcelFacts(
        **{**values, "status": ShipmentStatus(values["status"])},
        region=region,
        is_imported=is_imported,
        is_cancelled=state == "cancelled" or values["status"] == ShipmentStatus.CANCELLED,
        feed=feeds.get(values["carrier"], Feed.NONE),
        total=total,
    )
    order = OrderFacts(parcel.order_id, ship_by, state == "confirmed" and fulfilment != "fulfilled", is_imported, region, total)
    return Seen(parcel, order, region, currency)


PARCEL = (
    "id", "order_id", "status", "created_at", "carrier", "shipped_at", "status_at", "first_scan_at", "last_scan_at", "attempted_at",
    "delivered_at", "eta_from", "eta_by", "eta_source", "eta_said_at", "eta_hidden",
    "promised_by", "pickup_until", "is_delayed", "cause", "reason",
    "from_country", "to_country", "attempts",
)  # fmt: skip


def lane_of(parcel: ParcelFacts) -> str:
    return f"{parcel.carrier}|{parcel.from_country}>{parcel.to_country}"


def lane_gaps(lanes: set[str]) -> dict[str, int]:
    """Lane -> working days 95 of 100 of its parcels are never silent for longer than; one query."""
    rows = LaneStat.objects.filter(leg=GAP, key__in=lanes, count__gte=LEAST_GAPS).values_list("key", "days")
    return {key: quantile(days, 0.95) for key, days in rows}


def quantile(days: Sequence[float], share: float) -> int:
    """The first bucket by which that share of the weight lies."""
    left = share * sum(days)
    for place, weight in enumerate(days):
        left -= weight
        if left <= 1e-9:
            return place
    return len(days)


def around(*, ids: Sequence[int]) -> dict[int, Around]:
    """Last place and whether it is a first order, of parcels something is wrong with; one query."""
    return {id: Around(city or "", is_first) for id, city, is_first in _ask(AROUND, list(ids))} if ids else {}


def usual_totals() -> dict[str, Decimal]:
    """Currency -> what an order usually comes to: the median of the newest 200; one query."""
    return {currency: Decimal(str(total)) for currency, total in _ask(USUAL)}


def held(*, subjects: Sequence[str]) -> dict[str, list[Incident]]:
    """Everything ever wrong with these subjects, held until the transaction ends; one query."""
    found: dict[str, list[Incident]] = {}
    rows = Incident.objects.filter(subject__in=subjects).order_by("id").select_for_update(of=("self",))
    for row in rows:
        found.setdefault(row.subject, []).append(row)
    return found


def held_of(row: Incident) -> Held:
    """An incident as the rules see it."""
    return Held(
        id=row.pk,
        type=IncidentType(row.type),
        state=row.state,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
        cause=row.cause,
        reason=row.reason,
        promised_by=row.promised_by,
        expected_by=row.expected_by,
        news_by=row.news_by,
        told_at=row.told_at,
        choice=row.choice,
        facts=row.facts,
    )


def unsent_orders(*, house: House, now: datetime, looked_before: datetime, limit: int) -> list[SeenOrder]:
    """Orders past the day they were to be sent by that nobody looked at lately, oldest first; one query."""
    today = now.astimezone(house.zone).date()
    oldest = today.fromordinal(today.toordinal() - int(house.limit(IncidentType.UNSHIPPED_PAST_PROMISE, "give_up_days")))
    return [_order(row) for row in _ask(UNSENT, today, oldest, looked_before, limit)]


def sent_orders(*, house: House, now: datetime, limit: int) -> list[SeenOrder]:
    """Orders found unsent that wait no more; one query."""
    return [_order(row) for row in _ask(SENT, now.astimezone(house.zone).date(), limit)]


def _order(row: tuple[Any, ...]) -> SeenOrder:
    id, ship_by, is_waiting, is_imported, country, region, postcode, total, currency = row
    place = country_code(country or "")
    name = region_of(place, normal_region(region or "", place), postcode or "")
    return SeenOrder(OrderFacts(id, ship_by, is_waiting, is_imported, name, total), currency)
