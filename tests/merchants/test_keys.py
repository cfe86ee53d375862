"""F38: the key that seals secrets is changed while the installation runs, and so is the one that signs links."""

import base64
import hashlib
import os
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.core.management.base import CommandError

from connectors.models import Connection
from core.encryption import BadSecret, decrypt, encrypt, key_of, sealing_key
from core.signing import derive_token, is_derived
from customers.tokens import preference_token, read_preference_token
from merchants.keys import count_secrets, renew_secrets, secret_fields
from merchants.models import Merchant, seal, unseal
from merchants.scope import merchant_scope
from notifications.models import ProviderAccount
from notifications.services import open_account
from orders.tokens import order_link_token, read_order_link
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import open_accounts

OLD, NEW = "an-old-key", "a-new-key"


def first_form(plain: str, merchant_id: int, field: str, key: str = OLD) -> str:
    """As it was sealed before keys had names."""
    nonce = os.urandom(12)
    raw = AESGCM(hashlib.sha256(b"postpurchase.secrets." + key.encode()).digest()).encrypt(
        nonce, plain.encode(), f"v1|{merchant_id}|{field}".encode()
    )
    return f"v1.{base64.b64encode(nonce + raw).decode()}"


def keys(settings: Any, *names: str) -> str:
    settings.ENCRYPTION_KEY = ",".join(names)
    return sealing_key()


def stored(merchant: Merchant) -> list[str]:
    with merchant_scope(merchant.pk):
        return [*Connection.objects.values_list("secret", flat=True), *ProviderAccount.objects.values_list("secret", flat=True)]


@pytest.fixture
def shops(acme: Merchant, borealis: Merchant, settings: Any) -> tuple[Merchant, Merchant]:
    """Two merchants whose secrets the old key seals; one of Acme's in the first form."""
    keys(settings, OLD)
    for merchant in (acme, borealis):
        open_accounts(merchant, "email")
        with merchant_scope(merchant.pk):
            shop = Connection(connector="easypost", slug="parcels", created_at=NOW)
            seal(shop, "secret", "s" * 20)
            shop.save()
            sealed = first_form('{"auth_token": "t"}', merchant.pk, "notifications_provideraccount.secret")
            ProviderAccount.objects.update(secret=sealed)
    return acme, borealis


def test_every_column_of_secrets_is_walked() -> None:
    assert {(model._meta.db_table, name) for model, name in secret_fields()} == {
        ("connectors_connection", "secret"),
        ("connectors_connection", "previous_secret"),
        ("connectors_connection", "api_key"),
        ("notifications_provideraccount", "secret"),
    }


def test_a_value_names_its_key_and_neither_can_be_read_from_it(settings: Any) -> None:
    name = keys(settings, OLD)
    sealed = encrypt("s3cret", merchant_id=1, field="a.b")
    assert (key_of(sealed), len(name)) == (name, 8)
    assert OLD not in sealed and "s3cret" not in sealed
    assert keys(settings, NEW) != name


def test_both_keys_open_and_the_first_seals(settings: Any) -> None:
    old = keys(settings, OLD)
    sealed = encrypt("s3cret", merchant_id=1, field="a.b")
    keys(settings, OLD, NEW)
    assert key_of(encrypt("x", merchant_id=1, field="a.b")) == old
    new = keys(settings, NEW, OLD)
    assert decrypt(sealed, merchant_id=1, field="a.b") == "s3cret"
    assert key_of(encrypt("x", merchant_id=1, field="a.b")) == new


def test_a_key_that_was_taken_away_opens_nothing(settings: Any) -> None:
    keys(settings, OLD)
    sealed = encrypt("s3cret", merchant_id=1, field="a.b")
    keys(settings, NEW)
    with pytest.raises(BadSecret, match="not there"):
        decrypt(sealed, merchant_id=1, field="a.b")
    with pytest.raises(BadSecret):
        decrypt(first_form("s3cret", 1, "a.b"), merchant_id=1, field="a.b")


def test_the_name_of_another_key_does_not_open_a_value(settings: Any) -> None:
    new = keys(settings, NEW, OLD)
    keys(settings, OLD, NEW)
    version, _, body = encrypt("s3cret", merchant_id=1, field="a.b").split(".")
    with pytest.raises(BadSecret):
        decrypt(f"{version}.{new}.{body}", merchant_id=1, field="a.b")
    with pytest.raises(BadSecret):
        decrypt(f"{version}.{new}.", merchant_id=1, field="a.b")


def test_secrets_are_readable_at_every_step_of_the_change(shops: tuple[Merchant, Merchant], settings: Any) -> None:
    def all_open() -> None:
        for merchant in shops:
            with merchant_scope(merchant.pk):
                assert unseal(Connection.objects.get(), "secret") == "s" * 20
                assert open_account(ProviderAccount.objects.get()).secrets == {"auth_token": "t"}

    for step in ((OLD, NEW), (NEW, OLD)):
        keys(settings, *step)
        all_open()
    found = renew_secrets()
    assert (found.renewed, found.is_over, dict(found.by_key)) == (4, True, {sealing_key(): 4})
    all_open()
    assert {key_of(value) for merchant in shops for value in stored(merchant)} == {sealing_key()}
    keys(settings, NEW)
    all_open()
    assert renew_secrets().renewed == 0


def test_the_command_says_when_the_old_key_may_go(shops: tuple[Merchant, Merchant], settings: Any) -> None:
    keys(settings, NEW, OLD)
    before = stored(shops[0])
    with pytest.raises(CommandError, match="still needed"):
        call_command("rotate_keys", "--check", stdout=StringIO())
    assert stored(shops[0]) == before
    told = StringIO()
    call_command("rotate_keys", stdout=told)
    assert "Sealed anew: 4." in told.getvalue()
    call_command("rotate_keys", "--check", stdout=StringIO())


def test_what_no_key_opens_is_named_and_left_as_it_is(shops: tuple[Merchant, Merchant], settings: Any) -> None:
    keys(settings, NEW)
    before = stored(shops[0])
    told = StringIO()
    with pytest.raises(CommandError, match="4 secrets open with no key"):
        call_command("rotate_keys", stdout=told)
    assert stored(shops[0]) == before
    assert "connectors_connection" in told.getvalue() and "s" * 20 not in told.getvalue()
    assert count_secrets().is_over is False


def test_links_in_letters_outlive_the_key_that_signed_them(in_acme: Merchant, settings: Any) -> None:
    settings.SECRET_KEY = OLD
    order = place_order()
    link, preferences = order_link_token(order, at=NOW), preference_token("x" * 22)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    found = read_order_link(link)
    assert found is not None and found.until - NOW.date() == timedelta(days=30)
    assert read_preference_token(preferences) == "x" * 22
    assert order_link_token(order, at=NOW) != link
    settings.SECRET_KEY_FALLBACKS = []
    assert read_order_link(link) is None
    assert read_preference_token(preferences) is None


@pytest.mark.parametrize("cut", [0, 1, 21])
def test_a_token_cut_short_is_none_of_ours(cut: int) -> None:
    token = derive_token("a", "n")
    assert is_derived(token[:22], "a", "n", length=22) is True
    assert is_derived(token[:cut], "a", "n", length=22) is False
    assert is_derived(token[:23], "a", "n", length=22) is False
