"""Size tables: read as people paste them, shown in either unit."""

from decimal import Decimal

import pytest

from catalog.rules import BadTable, converted, read_table, units_of, written_table
from catalog.types import Column, Sizes

PASTED = "Size\tEU\tChest (cm)\nS\t36\t86–90\nM\t38\t91,5"
WRITTEN = "Size | EU | Chest (cm)\nS | 36 | 86–90\nM | 38 | 91,5"
TABLE = Sizes("", (Column("Size"), Column("EU"), Column("Chest", "cm")), (("S", "36", "86–90"), ("M", "38", "91,5")))


@pytest.mark.parametrize("text", [PASTED, WRITTEN, "| Size | EU | Chest (CM) |\n\n|S|36|86–90|\n|M|38|91,5|\n"])
def test_a_pasted_table_is_read_and_written_again(text: str) -> None:
    assert read_table(text) == TABLE
    assert written_table(TABLE) == WRITTEN


def test_an_empty_text_is_no_table() -> None:
    assert read_table(" \n ") == Sizes("")
    assert written_table(Sizes("")) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Size | Chest (cm)", "at least one line of sizes"),
        ("Size\nS", "at least two columns"),
        ("Size | Chest (cm)\nS | 86 | 90", "Line 2 has 3 cells; the first line has 2."),
        ("Size | Chest (cm)\n\nS | 86\nM", "Line 4 has 1 cells"),
        ("Size | \nS | 86", "Every column has a name"),
        ("Size | Chest\nS | " + "8" * 61, "at most 60 characters"),
        ("Size | Chest\nS | a\x07b", "A cell is one line"),
        ("Size | Chest\n" + "S | 86\n" * 61, "1 to 60 rows"),
        (" | ".join("abcdefghijklm") + "\n" + " | ".join("abcdefghijklm"), "2 to 12 columns"),
    ],
)
def test_what_is_no_table_is_refused_and_says_where(text: str, says: str) -> None:
    with pytest.raises(BadTable) as refusal:
        read_table(text)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("cell", "unit", "to", "numbers"),
    [
        ("86", "cm", "in", ["33.9"]),
        ("86-90", "cm", "in", ["33.9", "35.4"]),
        ("91,5", "cm", "cm", ["91.5"]),
        ("34", "in", "cm", ["86.4"]),
        ("34 / 36", "in", "cm", ["86.4", "91.4"]),
        ("34½", "in", "cm", None),
        ("up to 90", "cm", "in", None),
        ("", "cm", "in", None),
        ("38", "", "in", None),
    ],
)
def test_numbers_and_spans_are_converted_and_words_are_left(cell: str, unit: str, to: str, numbers: list[str] | None) -> None:
    assert converted(cell, unit=unit, to=to) == (None if numbers is None else [Decimal(text) for text in numbers])


def test_a_table_is_switched_only_when_something_in_it_is_measured() -> None:
    assert units_of(TABLE.columns) == ["cm", "in"]
    assert units_of((Column("Size"), Column("Waist", "in"))) == ["in", "cm"]
    assert units_of((Column("EU"), Column("US"))) == []
