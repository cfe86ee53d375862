from datetime import datetime

import pytest
from django.db import connection

from customers.models import Customer
from merchants.models import Domain, Merchant
from merchants.scope import NoMerchant, across_merchants, merchant_scope


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
