"""Clocks that go wrong: the product's own reading of the time, shifted from outside. The database's clock stays right.

What a process adds to the time stands in a file of the stack's signal folder: `clock` for all of them, `clock-<name>` for those that
were started with that name in CHAOS_CLOCK. It is read at every look at the clock, so that a clock can be stepped while work is on.
"""

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from core import clock

FILE = "clock"


def wrap(folder: Path, name: str) -> None:
    """In a process of the stack."""
    files = [str(folder / FILE), *([str(folder / f"{FILE}-{name}")] if name else [])]

    class Shifted(datetime):
        """Where `core.clock` looks."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=sum(map(_seconds, files)))

    clock.datetime = Shifted  # type: ignore[misc,attr-defined]


def _seconds(file: str) -> float:
    if not os.path.exists(file):  # noqa: PTH110  at every look at the clock
        return 0.0
    return float(Path(file).read_text())


def shift(folder: Path, seconds: float, name: str = "") -> None:
    """In the harness: from now on the clock of all, or of those with this name, goes wrong by so much."""
    waiting = folder / f".{FILE}"
    waiting.write_text(str(seconds))
    waiting.rename(folder / (f"{FILE}-{name}" if name else FILE))


def put_right(folder: Path) -> None:
    for file in folder.glob(f"{FILE}*"):
        file.unlink()
