"""`python -m bench [OLIST]`: every benchmark after the other, one table of what each says, and `bench/results.json`.

Each runs in its own process and on its own database. Those on real orders need the folder of the public Olist files.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
ALWAYS = {
    "hooks": ("bench.hooks",),
    "messages": ("bench.messages",),
    "confirmations": ("bench.confirmations",),
    "simulate": ("bench.simulate",),
    "pages": ("bench.pages",),
    "lookup": ("bench.lookup",),
    "sweep": ("bench.sweep",),
    "returns_policy": ("bench.returns_policy",),
    "reviews": ("bench.reviews",),
    "asking": ("bench.asking",),
    "delays": ("bench.delays", "--sizes", "100000,1000000"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--only", default="", help="names, separated by commas")
    given = parser.parse_args()
    runs: dict[str, tuple[str, ...]] = dict(ALWAYS)
    if given.folder:
        folder = str(given.folder)
        runs["replay"] = ("bench.replay", folder, "--orders", str(given.orders))
        runs["eta"] = ("bench.eta", folder, "--from", "2018-03-01", "--to", "2018-05-31")
    wanted = {name for name in given.only.split(",") if name} or set(runs)
    found = {name: run(command) for name, command in runs.items() if name in wanted}
    RESULTS.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    for name, result in found.items():
        print(f"\n{name}")
        for key, value in result.items():
            if isinstance(value, int | float | str):
                print(f"  {key:<32}{value}")
    return 0 if all(result["exit"] == 0 for result in found.values()) else 1


def run(command: tuple[str, ...]) -> dict[str, Any]:
    """One benchmark's own report, and how it ended."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([sys.executable, "-W", "ignore", "-m", *command, "--json", file.name], check=False)
        text = Path(file.name).read_text()
    report: dict[str, Any] = json.loads(text) if text else {}
    report.pop("refused_rows", None)
    return {"exit": done.returncode, **report}


if __name__ == "__main__":
    raise SystemExit(main())
