"""The suite: a database of its own per run and worker, made by tests/conftest.py, served as role `app`."""

import os

from postpurchase.database import data_folder, ensure_database, ensure_roles, start_embedded, with_role
from postpurchase.settings.base import *  # noqa: F403
from postpurchase.settings.base import STORAGES, database, env

ADMIN_URL = env.str("TEST_DATABASE_ADMIN_URL", default="") or start_embedded(data_folder() / "tests")
DATABASE_NAME = f"test_postpurchase_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{env.str('TEST_RUN', default='local')}"
ensure_roles(ADMIN_URL)
ensure_database(ADMIN_URL, DATABASE_NAME)  # empty; tests/conftest.py makes it afresh and migrates it

PATIENCE = 60  # seconds to a connection: a server that is busy with other test runs is no fault of ours
SECRET_KEY = "test-secret-key"
ENCRYPTION_KEY = "test-encryption-key"
DATABASES = {
    "default": {**database(with_role(ADMIN_URL, "app", DATABASE_NAME), connect_timeout=PATIENCE), "CONN_MAX_AGE": None},
    "owner": database(with_role(ADMIN_URL, "owner", DATABASE_NAME), connect_timeout=PATIENCE),
}
DATABASE_ROUTERS: list[str] = []
PLATFORM_HOST = "platform.test"
PUBLIC_SCHEME = "https"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = env.str("TEST_BROKER_URL", default="memory://")
if CELERY_BROKER_URL == "memory://":
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = False
