"""One batch of parcels: look, step, tell, and when to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from merchants.scope import required_merchant_id
from orders.types import PromiseKind
from tracking.models import Incident
from tracking.rules.incidents import (
    DELAYS,
    Feed,
    Finding,
    Held,
    House,
    Move,
    Notice,
    OrderFacts,
    ParcelFacts,
    Step,
    Weight,
    days_late,
    harm,
    look,
    look_at_order,
    news_day,
    next_look,
    notice_of,
    plan,
    rank,
    sights,
    told_of,
)
from tracking.rules.scans import FRESH
from tracking.selectors.looks import Around, Seen, around, held, held_of, usual_totals
from tracking.services.incidents.pen import Pen, take
from tracking.types import IncidentType

T = IncidentType
CHECK = """
    update tracking_shipment s set check_at = n.at from unnest(%s::bigint[], %s::timestamptz[]) as n(id, at)
    where s.merchant_id = %s and s.id = n.id and s.check_at is distinct from n.at"""
NOWHERE = Around()
TOLD_OF = DELAYS | {T.LOST_SUSPECTED}


@dataclass(frozen=True, slots=True)
class Batch:
    """What stays the same for all parcels of a batch."""

    house: House
    now: datetime
    quiet: Mapping[str, float]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.house.zone).date()


def batch_of(house: House, now: datetime) -> Batch:
    return Batch(house, now, {type: rule.limits["quiet_days"] for type, rule in house.rules.items()})


@dataclass(frozen=True, slots=True)
class Case:
    """One parcel with what is found and what changes."""

    seen: Seen
    moves: list[Move]
    rows: dict[int, Incident]
    known: list[Held]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """How many incidents changed, and the parcels they are about."""

    changed: int
    shipment_ids: list[int]


def look_at(seen: Sequence[Seen], batch: Batch) -> Looked:
    """Bring the incidents of parcels that are held to what is so now. Constant statements."""
    rows = held(subjects=[name for one in seen for name in (subject(one.parcel), f"order:{one.order.id}")]) if seen else {}
    cases = [_case(one, rows.get(subject(one.parcel), []), batch) for one in seen]
    found = [case.seen.parcel.id for case in cases if any(move.finding for move in case.moves)]
    nearby, usual = around(ids=found), usual_totals() if found else {}
    pen = Pen(batch.now)
    for case in cases:
        _follow(case, nearby.get(case.seen.parcel.id, NOWHERE), usual, pen, batch)
    _sent(seen, rows, pen, batch)
    changed = pen.write()
    _check([(case.seen.parcel.id, case.next_at) for case in cases])
    return Looked(changed, [case.seen.parcel.id for case in cases if any(move.step != Step.KEEP for move in case.moves)])


def subject(parcel: ParcelFacts) -> str:
    return f"shipment:{parcel.id}"


def _case(one: Seen, rows: Sequence[Incident], batch: Batch) -> Case:
    parcel, known = one.parcel, [held_of(row) for row in rows]
    seen = sights(parcel, batch.house, batch.now)
    found = look(parcel, batch.house, batch.now, held={row.type for row in known if row.is_open}, seen=seen)
    moves = plan(found, known, batch.quiet, batch.now)
    is_open = any(move.step != Step.CLEAR for move in moves)
    next_at = next_look(parcel, batch.house, batch.now, is_anything_open=is_open, seen=seen)
    return Case(one, moves, {row.pk: row for row in rows}, known, next_at)


def _follow(case: Case, near: Around, usual: Mapping[str, Decimal], pen: Pen, batch: Batch) -> None:
    live: dict[IncidentType, Incident] = {}
    for move in case.moves:
        row = _step(case, move, near, usual, pen, batch)
        if row is not None:
            live[T(row.type)] = row
    was_told = any(move.step == Step.CLEAR and move.held and move.held.type in TOLD_OF for move in case.moves)
    if was_told and not TOLD_OF & set(live):
        pen.news[(case.seen.parcel.order_id, subject(case.seen.parcel))] = batch.today
    _tell(case, live, pen, batch)


def _step(case: Case, move: Move, near: Around, usual: Mapping[str, Decimal], pen: Pen, batch: Batch) -> Incident | None:
    """The incident when it is open after the step."""
    row = case.rows[move.held.id] if move.held else None
    if move.finding is None:
        assert row is not None
        pen.clear(row)
        return None
    facts = _facts(move.finding, case.seen.parcel, near)
    if row is None:
        row = _new(move.finding, facts, case.seen, batch)
        pen.open(row)
    else:
        pen.move(move.step, row, move.finding, facts)
    weight = Weight(
        days_late=days_late(move.finding.promised_by, move.finding.expected_by, batch.today),
        attempts=case.seen.parcel.attempts,
        total=case.seen.parcel.total,
        usual_total=usual.get(case.seen.currency, Decimal(0)),
        is_first_order=near.is_first_order,
        choice=row.choice,
    )
    weigh(row, weight, batch.now)
    return row


def weigh(row: Incident, weight: Weight, now: datetime) -> None:
    row.harm = harm(row.type, weight)
    row.rank = rank(row.harm, row.act_by, now)


def _facts(finding: Finding, parcel: ParcelFacts, near: Around) -> dict[str, Any]:
    facts = {**finding.facts, "cause_text_key": ".".join(part for part in (finding.cause, finding.reason) if part)}
    if near.last_city:
        facts["last_city"] = near.last_city
    if parcel.attempts:
        facts["attempts"] = parcel.attempts
    return facts


def _new(finding: Finding, facts: Mapping[str, Any], seen: Seen, batch: Batch) -> Incident:
    parcel = seen.parcel
    row = Incident(
        type=finding.type, subject=subject(parcel), shipment_id=parcel.id, order_id=parcel.order_id, carrier_code=parcel.carrier,
        region=seen.region, opened_at=batch.now,
    )  # fmt: skip
    take(row, finding, facts, batch.now)
    return row


def _tell(case: Case, live: Mapping[IncidentType, Incident], pen: Pen, batch: Batch) -> None:
    _tell_of_delay(case, live, pen, batch)
    parcel = case.seen.parcel
    if parcel.is_imported or parcel.is_cancelled:
        return
    _tell_of_attempt(live, parcel, pen, batch)
    for type, event in ((T.LOST_SUSPECTED, "tracking.loss.suspected"), (T.PICKUP_EXPIRING, "tracking.pickup.expiring")):
        row = live.get(type)
        if row is not None and row.told_at is None and batch.house.rules[type].tells_shopper and not _is_for_staff(row, parcel):
            news_by = news_day(type, 0, batch.house, batch.today) if type == T.LOST_SUSPECTED else None
            pen.told(row, Notice(type, None, news_by, 1) if news_by else None)
            if news_by is not None:
                pen.promise(PromiseKind.NEWS_BY, news_by, order_id=parcel.order_id, subject=subject(parcel))
            pen.note(row, "told", {"news_by": _iso(news_by)} if news_by else {})
            pen.tell(event, row)


def _tell_of_attempt(live: Mapping[IncidentType, Incident], parcel: ParcelFacts, pen: Pen, batch: Batch) -> None:
    """A fresh attempt is told by the scan itself: the work list says so."""
    row = live.get(T.FAILED_ATTEMPT)
    if row is not None and row.told_at is None and parcel.attempted_at is not None and batch.now - parcel.attempted_at <= FRESH:
        pen.told(row)
        pen.note(row, "told", {})


def _is_for_staff(row: Incident, parcel: ParcelFacts) -> bool:
    """Of a carrier nobody hears of any more nothing is lost before somebody has looked."""
    return parcel.feed == Feed.GONE and row.reason == "silent"


def _tell_of_delay(case: Case, live: Mapping[IncidentType, Incident], pen: Pen, batch: Batch) -> None:
    quiet = max(batch.quiet[type] for type in DELAYS)
    told = told_of(case.known, DELAYS, quiet, batch.now)
    parcel, open = case.seen.parcel, {type: row.expected_by for type, row in live.items()}
    notice = notice_of(parcel, open, told, batch.house, batch.now)
    if notice is None:
        for type, row in live.items():
            if told is not None and type in DELAYS and row.told_at is None:
                pen.known(row, told)
        return
    for type, row in live.items():
        if type in DELAYS:
            pen.told(row, notice)
    where = (parcel.order_id, subject(parcel))
    pen.news[where] = batch.today
    if notice.news_by is not None:
        pen.promise(PromiseKind.NEWS_BY, notice.news_by, order_id=where[0], subject=where[1])
    row = live[notice.type]
    data = {"expected_by": _iso(notice.expected_by), "news_by": _iso(notice.news_by)}
    pen.note(row, "told", data)
    pen.tell("tracking.delay.noticed", row, telling=notice.times)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _sent(seen: Sequence[Seen], rows: Mapping[str, Sequence[Incident]], pen: Pen, batch: Batch) -> None:
    """Orders that were found unsent and are not any more: cleared here, at once; opened by the sweep alone."""
    orders: dict[int, OrderFacts] = {one.order.id: one.order for one in seen}
    for order in orders.values():
        if look_at_order(order, batch.house, batch.now) is None:
            for row in rows.get(f"order:{order.id}", []):
                if row.type == T.UNSHIPPED_PAST_PROMISE and held_of(row).is_open:
                    pen.clear(row)
                    pen.news[(order.id, "order")] = batch.today


def _check(moments: Sequence[tuple[int, datetime | None]]) -> None:
    if moments:
        with connection.cursor() as cursor:
            cursor.execute(CHECK, [[id for id, _ in moments], [at for _, at in moments], required_merchant_id()])
