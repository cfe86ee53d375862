"""A fresh database and a running Django for one benchmark; dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Embedded Postgres unless TEST_DATABASE_ADMIN_URL names a server; served as role `app`, as always."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "postpurchase.settings.test"
    os.environ["TEST_RUN"] = f"bench_{name}_{os.getpid()}"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django  # noqa: PLC0415  the settings above must stand before anything of Django's is read
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from postpurchase.database import drop_database, ensure_database  # noqa: PLC0415

    django.setup()
    ensure_database(settings.ADMIN_URL, settings.DATABASE_NAME, afresh=True)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    try:
        yield
    finally:
        connections.close_all()
        drop_database(settings.ADMIN_URL, settings.DATABASE_NAME)
