"""A deployment: everything from the environment, nothing guessed. `.env.example` explains each name."""

from core import logs
from postpurchase.settings.base import *  # noqa: F403
from postpurchase.settings.base import LOG_LEVEL, database, env

SECRET_KEY = env.str("SECRET_KEY")
ENCRYPTION_KEY = env.str("ENCRYPTION_KEY")
DATABASES = {"default": database(env.str("DATABASE_URL"))}
if owner := env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = database(owner, migrates=True)

REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOGGING = logs.config(is_json=LOG_FORMAT == "json", level=LOG_LEVEL)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^healthz/queue$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=True) else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
