"""Files and exports of another merchant, asked for by whoever works or buys next door: nothing, in every way they are handed out."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import PrivacyRequest
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from reviews.models import ReviewPhoto
from tests.conftest import NOW
from tests.isolation.addresses import addresses
from tests.isolation.test_matrix import program
from tests.isolation.world import HOST, World, build, nothing_written

BY_STAFF = ["dashboard:case_photo", "dashboard:review_photo", "admin:customers_privacyrequest_fetch"]
BY_SHOPPERS = ["order-receipt", "order-photo", "order-review-photo", "privacy-file", "message-letter"]
BY_LINK = ["track-calendar", "review-form-photo", "review-photo"]
LISTS = ["dashboard:export", "review-export", "reviews-about-export", "reviews-feed"]


@pytest.fixture
def worlds(acme: Merchant, borealis: Merchant) -> Any:
    """Both merchants, each with a copy of a shopper's data ready and whole pictures."""
    with time_machine.travel(NOW, tick=False):
        both = build(acme), build(borealis)
        for world in both:
            with merchant_scope(world.merchant.pk):
                ready = {"state": "done", "file": b"PK", "expires_at": NOW + timedelta(days=7)}
                PrivacyRequest.objects.update(**ready)
                ReviewPhoto.objects.update(body=b"\xff\xd8", ready_at=NOW)
        yield both


def asked(client: Client, name: str, world: World) -> Any:
    address = next(one for one in addresses() if one.name == name and one.section in ("admin", "ops", "api", "portal"))
    return client.get(world.path(address))


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else bytes(response.content)


@pytest.mark.parametrize("name", BY_STAFF)
def test_staff_of_another_merchant_get_no_file(worlds: tuple[World, World], name: str) -> None:
    here, there = worlds
    client = there.role(Role.OWNER)
    with nothing_written(here.merchant):
        response = asked(client, name, here)
    assert response.status_code in (302, 404)
    assert body(response)[:2] not in (b"PK", b"\xff\xd8")


@pytest.mark.parametrize("name", BY_SHOPPERS)
def test_shoppers_of_another_merchant_get_no_file(worlds: tuple[World, World], name: str) -> None:
    here, there = worlds
    client = there.shopper()
    with nothing_written(here.merchant, there.merchant):
        theirs = asked(client, name, here)
    assert (theirs.status_code, here.mark.encode() in body(theirs)) == (404, False)


@pytest.mark.parametrize("name", BY_LINK)
def test_a_files_link_is_nothing_on_another_merchants_host(worlds: tuple[World, World], name: str) -> None:
    here, there = worlds
    client = Client(HTTP_HOST=f"{there.merchant.slug}.platform.test")
    with nothing_written(here.merchant, there.merchant):
        assert asked(client, name, here).status_code == 404


def test_exports_hold_ones_own_rows_only(worlds: tuple[World, World]) -> None:
    here, there = worlds
    owner, token = there.role(Role.OWNER), there.key()
    public = Client(HTTP_HOST=f"{there.merchant.slug}.platform.test")
    clients = dict(zip(LISTS, (owner, program(token), public, public), strict=True))
    for name, client in clients.items():
        response = asked(client, name, there)
        text = body(response).decode()
        assert response.status_code == 200, name
        assert [mark for mark in (here.mark, here.number) if mark in text] == [], name
    assert program(token).get("/api/v1/reviews/export", HTTP_HOST=HOST).status_code == 200
