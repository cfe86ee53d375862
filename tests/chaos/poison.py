"""Messages nobody can compose: whoever tries raises, dies, or hangs. Put there from outside, like the failpoints.

Which orders' messages are poisoned, and how, stands in one file of the stack's signal folder; without the file nothing is.
"""

import functools
import importlib
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "poison.json"
PIECE = 0.05


class Poisoned(RuntimeError):
    """What composing a poisoned message raises."""


def wrap(folder: Path) -> None:
    """In a process of the stack."""
    prepare = importlib.import_module("notifications.services.prepare")  # once all rooms are there
    file, compose = folder / FILE, prepare._compose

    @functools.wraps(compose)
    def poisoned(message: Any, *rest: Any, **more: Any) -> Any:
        if file.exists():
            _act(json.loads(file.read_text()), message)
        return compose(message, *rest, **more)

    prepare._compose = poisoned  # type: ignore[attr-defined]


def _act(told: Mapping[str, Any], message: Any) -> None:
    act = told["orders"].get(message.order.number if message.order is not None else "")
    if act == "raise":
        raise Poisoned
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "hang":
        until = time.monotonic() + told["hang"]
        while time.monotonic() < until:
            time.sleep(PIECE)


def lay(folder: Path, orders: Mapping[str, str], *, hang: float) -> None:
    """In the harness: these orders' messages from now on."""
    waiting = folder / f".{FILE}"
    waiting.write_text(json.dumps({"orders": dict(orders), "hang": hang}))
    waiting.rename(folder / FILE)


def clear(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
