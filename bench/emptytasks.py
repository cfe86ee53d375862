"""`python -m bench.emptytasks --messages 20000 --json FILE`: event to accepted message, beside an empty Celery task per message.

Ours is `bench.messages`: decided, rendered, stored, handed to a stub provider. The peer is Celery as it is configured here, two prefork
processes on a Redis of its own, doing nothing once for each message: the least that a task per message would cost. Both find their queues
full at the go; what it took to fill them counts for neither.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery, Task

from bench.lines import Line, report, table

URL, PEER, READY_WITHIN = "EMPTY_TASKS_REDIS", "an empty Celery task per message", 60.0
app = Celery("bench.emptytasks", broker=os.environ.get(URL, "memory://"))
app.conf.update(task_ignore_result=True, task_acks_late=False, worker_prefetch_multiplier=1, worker_hijack_root_logger=False)
MARKS = "marks"


def nothing(number: int, last: int = 0) -> None:
    """Does nothing; the first and the last write down when."""
    if number in (0, last):
        import redis  # noqa: PLC0415

        redis.Redis.from_url(os.environ[URL]).rpush(MARKS, time.monotonic())


empty: "Task[[int, int], None]" = app.task(name="bench.nothing")(nothing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    from bench.messages import growth, measure  # noqa: PLC0415
    from bench.stage import stage  # noqa: PLC0415

    with stage("emptytasks"):
        rounds = measure(given.messages, given.workers)
    peer = tasks(given.messages, given.workers)
    name, small = f"event to accepted message, {given.messages:,}", given.messages // 4
    lines = [
        Line(f"{name}, mail and SMS", rounds[-1].messages_per_second, "per second", PEER, peer),
        Line(f"{name}, growth of the time each from {small:,}", growth(rounds), "times", "none", 1.0),
    ]
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0 if all(row.accepted == row.messages for row in rounds) else 1


def tasks(count: int, workers: int) -> float | None:
    """Empty tasks a second, of a full queue; None without a Redis."""
    if shutil.which("redis-server") is None:
        print("left out, the empty tasks: there is no redis-server", file=sys.stderr)
        return None
    with server() as url:
        import redis  # noqa: PLC0415

        store = redis.Redis.from_url(url)
        for number in range(count):
            empty.delay(number, count - 1)
        command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "bench.emptytasks", "worker", "-c", str(workers), "-l", "ERROR"]
        quiet = ["--without-heartbeat", "--without-gossip", "--without-mingle"]
        worker = subprocess.Popen([*command, *quiet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            began, ended = marks(store, READY_WITHIN + count / 100)
        finally:
            worker.terminate()
            worker.wait(30)
    return round((count - 1) / (ended - began), 1)


def marks(store: "object", within: float) -> tuple[float, float]:
    """When the first and the last were done. Raises TimeoutError."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        found = sorted(float(mark) for mark in store.lrange(MARKS, 0, -1))  # type: ignore[attr-defined]
        if len(found) >= 2:
            return found[0], found[-1]
        time.sleep(0.2)
    raise TimeoutError("the Celery workers did not come to the end")


@contextmanager
def server() -> Iterator[str]:
    """A Redis of its own on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tempfile.mkdtemp(prefix="bench-redis-")
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", folder]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    os.environ[URL] = f"redis://127.0.0.1:{port}/0"
    app.conf.update(broker_url=os.environ[URL])
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield os.environ[URL]
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
