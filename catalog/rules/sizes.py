"""Size tables: read from what a person pastes, and shown in the other unit."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from catalog.types import Column, Sizes, Unit

MAX_COLUMNS, MAX_ROWS, MAX_CELL = 12, 60, 60
CELLS = re.compile(r"\t|\|")
HEAD = re.compile(r"(.*\S)\s*\((cm|in)\)", re.IGNORECASE)
NUMBER = r"\d{1,5}(?:[.,]\d{1,3})?"
MEASURE = re.compile(rf"({NUMBER})(?:\s*[-–—/]\s*({NUMBER}))?")
INCH, TENTH = Decimal("2.54"), Decimal("0.1")


class BadTable(ValueError):
    """What was written is no size table; says which line."""


def read_table(text: str, *, name: str = "", note: str = "") -> Sizes:
    """The table of a text: a line per row, cells parted by tabs or `|`, names first, `Chest (cm)` where it is measured.

    Refuses (BadTable) tables without rows, rows of another length, and more than the page can hold.
    """
    lines = [
        (number, [cell.strip() for cell in CELLS.split(_bare(line))]) for number, line in enumerate(text.splitlines(), 1) if line.strip()
    ]
    if not lines:
        return Sizes(name, note=note)
    columns = tuple(_column(cell) for cell in lines[0][1])
    if len(columns) < 2 or len(lines) < 2:
        raise BadTable("A table has a line of names, at least one line of sizes, and at least two columns.")
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            raise BadTable(f"Line {number} has {len(cells)} cells; the first line has {len(columns)}.")
    return check_table(Sizes(name, columns, tuple(tuple(cells) for _number, cells in lines[1:]), note))


def _bare(line: str) -> str:
    """Without the bars a table in Markdown begins and ends with."""
    text = line.strip(" ")
    return text.removeprefix("|").removesuffix("|") if text.startswith("|") else text


def _column(cell: str) -> Column:
    found = HEAD.fullmatch(cell)
    return Column(found[1], found[2].lower()) if found else Column(cell)


def check_table(table: Sizes) -> Sizes:
    """The table itself. Refuses (BadTable) empty names, cells too long, rows of another length, and too much of anything."""
    width = len(table.columns)
    if not 2 <= width <= MAX_COLUMNS or not 1 <= len(table.rows) <= MAX_ROWS:
        raise BadTable(f"A table has 2 to {MAX_COLUMNS} columns and 1 to {MAX_ROWS} rows.")
    if any(not column.name or column.unit not in ("", *Unit.values) for column in table.columns):
        raise BadTable("Every column has a name, and its unit is cm, in or none.")
    if any(len(row) != width for row in table.rows):
        raise BadTable("Every row has as many cells as there are columns.")
    cells = [column.name for column in table.columns] + [cell for row in table.rows for cell in row]
    if any(len(cell) > MAX_CELL or not cell.isprintable() for cell in cells):
        raise BadTable(f"A cell is one line of at most {MAX_CELL} characters.")
    return table


def written_table(table: Sizes) -> str:
    """The same as `read_table` reads it."""
    names = [f"{column.name} ({column.unit})" if column.unit else column.name for column in table.columns]
    return "\n".join(" | ".join(row) for row in [names, *table.rows]) if table.columns else ""


def units_of(columns: Iterable[Column]) -> list[str]:
    """The units the table can be shown in, its own first; none when nothing in it is measured."""
    own = next((column.unit for column in columns if column.unit), "")
    return [own, other_unit(own)] if own else []


def other_unit(unit: str) -> str:
    return Unit.IN.value if unit == Unit.CM else Unit.CM.value


def converted(cell: str, *, unit: str, to: str) -> list[Decimal] | None:
    """The cell's one or two numbers in the other unit, to a tenth. None when it is no plain number or span: it is then shown as written."""
    found = MEASURE.fullmatch(cell.strip())
    if found is None or not unit:
        return None
    numbers = [Decimal(text.replace(",", ".")) for text in found.groups() if text]
    return numbers if unit == to else [_turned(number, to) for number in numbers]


def _turned(number: Decimal, to: str) -> Decimal:
    return (number / INCH if to == Unit.IN else number * INCH).quantize(TENTH, ROUND_HALF_UP)
