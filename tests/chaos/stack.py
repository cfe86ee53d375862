"""The installation under test: its own Postgres and Redis, web, workers, beat and relays, each a process of its own on loopback.

Postgres runs with every safety on (`fsync`, `synchronous_commit`), Redis with its log flushed each second, the product with its
production settings, served as role `app`. What dies is started again, as a deployment's supervisor would. Only processes that were
started here are ever signalled, by their recorded ids.
"""

import contextlib
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg2
import redis
from psycopg2.extensions import connection as Connection

from postpurchase.database import ensure_database, ensure_roles, with_role
from scripts.stack import free_port, postgres_programs, unprivileged

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE, TEMPLATE = "chaos", "chaos_template"
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
RESTART_AFTER = 0.2  # seconds a dead process stays down, at least
# In the order they are started; a container each in docker-compose.yml.
SERVERS, PRODUCT = ("postgres", "redis"), ("web", "relay1", "relay2", "worker1", "worker2", "beat")


class NotReady(RuntimeError):
    """A process did not come up."""


@dataclass(slots=True)
class Process:
    """One program of the stack: how it is started, and the run that is on."""

    name: str
    command: Sequence[str | Path]
    environ: Mapping[str, str]
    log: Path
    user: Mapping[str, str] = field(default_factory=dict)
    running: "subprocess.Popen[bytes] | None" = None
    is_wanted: bool = False
    restarts: list[float] = field(default_factory=list)  # time.time() of each start after the first
    died_at: float = 0.0

    def start(self) -> None:
        """Start it; its words go to its log."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(  # type: ignore[call-overload]
                [str(part) for part in self.command],
                cwd=ROOT,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the harness, which then stops them in order
                **self.user,
            )
        self.is_wanted = True

    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def pids(self) -> list[int]:
        """The process, its children and theirs, as they are now."""
        return family(self.running.pid) if self.running is not None and self.is_alive() else []


def family(pid: int) -> list[int]:
    """A process with all its descendants, parents first."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def send(pids: Sequence[int], number: int) -> None:
    """Signal processes of ours; those that are gone are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def schema_hash() -> str:
    """What the database's shape depends on: every migration, the isolation helper, and Postgres itself."""
    files = sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "merchants" / "isolation.py", ROOT / "postpurchase" / "database.py"])
    found = hashlib.sha256(str(postgres_programs()).encode())
    for file in files:
        found.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return found.hexdigest()[:16]


