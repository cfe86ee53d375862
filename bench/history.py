"""`python -m bench.history OLIST --orders 1000 --json FILE`: order history of real orders by `manage.py import_orders`, beside COPY.

The public Olist orders are written to one CSV as a shop would export them, bought goods, payment, address and dispatch, and imported in
parts; 0 orders means all. Beside it `COPY` puts the very rows that came of it into the same tables, keys and indexes in place, as a
superuser, whom row-level security does not slow. Then every row is there once, or the run fails.
"""

import argparse
import csv
import io
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bench.lines import Line, report, table
from bench.stage import stage

PARTS = 5
COLUMNS = [
    "number",
    "external_id",
    "placed_at",
    "email",
    "phone",
    "currency",
    "title",
    "sku",
    "product_id",
    "quantity",
    "unit_price",
    "shipping_total",
    "payment_state",
    "payment_method",
    "paid_at",
    "fulfilled_at",
    "cancelled_at",
    "shipping_city",
    "shipping_region",
    "shipping_postcode",
    "shipping_country",
]
TABLES = (
    "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname = 'public'"
)
NEEDS = "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f'"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=1000, help="the first of them; 0 for all")
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("history"), tempfile.TemporaryDirectory(prefix="bench-history-") as made:
        lines = measure(given.folder, given.orders, Path(made))
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0


def measure(folder: Path, orders: int, made: Path) -> list[Line]:
    from django.conf import settings  # noqa: PLC0415

    from merchants.services import create_merchant  # noqa: PLC0415

    at = datetime.now(tz=UTC)
    create_merchant(slug="olist", name="Olist", at=at, language="pt-br", country="BR", currency="BRL", timezone="America/Sao_Paulo")
    files, count = write_files(folder, orders, made)
    tables = Tables(settings.ADMIN_URL, settings.DATABASE_NAME)
    before = tables.counts()
    took = [bring_in(file) for file in files]
    after = tables.counts()
    filled = [name for name in tables.in_order() if after[name] > before.get(name, 0)]
    rows = sum(after[name] - before[name] for name in filled)
    seconds = tables.copy_again(filled, made)
    if tables.counts() != after:
        raise RuntimeError("COPY did not put back what the import had made")
    name = f"history import, {count:,} Olist orders"
    return [
        Line(name, round(count / sum(took), 1), "orders per second", f"COPY of the same {rows:,} rows", round(count / seconds, 1)),
        Line(f"{name}, growth from the first fifth to the last", round(took[-1] / took[0], 3), "times", "none", 1.0),
    ]


def write_files(folder: Path, orders: int, made: Path) -> tuple[list[Path], int]:
    """CSV files of equal parts, by day of purchase, and how many orders are in them."""
    from bench.olist import Olist  # noqa: PLC0415

    olist = Olist(folder)
    limit = orders or -1
    olist.db.execute("create table chosen as select * from orders order by order_purchase_timestamp, order_id limit ?", [limit])
    ids = [id for (id,) in olist.db.execute("select order_id from chosen where order_id in (select order_id from items) order by rowid")]
    size = -(-len(ids) // PARTS)
    files = []
    for part in range(PARTS):
        path = made / f"orders{part}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for id in islice(ids, part * size, (part + 1) * size):
                writer.writerows(rows_of(olist, id))
        files.append(path)
    olist.close()
    return files, len(ids)


def rows_of(olist: Any, order_id: str) -> Iterator[Sequence[object]]:
    """One row per item, as `orders/importing.py` reads them."""
    from bench.olist import phone_of  # noqa: PLC0415

    facts = olist.facts(order_id)
    sent = facts.times.get("handover", "")
    freight = sum(item.freight for item in facts.items)
    method = facts.payments[0][1] if facts.payments else ""
    state, cancelled = ("paid", "") if facts.status != "canceled" else ("pending", facts.times["purchase"])
    for item in facts.items:
        yield (
            order_id, order_id, facts.times["purchase"], f"{facts.customer}@customers.example", phone_of(facts.customer), "BRL",
            (item.category or "product").replace("_", " "), item.product[:12], item.product, 1, item.price, freight, state, method,
            facts.times.get("payment", ""), "" if cancelled else sent, cancelled, facts.city, facts.state, facts.postcode, "BR",
        )  # fmt: skip


def bring_in(file: Path) -> float:
    """Seconds of `manage.py import_orders`. What it refuses, it names; the run goes on."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    began, out = time.perf_counter(), io.StringIO()
    try:
        call_command("import_orders", str(file), "--merchant", "olist", stdout=out, stderr=io.StringIO())
    except CommandError as error:
        print(error, file=sys.stderr)
    print(f"{file.name}: {out.getvalue().strip()}, {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return time.perf_counter() - began


class Tables:
    """The database as its superuser sees it."""

    def __init__(self, admin_url: str, name: str) -> None:
        from urllib.parse import urlsplit, urlunsplit  # noqa: PLC0415

        self.url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        import psycopg2  # noqa: PLC0415

        with closing(psycopg2.connect(self.url)) as wire, wire.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def counts(self) -> dict[str, int]:
        return {name: self.ask(f"select count(*) from {name}")[0][0] for (name,) in self.ask(TABLES)}

    def in_order(self) -> list[str]:
        """Every table after those it points at."""
        return sorted_by_need([name for (name,) in self.ask(TABLES)], [(one, other) for one, other in self.ask(NEEDS)])

    def copy_again(self, names: Sequence[str], made: Path) -> float:
        """Seconds to COPY their rows in, after they were copied out and taken away."""
        import psycopg2  # noqa: PLC0415

        files = [made / f"{name.replace('.', '_')}.copy" for name in names]
        with closing(psycopg2.connect(self.url)) as wire, wire.cursor() as cursor:
            cursor.execute("set statement_timeout = 0")
            for name, file in zip(names, files, strict=True):
                with file.open("wb") as out:
                    cursor.copy_expert(f"copy {name} to stdout", out)
            # Only what points at these is emptied with them, and that is among them or empty.
            cursor.execute(f"truncate {', '.join(names)} cascade")
            wire.commit()
            began = time.perf_counter()
            for name, file in zip(names, files, strict=True):
                with file.open("rb") as back:
                    cursor.copy_expert(f"copy {name} from stdin", back)
            wire.commit()
            return time.perf_counter() - began


def sorted_by_need(names: Sequence[str], needs: Sequence[tuple[str, str]]) -> list[str]:
    """Each name after all it needs; one that needs itself does not wait. Raises ValueError when two need each other."""
    left, done = list(names), []
    while left:
        ready = [name for name in left if all(other in done or other == name for one, other in needs if one == name)]
        if not ready:
            raise ValueError(f"tables need each other: {', '.join(left)}")
        done += ready
        left = [name for name in left if name not in ready]
    return done


if __name__ == "__main__":
    raise SystemExit(main())
