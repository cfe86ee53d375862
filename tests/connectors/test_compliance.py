"""Privacy requests a platform passes on: the same requests as on the shopper's page, made once, naming nobody in what is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.models import Connection, InboxItem
from core.clock import Clock
from customers.models import Customer, PrivacyRequest
from customers.services import carry_out_due
from events.services import run_until_quiet
from orders.models import Order
from tests.conftest import NOW
from tests.connectors.conftest import Post, payload, scope_of

ORDER = payload("shopify/orders_create")
LATER = NOW + timedelta(days=200)
ID = ORDER["id"]


@pytest.fixture
def lena(shopify: Connection, post: Post, clock: Clock) -> Connection:
    """An order of a year ago whose shopper the shop asks about; cancelled, so that nothing stands in the way."""
    post(shopify, "orders/create", ORDER | {"cancelled_at": "2026-11-19T11:00:00+01:00"})
    run_until_quiet(clock)
    return shopify


def asked(topic: str, **over: Any) -> dict[str, Any]:
    named = "orders_to_redact" if topic == "customers/redact" else "orders_requested"
    return payload(f"shopify/{topic.replace('/', '_')}") | {named: [ID]} | over


def requests(connection: Connection) -> list[tuple[str, str, str]]:
    with scope_of(connection):
        return list(PrivacyRequest.objects.order_by("pk").values_list("kind", "state", "source"))


def test_a_request_for_data_makes_a_copy_for_the_staff_to_hand_over(lena: Connection, post: Post, clock: Clock) -> None:
    post(lena, "customers/data_request", asked("customers/data_request"))
    run_until_quiet(clock)
    assert requests(lena) == [("export", "done", "shop shopify")]
    with scope_of(lena):
        assert bytes(PrivacyRequest.objects.get().file)[:2] == b"PK"


def test_a_redaction_erases_at_once_and_twice_is_once(lena: Connection, post: Post, clock: Clock) -> None:
    for _ in range(2):
        post(lena, "customers/redact", asked("customers/redact"))
        run_until_quiet(clock)
    assert requests(lena) == [("erasure", "working", "shop shopify")]
    with scope_of(lena):
        assert (Order.objects.get().email, Customer.objects.get().email) == ("", "")
    assert carry_out_due(now=NOW + timedelta(hours=2)) == {"done": 1}
    post(lena, "customers/redact", asked("customers/redact"))
    run_until_quiet(clock)
    assert requests(lena) == [("erasure", "done", "shop shopify")]


def test_no_body_that_names_the_person_is_kept(lena: Connection, post: Post, clock: Clock) -> None:
    with scope_of(lena):
        assert InboxItem.objects.exclude(body=b"").count() == 1
    post(lena, "customers/redact", asked("customers/redact"))
    run_until_quiet(clock)
    post(lena, "orders/updated", ORDER | {"updated_at": "2026-11-19T12:00:00+01:00"})
    run_until_quiet(clock)
    with scope_of(lena):
        assert InboxItem.objects.exclude(body=b"").count() == 0
        assert [item.outcome.rpartition("; ")[2] for item in InboxItem.objects.order_by("pk")] == [
            "its shopper was forgotten",
            "requests: 1",
            "its shopper was forgotten",
        ]
        assert Order.objects.get().email == ""


def test_a_request_about_nobody_we_know_is_answered_and_makes_nothing(shopify: Connection, post: Post, clock: Clock) -> None:
    post(shopify, "customers/redact", asked("customers/redact"))
    run_until_quiet(clock)
    assert requests(shopify) == []
    with scope_of(shopify):
        item = InboxItem.objects.get()
        assert (item.state, item.outcome) == (
            "done",
            "customers/redact recorded: aurora.myshopify.com, 1 orders named; nobody here is meant",
        )
        assert Customer.objects.count() == 0


def test_somebody_is_found_by_the_address_alone(lena: Connection, post: Post, clock: Clock) -> None:
    with scope_of(lena):
        email = Order.objects.get().email
    post(lena, "customers/redact", asked("customers/redact", orders_to_redact=[], customer={"id": 1, "email": email.upper()}))
    run_until_quiet(clock)
    assert requests(lena) == [("erasure", "working", "shop shopify")]


def test_the_same_number_at_another_shop_is_somebody_else(lena: Connection, post: Post, clock: Clock) -> None:
    """A person is known by a shop's number only where they have an order of that shop."""
    with scope_of(lena):
        Customer.objects.create(email="eve@example.com", external_id="42", created_at=timezone.now())
    post(lena, "customers/redact", asked("customers/redact", orders_to_redact=[], customer={"id": 42}))
    run_until_quiet(clock)
    assert requests(lena) == []


def test_an_order_of_nobody_we_could_reach_is_erased_too(shopify: Connection, post: Post, clock: Clock) -> None:
    nameless = ORDER | {"email": "", "contact_email": "", "customer": None, "cancelled_at": "2026-11-19T11:00:00+01:00"}
    post(shopify, "orders/create", nameless)
    run_until_quiet(clock)
    with scope_of(shopify):
        before = Order.objects.get()
    assert (before.customer_id, before.shipping_address["name"] != "") == (None, True)
    post(shopify, "customers/redact", asked("customers/redact", customer={}))
    run_until_quiet(clock)
    with scope_of(shopify):
        after = Order.objects.get()
        assert (after.shipping_address["name"], after.shipping_address["street"], after.erased_at is not None) == ("", "", True)


def test_a_shop_that_is_gone_is_left_to_the_staff(lena: Connection, post: Post, clock: Clock) -> None:
    post(lena, "shop/redact", payload("shopify/shop_redact"))
    run_until_quiet(clock)
    assert requests(lena) == []
    with scope_of(lena):
        assert "manage.py erase_shoppers" in InboxItem.objects.latest("pk").outcome
