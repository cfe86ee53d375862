"""`python -m bench.scans --sizes 2000,20000 --json FILE`: a carrier's scan recorded, its parcel's state folded, its incidents checked.

Parcels under way lie in the tables with eight scans each; each is told one more. `one at a time`: recorded in its own transaction, then its
event worked off, as a quiet shop's worker does. `fifty at a time`: each recorded in its own transaction, then all their events worked off
together, as the queues do under load. Beside both: one INSERT of the same row and its commit by psycopg2, as the same role. In turns.
"""

import argparse
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.lines import Line, middle, report, table
from bench.stage import stage

TOGETHER, PEER = 50, "one INSERT + commit by psycopg2"
ALONE, BULK = "scan recorded, folded, checked, one at a time", "scan recorded, folded, checked, fifty at a time"
INSERT = """
    insert into tracking_scan (merchant_id, shipment_id, key, status, is_delay, cause, reason, at, zone, is_zone_assumed, has_time,
        raw_code, raw_status, text, city, region, country, source, received_at)
    values (%(merchant)s, %(parcel)s, md5(%(key)s)::uuid, 'in_transit', false, '', '', %(at)s, '', false, true,
        '', '', '', 'Hannover', 'NI', 'DE', 'bench', %(at)s)"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="2000,20000", help="parcels in the tables; each size on a database of its own")
    parser.add_argument("--blocks", type=int, default=8, help="turns of each side, of fifty scans")
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    sizes, found = sorted(int(size) for size in given.sizes.split(",")), {}
    for size in sizes:
        with stage(f"scans_{size}"):
            found[size] = measure(size, given.blocks)
    lines = lines_of(found)
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0


def lines_of(found: dict[int, dict[str, float]]) -> list[Line]:
    sizes = sorted(found)
    lines = [
        Line(f"{name}, {size:,} parcels", found[size][name], "ms", PEER, found[size][PEER]) for name in (ALONE, BULK) for size in sizes
    ]
    if len(sizes) > 1:
        first, last = found[sizes[0]], found[sizes[-1]]
        grew = {name: round(last[name] / first[name], 3) for name in first}
        lines.append(
            Line(f"scan recorded, growth {sizes[0]:,} to {sizes[-1]:,} parcels", grew[BULK], "times", f"growth of {PEER}", grew[PEER])
        )
    return lines


def measure(size: int, blocks: int) -> dict[str, float]:
    """Milliseconds a scan, medians of the blocks. Raises RuntimeError unless every scan is there at the end."""
    from bench.parcels import NOW, open_shop  # noqa: PLC0415  models need the settings that the stage has set
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from tracking.models import Scan, Shipment  # noqa: PLC0415

    merchant = open_shop(size)
    with merchant_scope(merchant):
        parcels = list(Shipment.objects.order_by("?").values_list("pk", "tracking_number")[: TOGETHER * 5])
        known = Scan.objects.count()
    kept: dict[str, list[float]] = {ALONE: [], BULK: [], PEER: []}
    floor = Floor(merchant)
    for block in range(-1, blocks):  # the first warms up
        at = NOW + timedelta(hours=2, minutes=20 * block)
        took = {
            ALONE: alone(merchant, turn(parcels, block), at),
            BULK: together(merchant, turn(parcels, block + 1), at + timedelta(minutes=5)),
        }
        took[PEER] = floor.insert(turn(parcels, block + 2), at + timedelta(minutes=10))
        for name, seconds in took.items():
            kept[name] += [1000 * seconds / TOGETHER] if block >= 0 else []
    with merchant_scope(merchant):
        added = Scan.objects.count() - known
    if added != 3 * TOGETHER * (blocks + 1):
        raise RuntimeError(f"{added} scans came, {3 * TOGETHER * (blocks + 1)} were told")
    return {name: middle(times) for name, times in kept.items()}


def turn(parcels: Sequence[Any], place: int) -> Sequence[Any]:
    """Fifty parcels, others at each turn."""
    start = place * TOGETHER % len(parcels)
    return parcels[start : start + TOGETHER]


def alone(merchant: int, parcels: Sequence[tuple[int, str]], at: datetime) -> float:
    from events.services import run_until_quiet  # noqa: PLC0415

    began = time.perf_counter()
    for _, number in parcels:
        record(merchant, number, at)
        run_until_quiet(lambda: at)
    return time.perf_counter() - began


def together(merchant: int, parcels: Sequence[tuple[int, str]], at: datetime) -> float:
    from events.services import run_until_quiet  # noqa: PLC0415

    began = time.perf_counter()
    for _, number in parcels:
        record(merchant, number, at)
    run_until_quiet(lambda: at)
    return time.perf_counter() - began


def record(merchant: int, number: str, at: datetime) -> None:
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from tracking.services import record_scans  # noqa: PLC0415
    from tracking.types import IncomingScan, IncomingTracking, Place, ShipmentStatus  # noqa: PLC0415

    place = Place(city="Hannover", region="NI", country="DE")
    scan = IncomingScan(status=ShipmentStatus.IN_TRANSIT, at=at, place=place, zone="Europe/Berlin")
    with merchant_scope(merchant):
        record_scans(news=IncomingTracking(source="bench", carrier="DHL", tracking_number=number, scans=(scan,)), at=at)


class Floor:
    """A connection of role `app` in the merchant's scope, and nothing else."""

    def __init__(self, merchant: int) -> None:
        import psycopg2  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        from postpurchase.database import with_role  # noqa: PLC0415

        self.merchant, self.wire = merchant, psycopg2.connect(with_role(settings.ADMIN_URL, "app", settings.DATABASE_NAME))
        with self.wire.cursor() as cursor:
            cursor.execute("select set_config('app.merchant_id', %s, false)", [str(merchant)])
        self.wire.commit()

    def insert(self, parcels: Sequence[tuple[int, str]], at: datetime) -> float:
        began = time.perf_counter()
        for id, _ in parcels:
            with self.wire.cursor() as cursor:
                cursor.execute(INSERT, {"merchant": self.merchant, "parcel": id, "key": f"{id}-{at}", "at": at})
            self.wire.commit()
        return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
