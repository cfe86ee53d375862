"""The schedule of faults: drawn from the seed before the run begins, printed, and played against the clock."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.chaos.stack import Stack

WORKERS = ("worker1", "worker2")
RELAYS = ("relay1", "relay2")


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: so many seconds after the beginning, what, and to whom."""

    at: float
    what: str
    whom: str = ""

    def __str__(self) -> str:
        return f"{self.at:6.1f} s {self.what}{f' {self.whom}' if self.whom else ''}"


def kills(rng: random.Random, count: int, *, every: float, whom: Sequence[str] = (*WORKERS, *RELAYS), start: float = 1.0) -> list[Strike]:
    """So many kills of random processes, as far apart as chance has it: `every` seconds on average."""
    found, at = [], start
    for _ in range(count):
        found.append(Strike(at, "kill", rng.choice(list(whom))))
        at += min(rng.expovariate(1 / every), 4 * every)
    return found


def spread(rng: random.Random, what: str, count: int, *, over: float, whom: str = "", start: float = 2.0) -> list[Strike]:
    """So many of one kind, one in each part of the time, somewhere in it."""
    part = over / count
    return [Strike(start + part * number + rng.uniform(0.1, 0.9) * part, what, whom) for number in range(count)]


class Nemesis:
    """Plays strikes in their order. What each did is kept, for the report and for whoever asks how many there were."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self.stack, self.rng = stack, rng
        self.done: list[Strike] = []
        self.missed: list[Strike] = []
        self._acts: dict[str, Callable[[str], bool]] = {
            "kill": self._kill,
            "crash": self._crash,
            "kill_redis": self._kill_redis,
            "flush": self._flush,
        }

    def play(self, strikes: Iterable[Strike], *, until: threading.Event | None = None) -> None:
        """Returns after the last."""
        started = time.monotonic()
        for strike in sorted(strikes, key=lambda strike: strike.at):
            wait = strike.at - (time.monotonic() - started)
            if wait > 0 and (until or threading.Event()).wait(wait):
                return
            (self.done if self._acts[strike.what](strike.whom) else self.missed).append(strike)

    def count(self, what: str) -> int:
        return sum(strike.what == what for strike in self.done)

    def _kill(self, whom: str) -> bool:
        """A process that is just being started again is waited for: a kill that hits nobody is none."""
        until = time.monotonic() + 5
        while not self.stack.pids(whom) and time.monotonic() < until:
            time.sleep(0.05)
        # Of three, one takes the parent with all its children, as a container dies; else one working child.
        whole = self.rng.random() < 1 / 3
        return bool(self.stack.kill(whom, whole=whole, pick=lambda children: self.rng.choice(list(children))))

    def _crash(self, _: str) -> bool:
        self.stack.crash_postgres()
        return True

    def _kill_redis(self, _: str) -> bool:
        killed = bool(self.stack.kill("redis"))
        self.stack.wait_ready("redis")
        return killed

    def _flush(self, _: str) -> bool:
        with self.stack.redis() as client:
            client.flushall()
        return True
