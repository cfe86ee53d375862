"""Dates we say: stored on the order, and kept as rows so that it can be told whether they held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from merchants.rows import insert
from merchants.scope import required_merchant_id
from orders.models import Order, Promise
from orders.registry import Asked, learned_days
from orders.rules import arrival_window, dispatch_by
from orders.selectors import Setting
from orders.services.journal import Journal
from orders.types import PromiseKind

# What was kept in time but told late takes back what the clock had called broken meanwhile.
SETTLE_DAYS = """
    update orders_promise as said set is_kept = said.date >= way.day
    from unnest(%s::bigint[], %s::text[], %s::date[]) as way (order_id, subject, day)
    where said.merchant_id = %s and said.order_id = way.order_id and said.kind = %s and said.subject = way.subject
        and said.is_kept is not true"""
# A day until which something may be done is no promise that can be broken, and what was called off in time is neither kept nor broken.
# Nor can we see when a bank books what was sent. Those stay open; the clock looks back no further than a season, so that they
# do not pile up under it.
# One that is being settled this moment is left for the next time: two that wait for each other's promises would end in a ring.
BREAK = """
    with overdue as (
        select id from orders_promise as said
        where merchant_id = %s and is_kept is null and date < %s and date >= %s
        and kind not in ('return_until', 'hand_over_by', 'bank_by') and not exists (
            select from orders_order as o where o.merchant_id = said.merchant_id and o.id = said.order_id and o.state = 'cancelled'
                and said.kind <> 'refund_by'
                and (o.cancelled_at at time zone %s)::date <= said.date)
        for no key update skip locked
    )
    update orders_promise as said set is_kept = false from overdue where said.merchant_id = %s and said.id = overdue.id"""
SEASON = timedelta(days=90)
# On time is a parcel whose first delivery attempt was: what was promised after that attempt is measured at the arrival.
# Asked again it gives the same answer, so that an attempt told late puts right what was settled without it.
SETTLE_ARRIVALS = """
    update orders_promise as said
    set is_kept = said.date >= case when said.said_at <= way.tried_at then way.tried_on else way.came_on end
    from unnest(%s::text[], %s::timestamptz[], %s::date[], %s::date[]) as way (subject, tried_at, tried_on, came_on)
    where said.merchant_id = %s and said.order_id = %s and said.kind = 'arrive_by' and said.subject = way.subject
        and (said.said_at <= way.tried_at or way.came_on is not null)"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a parcel (or the last of an order) was first tried to be delivered, and when it came, if it did."""

    subject: str
    tried_at: datetime
    came_at: datetime | None


def promise_dates(order: Order, journal: Journal, setting: Setting, *, counted_from: datetime) -> None:
    """Set dispatch and arrival days of an order that is about to be sent; said again only when a day moved.

    Arrival days are learned from orders like it where enough is known, else they follow from the merchant's own times.

    Days that had gone by when the order was imported were never ours to promise: the order goes without.
    """
    latest = dispatch_by(setting.pace, counted_from, setting.zone, setting.country)
    if journal.is_quiet and latest < journal.at.astimezone(setting.zone).date():
        return
    if order.ship_by != latest:
        journal.promise(PromiseKind.DISPATCH_BY, latest)
    order.ship_by = latest
    promise_arrival(order, journal, setting, counted_from=counted_from)


def promise_arrival(order: Order, journal: Journal, setting: Setting, *, counted_from: datetime) -> list[str]:
    """Set the arrival days of an order by where it goes; says `["dates"]` when the last of them moved, so that it was said again."""
    window = arrival_window(setting.pace, counted_from, setting.zone, setting.country)
    learned = None if journal.is_quiet else learned_days(_asked(order, setting, counted_from))
    days = learned or window
    is_moved = order.arrive_by != days.end
    if is_moved:
        journal.promise(PromiseKind.ARRIVE_BY, days.end, source="learned" if learned else "merchant")
    order.arrive_from, order.arrive_by = days.start, days.end
    return ["dates"] if is_moved else []


def _asked(order: Order, setting: Setting, counted_from: datetime) -> Asked:
    return Asked(
        source=order.source,
        method=order.shipping_method,
        shipping_total=order.shipping_total,
        address=order.shipping_address,
        counted_from=counted_from,
        country=setting.country,
        zone=setting.zone,
    )


def record_promise(*, order: Order, subject: str, kind: PromiseKind, day: date, source: str, at: datetime) -> Promise:
    """Keep a date somebody was told about an order or one of its parcels."""
    row = Promise(order=order, subject=subject, kind=kind, date=day, source=source, said_at=at)
    insert([row])
    return row


def record_promises(*, promises: Sequence[Promise]) -> None:
    """Keep many dates at once, of any orders of the merchant; one statement."""
    if promises:
        insert(list(promises))


def settle_days(*, kind: PromiseKind, days: Mapping[tuple[int, str], date]) -> int:
    """Mark promises of one kind about (order, subject) as kept or broken by the day it happened; one statement for all."""
    if not days:
        return 0
    columns: list[list[Any]] = [[id for id, _ in days], [subject for _, subject in days], list(days.values())]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE_DAYS, [*columns, required_merchant_id(), kind])
        return int(cursor.rowcount)


def break_promises(*, now: datetime, zone: ZoneInfo) -> int:
    """Mark the current merchant's open promises whose day has passed as broken; each by its own date. One statement."""
    today = now.astimezone(zone).date()
    with connection.cursor() as cursor:
        cursor.execute(BREAK, [required_merchant_id(), today, today - SEASON, zone.key, required_merchant_id()])
        return int(cursor.rowcount)


def settle_arrivals(*, order: Order, arrivals: Sequence[Arrival], zone: ZoneInfo) -> int:
    """Measure the arrival days promised for parcels or the order at the first attempts, by the days of `zone`."""
    tried_on = [way.tried_at.astimezone(zone).date() for way in arrivals]
    came_on = [way.came_at and way.came_at.astimezone(zone).date() for way in arrivals]
    columns: list[list[Any]] = [[way.subject for way in arrivals], [way.tried_at for way in arrivals], tried_on, came_on]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE_ARRIVALS, [*columns, required_merchant_id(), order.pk])
        return int(cursor.rowcount)
