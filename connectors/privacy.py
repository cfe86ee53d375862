"""What this room holds about a shopper: the shops' and carriers' own words, as they came."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from connectors.models import Poll
from connectors.services.inbox import KEEP_BODIES
from customers.registry import Holding, register
from customers.types import Subject
from events.models import Work
from merchants.scope import required_merchant_id
from orders.models import Order
from tracking.models import Shipment

SLACK = timedelta(days=2)
SHORTEST = 6  # of a number that is looked for without its name: shorter ones stand in anybody's news
BATCH = 2000
# In steps by the primary key: each statement is short, whatever is kept. What is not worked off yet is left: it is read first.
FORGET = """
    with step as (
        select id, state, body from connectors_inboxitem where merchant_id = %(merchant)s and id > %(after)s order by id limit %(batch)s
    ), forgotten as (
        update connectors_inboxitem as item set body = '', last_error = '', outcome = 'its shopper was forgotten' from step
        where item.id = step.id and step.state = any(%(over)s) and length(step.body) > 0
            and exists (select 1 from unnest(%(needles)s::bytea[]) as needle where position(needle in step.body) > 0)
        returning item.id
    )
    select (select max(id) from step), (select count(*) from forgotten)"""


def needles(subject: Subject, at: datetime) -> list[bytes]:
    """What gives the person's news away: addresses, numbers, and the shops' ids of orders that can still be in the inbox."""
    recent = Order.objects.filter(customer=subject.customer_id, source_updated_at__gt=at - KEEP_BODIES - SLACK)
    found: set[str] = set(subject.traces)
    for external_id in recent.values_list("external_id", flat=True):
        found |= {*_ids(external_id)}
    numbers = Shipment.any_way.filter(order__customer=subject.customer_id, created_at__gt=at - 2 * KEEP_BODIES)
    found |= {number for number in numbers.values_list("tracking_number", flat=True) if len(number) >= SHORTEST}
    return sorted({form.encode() for value in found if value for form in (value, json.dumps(value)[1:-1])})


def _ids(external_id: str) -> Iterator[str]:
    """An order's id as JSON writes it, with the name it stands under: a bare number of three digits stands everywhere."""
    for name in ("id", "order_id"):
        for end in ",}":
            yield f'"{name}":{external_id}{end}'
            yield f'"{name}": {external_id}{end}'
        yield f'"{name}":"{external_id}"'
        yield f'"{name}": "{external_id}"'


def forget_bodies(wanted: Iterable[bytes]) -> int:
    """Empty the bodies of the current merchant's webhooks in which one of these stands."""
    values: dict[str, Any] = {"merchant": required_merchant_id(), "after": 0, "batch": BATCH, "over": [Work.DONE, Work.DEAD]}
    values["needles"] = list(wanted)
    done = 0
    while values["needles"] and values["after"] is not None:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, values)
            values["after"], forgotten = cursor.fetchone() or (None, 0)
        done += int(forgotten)
    return done


def _erase(subject: Subject, at: datetime) -> int:
    done = forget_bodies(needles(subject, at))
    watched = Poll.objects.filter(shipment__order__customer=subject.customer_id)
    return done + watched.delete()[0]


register(
    Holding(
        key="news",
        title=_("What the shop and the carriers told us"),
        purpose=_("To read their news again should we have misunderstood them."),
        basis=_("Our interest in getting your order right"),
        kept=_("30 days."),
        personal={"connectors.InboxItem": ("body", "outcome", "last_error"), "connectors.Poll": ("number",)},
        erase=_erase,
    )
)
