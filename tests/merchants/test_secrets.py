"""Secrets at rest: unreadable in a stolen copy of the database, useless in another merchant's row, and never read back."""

import json
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.db import connection

from core.encryption import BadSecret, decrypt
from merchants.keys import secret_fields
from merchants.models import Merchant, SecretField, unseal
from merchants.scope import merchant_scope
from tests.admin.world import CANARY, PASSWORD, World, build
from tests.conftest import _owner_dsn

COLUMNS = [(model._meta.label, name) for model, name in secret_fields()]


@pytest.fixture
def shops(acme: Merchant, borealis: Merchant) -> tuple[World, World]:
    """Two merchants with look-alike secrets in the same columns."""
    return build(acme), build(borealis)


def sealed(world: World, label: str, name: str) -> Any:
    """The merchant's row whose column holds something."""
    return apps.get_model(label)._base_manager.exclude(**{name: ""}).filter(merchant_id=world.merchant.pk).first()


@pytest.mark.parametrize(("label", "name"), COLUMNS)
def test_a_secret_opens_in_its_own_row(shops: tuple[World, World], label: str, name: str) -> None:
    for world in shops:
        with merchant_scope(world.merchant.pk):
            plain = unseal(sealed(world, label, name), name)
        assert CANARY in plain or PASSWORD in plain


@pytest.mark.parametrize(("label", "name"), COLUMNS)
def test_a_secret_moved_into_another_merchant_s_row_does_not_open(shops: tuple[World, World], label: str, name: str) -> None:
    ours, theirs = shops
    with merchant_scope(ours.merchant.pk):
        stolen = getattr(sealed(ours, label, name), name)
    with merchant_scope(theirs.merchant.pk):
        row = sealed(theirs, label, name)
        type(row).objects.filter(pk=row.pk).update(**{name: stolen})
        row.refresh_from_db()
        with pytest.raises(BadSecret, match="does not open for this merchant and field"):
            unseal(row, name)


@pytest.mark.parametrize(("label", "name"), COLUMNS)
@pytest.mark.parametrize(("other", "column"), COLUMNS)
def test_a_secret_moved_into_another_column_does_not_open(
    shops: tuple[World, World], label: str, name: str, other: str, column: str
) -> None:
    merchant_id = shops[0].merchant.pk
    with merchant_scope(merchant_id):
        value = getattr(sealed(shops[0], label, name), name)
    field = f"{apps.get_model(other)._meta.db_table}.{column}"
    if (label, name) == (other, column):
        assert decrypt(value, merchant_id=merchant_id, field=field)
    else:
        with pytest.raises(BadSecret):
            decrypt(value, merchant_id=merchant_id, field=field)


@pytest.mark.parametrize("place", [0, 3, 12, 14, 30, -3])
def test_a_changed_secret_does_not_open(shops: tuple[World, World], place: int) -> None:
    with merchant_scope(shops[0].merchant.pk):
        row = sealed(shops[0], "connectors.Connection", "secret")
        letters = list(row.secret)
        letters[place] = "Q" if letters[place] != "Q" else "A"  # differ in the bits that count, before "==" too
        row.secret = "".join(letters)
        with pytest.raises(BadSecret):
            unseal(row, "secret")


def dump(merchant_ids: tuple[int, ...]) -> str:
    """Every row of every table as a stolen copy would show it: with a role that no wall binds, as text and as bytes."""
    tables = connection.introspection.table_names()
    held = []
    for merchant_id in merchant_ids:
        with merchant_scope(merchant_id), connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'select row_to_json(held)::text from "{table}" held')  # row_to_json writes bytes as hexadecimal
                held += [f"{table} {text}" for (text,) in cursor.fetchall()]
    return "\n".join(held)


def test_a_stolen_copy_of_the_database_holds_no_secret(shops: tuple[World, World]) -> None:
    """Of keys of our API only fingerprints, of passwords only hashes, of providers' and shops' secrets only what the key opens."""
    text = dump(tuple(world.merchant.pk for world in shops))
    assert "connectors_connection {" in text and "notifications_provideraccount {" in text and "merchants_apikey {" in text
    tokens = [canary for world in shops for canary in world.canaries if canary.startswith("pp_")]
    assert len(tokens) == 2
    for secret in (CANARY, PASSWORD, "a long enough password", *tokens):
        for form in (secret, secret.encode().hex(), json.dumps(secret)[1:-1]):
            assert form not in text, secret


def test_the_dump_finds_what_is_there(shops: tuple[World, World]) -> None:
    """What the test above looks for would be found."""
    with merchant_scope(shops[0].merchant.pk):
        row = sealed(shops[0], "connectors.Connection", "secret")
        type(row).objects.filter(pk=row.pk).update(trouble=f"the shop said {CANARY}")
    assert CANARY in dump((shops[0].merchant.pk,))


def test_role_app_cannot_take_the_keys_along(db: None) -> None:
    """The key stands in the environment: the database has no setting, function or table that holds it."""
    owner = psycopg2.connect(_owner_dsn())
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("select name, setting from pg_settings where name like '%%.%%'")
            assert [name for name, _value in cursor.fetchall() if "key" in name.lower()] == []
    finally:
        owner.close()


def test_every_text_that_is_a_secret_says_so() -> None:
    """A column that is called like a secret is a sealed one, a fingerprint, or nobody's secret for a reason that stands here."""
    words = ("secret", "token", "password", "api_key", "credential", "private_key")
    harmless = {
        ("merchants.User", "password"),  # a hash
        ("customers.Customer", "password"),  # a hash
        ("customers.Passkey", "credential"),  # public by nature
        ("customers.Passkey", "credential_fingerprint"),
        ("notifications.Message", "token"),  # tells a provider's callback apart; its signature is what is believed
        ("orders.Order", "track_token"),  # of a page without personal data, whose address every later message repeats
    }
    found = {
        (model._meta.label, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if any(word in column.name for word in words) and not isinstance(column, SecretField)
        if model._meta.app_label not in ("axes", "sessions") and column.get_internal_type() not in ("DateTimeField", "BooleanField")
    }
    assert found - harmless == set()
