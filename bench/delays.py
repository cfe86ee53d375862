"""`python -m bench.delays --sizes 100000,1000000 --json FILE`: the delay dashboard from roll-ups, beside the same figures asked raw.

Parcels of a year lie in the tables, made by one SQL statement a size; their cells are made by SQL too, after it was shown on the
first thousands that SQL and the services count alike. Then the pages are asked as a browser would, through all middleware, by
`django.test.Client` in this process, and the same figures are asked from the parcels themselves, in turns.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.stage import stage

BASE = 10**9  # of the ids of copied orders, see bench.copies

BUDGET_MS, GROWTH, ROUNDS, WARM_UP, TURNS = 150.0, 1.3, 60, 5, 3
CHECKED, CHUNK = 3000, 250_000  # parcels of one transaction: its foreign keys are checked at its end
ZONED = "({} at time zone 'Europe/Berlin')::date"
PAGES = {
    "dashboard": "/ops/",
    "dashboard_quarter": "/ops/?days=91",
    "lanes": "/ops/delays/lanes/",
    "parcels_of_a_cell": "/ops/delays/parcels/?carrier=dhl&region=DE-R3&mark=late&first={week}&last={week}",
    "parcels_overdue": "/ops/delays/parcels/?mark=overdue",
    "work_list": "/ops/incidents/",
}
# A year of parcels: eight carriers, sixteen regions, one to six days on the way, promised for the fourth day. Columns that are not
# named here are those of one parcel the services made.
OVER = {
    "order_id": f"{BASE} + n",
    "public_id": "left(md5('p' || n), 22)",
    "source": "'bench'",
    "external_id": "'b' || n",
    "carrier_code": "carrier",
    "carrier_name": "initcap(carrier)",
    "tracking_number": "'B' || n",
    "status": "case when there then 'delivered' else 'in_transit' end",
    "created_at": "sent",
    "shipped_at": "sent",
    "first_scan_at": "sent",
    "attempted_at": "case when there then sent + days * interval '1 day' end",
    "delivered_at": "case when there then sent + days * interval '1 day' end",
    "eta_from": f"({ZONED.format('sent')} + 1)",
    "eta_by": f"({ZONED.format('sent')} + 2 + (n %% 4)::int)",
    "eta_source": "'learned'",
    "promised_by": f"({ZONED.format('sent')} + 4)",
    "to_country": "'DE'",
    "to_region": "region",
    "is_delayed": "false",
    "check_at": "null",
}
SHIPMENTS = """
    insert into tracking_shipment ({columns})
    select {values} from tracking_shipment as old, (
        select n, (array['dhl','dhl','dhl','dpd','dpd','gls','hermes','ups','ups','fedex','evri','deutsche-post'])[1 + abs(hashint8(n)) %% 12] as carrier,
            'R' || abs(hashint8(n * 7)) %% 16 as region, 1 + abs(hashint8(n * 3)) %% 6 as days,
            %(now)s::timestamptz - (n - %(first)s) * (interval '364 days' / (%(last)s - %(first)s + 1)) as sent,
            %(now)s::timestamptz - (n - %(first)s) * (interval '364 days' / (%(last)s - %(first)s + 1)) + (1 + abs(hashint8(n * 3)) %% 6) * interval '1 day'
                < %(now)s::timestamptz as there
        from generate_series(%(first)s::bigint, %(last)s::bigint) as n
    ) as made where old.id = %(old)s"""
# What the services would count, for parcels made as above: no incidents, no days said but the promise.
COUNTED = f"""
    insert into tracking_counted (merchant_id, shipment_id, week, due, carrier_code, region, is_late, standing, look_on, facts)
    select merchant_id, id, date_trunc('week', sent)::date, promised_by, carrier_code, 'DE-' || to_region, late,
        case when there is not null then '' when late then 'overdue' when eta_by > promised_by then 'at_risk' else '' end,
        case when there is null and promised_by >= %(today)s then promised_by + 1 end,
        jsonb_strip_nulls(jsonb_build_object('sent', 1, 'late', case when late then 1 end, 'arrived', case when there is not null then 1 end,
            'overdue', case when there is null and late then 1 end, 'at_risk', case when there is null and not late and eta_by > promised_by then 1 end,
            'on_time', case when there is not null and not late then 1 end, 'promises', case when there is not null or late then 1 end,
            'promises_kept', case when there is not null and not late then 1 end, 'eta_asked', case when there is not null then 1 end,
            'eta_held', case when there between eta_from and eta_by then 1 end, 'eta_early', case when there < eta_from then 1 end))
        || case when there is null then '{{}}' else jsonb_build_object('delay:' || greatest(-7, least(21, there - promised_by)) + 7, 1,
            'transit:' || greatest(0, least(40, there - sent)), 1) end
    from (
        select *, {ZONED.format("shipped_at")} as sent, {ZONED.format("attempted_at")} as there,
            coalesce({ZONED.format("attempted_at")}, %(today)s::date) > promised_by as late
        from tracking_shipment where merchant_id = %(merchant)s and source = 'bench' and id > %(after)s
    ) as seen"""
INCIDENTS = """
    insert into tracking_incident (merchant_id, type, state, subject, shipment_id, order_id, carrier_code, region, cause, reason, facts, harm, act_by,
        rank, opened_at, updated_at, resolution, reopened_count, choice)
    select %(merchant)s, (array['stalled','failed_attempt','exception','customs_hold','lost_suspected'])[1 + id / 200 %% 5], 'open', 'shipment:' || id, id,
        order_id, carrier_code, 'DE-' || to_region, 'carrier', '', '{}', id / 200 %% 100, %(now)s::timestamptz + interval '1 day', id / 200 %% 100,
        %(now)s::timestamptz - (id / 200 %% 96) * interval '1 hour', %(now)s, '', 0, ''
    from tracking_shipment where merchant_id = %(merchant)s and source = 'bench' and id > %(after)s and id %% 200 = 0"""
RAW = f"""
    select carrier_code, to_region, {ZONED.format("attempted_at")} > promised_by as late, promised_by, count(*),
        percentile_disc(0.5) within group (order by {ZONED.format("attempted_at")} - promised_by)
    from tracking_shipment where merchant_id = %(merchant)s and promised_by > %(today)s::date - 28 group by 1, 2, 3, 4"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000", help="parcels in the tables, growing")
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    sizes = sorted(int(size) for size in given.sizes.split(","))
    with stage("delays"):
        found = measure(sizes)
    small, large = found[str(sizes[0])], found[str(sizes[-1])]
    growth = {name: round(large["pages"][name]["p95_ms"] / small["pages"][name]["p95_ms"], 2) for name in PAGES}
    report = {"load": os.getloadavg()[0], "sizes": found, "growth_of_p95": growth}
    if given.json:
        given.json.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n")
    print(table(found, growth))
    return 0 if large["pages"]["dashboard"]["p95_ms"] <= BUDGET_MS and growth["dashboard"] <= GROWTH else 1


