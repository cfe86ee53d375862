"""News of many parcels at once."""

from collections.abc import Sequence
from datetime import datetime

from tracking.rules.scans import MAX_SCANS, squeeze
from tracking.selectors import ShipmentNotFound
from tracking.services.scans import ScansRecorded, ScansRefused, record_scans
from tracking.types import IncomingTracking

MAX_PARCELS = 200


def record_batch(*, news: Sequence[IncomingTracking], at: datetime) -> list[ScansRecorded | ScansRefused]:
    """What became of each piece of news, in their order; a refused one disturbs no other.

    Refuses (ScansRefused) the whole when it holds more than 200 pieces or 5,000 scans.
    """
    if len(news) > MAX_PARCELS:
        raise ScansRefused("items", f"more than {MAX_PARCELS}")
    if sum(len(piece.scans) for piece in news) > MAX_SCANS:
        raise ScansRefused("items", f"more than {MAX_SCANS} scans")
    # By number, so that two batches that meet take their parcels in the same order.
    places = sorted(range(len(news)), key=lambda place: squeeze(news[place].tracking_number).upper())
    done = {place: _record(news[place], at) for place in places}
    return [done[place] for place in range(len(news))]


def _record(news: IncomingTracking, at: datetime) -> ScansRecorded | ScansRefused:
    try:
        return record_scans(news=news, at=at)
    except ScansRefused as refusal:
        return refusal
    except ShipmentNotFound:
        return ScansRefused("shipment", "is not known")