class Stack:
    """Everything that runs, by name. `environ` is what the product's processes get."""

    def __init__(self, *, pace: float) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postpurchase-chaos-"))
        self.folder.chmod(0o755)
        self.ports = {name: free_port() for name in ("postgres", "redis", "web", "providerd")}
        self.admin = f"postgresql://postgres@127.0.0.1:{self.ports['postgres']}/postgres"
        self.signals = self.folder / "failpoints"
        self.signals.mkdir()
        self.journal = self.folder / "journal.jsonl"
        self.environ = self._environ(pace)
        self.processes: dict[str, Process] = {}
        self.migrated_in = self.started_in = 0.0  # seconds
        self._lock = threading.RLock()
        self._supervisor: threading.Thread | None = None
        self._stopping = threading.Event()

    def _environ(self, pace: float) -> dict[str, str]:
        provider = f"http://127.0.0.1:{self.ports['providerd']}"
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_", "DATABASE_"))},
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": with_role(self.admin, "app", DATABASE),
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "SECRET_KEY": "chaos-" + os.urandom(24).hex(),
            "ENCRYPTION_KEY": "chaos-" + os.urandom(24).hex(),
            "PLATFORM_HOST": f"127.0.0.1:{self.ports['web']}",
            "PUBLIC_SCHEME": "http",
            "SECURE_SSL_REDIRECT": "false",
            "BEHIND_PROXY": "false",
            "OUTBOUND_LOOPBACK": "true",
            "API_RATE": "100000",
            "API_BURST": "200000",
            "TWILIO_API_URL": provider,
            "POSTMARK_API_URL": provider,
            "EASYPOST_API_URL": provider,
            "SSL_CERT_FILE": str(self.journal.with_suffix(".ca.pem")),  # merchants' shops and programs are only called over https
            "LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
            "CHAOS_PACE": str(pace),
            "CHAOS_SIGNALS": str(self.signals),
        }

    # -- up and down

    def up(self) -> None:
        """Start everything, ready to take orders."""
        self.migrated_in = self._lay_database()
        self._define()
        started = time.monotonic()
        self.start("postgres")
        self.fresh_database()
        self.start("redis")
        self.start("providerd", wait=False)
        for name in PRODUCT:
            self.start(name, wait=False)
        for name in ("providerd", "web"):
            self.wait_ready(name)
        self.started_in = time.monotonic() - started
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._supervisor.start()

    def down(self, *, keep: bool = False) -> None:
        """Stop everything; the logs stay when asked to."""
        self._stopping.set()
        if self._supervisor is not None:
            self._supervisor.join(5)
        for name in (*reversed(PRODUCT), "providerd", "redis", "postgres"):
            if name in self.processes:
                self._end(self.processes[name])
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, process: Process) -> None:
        """As fast as is safe: nothing of this run is needed any more."""
        process.is_wanted = False
        pids = process.pids()
        send(pids, signal.SIGCONT)
        send(pids[:1] if process.name == "postgres" else pids, signal.SIGQUIT if process.name == "postgres" else signal.SIGKILL)
        if process.running is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.running.wait(20)

    # -- the database

    def _lay_database(self) -> float:
        """A copy of a migrated server, made once per shape of the schema; returns the seconds migrating took now (0: it was there)."""
        base = Path(tempfile.gettempdir()) / f"postpurchase-chaos-base-{schema_hash()}"
        started = time.monotonic()
        made = not base.exists()
        if made:
            fresh = self.folder / "base"
            self._migrate(fresh)
            with contextlib.suppress(OSError):  # another run was faster
                fresh.rename(base)
        subprocess.run(["cp", "-a", str(base), str(self.folder / "postgres")], check=True)
        return time.monotonic() - started if made else 0.0

    def _migrate(self, data: Path) -> None:
        """A server with the three roles and the schema, migrated as `owner`. Only this step is spared the disk's confirmation."""
        data.mkdir(mode=0o700)
        who = unprivileged()
        if who:
            shutil.chown(data, who["user"])
        initdb = [postgres_programs() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]
        server = Process("postgres", self.postgres_command(data, *FAST), os.environ, self.folder / "migrate.log", who)
        server.start()
        try:
            self._until(self._postgres_answers, "postgres", 30)
            ensure_roles(self.admin)
            ensure_database(self.admin, TEMPLATE)
            self._run_migrate()
        finally:
            send(server.pids()[:1], signal.SIGINT)
            assert server.running is not None
            server.running.wait(60)

    def _run_migrate(self) -> None:
        environ = {**self.environ, "DATABASE_OWNER_URL": with_role(self.admin, "owner", TEMPLATE)}
        environ["DATABASE_URL"] = with_role(self.admin, "app", TEMPLATE)
        command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--database", "owner", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environ, check=True)

    def postgres_command(self, data: Path, *options: str) -> list[str | Path]:
        given = [
            f"port={self.ports['postgres']}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={data}",
            "log_min_messages=warning",
            *options,
        ]
        return [postgres_programs() / "postgres", "-D", data, *(part for option in given for part in ("-c", option))]

    def fresh_database(self) -> None:
        """An empty database of the product's shape; whoever looked at the last one is thrown out."""
        with contextlib.closing(self.connect("postgres")) as admin, admin.cursor() as cursor:
            cursor.execute(f"drop database if exists {DATABASE} with (force)")
            cursor.execute(f"create database {DATABASE} template {TEMPLATE} strategy file_copy")
        # A copy takes itself for a restored backup and sends nothing; this one was copied empty and is new.
        with contextlib.closing(self.connect()) as inside, inside.cursor() as cursor:
            cursor.execute("delete from events_station")

    def connect(self, database: str = DATABASE) -> Connection:
        """As superuser, past row-level security, each statement for itself: for looking, and for faults."""
        connection = psycopg2.connect(with_role(self.admin, "postgres", database), connect_timeout=5)
        connection.autocommit = True
        return connection

    def redis(self) -> "redis.Redis":
        return redis.Redis(port=self.ports["redis"], socket_timeout=5)

    # -- processes

    def _define(self) -> None:
        data, python = self.folder / "postgres", [sys.executable, "-W", "ignore"]
        web = f"127.0.0.1:{self.ports['web']}"
        celery = [*python, "-m", "celery", "-A", "postpurchase"]
        worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-mingle", "--without-gossip", "-n"]
        commands: dict[str, Sequence[str | Path]] = {
            "postgres": self.postgres_command(data, *SAFE),
            "redis": self.redis_command(),
            "providerd": [*python, "-m", "tests.chaos.providerd", "--journal", self.journal, "--port", str(self.ports["providerd"])],
            "web": [*python, "-m", "gunicorn", "postpurchase.wsgi", "--bind", web, "--workers", "2", "--threads", "4"],
            "worker1": [*worker, "one@chaos"],
            "worker2": [*worker, "two@chaos"],
            "beat": [*celery, "beat", "--schedule", self.folder / "beat", "--loglevel", "WARNING"],
            "relay1": [*python, "manage.py", "relay"],
            "relay2": [*python, "manage.py", "relay"],
        }
        for name, command in commands.items():
            user = unprivileged() if name == "postgres" else {}
            self.processes[name] = Process(name, command, self.environ, self.folder / f"{name}.log", user)

    def redis_command(self, *options: str) -> list[str | Path]:
        program = shutil.which("redis-server") or "redis-server"
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        kept = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"]
        return [program, "--bind", "127.0.0.1", "--port", str(self.ports["redis"]), "--dir", folder, *kept, *options]

    def define(self, name: str, command: Sequence[str | Path], environ: Mapping[str, str] | None = None) -> None:
        """One more process, not started yet."""
        self.processes[name] = Process(name, command, environ or self.environ, self.folder / f"{name}.log")

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a process that is down, and wait until it answers."""
        process = self.processes[name]
        with self._lock:
            if process.is_alive():
                return
            if name == "postgres":
                self._clear_postgres()
            process.start()
        if wait:
            self.wait_ready(name)

    def _clear_postgres(self) -> None:
        """Backends of a killed server must be gone before the next one may have its files."""
        running = self.processes["postgres"].running
        if running is not None and running.poll() is None:
            running.wait(20)

    def stop(self, name: str, *, number: int = signal.SIGTERM, patience: float = 30.0) -> float:
        """Ask a process to end, and make it after its patience; it stays down. Returns the seconds it took."""
        process, started = self.processes[name], time.monotonic()
        process.is_wanted = False
        pids = process.pids()
        send(pids[:1], number)
        if process.running is not None:
            try:
                process.running.wait(patience)
            except subprocess.TimeoutExpired:
                send(pids, signal.SIGKILL)
                process.running.wait(10)
        return time.monotonic() - started

    def kill(self, name: str, *, whole: bool = True, pick: Callable[[Sequence[int]], int] | None = None, stays: bool = False) -> int:
        """KILL a process with its children, as a container is killed; or one of its children. Returns the pid that was meant.

        Unless it `stays` down the supervisor starts it again.
        """
        process = self.processes[name]
        with self._lock:
            pids = process.pids()
            if not pids:
                return 0
            if stays:
                process.is_wanted = False
            if whole or len(pids) == 1:
                send(pids, signal.SIGKILL)
                return pids[0]
            victim = pick(pids[1:]) if pick else pids[-1]
            send([victim], signal.SIGKILL)
            return victim

    def pause(self, name: str) -> None:
        send(self.processes[name].pids(), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        send(self.processes[name].pids(), signal.SIGCONT)

    def pids(self, name: str) -> list[int]:
        return self.processes[name].pids()

    def crash_postgres(self) -> None:
        """`pg_ctl -m immediate restart`: no checkpoint, recovery from the log."""
        process = self.processes["postgres"]
        with self._lock:
            process.is_wanted = False
            send(process.pids()[:1], signal.SIGQUIT)
            assert process.running is not None
            process.running.wait(30)
        self.start("postgres")

    def restart(self, *names: str, environ: Mapping[str, str] | None = None) -> None:
        """Down and up again, with other surroundings when given."""
        for name in names:
            self.kill(name, stays=True)
        for name in names:
            process = self.processes[name]
            if process.running is not None:
                process.running.wait(20)
            if environ is not None:
                process.environ = {**self.environ, **environ}
            self.start(name, wait=False)
        for name in names:
            self.wait_ready(name)

    def _supervise(self) -> None:
        """What should run and does not is started again."""
        while not self._stopping.wait(0.05):
            for process in list(self.processes.values()):
                with self._lock:
                    if not process.is_wanted or process.is_alive() or self._stopping.is_set():
                        process.died_at = 0.0
                        continue
                    process.died_at = process.died_at or time.monotonic()
                    if time.monotonic() - process.died_at >= RESTART_AFTER:
                        process.restarts.append(time.time())
                        process.start()

    # -- readiness

    def wait_ready(self, name: str, seconds: float = 60.0) -> None:
        """Until a server answers; the others are ready when they run."""
        answers = {
            "postgres": self._postgres_answers,
            "redis": self._redis_answers,
            "web": lambda: self._http_answers("web", "/healthz"),
            "providerd": lambda: self._http_answers("providerd", "/control/health"),
        }
        self._until(answers.get(name, lambda: True), name, seconds)

    def _until(self, condition: Callable[[], bool], name: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise NotReady(f"{name} does not answer; see {self.folder / name}.log")
            time.sleep(0.05)

    def _postgres_answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _redis_answers(self) -> bool:
        try:
            with self.redis() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _http_answers(self, name: str, path: str) -> bool:
        try:
            return self.get(name, path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def get(self, name: str, path: str) -> tuple[int, bytes]:
        """One GET to a server of the stack."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=5)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def tail(self, name: str) -> IO[str]:
        return self.processes[name].log.open(errors="replace")
