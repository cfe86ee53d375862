"""`python -m bench.sweep --parcels 10000 --json FILE`: how long the incident sweep takes over as many open parcels.

All of them are due for a look. Three rounds: the first finds one in ten in trouble (silent, late, tried in vain, in a shop), opens
and tells; the second, six hours on, looks at all again and finds hardly anything new; the third clears what has moved since. Beside
it the floor: one statement that reads the same parcels and their orders and hands them to Python. Limit: five seconds for 10,000.
"""

import argparse
import json
from pathlib import Path

from bench.stage import stage

LIMIT = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=10_000)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("sweep"):
        from bench.parcels import measure  # noqa: PLC0415  models need the settings that the stage has set

        report = measure(given.parcels)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'round':<28} {'seconds':>8} {'cpu':>6} {'database':>9} {'incidents changed':>18} {'open after':>11}")
    for row in report["rounds"]:
        print(
            f"{row['round']:<28} {row['seconds']:>8.2f} {row['cpu_seconds']:>6.2f} {row['database_cpu_seconds']:>9.2f} {row['changed']:>18} {row['open']:>11}"
        )
    print(f"floor, one bare read: {report['floor_seconds']:.2f} s; slowest round for {given.parcels} parcels: {report['slowest']:.2f} s")
    return 0 if report["slowest"] <= LIMIT * max(given.parcels / 10_000, 1) else 1


if __name__ == "__main__":
    raise SystemExit(main())
