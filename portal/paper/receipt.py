"""The receipt drawn: who sold what to whom, what it cost, what was paid and what went back."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.paper.letters import Style
from portal.paper.sheet import GREY, LEADING, MARGIN, PLAIN, Cell, Sheets

NAME, TITLE, BOLD, SMALL = Style("bold", 15), Style("bold", 13), Style("bold", 9), Style("plain", 7.5)
AMOUNT, COUNT = 78.0, 40.0  # widths of the columns of figures
SUMS = 230.0


@dataclass(frozen=True, slots=True)
class Row:
    """An item: texts as they are printed."""

    title: str
    detail: str
    quantity: str
    each: str
    total: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything a receipt says, in the reader's language."""

    title: str
    country: str  # of the seller: decides the size of the paper
    shop: str
    seller: Sequence[str]
    facts: Sequence[tuple[str, str]]
    parties: Sequence[tuple[str, Sequence[str]]]
    head: tuple[str, str, str, str]  # item, quantity, each, amount
    rows: Sequence[Row]
    sums: Sequence[tuple[str, str, bool]]  # words, amount, whether it is the total
    payments: tuple[str, Sequence[tuple[str, str]]]
    notes: Sequence[str]
    page: str  # "Page %(page)s"


def draw_receipt(receipt: Receipt) -> bytes:
    """A PDF with its letters inside, Chinese ones where the machine has them.

    As many pages as it needs, each with the head of the table and its number.
    """
    sheets = Sheets(country=receipt.country, title=f"{receipt.title} {receipt.facts[0][1]}", author=receipt.shop)
    sheets.foot = lambda page: _foot(receipt, sheets, page)
    _top(receipt, sheets)
    _parties(receipt, sheets)
    sheets.turned = lambda: _head(receipt, sheets)
    _head(receipt, sheets)
    for row in receipt.rows:
        _row(row, sheets)
    sheets.turned = None
    _sums(receipt, sheets)
    for note in receipt.notes:
        sheets.row([Cell(note, 0, sheets.room, SMALL, ink=GREY)], gap=3)
    return sheets.end()


def _top(receipt: Receipt, sheets: Sheets) -> None:
    half = sheets.room / 2
    sheets.row([Cell(receipt.shop, 0, half, NAME), Cell(receipt.title, half, half, TITLE, is_right=True)], gap=8)
    left, right = list(receipt.seller), [f"{label}: {value}" for label, value in receipt.facts]
    for at in range(max(len(left), len(right))):
        seller = Cell(left[at] if at < len(left) else "", 0, half - 12, ink=GREY)
        sheets.row([seller, Cell(right[at] if at < len(right) else "", half, half, is_right=True)])
    sheets.y -= 18


def _parties(receipt: Receipt, sheets: Sheets) -> None:
    """Addresses side by side; nothing when none is known."""
    if not receipt.parties:
        return
    room = sheets.room / max(2, len(receipt.parties))
    sheets.row([Cell(label, at * room, room - 12, BOLD) for at, (label, _) in enumerate(receipt.parties)], gap=2)
    for line in range(max(len(lines) for _, lines in receipt.parties)):
        columns = enumerate(receipt.parties)
        sheets.row([Cell(lines[line], at * room, room - 12) for at, (_, lines) in columns if line < len(lines)])
    sheets.y -= 18


def _columns(sheets: Sheets, texts: Sequence[str], style: Style) -> list[Cell]:
    item, quantity, each, total = texts
    room = sheets.room - COUNT - 2 * AMOUNT
    return [
        Cell(item, 0, room - 10, style),
        Cell(quantity, room, COUNT, style, is_right=True),
        Cell(each, room + COUNT, AMOUNT, style, is_right=True),
        Cell(total, room + COUNT + AMOUNT, AMOUNT, style, is_right=True),
    ]


def _head(receipt: Receipt, sheets: Sheets) -> None:
    sheets.row(_columns(sheets, receipt.head, BOLD), gap=4)
    sheets.rule()


def _row(row: Row, sheets: Sheets) -> None:
    sheets.need(3 * PLAIN.size * LEADING)  # an item and its detail stay together
    sheets.row(_columns(sheets, (row.title, row.quantity, row.each, row.total), PLAIN), gap=0 if row.detail else 5)
    if row.detail:
        sheets.row([Cell(row.detail, 0, sheets.room - COUNT - 2 * AMOUNT - 10, SMALL, ink=GREY)], gap=5)


def _sums(receipt: Receipt, sheets: Sheets) -> None:
    """The sums and how they were paid, on the right, not torn from their total."""
    words, paid = receipt.payments
    sheets.need((len(receipt.sums) + len(paid) + 3) * 14)
    sheets.rule(gap=8)
    for text, amount, is_total in receipt.sums:
        _sum(sheets, text, amount, BOLD if is_total else PLAIN)
    if paid:
        sheets.y -= 8
        sheets.row([Cell(words, sheets.room - SUMS, SUMS, BOLD)], gap=3)
        for text, amount in paid:
            _sum(sheets, text, amount, PLAIN)
    sheets.y -= 18


def _sum(sheets: Sheets, text: str, amount: str, style: Style) -> None:
    left = sheets.room - SUMS
    sheets.row(
        [Cell(text, left, SUMS - AMOUNT - 6, style), Cell(amount, sheets.room - AMOUNT - 20, AMOUNT + 20, style, is_right=True)], gap=2
    )


def _foot(receipt: Receipt, sheets: Sheets, page: int) -> Sequence[Cell]:
    text = receipt.page % {"page": page}
    return [
        Cell(receipt.facts[0][1], 0, sheets.room / 2, SMALL, ink=GREY),
        Cell(text, 0, sheets.size[0] - 2 * MARGIN, SMALL, is_right=True, ink=GREY),
    ]