def table(found: dict[str, Any], growth: dict[str, float]) -> str:
    """One line a page, one column a size: p50, p95 and processor time in milliseconds."""
    lines = [f"{'p50 / p95 / cpu ms':22}" + "".join(f"{int(size):>28,}" for size in found) + f"{'growth of p95':>16}{'of cpu':>9}"]
    for name in PAGES:
        pages = [row["pages"][name] for row in found.values()]
        cells = "".join(f"{page['p50_ms']:>12} / {page['p95_ms']:>5} / {page['cpu_ms']:>5}" for page in pages)
        lines.append(f"{name:22}{cells}{growth[name]:>16}{round(pages[-1]['cpu_ms'] / pages[0]['cpu_ms'], 2):>9}")
    lines.append(f"{'raw query':22}" + "".join(f"{row['raw_ms']:>28}" for row in found.values()))
    lines.append(f"{'cells':22}" + "".join(f"{row['cells']:>28,}" for row in found.values()))
    return "\n".join(lines)


def measure(sizes: list[int]) -> dict[str, Any]:
    """Fill up to each size in turn, and time the pages there."""
    from bench.copies import original  # noqa: PLC0415  needs a running Django
    from merchants.models import User  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import add_staff, create_merchant  # noqa: PLC0415
    from merchants.types import Role  # noqa: PLC0415

    at = datetime.now(tz=UTC)
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    user = User.objects.create_user("bench@staff.example", "a long enough password")
    with merchant_scope(merchant.pk):
        order = original(at)
        add_staff(user=user, role=Role.OWNER, at=at)
    check_alike(merchant.pk, order.pk, at)
    filled, found = CHECKED, {}
    for size in sizes:
        began = time.perf_counter()
        for first in range(filled + 1, size + 1, CHUNK):
            fill(merchant.pk, order.pk, first, min(first + CHUNK - 1, size), at)
        settle(merchant.pk)
        filled = size
        print(f"{size} parcels in the tables, {time.perf_counter() - began:.1f} s", file=sys.stderr)
        found[str(size)] = time_size(merchant.pk, user, at)
    return found


