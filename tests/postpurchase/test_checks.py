"""`check --deploy` refuses each set-up that loses messages or gives data away, by name and with a way out."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection

from postpurchase import checks
from postpurchase.database import role_problem

LONG, OTHER = "qT7vK2mZ9xW4bN8rL5cJ1hG6fD3sA0pY", "mN4bV8cX2zL6kJ9hG5fD1sA7pO3iU0yT"
Settings = Any

GOOD: dict[str, Any] = {
    "ENCRYPTION_KEY": LONG,
    "SECRET_KEY": OTHER,
    "DEBUG": False,
    "OUTBOUND_LOOPBACK": False,
    "PUBLIC_SCHEME": "https",
    "PLATFORM_HOST": "app.shop.test",
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "TRUSTED_PROXY_HOPS": 1,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "REDIS_URL": "redis://:secret@redis.inner:6379/0",
}


@pytest.fixture
def good(settings: Settings, db: None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A set-up nothing is wrong with."""
    for name, value in GOOD.items():
        setattr(settings, name, value)
    monkeypatch.setattr(checks, "policy_of", lambda url: "noeviction")
    return settings


def found() -> list[CheckMessage]:
    every: list[Callable[..., list[CheckMessage]]] = [
        checks.check_keys,
        checks.check_switches,
        checks.check_cookies,
        checks.check_role,
        checks.check_redis,
    ]
    return [message for check in every for message in check(None)]


def test_a_good_set_up_passes(good: Settings) -> None:
    assert found() == []


BAD: list[tuple[dict[str, Any], str, str, str]] = [
    ({"ENCRYPTION_KEY": ""}, "postpurchase.E001", "ENCRYPTION_KEY is not set.", "Make one"),
    ({"ENCRYPTION_KEY": LONG[:31]}, "postpurchase.E001", "ENCRYPTION_KEY has fewer than 32 characters.", "Make one"),
    ({"ENCRYPTION_KEY": f"{LONG},old"}, "postpurchase.E001", "ENCRYPTION_KEY has fewer than 32 characters.", "Make one"),
    ({"ENCRYPTION_KEY": "a" * 64}, "postpurchase.E001", "ENCRYPTION_KEY can be guessed.", "Make one"),
    ({"SECRET_KEY": "short"}, "postpurchase.E002", "SECRET_KEY has fewer than 32 characters.", "Make one"),
    ({"SECRET_KEY": "django-insecure-" + LONG}, "postpurchase.E002", "SECRET_KEY can be guessed.", "Make one"),
    ({"SECRET_KEY": "please-change-me-please-change-me-1"}, "postpurchase.E002", "SECRET_KEY can be guessed.", "Make one"),
    ({"ENCRYPTION_KEY": f"{LONG},{OTHER}"}, "postpurchase.E003", "ENCRYPTION_KEY and SECRET_KEY are the same.", "Make a second one"),
    ({"SECRET_KEY": LONG}, "postpurchase.E003", "ENCRYPTION_KEY and SECRET_KEY are the same.", "Make a second one"),
    ({"DEBUG": True}, "postpurchase.E004", "DEBUG is on.", "production"),
    ({"OUTBOUND_LOOPBACK": True}, "postpurchase.E005", "OUTBOUND_LOOPBACK is on.", "Unset it"),
    ({"PUBLIC_SCHEME": "http"}, "postpurchase.E006", "PUBLIC_SCHEME is not https.", "TLS"),
    ({"PLATFORM_HOST": ""}, "postpurchase.E007", "PLATFORM_HOST is not set, or names this machine only.", "Links are built"),
    ({"PLATFORM_HOST": "localhost:8000"}, "postpurchase.E007", "PLATFORM_HOST is not set, or names this machine only.", "Links are built"),
    ({"CELERY_ACCEPT_CONTENT": ["json", "pickle"]}, "postpurchase.E008", "Workers take more than JSON off the broker.", "json alone"),
    ({"CELERY_TASK_SERIALIZER": "pickle"}, "postpurchase.E008", "Workers take more than JSON off the broker.", "json alone"),
    ({"TRUSTED_PROXY_HOPS": 0}, "postpurchase.W001", "BEHIND_PROXY is on and TRUSTED_PROXY_HOPS is 0.", "number of your proxies"),
    ({"SESSION_COOKIE_SECURE": False}, "postpurchase.E009", "SESSION_COOKIE_* is weaker than it has to be.", "__Host-"),
    ({"SESSION_COOKIE_NAME": "sessionid"}, "postpurchase.E009", "SESSION_COOKIE_* is weaker than it has to be.", "__Host-"),
    ({"SESSION_COOKIE_SAMESITE": "None"}, "postpurchase.E009", "SESSION_COOKIE_* is weaker than it has to be.", "__Host-"),
    ({"CSRF_COOKIE_HTTPONLY": False}, "postpurchase.E009", "CSRF_COOKIE_* is weaker than it has to be.", "__Host-"),
    ({"CSRF_COOKIE_DOMAIN": ".shop.test"}, "postpurchase.E009", "CSRF_COOKIE_* is weaker than it has to be.", "__Host-"),
    (
        {"REDIS_URL": "redis://redis.inner:6379/0"},
        "postpurchase.E011",
        "Redis is reached over the network without a password.",
        "Give it a password",
    ),
]


