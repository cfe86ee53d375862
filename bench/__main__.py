"""`python -m bench [OLIST]`: every benchmark after the other, one table, and `bench/results.json`.

Each runs in its own process and on its own database, a copy of one that is migrated once. Those on real orders need the folder of the
public Olist files. `--quick` takes small sizes and leaves out what has none: it shows that all runs, its figures say little. `--markdown`
also puts the table into docs/performance.md. What ended is in the results at once, so a run that is broken off keeps what it has.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.lines import Line, markdown, merge, missed, put, table, write
from bench.plan import AIMS, FOLDER, PLAN, Benchmark
from bench.reports import lines_of

ROOT = Path(__file__).parent.parent
RESULTS, DOCUMENT = ROOT / "bench" / "results.json", ROOT / "docs" / "performance.md"
PYTHON = (sys.executable, "-W", "ignore", "-m")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the public Olist files")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round, about three minutes")
    parser.add_argument("--only", default="", help=f"names, separated by commas: {', '.join(one.name for one in PLAN)}")
    parser.add_argument("--markdown", type=Path, nargs="?", const=DOCUMENT, default=None, help="the document the table is put into")
    parser.add_argument("--reports", type=Path, default=None, help="a folder for each benchmark's own report")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    chosen, left_out = choose(given)
    lines: list[Line] = []
    failed: list[str] = []
    began = time.monotonic()
    with template():
        for one in chosen:
            print(f"== {one.name}", file=sys.stderr, flush=True)
            found, is_well = run(one, given)
            lines += found
            failed += [] if is_well else [one.name]
            write(RESULTS, lines)
    notes = [setting(time.monotonic() - began, is_quick=given.quick)]
    notes += [f"Left out: {', '.join(left_out)}."] if left_out else []
    notes += [f"Ended badly or over its own bound: {', '.join(failed)}."] if failed else []
    print(f"\n{table(lines, AIMS)}\n")
    print("\n".join([*notes, *(f"aim missed: {work}" for work in missed(lines, AIMS))]))
    if given.markdown:
        text = given.markdown.read_text()
        given.markdown.write_text(put(text, "\n\n".join([*notes, markdown(lines, AIMS)])))
    return 1 if failed and not given.quick else 0


def choose(given: argparse.Namespace) -> tuple[list[Benchmark], list[str]]:
    """What is to run, and the names of what is not."""
    wanted = {name for name in given.only.split(",") if name} or {one.name for one in PLAN}
    if unknown := wanted - {one.name for one in PLAN}:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}")
    fits = [one for one in PLAN if one.told(is_quick=given.quick) is not None and (given.folder or not one.needs_olist())]
    chosen = [one for one in fits if one.name in wanted]
    return chosen, [one.name for one in PLAN if one not in chosen]


@contextmanager
def template() -> Iterator[None]:
    """A migrated database that every benchmark takes a copy of."""
    name = f"bench_template_{os.getpid()}"
    made = subprocess.run([*PYTHON, "bench.stage", "make", name], check=True, stdout=subprocess.PIPE, text=True)
    os.environ["BENCH_TEMPLATE"] = made.stdout.split()[-1]
    try:
        yield
    finally:
        subprocess.run([*PYTHON, "bench.stage", "drop", name], check=False, stdout=subprocess.DEVNULL)


def run(one: Benchmark, given: argparse.Namespace) -> tuple[list[Line], bool]:
    """A benchmark's lines, medians of its rounds, and whether all of them ended well."""
    rounds, codes = [], []
    for place in range(1 if given.quick else one.rounds):
        code, report = once(one, given)
        codes.append(code)
        rounds.append(lines_of(one.name, report))
        if given.reports:
            given.reports.mkdir(parents=True, exist_ok=True)
            (given.reports / f"{one.name}-{place + 1}.json").write_text(json.dumps(report, indent=2) + "\n")
    return merge(rounds), not any(codes) and all(rounds)


def once(one: Benchmark, given: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    told: Sequence[str] = one.told(is_quick=given.quick) or ()
    said = [str(given.folder) if word == FOLDER else word for word in told]
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [*PYTHON, f"bench.{one.name}", *said, "--json", file.name]
        done = subprocess.run(command, check=False, stdout=sys.stderr)
        text = Path(file.name).read_text()
    report: dict[str, Any] = json.loads(text) if text else {}
    report.pop("refused_rows", None)
    return done.returncode, report


def setting(seconds: float, *, is_quick: bool) -> str:
    """Where and when; under which load, which says how far the figures may be trusted."""
    cores, load = os.cpu_count() or 1, os.getloadavg()
    word = "**Quick: small sizes, one round; shows that all runs, the figures say little.** " if is_quick else ""
    return (
        f"{word}Measured {datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC in {seconds / 60:.0f} min: {cores} cores, Python {platform.python_version()},"
        f" load at the end {load[0]:.1f} (15 min: {load[2]:.1f})."
    )


if __name__ == "__main__":
    raise SystemExit(main())
