"""Work off the inbox: parse, apply, and say of every item what became of it."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from connectors.models import InboxItem
from connectors.registry import connector_named
from connectors.services.apply import apply, order_awaited, parcel_awaited
from connectors.types import Parsed, Unkept
from core.api import load_json
from core.clock import Clock
from core.logs import scrubbed
from core.transactions import forbid_transaction
from events import doorbell, queue
from events.models import Work
from events.types import Lease
from merchants.audit import About, record
from merchants.models import Merchant
from merchants.scope import across_merchants, merchant_scope
from merchants.types import Deed
from orders.models import Order
from orders.selectors import OrderNotFound
from tracking.models import Shipment
from tracking.selectors import ShipmentNotFound

logger = logging.getLogger(__name__)

QUEUE = queue.Queue("connectors_inboxitem")
INBOX_DUE = (QUEUE.due, queue.any_due("connectors_inboxitem", "waiting"))
BATCH = 50
# A waiting item is woken by its order; it is looked at now and then to give it up in time.
LOOK_AGAIN = timedelta(minutes=10)
WAIT_AT_MOST = timedelta(hours=24)
KEEP_BODIES = timedelta(days=30)
PURGE_BATCH = 1000


def drain_inbox(clock: Clock, limit: int = BATCH) -> int:
    """Process due items of all merchants once; returns how many were claimed."""
    forbid_transaction("connectors.drain_inbox")
    _look_again()
    leases = queue.claim(QUEUE, limit=limit)
    for batch in queue.batches(leases):
        try:
            _run(batch, clock)
        except DatabaseError as error:  # a deadlock or a lock waited for too long: one merchant's, and no reason to drop the others
            logger.warning("batch rolled back: %s", error.__class__.__name__, extra={"merchant": batch[0].merchant_id})
            queue.put_back(QUEUE, batch, f"{error.__class__.__name__}: {error}")
    return len(leases)


def _look_again() -> None:
    """Rows another worker holds are left to it."""
    sql = """
        update connectors_inboxitem set state = 'ready', attempts = 0 where id in (
            select id from connectors_inboxitem where state = 'waiting' and due_at <= now() for update skip locked
        )"""
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(sql)


def _run(leases: list[Lease], clock: Clock) -> None:
    """One transaction: what an item changes and that it is done stand or fall together."""
    merchant_id = leases[0].merchant_id
    with merchant_scope(merchant_id):
        leases = queue.take(QUEUE, leases)
        rows = InboxItem.objects.select_related("connection").in_bulk([lease.id for lease in leases])
        outcomes = [_process(rows[lease.id], lease, clock()) for lease in leases]
    _meet(merchant_id, {awaited for awaited in outcomes if awaited})


def _meet(merchant_id: int, awaited: set[tuple[str, str]]) -> None:
    """An order written while we put its item to wait did not see the item; now that both are written, one of us sees the other."""
    if not awaited:
        return
    with merchant_scope(merchant_id):
        for source, external_id in sorted(awaited):
            for order_id in Order.objects.filter(source=source, external_id=external_id).values_list("pk", flat=True):
                release_waiting(order_id=order_id)


def _process(item: InboxItem, lease: Lease, now: datetime) -> tuple[str, str] | None:
    """Do one item; returns the order (source, external id) it must wait for, if any."""
    try:
        parsed = _parse(item)
        with transaction.atomic():
            outcome = apply(parsed, item.connection.slug, now)
    except OrderNotFound:
        awaited = order_awaited(parsed)
        return (item.connection.slug, awaited) if _wait(item, waiting_key(item.connection.slug, awaited)) else None
    except ShipmentNotFound:
        _wait(item, parcel_key(item.connection.slug, parcel_awaited(parsed)))
    except ValueError as error:
        _close(item, Work.DEAD, outcome=f"refused: {scrubbed(str(error))}", error=str(error))
    except Exception as error:  # the road's edge: whatever a service raises is kept, shown and tried again
        logger.exception("webhook failed", extra={"item": item.pk, "topic": item.topic})
        queue.fail(QUEUE, lease, f"{error.__class__.__name__}: {error}")
    else:
        _close(item, Work.DONE, outcome=outcome, keeps_body=not isinstance(outcome, Unkept))
    return None


def _parse(item: InboxItem) -> Parsed:
    connector = connector_named(item.connection.connector)
    return connector.parse(item.topic, load_json(bytes(item.body)), item.connection.slug)


def _close(item: InboxItem, state: Work, *, outcome: str, error: str = "", keeps_body: bool = True) -> None:
    told: dict[str, Any] = {"state": state, "outcome": str(outcome)[:300], "last_error": scrubbed(error)[:500], "waiting_for": ""}
    if not keeps_body:
        told["body"] = b""
    InboxItem.objects.filter(pk=item.pk).update(**told, finished_at=Now() if state == Work.DONE else None)


def _wait(item: InboxItem, key: str) -> bool:
    """Keep the item until its order or parcel comes, a day at most. One that never waited waits, however late it is read."""
    if item.waiting_for and InboxItem.objects.filter(pk=item.pk, received_at__lt=Now() - WAIT_AT_MOST).exists():
        _close(item, Work.DEAD, outcome=f"gave up: {key} did not come", error=f"waited 24 hours for {key}")
        return False
    InboxItem.objects.filter(pk=item.pk).update(
        state=Work.WAITING, waiting_for=key, outcome=f"waits for {key}", due_at=Now() + LOOK_AGAIN, attempts=0, last_error=""
    )
    return True


def waiting_key(source: str, external_id: str) -> str:
    return f"order:{source}:{external_id}"[:200]


def parcel_key(source: str, external_id: str) -> str:
    return f"parcel:{source}:{external_id}"[:200]


def release_waiting(*, order_id: int) -> int:
    """Set free what waited for this order; returns how many items."""
    source, external_id = Order.objects.values_list("source", "external_id").get(pk=order_id)
    return _release(waiting_key(source, external_id))


def release_for_parcels(*, shipment_ids: Iterable[int]) -> int:
    """Set free what waited for these parcels; returns how many items. What comes to wait just then is looked at in ten minutes."""
    named = Shipment.objects.filter(pk__in=shipment_ids).values_list("source", "external_id")
    return _release(*(parcel_key(source, external_id) for source, external_id in named))


def _release(*keys: str) -> int:
    released: int = InboxItem.objects.filter(state=Work.WAITING, waiting_for__in=keys).update(state=Work.READY, due_at=Now())
    if released:
        transaction.on_commit(lambda: doorbell.ring("inbox"))
    return released


def rerun_item(*, item_id: int) -> bool:
    """Give a dead item of the current merchant a new life. False when it is not dead, or its body is no longer kept."""
    dead = InboxItem.objects.filter(pk=item_id, state=Work.DEAD).exclude(body=b"")
    found = bool(dead.update(state=Work.READY, due_at=Now(), attempts=0, crashes=0, waiting_for=""))
    if found:
        transaction.on_commit(lambda: doorbell.ring("inbox"))
        record(Deed.RUN_AGAIN, About("connectors.inboxitem", str(item_id)))
    return found


def purge_inbox(*, now: datetime) -> int:
    """Forget the bodies of all merchants' items that came more than 30 days ago; the fact and the outcome stay."""
    forbid_transaction("purge_inbox")
    return sum(_purge(merchant_id, now - KEEP_BODIES) for merchant_id in Merchant.objects.values_list("pk", flat=True))


def _purge(merchant_id: int, before: datetime) -> int:
    total = 0
    while True:
        with merchant_scope(merchant_id):
            old = InboxItem.objects.filter(received_at__lt=before, state__in=[Work.DONE, Work.DEAD]).exclude(body=b"")
            ids = list(old.values_list("pk", flat=True)[:PURGE_BATCH])
            forgotten = InboxItem.objects.filter(pk__in=ids).update(body=b"")
        total += forgotten
        if forgotten < PURGE_BATCH:
            return total