@pytest.mark.parametrize(("over", "id", "text", "hint"), BAD, ids=[f"{row[1]} {row[0]}" for row in BAD])
def test_a_bad_set_up_is_refused_by_name_and_with_a_way_out(good: Settings, over: dict[str, Any], id: str, text: str, hint: str) -> None:
    for name, value in over.items():
        setattr(good, name, value)
    assert [(message.id, message.msg) for message in found()] == [(id, text)]
    assert hint in str(found()[0].hint)


@pytest.mark.parametrize(
    "problem", ["the database role is a superuser", "the database role has BYPASSRLS", "the database role owns tables"]
)
def test_a_role_the_walls_do_not_bind_is_refused(good: Settings, monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    monkeypatch.setattr(checks, "role_problem", lambda connection: problem)
    assert [(message.id, message.msg) for message in found()] == [
        ("postpurchase.E010", f"Walls between merchants would not hold: {problem}.")
    ]
    assert "role app" in str(found()[0].hint)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((True, False, False), "the database role is a superuser"),
        ((False, True, False), "the database role has BYPASSRLS"),
        ((False, False, True), "the database role owns tables"),
        ((False, False, False), None),
        (None, "the database role is a superuser"),
    ],
)
def test_what_the_database_says_of_a_role(answer: tuple[bool, ...] | None, problem: str | None) -> None:
    class Cursor:
        def __enter__(self) -> "Cursor":
            return self

        def __exit__(self, *_: object) -> None: ...

        def execute(self, sql: str) -> None: ...

        def fetchone(self) -> tuple[bool, ...] | None:
            return answer

    class Stub:
        def cursor(self) -> Cursor:
            return Cursor()

    assert role_problem(Stub()) == problem  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_throws_away_is_refused(good: Settings, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    monkeypatch.setattr(checks, "policy_of", lambda url: policy)
    assert [(message.id, message.msg) for message in found()] == [
        ("postpurchase.E012", f"Redis may throw things away: maxmemory-policy is {policy}.")
    ]
    assert "noeviction" in str(found()[0].hint)


def test_what_cannot_be_reached_is_said_and_not_guessed(good: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(connection, "ensure_connection", away)
        patched.setattr(checks, "policy_of", lambda url: None)
        told = [(message.id, message.is_serious()) for message in found()]
    assert told == [("postpurchase.I001", False), ("postpurchase.I002", False)]


def test_nobody_at_an_address_has_no_policy() -> None:
    assert checks.policy_of("redis://:x@127.0.0.1:1/0") is None
    assert checks.policy_of("no address at all") is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://127.0.0.1:6379/0", ""),
        ("redis://localhost/0", ""),
        ("redis://[::1]:6379/0", ""),
        ("unix:///run/redis.sock", ""),
        ("rediss://user:word@redis.inner/0", ""),
        ("rediss://redis.inner/0", "is reached over the network without a password"),
        ("redis://localhost.evil.test/0", "is reached over the network without a password"),
        ("redis://user@redis.inner/0", "is reached over the network without a password"),
    ],
)
def test_an_open_redis_is_told_from_a_closed_one(url: str, problem: str) -> None:
    assert checks.redis_problem(url) == problem


def test_the_command_itself_ends_with_an_error(good: Settings) -> None:
    call_command("check", deploy=True, stdout=StringIO(), stderr=StringIO())
    good.DEBUG = True
    with pytest.raises(SystemCheckError, match=r"postpurchase\.E004"):
        call_command("check", deploy=True, stdout=StringIO(), stderr=StringIO())
