"""The stub's memory of what it was asked and what it did: one JSON object per line, on the disk before anybody is answered."""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BLANK = {"key": "", "to": "", "sender": "", "account": "", "decision": "", "accepted": False, "body_hash": ""}


class Journal:
    """Appends lines. Calls that come while the disk is busy share the next write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")
        self._lock = threading.Condition()
        self._waiting: list[bytes] = []
        self._taken = self._kept = 0
        self._is_busy = False

    def append(self, **told: Any) -> None:
        """Write one line; returns when it is on the disk."""
        line = json.dumps({"t_ns": time.time_ns(), **BLANK, **told}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._waiting.append(line)
            self._taken += 1
            mine = self._taken
        while True:
            with self._lock:
                while self._is_busy and self._kept < mine:
                    self._lock.wait()
                if self._kept >= mine:
                    return
                lines, upto, self._waiting, self._is_busy = self._waiting, self._taken, [], True
            self._keep(lines, upto)

    def _keep(self, lines: list[bytes], upto: int) -> None:
        self._file.write(b"".join(lines))
        self._file.flush()
        os.fsync(self._file.fileno())
        with self._lock:
            self._kept, self._is_busy = upto, False
            self._lock.notify_all()

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> list[Mapping[str, Any]]:
    """All whole lines so far; a line cut by a crash was never answered for."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1] if line.strip()]
