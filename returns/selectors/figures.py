"""What came back over a span of days: why, how much, what it cost, and how long the money took. A fixed number of statements.

Everything but the rate is about the returns **asked for** in the span; called off, declined and never handed over ones are left out.
The rate is about what was **delivered** in the span: how much of it came back so far, whenever it did. Days are the merchant's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from merchants.scope import required_merchant_id

MOST = 200  # products, sizes and carriers told; the rest is in the sums


@dataclass(slots=True)
class Units:
    """Units that came back, by reason code; most first."""

    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class Rate:
    """Of the delivered units of a product, how many came back so far."""

    product_id: int | None
    title: str
    delivered: int
    returned: int

    @property
    def share(self) -> float:
        return self.returned / self.delivered


@dataclass(slots=True)
class Costs:
    """Money of the returns asked for in the span, in one currency: what went back, what shoppers paid, what labels cost."""

    refunds: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    labels: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pace:
    """Whole days from the arrival of the goods to the sending of the money, and how many refunds that is known of."""

    n: int = 0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Promised days of refunds that were settled, and how many of them held."""

    settled: int = 0
    kept: int = 0

    @property
    def share(self) -> float | None:
        return self.kept / self.settled if self.settled else None


@dataclass(slots=True)
class Figures:
    """All of it. Keys of products are (product id, title), of sizes (product id, title, size), of carriers their code."""

    returns: int = 0
    total: Units = field(default_factory=Units)
    products: dict[tuple[int | None, str], Units] = field(default_factory=dict)
    sizes: dict[tuple[int | None, str, str], Units] = field(default_factory=dict)
    carriers: dict[str, Units] = field(default_factory=dict)
    rates: list[Rate] = field(default_factory=list)
    costs: dict[str, Costs] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    promises: Kept = field(default_factory=Kept)


ASKED = """
    with asked as materialized (
        select id, order_id, currency, way_fee, label_cost, arrived_at, received_at from returns_return
        where merchant_id = %(merchant)s and requested_at >= %(since)s and requested_at < %(until)s
            and state not in ('declined', 'cancelled', 'expired')
    )"""

# The carrier is the one that brought the goods: of several parcels with the line, the first.
REASONS = """{asked}, went as (
        select item.quantity, item.reason, line.product_id, line.title, line.variant_title, coalesce(came.carrier_code, '') as carrier
        from asked join returns_returnline as item on item.case_id = asked.id
        join orders_orderline as line on line.id = item.order_line_id
        left join lateral (
            select parcel.carrier_code from tracking_shipmentline as packed
            join tracking_shipment as parcel on parcel.id = packed.shipment_id
            where packed.order_line_id = item.order_line_id and parcel.direction = 'out' order by parcel.position, parcel.id limit 1
        ) as came on true
    )
    select grouping(product_id), grouping(variant_title), grouping(carrier), product_id, min(title), variant_title, carrier, reason,
        sum(quantity)::bigint
    from went group by grouping sets ((reason), (product_id, case when product_id is null then title end, reason),
        (product_id, case when product_id is null then title end, variant_title, reason), (carrier, reason))
    order by sum(quantity) desc, min(title), variant_title, carrier, reason"""

# What was delivered in the span, and how much of that is on its way back or was.
RATES = """
    with came as materialized (
        select packed.order_line_id, sum(packed.quantity) as quantity from tracking_shipment as parcel
        join tracking_shipmentline as packed on packed.shipment_id = parcel.id
        where parcel.merchant_id = %(merchant)s and parcel.direction = 'out' and parcel.status = 'delivered'
            and parcel.delivered_at >= %(since)s and parcel.delivered_at < %(until)s
        group by packed.order_line_id
    ), back as (
        select item.order_line_id, sum(item.quantity) as quantity from came
        join returns_returnline as item on item.merchant_id = %(merchant)s and item.order_line_id = came.order_line_id
        join returns_return as case_ on case_.id = item.case_id and case_.state not in ('declined', 'cancelled', 'expired')
        group by item.order_line_id
    )
    select line.product_id, min(line.title), sum(came.quantity)::bigint, sum(least(coalesce(back.quantity, 0), came.quantity))::bigint
    from came join orders_orderline as line on line.id = came.order_line_id left join back on back.order_line_id = came.order_line_id
    group by line.product_id, case when line.product_id is null then line.title end
    order by 4 desc, 3 desc, 2 limit %(most)s"""

