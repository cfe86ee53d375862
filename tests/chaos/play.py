"""Plays scenarios on a running stack, one after the other, and judges each. Imported once Django runs."""

import argparse
import contextlib
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from django.db import connection

import tests.chaos.scenarios  # noqa: F401  registers them
from tests.chaos import failpoints, report
from tests.chaos.checker import judge
from tests.chaos.report import Line, say
from tests.chaos.scenario import SCENARIOS, Scenario, nothing
from tests.chaos.stack import PRODUCT, SERVERS, Stack
from tests.chaos.world import World

PATIENCE = 5  # a smoke test runs beside whatever else a machine does: it judges what is lost or doubled, not how fast
RATE = 10.0  # messages a second the stack works off at the very least, beside everything else on two cores
ERROR = re.compile(r"^(?:[a-z_A-Z0-9]+\.)*[A-Z][A-Za-z]*(?:Error|Exception|Failed|Exceeded|Lost|Timeout)\b")


class UnknownScenario(LookupError):
    """Nobody registered it."""


def chosen(names: Sequence[str]) -> list[Scenario]:
    """The scenarios asked for; all that are no smoke test when none is named."""
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise UnknownScenario(f"{', '.join(unknown)}; known: {', '.join(sorted(SCENARIOS))}")
    return [SCENARIOS[name] for name in names] or [one for _, one in sorted(SCENARIOS.items()) if not one.is_smoke]


def tell_all() -> bool:
    """Which scenarios there are, a line each."""
    for code, scenario in sorted(SCENARIOS.items()):
        say(f"{code:8} {scenario.title}")
    return True


def play(stack: Stack, options: argparse.Namespace) -> bool:
    """Every scenario with every seed; says how each ended, and writes the report. True when all held."""
    lines: list[Line] = []
    scenarios, seeds = chosen(options.scenarios), [int(seed) for seed in options.seeds.split(",")]
    try:
        for scenario, seed in turns(scenarios, seeds, rotate=options.rotate):
            told = replace(scenario, orders=options.orders) if options.orders else scenario
            lines.append(Run(stack, told, seed, options).line())
            for text in report.failures(lines[-1]):
                say(f"    {text}")
            report.write(lines, options.report)
    finally:
        say()
        say(report.table(lines))
        say(f"{sum(line.is_good for line in lines)} of {len(lines)} passed; {options.report}")
    return bool(lines) and all(line.is_good for line in lines)


def turns(scenarios: Sequence[Scenario], seeds: Sequence[int], *, rotate: bool) -> Iterator[tuple[Scenario, int]]:
    """Every scenario with every seed; `rotate`: with one of them in turn, so that all seeds are played in a third of the time."""
    for number, scenario in enumerate(scenarios):
        for place, seed in enumerate(seeds):
            if not rotate or scenario.code == "storm" or place == number % len(seeds):
                yield scenario, seed


class Run:
    """One scenario with one seed."""

    def __init__(self, stack: Stack, scenario: Scenario, seed: int, options: argparse.Namespace) -> None:
        self.stack, self.scenario, self.seed, self.options = stack, scenario, seed, options
        self.wrong: list[str] = []
        self.read = {name: process.log.stat().st_size for name, process in stack.processes.items() if process.log.exists()}

    def line(self) -> Line:
        """Set up, load and faults side by side, settle, judge."""
        started = time.monotonic()
        say(f"{self.scenario.code} {self.scenario.title}, seed {self.seed}")
        world = World(self.stack, self.scenario, seed=self.seed, scale=self.options.scale, pace=self.options.pace)
        connection.close()  # of the set-up; what comes now breaks connections
        self._script(world)
        self._guarded("preparing", lambda: self.scenario.prepare(world))
        self._load_and_faults(world)
        backlog = sum(world.open_work().values())
        waits = world.lengths
        allowed = backlog / RATE + self.scenario.drain + waits.lease + waits.grace + 2 * waits.between
        allowed *= PATIENCE if self.scenario.is_smoke else 1
        settled_in = world.settle(allowed)
        facts = world.facts(settled_in=settled_in, allowed=allowed, had_faults=self.scenario.faults is not nothing)
        verdict = judge(facts)
        connection.close()
        self._guarded("expecting", lambda: self.wrong.extend(self.scenario.expects(world, verdict)))
        self._notes(world, backlog)
        return Line(
            self.scenario.code, self.scenario.title, self.seed, verdict, time.monotonic() - started, settled_in, world.notes, self.wrong
        )

    def _script(self, world: World) -> None:
        """Callbacks come of everything, as most mail providers cannot be asked; one each, unless the scenario says otherwise."""
        callbacks = {"states": ["delivered"], "delay": [0.1, 1.0]}
        world.provider.script(**{"callbacks": callbacks, "seed": self.seed, **self.scenario.script})

    def _load_and_faults(self, world: World) -> None:
        rng = random.Random(f"{self.seed}:{self.scenario.code}")
        load = threading.Thread(target=lambda: self._guarded("the load", lambda: self._load(world)), name="load", daemon=True)
        if self.scenario.load:
            load.start()
        self._guarded("the faults", lambda: self.scenario.faults(world, rng))
        self._heal()  # what a fault that failed has left must not keep the load waiting
        if self.scenario.load:
            load.join()

    @staticmethod
    def _load(world: World) -> None:
        world.notes["load_s"] = round(world.load(), 1)

    def _guarded(self, what: str, act: Callable[[], object]) -> None:
        """A fault that could not be played, or a promise that was not kept, fails the scenario and no other."""
        try:
            act()
        except Exception as error:
            self.wrong.append(f"{what}: {error.__class__.__name__}: {error}")

    def _heal(self) -> None:
        """Everything runs again, nothing is armed."""
        for name in list(failpoints.BY_NAME):
            failpoints.forget(self.stack.signals, name)
        for name in (*SERVERS, *PRODUCT, "providerd"):
            self.stack.resume(name)
            self.stack.start(name, wait=name != "beat")

    def _notes(self, world: World, backlog: int) -> None:
        log = world.log
        self.wrong += [f"refused: {text}" for text in log.refused[:3]]
        self.wrong += [f"never acknowledged: {text}" for text in log.given_up[:3]]
        world.notes |= {
            "messages": world.states(),
            "backlog": backlog,
            "answers": {str(status): count for status, count in sorted(log.statuses.items())},
            "acknowledged": dict(Counter(fact.what for fact in log.facts)),
        }
        if errors := self._errors():
            world.notes["errors"] = errors
        say("    " + ", ".join(f"{name} {value}" for name, value in world.notes.items()))

    def _errors(self) -> dict[str, int]:
        """What the product's processes complained of, by kind: not a failure in itself, but worth a look."""
        found: Counter[str] = Counter()
        for name in PRODUCT:
            with contextlib.suppress(OSError), self.stack.tail(name) as log:
                log.seek(self.read.get(name, 0))
                found.update(f"{name.rstrip('12')}: {match[0].rpartition('.')[2]}" for text in log if (match := ERROR.match(text)))
        return dict(found.most_common(8))
