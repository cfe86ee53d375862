"""Browsers that are signed in: what is noted, how they end, and proving once more who it is."""

from datetime import timedelta

import pytest

from customers.models import AccountChange, Customer, ShopperSession
from customers.rules import is_confirmed
from customers.selectors import account_changes, live_sessions, session_of
from customers.services import (
    confirm_session,
    end_all_sessions,
    end_named_session,
    end_session,
    open_session,
    sign_out_everywhere,
)
from customers.types import SignInMethod
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sam(in_acme: Merchant) -> Customer:
    return make.customer()


def names(customer: Customer) -> list[str]:
    return [row.user_agent for row in live_sessions(customer, now=NOW)]


def test_signing_in_is_noted_and_nobody_is_written_to(sam: Customer) -> None:
    open_session(customer=sam, user_agent="Firefox\0", method=SignInMethod.PASSKEY, at=NOW)
    assert ShopperSession.objects.get().method == "passkey"
    assert [(row.what, row.device, row.at) for row in account_changes(sam)] == [("signed_in", "Firefox", NOW)]
    assert Event.objects.count() == 0


def test_confirming_gives_the_browser_a_new_token_and_the_old_one_dies(sam: Customer) -> None:
    old = open_session(customer=sam, user_agent="Firefox", at=NOW)
    new = confirm_session(token=old, at=NOW + MINUTE)
    assert new is not None
    assert session_of(token=old, now=NOW + MINUTE) is None
    session = session_of(token=new, now=NOW + MINUTE)
    assert session is not None
    assert (session.confirmed_at, session.expires_at) == (NOW + MINUTE, NOW + timedelta(days=30))


def test_a_session_that_ended_is_not_confirmed(sam: Customer) -> None:
    token = open_session(customer=sam, user_agent="Firefox", at=NOW)
    end_session(token=token, at=NOW)
    assert confirm_session(token=token, at=NOW) is None
    assert confirm_session(token="unknown", at=NOW) is None


@pytest.mark.parametrize(
    ("signed_in", "confirmed", "is_so"),
    [(0, None, True), (29, None, True), (30, None, False), (60, 29, True), (60, 30, False), (0, 29, True), (5, 30, False)],
)
def test_a_proof_counts_for_half_an_hour(signed_in: int, confirmed: int | None, is_so: bool) -> None:
    moment = NOW - confirmed * MINUTE if confirmed is not None else None
    assert is_confirmed(signed_in_at=NOW - signed_in * MINUTE, confirmed_at=moment, now=NOW) is is_so


def test_one_browser_is_signed_out_by_its_owner_only(sam: Customer) -> None:
    open_session(customer=sam, user_agent="Firefox", at=NOW)
    name = ShopperSession.objects.get().fingerprint
    kim = make.customer(email="kim@example.com")
    assert end_named_session(customer=kim, name=name, at=NOW) is False
    assert names(sam) == ["Firefox"]
    assert [end_named_session(customer=sam, name=name, at=NOW) for _ in range(2)] == [True, False]
    assert names(sam) == []


def test_all_others_end_and_it_is_told_once(sam: Customer) -> None:
    here, *_ = [open_session(customer=sam, user_agent=name, at=NOW) for name in ("Firefox", "Safari", "Chrome")]
    assert sign_out_everywhere(customer=sam, keep=here, device="Firefox", at=NOW) == 2
    assert names(sam) == ["Firefox"]
    assert sign_out_everywhere(customer=sam, keep=here, device="Firefox", at=NOW) == 0
    assert AccountChange.objects.filter(what="signed_out_all").count() == 1
    assert Event.objects.filter(type="customers.account.changed").count() == 1


def test_everywhere_is_here_too(sam: Customer) -> None:
    open_session(customer=sam, user_agent="Firefox", at=NOW)
    assert (end_all_sessions(customer=sam, at=NOW), names(sam)) == (1, [])


def test_the_same_fingerprint_is_nothing_at_another_merchant(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        token = open_session(customer=make.customer(), user_agent="", at=NOW)
        name = ShopperSession.objects.get().fingerprint
    with merchant_scope(borealis.pk):
        sam = make.customer()
        assert end_named_session(customer=sam, name=name, at=NOW) is False
        assert confirm_session(token=token, at=NOW) is None
    with merchant_scope(acme.pk):
        assert session_of(token=token, now=NOW) is not None
