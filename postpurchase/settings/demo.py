"""One process on one machine: embedded Postgres unless DATABASE_URL is set, Celery on `memory://`, keys made on first start."""

import secrets

from postpurchase.database import data_folder, prepare_embedded
from postpurchase.settings.base import *  # noqa: F403
from postpurchase.settings.base import LOGGING, STORAGES, database, env


def kept_key(name: str) -> str:
    """A random key, written once beside the data, so that a restart can still open its secrets."""
    file = data_folder() / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_urlsafe(32))
        file.chmod(0o600)
    return file.read_text()


if url := env.str("DATABASE_URL", default=""):
    addresses = {"app": url, "owner": env.str("DATABASE_OWNER_URL", default=url)}
else:
    addresses = prepare_embedded(env.str("POSTPURCHASE_DATABASE", default="postpurchase"))

SECRET_KEY = env.str("SECRET_KEY", default="") or kept_key("secret-key")
ENCRYPTION_KEY = env.str("ENCRYPTION_KEY", default="") or kept_key("encryption-key")
DATABASES = {"default": database(addresses["app"]), "owner": database(addresses["owner"], migrates=True)}
PUBLIC_SCHEME = "http"
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # browsers ignore it over plain http and say so
LOGGING["loggers"].update({name: {"level": "ERROR"} for name in ("celery", "kombu")})
LOGGING["loggers"]["request"] = {"level": "WARNING"}  # the simulated shops call every few seconds
