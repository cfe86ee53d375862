"""Two shops of Acme, and the calls they make."""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from connectors.models import Connection, InboxItem
from connectors.services import connect
from core.clock import Clock
from core.signing import hmac_base64
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderLine, Refund
from tracking.models import Shipment, ShipmentLine

PAYLOADS = Path(__file__).parent / "payloads"
SECRET, STRANGERS_SECRET = "acme-shop-secret", "borealis-shop-secret"
HOST = {"Host": "platform.test"}
Post = Callable[..., Any]
_numbers = itertools.count(1)


def payload(name: str) -> dict[str, Any]:
    """A fresh copy of `payloads/<name>.json`."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def scope_of(row: Connection) -> AbstractContextManager[None]:
    return merchant_scope(row.merchant.pk)


def open_connection(merchant: Merchant, connector: str, at: datetime, **given: str) -> Connection:
    with merchant_scope(merchant.pk):
        return connect(connector=connector, at=at, **{"secret": SECRET, **given})[0]


@pytest.fixture
def shopify(acme: Merchant, now: datetime) -> Connection:
    return open_connection(acme, "shopify", now)


@pytest.fixture
def woocommerce(acme: Merchant, now: datetime) -> Connection:
    return open_connection(acme, "woocommerce", now)


def headers_of(connection: Connection, topic: str, body: bytes, *, secret: str, event_id: str, shop: str) -> dict[str, str]:
    if connection.connector == "shopify":
        names = ("X-Shopify-Hmac-SHA256", "X-Shopify-Topic", "X-Shopify-Webhook-Id", "X-Shopify-Shop-Domain")
    else:
        names = ("X-WC-Webhook-Signature", "X-WC-Webhook-Topic", "X-WC-Webhook-Delivery-ID", "X-WC-Webhook-Source")
    return dict(zip(names, (hmac_base64(secret, body), topic, event_id, shop), strict=True))


@pytest.fixture
def post(client: Client) -> Post:
    """Call the hook as the shop does; `without` leaves a header out."""

    def call(
        connection: Connection, topic: str, content: Any, *, secret: str = SECRET, event_id: str = "", shop: str = "", without: str = ""
    ) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = headers_of(connection, topic, body, secret=secret, event_id=event_id or f"event-{next(_numbers)}", shop=shop)
        headers = {name: value for name, value in headers.items() if not without or without not in name}
        return client.post(f"/hooks/{connection.public_id}/", body, content_type="application/json", headers=HOST | headers)

    return call


CALLS = (
    ("orders/create", "orders_create"),
    ("orders/updated", "orders_updated"),
    ("fulfillments/create", "fulfillments_create"),
    ("refunds/create", "refunds_create"),
)
# How a later word differs from the earlier one is told only when both were seen.
ABOUT_DIFFERENCES = ("orders.order.changed", "tracking.shipment.changed")


@pytest.fixture
def clock(now: datetime) -> Clock:
    return lambda: now


def item(row: Connection) -> InboxItem:
    with scope_of(row):
        found: InboxItem = InboxItem.objects.latest("id")
    return found


def state_of(row: Connection) -> dict[str, Any]:
    """All a shopper can see of the merchant's orders."""
    with scope_of(row):
        return {
            "orders": list(
                Order.objects.values_list(
                    "source",
                    "external_id",
                    "number",
                    "state",
                    "payment_state",
                    "fulfilment",
                    "total",
                    "refunded_total",
                    "paid_total",
                    "cancelled_at",
                )
            ),
            "lines": list(
                OrderLine.objects.order_by("position").values_list(
                    "external_id", "quantity", "quantity_removed", "quantity_fulfilled", "total"
                )
            ),
            "refunds": list(Refund.objects.values_list("external_id", "amount", "lines")),
            "parcels": list(Shipment.objects.values_list("external_id", "status", "tracking_number", "carrier_code", "shipped_at")),
            "in parcels": list(ShipmentLine.objects.values_list("order_line__external_id", "quantity")),
            "items": list(InboxItem.objects.order_by("id").values_list("state", flat=True)),
        }


def events_of(row: Connection) -> Counter[str]:
    with scope_of(row):
        return Counter(Event.objects.exclude(type__in=ABOUT_DIFFERENCES).values_list("type", flat=True))
