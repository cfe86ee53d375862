"""Counting what is read. Every opened page costs one statement, whatever was counted before.

A browser's readings are kept until a day has passed without a new one; then only the day's counts remain. A contact is avoided
when an article about an order was read and the page with the ways to reach a person was not opened within a day, in the same
browser. A browser that keeps no cookies is a new one each time.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core.transactions import forbid_transaction
from merchants.models import Merchant
from merchants.scope import merchant_scope, required_merchant_id
from support.models import SearchMiss, Verdict
from support.types import Stage, Visit

WINDOW = timedelta(days=1)
KEEP = timedelta(days=180)
BATCH = 2_000  # visits settled at once

COUNT = """
    insert into support_daycount as c (merchant_id, day, slug, stage, reads, helpful, unhelpful, contacts, avoided)
    select %(merchant)s, day, slug, stage, sum(reads), 0, 0, sum(contacts), sum(avoided)
    from ({rows}) as counted (day, slug, stage, reads, contacts, avoided)
    group by day, slug, stage order by day, slug, stage
    on conflict (merchant_id, day, slug, stage) do update set
        reads = c.reads + excluded.reads, contacts = c.contacts + excluded.contacts, avoided = c.avoided + excluded.avoided"""
LOCAL_DAY = "({moment} at time zone (select timezone from merchants_merchant where id = %(merchant)s))::date"
TODAY = LOCAL_DAY.format(moment="%(at)s::timestamptz")

OPENED = """
    with opened as (
        insert into support_reading (merchant_id, visit, slug, stage, at, contacted_at)
        values (%(merchant)s, %(visit)s, %(slug)s, %(stage)s, %(at)s, (
            select max(at) from support_reading
            where merchant_id = %(merchant)s and visit = %(visit)s and slug = '' and at > %(since)s and %(slug)s <> ''))
        on conflict (merchant_id, visit, slug) do nothing returning slug, stage)"""
READ = OPENED + COUNT.format(rows=f"select {TODAY}, slug, stage, 1, 0, 0 from opened")  # noqa: S608  our own words

FOLLOWED = """
    , followed as (
        update support_reading set contacted_at = %(at)s
        where merchant_id = %(merchant)s and visit = %(visit)s and slug <> '' and contacted_at is null and at > %(since)s
        returning slug, stage, at)"""
THEIR_DAY = LOCAL_DAY.format(moment="at")
ROWS = f"select {TODAY}, slug, stage, 1, 0, 0 from opened union all select {THEIR_DAY}, slug, stage, 0, 1, 0 from followed"  # noqa: S608
CONTACT = OPENED + FOLLOWED + COUNT.format(rows=ROWS)

# A visit that reached the contact page needed a person; of the others each reading about an order is a contact avoided,
# and the visit as a whole is one, counted where its last such reading was.
QUIET = """
    with quiet as (
        select visit, bool_or(slug = '' or contacted_at is not null) as reached from support_reading
        where merchant_id = %(merchant)s group by visit having max(at) <= %(since)s order by visit limit %(batch)s),
    gone as (
        delete from support_reading as r using quiet
        where r.merchant_id = %(merchant)s and r.visit = quiet.visit
        returning r.visit, r.slug, r.stage, r.at, r.contacted_at, quiet.reached),
    told as (select * from gone where slug <> '' and stage <> 'any' and contacted_at is null),
    visits as (select distinct on (visit) visit, stage, at from told where not reached order by visit, at desc),
    settled as ("""
AVOIDED = f"select {THEIR_DAY}, slug, stage, 0, 0, 1 from told union all select {THEIR_DAY}, '', stage, 0, 0, 1 from visits"  # noqa: S608
TOLD = " returning 1) select count(distinct visit) from gone"
SETTLE = QUIET + COUNT.format(rows=AVOIDED) + TOLD


def count_reading(*, slug: str, visit: Visit, at: datetime) -> None:
    """One browser opened an article. Opened again within its visit, it is not counted again."""
    _run(READ, visit, slug, at)


def count_contact(*, visit: Visit, at: datetime) -> None:
    """One browser opened the page with the ways to reach a person: what it read in the last day did not do."""
    _run(CONTACT, visit, "", at)


def _run(sql: str, visit: Visit, slug: str, at: datetime) -> None:
    stage = visit.stage if visit.stage in Stage.values else Stage.ANY.value
    values: dict[str, Any] = {
        "merchant": required_merchant_id(),
        "visit": visit.key,
        "slug": slug,
        "stage": stage,
        "at": at,
        "since": at - WINDOW,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def settle_readings(*, now: datetime) -> int:
    """Turn the visits of all merchants that ended a day ago into counts, and forget them. Returns how many."""
    forbid_transaction("settle_readings")
    return sum(_settle(merchant_id, now) for merchant_id in Merchant.objects.values_list("pk", flat=True).order_by("pk"))


def _settle(merchant_id: int, now: datetime) -> int:
    total = 0
    while True:
        with merchant_scope(merchant_id), connection.cursor() as cursor:
            cursor.execute(SETTLE, {"merchant": merchant_id, "since": now - WINDOW, "batch": BATCH})
            (done,) = cursor.fetchone() or (0,)
        total += int(done)
        if done < BATCH:
            return total


def forget_old(*, now: datetime) -> int:
    """Delete what readers of all merchants said and looked for after 180 days; the days' counts stay. Returns how many rows."""
    forbid_transaction("forget_old")
    gone = 0
    for merchant_id in Merchant.objects.values_list("pk", flat=True).order_by("pk"):
        with merchant_scope(merchant_id):
            gone += Verdict.objects.filter(at__lt=now - KEEP).delete()[0]
            gone += SearchMiss.objects.filter(last_at__lt=now - KEEP).delete()[0]
    return gone
