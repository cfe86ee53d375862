"""Carriers' news of one parcel taken into it."""

from dataclasses import dataclass

from tracking.registry import find_carrier
from tracking.rules.erasure import nameless_scan
from tracking.rules.fold import unheard, with_day
from tracking.rules.scans import is_too_early
from tracking.services.hand import Hand
from tracking.types import IncomingTracking


@dataclass(frozen=True, slots=True)
class Taken:
    """How many scans were new, how many were known, and how many belong to an earlier parcel of the number."""

    added: int
    known: int
    left_out: int


def take(hand: Hand, news: IncomingTracking) -> Taken:
    """Join what the news say to the parcel's state; the caller folds and keeps it."""
    told_at = news.told_at or hand.at
    good = [scan for scan in news.scans if not is_too_early(scan, placed_at=hand.order.placed_at)]
    if hand.order.erased_at is not None:
        good = [nameless_scan(scan) for scan in good]
    added = hand.hear((scan, news.source) for scan in good)
    if news.eta_by is not None:
        first = min(news.eta_from or news.eta_by, news.eta_by)
        hand.state = with_day(hand.state, first=first, last=news.eta_by, told_at=told_at)
    if news.is_unknown_to_carrier:
        hand.state = unheard(hand.state, told_at=told_at)
    _fill(hand, news)
    return Taken(added, len(good) - added, len(news.scans) - len(good))


def _fill(hand: Hand, news: IncomingTracking) -> None:
    """The shop's word on who carries what goes before; gaps are filled."""
    row, carrier = hand.shipment, find_carrier(news.carrier)
    if carrier is not None and not row.carrier_name:
        row.carrier_code, row.carrier_name = carrier.code, carrier.name
        row.tracking_url = row.tracking_url or carrier.url_for(row.tracking_number)
    row.service = row.service or news.service
