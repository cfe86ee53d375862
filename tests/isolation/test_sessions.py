"""Cookies and sessions as a deployment has them: https, `__Host-`, a new session at each sign-in, and a dead one after signing out."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from core.notices import NoticeCookie
from customers.models import SignInRequest
from customers.services import sign_in_secrets
from merchants.models import Domain, Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from postpurchase.settings import base
from tests.admin.world import person
from tests.conftest import NOW
from tests.factories import EMAIL, customer

PLATFORM, SHOP, OWN_DOMAIN = "platform.test", "acme.platform.test", "orders.acme.example"
FORM = {"username": "owner@acme.example", "password": "a long enough password"}
NEEDED = {
    "SECRET_KEY": "x" * 50,
    "ENCRYPTION_KEY": "y" * 50,
    "DATABASE_URL": "postgresql://app@db/x",
    "REDIS_URL": "redis://:p@redis:6379/0",
}
TAKEN = ("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE", "MESSAGE_STORAGE")


@pytest.fixture(autouse=True)
def deployed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `postpurchase.settings.production` says of cookies and transport; everything else as in the suite."""
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    production = importlib.import_module("postpurchase.settings.production")
    for name in dir(production):
        if name.startswith(TAKEN):
            setattr(settings, name, getattr(production, name))
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner(acme: Merchant) -> Merchant:
    person(FORM["username"], acme, Role.OWNER)
    return acme


@pytest.fixture
def visit() -> Callable[..., Any]:
    """A browser that speaks https only, and shows its tokens."""

    def open_browser(host: str, **options: Any) -> Client:
        return Client(HTTP_HOST=host, HTTP_X_FORWARDED_PROTO="https", HTTP_ACCEPT_LANGUAGE="en", **options)

    return open_browser


def flags(response: Any) -> dict[str, tuple[Any, ...]]:
    return {
        name: (bool(morsel["secure"]), bool(morsel["httponly"]), morsel["samesite"], morsel["path"], morsel["domain"])
        for name, morsel in response.cookies.items()
    }


HOST_ONLY = (True, True, "Lax", "/", "")


def sign_in(client: Client) -> Any:
    return client.post("/admin/login/", FORM)


def test_every_cookie_of_staff_is_bound_to_its_host(owner: Merchant, visit: Callable[..., Client]) -> None:
    client = visit(PLATFORM)
    page, entered = client.get("/admin/login/"), sign_in(client)
    noticed = client.post("/admin/merchants/apikey/add/", {"name": "", "scopes": []})
    found = {**flags(page), **flags(entered), **flags(noticed)}
    assert found == dict.fromkeys(("__Host-csrf", "__Host-session"), HOST_ONLY)


def test_a_notice_is_kept_in_a_cookie_of_its_host(owner: Merchant, visit: Callable[..., Client]) -> None:
    client = visit(PLATFORM)
    sign_in(client)
    assert NoticeCookie(client.get("/admin/").wsgi_request).cookie_name == "__Host-messages"


