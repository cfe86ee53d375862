"""Fifty thousand parcels that came, for the benchmark of asking. Imported once Django runs."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, connections
from psycopg2.extras import execute_values

from bench.crew import database_cpu
from catalog.models import Product
from events.models import Delivery, Event
from events.registry import handlers_of
from merchants.rounds import work_off
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order, OrderLine
from reviews.models import ReviewPlan, ReviewRequest, ReviewRule
from reviews.services.asking import plan_requests
from reviews.services.invites import plan_parcel_invites
from reviews.services.sweep import sweep_reviews
from tracking.models import Shipment, ShipmentLine

CAME = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
SENT = CAME - timedelta(days=3)
DUE = CAME + timedelta(days=7, hours=5)  # four in the afternoon in Berlin
PLANNED_AT_ONCE, ASKED_AT_ONCE, BUILT_AT_ONCE = 200, 500, 1_000


def measure(count: int) -> dict[str, Any]:
    """Planning and asking, each beside its floor. Everything planned must be there once, and asked once."""
    merchant = open_shop(count)
    with merchant_scope(merchant):
        parcels = list(Shipment.objects.order_by("pk").values_list("pk", flat=True))
    planned = timed("planned", lambda: plan_all(merchant, parcels))
    vacuum()
    asked = timed("asked", lambda: work_off(lambda: sweep_reviews(now=DUE, limit=ASKED_AT_ONCE)))
    with merchant_scope(merchant):
        assert ReviewRequest.objects.filter(state="asked", asked_at=DUE).count() == count
        assert Event.objects.filter(type="reviews.request.due").count() == count
    planned |= {"rows": count, "floor_seconds": floor(merchant, [ReviewRequest], PLANNED_AT_ONCE)}
    events = count * (1 + len(handlers_of("reviews.request.due")))
    asked |= {"rows": events, "floor_seconds": floor(merchant, [Event, Delivery], ASKED_AT_ONCE)}
    return {"parcels": count, "steps": [planned, asked], "slowest": max(planned["seconds"], asked["seconds"])}


def open_shop(count: int) -> int:
    """A merchant who asks, with three rules, two products and as many delivered orders."""
    merchant = create_merchant(slug="bench", name="Bench", at=SENT, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        ReviewPlan.objects.create()
        for position, (match, value, days) in enumerate([("tag", "wool", 30), ("category", "gifts", 2), ("sku", "BELT", 7)]):
            ReviewRule.objects.create(position=position, match=match, value=value, days=days)
        products = [Product(external_id=name, title=name, sku=name, tags=["new"], created_at=SENT, updated_at=SENT) for name in ("A", "B")]
        Product.objects.bulk_create(products)
        orders = Order.objects.bulk_create([_order(number) for number in range(count)], batch_size=BUILT_AT_ONCE)
        lines = [_line(order, product, place) for order in orders for place, product in enumerate(products)]
        OrderLine.objects.bulk_create(lines, batch_size=BUILT_AT_ONCE)
        parcels = Shipment.objects.bulk_create([_parcel(order) for order in orders], batch_size=BUILT_AT_ONCE)
        inside = [ShipmentLine(shipment=parcels[place // 2], order_line=line, quantity=1) for place, line in enumerate(lines)]
        ShipmentLine.objects.bulk_create(inside, batch_size=BUILT_AT_ONCE)
    vacuum()
    return merchant.pk


def _order(number: int) -> Order:
    return Order(
        source="bench", external_id=str(number), number=f"B-{number}", state="confirmed", payment_state="paid", fulfilment="fulfilled",
        currency="EUR", total=60, placed_at=SENT, confirmed_at=SENT, source_updated_at=SENT, recorded_at=SENT,
    )  # fmt: skip


def _line(order: Order, product: Product, place: int) -> OrderLine:
    return OrderLine(
        order=order, external_id=str(place), position=place, product=product, title=product.title, sku=product.sku, quantity=1,
        unit_price=Decimal(30), total=Decimal(30),
    )  # fmt: skip


def _parcel(order: Order) -> Shipment:
    return Shipment(
        order=order, source="bench", external_id="1", position=1, carrier_code="dhl", carrier_name="DHL",
        tracking_number=f"N{order.number}", status="delivered", status_at=CAME, created_at=SENT, source_updated_at=CAME, shipped_at=SENT,
        delivered_at=CAME, to_country="DE", to_region="BE", to_city="berlin", to_postcode="10119",
    )  # fmt: skip


def plan_all(merchant: int, parcels: Sequence[int]) -> None:
    for some in batches(parcels, PLANNED_AT_ONCE):
        with merchant_scope(merchant):
            plan_requests(shipments=some, at=CAME)
            plan_parcel_invites(shipments=some, at=CAME)


def timed(step: str, work: Callable[[], Any]) -> dict[str, Any]:
    start, cpu, database = time.perf_counter(), time.process_time(), database_cpu()
    work()
    seconds, cpu, database = time.perf_counter() - start, time.process_time() - cpu, database_cpu() - database
    return {"step": step, "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 2), "database_cpu_seconds": round(database, 2)}


def floor(merchant: int, tables: Sequence[type[Any]], size: int) -> float:
    """The tables' rows taken away and put back as they were, one INSERT for each batch of each table."""
    with merchant_scope(merchant):
        rows = [_rows(table) for table in tables]
        for table in reversed(tables):
            table.objects.all()._raw_delete("default")
    vacuum()
    start = time.perf_counter()
    for table, held in zip(tables, rows, strict=True):
        for some in batches(held, size):
            with merchant_scope(merchant), connection.cursor() as cursor:
                execute_values(cursor.cursor, f"insert into {table._meta.db_table} ({_columns(table)}) values %s", some, page_size=size)
    return round(time.perf_counter() - start, 3)


def _rows(table: type[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"select {_columns(table, '::text')} from {table._meta.db_table}")
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(table: type[Any], cast: str = "") -> str:
    return ", ".join(f'"{field.column}"{cast}' for field in table._meta.concrete_fields)


def batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def vacuum() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
