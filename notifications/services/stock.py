"""Take stock: once an hour, of all merchants in one statement, compare what happened with what was told and accepted.

It repeats nothing the road itself has computed; it counts the rows. So it finds what a mistake in the road has lost.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core.transactions import forbid_transaction
from events.queue import database_now
from merchants.models import Merchant
from merchants.scope import across_merchants, merchant_scope
from notifications.models import StockTaking
from notifications.registry import CATALOGUE
from notifications.services.moves import LEASE

HANDLER = "notifications.handlers.tell_shopper"
EVENTS = sorted({event for entry in CATALOGUE for event in entry.events})
HOUR, SETTLING, CATCH_UP, KEEP = timedelta(hours=1), timedelta(minutes=10), 24, timedelta(days=90)
OUT = ("sent", "delivered", "bounced", "failed")

# What is counted of each merchant, one line per number, then laid beside each other. A look-up, a callback, or an accepted try proves
# that a message is out. One that was run again by hand, or came back, may be accepted twice.
COUNT = """
    insert into notifications_stocktaking (merchant_id, hour, taken_at, events, deliveries, messages, tries, accepted,
        undelivered, undone, unproven, unrecorded, doubled, stuck)
    with happened as (
        select e.id, e.merchant_id, d.id as delivery_id, d.state from events_event as e
        left join events_delivery as d on d.merchant_id = e.merchant_id and d.event_id = e.id and d.handler = %(handler)s
        where e.recorded_at >= %(hour)s and e.recorded_at < %(end)s and e.type = any(%(types)s)
    ), tried as (
        select a.merchant_id, a.message_id, a.outcome = 'accepted' as is_accepted, m.state = any(%(out)s) or m.fence <> a.fence as is_kept
        from notifications_attempt as a left join notifications_message as m on m.merchant_id = a.merchant_id and m.id = a.message_id
        where a.started_at >= %(hour)s and a.started_at < %(end)s
    ), decided as (
        select m.merchant_id, m.id, m.state in ('sent', 'delivered') and m.lookups = 0
            and not exists (select from notifications_attempt as a
                where a.merchant_id = m.merchant_id and a.message_id = m.id and a.outcome = 'accepted')
            and not exists (select from notifications_callback as c
                where c.merchant_id = m.merchant_id and c.message_id = m.id) as is_unproven
        from notifications_message as m where m.decided_at >= %(hour)s and m.decided_at < %(end)s
    ), twice as (
        select t.merchant_id, t.message_id from tried as t
        join notifications_message as m on m.merchant_id = t.merchant_id and m.id = t.message_id
        where t.is_accepted and not m.is_possible_duplicate
            and not exists (select from notifications_callback as c where c.merchant_id = m.merchant_id and c.message_id = m.id
                and c.state in ('failed', 'bounced'))
            and (select count(*) from notifications_attempt as a
                where a.merchant_id = m.merchant_id and a.message_id = m.id and a.outcome = 'accepted') > 1
        group by 1, 2
    ), counted (merchant_id, what, n) as (
        select merchant_id, 'events', count(*) from happened group by 1
        union all select merchant_id, 'deliveries', count(delivery_id) from happened group by 1
        union all select merchant_id, 'undelivered', count(*) from happened where delivery_id is null group by 1
        union all select merchant_id, 'undone', count(*) from happened where state in ('ready', 'running') group by 1
        union all select merchant_id, 'messages', count(*) from decided group by 1
        union all select merchant_id, 'unproven', count(*) from decided where is_unproven group by 1
        union all select merchant_id, 'tries', count(*) from tried group by 1
        union all select merchant_id, 'accepted', count(*) from tried where is_accepted group by 1
        union all select merchant_id, 'unrecorded', count(*) from tried where is_accepted and is_kept is not true group by 1
        union all select merchant_id, 'doubled', count(*) from twice group by 1
        union all select merchant_id, 'stuck', count(*) from notifications_message
            where state in ('leased', 'sending') and due_at < statement_timestamp() - %(lease)s group by 1
    )
    select merchant_id, %(hour)s, statement_timestamp(), {columns} from counted group by merchant_id
    on conflict (merchant_id, hour) do update set taken_at = excluded.taken_at, {updates}"""
NAMES = ("events", "deliveries", "messages", "tries", "accepted", "undelivered", "undone", "unproven", "unrecorded", "doubled", "stuck")


def take_stock() -> int:
    """Count the hours that ended more than ten minutes ago and were not counted yet, a day's worth at most; returns how many."""
    forbid_transaction("take_stock")
    last = (database_now() - SETTLING).replace(minute=0, second=0, microsecond=0) - HOUR
    with across_merchants():
        known = set(StockTaking.all_merchants.filter(hour__gt=last - CATCH_UP * HOUR).values_list("hour", flat=True).distinct())
    # The last hour always, so that a task that runs twice finds what the first was too early for.
    hours = [
        last - n * HOUR for n in range(CATCH_UP) if n == 0 or (known and last - n * HOUR not in known and last - n * HOUR > min(known))
    ]
    for hour in sorted(hours):
        count_hour(hour)
    return len(hours)


def count_hour(hour: datetime) -> None:
    """Count one hour of all merchants; once more overwrites it."""
    values: dict[str, Any] = {
        "hour": hour,
        "end": hour + HOUR,
        "handler": HANDLER,
        "types": EVENTS,
        "out": list(OUT),
        "lease": 2 * LEASE,
    }
    columns = ", ".join(f"coalesce(sum(n) filter (where what = '{name}'), 0)" for name in NAMES)
    updates = ", ".join(f"{name} = excluded.{name}" for name in NAMES)
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(COUNT.format(columns=columns, updates=updates), values)


def forget_stock(*, now: datetime) -> int:
    """Delete what was counted more than ninety days ago."""
    forbid_transaction("forget_stock")
    deleted = 0
    for merchant_id in Merchant.objects.values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            deleted += StockTaking.objects.filter(hour__lt=now - KEEP).delete()[0]
    return deleted
