"""Marked personal data sent through all roads, well-formed and broken: none of it in logs, task arguments, stored errors or error pages."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
import time_machine
from celery import Celery
from django.core.cache import cache
from django.db import IntegrityError, connection
from django.test import Client
from pytest_django import Settings

from connectors.models import InboxItem
from connectors.services import connect
from core.logs import formatter
from core.signing import hmac_base64
from customers.models import Customer, SignInRequest
from customers.services import sign_in_secrets
from events import registry
from events.models import Delivery
from events.services import run_until_quiet
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.types import Role, Scope
from notifications.channels.sandbox import Sandbox
from notifications.types import NotAccepted, Outcome, Outgoing, Refused
from orders.models import Order
from tests.admin.world import person
from tests.conftest import NOW
from tests.flows.conftest import shop as shop  # the fixture
from tests.flows.test_main_job import PLACED

EMAIL, PHONE, FIRST, LAST, STREET = "kanari@vogelsang.example", "+4915199887766", "Kanariela", "Vogelsang", "Piepmatzgasse"
SECRET, WORDS, PASSWORD = "kanarien-geheimnis-9f3c", "Zwitscherklage", "Kanarienpasswort-77"
CANARIES = ("kanari@vogelsang", "15199887766", FIRST, LAST, STREET, SECRET, WORDS, PASSWORD)
ORDER = {
    **PLACED,
    "email": EMAIL,
    "phone": PHONE,
    "customer": {"id": 7, "first_name": FIRST, "last_name": LAST, "email": EMAIL},
    "shipping_address": {**PLACED["shipping_address"], "name": f"{FIRST} {LAST}", "address1": f"{STREET} 1"},  # type: ignore[dict-item]
    "note": WORDS,
}


def found(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


class Ears(logging.Handler):
    """Hears every record at the root and below, as it was said and as it is written."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[tuple[str, str]] = []
        self.written: list[str] = []
        self.setFormatter(formatter(is_json=True))

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((record.name, record.getMessage()))
        self.written.append(self.format(record))


