"""Reads of the delay figures: a handful of statements over cells, the same number and nearly the same work however many parcels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Q

from merchants.scope import required_merchant_id
from tracking.models import CarrierFeed, Counted, FlowCell, Incident
from tracking.rules.rollups import AT_RISK, COUNTS, EARLIEST, OVERDUE
from tracking.types import IncidentState, IncidentType

BACK = timedelta(days=365)  # what is overdue for longer than a year is no longer late, it is lost
MARKS = ("late", "overdue", "at_risk", "stalled", "lost", "damaged", "returned")
PAGE = 100


@dataclass(frozen=True, slots=True)
class Flow:
    """Sums over some cells."""

    sent: int = 0
    arrived: int = 0
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    at_risk: int = 0
    stalled: int = 0
    lost: int = 0
    damaged: int = 0
    returned: int = 0
    promises: int = 0
    promises_kept: int = 0
    eta_asked: int = 0
    eta_held: int = 0
    eta_early: int = 0

    @property
    def known(self) -> int:
        """Parcels that are known to be on time or late."""
        return self.on_time + self.late

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / self.known if self.known else None

    @property
    def late_share(self) -> float | None:
        return self.late / self.known if self.known else None

    @property
    def kept_share(self) -> float | None:
        return self.promises_kept / self.promises if self.promises else None

    @property
    def held_share(self) -> float | None:
        return self.eta_held / self.eta_asked if self.eta_asked else None


@dataclass(frozen=True, slots=True)
class Period:
    """A period's figures, and those of the one as long before it."""

    first: date
    last: date
    days: dict[date, Flow]
    now: Flow
    before: Flow
    carriers: dict[str, Flow]
    median_delay: int | None
    median_before: int | None
    median_transit: dict[str, int] = field(default_factory=dict)

    def day(self, day: date) -> Flow:
        return self.days.get(day, Flow())


SUMS = ", ".join(f"sum({name})" for name in COUNTS)
DAYS = f"""
    select start, carrier_code, {", ".join(COUNTS)} from tracking_flowcell
    where merchant_id = %s and grain = 'day' and start between %s and %s"""  # noqa: S608 - column names of our own
STANDING = """
    select coalesce(sum(overdue), 0), coalesce(sum(at_risk), 0) from tracking_flowcell
    where merchant_id = %s and grain = 'day' and start >= %s"""
SPREAD = """
    select {key}, place, sum(count) from tracking_flowcell, unnest({column}) with ordinality as spread(count, place)
    where merchant_id = %s and grain = %s and start between %s and %s and count <> 0 group by 1, 2 order by 1, 2"""


def period(*, last: date, days: int) -> Period:
    """The figures of the `days` due days up to `last`; three statements."""
    first, start = last - timedelta(days=days - 1), last - timedelta(days=2 * days - 1)
    by_day: dict[date, list[int]] = {}
    carriers: dict[str, list[int]] = {}
    for day, carrier, *figures in _ask(DAYS, start, last):
        _add(by_day, day, figures)
        if day >= first:
            _add(carriers, carrier, figures)
    flows = {day: Flow(*figures) for day, figures in by_day.items()}
    delays: dict[bool, list[tuple[int, int]]] = {}
    for is_now, place, count in _ask(SPREAD.format(key=f"start >= date '{first:%Y-%m-%d}'", column="delay_days"), "day", start, last):
        delays.setdefault(is_now, []).append((int(place) - 1 + EARLIEST, int(count)))
    transits: dict[str, list[tuple[int, int]]] = {}
    for carrier, place, count in _ask(SPREAD.format(key="carrier_code", column="transit_days"), "day", first, last):
        transits.setdefault(carrier, []).append((int(place) - 1, int(count)))
    return Period(
        first=first,
        last=last,
        days=flows,
        now=_total(flow for day, flow in flows.items() if day >= first),
        before=_total(flow for day, flow in flows.items() if day < first),
        carriers={code: Flow(*figures) for code, figures in carriers.items()},
        median_delay=median([(days, count) for days, count in delays.get(True, ()) if days > 0]),
        median_before=median([(days, count) for days, count in delays.get(False, ()) if days > 0]),
        median_transit={code: middle for code, spread in transits.items() if (middle := median(spread)) is not None},
    )


def standing(*, today: date) -> tuple[int, int]:
    """How many parcels are late and still to come, and how many are likely to be; one statement."""
    ((overdue, at_risk),) = _ask(STANDING, today - BACK)
    return int(overdue), int(at_risk)


@dataclass(frozen=True, slots=True)
class Lane:
    """One carrier to one region, handed over in some weeks."""

    carrier: str
    region: str
    flow: Flow
    median_delay: int | None = None


LANES = f"""
    select carrier_code, region, {SUMS} from tracking_flowcell
    where merchant_id = %s and grain = 'week' and start between %s and %s group by 1, 2"""  # noqa: S608 - column names of our own
LANE_DELAYS = SPREAD.format(key="carrier_code || chr(10) || region", column="delay_days")


