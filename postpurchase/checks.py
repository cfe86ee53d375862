"""What `manage.py check --deploy` refuses besides what Django itself does: set-ups that lose messages or give data away.

Errors end the command with 1, and the containers do not start after that. What cannot be reached is said (as information), not guessed.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import OperationalError, connection

from postpurchase.database import role_problem

SHORTEST_KEY = 32
GUESSED = ("change", "example", "insecure", "secret-key", "password", "test-")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
NOT_PUBLIC = {"", "localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  compared with, never bound to
KEEPS_ALL = "noeviction"
SECONDS = 2
Apps = Sequence[AppConfig] | None


def key_problem(key: str) -> str:
    """Why a key is none, or ""."""
    if not key:
        return "is not set"
    if len(key) < SHORTEST_KEY:
        return f"has fewer than {SHORTEST_KEY} characters"
    if len(set(key)) < 8 or any(word in key.lower() for word in GUESSED):
        return "can be guessed"
    return ""


def redis_problem(url: str) -> str:
    """Why a Redis at this address is open to others, or ""."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or (parts.hostname or "") in LOOPBACK:
        return ""
    return "" if parts.password else "is reached over the network without a password"


def host_problem(host: str) -> str:
    """Why shoppers and carriers cannot call this host, or ""."""
    return "is not set, or names this machine only" if (urlsplit(f"//{host}").hostname or "") in NOT_PUBLIC else ""


@register(Tags.security, deploy=True)
def check_keys(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Both keys are there, long and not the same."""
    found: list[CheckMessage] = []
    make = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))". Keep it outside the database and its backups.'
    encryption, secret = str(getattr(settings, "ENCRYPTION_KEY", "")), str(settings.SECRET_KEY)
    keys = [text.strip() for text in encryption.split(",") if text.strip()]  # the first seals, the others open what is older
    if problem := next((told for key in keys or [""] if (told := key_problem(key))), ""):
        found.append(Error(f"ENCRYPTION_KEY {problem}.", hint=make, id="postpurchase.E001"))
    if problem := key_problem(secret):
        found.append(Error(f"SECRET_KEY {problem}.", hint=make, id="postpurchase.E002"))
    if secret in keys:
        hint = "Make a second one: who learns the key that signs cookies must not open the stored secrets as well."
        found.append(Error("ENCRYPTION_KEY and SECRET_KEY are the same.", hint=hint, id="postpurchase.E003"))
    return found


@register(Tags.security, deploy=True)
def check_switches(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Nothing that only a developer's machine may do is on."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        hint = "Serve with postpurchase.settings.production: pages of errors show settings and data."
        found.append(Error("DEBUG is on.", hint=hint, id="postpurchase.E004"))
    if settings.OUTBOUND_LOOPBACK:
        hint = "Unset it: a merchant could have this machine's own services called."
        found.append(Error("OUTBOUND_LOOPBACK is on.", hint=hint, id="postpurchase.E005"))
    if settings.PUBLIC_SCHEME != "https":
        hint = "Set it to https and end TLS in front of the web: links carry tokens, cookies sign people in."
        found.append(Error("PUBLIC_SCHEME is not https.", hint=hint, id="postpurchase.E006"))
    if problem := host_problem(settings.PLATFORM_HOST):
        hint = "Set it to the host under which staff, shops and carriers reach this installation. Links are built from it."
        found.append(Error(f"PLATFORM_HOST {problem}.", hint=hint, id="postpurchase.E007"))
    if list(settings.CELERY_ACCEPT_CONTENT) != ["json"] or settings.CELERY_TASK_SERIALIZER != "json":
        hint = "Accept json alone: whoever could write to the broker could otherwise run code in the workers."
        found.append(Error("Workers take more than JSON off the broker.", hint=hint, id="postpurchase.E008"))
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXY_HOPS:
        hint = "Set it to the number of your proxies: else all shoppers share the proxy's address, and its limits."
        found.append(Warning("BEHIND_PROXY is on and TRUSTED_PROXY_HOPS is 0.", hint=hint, id="postpurchase.W001"))
    return found


@register(Tags.security, deploy=True)
def check_cookies(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Cookies that sign somebody in go over https, to this host alone, and never to a script or another site."""
    wrong = [
        name
        for name in ("SESSION", "CSRF")
        if not getattr(settings, f"{name}_COOKIE_SECURE")
        or not getattr(settings, f"{name}_COOKIE_HTTPONLY")
        or not getattr(settings, f"{name}_COOKIE_NAME").startswith("__Host-")
        or getattr(settings, f"{name}_COOKIE_SAMESITE") not in ("Lax", "Strict")
        or getattr(settings, f"{name}_COOKIE_DOMAIN")
        or getattr(settings, f"{name}_COOKIE_PATH") != "/"
    ]
    hint = "Leave them as postpurchase.settings.production has them: __Host- name, Secure, HttpOnly, SameSite, no domain."
    return [Error(f"{name}_COOKIE_* is weaker than it has to be.", hint=hint, id="postpurchase.E009") for name in wrong]


@register(Tags.security, deploy=True)
def check_role(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Row-level security binds the role we serve as."""
    try:
        connection.ensure_connection()
        problem = role_problem(connection.connection)
    except OperationalError:
        return [Info("The database cannot be reached: its role was not looked at.", id="postpurchase.I001")]
    hint = "Serve as role app (DATABASE_URL) and migrate as role owner (DATABASE_OWNER_URL): docs/operations.md."
    return [Error(f"Walls between merchants would not hold: {problem}.", hint=hint, id="postpurchase.E010")] if problem else []


@register(Tags.security, deploy=True)
def check_redis(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Redis is nobody else's, and throws nothing away."""
    url = str(getattr(settings, "REDIS_URL", ""))
    if not url:
        return []
    found: list[CheckMessage] = []
    if problem := redis_problem(url):
        hint = "Give it a password (requirepass, or an ACL user) and put it into REDIS_URL; bind it to an inner address."
        found.append(Error(f"Redis {problem}.", hint=hint, id="postpurchase.E011"))
    policy = policy_of(url)
    if policy is None:
        found.append(Info("Redis cannot be reached: its maxmemory-policy was not looked at.", id="postpurchase.I002"))
    elif policy != KEEPS_ALL:
        hint = f"Set maxmemory-policy to {KEEPS_ALL}: any other throws away rings and the counts of the limits when memory is short."
        found.append(Error(f"Redis may throw things away: maxmemory-policy is {policy}.", hint=hint, id="postpurchase.E012"))
    return found


def policy_of(url: str) -> str | None:
    """What Redis does when its memory is full; None when it does not say. INFO, because CONFIG may rightly be closed."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS) as client:
            told: Any = client.info("memory")
    except (redis.RedisError, OSError, ValueError):
        return None
    return str(told.get("maxmemory_policy", "")) or None
