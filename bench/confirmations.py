"""`python -m bench.confirmations --messages 20000 --json FILE`: order confirmations end to end, beside django-post_office in the same run.

Ours takes the whole road: event, decision, composing, storing, handing over to a stub, writing down what it said. The peer reads the
same orders, builds the same contexts and has our own mail as its template. It runs twice: with one `mail.send` for each order, as its
documentation shows it and as orders come in, and with `send_many`, as whoever has many orders at hand would.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.stage import stage

TIMES = 3.0  # the aim: at least so many times the peer's rate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("confirmations"), tempfile.NamedTemporaryFile("w", suffix=".json") as letter:
        from bench.letter import write_letter  # noqa: PLC0415  needs a running Django

        ours = _ours(given.messages, given.workers)
        write_letter(Path(letter.name), "bench")
        peers = {
            "post_office": _peer(given.messages, given.workers, Path(letter.name)),
            "post_office_many": _peer(given.messages, given.workers, Path(letter.name), "--many"),
        }
    times = {name: round(ours["per_second"] / peer["per_second"], 2) for name, peer in peers.items()}
    report = {"ours": ours, **peers, "times_the_peer": times["post_office"], "times_the_peer_many": times["post_office_many"]}
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'':<18} {'messages':>9} {'seconds':>8} {'per second':>11}")
    for name, row in {"ours": ours, **peers}.items():
        print(f"{name:<18} {row['accepted']:>9} {row['seconds']:>8.2f} {row['per_second']:>11.0f}")
    print(f"times the peer's rate: {times['post_office']} (aim {TIMES:.0f}), of `send_many`: {times['post_office_many']}")
    is_whole = all(row["accepted"] == given.messages for row in (ours, *peers.values()))
    return 0 if times["post_office"] >= TIMES and is_whole else 1


def _ours(messages: int, workers: int) -> dict[str, Any]:
    from bench.messages import measure  # noqa: PLC0415

    row = measure(messages, workers, channels=("email",))[-1]
    return {
        "accepted": row.accepted,
        "seconds": row.seconds,
        "per_second": row.messages_per_second,
        "worker_cpu_ms_per_message": row.worker_cpu_ms_per_message,
    }


def _peer(messages: int, workers: int, letter: Path, *more: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "bench.postoffice",
        str(letter),
        "--messages",
        str(messages),
        "--workers",
        str(workers),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


if __name__ == "__main__":
    raise SystemExit(main())
