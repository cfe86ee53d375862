"""`python -m bench.asking --parcels 50000 --json FILE`: how long a night's questions take.

As many parcels of two lines were delivered. First their questions are planned, two hundred at a time, as the event road does it; then,
a week on, all are due and are handed to the event road by the sweep, five hundred at a time. Beside both the floor: bare INSERTs of the
same rows in batches of the same size. Limit: sixty seconds for 50,000, for each of the two.
"""

import argparse
import json
from pathlib import Path

from bench.stage import stage

LIMIT = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=50_000)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("asking"):
        from bench.questions import measure  # noqa: PLC0415  models need the settings that the stage has set

        report = measure(given.parcels)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'step':<12} {'seconds':>8} {'cpu':>6} {'database':>9} {'bare INSERTs':>13} {'rows':>7}")
    for row in report["steps"]:
        print(
            f"{row['step']:<12} {row['seconds']:>8.2f} {row['cpu_seconds']:>6.2f} {row['database_cpu_seconds']:>9.2f}"
            f" {row['floor_seconds']:>13.2f} {row['rows']:>7}"
        )
    return 0 if report["slowest"] <= LIMIT * max(given.parcels / 50_000, 1) else 1


if __name__ == "__main__":
    raise SystemExit(main())
