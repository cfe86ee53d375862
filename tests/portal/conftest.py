"""The shopper's side of the stage: browsers on the merchants' hosts, signed in or not."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Customer
from customers.services import open_session
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.services.look_up import open_guest
from tests.conftest import NOW
from tests.factories import place_order

ACME, BOREALIS = "acme.platform.test", "borealis.platform.test"


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    """The pages read the clock once, at the edge: it stands at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def in_scope(acme: Merchant) -> Callable[..., Any]:
    """Run a function in Acme's scope, outside of which the pages are asked."""

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with merchant_scope(acme.pk):
            return function(*args, **kwargs)

    return run


@pytest.fixture
def browser() -> Client:
    """Somebody nobody knows, on Acme's host."""
    return Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en")


def signed_in(merchant: Merchant, customer: Customer, *, at: datetime = NOW) -> Client:
    """A browser with a session of the customer, on the merchant's host."""
    with merchant_scope(merchant.pk):
        token = open_session(customer=customer, user_agent="test", at=at)
    client = Client(HTTP_HOST=f"{merchant.slug}.platform.test", HTTP_ACCEPT_LANGUAGE="en")
    client.cookies["shopper"] = token
    return client


@pytest.fixture
def order(in_scope: Callable[..., Any]) -> Order:
    """Sam's order at Acme, placed yesterday."""
    placed: Order = in_scope(place_order, placed_at=NOW - timedelta(days=1))
    return placed


@pytest.fixture
def sam(acme: Merchant, order: Order) -> Client:
    """Sam, who placed the order."""
    with merchant_scope(acme.pk):
        assert order.customer is not None
        customer = order.customer
    return signed_in(acme, customer)


def guest_of(merchant: Merchant, order: Order, *, channel: str = "email", at: datetime = NOW) -> Client:
    """A browser that proved by a code that it may see one order."""
    with merchant_scope(merchant.pk):
        token = open_guest(order_id=order.pk, channel=channel, at=at)
    client = Client(HTTP_HOST=f"{merchant.slug}.platform.test", HTTP_ACCEPT_LANGUAGE="en")
    client.cookies["guest"] = token
    return client


@pytest.fixture
def guest(acme: Merchant, order: Order) -> Client:
    """Sam as a guest: the order alone, by a code sent to the e-mail address."""
    return guest_of(acme, order)