def lanes(*, first: date, last: date, with_delays: bool = False) -> list[Lane]:
    """Every carrier and region of the weeks that begin in a span, the busiest first; one statement, two with delays."""
    rows = [(carrier, region, Flow(*map(int, figures))) for carrier, region, *figures in _ask(LANES, first, last)]
    delays: dict[str, list[tuple[int, int]]] = {}
    if with_delays:
        for lane, place, count in _ask(LANE_DELAYS, "week", first, last):
            delays.setdefault(lane, []).append((int(place) - 1 + EARLIEST, int(count)))
    found = [
        Lane(carrier, region, flow, median([(days, count) for days, count in delays.get(f"{carrier}\n{region}", ()) if days > 0]))
        for carrier, region, flow in rows
        if flow.sent
    ]
    return sorted(found, key=lambda lane: (-lane.flow.sent, lane.carrier, lane.region))


def median(spread: Sequence[tuple[int, int]]) -> int | None:
    """The middle of values with their counts; the lower of two middles."""
    total = sum(count for _, count in spread)
    seen = 0
    for value, count in sorted(spread):
        seen += count
        if 2 * seen >= total > 0:
            return value
    return None


def newest_day() -> date | None:
    """The newest day any figure is kept for: whether there are figures at all."""
    found: date | None = FlowCell.objects.filter(grain="week").aggregate(newest=Max("start"))["newest"]
    return found


def _ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [required_merchant_id(), *values])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _add(sums: dict[Any, list[int]], key: Any, figures: Sequence[int]) -> None:
    held = sums.setdefault(key, [0] * len(COUNTS))
    for place, figure in enumerate(figures):
        held[place] += figure


def _total(flows: Iterator[Flow]) -> Flow:
    rows = [[getattr(flow, name) for name in COUNTS] for flow in flows]
    return Flow(*map(sum, zip(*rows, strict=True))) if rows else Flow()


@dataclass(frozen=True, slots=True)
class ParcelFilter:
    """Which parcels stand behind a figure. `mark` is one of MARKS or "" for all; weeks span first to last."""

    first: date | None = None
    last: date | None = None
    carrier: str | None = None
    region: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class ParcelPage:
    rows: list[Counted]
    next: int | None = None


def parcels_behind(*, filters: ParcelFilter, after: int = 0, limit: int = PAGE) -> ParcelPage:
    """The very parcels a figure counts, with order and shopper, read along the index from the row `after` on."""
    rows: Any = Counted.objects.exclude(week=None)
    is_now = filters.mark in (OVERDUE, AT_RISK)
    if is_now:
        rows = rows.exclude(standing="").filter(standing=filters.mark)
    elif filters.mark == "late":
        rows = rows.filter(is_late=True)
    elif filters.mark:
        rows = rows.filter(**{f"facts__{filters.mark}": 1})
    chosen = {"week__gte": filters.first, "week__lte": filters.last, "carrier_code": filters.carrier, "region": filters.region}
    rows = rows.filter(**{name: value for name, value in chosen.items() if value is not None})
    order = ("due", "shipment_id") if is_now else ("week", "carrier_code", "region", "shipment_id")
    last = Counted.objects.filter(pk=after).first() if after else None
    if last is not None:
        rows = rows.filter(_behind(last, order))
    found = list(rows.select_related("shipment__order__customer").order_by(*order)[: limit + 1])
    return ParcelPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def _behind(row: Counted, order: Sequence[str]) -> Q:
    """Rows after this one in an order of columns; the first column bounds the index, the rest decides among equals."""
    found, equal = Q(), Q()
    for name in order:
        found |= equal & Q(**{f"{name}__gt": getattr(row, name)})
        equal &= Q(**{name: getattr(row, name)})
    return Q(**{f"{order[0]}__gte": getattr(row, order[0])}) & found


@dataclass(frozen=True, slots=True)
class Feeds:
    """How the carriers' news come in, and which of the feeds an incident calls silent."""

    rows: list[CarrierFeed]
    silent: dict[str, Incident]


def feeds() -> Feeds:
    """Every carrier's feed, and the open incidents about them; two statements."""
    rows = list(CarrierFeed.objects.order_by("carrier_code", "source")[:200])
    stale = Incident.objects.filter(type=IncidentType.FEED_STALE).exclude(state=IncidentState.RESOLVED)
    return Feeds(rows, {row.carrier_code: row for row in stale})


CHANGED = """
    select 'opened', type, count(*) from tracking_incident where merchant_id = %s and opened_at >= %s and opened_at <= %s group by 2
    union all
    select case when resolution = 'cleared' then 'cleared' else 'done' end, type, count(*) from tracking_incident
    where merchant_id = %s and state = 'resolved' and resolved_at >= %s and resolved_at <= %s group by 1, 2"""


def changed_between(*, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    """What was opened, what cleared itself and what people closed in a span, by type; one statement."""
    found: dict[str, dict[str, int]] = {"opened": {}, "cleared": {}, "done": {}}
    for what, type, count in _ask(CHANGED, since, until, required_merchant_id(), since, until):
        found[what][type] = int(count)
    return found
