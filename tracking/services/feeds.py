"""How a carrier's news come in by one source: when last, how often, what we did not understand."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from merchants.scope import merchant_scope, required_merchant_id
from tracking.models import CarrierFeed
from tracking.types import IncomingScan, ShipmentStatus

MOST_CODES = 100
# All news of a feed would queue for its one row: whoever finds it taken goes on, and its arrival counts with the next.
HEARD = """
    update tracking_carrierfeed set
        received_count = received_count + 1,
        last_received_at = greatest(last_received_at, %(at)s),
        last_scan_at = greatest(last_scan_at, %(scan_at)s),
        usual_gap = case when last_received_at is null then usual_gap
            when usual_gap = 0 then greatest(extract(epoch from %(at)s - last_received_at), 0)
            else 0.9 * usual_gap + 0.1 * greatest(extract(epoch from %(at)s - last_received_at), 0) end
    where id = (
        select id from tracking_carrierfeed where merchant_id = %(merchant)s and carrier_code = %(carrier)s and source = %(source)s
        for no key update skip locked)"""
# A row that is there is left alone: the unique key alone would wait for whoever is at it.
BEGIN = """
    insert into tracking_carrierfeed (
        merchant_id, carrier_code, source, last_received_at, last_scan_at, received_count, usual_gap, unknown_count, unknown_codes)
    select %(merchant)s, %(carrier)s, %(source)s, %(at)s, %(scan_at)s, 1, 0, 0, '{}' where not exists (
        select from tracking_carrierfeed where merchant_id = %(merchant)s and carrier_code = %(carrier)s and source = %(source)s)
    on conflict do nothing"""


def note_feed(*, carrier_code: str, source: str, scans: Iterable[IncomingScan], fresh: Iterable[IncomingScan], at: datetime) -> None:
    """Count news of a carrier by a source, and codes nobody knew in its `fresh` scans.

    One statement, two when it is the feed's first, two more when a code was not known.
    """
    scan_at = max((scan.at for scan in scans), default=None)
    values: dict[str, Any] = {"merchant": required_merchant_id(), "carrier": carrier_code, "source": source, "at": at, "scan_at": scan_at}
    with connection.cursor() as cursor:
        cursor.execute(HEARD, values)
        if not cursor.rowcount:
            cursor.execute(BEGIN, values)
    unknown = Counter((scan.raw_code or scan.raw_status)[:80] for scan in fresh if scan.status == ShipmentStatus.UNKNOWN)
    if unknown:
        _note_unknown(carrier_code, source, unknown)


def _note_unknown(carrier_code: str, source: str, codes: "Counter[str]") -> None:
    """Now, or after the commit when somebody holds the row: waiting here with orders and numbers held would meet deadlocks."""
    free = CarrierFeed.objects.select_for_update(no_key=True, skip_locked=True).filter(carrier_code=carrier_code, source=source).first()
    if free is not None:
        return _add(free, codes)
    merchant_id = required_merchant_id()

    def later() -> None:
        with merchant_scope(merchant_id):
            _add(CarrierFeed.objects.select_for_update(no_key=True).get(carrier_code=carrier_code, source=source), codes)

    transaction.on_commit(later, robust=True)
    return None


def _add(feed: CarrierFeed, codes: "Counter[str]") -> None:
    feed.unknown_count += codes.total()
    for code, count in codes.items():
        if code in feed.unknown_codes or len(feed.unknown_codes) < MOST_CODES:
            feed.unknown_codes[code] = feed.unknown_codes.get(code, 0) + count
    feed.save(update_fields=["unknown_count", "unknown_codes"])
