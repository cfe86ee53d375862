"""Sheets of a document: a pen that goes down the page, turns it, and knows columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfgen.canvas import Canvas

from portal.paper.letters import Style, runs, width, wrapped

MARGIN, FOOT = 54.0, 26.0
LEADING = 1.35
LETTER_COUNTRIES = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE"})
PLAIN = Style()
INK, GREY, HAIR = (0.11, 0.11, 0.12), (0.38, 0.38, 0.40), (0.80, 0.80, 0.81)


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a column: where it begins, how wide it is, on which side it stands."""

    text: str
    at: float
    room: float
    style: Style = PLAIN
    is_right: bool = False
    ink: tuple[float, float, float] = INK


class Sheets:
    """Draws top down; `turned` is called on each further page, before anything stands on it."""

    def __init__(self, *, country: str, title: str, author: str) -> None:
        self.size = LETTER if country in LETTER_COUNTRIES else A4
        self.room = self.size[0] - 2 * MARGIN
        self.file = BytesIO()
        self.canvas = Canvas(self.file, pagesize=self.size, pageCompression=1, invariant=1)
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("")
        self.pages = 1
        self.turned: Callable[[], None] | None = None
        self.foot: Callable[[int], Sequence[Cell]] | None = None
        self.y = self.size[1] - MARGIN

    def need(self, height: float) -> None:
        """Turn the page unless this much room is left on it."""
        if self.y - height >= MARGIN + FOOT:
            return
        self._end_page()
        self.pages += 1
        self.y = self.size[1] - MARGIN
        if self.turned is not None:
            self.turned()

    def row(self, cells: Sequence[Cell], *, gap: float = 0) -> None:
        """Texts side by side, each wrapped in its column, together on one page."""
        texts = [(cell, wrapped(cell.text, cell.style, cell.room)) for cell in cells if cell.text]
        height = max((len(lines) * cell.style.size * LEADING for cell, lines in texts), default=0)
        self.need(height)
        for cell, lines in texts:
            self._lines(cell, lines, self.y)
        self.y -= height + gap

    def rule(self, *, gap: float = 6) -> None:
        """A hairline from margin to margin."""
        self.canvas.setStrokeColorRGB(*HAIR)
        self.canvas.setLineWidth(0.5)
        self.canvas.line(MARGIN, self.y, MARGIN + self.room, self.y)
        self.y -= gap

    def _lines(self, cell: Cell, lines: Sequence[str], top: float) -> None:
        self.canvas.setFillColorRGB(*cell.ink)
        for number, line in enumerate(lines):
            x = MARGIN + cell.at + (cell.room - width(line, cell.style) if cell.is_right else 0)
            y = top - cell.style.size * (LEADING * number + 1)
            for font, letters, wide in runs(line, cell.style):
                self.canvas.setFont(font, cell.style.size)
                self.canvas.drawString(x, y, letters)
                x += wide

    def _end_page(self) -> None:
        if self.foot is not None:
            for cell in self.foot(self.pages):
                self._lines(cell, wrapped(cell.text, cell.style, cell.room), MARGIN + FOOT / 2)
        self.canvas.showPage()

    def end(self) -> bytes:
        """The whole document."""
        self._end_page()
        self.canvas.save()
        return self.file.getvalue()
