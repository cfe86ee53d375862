"""`manage.py import_orders FILE --merchant SLUG`: order history, without a message to anybody."""

import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.importing import BadFile, Entry, Home, read_csv, read_jsonl, text_lines
from orders.selectors import setting
from orders.services.history import Outcome, import_entries

CHUNK = 200
BAR = 30


class Command(BaseCommand):
    help = "Import past orders from CSV or JSON Lines; columns: orders/importing.py. Safe to run again after a stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--merchant", required=True, help="slug")
        parser.add_argument("--source", default="import", help="slug of the shop's connection, when it will send these orders too")
        parser.add_argument("--notify", action="store_true", help="treat them as new orders: shoppers get messages")
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            with path.open("rb") as stream:
                counts = self._run(stream, path, merchant, options)
        except (BadFile, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(", ".join(f"{counts[word]} {word}" for word in ("new", "changed", "same", "older", "refused")))
        if counts["refused"]:
            raise CommandError(f"{counts['refused']} refused: {errors_path(path)}")

    def _run(self, stream: IO[bytes], path: Path, merchant: Merchant, options: dict[str, Any]) -> "Counter[str]":
        with merchant_scope(merchant.pk):
            home = Home(options["source"], merchant.currency, setting().zone)
        counts: Counter[str] = Counter()
        bar = Bar(self.stderr, path.stat().st_size)
        errors_path(path).unlink(missing_ok=True)
        at = now()
        for chunk in chunks(once(entries(stream, path))):
            outcomes = run_chunk(chunk, merchant.pk, home, at, options)
            counts.update(outcome.result for outcome in outcomes)
            self._report([outcome for outcome in outcomes if outcome.result == "refused"], path, bar)
            bar.show(stream.tell(), counts.total())
        bar.clear()
        return counts

    def _report(self, refused: list[Outcome], path: Path, bar: "Bar") -> None:
        if not refused:
            return
        bar.clear()
        with errors_path(path).open("a", encoding="utf-8") as log:
            for outcome in refused:
                facts = {"row": outcome.row, "order": outcome.number, "field": outcome.field, "message": outcome.message}
                log.write(json.dumps(facts, ensure_ascii=True) + "\n")
                where = f"row {outcome.row}" + (f", {outcome.field}" if outcome.field else "")
                self.stderr.write(f"{where}: {outcome.message}".encode(errors="backslashreplace").decode())


def run_chunk(chunk: list[Entry], merchant_id: int, home: Home, at: datetime, options: dict[str, Any]) -> list[Outcome]:
    """One transaction; a dry run takes it back."""
    with merchant_scope(merchant_id):
        outcomes = import_entries(entries=chunk, home=home, at=at, quiet=not options["notify"])
        if options["dry_run"]:
            transaction.set_rollback(True)
    return outcomes


def errors_path(path: Path) -> Path:
    """`FILE.errors.jsonl`, beside the file."""
    return path.with_name(f"{path.name}.errors.jsonl")


def entries(stream: IO[bytes], path: Path) -> Iterator[Entry]:
    """Raises BadFile for any ending but .csv and .jsonl."""
    if path.suffix.lower() == ".jsonl":
        return read_jsonl(stream)
    if path.suffix.lower() == ".csv":
        return read_csv(text_lines(stream))
    raise BadFile("the file must end in .csv or .jsonl")


def once(found: Iterator[Entry]) -> Iterator[Entry]:
    """Refuse an order whose rows are scattered: its second part would remove the lines of the first.

    The numbers seen lie in SQLite's own temporary file, so that memory does not grow with the import.
    """
    seen = sqlite3.connect("")
    seen.execute("create table number (value text primary key) without rowid")
    try:
        for entry in found:
            key = entry.number.encode(errors="backslashreplace").decode()
            fresh = not key or seen.execute("insert or ignore into number values (?)", [key]).rowcount
            if not fresh and not entry.problem:
                entry.problem = f"order {key!r} appears again: its rows must follow each other"
            yield entry
    finally:
        seen.close()


def chunks(found: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Lists of up to `CHUNK` entries."""
    while chunk := list(islice(found, CHUNK)):
        yield chunk


class Bar:
    """A progress bar, when somebody looks."""

    def __init__(self, out: Any, size: int) -> None:
        self.out, self.size = out, max(size, 1)
        self.is_shown = bool(sys.stderr.isatty())

    def show(self, position: int, done: int) -> None:
        """Redraw for the bytes read and the orders done."""
        if self.is_shown:
            share = min(position / self.size, 1)
            self._write(f"\r[{'#' * int(share * BAR):<{BAR}}] {share:4.0%} {done} orders")

    def clear(self) -> None:
        """Leave the line to other text."""
        if self.is_shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self.out.write(text, ending="")
        self.out.flush()
