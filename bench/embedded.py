"""`python -m bench.embedded --json FILE`: the demo from nothing: until its first page, then its pages, then what it holds in memory.

`manage.py demo` in an empty data folder: the embedded Postgres is made, two shops are opened and their last ninety days played through.
Then it is stopped and started again on what is there. Memory is the sum over its processes, the server's among them; the proportional
share (PSS) counts what processes share once, the resident size (RSS) counts it in each. The packages are installed already.
"""

import argparse
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lines import Line, middle, report, table

READY_WITHIN, SLEEP, PAGES, REST = 600.0, 0.1, 30, 5.0
BUDGET_SECONDS, BUDGET_MIB = 60.0, 450.0
ROOT = Path(__file__).parent.parent
SHOP = re.compile(r"http://([\w-]+\.localhost)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with data_folder() as folder:
        with demo(folder) as (cold, port, process):
            host = shop_of(folder)
            first = page(port, host)
            times = [page(port, host) for _ in range(PAGES)]
            time.sleep(REST)
            rss, pss = memory(process.pid, folder)
        with demo(folder) as (warm, _, _):
            pass
    lines = [
        Line("demo, first start to first page", round(cold + first / 1000, 1), "s", "budget from a bare clone", BUDGET_SECONDS),
        Line("demo, second start to first page", round(warm, 1), "s", "its first start", round(cold, 1)),
        Line("demo, My Account asked for a first time", round(first, 1), "ms", "the same page after", middle(times)),
        Line("demo, memory of all processes, RSS", round(rss), "MiB", "budget", BUDGET_MIB),
        Line("demo, memory of all processes, PSS", round(pss), "MiB", "budget", BUDGET_MIB),
    ]
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0


@contextmanager
def data_folder() -> Iterator[Path]:
    """An empty folder, and the server in it gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bench-demo-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def demo(folder: Path) -> Iterator[tuple[float, int, "subprocess.Popen[bytes]"]]:
    """The running demo, and the seconds from the command to the first answer of a page. Raises RuntimeError when it does not come up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_", "BENCH_", "DATABASE_"))}
    env = {**clean, "POSTPURCHASE_DATA": str(folder), "PLATFORM_HOST": f"localhost:{port}", "PYTHONUNBUFFERED": "1"}
    log = (folder / "log").open("ab")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "demo", "--port", str(port)], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    try:
        wait(process, port, folder)
        yield time.perf_counter() - began, port, process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            page(port, "localhost", "/readyz")
        except (OSError, RuntimeError, http.client.HTTPException):
            time.sleep(SLEEP)
        else:
            return
    raise RuntimeError(f"the demo did not come up: {(folder / 'log').read_text()[-1000:]}")


def shop_of(folder: Path) -> str:
    """The host of the first shop the demo names."""
    found = SHOP.search((folder / "log").read_text())
    if found is None:
        raise RuntimeError("the demo named no shop")
    return found[1]


def page(port: int, host: str, path: str = "/") -> float:
    """Milliseconds of one page; its redirects belong to it. Raises RuntimeError when it does not come."""
    began = time.perf_counter()
    for _ in range(5):
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        wire.request("GET", path, headers={"Host": f"{host}:{port}"})
        answer = wire.getresponse()
        answer.read()
        wire.close()
        if answer.status == 200:
            return (time.perf_counter() - began) * 1000
        path = answer.headers.get("Location", "")
        if not path:
            break
    raise RuntimeError(f"{host} {path} answered {answer.status}")


def memory(pid: int, folder: Path) -> tuple[float, float]:
    """MiB resident and proportional, of the demo and of the server in its folder."""
    rss = pss = 0
    for one in family(pid) | family(server_of(folder)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        rss, pss = rss + field(text, "Rss"), pss + field(text, "Pss")
    return rss / 1024, pss / 1024


def server_of(folder: Path) -> int:
    """The embedded Postgres, which is nobody's child."""
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def family(pid: int) -> set[int]:
    """A process and all that came of it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return {pid}.union(*(family(int(child)) for child in children.read_text().split())) if children.exists() else {pid}


def field(text: str, name: str) -> int:
    """A line of /proc in kB."""
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
