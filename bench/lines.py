"""A line of the table: some work, what it took, and what stands beside it. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

FIELDS = ("work", "value", "unit", "beside", "beside_value", "ratio")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True, slots=True)
class Line:
    """`beside` names the peer or the limit; None stands beside nothing."""

    work: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value over what stands beside it: of rates more is better, of times less."""
        return ratio(self.value, self.beside_value)

    def facts(self) -> dict[str, Any]:
        """As in `results.json`."""
        return {name: getattr(self, name) for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a line of the table is to reach: of its value, or of its ratio."""

    work: str
    bound: float
    is_least: bool
    of: str = "value"

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {shown(self.bound)}{' ×' if self.of == 'ratio' else ''}"

    def is_met(self, line: Line) -> bool:
        found = line.ratio if self.of == "ratio" else line.value
        if found is None:
            return False
        return found >= self.bound if self.is_least else found <= self.bound


def ratio(value: float, beside: float | None) -> float | None:
    return round(value / beside, 3) if beside else None


def read(found: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Lines out of a report."""
    return [Line(one["work"], one["value"], one["unit"], one["beside"], one["beside_value"]) for one in found]


def merge(rounds: Sequence[Sequence[Line]]) -> list[Line]:
    """One line per work: the median of its rounds, on either side. A work that a round lacks is of the others alone."""
    kept: dict[tuple[str, str, str], list[Line]] = {}
    for lines in rounds:
        for line in lines:
            kept.setdefault((line.work, line.unit, line.beside), []).append(line)
    return [_middle(lines) for lines in kept.values()]


def _middle(lines: Sequence[Line]) -> Line:
    first, others = lines[0], [line.beside_value for line in lines if line.beside_value is not None]
    return Line(first.work, middle([line.value for line in lines]), first.unit, first.beside, middle(others) if others else None)


def middle(values: Sequence[float], places: int = 4) -> float:
    """Their median."""
    return round(float(median(values)), places)


def shown(value: float | None) -> str:
    """Three digits, thousands apart."""
    if value is None:
        return "–"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.3g}"


def rows(lines: Sequence[Line], aims: Mapping[str, Aim]) -> list[tuple[str, ...]]:
    """Cells of the table; an aim that was missed says so."""
    found: list[tuple[str, ...]] = []
    for line in lines:
        aim = aims.get(line.work)
        word = "" if aim is None else f"{aim}" if aim.is_met(line) else f"{aim} MISSED"
        found.append((line.work, shown(line.value), line.unit, line.beside or "–", shown(line.beside_value), shown(line.ratio), word))
    return found


HEAD = ("work", "value", "unit", "beside", "its value", "ratio", "aim")


def table(lines: Sequence[Line], aims: Mapping[str, Aim]) -> str:
    """For a terminal."""
    cells = [HEAD, *rows(lines, aims)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEAD))]
    right = {1, 4, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def markdown(lines: Sequence[Line], aims: Mapping[str, Aim]) -> str:
    """For a document."""
    bars = [f"| {' | '.join(row)} |" for row in [HEAD, *rows(lines, aims)]]
    return "\n".join([bars[0], "|---|--:|---|---|--:|--:|---|", *bars[1:]])


def put(text: str, figures: str) -> str:
    """The document with its figures exchanged. Raises ValueError when it has no place for them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def write(path: Path, lines: Sequence[Line]) -> None:
    """`results.json`."""
    path.write_text(json.dumps([line.facts() for line in lines], indent=2, ensure_ascii=False) + "\n")


def missed(lines: Sequence[Line], aims: Mapping[str, Aim]) -> list[str]:
    """Works that were measured and fell short of their aim."""
    return [line.work for line in lines if line.work in aims and not aims[line.work].is_met(line)]


def report(lines: Sequence[Line], **more: Any) -> str:
    """What a benchmark writes for the table."""
    return json.dumps({"lines": [line.facts() for line in lines], **more}, indent=2, ensure_ascii=False) + "\n"
