"""Who a shopper is, what they agreed to, which addresses get nothing."""

from datetime import timedelta

import pytest

from customers.models import Consent, Customer, Suppression
from customers.selectors import contact_of, customer_by_email, has_consent
from customers.services import record_consent, suppress, upsert_customer
from customers.types import Contact
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW

DAY = timedelta(days=1)


def test_one_address_is_one_customer_however_it_is_written(in_acme: Merchant) -> None:
    first = make.customer(email="Sam@Example.com")
    second = make.customer(email=" sam@EXAMPLE.com ", phone="", first_name="Samuel", last_name="")
    assert (first.pk, Customer.objects.count()) == (second.pk, 1)
    row = Customer.objects.get()
    assert (row.email_normalised, row.first_name, row.last_name, row.phone) == ("sam@example.com", "Samuel", "Berg", "+4915123456789")


def test_the_same_address_at_another_merchant_is_another_customer(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        ours = make.customer()
    with merchant_scope(borealis.pk):
        assert customer_by_email(email="sam@example.com") is None
        theirs = make.customer(first_name="Stranger")
        assert theirs.pk != ours.pk
    with merchant_scope(acme.pk):
        assert Customer.objects.get().first_name == "Sam"


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a@b.com, c@d.com", "a b@example.com", "x" * 300 + "@example.com"])
def test_without_a_usable_address_there_is_no_customer(in_acme: Merchant, email: str) -> None:
    row = upsert_customer(email=email, phone="+4915123456789", first_name="Sam", last_name="", language="de", at=NOW)
    assert (row, Customer.objects.count()) == (None, 0)


@pytest.mark.parametrize(("phone", "stored"), [("0151 23456789", "+4915123456789"), ("call me", ""), ("+1 900 123 4567", "")])
def test_a_telephone_number_is_kept_in_e164_or_not_at_all(in_acme: Merchant, phone: str, stored: str) -> None:
    assert make.customer(phone=phone).phone == stored


def test_texts_are_cut_and_freed_of_nul(in_acme: Merchant) -> None:
    row = make.customer(first_name="a\0b" + "x" * 200, external_id="9" * 200)
    assert (row.first_name, len(row.external_id)) == ("ab" + "x" * 78, 100)


def test_the_newest_statement_about_marketing_counts(in_acme: Merchant) -> None:
    sam = make.customer()
    assert has_consent(customer_id=sam.pk, channel="email") is False
    record_consent(customer=sam, channel="email", is_granted=True, source="checkout", wording="News please", at=NOW)
    record_consent(customer=sam, channel="email", is_granted=True, source="checkout", wording="News please", at=NOW + DAY)
    assert (has_consent(customer_id=sam.pk, channel="email"), has_consent(customer_id=sam.pk, channel="sms")) == (True, False)
    record_consent(customer=sam, channel="email", is_granted=False, source="preferences", at=NOW + 2 * DAY)
    assert (has_consent(customer_id=sam.pk, channel="email"), Consent.objects.count()) == (False, 2)


def test_consent_for_an_unknown_channel_is_refused(in_acme: Merchant) -> None:
    with pytest.raises(ValueError, match="pigeon"):
        record_consent(customer=make.customer(), channel="pigeon", is_granted=True, source="x", at=NOW)
    assert Consent.objects.count() == 0


def test_a_suppressed_address_is_known_again_without_being_stored(in_acme: Merchant) -> None:
    sam = make.customer()
    assert suppress(channel="email", recipient="SAM@example.com", reason="bounce", detail="550", at=NOW) is True
    assert suppress(channel="email", recipient="sam@example.com", reason="complaint", at=NOW) is False
    assert "sam" not in str(Suppression.objects.values().get())
    contact = contact_of(customer_id=sam.pk, email="sam@example.com", phone=sam.phone, first_name="Sam", language="de")
    assert contact == Contact(sam.pk, "Sam", "sam@example.com", "+4915123456789", "de", {"email": "complaint"})


def test_suppression_is_by_channel_and_merchant(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        suppress(channel="sms", recipient="+4915123456789", reason="stop", at=NOW)
    with merchant_scope(borealis.pk):
        contact = contact_of(customer_id=None, email="sam@example.com", phone="+4915123456789", first_name="", language="")
        assert contact.suppressed == {}
    with merchant_scope(acme.pk):
        contact = contact_of(customer_id=None, email="sam@example.com", phone="+49 151 23456789", first_name="", language="")
        assert (contact.suppressed, contact.phone) == ({"sms": "stop"}, "+4915123456789")


def test_unusable_addresses_reach_nobody(in_acme: Merchant) -> None:
    contact = contact_of(customer_id=None, email="not an address", phone="call me", first_name="Sam", language="en")
    assert (contact.email, contact.phone) == ("", "")


def test_what_the_order_leaves_out_is_filled_from_the_customer(in_acme: Merchant) -> None:
    sam = make.customer()
    contact = contact_of(customer_id=sam.pk, email="", phone="", first_name="", language="")
    assert contact == Contact(sam.pk, "Sam", "sam@example.com", "+4915123456789", "en", {})