@pytest.fixture
def ears() -> Iterator[Ears]:
    ears, root = Ears(), logging.getLogger()
    level = root.level
    root.addHandler(ears)
    root.setLevel(logging.INFO)  # whatever this run is asked to print
    yield ears
    root.setLevel(level)
    root.removeHandler(ears)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that is handed to the broker, as it is written there."""
    rung: list[str] = []

    def send(self: Celery, name: str, *args: Any, **kwargs: Any) -> None:
        rung.append(json.dumps([name, args, kwargs], default=str))

    monkeypatch.setattr(Celery, "send_task", send)
    return rung


def clock() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


class Roads:
    """What goes through: each answer that is an error is kept, to be read afterwards."""

    def __init__(self, shop: Merchant) -> None:
        self.shop, self.pages = shop, []  # type: ignore[var-annotated]
        with merchant_scope(shop.pk):
            self.connection, _ = connect(connector="shopify", at=NOW, secret=SECRET)
            self.token = create_api_key(name="till", scopes=list(Scope.values), at=NOW)[1]
        self.count = 0

    def keep(self, response: Any) -> Any:
        if response.status_code >= 400:
            self.pages.append(
                (response.request["PATH_INFO"], response.status_code, b"".join(response) if response.streaming else response.content)
            )
        return response

    def hook(self, body: Any, topic: str = "orders/create", *, secret: str = SECRET) -> Any:
        self.count += 1
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-SHA256": hmac_base64(secret, raw),
            "X-Shopify-Webhook-Id": f"call-{self.count}",
            "Host": "platform.test",
        }
        return self.keep(Client().post(f"/hooks/{self.connection.public_id}/", raw, content_type="application/json", headers=headers))

    def api(self, method: str, path: str, body: Any = None) -> Any:
        self.count += 1
        client = Client(HTTP_HOST="platform.test", HTTP_AUTHORIZATION=f"Bearer {self.token}", raise_request_exception=False)
        headers = {"Idempotency-Key": f"key-{self.count}"}
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.keep(client.generic(method, f"/api/v1{path}", raw, "application/json", headers=headers))

    def shopper(self) -> Client:
        return Client(HTTP_HOST="acme.platform.test", HTTP_ACCEPT_LANGUAGE="en", raise_request_exception=False)


def orders_come_in(roads: Roads) -> None:
    """Told well, told twice, unsigned, broken off, with words where figures belong, and about an order that is not there."""
    roads.hook(ORDER)
    run_until_quiet(clock)
    roads.hook({**ORDER, "id": 2, "name": "#2002", "total_price": f"{WORDS} {EMAIL}"})
    roads.hook({**ORDER, "id": 3, "name": "#2003", "created_at": f"{LAST} {PHONE}"})
    roads.hook({**ORDER, "id": 4, "name": "#2004", "line_items": f"{STREET}"})
    roads.hook({**ORDER, "id": 5, "name": "#2005", "currency": 7})
    roads.hook({**ORDER, "id": 6, "name": "#2006", "shipping_address": [f"{STREET}", EMAIL]})
    roads.hook({**ORDER, "id": f"{FIRST}-{EMAIL}"})
    roads.hook(json.dumps(ORDER).encode()[:-5])
    roads.hook(ORDER, secret=f"{SECRET}x")
    roads.hook({"id": 9, "order_id": 99, "tracking_number": LAST, "destination": ORDER["shipping_address"]}, "fulfillments/create")
    roads.hook({"customer": {"email": EMAIL, "phone": PHONE}, "orders_requested": [LAST]}, "customers/data_request")
    run_until_quiet(clock)


def programs_call(roads: Roads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good and bad bodies, a wrong key, and our own failure in the middle of it."""
    address = {"name": f"{FIRST} {LAST}", "street": f"{STREET} 1", "postcode": "10119", "city": "Berlin", "country": "DE"}
    body = {"number": "A-1", "email": EMAIL, "phone": PHONE, "shipping_address": address, "note": WORDS}
    roads.api("POST", "/orders", body)
    roads.api("POST", "/customers", {"email": f"{EMAIL} {LAST}", "phone": f"{PHONE}x", "first_name": FIRST})
    roads.api("POST", "/customers", {"email": EMAIL, "phone": PHONE, "first_name": FIRST, "last_name": LAST})
    roads.api("GET", f"/orders?email={EMAIL}&number={LAST}")
    roads.api("GET", f"/customers?email={EMAIL}")
    roads.api("POST", "/orders", json.dumps(body).encode()[:-3])
    with monkeypatch.context() as broken:

        def fail(**given: Any) -> None:
            raise IntegrityError(f'duplicate key value violates "x"\nDETAIL:  Key (email, phone)=({EMAIL}, {PHONE}) already exists.')

        broken.setattr("customers.api.upsert_customer", fail)
        roads.api("POST", "/customers", {"email": EMAIL, "phone": PHONE, "first_name": FIRST, "last_name": LAST})


def shoppers_act(roads: Roads, settings: Settings) -> None:
    """Signing in wrongly and rightly, by code and password; looking an order up; what breaks under a shopper's hands."""
    client = roads.shopper()
    roads.keep(client.post("/sign-in/", {"email": f"{EMAIL}x{LAST}@"}))
    client.post("/sign-in/", {"email": EMAIL})
    run_until_quiet(clock)
    roads.keep(client.post("/sign-in/code/", {"code": "000000"}))
    roads.keep(client.post("/sign-in/password/", {"email": EMAIL, "password": PASSWORD}))
    with merchant_scope(roads.shop.pk):
        code, link = sign_in_secrets(SignInRequest.objects.latest("created_at"))
    assert link
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    client.post("/find-order/", {"number": "2001", "contact": EMAIL})
    roads.keep(client.post("/profile/", {"first_name": FIRST, "last_name": LAST, "phone": f"{PHONE}abc", "email": EMAIL}))
    roads.keep(roads.shopper().get(f"/orders/?q={LAST}&email={EMAIL}"))
    roads.keep(roads.shopper().get("/nowhere/", HTTP_REFERER=f"https://acme.platform.test/?email={EMAIL}", HTTP_USER_AGENT=LAST))
    strict = Client(HTTP_HOST="acme.platform.test", enforce_csrf_checks=True)
    roads.keep(strict.post(f"/sign-in/?email={EMAIL}", {"email": EMAIL}))
    settings.AXES_ENABLED = True
    person("staff@acme.example", roads.shop, Role.OWNER)
    for _ in range(11):
        Client(HTTP_HOST="platform.test").post("/admin/login/", {"username": EMAIL, "password": PASSWORD})


