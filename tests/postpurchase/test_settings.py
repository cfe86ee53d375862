"""What a deployment's settings make of its environment."""

import os
import subprocess
import sys

from postpurchase.settings.base import database

URL = "postgresql://app:pw@db/postpurchase"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "postpurchase.settings.production",
    "SECRET_KEY": "s" * 50,
    "ENCRYPTION_KEY": "new,old",
    "DATABASE_URL": URL,
    "DATABASE_OWNER_URL": "postgresql://owner:pw@db/postpurchase",
    "REDIS_URL": "redis://:pw@redis:6379/0",
    "PLATFORM_HOST": "app.example.com",
}


def said(code: str, **environment: str) -> str:
    """What a fresh process prints under production's settings."""
    given = {**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **PRODUCTION, **environment}
    command = [sys.executable, "-W", "ignore", "-c", f"from django.conf import settings; {code}"]
    return subprocess.run(command, env=given, check=True, capture_output=True, text=True).stdout.strip()


def test_a_migration_waits_for_nobody_and_may_take_its_time() -> None:
    """Behind a statement that waits for a lock everybody else waits too; an index on a long table takes longer than any page."""
    options = database(URL, migrates=True)["OPTIONS"]["options"]
    assert "statement_timeout=0" in options and "lock_timeout=2000" in options
    serving = database(URL)["OPTIONS"]["options"]
    assert "statement_timeout=30000" in serving and "lock_timeout=5000" in serving


def test_production_migrates_with_the_owners_limits() -> None:
    told = said("print(settings.DATABASES['owner']['OPTIONS']['options'], settings.DATABASES['default']['OPTIONS']['options'])")
    owner, app = told.split("-c statement_timeout=")[1:]
    assert owner.startswith("0 ") and app.startswith("30000 ")


def test_production_logs_in_json_unless_told_otherwise() -> None:
    code = "print(settings.LOGGING['formatters']['line']['is_json'])"
    assert said(code) == "True"
    assert said(code, LOG_FORMAT="lines") == "False"


def test_keys_that_were_changed_are_a_list() -> None:
    assert said("print(settings.SECRET_KEY_FALLBACKS)") == "[]"
    assert said("print(settings.SECRET_KEY_FALLBACKS)", SECRET_KEY_FALLBACKS="a,b") == "['a', 'b']"


def test_what_is_not_asked_for_is_off() -> None:
    code = "print(settings.RECONCILE_ONLY, repr(settings.METRICS_TOKEN), settings.HEALTH_DISKS)"
    assert said(code) == "False '' []"
    assert said(code, RECONCILE_ONLY="true", METRICS_TOKEN="t", HEALTH_DISKS="/a,/b") == "True 't' ['/a', '/b']"


def test_gunicorn_is_configured_and_writes_no_paths() -> None:
    code = (
        "import runpy, tempfile, os; os.environ['PROMETHEUS_MULTIPROC_DIR'] = tempfile.mkdtemp();"
        "found = runpy.run_path('docker/web.py');"
        "print(found['workers'], found['logconfig_dict']['loggers']['gunicorn.access']['level'], found.get('accesslog'))"
    )
    assert said(code, WEB_WORKERS="7") == "7 CRITICAL None"
