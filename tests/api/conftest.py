"""Callers of the REST API. Every answer is held against the OpenAPI document."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from core.docs import document
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.types import Scope
from tests.conftest import NOW

HOST = "platform.test"
JSON = "application/json"
_numbers = itertools.count(1)


def hold_against_document(method: str, answer: Any) -> None:
    """Status, type and shape are the documented ones."""
    route = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", answer.resolver_match.route)
    operation = document()["paths"].get(route, {}).get(method)
    if operation is None:
        assert (answer.status_code, answer.json()["code"]) in ((404, "not_found"), (405, "method_not_allowed"))
        return
    documented = operation["responses"][str(answer.status_code)]
    if answer.status_code == 204:
        assert answer.content == b""
        return
    assert answer["Content-Type"] == JSON
    shape = {**documented["content"][JSON]["schema"], "components": document()["components"]}
    Draft202012Validator(shape).validate(answer.json())


@dataclass
class Caller:
    """One program with one key."""

    token: str
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, *, raw: bytes | None = None, body: Any = None, key: str | None = None, **headers: Any) -> Any:
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        sent = {"Host": HOST, "Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {}), **headers}
        content_type = sent.pop("content_type", JSON)
        answer = self.client.generic(method.upper(), f"/api/v1{path}", raw or b"", content_type, headers=sent)
        hold_against_document(method, answer)
        return answer

    def get(self, path: str, **headers: Any) -> Any:
        return self.call("get", path, **headers)

    def delete(self, path: str) -> Any:
        return self.call("delete", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None, raw: bytes | None = None, **headers: Any) -> Any:
        """A new Idempotency-Key for each call unless one is given."""
        return self.call("post", path, body=body, raw=raw, key=key or f"key-{next(_numbers)}", **headers)


@pytest.fixture(autouse=True)
def _fresh_cache_and_frozen_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr("core.clock.now", lambda: NOW)
    yield
    cache.clear()


def caller_of(merchant: Merchant, *scopes: str, at: datetime = NOW, **over: Any) -> Caller:
    with merchant_scope(merchant.pk):
        _, token = create_api_key(name="test", scopes=list(scopes) or list(Scope.values), at=at, **over)
    return Caller(token)


@pytest.fixture
def api(acme: Merchant) -> Caller:
    """Acme's program, with every scope."""
    return caller_of(acme)


@pytest.fixture
def stranger(borealis: Merchant) -> Caller:
    """The other merchant's program."""
    return caller_of(borealis)


@pytest.fixture
def inside(acme: Merchant) -> Callable[[Callable[[], Any]], Any]:
    """Look into Acme's books."""

    def look(read: Callable[[], Any]) -> Any:
        with merchant_scope(acme.pk):
            return read()

    return look
