"""Which parcels are asked for: a connection is told to poll, and parcels come and go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now

from connectors.models import Connection, Poll
from connectors.pollers import POLLERS
from connectors.rules import EVERY, OVER, SILENT, SILENT_END
from connectors.services.connections import BadConnection, checked_secret
from events import doorbell
from events.models import Work
from merchants.audit import About, record
from merchants.models import seal
from merchants.scope import required_merchant_id
from merchants.types import Deed
from tracking.types import ShipmentStatus

# A merchant who turns polling on may have many parcels under way: their first calls spread over this long.
FIRST_ROUND = timedelta(hours=1)

START = """
    insert into connectors_poll (merchant_id, connection_id, shipment_id, number, carrier_code, state, due_at, started_at,
        fence, attempts, crashes, last_error, ended_reason)
    select parcel.merchant_id, %(connection)s, parcel.id, parcel.tracking_number, parcel.carrier_code, 'ready',
        statement_timestamp() + random() * %(spread)s, %(now)s, 0, 0, 0, '', ''
    from tracking_shipment as parcel
    where parcel.merchant_id = %(merchant)s and parcel.tracking_number <> '' and parcel.status <> all(%(over)s)
        and parcel.created_at > %(since)s and (%(carriers)s is null or parcel.carrier_code = any(%(carriers)s)) {which}
    on conflict do nothing"""
# A new number is a new question; a parcel that goes on after all, or is heard of again, is asked for again.
RENEW = """
    update connectors_poll as row set number = parcel.tracking_number, carrier_code = parcel.carrier_code, state = 'ready',
        registered_at = case when row.number = parcel.tracking_number then row.registered_at end, started_at = %(now)s,
        due_at = statement_timestamp(), fence = row.fence + 1, attempts = 0, crashes = 0, last_error = '', ended_reason = '',
        finished_at = null
    from tracking_shipment as parcel
    where row.merchant_id = %(merchant)s and row.shipment_id = any(%(ids)s)
        and parcel.merchant_id = row.merchant_id and parcel.id = row.shipment_id
        and parcel.tracking_number <> '' and parcel.status <> all(%(over)s)
        and (row.number <> parcel.tracking_number
             or row.state = 'done' and (row.ended_reason <> %(silent)s or parcel.last_scan_at > row.finished_at))"""
# On the last miles the next look must not be hours away.
HURRY = """
    update connectors_poll as row set due_at = statement_timestamp() + %(soon)s
    from tracking_shipment as parcel
    where row.merchant_id = %(merchant)s and row.shipment_id = any(%(ids)s) and row.state = 'ready' and row.polled_at is not null
        and row.due_at > statement_timestamp() + %(soon)s
        and parcel.merchant_id = row.merchant_id and parcel.id = row.shipment_id and parcel.status = %(out)s"""


def poll_with(*, connection: Connection, polls: bool, at: datetime, api_key: str = "") -> int:
    """Have a connection asked for news, or no more; returns how many parcels under way are asked for from now on.

    An empty key keeps the one there is. Refuses (BadConnection) who cannot be asked, a missing key and one no vendor gives.
    """
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    poller = POLLERS.get(row.connector)
    if polls and poller is None:
        raise BadConnection(f"{row.connector} cannot be asked for news")
    if api_key:
        seal(row, "api_key", checked_secret(api_key))
    if poller is not None and polls and not (row.api_key or poller.is_key_the_secret):
        raise BadConnection("an API key is needed to ask for news")
    row.polls, row.trouble, row.trouble_since, row.paused_until = polls, "", None, None
    row.save(update_fields=["polls", "api_key", "trouble", "trouble_since", "paused_until"])
    count = _start(row, spread=FIRST_ROUND, now=at) if polls else 0
    record(Deed.CONNECTION_KEY if api_key else Deed.CONNECTION_CHANGED, row, {"slug": row.slug, "polls": polls})
    return count


def watch_parcels(*, shipment_ids: Sequence[int], now: datetime) -> None:
    """Ask for these parcels from now on, where a connection polls and they are still under way. One query where none does."""
    connections = Connection.objects.filter(polls=True, is_active=True).order_by("pk")
    polling = [row for row in connections.only("connector", "merchant_id") if row.connector in POLLERS]
    if not polling:
        return
    for row in polling:  # the first that can be asked for a carrier gets its parcels
        _start(row, spread=timedelta(), now=now, ids=shipment_ids)
    values: dict[str, Any] = {
        "merchant": required_merchant_id(),
        "ids": list(shipment_ids),
        "now": now,
        "over": list(OVER),
        "silent": SILENT,
    }
    with database.cursor() as cursor:
        cursor.execute(RENEW, values)
        cursor.execute(HURRY, values | {"soon": EVERY[ShipmentStatus.OUT_FOR_DELIVERY], "out": ShipmentStatus.OUT_FOR_DELIVERY})
    transaction.on_commit(lambda: doorbell.ring("polls"))


def rerun_poll(*, poll_id: int) -> bool:
    """Ask again for a parcel of the current merchant that was given up. False when it is not."""
    dead = Poll.objects.filter(pk=poll_id, state=Work.DEAD)
    found = bool(dead.update(state=Work.READY, due_at=Now(), attempts=0, crashes=0))
    if found:
        transaction.on_commit(lambda: doorbell.ring("polls"))
        record(Deed.RUN_AGAIN, About("connectors.poll", str(poll_id)))
    return found


def _start(row: Connection, *, spread: timedelta, now: datetime, ids: Sequence[int] | None = None) -> int:
    carriers = POLLERS[row.connector].carriers
    values: dict[str, Any] = {
        "connection": row.pk,
        "merchant": required_merchant_id(),
        "spread": spread,
        "now": now,
        "since": now - SILENT_END,
        "over": list(OVER),
        "carriers": sorted(carriers) if carriers is not None else None,
        "ids": list(ids or ()),
    }
    with database.cursor() as cursor:
        cursor.execute(START.format(which="" if ids is None else "and parcel.id = any(%(ids)s)"), values)
        return int(cursor.rowcount)
