"""Ten thousand parcels under way for the sweep's benchmark. Imported once Django runs."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, connections

from bench.crew import database_cpu
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order
from tracking.models import CarrierFeed, Incident, Shipment
from tracking.services import count_due, sweep_feeds, sweep_orders, sweep_parcels, sweep_promises

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)
SENT, PROMISED = NOW - 5 * DAY, NOW.date() + 9 * DAY
SCANS = """
    insert into tracking_scan (merchant_id, shipment_id, key, status, is_delay, cause, reason, at, zone, is_zone_assumed, has_time,
        raw_code, raw_status, text, city, region, country, source, received_at)
    select merchant_id, id, md5(id || '-' || n)::uuid, 'in_transit', false, '', '', %(sent)s + n * interval '6 hours', '', false, true,
        '', '', '', 'Hannover', 'NI', 'DE', 'bench', %(sent)s
    from tracking_shipment, generate_series(1, 8) n"""
FLOOR = """
    select s.*, o.* from tracking_shipment s join orders_order o on o.merchant_id = s.merchant_id and o.id = s.order_id
    where s.merchant_id = %s and s.check_at is not null"""


def measure(count: int) -> dict[str, Any]:
    """Three rounds and the floor."""
    id = open_shop(count)
    rounds = [timed(id, "first: opens and tells", NOW)]
    due(id, NOW + DAY / 4)
    rounds.append(timed(id, "second: nothing new", NOW + DAY / 4))
    due(id, NOW + DAY / 2, status="in_transit", last_scan_at=NOW + DAY / 3, status_at=NOW + DAY / 3, attempted_at=None)
    rounds.append(timed(id, "third: clears what moved", NOW + DAY / 2))
    return {"parcels": count, "rounds": rounds, "slowest": max(row["seconds"] for row in rounds), "floor_seconds": floor(id)}


def open_shop(count: int) -> int:
    """A merchant with parcels under way, eight scans each, and a feed that lives."""
    merchant = create_merchant(slug="bench", name="Bench", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        orders = Order.objects.bulk_create([_order(number) for number in range(count)], batch_size=1000)
        Shipment.objects.bulk_create([_parcel(number, order) for number, order in enumerate(orders)], batch_size=1000)
        with connection.cursor() as cursor:
            cursor.execute(SCANS, {"sent": SENT})
        CarrierFeed.objects.create(carrier_code="dhl", source="bench", last_received_at=NOW + DAY, usual_gap=60, received_count=1000)
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
    return merchant.pk


def _order(number: int) -> Order:
    return Order(
        source="bench", external_id=str(number), number=f"B-{number}", state="confirmed", payment_state="paid", fulfilment="fulfilled",
        currency="EUR", total=40 + number % 60, placed_at=SENT, confirmed_at=SENT, source_updated_at=SENT, recorded_at=SENT,
        ship_by=SENT.date(), arrive_by=PROMISED,
    )  # fmt: skip


def _parcel(number: int, order: Order) -> Shipment:
    """One in twenty was heard of last too long ago, one in fifty is late, one in a hundred was tried, one in fifty lies in a shop."""
    is_tried, is_kept = number % 100 == 3, number % 50 == 7
    heard_at = SENT if number % 20 == 5 else NOW - DAY
    return Shipment(
        order=order, source="bench", external_id="1", position=1, carrier_code="dhl", carrier_name="DHL", tracking_number=f"N{number}",
        status="attempt_failed" if is_tried else "ready_for_pickup" if is_kept else "in_transit", status_at=heard_at, created_at=SENT,
        source_updated_at=SENT, shipped_at=SENT, promised_by=NOW.date() - DAY if number % 50 == 9 else PROMISED, from_country="DE",
        from_city="hamburg", to_country="DE", to_region="BE", to_city="berlin", to_postcode="10119", first_scan_at=SENT,
        last_scan_at=heard_at, attempted_at=heard_at if is_tried or is_kept else None, check_at=NOW,
    )  # fmt: skip


def sweep(merchant_id: int, at: datetime) -> int:
    """As the task does: each step and each batch a transaction of its own."""
    changed, looked = 0, 1
    for step in (sweep_feeds, sweep_orders, sweep_promises, count_due):
        with merchant_scope(merchant_id):
            changed += step(now=at)
    while looked:
        with merchant_scope(merchant_id):
            looked, moved = sweep_parcels(now=at)
        changed += moved
    return changed


def due(merchant_id: int, at: datetime, **over: Any) -> None:
    with merchant_scope(merchant_id):
        Shipment.objects.update(check_at=at, **over)


def timed(merchant_id: int, name: str, at: datetime) -> dict[str, Any]:
    start, cpu, database = time.perf_counter(), time.process_time(), database_cpu()
    changed = sweep(merchant_id, at)
    seconds, cpu, database = time.perf_counter() - start, time.process_time() - cpu, database_cpu() - database
    with merchant_scope(merchant_id):
        open = Incident.objects.exclude(state="resolved").count()
    spent = {"cpu_seconds": round(cpu, 2), "database_cpu_seconds": round(database, 2)}
    return {"round": name, "seconds": round(seconds, 3), **spent, "changed": changed, "open": open}


def floor(merchant_id: int) -> float:
    start = time.perf_counter()
    with merchant_scope(merchant_id), connection.cursor() as cursor:
        cursor.execute(FLOOR, [merchant_id])
        cursor.fetchall()
    return round(time.perf_counter() - start, 3)
