"""The cast and the stage: a database of its own, served as role `app`; two merchants with look-alike data."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import hypothesis
import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import translation

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from postpurchase.database import ensure_database

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday
KEPT = ("merchants_auditentry", "merchants_auditanchor", "merchants_platformentry", "merchants_platformanchor")

# The same examples at every run, and no limit of time: what fails here fails for whoever looks.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Migrate as `owner`, then serve as `app`: the suite runs with the rights the product has."""
    with django_db_blocker.unblock():
        connections.close_all()
        ensure_database(settings.ADMIN_URL, settings.DATABASE_NAME, afresh="TEST_REUSE" not in os.environ)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections["owner"].close()
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page asked for in German leaves its thread speaking German: each test begins in English."""
    translation.activate("en")
    yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def acme(db: None) -> Merchant:
    """The merchant under test: German shop, euro."""
    return create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")


@pytest.fixture
def borealis(db: None) -> Merchant:
    """The stranger next door: US shop, dollar."""
    return create_merchant(
        slug="borealis", name="Borealis", at=NOW, language="en", country="US", currency="USD", timezone="America/Chicago"
    )


@pytest.fixture
def in_acme(acme: Merchant) -> Iterator[Merchant]:
    """The test's body runs in Acme's scope."""
    with merchant_scope(acme.pk):
        yield acme


@pytest.fixture
def real_commits(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For races and restarts: no transaction round the test; every table is emptied as `owner` afterwards."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        admin = psycopg2.connect(_owner_dsn())
        with admin, admin.cursor() as cursor:
            cursor.execute(
                "select string_agg(quote_ident(tablename), ', ') from pg_tables"
                " where schemaname = 'public' and tablename not in ('django_migrations', 'django_content_type', 'auth_permission')"
            )
            (tables,) = cursor.fetchone() or ("",)
            # Whoever owns a table can switch its triggers off: against that the audit log has its chain and its anchors.
            for table in KEPT:
                cursor.execute(f"alter table {table} disable trigger kept_whole")
            cursor.execute(f"truncate {tables} restart identity cascade")
            for table in KEPT:
                cursor.execute(f"alter table {table} enable trigger kept_whole")
        admin.close()


def _owner_dsn() -> str:
    row = settings.DATABASES["owner"]
    host = row["HOST"] or row["OPTIONS"].get("host")
    return psycopg2.extensions.make_dsn(
        host=host, port=row["PORT"] or None, user=row["USER"], dbname=row["NAME"], password=row["PASSWORD"] or None
    )
