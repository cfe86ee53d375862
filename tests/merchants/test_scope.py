from datetime import datetime

import pytest
from django.db import ProgrammingError, connection, transaction

from customers.models import Customer
from merchants.models import Domain, Merchant
from merchants.scope import NoMerchant, across_merchants, merchant_scope, one_statement
from merchants.services import create_merchant


def test_a_merchant_owned_table_is_closed_outside_a_scope(acme: Merchant) -> None:
    with pytest.raises(NoMerchant):
        Customer.objects.count()


def test_a_scope_sees_its_own_rows_only(acme: Merchant, borealis: Merchant, now: datetime) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            Customer.objects.create(email="sam@example.com", email_normalised="sam@example.com", created_at=now)
    with merchant_scope(acme.pk):
        assert list(Customer.all_merchants.values_list("merchant_id", flat=True)) == [acme.pk]
    assert Customer.all_merchants.count() == 0


def test_scopes_do_not_nest_over_merchants(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk), pytest.raises(NoMerchant), merchant_scope(borealis.pk):
        pass


def test_the_relay_role_reads_the_directory_of_all_merchants(acme: Merchant, borealis: Merchant) -> None:
    with across_merchants():
        assert sorted(Domain.all_merchants.values_list("host", flat=True)) == ["acme.platform.test", "borealis.platform.test"]
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone() == ("relay",)
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("app",)


SEEN = "select email from customers_customer where email <> %s"


def test_one_statement_sees_its_merchants_rows_only_and_leaves_no_scope_behind(acme: Merchant, borealis: Merchant, now: datetime) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            email = f"{merchant.slug}@example.com"
            Customer.objects.create(email=email, email_normalised=email, created_at=now)
    assert one_statement(acme.pk, SEEN, [""]) == [("acme@example.com",)]
    assert one_statement(borealis.pk, SEEN, [""]) == [("borealis@example.com",)]
    assert Customer.all_merchants.count() == 0
    with merchant_scope(acme.pk):
        assert one_statement(acme.pk, SEEN, [""]) == [("acme@example.com",)]
        assert Customer.objects.count() == 1
        with pytest.raises(NoMerchant):
            one_statement(borealis.pk, SEEN, [""])


def test_one_statement_cannot_write_into_another_merchants_rows(acme: Merchant, borealis: Merchant) -> None:
    add = "insert into merchants_domain (merchant_id, host, is_primary) values (%s, %s, false)"
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        one_statement(acme.pk, add, [borealis.pk, "stolen.example"])


def test_one_statement_is_a_transaction_of_its_own(real_commits: None, now: datetime) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=now)
    assert one_statement(acme.pk, "update merchants_merchant set name = %s where id = %s", ["Zenith", acme.pk]) == []
    assert not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.merchant_id', true)")
        assert cursor.fetchone() == ("",)
    with merchant_scope(acme.pk):
        assert Merchant.objects.get(pk=acme.pk).name == "Zenith"
