"""Something more in the same parcel, end to end: order, text message, press, the shop's yes, and the order that grew."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from catalog.services import relate_products, upsert_product
from connectors.services import connect
from core.signing import hmac_base64
from customers.models import Customer
from customers.services import record_consent
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from notifications.automations import switch
from notifications.models import Message, SandboxDelivery
from notifications.types import Kind
from orders.models import Addition, FulfilmentPolicy, Order, OrderLine
from orders.types import PaymentState
from tests.conftest import NOW
from tests.factories import EMAIL, PHONE, customer, incoming_line, place_order, ship
from tests.flows.test_main_job import PLACED
from tracking.types import ShipmentStatus

HOUR = timedelta(hours=1)
SHIRT, WALLET = "7001", "7002"


@pytest.fixture
def selling(shop: Merchant) -> Merchant:
    """Acme sells a wallet that goes with shirts, and says so; Sam wants to hear of it by text and by mail."""
    with merchant_scope(shop.pk):
        upsert_product(external_id=SHIRT, title="Leinenhemd", at=NOW)
        upsert_product(external_id=WALLET, title="Geldbeutel", sku="WALLET", price=Decimal("39.00"), currency="EUR", stock=3, at=NOW)
        relate_products(external_id=SHIRT, related=[WALLET])
        for channel in ("sms", "email"):
            switch(kind=Kind.ADDITIONS, channel=channel, is_on=True, at=NOW)
            record_consent(customer=customer(at=NOW), channel=channel, is_granted=True, source="checkout", at=NOW)
    return shop


def clock(at: datetime = NOW) -> Callable[[], datetime]:
    return lambda: at


def buy(**over: Any) -> Order:
    return place_order(**{"language": "de", "lines": (incoming_line(title="Leinenhemd", product_external_id=SHIRT),), **over})


def told(merchant: Merchant) -> dict[str, str]:
    """Channel -> `state` or `state:reason` of the offer."""
    with merchant_scope(merchant.pk):
        rows = Message.objects.filter(kind=Kind.ADDITIONS).order_by("channel")
        return {row.channel: f"{row.state}:{row.reason}" if row.reason else row.state for row in rows}


def pressed(path: str, at: datetime = NOW) -> int:
    """Open the page as anybody with the link would, and press its first button."""
    browser = Client(HTTP_HOST="acme.platform.test", HTTP_ACCEPT_LANGUAGE="de")
    with time_machine.travel(at, tick=False):
        page = browser.get(path, follow=True, secure=True)
        found = re.search(r'name="item" value="([^"]+)"', page.content.decode())
        return browser.post(page.request["PATH_INFO"], {"item": found[1] if found else ""}, secure=True).status_code


def short_path(merchant: Merchant) -> str:
    with merchant_scope(merchant.pk):
        text = SandboxDelivery.objects.get(text__contains="Geldbeutel", channel="sms").text
    assert text.startswith("Acme: Geldbeutel 39,00")
    return text[text.index("/l/") :].split()[0]


def test_from_the_text_message_to_the_order_that_grew(selling: Merchant) -> None:
    with merchant_scope(selling.pk):
        order = buy()
        _, token = create_api_key(name="till", scopes=["orders:read", "orders:write"], at=NOW)
    run_until_quiet(clock())
    assert told(selling) == {"email": "suppressed:ladder", "sms": "delivered"}
    assert pressed(short_path(selling), NOW + HOUR) == 302

    shop = Client(HTTP_HOST="platform.test", HTTP_AUTHORIZATION=f"Bearer {token}")
    [wish] = shop.get("/api/v1/additions?state=requested").json()["results"]
    assert (wish["order_number"], wish["product_external_id"], wish["unit_price"]) == ("1001", WALLET, "39.00")
    answer = shop.post(f"/api/v1/additions/{wish['id']}/confirm", {}, "application/json", HTTP_IDEMPOTENCY_KEY="yes")
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    run_until_quiet(clock(NOW + HOUR))
    with merchant_scope(selling.pk):
        row = Order.objects.get()
        assert (row.total - order.total, row.shipping_total, row.lines.count()) == (Decimal(39), order.shipping_total, 2)
        assert list(Event.objects.filter(type__startswith="orders.addition.").order_by("pk").values_list("type", flat=True)) == [
            "orders.addition.requested",
            "orders.addition.confirmed",
        ]


def test_shopify_confirms_by_its_own_word_and_nothing_is_doubled(selling: Merchant) -> None:
    with merchant_scope(selling.pk):
        connection, _ = connect(connector="shopify", at=NOW, secret="shared-secret")
    shirt = {**PLACED["line_items"][0], "product_id": int(SHIRT)}  # type: ignore[index]
    body: dict[str, Any] = {
        **PLACED,
        "line_items": [shirt],
        "created_at": "2026-11-20T10:50:00+01:00",
        "updated_at": "2026-11-20T10:50:00+01:00",
    }

    def tell(topic: str, call: str) -> None:
        raw = json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": hmac_base64("shared-secret", raw), "X-Shopify-Webhook-Id": call,
            "Host": "platform.test",
        }  # fmt: skip
        assert Client().post(f"/hooks/{connection.public_id}/", raw, content_type="application/json", headers=headers).status_code == 200
        run_until_quiet(clock(NOW + 2 * HOUR))

    tell("orders/create", "call-1")
    assert pressed(short_path(selling), NOW + 2 * HOUR) == 302
    wallet = {"id": 2, "title": "Geldbeutel", "quantity": 1, "price": "39.00", "sku": "WALLET", "product_id": int(WALLET)}
    body |= {"line_items": [shirt, wallet], "total_price": "141.90", "subtotal_price": "137.00", "updated_at": "2026-11-20T12:50:00+01:00"}
    for call in ("call-2", "call-3"):
        tell("orders/updated", call)
    with merchant_scope(selling.pk):
        assert Addition.objects.get().state == "confirmed"
        assert list(OrderLine.objects.order_by("position").values_list("title", "quantity")) == [("Leinenhemd", 2), ("Geldbeutel", 1)]
        assert (Order.objects.get().total, Event.objects.filter(type="orders.addition.confirmed").count()) == (Decimal("141.90"), 1)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda: record_consent(customer=Customer.objects.get(), channel="sms", is_granted=False, source="x", at=NOW), "marketing_consent"),
        (lambda: FulfilmentPolicy.objects.create(additions_hours=0), "offer_closed"),
        (
            lambda: upsert_product(external_id=WALLET, title="Geldbeutel", price=Decimal(39), currency="EUR", stock=0, at=NOW),
            "nothing_to_offer",
        ),
        (
            lambda: upsert_product(external_id=WALLET, title="Geldbeutel", price=Decimal(39), currency="USD", stock=3, at=NOW),
            "nothing_to_offer",
        ),
    ],
)
def test_it_is_withheld_with_its_reason(selling: Merchant, prepare: Callable[[], Any], reason: str) -> None:
    with merchant_scope(selling.pk):
        prepare()
        buy()
    run_until_quiet(clock())
    assert told(selling)["sms"] == f"suppressed:{reason}"


def test_an_order_that_is_not_paid_gets_no_offer(selling: Merchant) -> None:
    with merchant_scope(selling.pk):
        buy(payment_state=PaymentState.PENDING)
    run_until_quiet(clock())
    assert told(selling) == {"email": "suppressed:offer_closed", "sms": "suppressed:offer_closed"}


def test_a_parcel_that_is_packed_takes_the_offer_back_before_it_leaves(selling: Merchant) -> None:
    with merchant_scope(selling.pk):
        order = buy()
        ship(order, at=NOW, updated_at=NOW, status=ShipmentStatus.LABEL_CREATED)
    run_until_quiet(clock())
    assert set(told(selling).values()) == {"suppressed:offer_closed"}


def test_no_offer_is_told_after_it_has_closed(selling: Merchant) -> None:
    with merchant_scope(selling.pk):
        FulfilmentPolicy.objects.create(additions_hours=2)
        buy()
    run_until_quiet(clock())
    with merchant_scope(selling.pk):
        assert {row.not_after for row in Message.objects.filter(kind=Kind.ADDITIONS)} == {NOW + 2 * HOUR}


def test_a_merchant_who_did_not_turn_it_on_offers_nothing(shop: Merchant) -> None:
    with merchant_scope(shop.pk):
        buy(email=EMAIL, phone=PHONE)
    run_until_quiet(clock())
    assert told(shop) == {}
