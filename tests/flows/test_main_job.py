"""The main job, end to end: a shop's webhook comes in, the shopper sees the order, the right messages go out once."""

import json
from datetime import datetime

import pytest
from django.test import Client

from connectors.services import connect
from core.signing import hmac_base64
from customers.models import Customer
from customers.services import open_session
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Branding, Merchant
from merchants.scope import merchant_scope
from merchants.services import save_branding
from notifications.accounts import save_account
from notifications.models import Message, SandboxDelivery
from orders.models import Order, OrderChange
from tests.conftest import NOW

PLACED = {
    "id": 9007199254740993,  # beyond 2^53
    "name": "#2001",
    "email": "Sam@Example.com",
    "phone": "+4915123456789",
    "created_at": "2026-11-20T10:30:00+01:00",
    "updated_at": "2026-11-20T10:30:00+01:00",
    "currency": "EUR",
    "total_price": "102.90",
    "subtotal_price": "98.00",
    "total_tax": "16.43",
    "taxes_included": True,
    "financial_status": "paid",
    "customer_locale": "de",
    "payment_gateway_names": ["visa"],
    "customer": {"id": 7, "first_name": "Sam", "last_name": "Berg", "email": "sam@example.com"},
    "line_items": [{"id": 1, "title": "Leinenhemd", "variant_title": "M", "quantity": 2, "price": "49.00", "sku": "SHIRT-M"}],
    "shipping_lines": [{"title": "DHL Paket", "price": "4.90"}],
    "total_shipping_price_set": {"shop_money": {"amount": "4.90", "currency_code": "EUR"}},
    "shipping_address": {"name": "Sam Berg", "address1": "Torstraße 1", "zip": "10119", "city": "Berlin", "country_code": "DE"},
}


def clock() -> datetime:
    return NOW


@pytest.fixture
def address(shop: Merchant) -> str:
    with merchant_scope(shop.pk):
        connection, _ = connect(connector="shopify", at=NOW, secret="shared-secret")
    return f"/hooks/{connection.public_id}/"


def tell(address: str, body: dict[str, object], topic: str = "orders/create", call: str = "call-1") -> int:
    raw = json.dumps(body).encode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-SHA256": hmac_base64("shared-secret", raw),
        "X-Shopify-Webhook-Id": call,
        "Host": "platform.test",
    }
    return Client().post(address, raw, content_type="application/json", headers=headers).status_code


def test_an_order_comes_in_is_seen_and_told_once(shop: Merchant, address: str) -> None:
    for call in range(6):
        assert tell(address, PLACED, call=f"call-{call}") == 200
        run_until_quiet(clock)

    with merchant_scope(shop.pk):
        order = Order.objects.get()
        assert (order.external_id, order.number, str(order.total)) == ("9007199254740993", "2001", "102.9000")
        sent = list(Message.objects.order_by("kind").values_list("kind", "channel", "state", "language"))
        assert sent == [("order_confirmation", "email", "delivered", "de"), ("thanks", "sms", "delivered", "de")]
        assert SandboxDelivery.objects.count() == 2
        assert sorted(Event.objects.values_list("type", flat=True)) == [
            "orders.order.confirmed",
            "orders.order.paid",
            "orders.order.placed",
        ]
        mail = SandboxDelivery.objects.get(channel="email")
        text = SandboxDelivery.objects.get(channel="sms").text
        token = open_session(customer=Customer.objects.get(), user_agent="test", at=NOW)

    for fact in ("2001", "Leinenhemd", "102,90", "Torstraße 1", "10119", "20. November", "policies/returns"):
        assert fact in mail.text or fact in mail.html, fact
    assert "Acme" in text[:20]

    browser = Client(HTTP_HOST="acme.platform.test", HTTP_ACCEPT_LANGUAGE="de")
    browser.cookies["shopper"] = browser.cookies["__Host-shopper"] = token
    page = browser.get(f"/orders/{order.public_id}/", secure=True).content.decode()
    for fact in ("2001", "102,90", "Torstraße 1", "Sam Berg"):
        assert fact in page, fact


def test_a_fulfilment_before_its_order_waits_and_then_the_parcel_is_told(shop: Merchant, address: str) -> None:
    fulfilment = {
        "id": 55,
        "order_id": PLACED["id"],
        "status": "success",
        "created_at": "2026-11-20T10:50:00+01:00",
        "updated_at": "2026-11-20T10:50:00+01:00",
        "tracking_company": "DHL",
        "tracking_number": "00340434123456789012",
        "line_items": [{"id": 1, "quantity": 2}],
    }
    assert tell(address, fulfilment, "fulfillments/create", "early") == 200
    run_until_quiet(clock)
    with merchant_scope(shop.pk):
        assert Order.objects.count() == 0
    assert tell(address, PLACED) == 200
    run_until_quiet(clock)
    with merchant_scope(shop.pk):
        assert sorted(Message.objects.values_list("kind", "channel", "state")) == [
            ("dispatch", "email", "delivered"),
            ("dispatch", "sms", "delivered"),
            ("order_confirmation", "email", "delivered"),
            ("thanks", "sms", "delivered"),
        ]
        assert "00340434123456789012" in SandboxDelivery.objects.get(channel="email", subject__contains="unterwegs").text
        assert list(OrderChange.objects.values_list("kind", flat=True).order_by("at", "pk"))[-1] == "shipped"


def test_without_a_provider_messages_wait_in_sight_and_go_when_there_is_one(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        connection, _ = connect(connector="shopify", at=NOW, secret="shared-secret")
    assert tell(f"/hooks/{connection.public_id}/", PLACED) == 200
    run_until_quiet(clock)
    with merchant_scope(acme.pk):
        assert set(Message.objects.values_list("state", "reason")) == {("pending", "no_provider")}
        branding = Branding.objects.get()
        branding.email_from, branding.sms_sender = "shop@acme.example", "Acme"
        save_branding(branding)
        for channel in ("email", "sms"):
            save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=NOW)
    run_until_quiet(clock)
    with merchant_scope(acme.pk):
        assert set(Message.objects.values_list("state", flat=True)) == {"delivered"}
