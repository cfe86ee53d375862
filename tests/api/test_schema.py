"""The OpenAPI document is whole, true and served from this host alone."""

import io
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from core.docs import document
from tests.api.conftest import HOST

OPERATIONS = [(path, method) for path, item in sorted(document()["paths"].items()) for method in sorted(item)]


def operation(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][path][method]
    return found


def page(path: str) -> Any:
    return Client().get(path, headers={"Host": HOST})


def test_the_document_is_made_without_a_warning() -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=io.StringIO(), stderr=io.StringIO())


def test_every_address_of_the_api_is_in_it() -> None:
    assert OPERATIONS == [
        ("/api/v1/additions", "get"),
        ("/api/v1/additions/{public_id}/confirm", "post"),
        ("/api/v1/additions/{public_id}/refuse", "post"),
        ("/api/v1/claims", "get"),
        ("/api/v1/claims", "post"),
        ("/api/v1/claims/{public_id}", "get"),
        ("/api/v1/claims/{public_id}/answer", "post"),
        ("/api/v1/claims/{public_id}/approve", "post"),
        ("/api/v1/claims/{public_id}/ask", "post"),
        ("/api/v1/claims/{public_id}/decline", "post"),
        ("/api/v1/claims/{public_id}/repaired", "post"),
        ("/api/v1/claims/{public_id}/withdraw", "post"),
        ("/api/v1/coupons/{code}", "get"),
        ("/api/v1/coupons/{code}/redeem", "post"),
        ("/api/v1/customers", "get"),
        ("/api/v1/customers", "post"),
        ("/api/v1/customers/{public_id}", "get"),
        ("/api/v1/moneys", "get"),
        ("/api/v1/moneys/{public_id}/failed", "post"),
        ("/api/v1/moneys/{public_id}/sent", "post"),
        ("/api/v1/orders", "get"),
        ("/api/v1/orders", "post"),
        ("/api/v1/orders/{number}", "get"),
        ("/api/v1/orders/{number}/cancel", "post"),
        ("/api/v1/orders/{number}/refunds", "post"),
        ("/api/v1/orders/{number}/returnable", "get"),
        ("/api/v1/orders/{number}/shipments", "get"),
        ("/api/v1/orders/{number}/shipments", "post"),
        ("/api/v1/products", "get"),
        ("/api/v1/products", "post"),
        ("/api/v1/products/{external_id}", "delete"),
        ("/api/v1/products/{external_id}", "get"),
        ("/api/v1/referrals", "post"),
        ("/api/v1/requests", "get"),
        ("/api/v1/requests/{public_id}/accept", "post"),
        ("/api/v1/requests/{public_id}/refuse", "post"),
        ("/api/v1/returns", "get"),
        ("/api/v1/returns", "post"),
        ("/api/v1/returns/policy", "get"),
        ("/api/v1/returns/reasons", "get"),
        ("/api/v1/returns/{public_id}", "get"),
        ("/api/v1/returns/{public_id}/answer", "post"),
        ("/api/v1/returns/{public_id}/approve", "post"),
        ("/api/v1/returns/{public_id}/ask", "post"),
        ("/api/v1/returns/{public_id}/cancel", "post"),
        ("/api/v1/returns/{public_id}/close", "post"),
        ("/api/v1/returns/{public_id}/decline", "post"),
        ("/api/v1/returns/{public_id}/inspect", "post"),
        ("/api/v1/returns/{public_id}/label", "post"),
        ("/api/v1/returns/{public_id}/parcel", "post"),
        ("/api/v1/returns/{public_id}/receive", "post"),
        ("/api/v1/reviews", "get"),
        ("/api/v1/reviews/export", "get"),
        ("/api/v1/reviews/import", "post"),
        ("/api/v1/reviews/{public_id}", "get"),
        ("/api/v1/reviews/{public_id}/decision", "post"),
        ("/api/v1/reviews/{public_id}/note", "post"),
        ("/api/v1/reviews/{public_id}/reply", "post"),
        ("/api/v1/scans", "post"),
        ("/api/v1/shipments/{public_id}", "get"),
        ("/api/v1/shipments/{public_id}/scans", "post"),
        ("/api/v1/surveys/{key}/results", "get"),
        ("/api/v1/withdrawals", "get"),
        ("/api/v1/withdrawals", "post"),
        ("/api/v1/withdrawals/{public_id}", "get"),
    ]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_has_examples_errors_and_its_key(path: str, method: str) -> None:
    told = operation(path, method)
    assert told["security"] == [{"apiKey": []}]
    assert {"400", "401", "403", "429", "503"} <= set(told["responses"])
    for status, response in told["responses"].items():
        if status != "204":
            assert response["content"]["application/json"]["examples"], status
    headers = [p["name"] for p in told.get("parameters", []) if p["in"] == "header"]
    assert headers == (["Idempotency-Key"] if method == "post" else [])
    if method == "post":
        assert {"409", "413", "415", "422"} <= set(told["responses"])
        assert told["requestBody"]["content"]["application/json"]["examples"]


def test_lists_tell_their_cursor() -> None:
    for path in (
        "/api/v1/additions",
        "/api/v1/requests",
        "/api/v1/orders",
        "/api/v1/products",
        "/api/v1/customers",
        "/api/v1/shipments/{public_id}",
        "/api/v1/returns",
        "/api/v1/claims",
        "/api/v1/withdrawals",
        "/api/v1/moneys",
        "/api/v1/reviews",
    ):
        assert {"cursor", "limit"} <= {p["name"] for p in operation(path, "get")["parameters"]}


def test_the_document_is_served_as_3_1_whatever_is_asked(db: None) -> None:
    for query in ("", "?format=yaml", "?lang=../../etc", "?version=9"):
        answer = page(f"/api/v1/schema/{query}")
        assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")
    assert answer.json()["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


def test_the_docs_page_loads_files_of_this_host_only(db: None) -> None:
    answer = page("/api/v1/docs/")
    text = answer.content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert answer.status_code == 200
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert [a for a in addresses if a.startswith("/static/") and not finders.find(a.removeprefix("/static/"))] == []
    assert "<script>" not in text


def test_the_docs_page_has_a_policy_its_parts_fit(db: None) -> None:
    answer = page("/api/v1/docs/")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';")
    script = page("/api/v1/docs/?script=")
    assert (script.status_code, script["Content-Type"]) == (200, "application/javascript")
    assert '"../schema/"' in script.content.decode()
