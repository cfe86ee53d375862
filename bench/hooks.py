"""`python -m bench.hooks --rate 300 --seconds 10 --json FILE`: signed Shopify webhooks against gunicorn, at a rate that does not wait.

Two workers of four threads on a free loopback port. A call's time counts from the moment it was due, so that a server that
falls behind cannot hide it. Beside it, on the same server, a bare Django view of one insert at the same rate.
"""

import argparse
import http.client
import itertools
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import stage

WORKERS, THREADS = 2, 4
TABLE = "create table bench_bare (id bigint generated always as identity primary key, body bytea not null)"
SENDERS = 32  # kept-alive connections, so that eight threads of the server are the narrow place
SECRET, HOST = "bench-shop-secret", "platform.test"
BODY = Path(__file__).parent.parent / "tests" / "connectors" / "payloads" / "shopify" / "orders_create.json"
READY_WITHIN, WARM_UP, BUDGET_MS = 30.0, 1.0, 100.0

Request = tuple[str, bytes, dict[str, str]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    with stage("hooks"):
        path, sign = open_shop()
        with server() as (port, cpu):
            product = measure(port, lambda number: sign(path, number), given.rate, given.seconds, cpu)
            bare = measure(port, bare_call, given.rate, given.seconds, cpu)
            stored = count_stored()
    report = {
        "rate": given.rate,
        "seconds": given.seconds,
        "load": os.getloadavg()[0],
        "hook": product,
        "bare_insert": bare,
        "stored": stored,
    }
    text = json.dumps(report, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(text)
    return 0 if product["failed"] == 0 and product["p99_ms"] <= BUDGET_MS else 1


def open_shop() -> tuple[str, Callable[[str, int], Request]]:
    """A merchant with a Shopify connection, the table of the bare view, and what signs a call."""
    from django.db import connections  # noqa: PLC0415  needs a running Django

    from connectors.services import connect  # noqa: PLC0415
    from core.signing import hmac_base64  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_merchant  # noqa: PLC0415

    at = datetime.now(tz=UTC)
    merchant = create_merchant(slug="bench", name="Bench", at=at)
    with merchant_scope(merchant.pk):
        row, _ = connect(connector="shopify", at=at, secret=SECRET)
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLE)
    order = json.loads(BODY.read_text())

    def sign(path: str, number: int) -> Request:
        body = json.dumps({**order, "id": 10**12 + number}).encode()
        headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": f"bench-{number}"}
        return path, body, {**headers, "X-Shopify-Hmac-SHA256": hmac_base64(SECRET, body)}

    return f"/hooks/{row.public_id}/", sign


def bare_call(number: int) -> Request:
    return "/bare/", BODY.read_bytes(), {}


def count_stored() -> int:
    """Inbox rows, over all merchants."""
    from django.db import connections  # noqa: PLC0415

    from connectors.models import InboxItem  # noqa: PLC0415
    from merchants.models import Merchant  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415

    with merchant_scope(Merchant.objects.get(slug="bench").pk):
        count: int = InboxItem.objects.count()
    connections.close_all()
    return count


@contextmanager
def server() -> Iterator[tuple[int, Callable[[], float]]]:
    """Gunicorn on a free port; also a function that tells the CPU seconds it used so far."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    shape = ["--workers", str(WORKERS), "--threads", str(THREADS), "--log-level", "warning", "--keep-alive", "30"]
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "gunicorn", "bench.bare", "--bind", f"127.0.0.1:{port}", *shape])
    try:
        wait_until_ready(port)
        yield port, lambda: cpu_of_children(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def cpu_of_children(pid: int) -> float:
    """CPU seconds of the workers, from /proc; 0 where there is none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ticks = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13] for child in children]
    except OSError:
        return 0.0
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


def wait_until_ready(port: int) -> None:
    """Until a worker answers; raises TimeoutError."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("gunicorn did not come up")


@dataclass(slots=True)
class Result:
    """Milliseconds from due to answered, and the statuses that were no 2xx."""

    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def measure(port: int, call: Callable[[int], Request], rate: float, seconds: float, cpu: Callable[[], float]) -> dict[str, float]:
    """Warm up, then send `rate` calls a second and tell how long they took."""
    first = 10**6
    fire(port, [call(number) for number in range(first, first + int(rate * WARM_UP))], rate)
    requests = [call(number) for number in range(int(rate * seconds))]
    began, used, own = time.perf_counter(), cpu(), resource.getrusage(resource.RUSAGE_SELF)
    result = fire(port, requests, rate)
    lasted, mine = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    times = sorted(result.times) or [0.0]
    for failure in sorted(set(result.failures))[:5]:
        print(f"{result.failures.count(failure)} x {failure}", file=sys.stderr)
    return {
        "sent": len(requests),
        "failed": len(result.failures),
        "per_second": round(len(result.times) / lasted, 1),
        **{f"p{share}_ms": round(times[min(len(times) * share // 100, len(times) - 1)], 2) for share in (50, 95, 99)},
        "max_ms": round(times[-1], 2),
        "server_cpu_ms_per_call": round((cpu() - used) * 1000 / len(requests), 3),
        "client_cpu_seconds": round(mine.ru_utime + mine.ru_stime - own.ru_utime - own.ru_stime, 2),
    }


def fire(port: int, requests: list[Request], rate: float) -> Result:
    """Each call is due at its own time, whatever became of those before it."""
    result, numbers, start = Result(), itertools.count(), time.perf_counter() + 0.1

    def send() -> None:
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (number := next(numbers)) < len(requests):
            due = start + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            status = ask(wire, requests[number])
            if status == "200":
                result.times.append((time.perf_counter() - due) * 1000)
            else:
                result.failures.append(status)
        wire.close()

    threads = [threading.Thread(target=send, daemon=True) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(len(requests) / rate + 60)
    return result


def ask(wire: http.client.HTTPConnection, request: Request) -> str:
    """The status, or the name of what went wrong."""
    path, body, headers = request
    try:
        wire.request("POST", path, body, {"Host": HOST, "Content-Type": "application/json", **headers})
        answer = wire.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        wire.close()
        return error.__class__.__name__
    return str(answer.status)


if __name__ == "__main__":
    raise SystemExit(main())
