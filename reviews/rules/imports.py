"""Reviews from a file or a call: which columns there are, and what one row must hold."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from io import StringIO
from typing import Any

from reviews.rules.words import clean
from reviews.types import Fit

REQUIRED = ("product", "stars", "written_at")
COLUMNS = (
    *REQUIRED,
    "text",
    "author",
    "title",
    "pros",
    "cons",
    "fit",
    "language",
    "variant",
    "product_title",
    "order_number",
    "line",
    "id",
    "incentivised",
)
ALIASES = {
    "product_id": "product",
    "sku": "product",
    "rating": "stars",
    "score": "stars",
    "date": "written_at",
    "created_at": "written_at",
    "body": "text",
    "review": "text",
    "content": "text",
    "name": "author",
    "reviewer": "author",
    "order": "order_number",
    "review_id": "id",
}
MOST = {
    "product": 100, "text": 5_000, "author": 60, "title": 120, "pros": 500, "cons": 500, "language": 10, "variant": 200,
    "product_title": 300, "order_number": 60, "line": 100, "id": 90,
}  # fmt: skip
LONG = frozenset({"text", "pros", "cons"})
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # nothing was sold online before
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
YES, NO = frozenset({"1", "true", "yes"}), frozenset({"", "0", "false", "no"})


class RowRefused(ValueError):
    """One row cannot be taken; names the column."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class BadFile(ValueError):
    """The file as a whole cannot be read: not UTF-8, columns missing or doubled."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One review of another system, checked. `id` is its id there, or a digest of all it says when it has none."""

    product: str
    stars: int
    written_at: datetime
    text: str = ""
    author: str = ""
    title: str = ""
    pros: str = ""
    cons: str = ""
    fit: str = ""
    language: str = ""
    variant: str = ""
    product_title: str = ""
    order_number: str = ""
    line: str = ""
    id: str = ""
    is_incentivised: bool = False


def read_csv(raw: bytes) -> Iterator[tuple[int, dict[str, str], str]]:
    """Row number (the header is 1), its cells by column, and what is wrong with the row as such. Raises BadFile.

    `,`, `;` or tab between; columns of other names are left out.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("The file is not UTF-8.") from None
    lines = StringIO(text.replace("\0", "\ufffd"), newline="")  # ends of lines as in CSV, and no others
    first = next(lines, "")
    delimiter = max(",;\t", key=first.count)
    header = _header(next(csv.reader([first], delimiter=delimiter), []))
    return _rows(csv.reader(lines, delimiter=delimiter), header)


def _header(cells: list[str]) -> list[str]:
    names = [re.sub(r"[\s\-]+", "_", cell.strip().casefold()) for cell in cells]
    names = [name if name in COLUMNS else ALIASES.get(name, "") for name in names]
    if missing := [name for name in REQUIRED if name not in names]:
        raise BadFile(f"Columns are missing: {', '.join(missing)}.")
    if doubled := sorted({name for name in names if name and names.count(name) > 1}):
        raise BadFile(f"Columns appear twice: {', '.join(doubled)}.")
    return names


def _rows(reader: Iterator[list[str]], header: list[str]) -> Iterator[tuple[int, dict[str, str], str]]:
    place = 1
    while True:
        place += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, {}, f"Not readable as CSV: {error}."
            continue
        if any(cell.strip() for cell in cells):
            problem = "" if len(cells) == len(header) else f"Has {len(cells)} cells, the header {len(header)}."
            yield place, {name: cell for name, cell in zip(header, cells, strict=False) if name}, problem


def parse_row(raw: Mapping[str, Any], *, zone: tzinfo, now: datetime, language: str) -> ImportRow:
    """The review of a row. Raises RowRefused with the first column that is wrong; `zone` and `language` are what a row leaves unsaid."""
    if unknown := sorted(str(name)[:40] for name in raw if name not in COLUMNS):
        raise RowRefused(clean(unknown[0], is_in_one_line=True) or "row", "There is no such column.")
    texts = {name: _text(raw, name) for name in MOST}
    if not texts["product"]:
        raise RowRefused("product", "Must not be empty.")
    texts["language"] = _language(texts["language"]) or language
    row = ImportRow(stars=_stars(raw), written_at=_moment(raw, zone, now), fit=_fit(raw), is_incentivised=_is_incentivised(raw), **texts)
    return row if row.id else _named(row)


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowRefused(name, "Must be text.")
    text = clean(str(value)[: MOST[name] * 4 + 1_000], is_in_one_line=name not in LONG)
    if len(text) > MOST[name]:
        raise RowRefused(name, f"Is longer than {MOST[name]:,} characters.")
    return text


def _stars(raw: Mapping[str, Any]) -> int:
    value = raw.get("stars")
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    text = text.removesuffix(".0")
    if text not in ("1", "2", "3", "4", "5"):
        raise RowRefused("stars", "Must be 1, 2, 3, 4 or 5.")
    return int(text)


def _moment(raw: Mapping[str, Any], zone: tzinfo, now: datetime) -> datetime:
    text = _plain(raw, "written_at")
    try:
        moment = datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
        moment = moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment
        moment = moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise RowRefused("written_at", "Must be a date like 2026-11-20 or 2026-11-20T10:00:00+01:00.")
    if not EARLIEST <= moment <= now:
        raise RowRefused("written_at", "Lies in the future." if moment > now else "Lies before 1995.")
    return moment


def _plain(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value.strip()[:60] if isinstance(value, str) else ""


def _fit(raw: Mapping[str, Any]) -> str:
    text = _plain(raw, "fit").casefold()
    if text and text not in Fit.values:
        raise RowRefused("fit", f"Must be one of {', '.join(Fit.values)}, or empty.")
    return text


def _is_incentivised(raw: Mapping[str, Any]) -> bool:
    value = raw.get("incentivised")
    text = str(value).lower() if isinstance(value, bool) else _plain(raw, "incentivised").casefold()
    if text not in YES | NO:
        raise RowRefused("incentivised", "Must be yes or no.")
    return text in YES


def _language(text: str) -> str:
    tag = text.replace("_", "-").lower()
    if tag and not LANGUAGE.fullmatch(tag):
        raise RowRefused("language", "Must be a language like en or pt-br.")
    return tag


def _named(row: ImportRow) -> ImportRow:
    """The same row again is the same review, also when the other system gave it no id."""
    said = [row.product, str(row.stars), row.written_at.isoformat(), row.author, row.title, row.text, row.order_number, row.line]
    values = {name: getattr(row, name) for name in ImportRow.__slots__}
    digest = sha256("\x1f".join(said).encode()).hexdigest()
    return ImportRow(**{**values, "id": f"sha256:{digest}"})
