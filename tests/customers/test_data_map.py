"""Every column that can hold words, numbers of people or days of their lives is declared personal, or is known not to be."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.encryption import random_id
from customers.registry import Holding, holdings, register
from merchants.models import SecretField
from tests.customers.not_personal import NOT_PERSONAL, THIRD_PARTY

FOREIGN = {"admin", "auth", "axes", "contenttypes", "sessions", "django_celery_beat"}
TELLING = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField, ArrayField)


def tells(field: Any) -> bool:
    """A free text, JSON, bytes, network address or calendar day; not a choice, a random id, a sealed secret or a moment."""
    if isinstance(field, models.DateField):
        return not isinstance(field, models.DateTimeField)
    return isinstance(field, TELLING) and not (field.choices or field.default is random_id or isinstance(field, SecretField))


def telling() -> set[tuple[str, str]]:
    ours = [model for model in apps.get_models() if model._meta.app_label not in FOREIGN]
    return {(model._meta.label, field.name) for model in ours for field in model._meta.local_concrete_fields if tells(field)}


def declared() -> set[tuple[str, str]]:
    return {(label, column) for holding in holdings() for label, columns in holding.personal.items() for column in columns}


def known() -> set[tuple[str, str]]:
    return {(label, column) for label, columns in NOT_PERSONAL.items() for column in columns.split()}


def test_every_column_that_tells_something_is_declared_one_way_or_the_other() -> None:
    """A new column: declare it in the room's `privacy.py` (and erase it there), or add it to tests/customers/not_personal.py."""
    assert telling() - declared() - known() == set()


def test_no_column_is_declared_both_ways_and_none_is_declared_that_is_not_there() -> None:
    columns = {(model._meta.label, field.name) for model in apps.get_models() for field in model._meta.local_concrete_fields}
    assert declared() & known() == set()
    assert (declared() | known()) - columns == set()


def test_every_table_that_is_not_ours_is_looked_at() -> None:
    theirs = {model._meta.label for model in apps.get_models() if model._meta.app_label in FOREIGN}
    assert theirs == THIRD_PARTY


def test_every_holding_says_what_for_why_and_until_when() -> None:
    assert next(one.key for one in holdings()) == "account"
    assert [one.key for one in holdings() if not all(str(text) for text in (one.title, one.purpose, one.basis, one.kept))] == []


def test_a_holding_is_registered_once() -> None:
    with pytest.raises(ValueError, match="account is registered already"):
        register(Holding(key="account", title="", purpose="", basis="", kept="", personal={}, erase=lambda subject, at: 0))
