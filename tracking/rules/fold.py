"""A parcel's state out of all that was said of it.

Each fact is the highest or the lowest of its kind. Highest and lowest do not depend on order, repetition or portions: the
facts held joined with those of new scans are the facts of all scans, without reading the old ones again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

from tracking.rules.parcels import RANK, is_handed_over, standing
from tracking.rules.places import normal_city, normal_region
from tracking.types import IncomingScan, Place, ShipmentStatus

S = ShipmentStatus
SHOP = "shop"
# What a shop says of its own accord: that it gave the parcel away. Only a carrier knows that it got it.
SHOPS_OWN = frozenset({S.PENDING, S.UNKNOWN, S.LABEL_CREATED, S.PICKED_UP, S.IN_TRANSIT, S.CANCELLED})
MOVING = frozenset({S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED, S.READY_FOR_PICKUP, S.DELIVERED})
BACK = frozenset({S.RETURNING, S.RETURNED})
TRIED = frozenset({S.ATTEMPT_FAILED, S.READY_FOR_PICKUP, S.DELIVERED})
TROUBLE = frozenset({S.ON_HOLD, S.ATTEMPT_FAILED, S.LOST, S.DAMAGED, *BACK})
HIDING = frozenset({S.ON_HOLD, S.LOST, S.DAMAGED, *BACK})
# A scan with a day and no time lies where such news usually lies in its day; short of 23 hours, which is the shortest day.
LATE = timedelta(hours=22, minutes=59)
HOUR_OF = {S.PENDING: timedelta(0), S.UNKNOWN: timedelta(0), S.LABEL_CREATED: timedelta(0), S.PICKED_UP: timedelta(0),
           S.IN_TRANSIT: timedelta(0), S.OUT_FOR_DELIVERY: timedelta(hours=8)}  # fmt: skip
EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
LOWEST = frozenset({"first", "sent", "tried", "delivered", "back", "arrived", "origin", "ready", "how", "to"})
CONTRADICTORY, UNKNOWN_NUMBER = "contradictory", "unknown_number"

State = dict[str, list[Any]]  # name of a fact -> [moment, ...]; plain JSON, kept beside the parcel


@dataclass(frozen=True, slots=True)
class Road:
    """From where to where, in normal form; "" unknown."""

    from_city: str = ""
    to_city: str = ""
    to_region: str = ""
    to_country: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """What is shown of a state. Columns of a parcel have the same names."""

    status: str = S.PENDING
    raw_status: str = ""
    status_at: datetime | None = None
    first_scan_at: datetime | None = None
    last_scan_at: datetime | None = None
    shipped_at: datetime | None = None
    attempted_at: datetime | None = None
    delivered_at: datetime | None = None
    arrived_at: datetime | None = None
    pickup_until: date | None = None
    is_delayed: bool = False
    cause: str = ""
    reason: str = ""
    delivered_how: str = ""
    delivered_to: str = ""


def moment_of(*, status: str, at: datetime, has_time: bool) -> datetime:
    """When a scan counts as having happened: a day without time lies early or late in it, by what is said."""
    return at if has_time else at + HOUR_OF.get(S(status), LATE)


def ticks(at: datetime) -> int:
    """Exact microseconds: a float would round."""
    return (at - EPOCH) // TICK


def when(value: int) -> datetime:
    return EPOCH + value * TICK


def join(held: State, told: State) -> State:
    """The facts of both."""
    joined = dict(held)
    for name, value in told.items():
        joined[name] = _win(name, joined[name], value) if name in joined else value
    return joined


def _win(name: str, one: list[Any], other: list[Any]) -> list[Any]:
    if name in LOWEST:
        return min(one, other)
    return max(one, other, key=_further) if name == "status" else max(one, other)


def _further(value: list[Any]) -> tuple[Any, ...]:
    moment, status, *rest = value
    return *standing(status, moment), *rest


def gather(scans: Iterable[tuple[IncomingScan, str]], road: Road) -> State:
    """The facts of scans, each with its source, in whatever order."""
    return reduce(join, (_facts(scan, source, road) for scan, source in scans), {})


def _facts(scan: IncomingScan, source: str, road: Road) -> State:
    at, moment = ticks(scan.at), ticks(moment_of(status=scan.status, at=scan.at, has_time=scan.has_time))
    raw = (scan.raw_status or scan.raw_code)[:60]
    is_handed, is_carriers = is_handed_over(scan.status), source != SHOP or scan.status not in SHOPS_OWN
    # A shop that says "sent" once more does not know where its parcel is by now: any carrier's word of this rank goes before.
    weighed = moment if is_carriers or scan.status not in MOVING else 0
    facts: State = {"status": [weighed, scan.status.value, at, raw, scan.cause, scan.reason]}
    told = [moment, at]
    _put(facts, told, news=is_carriers, first=is_carriers and is_handed, sent=is_handed, tried=scan.status in TRIED)
    _put(facts, told, back=scan.status in BACK, out=scan.status == S.OUT_FOR_DELIVERY, ready=scan.status == S.READY_FOR_PICKUP)
    _put(facts, told, delivered=scan.status == S.DELIVERED, handed=scan.status == S.DELIVERED and source != SHOP)
    _put(facts, told, moved=is_carriers and scan.status in MOVING and not scan.is_delay)
    _put(facts, [moment, scan.cause, scan.reason], delay=scan.is_delay, cause=bool(scan.cause))
    if scan.pickup_until is not None:
        facts["pickup"] = [moment, scan.pickup_until.isoformat()]
    if scan.status == S.DELIVERED:
        _put(facts, [moment, scan.how], how=bool(scan.how))
        _put(facts, [moment, scan.signed_by], to=bool(scan.signed_by))
    if is_handed and (city := normal_city(scan.place.city)):
        facts["origin"] = [moment, city]
        _put(facts, told, arrived=is_there(scan.place, road))
    return facts


def _put(facts: State, value: list[Any], **wanted: bool) -> None:
    facts.update({name: value for name, is_so in wanted.items() if is_so})


def is_there(place: Place, road: Road) -> bool:
    """In the destination's city; the same name in another country or region is another city."""
    if not road.to_city or normal_city(place.city) != road.to_city:
        return False
    if place.country and road.to_country and place.country != road.to_country:
        return False
    region = normal_region(place.region, place.country or road.to_country)
    return not region or not road.to_region or region == road.to_region