def fill(merchant_id: int, order_id: int, first: int, last: int, at: datetime) -> None:
    """Parcels, what is counted of them, some incidents."""
    from django.db import connection  # noqa: PLC0415

    from merchants.scope import merchant_scope  # noqa: PLC0415

    values: dict[str, Any] = {"merchant": merchant_id, "order": order_id, "now": at, "today": today(at)}
    with merchant_scope(merchant_id), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("select coalesce(max(id), 0) from tracking_shipment")
        values["after"] = (cursor.fetchone() or (0,))[0]
        cursor.execute("select min(id) from tracking_shipment")
        values["old"] = (cursor.fetchone() or (0,))[0]
        orders(order_id, first, last)
        for sql in (shipments(), COUNTED, INCIDENTS):
            cursor.execute(sql, {**values, "first": first, "last": last})


def settle(merchant_id: int) -> None:
    """All cells anew, and what autovacuum does in its time."""
    from django.db import connection, connections  # noqa: PLC0415

    from merchants.scope import merchant_scope  # noqa: PLC0415

    with merchant_scope(merchant_id), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        sum_cells(cursor, merchant_id)
    with connections["owner"].cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        for name in ("orders_order", "tracking_shipment", "tracking_counted", "tracking_flowcell", "tracking_incident"):
            cursor.execute(f"vacuum analyze {name}")


def orders(order_id: int, first: int, last: int) -> None:
    """An order of its own for each parcel, all of one shopper."""
    from bench.copies import COPIES, _copy  # noqa: PLC0415

    model, over = COPIES[0]
    kept = {name: value for name, value in over.items() if name != "customer_id"}
    _copy(model, kept, f"old.id = {order_id}", first, last, order_id)


def shipments() -> str:
    from tracking.models import Shipment  # noqa: PLC0415

    columns = [str(field.column) for field in Shipment._meta.concrete_fields if not field.primary_key]
    return SHIPMENTS.format(columns=", ".join(columns), values=", ".join(OVER.get(name, f"old.{name}") for name in columns))


def sum_cells(cursor: Any, merchant_id: int) -> None:
    """The cells as sums over what is counted."""
    from tracking.rules.rollups import COUNTS, DELAYS, TRANSITS  # noqa: PLC0415

    def spread(name: str, size: int) -> str:
        return "array[" + ", ".join(f"count(*) filter (where facts ? '{name}:{place}')" for place in range(size)) + "]::int[]"

    counts = ", ".join(f"count(*) filter (where facts ? '{name}')" for name in COUNTS)
    cursor.execute("delete from tracking_flowcell")
    for grain, start, region in (("week", "week", "region"), ("day", "due", "''")):
        cursor.execute(
            f"insert into tracking_flowcell (merchant_id, grain, start, carrier_code, region, {', '.join(COUNTS)}, delay_days, transit_days)"
            f" select merchant_id, '{grain}', {start}, carrier_code, {region}, {counts}, {spread('delay', DELAYS)}, {spread('transit', TRANSITS)}"
            f" from tracking_counted where merchant_id = %s and {start} is not null and week is not null group by 1, 3, 4, 5",
            [merchant_id],
        )


