"""Which step of a parcel is news: the newest of what was just told, once, and only while it is fresh."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracking.rules.fold import SHOP, Road, State, is_there, moment_of, origin_of, ticks, when
from tracking.rules.parcels import RANK, TIE, is_handed_over
from tracking.rules.scans import FRESH
from tracking.types import IncomingScan, ShipmentStatus

S = ShipmentStatus
STEPS = {S.OUT_FOR_DELIVERY: "out_for_delivery", S.ATTEMPT_FAILED: "attempt_failed", S.READY_FOR_PICKUP: "ready_for_pickup"}


@dataclass(frozen=True, slots=True)
class Step:
    """The last part of an event's name, and its facts besides order and parcel."""

    name: str
    facts: dict[str, Any]


def moment(scan: IncomingScan) -> datetime:
    return moment_of(status=scan.status, at=scan.at, has_time=scan.has_time)


def is_fresh(told: Iterable[tuple[Any, IncomingScan]], status: S, *, at: datetime) -> bool:
    """Whether such a scan was told within a day of happening."""
    return any(scan.status == status and at - moment(scan) <= FRESH for _, scan in told)


def is_repeated(scan: IncomingScan, source: str, known: State) -> bool:
    """Whether a shop tells the state again that the parcel stands in: shops do with each edit, at a new time."""
    return source == SHOP and "status" in known and known["status"][1] == scan.status


def step_of(
    told: Sequence[tuple[int, IncomingScan]], known: State, state: State, road: Road, *, zone: ZoneInfo, at: datetime
) -> Step | None:
    """The step a parcel made by scans just told (with their ids). Nothing that newer news has overtaken."""
    top = state.get("status", [0, S.PENDING])
    if RANK[top[1]] > RANK[S.IN_TRANSIT]:
        return None
    new = [(id, scan) for id, scan in told if is_handed_over(scan.status) and at - moment(scan) <= FRESH]
    for id, scan in sorted(new, key=lambda item: (moment(item[1]), TIE.index(item[1].status), item[0]), reverse=True):
        if ticks(moment(scan)) < top[0]:
            return None
        if step := _step(id, scan, known, state, road, zone):
            return None if scan.status == S.ATTEMPT_FAILED and _is_same_attempt(scan, told, known, zone) else step
    return None


def _is_same_attempt(scan: IncomingScan, told: Sequence[tuple[int, IncomingScan]], known: State, zone: ZoneInfo) -> bool:
    """Told by another sender as well, under another code or a little later: same day, and nothing happened between."""
    held, status, held_at, *_ = known.get("status", [0, S.PENDING, 0])
    if status != S.ATTEMPT_FAILED or when(held_at).astimezone(zone).date() != scan.at.astimezone(zone).date():
        return False
    between = (other for _, other in told if held < ticks(moment(other)) < ticks(moment(scan)))
    return not any(is_handed_over(other.status) and other.status != S.ATTEMPT_FAILED for other in between)


def _step(id: int, scan: IncomingScan, known: State, state: State, road: Road, zone: ZoneInfo) -> Step | None:
    if scan.status == S.OUT_FOR_DELIVERY:
        # By the moment: the midnight of a bare day, when it is UTC's, lies in the day before west of it.
        day = moment(scan).astimezone(zone).date()
        was_told = "out" in known and when(known["out"][0]).astimezone(zone).date() >= day
        return None if was_told else Step("out_for_delivery", {"scan": id, "day": day.isoformat()})
    if scan.status == S.READY_FOR_PICKUP and "ready" in known:
        return None
    if scan.status in STEPS:
        return Step(STEPS[scan.status], {"scan": id})
    return Step("arrived_in_city", {"scan": id}) if _arrives(scan, known, state, road) else None


def _arrives(scan: IncomingScan, known: State, state: State, road: Road) -> bool:
    is_first = "arrived" not in known and not {"out", "tried"} & set(state)
    return is_first and scan.status in (S.PICKED_UP, S.IN_TRANSIT) and is_there(scan.place, road) and origin_of(state, road) != road.to_city
