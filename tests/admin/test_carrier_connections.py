"""Carriers in the admin: connected with their secret shown once, and with a word on where it goes."""

import pytest
from django.test import Client

from connectors.models import Connection
from merchants.models import unseal
from merchants.scope import merchant_scope
from tests.admin.test_access import url
from tests.admin.world import World, signed_in

SECRET = "key-from-the-vendor"


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


@pytest.mark.parametrize(
    ("connector", "words"),
    [
        ("easypost", "In EasyPost, open Webhooks"),
        ("aftership", "In AfterShip Tracking, open Settings"),
        ("shippo", "the token at its end is the secret"),
        ("17track", "API dashboard"),
    ],
)
def test_a_carrier_is_connected_and_its_secret_shown_once(here: World, owner: Client, connector: str, words: str) -> None:
    body = owner.post(url("connectors.connection", "add"), {"connector": connector, "account": "", "secret": SECRET}).content.decode()
    with merchant_scope(here.merchant.pk):
        row = Connection.objects.get(connector=connector)
        assert unseal(row, "secret") == SECRET
    assert f"https://platform.test/hooks/{row.public_id}/" in body
    assert SECRET in body
    assert words in body
    detail = owner.get(url("connectors.connection", "change", row.pk)).content.decode()
    assert f"/hooks/{row.public_id}/" in detail
    assert words in detail
    assert "nothing yet" in detail
    assert SECRET not in detail


def test_a_vendors_own_secret_must_be_entered(here: World, owner: Client) -> None:
    response = owner.post(url("connectors.connection", "add"), {"connector": "17track", "account": "", "secret": ""})
    assert response.status_code == 200
    assert "17TRACK makes the secret itself" in response.content.decode()
    with merchant_scope(here.merchant.pk):
        assert not Connection.objects.filter(connector="17track").exists()


def test_the_form_offers_shops_and_carriers_apart(here: World, owner: Client) -> None:
    body = owner.get(url("connectors.connection", "add")).content.decode()
    places = [body.index(text) for text in ('label="Shops"', "Shopify", 'label="Carriers and tracking services"', "17TRACK")]
    assert places == sorted(places)
