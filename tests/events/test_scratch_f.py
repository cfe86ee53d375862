import time, statistics
from django.db import connection, transaction
from events import queue
from events.models import Delivery, Event
from events.services import QUEUE
from merchants.scope import merchant_scope, across_merchants
from merchants.services import create_merchant
from tests.conftest import NOW
import psycopg2
from tests.conftest import _owner_dsn

OLD = """
        update events_delivery as row set state = %(running)s, due_at = statement_timestamp() + %(lease)s, fence = row.fence + 1,
            attempts = row.attempts + 1, crashes = row.crashes + (row.state = %(running)s)::int
        from (
            select id from events_delivery where state in (%(ready)s, %(running)s) and due_at <= statement_timestamp()
            order by due_at, id limit %(limit)s for update skip locked
        ) as due
        where row.id = due.id
        returning row.id, row.merchant_id, row.fence, row.attempts, row.crashes"""

def old(limit):
    v = {"running": "running", "ready": "ready", "lease": QUEUE.lease, "limit": limit}
    with across_merchants(), connection.cursor() as c:
        c.execute(OLD, v)
        return c.fetchall()

def fill(merchant, n, ago=60, first=0):
    with merchant_scope(merchant.pk), connection.cursor() as c:
        c.execute("insert into events_event (merchant_id, type, payload, occurred_at) select %s, 'x', '{}', now() from generate_series(1, %s) returning id", [merchant.pk, n])
        c.execute("insert into events_delivery (merchant_id, event_id, handler, state, due_at, fence, attempts, crashes, last_error) select %s, id, 'h', 'ready', statement_timestamp() - %s * interval '1 second', 0, 0, 0, '' from events_event e where not exists (select 1 from events_delivery d where d.event_id=e.id)", [merchant.pk, ago])

def timed(f, rounds=40, limit=200):
    out=[]
    for _ in range(rounds):
        t=time.perf_counter()
        with transaction.atomic():
            n=len(f(limit)); 
            out.append((time.perf_counter()-t)*1000)
    return n, round(statistics.median(out),2), round(max(out),2)

def ana():
    a=psycopg2.connect(_owner_dsn()); a.autocommit=True
    a.cursor().execute("vacuum analyze events_delivery")
    a.close()


def explain(sql, limit=200):
    with across_merchants(), connection.cursor() as c:
        v = {"running": "running", "ready": "ready", "lease": QUEUE.lease, "limit": limit}
        c.execute("explain (analyze, buffers, costs off) " + sql.format(table=QUEUE.table), v)
        print("\n".join(r[0] for r in c.fetchall()))

def test_x(real_commits):
    ms=[create_merchant(slug=f"m{i}", name=f"M{i}", at=NOW) for i in range(300)]
    new=lambda l: queue.claim(QUEUE, limit=l)
    def timed(f, rounds=40, limit=200):
        out=[]
        for _ in range(rounds):
            t=time.perf_counter(); n=len(f(limit)); out.append((time.perf_counter()-t)*1000)
        return n, "min", round(min(out),2), "median", round(statistics.median(out),2)
    def cnt(l):
        v = {"running": "running", "ready": "ready", "lease": QUEUE.lease, "limit": l}
        with across_merchants(), connection.cursor() as c: return [queue._count_due(c, QUEUE, v)]
    print()
    for m in ms: fill(m, 3, ago=-3600)   # waits for later
    fill(ms[0], 100000)
    for m in ms[1:11]: fill(m, 1, ago=1)
    ana()
    print("count", timed(cnt))
    for _ in range(3):
        print("flood old", timed(old)); print("flood new", timed(new)); 
    explain("select count(*) from (select 1 from {table} where state in (%(ready)s, %(running)s) and due_at <= statement_timestamp() limit %(limit)s + 1) as due")
    explain(queue.LEASE.format(table=QUEUE.table, due=queue.PLAIN))
    explain(queue.LEASE.format(table=QUEUE.table, due=queue.TURNS))
    ana()
    explain(queue.LEASE.format(table=QUEUE.table, due=queue.TURNS))
