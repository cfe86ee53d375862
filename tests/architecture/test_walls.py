"""The three walls, read from the database and the models: no table can be forgotten."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from merchants.isolation import MINE
from merchants.models import MerchantManager, MerchantModel

# What tells the merchant must be unique over all of them.
GLOBALLY_UNIQUE = {"merchants_domain_host", "merchants_apikey_fingerprint", "connectors_connection_public", "notifications_account_public"}


def owned() -> list[type[Model]]:
    return [model for model in apps.get_models() if issubclass(model, MerchantModel)]


def rows(sql: str, *values: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_every_table_with_a_merchant_is_a_merchant_model(db: None) -> None:
    tables = {
        name
        for (name,) in rows(
            "select table_name from information_schema.columns where column_name = 'merchant_id' and table_schema = 'public'"
        )
    }
    assert tables == {model._meta.db_table for model in owned()}


@pytest.mark.parametrize("model", owned(), ids=lambda m: m._meta.db_table)
def test_row_level_security_is_on_and_forced_under_the_one_policy(db: None, model: type[Model]) -> None:
    table = model._meta.db_table
    assert rows("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", table) == [(True, True)]
    policies = rows("select policyname, qual, with_check, cmd, roles::text from pg_policies where tablename = %s", table)
    normal = "(merchant_id = (NULLIF(current_setting('app.merchant_id'::text, true), ''::text))::bigint)"
    assert policies == [("merchant_isolation", normal, normal, "ALL", "{public}")]
    assert MINE.startswith("merchant_id = nullif(")


@pytest.mark.parametrize("model", owned(), ids=lambda m: m._meta.db_table)
def test_references_between_owned_tables_carry_the_merchant(db: None, model: type[Model]) -> None:
    wanted = {
        (field.column, field.related_model._meta.db_table)
        for field in model._meta.concrete_fields
        if field.related_model is not None and field.name != "merchant" and issubclass(field.related_model, MerchantModel)
    }
    found = rows(
        """select array(select attname::text from unnest(conkey) key
                        join pg_attribute on attrelid = conrelid and attnum = key order by attname),
                  confrelid::regclass::text
           from pg_constraint where contype = 'f' and conrelid = %s::regclass""",
        model._meta.db_table,
    )
    pairs = {
        (next(c for c in columns if c != "merchant_id"), target)
        for columns, target in found
        if "merchant_id" in columns and len(columns) == 2
    }
    plain = {(columns[0], target) for columns, target in found if len(columns) == 1}
    assert pairs == wanted
    assert not plain & wanted


@pytest.mark.parametrize("model", owned(), ids=lambda m: m._meta.db_table)
def test_unique_constraints_begin_with_the_merchant(db: None, model: type[Model]) -> None:
    found = rows(
        """select c.relname::text, (select attname::text from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0])
           from pg_index i join pg_class c on c.oid = i.indexrelid
           where i.indrelid = %s::regclass and i.indisunique and not i.indisprimary""",
        model._meta.db_table,
    )
    loose = {name for name, first in found if first != "merchant_id"} - GLOBALLY_UNIQUE
    # A one-to-one field makes its own unique index on an id that cannot repeat over merchants.
    assert {name for name in loose if not str(name).endswith("_key")} == set()


@pytest.mark.parametrize("model", owned(), ids=lambda m: m._meta.db_table)
def test_managers_are_closed_by_default(model: type[Model]) -> None:
    assert isinstance(model._default_manager, MerchantManager)
    assert not isinstance(model._base_manager, MerchantManager)


def test_the_suite_runs_as_app(db: None) -> None:
    assert rows("select current_user::text, rolsuper, rolbypassrls from pg_roles where rolname = current_user") == [("app", False, False)]


def test_views_do_not_look_through_the_wall(db: None) -> None:
    assert rows("select viewname from pg_views where schemaname = 'public'") == []


def test_the_relay_role_may_touch_queue_and_directory_tables_only(db: None) -> None:
    tables = {
        name
        for (name,) in rows(
            """select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
               and has_any_column_privilege('relay', oid, 'select, insert, update')"""
        )
    }
    assert tables == {
        "merchants_merchant",
        "merchants_domain",
        "merchants_apikey",
        "merchants_membership",
        "events_delivery",
        "connectors_connection",
        "connectors_inboxitem",
        "connectors_poll",
        "connectors_command",
        "notifications_provideraccount",
        "notifications_message",
        # To count what happened, was told and was accepted: ids, states and times.
        "events_station",
        "tracking_incident",
        "events_event",
        "notifications_attempt",
        "notifications_callback",
        "notifications_stocktaking",
    }


def test_nobody_who_serves_may_empty_a_table_or_put_triggers_on_it(db: None) -> None:
    """TRUNCATE asks no policy, and a reference reads past one."""
    found = rows(
        """select role, relname::text, privilege from pg_class, unnest(array['app', 'relay', 'public']) role,
                  unnest(array['truncate', 'trigger', 'references']) privilege
           where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
           and has_table_privilege(case role when 'public' then 'app' else role end, oid, privilege)"""
    )
    assert found == []


def test_those_who_serve_own_nothing_and_only_the_relay_looks_over_the_wall(db: None) -> None:
    assert rows("select tablename::text from pg_tables where tableowner in ('app', 'relay')") == []
    found = rows("select rolname::text, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname in ('app', 'relay') order by 1")
    assert found == [("app", False, False, True), ("relay", False, True, False)]


def test_parts_of_tables_stand_behind_the_same_wall(db: None) -> None:
    """A partition is a table of its own: who reads it by name must meet the policy there too."""
    assert rows("select relname::text from pg_class where relispartition and not (relrowsecurity and relforcerowsecurity)") == []


def test_functions_that_run_as_their_owner_are_none(db: None) -> None:
    found = rows("select proname::text from pg_proc where prosecdef and pronamespace = 'public'::regnamespace")
    assert found == []
