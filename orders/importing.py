"""Order history from a file: CSV with one row per line item, or JSON Lines with one order per line.

CSV columns (any case; spaces or hyphens for underscores; `,`, `;` or tab between; consecutive rows of one number are one order)

    number*  placed_at*  title*  quantity*  unit_price*
    external_id  updated_at  currency  email  phone  first_name  last_name  language  customer_id
    line_id  variant_title  sku  product_id  image_url  line_discount  line_tax  line_total  requires_shipping
    total  subtotal  discount_total  shipping_total  tax_total  taxes_included
    payment_state  payment_method  payment_last4  paid_at  refunded_total  refunded_at
    shipping_method  fulfilled_at  cancelled_at  cancel_reason
    shipping_* and billing_*: name company street street2 postcode city region country phone

Order columns are read from the first row of an order. JSON Lines use the same names, with the line columns inside
`lines`: [{...}]. Dates are ISO 8601; without a zone they are the merchant's local time. Amounts are written 1234.50.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import IO, Any

from core.api import load_json
from orders.rules import OrderRefused
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, IncomingRefund, PaymentState

MAX_LINE = 1024 * 1024
ADDRESS = tuple(part.name for part in fields(Address))
LINE_COLUMNS = frozenset({
    "line_id", "title", "variant_title", "sku", "product_id", "image_url", "quantity", "unit_price", "line_discount", "line_tax",
    "line_total", "requires_shipping",
})  # fmt: skip
REQUIRED = ("number", "placed_at", "title", "quantity", "unit_price")
ALIASES = {
    "order": "number",
    "order_number": "number",
    "created_at": "placed_at",
    "product": "title",
    "price": "unit_price",
    "qty": "quantity",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,20}(?:\.\d{1,10})?", re.ASCII)
WHOLE = re.compile(r"\d{1,10}", re.ASCII)
YES, NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


class BadFile(ValueError):
    """The file as a whole cannot be read: unknown ending, missing or doubled columns."""


@dataclass(frozen=True, slots=True)
class Home:
    """What a file leaves unsaid."""

    source: str
    currency: str
    zone: tzinfo


@dataclass(slots=True)
class Entry:
    """One order of the file, still raw. `rows` are the file's row numbers of its lines; the first is the order's own."""

    rows: list[int]
    record: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def number(self) -> str:
        return str(self.record.get("number") or "")[:100]

    def row_of(self, name: str) -> int:
        """The row a refused field stands in: `lines[3].quantity` is in the order's fourth row."""
        match = re.match(r"lines\[(\d+)\]", name)
        place = int(match[1]) if match else 0
        return self.rows[place] if place < len(self.rows) else self.rows[0]


@dataclass(frozen=True, slots=True)
class Past:
    """An order of the file, and when it was sent."""

    order: IncomingOrder
    fulfilled_at: datetime | None


def read_jsonl(stream: IO[bytes]) -> Iterator[Entry]:
    """One order per line; a bad line is an entry with a problem."""
    row = 0
    while raw := stream.readline(MAX_LINE + 1):
        row += 1
        if len(raw) > MAX_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE)
            yield Entry([row], problem="longer than 1 MB")
        elif raw.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _json_entry(row, raw)


def _json_entry(row: int, raw: bytes) -> Entry:
    try:
        record = load_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        return Entry([row], problem=f"not valid JSON: {error}"[:200])
    return Entry([row], record) if isinstance(record, dict) else Entry([row], problem="not an object")


def text_lines(stream: IO[bytes]) -> Iterator[str]:
    """Bounded lines; bytes that are not UTF-8 survive as surrogates, which the order's limits refuse in their row."""
    while raw := stream.readline(MAX_LINE):
        yield raw.decode("utf-8", "surrogateescape")


def read_csv(lines: Iterator[str]) -> Iterator[Entry]:
    """Consecutive rows of one order number become one entry. Raises BadFile for a header without the required columns."""
    header_line = next(lines, "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=header_line.count)
    header = _header(next(csv.reader([header_line], delimiter=delimiter), []))
    entry: Entry | None = None
    for row, cells, problem in _rows(csv.reader(lines, delimiter=delimiter)):
        record = dict(zip(header, cells, strict=False))
        if not problem and len(cells) != len(header):
            problem = f"has {len(cells)} cells, the header {len(header)}"
        if entry is not None and not problem and record["number"].strip() == entry.number and entry.number:
            entry.rows.append(row)
            entry.record["lines"].append(_line_of(record))
            continue
        if entry is not None:
            yield entry
        entry = Entry([row], {**record, "number": record.get("number", "").strip(), "lines": [_line_of(record)]}, problem)
    if entry is not None:
        yield entry


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str], str]]:
    """Row number (the header is 1), cells, problem. Empty rows are counted and skipped."""
    row = 1
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield row, [], f"not readable as CSV: {error}"
            continue
        if any(cell.strip() for cell in cells):
            yield row, cells, ""


def _header(cells: list[str]) -> list[str]:
    names = [re.sub(r"[\s\-]+", "_", cell.strip().casefold()) for cell in cells]
    names = [ALIASES.get(name, name) for name in names]
    if missing := [name for name in REQUIRED if name not in names]:
        raise BadFile(f"missing columns: {', '.join(missing)}")
    if doubled := sorted({name for name in names if name and names.count(name) > 1}):
        raise BadFile(f"columns appear twice: {', '.join(doubled)}")
    return names


def _line_of(record: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in record.items() if name in LINE_COLUMNS}


