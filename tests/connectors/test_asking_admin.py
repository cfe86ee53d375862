"""Staff enter keys that never come out again, see what was asked of shops, and give what was given up a new life."""

import pytest
from django.test import Client
from django.urls import reverse

from connectors.models import Command, Connection
from connectors.services import ask_for_money, connect
from events.models import Work
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from merchants.types import Role
from tests.admin.world import person, signed_in
from tests.connectors.asked import PAIR, TOKEN, command, money, open_shop, owed
from tests.connectors.test_poll_admin import page
from tests.returns.stage import ASKED


@pytest.fixture
def owner(acme: Merchant) -> Client:
    return signed_in(person("owner@acme.example", acme, Role.OWNER))


def shop(acme: Merchant, connector: str = "shopify") -> Connection:
    with merchant_scope(acme.pk):
        row, _ = connect(connector=connector, at=ASKED, secret="shared-secret", account="acme.myshopify.com")
    return row


def test_a_key_goes_in_never_comes_out_and_says_what_it_opens(acme: Merchant, owner: Client) -> None:
    row = shop(acme)
    change = page("connection", "change", row.pk)
    body = owner.get(change).content.decode()
    assert "Send money back, Give store credit, Order a replacement, Put goods back on the shelf (once it has an address and a key)" in body
    answer = owner.post(page("connection", "enter_key", row.pk), {"api_key": TOKEN}, follow=True)
    assert "The key is kept." in answer.content.decode()
    with merchant_scope(acme.pk):
        row.refresh_from_db()
        assert unseal(row, "api_key") == TOKEN
    for address in (change, page("connection", "enter_key", row.pk)):
        body = owner.get(address).content.decode()
        assert TOKEN not in body
        assert row.api_key not in body
    assert "once it has an address and a key" not in owner.get(change).content.decode()


def test_half_a_pair_is_refused_beside_the_form(acme: Merchant, owner: Client) -> None:
    row = shop(acme, "woocommerce")
    body = owner.post(page("connection", "enter_key", row.pk), {"api_key": PAIR.partition(":")[0]}).content.decode()
    assert "enter both keys with a colon between them" in body
    with merchant_scope(acme.pk):
        assert Connection.objects.get().api_key == ""


def test_labels_have_their_weight_and_service(acme: Merchant, owner: Client) -> None:
    with merchant_scope(acme.pk):
        row, _ = connect(connector="easypost", at=ASKED)
    owner.post(page("connection", "set_labels", row.pk), {"weight_oz": "16.5", "service": "USPS/GroundAdvantage"})
    with merchant_scope(acme.pk):
        assert Connection.objects.get().options == {"weight_oz": "16.5", "service": "USPS/GroundAdvantage"}


def test_what_was_given_up_is_shown_and_run_again(acme: Merchant, owner: Client) -> None:
    open_shop(acme, "shopify")
    owed(acme, "shopify")
    given_up(acme)
    row = command(acme)
    for address in (reverse("admin:connectors_command_changelist"), page("command", "change", row.pk)):
        assert "shopify" in owner.get(address).content.decode()
    answer = owner.post(page("command", "again", row.pk), {}, follow=True)
    assert "It is asked for again." in answer.content.decode()
    assert (command(acme).state, money(acme).state) == (Work.READY, "asked")


def given_up(acme: Merchant) -> None:
    """The command is there, and given up."""
    with merchant_scope(acme.pk):
        ask_for_money(money_id=money(acme).pk, at=ASKED)
        Command.objects.update(state=Work.DEAD, last_error="shop.example: took too long")


def test_another_merchants_staff_see_and_change_nothing(acme: Merchant, borealis: Merchant) -> None:
    open_shop(acme, "shopify")
    owed(acme, "shopify")
    given_up(acme)
    stranger = signed_in(person("owner@borealis.example", borealis, Role.OWNER))
    assert stranger.post(page("command", "again", command(acme).pk), {}).status_code == 403
    assert command(acme).state == Work.DEAD
