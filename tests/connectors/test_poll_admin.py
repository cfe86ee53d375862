"""Staff turn polling on, see what is wrong, and give a parcel a new life."""

import pytest
from django.test import Client
from django.urls import reverse

from connectors.models import Connection, Poll
from connectors.services import connect
from events.models import Work
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from merchants.types import Role
from tests.admin.world import person, signed_in
from tests.conftest import NOW
from tests.connectors.polls import KEY, change, parcel, poll_of, polling


@pytest.fixture
def owner(acme: Merchant) -> Client:
    return signed_in(person("owner@acme.example", acme, Role.OWNER))


def page(model: str, name: str, id: int) -> str:
    return reverse(f"admin:connectors_{model}_{name}", args=[id])


def test_a_key_goes_in_and_never_comes_out(acme: Merchant, owner: Client) -> None:
    with merchant_scope(acme.pk):
        row, _ = connect(connector="easypost", at=NOW)
    answer = owner.post(page("connection", "ask_for_news", row.pk), {"polls": "on", "api_key": KEY}, follow=True)
    assert "0 more parcels are asked for." in answer.content.decode()
    with merchant_scope(acme.pk):
        row.refresh_from_db()
        assert (row.polls, unseal(row, "api_key")) == (True, KEY)
    for address in (page("connection", "change", row.pk), page("connection", "ask_for_news", row.pk)):
        body = owner.get(address).content.decode()
        assert KEY not in body
        assert row.api_key not in body


def test_a_shop_cannot_be_asked_and_says_so_beside_the_form(acme: Merchant, owner: Client) -> None:
    with merchant_scope(acme.pk):
        row, _ = connect(connector="shopify", at=NOW)
    answer = owner.post(page("connection", "ask_for_news", row.pk), {"polls": "on", "api_key": KEY})
    assert "shopify cannot be asked for news" in answer.content.decode()
    with merchant_scope(acme.pk):
        row.refresh_from_db()
    assert (row.polls, row.api_key) == (False, "")


def test_trouble_and_the_end_of_a_poll_are_shown(acme: Merchant, owner: Client) -> None:
    row = polling(acme, "easypost")
    parcel(acme)
    change(acme, state=Work.DONE, ended_reason="silent", finished_at=NOW)
    with merchant_scope(acme.pk):
        Connection.objects.filter(pk=row.pk).update(trouble="the key is not accepted", trouble_since=NOW)
        poll = Poll.objects.get()
    for address in (reverse("admin:connectors_connection_changelist"), page("connection", "change", row.pk)):
        assert "the key is not accepted" in owner.get(address).content.decode()
    for address in (reverse("admin:connectors_poll_changelist"), page("poll", "change", poll.pk)):
        assert "silent" in owner.get(address).content.decode()


def test_a_parcel_given_up_is_asked_for_again(acme: Merchant, owner: Client) -> None:
    polling(acme, "easypost")
    parcel(acme)
    change(acme, state=Work.DEAD, attempts=8)
    owner.post(page("poll", "again", poll_of(acme).pk))
    assert (poll_of(acme).state, poll_of(acme).attempts) == (Work.READY, 0)
