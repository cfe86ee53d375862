"""What a run came to: a table for people, `chaos-report.json` for machines."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.checker import Verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One scenario with one seed."""

    scenario: str
    title: str
    seed: int
    verdict: Verdict
    seconds: float
    settled_in: float | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    expected: Sequence[str] = ()  # what the scenario itself found wrong, beyond the invariants

    @property
    def is_good(self) -> bool:
        return self.verdict.is_good and not self.expected

    def as_json(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "scenario": self.scenario,
            "title": self.title,
            "seed": self.seed,
            "n": verdict.n,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "unknown": verdict.unknown,
            "p50_s": round(verdict.p50, 2),
            "p99_s": round(verdict.p99, 2),
            "resent": verdict.resent,
            "settled_in_s": None if self.settled_in is None else round(self.settled_in, 1),
            "seconds": round(self.seconds, 1),
            "passed": self.is_good,
            "failures": {**verdict.failures, **({"scenario": list(self.expected)} if self.expected else {})},
            "notes": dict(self.notes),
        }


HEAD = ("scenario", "seed", "n", "lost", "doubled", "unknown", "p50_s", "p99_s", "settled_s", "took_s", "")


def table(lines: Sequence[Line]) -> str:
    """One line per scenario and seed, in columns."""
    rows = [HEAD, *(_row(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    )


def _row(line: Line) -> tuple[str, ...]:
    verdict = line.verdict
    settled = "never" if line.settled_in is None else f"{line.settled_in:.1f}"
    figures = (str(line.seed), str(verdict.n), str(verdict.lost), str(verdict.doubled), str(verdict.unknown))
    times = (f"{verdict.p50:.2f}", f"{verdict.p99:.2f}", settled, f"{line.seconds:.0f}")
    return (f"{line.scenario} {line.title}"[:44], *figures, *times, "ok" if line.is_good else "FAILED")


def write(lines: Sequence[Line], path: Path) -> None:
    path.write_text(json.dumps([line.as_json() for line in lines], indent=1, ensure_ascii=False) + "\n")


def say(text: str = "") -> None:
    """To whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def failures(line: Line) -> list[str]:
    """Each failure on a line of its own."""
    found = [f"{name}: {text}" for name, texts in line.verdict.failures.items() for text in texts]
    return [*found, *(f"{line.scenario}: {text}" for text in line.expected)]