def pages_break(roads: Roads, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that fails with a shopper's address in the error."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"could not send to {EMAIL} or {PHONE}")

    for host, path, part in (
        ("acme.platform.test", f"/sign-in/?email={EMAIL}", "portal.views.sign_in.show"),
        ("platform.test", "/healthz", "dashboard.health.HttpResponse"),
    ):
        with monkeypatch.context() as broken:
            broken.setattr(part, fail)
            response = roads.keep(Client(HTTP_HOST=host, raise_request_exception=False).get(path))
            assert response.status_code == 500


def senders_fail(roads: Roads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers refuse, naming whom; and a handler fails, naming what it was given."""
    answers: list[Outcome | Exception] = [
        NotAccepted(f"cannot deliver to <{EMAIL}>"),
        Refused("21211", f"The 'To' number {PHONE} is not valid"),
        RuntimeError(f"{EMAIL}: connection reset"),
        NotAccepted(f"mailbox of {EMAIL} is full"),
    ]

    def send(self: Sandbox, *, account: Any, messages: Sequence[Outgoing]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for message in messages:
            answer = answers[len(tried) % len(answers)]
            tried.append(message)
            if isinstance(answer, Exception):
                raise answer
            outcomes.append(answer)
        return outcomes

    tried: list[Outgoing] = []

    def listen(event: Occurrence) -> None:
        who = Customer.objects.filter(email=EMAIL).get()
        with connection.cursor() as cursor:  # the database quotes the row it refuses
            cursor.execute(
                "insert into customers_customer select (jsonb_populate_record(c, jsonb_build_object('id', c.id + 1000000))).*"
                " from customers_customer c where id = %s", [who.pk],
            )  # fmt: skip

    with monkeypatch.context() as broken:
        broken.setattr(Sandbox, "send", send)
        broken.setitem(registry._handlers["orders.order.placed"], "tests.listen", listen)
        roads.hook({**ORDER, "id": 70, "name": "#2070"})
        roads.hook({**ORDER, "id": 71, "name": "#2071"})
        run_until_quiet(clock)
    assert tried


# Columns that say what went wrong, of every table there is.
TROUBLE = re.compile(r"last_error|error|detail|outcome|ended_reason|refusal|problem")


def stored_trouble() -> list[str]:
    hits = []
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'public'"
            " and data_type in ('character varying', 'text', 'jsonb') order by 1, 2"
        )
        columns = [(table, column) for table, column in cursor.fetchall() if TROUBLE.search(column) or table in WHOLE]
        for table, column in columns:
            cursor.execute(f'select distinct "{column}"::text from "{table}"')
            hits += [f"{table}.{column}: {text}" for (text,) in cursor.fetchall() if text and found(text)]
    return hits


WHOLE = {"axes_accessattempt", "axes_accesslog", "merchants_auditentry", "merchants_platformentry", "django_admin_log"}
# A failed claim of a return is a shopper's own words, and axes counts staff by their names: neither is a report of trouble.
OURS = {"axes_accessattempt.username"}


def test_marked_data_is_nowhere_but_where_it_belongs(
    shop: Merchant, ears: Ears, rung: list[str], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    roads = Roads(shop)
    orders_come_in(roads)
    programs_call(roads, monkeypatch)
    shoppers_act(roads, settings)
    pages_break(roads, monkeypatch)
    senders_fail(roads, monkeypatch)
    with merchant_scope(shop.pk):
        assert Order.objects.filter(email=EMAIL).count() >= 2  # they did go through
        assert InboxItem.objects.exclude(last_error="").count() >= 3
        assert Delivery.objects.filter(last_error__contains="duplicate key").exists()
        stored = [hit for hit in stored_trouble() if hit.split(":")[0] not in OURS]
    said = sorted({(name, text) for name, text in ears.said if found(text)})
    written = [line for line in ears.written if found(line)]
    pages = [(path, status, found(content.decode(errors="replace"))) for path, status, content in roads.pages if status != 422]
    assert len(ears.written) > 40
    assert len(roads.pages) > 10
    assert {
        "logs": written,
        "said": [one for one in said if not one[0].startswith(("django", "axes"))],
        "tasks": [line for line in rung if found(line)],
        "errors": stored,
        "pages": [page for page in pages if page[2]],
    } == {"logs": [], "said": [], "tasks": [], "errors": [], "pages": []}
