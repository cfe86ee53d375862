"""The returns policy: the rules as the engine goes by them, each order's own last day, and the same for machines."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from merchants.models import Merchant
from orders.models import Order
from orders.services import cancel_order
from orders.types import OrderState
from portal.rules.deadlines import Deadline, deadline_of
from portal.types import OrderFacts, ParcelFacts
from returns.models import ReturnPolicy
from returns.rules.policy import Rules
from returns.selectors.versions import Purchase
from returns.types import Article
from tests.conftest import NOW
from tests.factories import customer, place_order
from tests.portal.conftest import signed_in
from tests.portal.test_pages import words
from tests.portal.world import parcel
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]
PLACED, DUE, CAME = date(2026, 11, 1), date(2026, 11, 6), date(2026, 11, 8)


def order_facts(*parcels: ParcelFacts, **over: Any) -> OrderFacts:
    return OrderFacts(**{"state": "confirmed", "payment_state": "paid", "placed_on": PLACED, "parcels": parcels, **over})


HERE, THERE = ParcelFacts(status=Status.DELIVERED, delivered_on=CAME), ParcelFacts(status=Status.IN_TRANSIT)


@pytest.mark.parametrize(
    ("facts", "deadline"),
    [
        (order_facts(HERE, arrive_by=DUE), Deadline(date(2026, 12, 8), CAME)),
        (order_facts(HERE, THERE, arrive_by=DUE), Deadline(date(2026, 12, 6), None)),
        (order_facts(HERE, waiting=1), Deadline(date(2026, 12, 15), None)),
        (order_facts(HERE, untracked=1), Deadline(date(2026, 12, 15), None)),
        (order_facts(HERE, ParcelFacts(status=Status.CANCELLED)), Deadline(date(2026, 12, 8), CAME)),
        (order_facts(), Deadline(date(2026, 12, 15), None)),
        (order_facts(HERE, state=OrderState.CANCELLED), None),
        (order_facts(HERE, is_refunded=True), None),
    ],
)
def test_the_days_begin_when_the_last_piece_has_come(facts: OrderFacts, deadline: Deadline | None) -> None:
    bought = Purchase((Rules("EUR"),), (Article(1, 1, Decimal(10)),), "DE", "EUR", facts.placed_on)
    assert deadline_of(facts, bought=bought) == deadline


def test_the_page_tells_the_rules_to_everybody_and_an_example_by_the_same_rule(browser: Client, in_scope: Scope) -> None:
    in_scope(ReturnPolicy.objects.create, window_days=14, is_free=True, refund_days=3, how="Bring it to a shop.")
    text = words(browser, "/policies/returns/")
    for said in (
        "Send it back within 14 days",
        "Acme does. It is free for you.",
        "Sent back within 3 days of its arrival",
        "Bring it to a shop.",
        "what arrives today, Friday 20 November, can be sent back until Friday 4 December.",
    ):
        assert said in text
    assert "Your orders" not in text


def test_every_order_of_the_shopper_has_its_last_day(sam: Client, order: Order, in_scope: Scope) -> None:
    came = NOW - timedelta(days=31)
    old = in_scope(place_order, number="0999", placed_at=NOW - timedelta(days=40))
    in_scope(parcel, order, at=NOW, status=Status.DELIVERED, delivered_at=NOW)
    in_scope(parcel, old, at=came, status=Status.DELIVERED, delivered_at=came)
    gone = in_scope(place_order, number="1002")
    in_scope(cancel_order, order=gone, reason="", at=NOW)
    text = words(sam, "/policies/returns/")
    assert "Until Sunday 20 December 30 days left" in text
    assert "Ended on Thursday 19 November" in text
    assert "1002" not in text


def test_another_shoppers_last_days_are_not_shown(acme: Merchant, order: Order, in_scope: Scope) -> None:
    eve: Customer = in_scope(customer, email="eve@example.com")
    assert "1001" not in words(signed_in(acme, eve), "/policies/returns/")


def test_machines_read_the_same_rules(browser: Client, in_scope: Scope) -> None:
    in_scope(ReturnPolicy.objects.create, window_days=14, is_free=False)
    page, data = browser.get("/policies/returns/"), browser.get("/policies/returns.json")
    assert 'rel="alternate" type="application/ld+json" href="/policies/returns.json"' in page.content.decode()
    assert data["Content-Type"] == "application/ld+json"
    assert data.json() == {
        "@context": "https://schema.org/",
        "@type": "MerchantReturnPolicy",
        "name": "Acme",
        "merchantReturnLink": "http://acme.platform.test/policies/returns/",
        "applicableCountry": "DE",
        "returnPolicyCountry": "DE",
        "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": 14,
        "returnMethod": "https://schema.org/ReturnByMail",
        "returnFees": "https://schema.org/ReturnFeesCustomerResponsibility",
    }


def test_a_shop_that_takes_nothing_back_says_so(browser: Client, in_scope: Scope) -> None:
    in_scope(ReturnPolicy.objects.create, window_days=0)
    assert browser.get("/policies/returns.json").json()["returnPolicyCategory"] == "https://schema.org/MerchantReturnNotPermitted"
    text = words(browser, "/policies/returns/")
    assert "How the last day is counted" not in text and "Your rights by law stay as they are." in text
