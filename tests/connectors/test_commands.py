import json
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from connectors.models import Connection, InboxItem
from connectors.services import connect
from connectors.services.connections import BadConnection
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from tests.connectors.conftest import HOST, PAYLOADS, headers_of, payload


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_connect_prints_the_address_and_a_secret_that_work(acme: Merchant, client: Client) -> None:
    address, secret = (line.partition(": ")[2] for line in run("connect", "shopify", "--merchant", "acme").splitlines())
    with merchant_scope(acme.pk):
        row = Connection.objects.get()
        assert (row.connector, row.slug, row.account, unseal(row, "secret")) == ("shopify", "shopify", "", secret)
    assert address == f"https://platform.test/hooks/{row.public_id}/"
    assert secret not in row.secret
    body = json.dumps(payload("shopify/orders_create")).encode()
    headers = headers_of(row, "orders/create", body, secret=secret, event_id="e", shop="")
    answer = client.post(address.removeprefix("https://platform.test"), body, content_type="application/json", headers=HOST | headers)
    assert answer.status_code == 200
    with merchant_scope(acme.pk):
        assert InboxItem.objects.count() == 1


def test_connect_takes_the_shops_own_secret_and_address(acme: Merchant) -> None:
    out = run("connect", "woocommerce", "--merchant", "acme", "--secret", "given-by-the-shop", "--account", "https://Shop.example/de/")
    assert out.splitlines()[1] == "secret: given-by-the-shop"
    with merchant_scope(acme.pk):
        assert Connection.objects.get().account == "shop.example/de"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("shopify", "--merchant", "nobody"), "there is no merchant 'nobody'"),
        (
            ("etsy", "--merchant", "acme"),
            "unknown connector 'etsy'; known: shopify, woocommerce, easypost, aftership, shippo, 17track, webhook",
        ),
        (("shopify", "--merchant", "acme", "--secret", "short"), "a secret has 6 to 500 printable characters"),
        (("shopify", "--merchant", "acme", "--account", "two words"), "the account must be the shop's address, like example.myshopify.com"),
        (("shopify", "--merchant", "acme", "--account", "http://[x"), "the account must be the shop's address, like example.myshopify.com"),
    ],
)
def test_connect_refuses_clearly_and_makes_nothing(acme: Merchant, args: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("connect", *args)
    assert str(refused.value) == told
    with merchant_scope(acme.pk):
        assert Connection.objects.count() == 0


def test_a_second_shop_gets_a_source_of_its_own(acme: Merchant, borealis: Merchant, now: datetime) -> None:
    with merchant_scope(acme.pk):
        assert [connect(connector="shopify", at=now)[0].slug for _ in range(3)] == ["shopify", "shopify-2", "shopify-3"]
        with pytest.raises(BadConnection):
            connect(connector="shopify", at=now, secret="  spaces around  ")
    with merchant_scope(borealis.pk):
        assert connect(connector="shopify", at=now)[0].slug == "shopify"


def test_parse_payload_prints_what_we_make_of_an_order() -> None:
    found = json.loads(run("parse_payload", "shopify", str(PAYLOADS / "shopify" / "orders_updated.json")))
    assert (found["connector"], found["topic"], found["kind"]) == ("shopify", "orders/updated", "OrderSeen")
    assert (found["order"]["external_id"], found["order"]["total"], found["order"]["placed_at"]) == (
        "5500000000000000123", "69.90", "2026-11-19T08:59:58+00:00",
    )  # fmt: skip
    assert found["order"]["warnings"] == []
    assert found["shipments"][0]["tracking_number"] == "00340434161094021501"


@pytest.mark.parametrize(
    ("wrapped", "kind"),
    [
        ({"order": "orders_create"}, "OrderSeen"),
        ({"fulfillment": "fulfillments_create"}, "ShipmentSeen"),
        ({"refund": "refunds_create"}, "RefundSeen"),
    ],
)
def test_parse_payload_takes_a_rest_resource(tmp_path: Path, wrapped: dict[str, str], kind: str) -> None:
    file = tmp_path / "resource.json"
    file.write_text(json.dumps({key: payload(f"shopify/{name}") for key, name in wrapped.items()}))
    assert json.loads(run("parse_payload", "shopify", str(file)))["kind"] == kind


def test_parse_payload_takes_lists_and_batches(tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    order = payload("woocommerce/order_created")
    for body in ([order, order], {"create": [order], "update": [order], "delete": []}):
        file.write_text(json.dumps(body))
        assert [entry["kind"] for entry in json.loads(run("parse_payload", "woocommerce", str(file)))] == ["OrderSeen"] * 2


def test_parse_payload_takes_the_topic_that_is_named() -> None:
    found = json.loads(run("parse_payload", "shopify", str(PAYLOADS / "shopify" / "customers_redact.json"), "--topic", "customers/redact"))
    assert (found["kind"], found["customer_external_id"]) == ("Compliance", "7700000000000000456")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is not valid JSON"),
        (b'{"a": 1, "a": 2}', "a key appears twice"),
        (b'{"note": "\\u0000"}', "note holds NUL or broken Unicode"),
        (b"7", "the payload must be a JSON object"),
        (b'{"product": {}}', "body: is no order, fulfilment, refund or product we know; name its topic"),
        (json.dumps(payload("shopify/orders_create") | {"currency": 7}).encode(), "currency: unknown currency ''"),
    ],
)
def test_parse_payload_refuses_clearly(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        run("parse_payload", "shopify", str(file))
    assert told in str(refused.value)


def test_parse_payload_names_a_file_it_cannot_open(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot read .*: No such file or directory"):
        run("parse_payload", "shopify", str(tmp_path / "none.json"))
    with pytest.raises(CommandError, match="unknown connector"):
        run("parse_payload", "etsy", str(tmp_path / "none.json"))


def test_parse_payload_touches_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `db` fixture here: any query would fail the test."""
    found: dict[str, Any] = json.loads(run("parse_payload", "woocommerce", str(PAYLOADS / "woocommerce" / "order_updated.json")))
    assert found["order"]["refunds"] == [
        {"external_id": "905", "amount": "7.50", "refunded_at": "2026-11-19T16:00:00+00:00", "note": "Sorry & thanks", "lines": {}}
    ]
