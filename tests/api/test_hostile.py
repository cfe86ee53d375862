"""The bad-input catalogue (B-A): never an error of ours, the field is named, nothing is stored."""

from typing import Any

import pytest

from customers.models import Customer
from events.models import Event
from merchants.models import IdempotencyKey, Merchant
from merchants.scope import merchant_scope
from orders.api.examples import SMALL, WHOLE
from orders.models import Order
from tests.api.conftest import Caller

ENDPOINTS = [
    "/orders",
    "/orders/1001/cancel",
    "/orders/1001/refunds",
    "/orders/1001/shipments",
    "/shipments/AAAAAAAAAAAAAAAAAAAAAA/scans",
    "/scans",
    "/products",
    "/customers",
]
LINE: dict[str, Any] = SMALL["lines"][0]


def stored(merchant: Merchant) -> tuple[int, ...]:
    with merchant_scope(merchant.pk):
        return tuple(model.objects.count() for model in (Order, Customer, Event, IdempotencyKey))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":',
        b"[" * 100_000,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}",
        b'{"total": 1, "total": 999}',
        b'{"total": NaN}',
        b'{"total": Infinity}',
        b'{"total": -Infinity}',
        b"\xff\xfe{}",
        b"{'a': 1}",
        b'{"a": 1} x',
        b"{" + b"1" * 5000 + b"}",
        b'{"total": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_what_is_no_json_is_refused(api: Caller, acme: Merchant, raw: bytes) -> None:
    for path in ENDPOINTS:
        answer = api.post(path, raw=raw)
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert stored(acme) == (0, 0, 0, 0)


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"1", b"true", b"[[]]"])
def test_a_body_that_is_no_object_is_refused(api: Caller, acme: Merchant, raw: bytes) -> None:
    api.post("/orders", SMALL)
    before = stored(acme)
    for path in ENDPOINTS:
        answer = api.post(path, raw=raw)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["body"])
    assert stored(acme) == before


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"external_id": "a\u0000b"}', "external_id"),
        (rb'{"external_id": "\ud800"}', "external_id"),
        (rb'{"lines": [{"title": "ok"}, {"title": "\udfff"}]}', "lines.1.title"),
        (rb'{"a\u0000": 1}', "body"),
        (rb'{"options": {"\ud800": "x"}}', "options"),
    ],
)
def test_what_postgres_cannot_hold_is_refused_by_place(api: Caller, acme: Merchant, raw: bytes, field: str) -> None:
    for path in ENDPOINTS:
        answer = api.post(path, raw=raw)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert stored(acme) == (0, 0, 0, 0)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_nobody_gives_himself_what_is_not_his_to_give(api: Caller, acme: Merchant, path: str) -> None:
    api.post("/orders", SMALL)
    before = stored(acme)
    goods: dict[str, dict[str, Any]] = {
        "/orders": WHOLE,
        "/products": {"external_id": "P", "title": "P"},
        "/customers": {"email": "a@example.com"},
    }
    good = goods.get(path, {})
    answer = api.post(path, {**good, "merchant_id": 1, "is_staff": True, "public_id": "x", "erased_at": None})
    assert answer.status_code == 400
    assert {"merchant_id", "is_staff", "public_id", "erased_at"} <= set(answer.json()["fields"])
    assert answer.json()["fields"]["merchant_id"] == ["There is no such field."]
    assert stored(acme) == before


def with_line(**over: Any) -> dict[str, Any]:
    return {"lines": [{**LINE, **over}]}


def with_buyer(**over: Any) -> dict[str, Any]:
    return {"customer": over}


