"""What a parcel's news mean for its order, and what is told of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from events.services import emit_many
from orders.services import Arrival, note_arrival, note_fulfilled, settle_arrivals
from tracking.rules import HANDED_OVER, RANK, progress
from tracking.rules.progress import Step
from tracking.selectors import handed_over, is_unsent
from tracking.services.days import promise
from tracking.services.hand import SHOWN, Hand
from tracking.types import ShipmentStatus

S = ShipmentStatus


def follow(hand: Hand, *, shops: Collection[str] = ()) -> None:
    """Tell the room below what the parcel means for the order, and everybody else what happened.

    A shop's word that a parcel left or came (`shops`: the states it told) is passed on whenever it comes, a carrier's only while
    it is fresh.
    """
    row = hand.shipment
    promise(hand)
    was_sent, was_here = hand.before.get("shipped_at"), hand.before.get("delivered_at")
    is_dispatched, has_come = bool(row.shipped_at and not was_sent), bool(row.delivered_at and not was_here)
    # Cancelled it counts for nothing; delivered all the same it counts again.
    is_turned = (row.status == S.CANCELLED) != (hand.before.get("status") == S.CANCELLED)
    if row.shipped_at is not None and (is_dispatched or hand.is_repacked or is_turned):
        _count(hand, row.shipped_at if is_dispatched else row.source_updated_at)
    if has_come and row.delivered_at is not None:
        note_arrival(order=hand.order, shipment_id=row.pk, at=row.delivered_at)
    if row.attempted_at is not None and hand.changed("attempted_at", "delivered_at"):
        _settle(hand, row.attempted_at)
    has_come = has_come and (S.DELIVERED in shops or progress.is_fresh(hand.fresh, S.DELIVERED, at=hand.at))
    # A parcel whose whole life is told long after its end was history before we heard of it.
    is_dispatched = is_dispatched and (bool(HANDED_OVER & set(shops)) or has_come or RANK[row.status] < RANK[S.DELIVERED])
    _tell(hand, is_dispatched=is_dispatched, has_come=has_come)


def _count(hand: Hand, at: datetime) -> None:
    """Totals over all parcels: a line that left every parcel counts none."""
    note_fulfilled(order=hand.order, quantities=handed_over(order=hand.order), at=at, shipment_id=hand.shipment.pk, is_held=True)


def _settle(hand: Hand, tried_at: datetime) -> None:
    row = hand.shipment
    arrivals = [Arrival(f"shipment:{row.pk}", tried_at, row.delivered_at)]
    if row.delivered_at is not None and not _others_open(hand):
        come = [one for one in (row, *hand.others) if one.delivered_at is not None]
        tries = [one.attempted_at or one.delivered_at for one in come]
        days = [one.delivered_at for one in come]
        arrivals.append(Arrival("order", max(filter(None, tries)), max(filter(None, days))))
    settle_arrivals(order=hand.order, arrivals=arrivals, zone=hand.zone)


def _others_open(hand: Hand) -> bool:
    """Whether something of the order is still to come."""
    is_waited_for = any(row.delivered_at is None and row.status != S.CANCELLED for row in hand.others)
    return is_waited_for or is_unsent(order=hand.order)


def _tell(hand: Hand, *, is_dispatched: bool, has_come: bool) -> None:
    row, facts = hand.shipment, []
    whose: dict[str, Any] = {"order": row.order_id, "shipment": row.pk}
    if not hand.is_quiet:
        if is_dispatched:
            facts.append(("tracking.shipment.dispatched", whose))
        if has_come:
            facts.append(("tracking.shipment.delivered", whose))
        elif step := _step(hand):
            facts.append((f"tracking.shipment.{step.name}", {**whose, **step.facts}))
    if hand.is_new or hand.is_repacked or hand.changed(*SHOWN):
        facts.append(("tracking.shipment.changed", whose))
    if facts:
        emit_many(facts=facts, at=hand.at)


def _step(hand: Hand) -> Step | None:
    told = [(row.pk, scan) for row, scan in hand.fresh if not progress.is_repeated(scan, row.source, hand.known)]
    return progress.step_of(told, hand.known, hand.state, hand.road, zone=hand.zone, at=hand.at)
