"""A fresh database and a running Django for one benchmark; dropped at the end.

`python -m bench.stage make NAME` migrates a database once for all the benchmarks of a run, each of which then takes a copy of it when
BENCH_TEMPLATE names it; `python -m bench.stage drop NAME` removes it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Embedded Postgres unless TEST_DATABASE_ADMIN_URL names a server; served as role `app`, as always."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "postpurchase.settings.test"
    os.environ["TEST_RUN"] = f"bench_{name}_{os.getpid()}"
    from django.conf import settings  # noqa: PLC0415  the settings must stand before anything of Django's is read

    from postpurchase.database import drop_database  # noqa: PLC0415

    try:
        set_up()
        made = os.environ.get("BENCH_TEMPLATE", "")
        copy(settings.ADMIN_URL, made, settings.DATABASE_NAME) if made else migrate(settings.ADMIN_URL, settings.DATABASE_NAME)
        yield
    finally:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
        drop_database(settings.ADMIN_URL, settings.DATABASE_NAME)  # the settings have made it already


def set_up() -> None:
    """Django with the suite's settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "postpurchase.settings.test"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django  # noqa: PLC0415

    django.setup()


def migrate(admin_url: str, name: str) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from postpurchase.database import ensure_database  # noqa: PLC0415

    ensure_database(admin_url, name, afresh=True)
    call_command("migrate", database="owner", verbosity=0, interactive=False)


def copy(admin_url: str, made: str, name: str) -> None:
    """A copy of the migrated database, with the settings of one that is thrown away."""
    import psycopg2  # noqa: PLC0415
    from psycopg2 import sql  # noqa: PLC0415

    from postpurchase.database import drop_database  # noqa: PLC0415

    drop_database(admin_url, name)
    with closing(psycopg2.connect(admin_url)) as admin:
        admin.autocommit = True
        names = {"name": sql.Identifier(name), "made": sql.Identifier(made)}
        with admin.cursor() as cursor:
            cursor.execute(sql.SQL("create database {name} owner owner template {made}").format(**names))
            cursor.execute(sql.SQL("alter database {name} set synchronous_commit to off").format(**names))


def main(act: str, run: str) -> None:
    """Prints the name of the database."""
    os.environ["TEST_RUN"] = run
    set_up()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from postpurchase.database import drop_database  # noqa: PLC0415

    if act == "make":
        migrate(settings.ADMIN_URL, settings.DATABASE_NAME)
        connections.close_all()
    else:
        connections.close_all()
        drop_database(settings.ADMIN_URL, settings.DATABASE_NAME)
    print(settings.DATABASE_NAME)


if __name__ == "__main__":
    main(*sys.argv[1:])