def test_every_cookie_of_a_shopper_is_bound_to_its_host(acme: Merchant, visit: Callable[..., Client]) -> None:
    with merchant_scope(acme.pk):
        customer()
    client = visit(SHOP)
    found = flags(client.get("/sign-in/"))
    found |= flags(client.post("/sign-in/", {"email": EMAIL}))
    with merchant_scope(acme.pk):
        code = sign_in_secrets(SignInRequest.objects.get())[0]
    found |= flags(client.post("/sign-in/code/", {"code": code}))
    found |= flags(client.post("/language/", {"language": "de", "next": "/"}))
    assert found == dict.fromkeys(("__Host-csrf", "__Host-sign-in", "__Host-shopper", "__Host-language"), HOST_ONLY)


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(owner: Merchant, visit: Callable[..., Client]) -> None:
    client = visit(PLATFORM)
    client.cookies["__Host-session"] = "a" * 32  # planted by somebody
    sign_in(client)
    first = client.cookies["__Host-session"].value
    assert first != "a" * 32
    sign_in(client)
    second = client.cookies["__Host-session"].value
    gone = client.post("/admin/logout/")
    assert (gone["Clear-Site-Data"], client.cookies["__Host-session"].value) == ('"cache", "storage"', "")
    for copied in (first, second, "a" * 32):
        thief = visit(PLATFORM)
        thief.cookies["__Host-session"] = copied
        assert thief.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_shoppers_session_is_new_at_each_sign_in_and_dead_after_signing_out(acme: Merchant, visit: Callable[..., Client]) -> None:
    with merchant_scope(acme.pk):
        customer()
    client = visit(SHOP)
    client.cookies["__Host-shopper"] = "planted"
    client.post("/sign-in/", {"email": EMAIL})
    with merchant_scope(acme.pk):
        code = sign_in_secrets(SignInRequest.objects.get())[0]
    client.post("/sign-in/code/", {"code": code})
    token = client.cookies["__Host-shopper"].value
    assert (len(token) >= 22, token != "planted", client.get("/orders/").status_code) == (True, True, 200)
    assert client.post("/sign-out/")["Clear-Site-Data"] == '"cache", "storage"'
    thief = visit(SHOP)
    thief.cookies["__Host-shopper"] = token
    assert thief.get("/orders/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (PLATFORM, "max-age=63072000; includeSubDomains; preload"),
        (SHOP, "max-age=63072000; includeSubDomains; preload"),
        (OWN_DOMAIN, "max-age=63072000"),
        ("nobody.example", "max-age=63072000"),
    ],
)
def test_browsers_are_told_to_come_by_https(acme: Merchant, visit: Callable[..., Client], host: str, told: str) -> None:
    """For a merchant's own domain we speak for that host alone."""
    with merchant_scope(acme.pk):
        Domain.objects.create(host=OWN_DOMAIN, is_primary=False)
    for path in ("/", "/nowhere/", "/healthz"):
        assert visit(host).get(path).get("Strict-Transport-Security") == told, path


def test_plain_http_leads_to_https(acme: Merchant) -> None:
    answer = Client(HTTP_HOST=SHOP).get("/sign-in/")
    assert (answer.status_code, answer["Location"]) == (301, f"https://{SHOP}/sign-in/")


@pytest.mark.parametrize(
    ("host", "path"), [("nobody.example", "/"), (PLATFORM, "/nowhere/"), (SHOP, "/nowhere/"), (SHOP, "/static/nothing.css")]
)
def test_errors_have_the_headers_too(acme: Merchant, visit: Callable[..., Client], host: str, path: str) -> None:
    check_headers(visit(host).get(path), status=404)


@pytest.mark.parametrize(
    ("host", "path", "part"), [(PLATFORM, "/healthz", "dashboard.health.HttpResponse"), (SHOP, "/sign-in/", "portal.views.sign_in.show")]
)
def test_our_own_failures_have_the_headers_too(
    acme: Merchant, visit: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, host: str, path: str, part: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(part, broken)
    answer = visit(host, raise_request_exception=False).get(path)
    assert "boom" not in answer.content.decode()
    check_headers(answer, status=500)


def check_headers(answer: Any, *, status: int) -> None:
    assert (answer.status_code, answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == (status, "nosniff", "same-origin")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=()"
    assert "no-store" in answer["Cache-Control"]
    assert not {"Server", "X-Powered-By"} & set(answer.headers)


def test_the_web_server_names_no_version() -> None:
    server = pytest.importorskip("gunicorn")
    assert server.SERVER == "gunicorn"


def test_sessions_end_and_are_kept_on_the_server() -> None:
    assert base.SESSION_COOKIE_AGE == 12 * 3600
    assert getattr(base, "SESSION_ENGINE", "django.contrib.sessions.backends.db") == "django.contrib.sessions.backends.db"
