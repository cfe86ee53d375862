"""`python -m bench.footprint --orders 1000 --json FILE`: what one order leaves behind, in rows and bytes of each table.

Every order comes by a webhook, is confirmed, sent in one parcel and scanned seven times until it is at the door; every message a stub
provider accepts. The figures are what docs/operations.md reckons with.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.stage import stage

BODY = Path(__file__).parent.parent / "tests" / "connectors" / "payloads" / "shopify" / "orders_create.json"
WAY = ("label_created", "picked_up", "in_transit", "in_transit", "in_transit", "out_for_delivery", "delivered")
SIZES = """
    select relname, n_live_tup, pg_table_size(relid), pg_indexes_size(relid)
    from pg_stat_user_tables where schemaname = 'public' order by pg_total_relation_size(relid) desc"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("footprint"):
        report = measure(given.orders)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'table':<32}{'rows':>8}{'bytes':>9}{'indexes':>9}   per order")
    for row in report["tables"]:
        print(f"{row['table']:<32}{row['rows']:>8}{row['bytes']:>9.0f}{row['index_bytes']:>9.0f}")
    print(f"per order {report['bytes']:.0f} bytes, {report['index_bytes']:.0f} of indexes; ", end="")
    print(f"{report['messages']} messages decided, {report['sent']} sent; ", end="")
    print(f"{report['cpu_ms']} ms of processor time of ours, {report['database_cpu_ms']} of the database's")
    return 0


def measure(orders: int) -> dict[str, Any]:
    """Per order, after what an empty shop takes."""
    from bench.crew import database_cpu, open_shop  # noqa: PLC0415  needs a running Django

    merchant_id = open_shop()
    before = sizes()
    cpu, database = time.process_time(), database_cpu()
    live(merchant_id, orders)
    cpu, database = time.process_time() - cpu, database_cpu() - database
    after = sizes()
    tables = []
    for name, (rows, size, index) in after.items():
        old = before.get(name, (0, 0, 0))
        found = [(new - first) / orders for new, first in zip((rows, size, index), old, strict=True)]
        if found[0] > 0.05:
            tables.append({"table": name, "rows": round(found[0], 2), "bytes": found[1], "index_bytes": found[2]})
    from notifications.models import Message  # noqa: PLC0415

    sent = {"sent", "delivered"}
    states = list(_in(merchant_id, lambda: Message.objects.values_list("state", flat=True)))
    return {
        "orders": orders,
        "cpu_ms": round(1000 * cpu / orders, 1),
        "database_cpu_ms": round(1000 * database / orders, 1),
        "tables": tables,
        "bytes": sum(row["bytes"] for row in tables),
        "index_bytes": sum(row["index_bytes"] for row in tables),
        "messages": round(len(states) / orders, 2),
        "sent": round(sum(state in sent for state in states) / orders, 2),
    }


def live(merchant_id: int, orders: int) -> None:
    """A day's orders, told by webhooks' rows and services, worked off by the relay's rounds."""
    from bench.crew import order  # noqa: PLC0415
    from connectors.models import Connection, InboxItem  # noqa: PLC0415
    from core.clock import now  # noqa: PLC0415
    from events.services import run_until_quiet  # noqa: PLC0415
    from notifications.registry import register_adapter  # noqa: PLC0415
    from notifications.services import release_held  # noqa: PLC0415
    from notifications.types import Accepted  # noqa: PLC0415
    from orders.services import record_order  # noqa: PLC0415
    from tracking.services import record_scans, record_shipment  # noqa: PLC0415
    from tracking.types import IncomingScan, IncomingShipment, IncomingTracking, Place, ShipmentStatus  # noqa: PLC0415

    class Stub:
        uses_network = False

        def send(self, *, account: Any, messages: Any) -> Any:
            return [Accepted(f"stub-{message.token}") for message in messages]

    register_adapter("stub", Stub())
    at = now() - timedelta(seconds=30)
    body = BODY.read_bytes()
    connection = _in(merchant_id, lambda: Connection.objects.create(connector="shopify", slug="bench", created_at=at))

    def came(number: int, topic: str, size: int) -> Any:
        id = f"{topic}-{number}"
        return InboxItem(connection=connection, topic=topic, event_id=id, body=body[:size], state="done", due_at=at, finished_at=at)

    def place(number: int) -> None:
        record_order(incoming=order(number, at), at=at)
        came(number, "orders/create", len(body)).save()

    def send(number: int) -> None:
        sent = IncomingShipment(
            source="bench", external_id=f"S{number}", order_external_id=str(number), updated_at=at, carrier="DHL", service="Paket",
            tracking_number=f"0034043416{number:010d}",
        )  # fmt: skip
        record_shipment(incoming=sent, at=at)
        came(number, "fulfillments/create", 1500).save()

    def scan(number: int, step: int) -> None:
        when = at + timedelta(seconds=step + 1)
        one = IncomingScan(status=ShipmentStatus(WAY[step]), at=when, place=Place(city="Hannover", country="DE"), text="Processed")
        number_of = f"0034043416{number:010d}"
        record_scans(news=IncomingTracking(scans=(one,), source="aftership", tracking_number=number_of, carrier="DHL"), at=when)
        came(number * 10 + step, "tracking", 1200).save()

    stages: list[Callable[..., None]] = [place, send, *(partial(scan, step=step) for step in range(len(WAY)))]
    for stage_of in stages:  # all orders are as far as each other, so that a round of the workers has something to do
        for number in range(orders):
            _in(merchant_id, partial(stage_of, number))
        run_until_quiet(now)
        _in(merchant_id, lambda: release_held(now=now() + timedelta(hours=1)))  # ten minutes later
        run_until_quiet(now)


def _in(merchant_id: int, work: Any) -> Any:
    from merchants.scope import merchant_scope  # noqa: PLC0415

    with merchant_scope(merchant_id):
        found = work()
        return list(found) if hasattr(found, "query") else found


def sizes() -> dict[str, tuple[int, int, int]]:
    """By table: rows, bytes with what lies beside it, bytes of indexes; as they are after a vacuum."""
    from django.db import connections  # noqa: PLC0415

    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
        cursor.execute(SIZES)
        return {name: (rows, table, index) for name, rows, table, index in cursor.fetchall()}


if __name__ == "__main__":
    raise SystemExit(main())