@dataclass(frozen=True, slots=True)
class Row:
    """Reads typed values out of one record; refuses (OrderRefused) with the field's name."""

    values: Mapping[str, Any]
    zone: tzinfo
    prefix: str = ""

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.refuse(name, "must be text")
        return str(value).strip()

    def amount(self, name: str, default: Decimal | None = None) -> Decimal:
        value = self.text(name)
        if not value and default is not None:
            return default
        if not AMOUNT.fullmatch(value):
            raise self.refuse(name, f"{value[:40]!r} is not an amount like 1234.50")
        return Decimal(value)

    def whole(self, name: str) -> int:
        value = self.text(name)
        if not WHOLE.fullmatch(value):
            raise self.refuse(name, f"{value[:40]!r} is not a whole number")
        return int(value)

    def moment(self, name: str) -> datetime | None:
        value = self.text(name)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value) if MOMENT.fullmatch(value) else None
        except ValueError:
            moment = None
        if moment is None:
            raise self.refuse(name, f"{value[:40]!r} is not a date like 2026-11-20 or 2026-11-20T10:00:00+01:00")
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def yes(self, name: str, *, default: bool) -> bool:
        value = self.values.get(name)
        word = str(value).strip().casefold() if value is not None else ""
        if word and word not in YES | NO:
            raise self.refuse(name, "must be yes or no")
        return word in YES if word else default

    def refuse(self, name: str, message: str) -> OrderRefused:
        return OrderRefused(f"{self.prefix}{name}", message)


def parse_entry(entry: Entry, home: Home) -> Past:
    """The order of an entry. Raises OrderRefused naming the field; limits are checked when it is recorded."""
    row = Row(entry.record, home.zone)
    placed_at = row.moment("placed_at")
    if placed_at is None:
        raise row.refuse("placed_at", "must not be empty")
    raw_lines = entry.record.get("lines")
    if not isinstance(raw_lines, list) or not all(isinstance(line, dict) for line in raw_lines):
        raise row.refuse("lines", "must be a list of objects")
    lines = tuple(_line(Row(line, home.zone, f"lines[{i}]."), i) for i, line in enumerate(raw_lines))
    fulfilled_at, cancelled_at = row.moment("fulfilled_at"), row.moment("cancelled_at")
    state = _state(row)
    amounts = _amounts(row, lines)
    order = IncomingOrder(
        source=home.source,
        external_id=row.text("external_id") or row.text("number"),
        number=row.text("number"),
        currency=row.text("currency") or home.currency,
        placed_at=placed_at,
        updated_at=row.moment("updated_at") or max(moment for moment in (placed_at, fulfilled_at, cancelled_at) if moment),
        lines=lines,
        customer_external_id=row.text("customer_id"),
        payment_state=state,
        payments=_payments(row, state, amounts["total"], placed_at),
        refunds=_refunds(row, placed_at),
        shipping_address=_address(row, "shipping"),
        billing_address=_address(row, "billing"),
        cancelled_at=cancelled_at,
        taxes_included=row.yes("taxes_included", default=True),
        email=row.text("email"),
        phone=row.text("phone"),
        first_name=row.text("first_name"),
        last_name=row.text("last_name"),
        language=row.text("language"),
        shipping_method=row.text("shipping_method"),
        cancel_reason=row.text("cancel_reason"),
        **amounts,
    )
    return Past(order, fulfilled_at)


def _line(row: Row, place: int) -> IncomingLine:
    quantity, price, discount = row.whole("quantity"), row.amount("unit_price"), row.amount("line_discount", Decimal(0))
    return IncomingLine(
        external_id=row.text("line_id") or str(place + 1),
        title=row.text("title"),
        quantity=quantity,
        unit_price=price,
        discount=discount,
        tax=row.amount("line_tax", Decimal(0)),
        total=row.amount("line_total", price * quantity - discount),
        variant_title=row.text("variant_title"),
        sku=row.text("sku"),
        product_external_id=row.text("product_id"),
        image_url=row.text("image_url"),
        requires_shipping=row.yes("requires_shipping", default=True),
    )


def _amounts(row: Row, lines: tuple[IncomingLine, ...]) -> dict[str, Any]:
    zero = Decimal(0)
    subtotal = row.amount("subtotal", sum((line.total for line in lines), zero))
    discount, shipping, tax = (row.amount(name, zero) for name in ("discount_total", "shipping_total", "tax_total"))
    added_tax = zero if row.yes("taxes_included", default=True) else tax
    total = row.amount("total", subtotal - discount + shipping + added_tax)
    return {"total": total, "subtotal": subtotal, "discount_total": discount, "shipping_total": shipping, "tax_total": tax}


def _state(row: Row) -> PaymentState:
    word = row.text("payment_state").casefold() or PaymentState.PAID
    if word not in PaymentState.values:
        raise row.refuse("payment_state", f"must be one of {', '.join(PaymentState.values)}")
    return PaymentState(word)


def _payments(row: Row, state: PaymentState, total: Decimal, placed_at: datetime) -> tuple[IncomingPayment, ...]:
    method, paid_at = row.text("payment_method"), row.moment("paid_at")
    if not method:
        return ()
    is_paid = state in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
    return (IncomingPayment("1", method, total, row.text("payment_last4"), paid_at or (placed_at if is_paid else None)),)


def _refunds(row: Row, placed_at: datetime) -> tuple[IncomingRefund, ...]:
    amount = row.amount("refunded_total", Decimal(0))
    return (IncomingRefund("1", amount, row.moment("refunded_at") or placed_at),) if amount else ()


def _address(row: Row, kind: str) -> Address:
    parts = {part: row.text(f"{kind}_{part}") for part in ADDRESS}
    return Address(**{**parts, "country": parts["country"].upper()})
