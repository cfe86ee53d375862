"""`python -m bench.messages --messages 5000 --workers 2 --json FILE`: from event to message accepted by a stub provider.

Orders are recorded through the services, with their `orders.order.confirmed` events left pending; each becomes a mail and an SMS.
Then the workers, processes of their own, work the queues off as `manage.py relay` does, warmed up by a small round before.
Measured: from the go to the last acceptance, for a quarter of the messages and for all of them, so that growth shows.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.stage import stage

CHANNELS = ("email", "sms")  # a mail and an SMS for each order
WARM_UP = 400


@dataclass(frozen=True, slots=True)
class Round:
    messages: int
    accepted: int
    seconds: float
    messages_per_second: float
    worker_cpu_ms_per_message: float
    database_cpu_ms_per_message: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("messages"):
        rounds = measure(given.messages, given.workers)
    report = {"workers": given.workers, "rounds": [asdict(row) for row in rounds], "growth": growth(rounds)}
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'messages':>9} {'seconds':>8} {'per second':>11} {'worker ms each':>15} {'database ms each':>17}")
    for row in rounds:
        print(
            f"{row.accepted:>9} {row.seconds:>8.2f} {row.messages_per_second:>11.0f}"
            f" {row.worker_cpu_ms_per_message:>15.2f} {row.database_cpu_ms_per_message:>17.2f}"
        )
    print(f"time per message, all against a quarter: x {report['growth']}")
    return 0 if all(row.accepted == row.messages for row in rounds) else 1


def growth(rounds: Sequence[Round]) -> float:
    """1.0 is linear."""
    first, last = (row.seconds / row.accepted for row in (rounds[0], rounds[-1]))
    return round(last / first, 2)


def measure(messages: int, workers: int, channels: Sequence[str] = CHANNELS) -> list[Round]:
    """A warm-up that is not told, then a quarter of the messages, then all."""
    from bench.crew import open_shop  # noqa: PLC0415  needs a running Django

    merchant_id, done, rounds, each = open_shop(channels), 0, [], len(channels)
    context = multiprocessing.get_context("spawn")
    pipes, total = [context.Pipe() for _ in range(workers)], context.Value("q", 0)
    crew = [context.Process(target=work, args=(there, total), daemon=True) for _, there in pipes]
    for worker in crew:
        worker.start()
    for count in (WARM_UP, messages // 4, messages):
        rounds.append(one_round(merchant_id, done, count // each, [here for here, _ in pipes], each))
        done += count // each
    for here, _ in pipes:
        here.send(None)
    for worker in crew:
        worker.join()
    return rounds[1:]


def work(end: Any, accepted: Any) -> None:
    """A worker's process."""
    import django  # noqa: PLC0415

    django.setup()
    from bench.crew import Worker  # noqa: PLC0415

    Worker(accepted).serve(end)


def one_round(merchant_id: int, first: int, orders: int, ends: Sequence[Any], each: int) -> Round:
    from bench.crew import take_orders  # noqa: PLC0415

    take_orders(merchant_id, first, orders)
    started = time.monotonic()  # one clock for all processes of the machine
    for end in ends:
        end.send((first + orders) * each)
    shares = [end.recv() for end in ends]
    accepted, seconds = sum(share.accepted for share in shares), max(share.last_at for share in shares) - started
    return Round(
        orders * each,
        accepted,
        round(seconds, 3),
        round(accepted / seconds, 1),
        round(1000 * sum(share.cpu for share in shares) / accepted, 3),
        round(1000 * sum(share.database_cpu for share in shares) / accepted, 3),
    )


if __name__ == "__main__":
    raise SystemExit(main())
