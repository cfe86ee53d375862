"""`python -m bench.simulate --orders 1000 --json FILE`: the simulator over orders that have lived, letters included.

Two hundred orders are bought, sent, scanned and delivered through the services, their events worked off, and then simulated as
often as it takes to have the number asked for. Limit: sixty seconds for a thousand.
"""

import argparse
import json
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bench.stage import stage

LIVED, LIMIT = 200, 60.0
HOURS = (("in_transit", 4), ("in_transit", 20), ("out_for_delivery", 48), ("delivered", 52))  # after the hand-over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("simulate"):
        report = measure(given.orders)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    for name, value in report.items():
        print(f"{name:<28}{value}")
    return 0 if report["seconds_per_thousand"] <= LIMIT else 1


def measure(orders: int) -> dict[str, float]:
    from core.clock import now  # noqa: PLC0415  needs a running Django
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from notifications.simulator.run import simulate  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415

    merchant_id = live(min(orders, LIVED), now() - timedelta(days=5))
    messages, started = 0, time.perf_counter()
    with merchant_scope(merchant_id):
        ids = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, orders, len(ids)):
        with merchant_scope(merchant_id):
            messages += len(simulate(order_ids=ids[: orders - start], now=now()))
    seconds = time.perf_counter() - started
    return {
        "orders": orders,
        "messages": messages,
        "seconds": round(seconds, 2),
        "seconds_per_thousand": round(1000 * seconds / orders, 2),
    }


def live(count: int, at: datetime) -> int:
    """So many orders from purchase to delivery; returns their merchant."""
    from bench.crew import open_shop, order  # noqa: PLC0415
    from events.services import run_until_quiet  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from notifications.registry import register_adapter  # noqa: PLC0415
    from orders.services import record_order  # noqa: PLC0415
    from tracking.services import record_scans, record_shipment  # noqa: PLC0415
    from tracking.types import IncomingScan, IncomingShipment, IncomingTracking, Place, ShipmentStatus  # noqa: PLC0415

    merchant_id = open_shop()
    register_adapter("stub", Taker())
    sent = at + timedelta(hours=20)
    with merchant_scope(merchant_id):
        for number in range(count):
            bought = record_order(incoming=order(number, at), at=at).order
            parcel = IncomingShipment(
                source=bought.source, external_id="S1", order_external_id=bought.external_id, updated_at=sent, shipped_at=sent, carrier="DHL",
                tracking_number=f"T{number}",
            )  # fmt: skip
            record_shipment(incoming=parcel, at=sent)
    run_until_quiet(lambda: sent)
    for status, hours in HOURS:
        moment = sent + timedelta(hours=hours)
        with merchant_scope(merchant_id):
            for number in range(count):
                scan = IncomingScan(
                    status=ShipmentStatus(status), at=moment, place=Place(city="Berlin", country="DE"), zone="Europe/Berlin"
                )
                record_scans(news=IncomingTracking(source="api", carrier="DHL", tracking_number=f"T{number}", scans=(scan,)), at=moment)
        run_until_quiet(partial(_same, moment))
    return merchant_id


def _same(moment: datetime) -> datetime:
    """A clock that stands."""
    return moment


class Taker:
    """The stub provider: takes everything."""

    uses_network = False

    def send(self, *, account, messages):  # type: ignore[no-untyped-def]
        from notifications.types import Accepted  # noqa: PLC0415

        return [Accepted(f"stub-{message.token}") for message in messages]


if __name__ == "__main__":
    raise SystemExit(main())
