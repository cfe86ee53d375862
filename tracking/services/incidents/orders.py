"""Orders that were not sent when promised, and carriers whose news stay out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from orders.types import PromiseKind
from tracking.models import Incident
from tracking.rules.incidents import (
    Finding,
    Held,
    Move,
    OrderFacts,
    Weight,
    days_late,
    is_due,
    look_at_feed,
    look_at_order,
    notice,
    plan,
    told_of,
)
from tracking.selectors.feeds import feeds, with_parcels
from tracking.selectors.looks import SeenOrder, held, held_of, usual_totals
from tracking.services.incidents.parcels import Batch, weigh
from tracking.services.incidents.pen import Pen, take
from tracking.types import IncidentType

UNSHIPPED, STALE = IncidentType.UNSHIPPED_PAST_PROMISE, IncidentType.FEED_STALE


def look_at_orders(seen: Sequence[SeenOrder], batch: Batch) -> int:
    """Bring what is known of unsent orders to what is so now; returns how many incidents changed. Constant statements."""
    if not seen:
        return 0
    rows, usual, pen = held(subjects=[f"order:{one.order.id}" for one in seen]), usual_totals(), Pen(batch.now)
    for one in seen:
        _follow(one, rows.get(f"order:{one.order.id}", []), usual, pen, batch)
    return pen.write()


def _follow(one: SeenOrder, rows: Sequence[Incident], usual: Mapping[str, Decimal], pen: Pen, batch: Batch) -> None:
    finding = look_at_order(one.order, batch.house, batch.now)
    made = Incident(type=UNSHIPPED, subject=f"order:{one.order.id}", order_id=one.order.id, region=one.order.region)
    held = [held_of(row) for row in rows if row.type == UNSHIPPED]
    for move in plan({UNSHIPPED: finding} if finding else {}, held, batch.quiet, batch.now):
        row = _step(move, rows, made, pen)
        if move.finding is None:
            pen.news[(one.order.id, "order")] = batch.today
            continue
        late = days_late(move.finding.promised_by, None, batch.today)
        weigh(row, Weight(late, total=one.order.total, usual_total=usual.get(one.currency, Decimal(0)), choice=row.choice), batch.now)
        _tell(one.order, row, held, pen, batch)


def _step(move: Move, rows: Sequence[Incident], made: Incident, pen: Pen) -> Incident:
    row = next((row for row in rows if move.held is not None and row.pk == move.held.id), None)
    facts: dict[str, object] = {**move.finding.facts, "cause_text_key": move.finding.cause} if move.finding else {}
    if row is not None:
        pen.move(move.step, row, move.finding, facts)
        return row
    assert move.finding is not None
    made.opened_at = pen.now
    take(made, move.finding, facts, pen.now)
    pen.open(made)
    return made


def _tell(order: OrderFacts, row: Incident, held: Sequence[Held], pen: Pen, batch: Batch) -> None:
    """Once, and again when the day news were promised for has come, three times at most, until the shopper has chosen."""
    if order.is_imported or row.choice or not batch.house.rules[UNSHIPPED].tells_shopper:
        return
    told = told_of(held, {UNSHIPPED}, batch.quiet[UNSHIPPED], batch.now)
    if told is not None and not is_due(told, None, batch.house, batch.now):
        return
    said = notice(UNSHIPPED, None, told, batch.house, batch.today)
    pen.told(row, said)
    pen.news[(order.id, "order")] = batch.today
    if said.news_by is not None:
        pen.promise(PromiseKind.NEWS_BY, said.news_by, order_id=order.id, subject="order")
    pen.note(row, "told", {"expected_by": None, "news_by": said.news_by.isoformat() if said.news_by else None})
    pen.tell("tracking.dispatch.delayed", row, telling=said.times)


def look_at_feeds(batch: Batch) -> int:
    """Bring what is known of carriers' feeds to what is so now; returns how many incidents changed."""
    found = feeds()
    if not found:
        return 0
    pen = Pen(batch.now)
    rows = held(subjects=[f"carrier:{feed.carrier}" for feed in found])
    for feed in with_parcels(found, batch.house, batch.now):
        known = rows.get(f"carrier:{feed.carrier}", [])
        finding: Finding | None = look_at_feed(feed, batch.house, batch.now)
        made = Incident(type=STALE, subject=f"carrier:{feed.carrier}", carrier_code=feed.carrier)
        for move in plan({STALE: finding} if finding else {}, [held_of(row) for row in known], batch.quiet, batch.now):
            row = _step(move, known, made, pen)
            if move.finding is not None:
                weigh(row, Weight(), batch.now)
    return pen.write()
