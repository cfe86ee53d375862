"""Scans as carriers, aggregators and our API tell them."""

import logging
from dataclasses import dataclass
from datetime import datetime

from orders.selectors import setting
from tracking.models import Shipment
from tracking.registry import find_carrier
from tracking.rules.fold import is_contradictory
from tracking.rules.scans import ScansRefused, check_news, is_other_number, key_of, meant, newest_in, squeeze
from tracking.selectors import ShipmentNotFound, hold_orders, parcel_called, parcels_numbered, parcels_of
from tracking.services.days import expect
from tracking.services.feeds import note_feed
from tracking.services.follow import follow
from tracking.services.hand import Hand
from tracking.services.news import Taken, take
from tracking.services.returning import keep_return
from tracking.services.waiting import keep_waiting, meet, unknown_waiting
from tracking.types import Direction, IncomingTracking, ShipmentStatus

__all__ = ["ScansRecorded", "ScansRefused", "record_scans"]

logger = logging.getLogger(__name__)
CONTRADICTORY = "delivered after it had turned back"
EARLY = "scans from long before the order left out"


@dataclass(frozen=True, slots=True)
class ScansRecorded:
    """What became of one piece of news. `shipment` is None while it waits for its parcel; `also` are others under its number."""

    shipment: Shipment | None
    added: int = 0
    known: int = 0
    is_waiting: bool = False
    warnings: tuple[str, ...] = ()
    left_out: int = 0
    also: tuple[Shipment, ...] = ()


def record_scans(*, news: IncomingTracking, at: datetime) -> ScansRecorded:
    """Keep what is new of the news and fold the parcel's state from all its scans.

    News of a number nobody told us about wait for its parcel; of a parcel on its way back only the returns are told. Refuses
    (ScansRefused, naming the field) what `rules.scans.check_news` refuses. Raises ShipmentNotFound for a parcel named by an id that
    is not here.
    """
    checked = check_news(news, at=at)
    found = _find(checked, at)
    if not found and checked.tracking_number:
        # The parcel may be on its way in just now.
        meet(number=squeeze(checked.tracking_number))
        found = _find(checked, at)
    taken = _take(found, checked, at) if found else []
    if not taken:
        return _wait(checked, at)
    hand = taken[0][0]
    if any(one.shipment.direction == Direction.OUT for one, _ in taken):  # whose feed is silent is asked of these alone
        code = _carrier_code(checked) or hand.shipment.carrier_code
        note_feed(carrier_code=code, source=checked.source, scans=checked.scans, fresh=[scan for _, scan in hand.fresh], at=at)
    return _recorded(taken, checked)


def _carrier_code(news: IncomingTracking) -> str:
    carrier = find_carrier(news.carrier)
    return carrier.code if carrier else ""


def _find(news: IncomingTracking, at: datetime) -> dict[int, int]:
    """Parcel id -> order id, the newest parcel first."""
    if news.shipment or news.shipment_external_id:
        named = parcel_called(
            public_id=news.shipment,
            source=news.source,
            order_external_id=news.order_external_id,
            external_id=news.shipment_external_id,
        )
        if named:
            return dict([named])
        if news.shipment or not news.tracking_number:
            raise ShipmentNotFound("no such parcel")
    rows = parcels_numbered(number=squeeze(news.tracking_number))
    return {row.id: row.order_id for row in meant(rows, carrier_code=_carrier_code(news), at=newest_in(news, at))}


def _wait(news: IncomingTracking, at: datetime) -> ScansRecorded:
    if not squeeze(news.tracking_number):
        raise ShipmentNotFound("no such parcel")
    # Most senders tell the whole history each time: a code nobody knew is counted with its scan's first coming.
    unknown = [scan for scan in news.scans if scan.status == ShipmentStatus.UNKNOWN]
    heard = unknown_waiting(number=news.tracking_number) if unknown else set()
    fresh = [scan for scan in unknown if key_of(scan) not in heard] if keep_waiting(news=news, at=at) else ()
    note_feed(carrier_code=_carrier_code(news), source=news.source, scans=news.scans, fresh=fresh, at=at)
    return ScansRecorded(None, is_waiting=True, warnings=news.warnings)


def _take(found: dict[int, int], news: IncomingTracking, at: datetime) -> list[tuple[Hand, Taken]]:
    """Orders are held in the order of their ids, each before its parcels, as everywhere."""
    here, taken = setting(), {}
    is_named = bool(news.shipment or news.shipment_external_id)
    for order in hold_orders(ids=set(found.values())):
        parcels = parcels_of(order=order, ways=tuple(Direction))
        for row in parcels:
            # Found before it was held: its number may have been put right meanwhile.
            if row.pk in found and (is_named or not is_other_number(squeeze(news.tracking_number), row.tracking_number)):
                hand = Hand(order=order, shipment=row, others=_beside(row, parcels), here=here, at=at)
                taken[row.pk] = hand, _record(hand, news)
    return [taken[id] for id in found if id in taken]


def _beside(row: Shipment, parcels: list[Shipment]) -> list[Shipment]:
    return [one for one in parcels if one is not row and one.direction == row.direction]


def _record(hand: Hand, news: IncomingTracking) -> Taken:
    taken = take(hand, news)
    if hand.shipment.direction == Direction.BACK:
        keep_return(hand)
        return taken
    folded = hand.fold()
    if hand.state != hand.known:
        expect(hand, folded)
    hand.keep()
    follow(hand)
    return taken


def _recorded(taken: list[tuple[Hand, Taken]], news: IncomingTracking) -> ScansRecorded:
    (hand, told), *others = taken
    warnings = list(news.warnings)
    if told.left_out:
        warnings.append(f"{told.left_out} {EARLY}")
    if is_contradictory(hand.state):
        warnings.append(CONTRADICTORY)
    if warnings:
        logger.warning("news of a parcel taken with warnings: %s", "; ".join(warnings), extra={"shipment": hand.shipment.pk})
    also = tuple(other.shipment for other, _ in others)
    return ScansRecorded(hand.shipment, told.added, told.known, warnings=tuple(warnings), left_out=told.left_out, also=also)