def check_alike(merchant_id: int, order_id: int, at: datetime) -> None:
    """Raises RuntimeError unless SQL counts the first parcels as the services do."""
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from tracking.models import Counted, FlowCell, Incident, Shipment  # noqa: PLC0415
    from tracking.services import rebuild_figures  # noqa: PLC0415

    def seen() -> list[Any]:
        hidden = ("id", "merchant_id")
        names = [[field.attname for field in model._meta.concrete_fields if field.attname not in hidden] for model in (Counted, FlowCell)]
        return [sorted(map(repr, model.objects.values_list(*columns))) for model, columns in zip((Counted, FlowCell), names, strict=True)]

    with merchant_scope(merchant_id):
        Shipment.objects.exclude(pk=Shipment.objects.earliest("pk").pk).delete()
        Shipment.objects.update(shipped_at=None, first_scan_at=None)  # what is copied is no parcel on its way itself
    fill(merchant_id, order_id, 1, CHECKED, at)
    settle(merchant_id)
    with merchant_scope(merchant_id):
        Incident.objects.all().delete()
        Counted.objects.filter(week=None).delete()
        made = seen()
        began = time.perf_counter()
        rebuild_figures(now=at)
        print(f"{CHECKED} parcels counted by the services, {time.perf_counter() - began:.1f} s", file=sys.stderr)
        Counted.objects.filter(week=None).delete()
        if seen() != made:
            raise RuntimeError("the services count otherwise than this benchmark")


def today(at: datetime) -> Any:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return at.astimezone(ZoneInfo("Europe/Berlin")).date()


def time_size(merchant_id: int, user: Any, at: datetime) -> dict[str, Any]:
    """Every page, and the raw query."""
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from merchants.scope import merchant_scope  # noqa: PLC0415
    from tracking.models import FlowCell  # noqa: PLC0415

    client = Client(headers={"Host": "platform.test"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    with merchant_scope(merchant_id):
        week = FlowCell.objects.filter(grain="week").order_by("-start")[2].start
        count = FlowCell.objects.count()

    def ask(path: str) -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    def raw() -> None:
        with merchant_scope(merchant_id), connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 0")
            cursor.execute(RAW, {"merchant": merchant_id, "today": today(at)})
            cursor.fetchall()

    acts: dict[str, Callable[[], None]] = {name: partial(ask, path.format(week=week)) for name, path in PAGES.items()}
    times = {name: Times(act) for name, act in acts.items()}
    slow = Times(raw, warm_up=1)
    for _ in range(TURNS):
        for one in times.values():
            one.take(ROUNDS // TURNS)
        slow.take(1)
    return {"pages": {name: one.figures() for name, one in times.items()}, "raw_ms": slow.figures()["p50_ms"], "cells": count}


class Times:
    """Milliseconds of an act, and the processor time of both sides, which others on the machine disturb less."""

    def __init__(self, act: Callable[[], None], warm_up: int = WARM_UP) -> None:
        self.act, self.cpu = act, 0.0
        self.times: list[float] = []
        for _ in range(warm_up):
            act()

    def take(self, rounds: int) -> None:
        from bench.crew import database_cpu  # noqa: PLC0415

        cpu = time.process_time() + database_cpu()
        for _ in range(rounds):
            began = time.perf_counter()
            self.act()
            self.times.append((time.perf_counter() - began) * 1000)
        self.cpu += time.process_time() + database_cpu() - cpu

    def figures(self) -> dict[str, float]:
        kept = sorted(self.times)
        found = {f"p{share}_ms": round(kept[len(kept) * share // 100], 1) for share in (50, 95)}
        return {**found, "cpu_ms": round(self.cpu * 1000 / len(kept), 1)}


if __name__ == "__main__":
    raise SystemExit(main())