def with_day(state: State, *, first: date, last: date, told_at: datetime) -> State:
    """With the day the carrier names; the newest said counts."""
    return join(state, {"eta": [ticks(told_at), first.isoformat(), last.isoformat()]})


def days_of(state: State) -> tuple[date, date] | None:
    """The carrier's own days."""
    if "eta" not in state:
        return None
    _, first, last = state["eta"]
    return date.fromisoformat(first), date.fromisoformat(last)


def fold(scans: Iterable[tuple[IncomingScan, str]], road: Road) -> Folded:
    """What all scans of a parcel come to."""
    return show(gather(scans, road), road)


def show(state: State, road: Road) -> Folded:
    """A state as it is shown. What happened after a parcel turned back did not happen at the shopper's door."""
    _, status, at, raw, cause, reason = state.get("status", [0, S.PENDING.value, None, "", "", ""])
    is_delayed = _is_delayed(state, status)
    if is_delayed and (state["delay"][1] or status not in TROUBLE):
        _, cause, reason = state["delay"]
    elif status not in TROUBLE:
        cause = reason = ""
    elif not cause and status in BACK and "cause" in state:
        _, cause, reason = state["cause"]
    delivered = _before_back(state, "delivered")
    return Folded(
        status=status,
        raw_status=raw,
        status_at=None if at is None else when(at),
        first_scan_at=_time(state.get("first")),
        last_scan_at=_time(state.get("news")),
        shipped_at=_time(state.get("sent")),
        attempted_at=_time(_before_back(state, "tried")),
        delivered_at=_time(delivered),
        arrived_at=_time(state.get("arrived")) if origin_of(state, road) != road.to_city else None,
        pickup_until=date.fromisoformat(state["pickup"][1]) if "pickup" in state else None,
        is_delayed=is_delayed,
        cause=cause,
        reason=reason or _doubt(state, status),
        delivered_how=state["how"][1] if delivered and "how" in state else "",
        delivered_to=state["to"][1] if delivered and "to" in state else "",
    )


def _time(value: list[Any] | None) -> datetime | None:
    return when(value[1]) if value else None


def _before_back(state: State, name: str) -> list[Any] | None:
    value, back = state.get(name), state.get("back")
    return value if value and (not back or value[0] <= back[0]) else None


def _is_delayed(state: State, status: str) -> bool:
    is_under_way = RANK[status] <= RANK[S.IN_TRANSIT]
    return is_under_way and "delay" in state and state["delay"][0] >= state.get("moved", [0])[0]


def origin_of(state: State, road: Road) -> str:
    """The city it came from: the merchant's when known, else that of the first scan with a place."""
    return road.from_city or str(state.get("origin", [0, ""])[1])


def is_contradictory(state: State) -> bool:
    """Called delivered after it had turned back: to the sender, or by mistake. It stays on its way back, and is flagged."""
    return "handed" in state and "back" in state and state["handed"][0] > state["back"][0]


def _doubt(state: State, status: str) -> str:
    if status in BACK and is_contradictory(state):
        return CONTRADICTORY
    return UNKNOWN_NUMBER if "unheard" in state and "first" not in state and RANK[status] <= RANK[S.IN_TRANSIT] else ""


def unheard(state: State, *, told_at: datetime) -> State:
    """With the carrier's word that it does not know the number."""
    return join(state, {"unheard": [ticks(told_at)]})


def hidden_by(folded: Folded, state: State, *, said_at: datetime | None) -> str:
    """The exception that makes the shown day untrue: a state, or a delay after which no newer day was said."""
    if folded.status in HIDING:
        return folded.status
    is_old = said_at is None or ticks(said_at) < state.get("delay", [0])[0]
    return "delayed" if folded.is_delayed and is_old else ""


def state_of(folded: Folded) -> State:
    """The state of a parcel kept before states were: only what its columns tell."""
    told: list[tuple[IncomingScan, str]] = []
    if folded.shipped_at:
        told.append((IncomingScan(S.PICKED_UP, folded.shipped_at), SHOP))
    if folded.delivered_at:
        told.append((IncomingScan(S.DELIVERED, folded.delivered_at), SHOP))
    if folded.status_at:
        told.append((IncomingScan(S(folded.status), folded.status_at, raw_status=folded.raw_status), SHOP))
    return gather(told, Road())