TOTALS = ("NaN", "Infinity", "-Infinity", "1e400", "1e99", "19.999", "-1", "-0.01", "0.1+0.2", "", " ", "999999999999999999.99")
ODD_TOTALS: tuple[Any, ...] = (10**18, True, [], {}, "1_000", "١٢", "0x10", "1,50", "1" * 5000)
ODD_NUMBERS: tuple[Any, ...] = ("", " ", "9" * 61, None, [], {}, True)
PICTURES = ("javascript:alert(1)", "ftp://a.example/x", "//a.example", "x", "https://a.example/" + "x" * 1000, 5)
TIMES = (
    "2026-11-20T10:00:00",
    "2026-11-20",
    "yesterday",
    1763632800,
    "2026-02-30T10:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2050-01-01T00:00:00Z",
    "2026-11-20T25:00:00Z",
)
EMAILS = (
    "a@b",
    '"a b"@x.com',
    "a@[127.0.0.1]",
    "a" * 250 + "@x.com",
    "a@x.com,b@y.com",
    "a@x.com\r\nBcc: v@w",
    "a b@x.com",
    5,
    ["a@x.com"],
)
PHONES = ("+1 900 555 0123", "+88216 12345678", "1" * 41, "call me", "12", 4915123456789)
BAD_ORDERS: list[tuple[dict[str, Any], str]] = [
    # amounts
    *[({"total": value}, "total") for value in (*TOTALS, *ODD_TOTALS)],
    ({"currency": "JPY", "total": "599.50"}, "total"),
    ({"currency": "BHD", "total": "1.2345"}, "total"),
    (with_line(unit_price="0.001"), "lines.0.unit_price"),
    (with_line(discount="49.01"), "lines.0.discount"),
    (with_line(tax="-1"), "lines.0.tax"),
    *[({"currency": value}, "currency") for value in ("XXZ", "EURO", "", "€", 978, ["EUR"], "E" * 1000)],
    # lines
    ({"lines": []}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": "L1"}, "lines"),
    ({"lines": [1]}, "lines.0"),
    ({"lines": [{**LINE, "external_id": str(i)} for i in range(1001)]}, "lines"),
    ({"lines": [LINE, LINE]}, "lines"),
    *[(with_line(quantity=value), "lines.0.quantity") for value in (0, -1, "1.5", "0", "1", True, 10**9, 10**30, [1])],
    (with_line(quantity_removed=2), "lines.0.quantity_removed"),
    (with_line(quantity_removed=-1), "lines.0.quantity_removed"),
    (with_line(requires_shipping="true"), "lines.0.requires_shipping"),
    (with_line(requires_shipping=1), "lines.0.requires_shipping"),
    (with_line(title=""), "lines.0.title"),
    (with_line(title="A" * 301), "lines.0.title"),
    (with_line(title="Z͑ͫ̓" * 1000), "lines.0.title"),
    (with_line(title="👩‍👩‍👧" * 10_000), "lines.0.title"),
    (with_line(title=["x"]), "lines.0.title"),
    (with_line(title=7), "lines.0.title"),
    (with_line(title="a\x07b"), "lines.0.title"),
    (with_line(options={"Size": ["M"]}), "lines.0.options.Size"),
    (with_line(options={str(i): "x" for i in range(51)}), "lines.0.options"),
    (with_line(options={"": "x"}), "lines.0.options"),
    (with_line(options=["M"]), "lines.0.options"),
    *[(with_line(image_url=value), "lines.0.image_url") for value in PICTURES],
    (with_line(price="1"), "lines.0.price"),
    # identity and times
    *[({"number": value}, "number") for value in ODD_NUMBERS],
    ({"external_id": "9" * 101}, "external_id"),
    *[({"placed_at": value}, "placed_at") for value in TIMES],
    ({"updated_at": "2027-01-01T00:00:00Z"}, "updated_at"),
    ({"payment_state": "rich"}, "payment_state"),
    ({"payment_state": ["paid"]}, "payment_state"),
    ({"is_confirmed": "yes"}, "is_confirmed"),
    # people and addresses
    *[(with_buyer(email=value), "customer.email") for value in EMAILS],
    *[(with_buyer(phone=value), "customer.phone") for value in PHONES],
    (with_buyer(first_name="A" * 81), "customer.first_name"),
    (with_buyer(age=5), "customer.age"),
    ({"customer": "Lena"}, "customer"),
    ({"customer": []}, "customer"),
    ({"shipping_address": {"country": "Germany"}}, "shipping_address.country"),
    ({"shipping_address": {"country": "ZZ"}}, "shipping_address.country"),
    ({"shipping_address": {"street": "A" * 201}}, "shipping_address.street"),
    ({"shipping_address": [1]}, "shipping_address"),
    # payments and refunds
    ({"payments": [{"external_id": "1", "method": "Visa", "amount": "1.00", "last4": "4242424242424242"}]}, "payments.0.last4"),
    ({"payments": [{"external_id": "1", "method": "Visa"}]}, "payments.0.amount"),
    ({"refunds": [{"external_id": "1", "amount": "x"}]}, "refunds.0.amount"),
    ({"refunds": [{"external_id": "1", "amount": "1.00", "lines": {"1": 1}}]}, "refunds.0.lines"),
]


@pytest.mark.parametrize(("over", "field"), BAD_ORDERS, ids=lambda value: str(value)[:40])
def test_a_bad_order_is_refused_by_field(api: Caller, acme: Merchant, over: dict[str, Any], field: str) -> None:
    answer = api.post("/orders", {**SMALL, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert stored(acme) == (0, 0, 0, 0)


def test_ten_thousand_and_one_lines_are_refused_by_name(api: Caller, acme: Merchant) -> None:
    lines = [{"external_id": str(i), "title": "X", "quantity": 1, "unit_price": 1} for i in range(10_001)]
    answer = api.post("/orders", {**SMALL, "lines": lines})
    assert (answer.status_code, answer.json()["fields"]) == (400, {"lines": ["Ensure this field has no more than 1000 elements."]})
    assert stored(acme) == (0, 0, 0, 0)


def test_a_thousand_lines_are_taken(api: Caller) -> None:
    lines = [{**LINE, "external_id": str(i)} for i in range(1000)]
    answer = api.post("/orders", {**SMALL, "total": "49000", "lines": lines})
    assert (answer.status_code, len(answer.json()["lines"]), answer.json()["subtotal"]) == (201, 1000, "49000.00")


def test_at_most_fifty_fields_are_named(api: Caller) -> None:
    answer = api.post("/orders", {**SMALL, "lines": [{**LINE, "external_id": str(i), "quantity": 0} for i in range(1000)]})
    assert (answer.status_code, len(answer.json()["fields"])) == (400, 50)


def test_every_missing_field_is_named_at_once(api: Caller) -> None:
    answer = api.post("/orders", {})
    assert answer.json() == {
        "code": "invalid",
        "message": "Some fields are not valid.",
        "fields": {name: ["This field is required."] for name in ("number", "currency", "placed_at", "total", "lines")},
    }


def test_what_is_refused_is_not_echoed_as_markup(api: Caller) -> None:
    answer = api.post("/orders", {**SMALL, "<script>alert(1)</script>": 1, "payment_state": "<img onerror=alert(1)>"})
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
