"""Every entry of `csv.yaml` against every importer and every exporter. Exporters are found by asking every page there is for a table."""

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from core.text import UNSAFE
from merchants.scope import merchant_scope
from orders.importing import LINE_COLUMNS
from orders.importing import REQUIRED as ORDER_COLUMNS
from reviews.rules.imports import COLUMNS as REVIEW_COLUMNS
from tests.conftest import NOW
from tests.hostile.corpus import entries, thin
from tests.hostile.rule import Court, books, written
from tests.hostile.stage import Street
from tests.hostile.test_pages import own_paths, seen, sitting_of, staff_paths

Courts = Callable[..., Court]
ADD = "/admin/reviews/reviewimport/add/"
COUNTED = frozenset({"merchants_user", "django_session"})
GOOD = {"number": "9001", "placed_at": "2026-11-01", "title": "Shirt", "quantity": "1", "unit_price": "10.00", "email": "a@x.example"}
MORE = ("phone", "first_name", "payment_method", "refunded_total", "shipping_country", "language", "currency", "total", "updated_at")
REVIEW = {"product": "P", "stars": "5", "written_at": "2026-11-01", "text": "Good", "author": "Kim"}


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def table(record: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, record)
    writer.writeheader()
    writer.writerow(record)
    return out.getvalue().encode("utf-8", "surrogateescape")


def as_text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


class Importers:
    """The two ways a table comes in."""

    def __init__(self, judge: Court, street: Street, folder: Path) -> None:
        self.judge, self.street, self.folder, self.owner = judge, street, folder, street.here.owner()

    def reviews(self, case: str, raw: bytes, name: str = "old.csv") -> Any:
        def call() -> Any:
            cache.clear()
            return self.owner.post(ADD, {"origin_name": "Old shop", "file": SimpleUploadedFile(name, raw, content_type="text/csv")})

        return self.judge.play("import of reviews", case, call)

    def orders(self, case: str, raw: bytes, ending: str = "csv") -> None:
        file = self.folder / f"orders.{ending}"
        file.write_bytes(raw)

        def call() -> Any:
            out = io.StringIO()
            try:
                call_command("import_orders", str(file), merchant=self.street.here.merchant.slug, stdout=out, stderr=out)
            except CommandError as error:
                is_named = "refused" in str(error) or "column" in str(error) or "file" in str(error)
                if not is_named:
                    self.judge.blame(f"{case} at import of orders", f"says {error}")
            return SimpleNamespace(status_code=200, streaming=True, get=lambda *given: "")

        self.judge.play("import of orders", case, call)


def test_files_that_are_hardly_tables(street: Street, court: Courts, tmp_path: Path) -> None:
    judge = court("csv: files", counted=COUNTED)
    importers = Importers(judge, street, tmp_path)
    with judge.sitting():
        for entry in entries("csv", at="file"):
            for name, value in entry.cases():
                raw = value if isinstance(value, bytes) else value.encode()
                importers.reviews(name, raw)
                importers.orders(name, raw)
                importers.orders(name, raw, "jsonl")
        for entry in entries("csv", at="name"):
            for name, value in entry.cases():
                answer = importers.reviews(name, table(REVIEW), value)
                if answer is not None and answer.status_code not in (200, 302, 400):
                    judge.blame(name, f"{answer.status_code}")
    judge.verdict()


def test_cells_of_every_column(street: Street, court: Courts, tmp_path: Path) -> None:
    judge = court("csv: cells", counted=COUNTED)
    importers = Importers(judge, street, tmp_path)
    orders, reviews = sorted({*ORDER_COLUMNS, *LINE_COLUMNS, *MORE}), sorted(REVIEW_COLUMNS)
    columns, others = itertools.cycle(orders), itertools.cycle(reviews)
    with judge.sitting():
        for entry in entries("csv", at="cell"):
            for name, value in thin(list(entry.cases()), 2):
                column, other = next(columns), next(others)
                importers.orders(f"{name} in {column}", table({**GOOD, column: as_text(value)}))
                importers.reviews(f"{name} in {other}", table({**REVIEW, other: as_text(value)}))
    judge.verdict()


