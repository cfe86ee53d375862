"""django-oscar in an environment of its own, made on the fly: its packages would not go together with ours.

The environment lies in the user's cache folder and is made once; a machine without the package index goes without this peer.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

VERSION, DRIVER = "4.2", "psycopg2-binary==2.9.10"
MAKE_WITHIN = 600


def environment() -> Path:
    """The Python of the environment; made when it is not there. Raises OSError when it cannot be."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "postpurchase" / f"oscar-{VERSION}"
    python, done = folder / "bin" / "python", folder / "complete"
    if not done.exists():
        print(f"making an environment for django-oscar {VERSION} in {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=MAKE_WITHIN)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", f"django-oscar=={VERSION}", DRIVER]
        made = subprocess.run(install, check=False, timeout=MAKE_WITHIN, capture_output=True, text=True)
        if made.returncode:
            raise OSError(f"pip could not install it: {made.stderr[-500:]}")
        done.touch()
    return python


class Oscar:
    """Its order page, asked in a process of its own; `ask` answers with milliseconds."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url, self.name = admin_url, f"bench_oscar_{os.getpid()}"
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Oscar":
        python = environment()
        self._server("create database {}")
        page = Path(__file__).with_name("oscarpage.py")
        database = urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{self.name}"))
        errors = tempfile.TemporaryFile("w+")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTHON"))}
        self.process = subprocess.Popen(
            [str(python), "-P", "-W", "ignore", str(page), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=clean,
        )
        if self._line() != "ready":
            errors.seek(0)
            self.__exit__(None, None, None)
            raise RuntimeError(f"django-oscar did not come up: {errors.read()[-500:]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait(20)
        self._server("drop database if exists {} with (force)")

    def ask(self, lines: int, times: int) -> list[float]:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{lines} {times}\n")
        self.process.stdin.flush()
        found: list[float] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _server(self, statement: str) -> None:
        with closing(psycopg2.connect(self.admin_url)) as admin:
            admin.autocommit = True
            with admin.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(sql.Identifier(self.name)))
