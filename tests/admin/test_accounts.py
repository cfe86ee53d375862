"""A provider account in /admin/: its second, its limits, its check and its state, in plain words."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from merchants.scope import merchant_scope
from notifications.models import ProviderAccount
from tests.admin.test_access import url
from tests.admin.world import World, signed_in
from tests.conftest import NOW


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def account_row(here: World) -> ProviderAccount:
    with merchant_scope(here.merchant.pk):
        row: ProviderAccount = ProviderAccount.objects.get(provider="twilio")
        return row


def test_rate_prices_and_cap_are_set_and_shown(here: World, owner: Client) -> None:
    row = account_row(here)
    data = {"per_second": "5", "prices": "de: 0,075\n* 0.1", "currency": "eur", "daily_cap": "20"}
    assert owner.post(url("notifications.provideraccount", "limits", row.pk), data).status_code == 302
    row = account_row(here)
    assert (row.per_second, row.prices, row.currency, str(row.daily_cap)) == (5, {"DE": "0.075", "*": "0.1"}, "EUR", "20.00")
    body = owner.get(url("notifications.provideraccount", "change", row.pk)).content.decode()
    assert "at most 5 a second; DE: 0.075, *: 0.1 EUR" in body
    assert "0.00 / 20.00 EUR" in body
    assert "DE: 0.075" in owner.get(url("notifications.provideraccount", "limits", row.pk)).content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"prices": "Germany: 1"}, "Not a price: “Germany: 1”."),
        ({"prices": "DE: 9999999"}, "Not a price"),
        ({"prices": "DE: 0.1", "currency": ""}, "Prices need a currency"),
        ({"daily_cap": "5"}, "A cap needs prices"),
        ({"daily_cap": "-5", "prices": "DE: 1", "currency": "EUR"}, "not negative"),
        ({"per_second": "0"}, "Between 1 and 1000."),
    ],
)
def test_limits_that_make_no_sense_are_refused_at_their_fields(here: World, owner: Client, data: dict[str, str], said: str) -> None:
    row = account_row(here)
    response = owner.post(url("notifications.provideraccount", "limits", row.pk), {"prices": "", "currency": "", **data})
    assert (response.status_code, said in response.content.decode()) == (200, True)
    row = account_row(here)
    assert (row.per_second, row.prices, row.currency, row.daily_cap) == (None, {}, "", None)


def test_a_second_account_is_set_up_and_switched_off_and_a_first_one_never_is(here: World, owner: Client) -> None:
    address = url("notifications.provideraccount", "add") + "?channel=email&provider=sendgrid&rank=1"
    assert owner.post(address, {"from_email": "", "api_key": "k" * 20}).status_code == 302
    with merchant_scope(here.merchant.pk):
        first, second = ProviderAccount.objects.filter(channel="email").order_by("rank")
    assert (first.provider, first.is_active, second.provider, second.rank) == ("sandbox", True, "sendgrid", 1)
    owner.post(url("notifications.provideraccount", "close", first.pk))
    owner.post(url("notifications.provideraccount", "close", second.pk))
    with merchant_scope(here.merchant.pk):
        assert list(ProviderAccount.objects.filter(channel="email").order_by("rank").values_list("is_active", flat=True)) == [True, False]


def test_a_check_is_asked_for_and_its_answer_is_shown_with_what_to_copy(here: World, owner: Client) -> None:
    row = account_row(here)
    page = url("notifications.provideraccount", "change", row.pk)
    assert "not checked yet" in owner.get(page).content.decode()
    assert owner.post(url("notifications.provideraccount", "check_account", row.pk)).status_code == 302
    assert "being checked" in owner.get(page).content.decode()
    record = {
        "what": "SPF",
        "type": "TXT",
        "name": "shop.example",
        "value": "v=spf1 <b>",
        "state": "wrong",
        "found": "v=spf1 mx",
        "note": "n",
    }
    with merchant_scope(here.merchant.pk):
        found = {"check_due_at": None, "checked_at": NOW, "check_ok": False, "check_detail": "Make a new key.", "records": [record]}
        ProviderAccount.objects.filter(pk=row.pk).update(**found)
    body = owner.get(page).content.decode()
    assert "Make a new key." in body
    assert "Set it to" in body
    assert "v=spf1 &lt;b&gt;" in body
    assert "v=spf1 <b>" not in body


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "works"),
        ({"failures": 3}, "works; the last 3 calls failed"),
        ({"failures": 5}, "one message tries whether it works again"),
        ({"failures": 6, "paused_until": datetime(2999, 1, 1, tzinfo=UTC)}, "6 calls in a row failed: left alone until"),
        ({"paused_until": datetime(2999, 1, 1, tzinfo=UTC)}, "the provider asks to wait until"),
    ],
)
def test_an_accounts_state_is_said_in_words(here: World, owner: Client, values: dict[str, object], said: str) -> None:
    row = account_row(here)
    with merchant_scope(here.merchant.pk):
        ProviderAccount.objects.filter(pk=row.pk).update(**values)
    assert said in owner.get(url("notifications.provideraccount", "change", row.pk)).content.decode()