def test_refused_rows_leave_the_others_alone(street: Street, tmp_path: Path) -> None:
    """One bad row among good ones is named by its number; nothing of it is there, all of the others is."""
    file = tmp_path / "orders.csv"
    head, good, bad = "number,placed_at,title,quantity,unit_price", "{0},2026-11-01,Shirt,1,10.00", "{0},never,Shirt,1,10.00"
    file.write_text("\n".join([head, good.format(9001), bad.format(9002), good.format(9003)]) + "\n")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 refused"):
        call_command("import_orders", str(file), merchant="acme", stdout=out, stderr=out)
    assert "row 3, placed_at" in out.getvalue()
    with merchant_scope(street.here.merchant.pk), connection.cursor() as cursor:
        cursor.execute("select number from orders_order where number like '900_' order by 1")
        assert [number for (number,) in cursor.fetchall()] == ["9001", "9003"]


def spoil(street: Street, value: str) -> None:
    """The value in every free text of the house a person could have written."""
    free = {
        "orders_order": ("shipping_method",), "orders_orderline": ("title", "variant_title", "sku"),
        "customers_customer": ("first_name", "last_name"),
        "reviews_review": ("author", "text", "title", "product_title"), "returns_returnline": ("note",), "returns_return": ("question",),
        "tracking_shipment": ("carrier", "tracking_number"), "returns_claim": ("note",), "returns_moneyback": ("error",),
    }  # fmt: skip
    with merchant_scope(street.here.merchant.pk), connection.cursor() as cursor:
        for name, columns in free.items():
            cursor.execute(
                "select column_name from information_schema.columns where table_name = %s and data_type in ('character varying', 'text')",
                [name],
            )
            there = {column for (column,) in cursor.fetchall()} & set(columns)
            if there:
                cursor.execute(f"update {name} set " + ", ".join(f"{column} = %s" for column in sorted(there)), [value] * len(there))


def exporters(street: Street, court: Courts) -> list[tuple[str, Client, str]]:
    """Every address that answers with a table, by itself or when it is asked for one."""
    found = []
    for who, client, paths in (("portal", street.here.shopper(), own_paths(street)), ("staff", street.here.owner(), staff_paths(street))):
        for name in seen(sitting_of(court, "csv: exports", client), paths, who).tables:
            is_whole = client.get(paths[name]).get("Content-Type", "").startswith("text/csv")
            found.append((name, client, paths[name] + ("" if is_whole else "?export=csv")))
    return found


def test_no_cell_of_any_export_begins_as_a_formula(street: Street, court: Courts) -> None:
    judge = court("csv: exports", counted=COUNTED | {"merchants_auditentry", "merchants_audithead"})
    tables = exporters(street, court)
    assert {name for name, _, _ in tables} >= {"reviews-about-export", "dashboard:export", "dashboard:figures", "dashboard:return_figures"}
    for entry in [one for one in entries("csv", at="cell") if one.id == "C01"]:
        for name, value in thin(list(entry.cases()), 4):
            with judge.sitting():
                spoil(street, value)
                judge._books = judge._read()
                for where, client, path in tables:
                    answer = judge.play(f"export {where}", name, partial(client.get, path))
                    text = (
                        (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode() if answer is not None else ""
                    )
                    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
                        if bad := [cell for cell in row if cell[:1] in UNSAFE or cell.lstrip()[:1] in UNSAFE]:
                            judge.blame(f"{name} at {where}", f"has the cell {bad[0][:40]!r}")
    judge.verdict()


def test_the_other_house_is_as_it_was(street: Street, tmp_path: Path) -> None:
    before = books(street.there.merchant)
    file = tmp_path / "orders.csv"
    file.write_bytes(table({**GOOD, "merchant_id": str(street.there.merchant.pk), "merchant": "borealis"}))
    call_command("import_orders", str(file), merchant="acme", stdout=io.StringIO(), stderr=io.StringIO())
    assert written(before, books(street.there.merchant)) == []
