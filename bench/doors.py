"""`python -m bench.doors --calls 3000 --json FILE`: how many inbound webhooks one server takes, beside a bare Django view of one insert.

The server, the signed calls and the bare view are those of `bench.hooks`. Here every call is due at once and 32 connections keep the
server busy, so that what is measured is its rate; the two sides take turns. The caller shares the machine with the server and slows both
sides alike, so the server's own processor time for a call stands beside as well: there nothing is shared.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from bench.hooks import Request, bare_call, count_stored, fire, open_shop, server
from bench.lines import Line, middle, report, table
from bench.stage import stage

AT_ONCE, PEER = 10.0**9, "bare Django view, one insert, same server"
WARM_UP = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3000, help="of each side in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("doors"):
        path, sign = open_shop()
        numbers = iter(range(10**9))
        with server() as (port, cpu):
            sides = {"hook": lambda: sign(path, next(numbers)), "bare": lambda: bare_call(0)}
            found = measure(port, sides, cpu, given.calls, given.rounds)
        stored = count_stored()
    if stored != given.calls * given.rounds + WARM_UP:
        raise RuntimeError(f"{stored} calls were stored, {given.calls * given.rounds + WARM_UP} were made")
    lines = lines_of(found)
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0


def lines_of(found: dict[str, list[tuple[float, float]]]) -> list[Line]:
    rates = {name: middle([rate for rate, _ in rounds]) for name, rounds in found.items()}
    spent = {name: middle([cpu for _, cpu in rounds]) for name, rounds in found.items()}
    return [
        Line("inbound webhook over HTTP", rates["hook"], "per second", PEER, rates["bare"]),
        Line("inbound webhook, server's processor time", spent["hook"], "ms", PEER, spent["bare"]),
    ]


def measure(
    port: int, sides: dict[str, Callable[[], Request]], cpu: Callable[[], float], calls: int, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Calls a second and processor milliseconds a call, for each round. Raises RuntimeError when a call failed."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for call in sides.values():
        fire(port, [call() for _ in range(WARM_UP)], AT_ONCE)
    for _ in range(rounds):
        for name, call in sides.items():
            requests = [call() for _ in range(calls)]
            began, used = time.perf_counter(), cpu()
            result = fire(port, requests, AT_ONCE)
            lasted = time.perf_counter() - began
            if result.failures:
                raise RuntimeError(f"{len(result.failures)} calls failed, as {result.failures[0]}")
            found[name].append((round(calls / lasted, 1), round((cpu() - used) * 1000 / calls, 3)))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
