"""Look when something changed, and when the clock says so: parcels, unsent orders, feeds, promises."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from merchants.scope import required_merchant_id
from orders.models import Promise
from orders.selectors import setting
from orders.services import break_promises, settle_days
from orders.types import PromiseKind
from tracking.models import Incident
from tracking.selectors.feeds import feed_states, feeds
from tracking.selectors.looks import due_parcels, house, parcels, sent_orders, unsent_orders
from tracking.services.incidents.orders import look_at_feeds, look_at_orders
from tracking.services.incidents.parcels import batch_of, look_at
from tracking.services.rollups import count_due, count_parcels
from tracking.types import IncidentState, IncidentType

BATCH = 1000
AGAIN = timedelta(hours=6)
# Two sweeps of one merchant would find the same orders unsent: the second leaves them to the first.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('tracking.incidents', %s))"


def review(*, shipment_ids: Sequence[int], now: datetime) -> int:
    """Look at these parcels with all rules; returns how many incidents changed. Ids that are not the merchant's are passed over."""
    ids, changed = sorted(set(shipment_ids)), 0
    if ids:
        here = house()
        states, batch = feed_states(feeds(), here, now), batch_of(here, now)
        for start in range(0, len(ids), BATCH):
            changed += look_at(parcels(feeds=states, ids=ids[start : start + BATCH]), batch).changed
    return changed


def sweep_incidents(*, now: datetime) -> int:
    """Look at everything of the current merchant that is due for a look: feeds, parcels, unsent orders, promises.

    All in the caller's transaction; the task takes the same steps in short ones. Returns how many incidents changed.
    """
    changed = sweep_feeds(now=now) + sweep_orders(now=now)
    while True:
        looked, moved = sweep_parcels(now=now)
        changed += moved
        if looked < BATCH:
            break
    sweep_promises(now=now)
    count_due(now=now)
    return changed


def sweep_parcels(*, now: datetime, limit: int = BATCH) -> tuple[int, int]:
    """One batch of the parcels that are due; returns how many were looked at and how many incidents changed."""
    here = house()
    seen = due_parcels(feeds=feed_states(feeds(), here, now), now=now, limit=limit)
    if not seen:
        return 0, 0
    found = look_at(seen, batch_of(here, now))
    # What only the days change about the figures, `count_due` finds.
    count_parcels(shipment_ids=found.shipment_ids, now=now)
    return len(seen), found.changed


def sweep_orders(*, now: datetime, limit: int = BATCH) -> int:
    """Orders that were to be sent and were not, and those that were since; returns how many incidents changed."""
    if not _is_alone():
        return 0
    here = house()
    late = unsent_orders(house=here, now=now, looked_before=now - AGAIN, limit=limit)
    late += sent_orders(house=here, now=now, limit=limit)
    return look_at_orders(late, batch_of(here, now))


def sweep_feeds(*, now: datetime) -> int:
    """Carriers nobody hears of any more, and those heard again; returns how many incidents changed."""
    return look_at_feeds(batch_of(house(), now)) if _is_alone() else 0


def sweep_promises(*, now: datetime) -> int:
    """Promises whose day has passed: kept when the answer came in time, else broken; returns how many were settled."""
    zone = setting().zone
    today = now.astimezone(zone).date()
    answers = {where: at.astimezone(zone).date() for where, at in _answers(today).items()}
    return settle_days(kind=PromiseKind.REPLY_BY, days=answers) + break_promises(now=now, zone=zone)


def _answers(today: date) -> dict[tuple[int, str], datetime]:
    """When what shoppers reported missing was answered, of the answers that were promised by now."""
    waiting = Promise.objects.filter(kind=PromiseKind.REPLY_BY, is_kept=None, date__lt=today)
    subjects = set(waiting.values_list("subject", flat=True)[:BATCH])
    if not subjects:
        return {}
    rows = Incident.objects.filter(type=IncidentType.DELIVERED_NOT_RECEIVED, state=IncidentState.RESOLVED, subject__in=subjects)
    return {(order, subject): at for order, subject, at in rows.values_list("order_id", "subject", "resolved_at") if order and at}


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [required_merchant_id()])
        return bool(cursor.fetchone()[0])