COSTS = """{asked}
    select currency, sum(refunds), sum(credits), sum(fees), sum(labels), sum(n)::bigint from (
        select currency, 0 as refunds, 0 as credits, way_fee as fees, label_cost as labels, 1 as n from asked
        union all select asked.currency, 0, 0, item.fee, 0, 0
        from asked join returns_returnline as item on item.case_id = asked.id
        union all select money.currency, case money.way when 'credit' then 0 else money.amount end,
            case money.way when 'credit' then money.amount else 0 end, 0, 0, 0
        from asked join returns_moneyback as money on money.merchant_id = %(merchant)s and money.case_id = asked.id and money.state = 'sent'
    ) as part group by currency order by currency"""

PACE = """{asked}, took as (
        select (money.sent_at at time zone %(zone)s)::date
            - (coalesce(asked.arrived_at, asked.received_at) at time zone %(zone)s)::date as days
        from asked join returns_moneyback as money on money.merchant_id = %(merchant)s and money.case_id = asked.id and money.state = 'sent'
        where money.sent_at is not null and coalesce(asked.arrived_at, asked.received_at) is not null
    )
    select count(*), percentile_cont(0.5) within group (order by days), percentile_cont(0.9) within group (order by days) from took"""

KEPT = """{asked}
    select count(*), count(*) filter (where promise.is_kept) from (select distinct order_id from asked) as bought
    join orders_promise as promise on promise.merchant_id = %(merchant)s and promise.order_id = bought.order_id
        and promise.kind = 'refund_by' and promise.is_kept is not null and promise.subject <> 'order'"""


def figures(*, first: date, last: date, zone: ZoneInfo) -> Figures:
    """Both days included, of the current merchant, in the merchant's zone. Five statements."""
    values = _span(first, last, zone)
    found = Figures()
    with connection.cursor() as cursor:
        _reasons(cursor, values, found)
        cursor.execute(RATES, values)
        found.rates = [Rate(*row) for row in cursor.fetchall()]
        cursor.execute(COSTS.format(asked=ASKED), values)
        for currency, refunds, credits, fees, labels, count in cursor.fetchall():
            found.costs[currency] = Costs(refunds, credits, fees, labels)
            found.returns += count
        cursor.execute(PACE.format(asked=ASKED), values)
        found.pace = Pace(*(cursor.fetchone() or (0, None, None)))
        cursor.execute(KEPT.format(asked=ASKED), values)
        found.promises = Kept(*(cursor.fetchone() or (0, 0)))
    return found


def _span(first: date, last: date, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "merchant": required_merchant_id(),
        "since": datetime.combine(first, time.min, zone),
        "until": datetime.combine(last + timedelta(days=1), time.min, zone),
        "zone": zone.key,
        "most": MOST,
    }


def _reasons(cursor: Any, values: dict[str, Any], found: Figures) -> None:
    """Sort the four groupings out; each keeps its most returned ones."""
    cursor.execute(REASONS.format(asked=ASKED), values)
    for no_product, no_size, no_carrier, product_id, title, size, carrier, reason, count in cursor.fetchall():
        if not no_carrier:
            units = _units(found.carriers, carrier)
        elif not no_size:
            units = _units(found.sizes, (product_id, title, size))
        elif not no_product:
            units = _units(found.products, (product_id, title))
        else:
            units = found.total
        if units is not None:
            units.reasons[reason] = count


def _units(among: dict[Any, Units], key: Any) -> Units | None:
    return among.setdefault(key, Units()) if key in among or len(among) < MOST else None
