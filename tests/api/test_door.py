"""Who may call, how often, in which form."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisDown

from merchants.models import ApiKey, Merchant
from merchants.scope import merchant_scope
from merchants.services import revoke_api_key
from merchants.types import Scope
from orders.api.examples import SMALL
from orders.models import Order
from returns.api import examples as returns
from tests.api.conftest import HOST, Caller, caller_of
from tests.conftest import NOW

NOBODY = {"code": "unauthorized", "message": "Send a valid API key: `Authorization: Bearer pp_...`.", "fields": {}}
SHIPMENT = {"external_id": "S1"}
SCAN = {"status": "delivered", "at": "2026-11-20T09:00:00Z"}
REFUND = {"external_id": "R1", "amount": "1.00"}
PRODUCT = {"external_id": "P1", "title": "Shirt"}
BASKET = {"order_number": "1002", "order_total": "84.00", "currency": "EUR"}
FRIEND = {"code": "9FMTD-3QXVG", "order_number": "1003", "customer_email": "kim@example.com"}
OPERATIONS: list[tuple[str, str, Any, Scope]] = [
    ("get", "/additions", None, Scope.ORDERS_READ),
    ("post", "/additions/AAAAAAAAAAAAAAAAAAAAAA/confirm", {}, Scope.ORDERS_WRITE),
    ("post", "/additions/AAAAAAAAAAAAAAAAAAAAAA/refuse", {"reason": "no"}, Scope.ORDERS_WRITE),
    ("get", "/orders", None, Scope.ORDERS_READ),
    ("post", "/orders", SMALL, Scope.ORDERS_WRITE),
    ("get", "/orders/1001", None, Scope.ORDERS_READ),
    ("post", "/orders/1001/cancel", {}, Scope.ORDERS_WRITE),
    ("post", "/orders/1001/refunds", REFUND, Scope.ORDERS_WRITE),
    ("get", "/orders/1001/shipments", None, Scope.ORDERS_READ),
    ("post", "/orders/1001/shipments", SHIPMENT, Scope.ORDERS_WRITE),
    ("get", "/requests", None, Scope.ORDERS_READ),
    ("post", "/requests/AAAAAAAAAAAAAAAAAAAAAA/accept", {}, Scope.ORDERS_WRITE),
    ("post", "/requests/AAAAAAAAAAAAAAAAAAAAAA/refuse", {"reason": "no"}, Scope.ORDERS_WRITE),
    ("get", "/orders/1001/returnable", None, Scope.RETURNS_READ),
    ("get", "/returns", None, Scope.RETURNS_READ),
    ("post", "/returns", returns.RETURN, Scope.RETURNS_WRITE),
    ("get", "/returns/reasons", None, Scope.RETURNS_READ),
    ("get", "/returns/policy", None, Scope.RETURNS_READ),
    ("get", "/returns/AAAAAAAAAAAAAAAAAAAAAA", None, Scope.RETURNS_READ),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/approve", {}, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/decline", returns.DECLINE, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/ask", {"question": "Which?"}, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/answer", {"text": "This"}, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/cancel", {}, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/receive", returns.RECEIVE, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/inspect", returns.INSPECT, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/close", {}, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/parcel", returns.PARCEL, Scope.RETURNS_WRITE),
    ("post", "/returns/AAAAAAAAAAAAAAAAAAAAAA/label", returns.LABEL, Scope.RETURNS_WRITE),
    ("get", "/claims", None, Scope.RETURNS_READ),
    ("post", "/claims", returns.CLAIM, Scope.RETURNS_WRITE),
    ("get", "/claims/AAAAAAAAAAAAAAAAAAAAAA", None, Scope.RETURNS_READ),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/approve", returns.APPROVE_CLAIM, Scope.RETURNS_WRITE),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/decline", returns.DECLINE, Scope.RETURNS_WRITE),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/ask", {"question": "Which?"}, Scope.RETURNS_WRITE),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/answer", {"text": "This"}, Scope.RETURNS_WRITE),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/repaired", {}, Scope.RETURNS_WRITE),
    ("post", "/claims/AAAAAAAAAAAAAAAAAAAAAA/withdraw", {}, Scope.RETURNS_WRITE),
    ("get", "/withdrawals", None, Scope.RETURNS_READ),
    ("post", "/withdrawals", returns.WITHDRAWAL, Scope.RETURNS_WRITE),
    ("get", "/withdrawals/AAAAAAAAAAAAAAAAAAAAAA", None, Scope.RETURNS_READ),
    ("get", "/moneys", None, Scope.RETURNS_READ),
    ("post", "/moneys/AAAAAAAAAAAAAAAAAAAAAA/sent", returns.SENT, Scope.RETURNS_WRITE),
    ("post", "/moneys/AAAAAAAAAAAAAAAAAAAAAA/failed", {"error": "no"}, Scope.RETURNS_WRITE),
    ("get", "/shipments/AAAAAAAAAAAAAAAAAAAAAA", None, Scope.ORDERS_READ),
    ("post", "/shipments/AAAAAAAAAAAAAAAAAAAAAA/scans", {"scans": [SCAN]}, Scope.ORDERS_WRITE),
    ("post", "/scans", {"items": [{"tracking_number": "1", "scans": [SCAN]}]}, Scope.ORDERS_WRITE),
    ("get", "/products", None, Scope.CATALOG_READ),
    ("post", "/products", PRODUCT, Scope.CATALOG_WRITE),
    ("get", "/products/P1", None, Scope.CATALOG_READ),
    ("delete", "/products/P1", None, Scope.CATALOG_WRITE),
    ("get", "/coupons/7KXCR-4WHPN", None, Scope.REWARDS_WRITE),
    ("post", "/coupons/7KXCR-4WHPN/redeem", BASKET, Scope.REWARDS_WRITE),
    ("post", "/referrals", FRIEND, Scope.REWARDS_WRITE),
    ("get", "/customers", None, Scope.CUSTOMERS_READ),
    ("post", "/customers", {"email": "a@example.com"}, Scope.CUSTOMERS_WRITE),
    ("get", "/customers/AAAAAAAAAAAAAAAAAAAAAA", None, Scope.CUSTOMERS_READ),
]
NAMES = [f"{method} {path}" for method, path, _, _ in OPERATIONS]


def send(caller: Caller, method: str, path: str, body: Any) -> Any:
    return caller.post(path, body) if method == "post" else caller.call(method, path)


def orders_of(merchant: Merchant) -> int:
    with merchant_scope(merchant.pk):
        return Order.objects.count()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer pp_",
        "Bearer pp_wrong",
        "Basic cHA6cHA=",
        "Bearer " + "pp_" + "x" * 1_000_000,
        "Bearer pp_ü",
        "Token pp_x",
    ],
    ids=lambda header: header[:20],
)
def test_without_a_good_key_there_is_one_answer(api: Caller, acme: Merchant, header: str) -> None:
    answer = api.post("/orders", SMALL, Authorization=header)
    assert (answer.status_code, answer.json(), answer["WWW-Authenticate"]) == (401, NOBODY, "Bearer")
    assert orders_of(acme) == 0


def test_a_missing_header_and_a_dead_key_get_the_same_answer(acme: Merchant) -> None:
    anonymous = Client().get("/api/v1/orders", headers={"Host": HOST})
    revoked = caller_of(acme)
    with merchant_scope(acme.pk):
        revoke_api_key(key_id=ApiKey.objects.get().pk, at=NOW)
    expired = caller_of(acme, expires_at=NOW)
    answers = [anonymous, revoked.get("/orders"), expired.get("/orders")]
    assert [(a.status_code, a.content, a["WWW-Authenticate"]) for a in answers] == [(401, anonymous.content, "Bearer")] * 3
    assert anonymous.json() == NOBODY


def test_a_key_works_until_it_expires(acme: Merchant) -> None:
    assert caller_of(acme, expires_at=NOW + timedelta(seconds=1)).get("/orders").status_code == 200


def test_the_key_of_a_closed_merchant_opens_nothing(api: Caller, acme: Merchant) -> None:
    Merchant.objects.filter(pk=acme.pk).update(is_active=False)
    assert api.get("/orders").status_code == 401


@pytest.mark.parametrize(("method", "path", "body", "scope"), OPERATIONS, ids=NAMES)
def test_an_operation_needs_its_scope_and_no_other(acme: Merchant, method: str, path: str, body: Any, scope: Scope) -> None:
    others = caller_of(acme, *[value for value in Scope.values if value != scope])
    answer = send(others, method, path, body)
    assert (answer.status_code, answer.json()) == (
        403,
        {"code": "missing_scope", "message": f"This key lacks the scope {scope}.", "fields": {}},
    )
    assert orders_of(acme) == 0
    assert send(caller_of(acme, scope), method, path, body).status_code in (200, 201, 204, 404)


@pytest.mark.parametrize(("method", "path", "body", "scope"), OPERATIONS, ids=NAMES)
def test_unknown_query_parameters_are_refused_by_name(api: Caller, method: str, path: str, body: Any, scope: Scope) -> None:
    for name in ("page", "ordering", "id__gt", "email__startswith", "fields"):
        answer = send(api, method, f"{path}?{name}=1", body)
        assert (answer.status_code, answer.json()["fields"]) == (400, {name: ["There is no such field."]})


@pytest.mark.parametrize("method", ["put", "patch", "options", "trace", "delete"])
def test_other_methods_are_refused(api: Caller, method: str) -> None:
    answer = api.call(method, "/orders", body=SMALL)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_head_is_a_get_without_a_body(api: Caller) -> None:
    answer = Client().head("/api/v1/orders?limit=1", headers={"Host": HOST, "Authorization": f"Bearer {api.token}"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=%C3%BC", "cursor"),
        ("cursor=" + "A" * 501, "cursor"),
        ("state=gone", "state"),
        ("email=a@b", "email"),
        ("placed_from=2026-11-20T10:00:00", "placed_from"),
        ("placed_to=yesterday", "placed_to"),
        ("number=%00", "number"),
        ("number=" + "9" * 61, "number"),
    ],
    ids=lambda text: text[:30],
)
def test_a_bad_query_is_refused_by_field(api: Caller, query: str, field: str) -> None:
    answer = api.get(f"/orders?{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_cursor_is_good_for_its_own_list_merchant_and_bytes_only(api: Caller, stranger: Caller) -> None:
    for number in ("1", "2"):
        api.post("/orders", {**SMALL, "number": number})
    cursor = api.get("/orders?limit=1").json()["next_cursor"]
    assert cursor.isascii()
    assert "1" not in cursor[:2]
    for caller, path in [
        (stranger, f"/orders?cursor={cursor}"),
        (api, f"/products?cursor={cursor}"),
        (api, f"/orders?cursor={cursor[:-2]}"),
        (api, f"/orders?cursor={cursor[:-3]}{'B' if cursor[-3] == 'A' else 'A'}{cursor[-2:]}"),
    ]:
        answer = caller.get(path)
        assert (answer.status_code, answer.json()["fields"]) == (400, {"cursor": ["Is not a cursor of this list."]})


@pytest.mark.parametrize("path", ["/orders/", "/products/"])
@pytest.mark.parametrize(
    "name",
    ["-1", "0", "1e9", "9223372036854775808", "1%20OR%201=1", "..%2F..%2Fetc", "%00", "%ff", "9" * 10_000, "%0d%0aX", "%25", "%EF%BC%91"],
    ids=lambda name: name[:20],
)
def test_what_no_row_is_called_is_not_found(api: Caller, path: str, name: str) -> None:
    assert api.get(path + name).status_code == 404


def test_a_customer_is_found_by_public_id_only(api: Caller) -> None:
    assert [api.get(f"/customers/{name}").status_code for name in ("1", "%00", "A" * 10_000)] == [404, 404, 404]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "nonsense",
    ],
)
def test_only_json_is_read(api: Caller, acme: Merchant, content_type: str) -> None:
    answer = api.post("/orders", SMALL, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert orders_of(acme) == 0


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", ""])
def test_the_answer_is_json_whatever_is_accepted(api: Caller, accept: str) -> None:
    assert api.get("/orders", Accept=accept).status_code == 200


def test_errors_are_in_english_whatever_the_caller_speaks(api: Caller) -> None:
    german: dict[str, Any] = {"Accept-Language": "de"}
    answer = api.post("/customers", {}, **german)
    assert answer.json()["fields"] == {"email": ["This field is required."]}


def test_a_body_over_a_megabyte_is_too_large(api: Caller, acme: Merchant) -> None:
    answer = api.post("/orders", raw=b'{"number": "' + b"A" * (1024 * 1024) + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert orders_of(acme) == 0


def test_a_caller_over_its_rate_waits(api: Caller, acme: Merchant, settings: Settings) -> None:
    settings.API_RATE, settings.API_BURST = 2, 4
    other = caller_of(acme)
    assert [api.get("/orders").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    answer = api.post("/orders", SMALL)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "throttled", "2")
    assert orders_of(acme) == 0
    assert other.get("/orders").status_code == 200


def test_the_next_window_lets_the_caller_go_on(api: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE, settings.API_BURST = 1, 1
    assert [api.get("/orders").status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr("core.clock.now", lambda: NOW + timedelta(seconds=1))
    assert api.get("/orders").status_code == 200


def test_without_a_cache_nobody_is_refused(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise RedisDown

    monkeypatch.setattr(cache, "add", down, raising=False)
    assert api.get("/orders").status_code == 200


def test_without_a_database_the_caller_is_told_to_come_back(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("merchants.api.key_of_token", down)
    answer = api.post("/orders", SMALL)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "5")


def test_the_use_of_a_key_is_noted_once_a_minute(api: Caller, acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    def noted() -> Any:
        with merchant_scope(acme.pk):
            return ApiKey.objects.values_list("last_used_at", flat=True).get()

    seen = []
    for seconds in (0, 59, 61):
        cache.clear()  # another process: its cache knows nothing
        monkeypatch.setattr("core.clock.now", lambda seconds=seconds: NOW + timedelta(seconds=seconds))
        api.get("/orders/none")
        seen.append(noted())
    assert seen == [NOW, NOW, NOW + timedelta(seconds=61)]


@pytest.mark.parametrize("path", ["", "/", "/order", "/orders/", "/nothing/here"])
def test_other_addresses_answer_in_the_same_shape(api: Caller, path: str) -> None:
    answer = api.get(path or "/")
    assert (answer.status_code, answer.json()) == (404, {"code": "not_found", "message": "Not found.", "fields": {}})


def test_the_api_is_not_on_a_merchants_host(api: Caller, acme: Merchant) -> None:
    answer = Client().get("/api/v1/orders", headers={"Host": "acme.platform.test", "Authorization": f"Bearer {api.token}"})
    assert answer.status_code == 404
