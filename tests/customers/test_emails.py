"""A new e-mail address: proven there, told here, and never a way to learn who else is a customer."""

from datetime import timedelta

import pytest

from core.text import BadEmail
from customers.models import AccountChange, Attempt, Customer, EmailChange, SignInRequest
from customers.selectors import live_sessions, open_email_change
from customers.services import (
    Browser,
    LinkExpired,
    SameEmail,
    TooManyRequests,
    WrongCode,
    email_code,
    make_link,
    open_session,
    redeem_email_code,
    redeem_link,
    request_email_change,
)
from customers.types import AccountFact
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW

NEW = "Sam.Berg@posteo.example"
MINUTE = timedelta(minutes=1)
HERE = Browser(token="", device="Firefox")


@pytest.fixture
def sam(in_acme: Merchant) -> Customer:
    return make.customer()


def ask(customer: Customer, email: str = NEW, *, ip: str = "192.0.2.1", at: timedelta = timedelta(0)) -> EmailChange:
    return request_email_change(customer=customer, email=email, ip=ip, at=NOW + at)


def prove(customer: Customer, code: str, *, browser: Browser = HERE, at: timedelta = timedelta(0)) -> str:
    return redeem_email_code(customer=customer, code=code, browser=browser, at=NOW + at)


def events(type: str) -> list[dict[str, int]]:
    return list(Event.objects.filter(type=type).order_by("pk").values_list("payload", flat=True))


def test_the_code_sent_to_the_new_address_makes_it_the_customers(sam: Customer) -> None:
    change = ask(sam)
    assert events("customers.email_change.requested") == [{"email_change": change.pk, "customer": sam.pk}]
    code = email_code(change)
    assert prove(sam, f" {code[:3]} {code[3:]} ") == make.EMAIL
    row = Customer.objects.get()
    assert (row.email, row.email_normalised, sam.email) == (NEW, NEW.lower(), NEW)


def test_the_address_before_is_told(sam: Customer) -> None:
    prove(sam, email_code(ask(sam)))
    change = AccountChange.objects.get(what=AccountFact.EMAIL_CHANGED)
    assert (change.told_to, change.device) == (make.EMAIL, "Firefox")
    assert events("customers.account.changed") == [{"account_change": change.pk, "customer": sam.pk}]


def test_nothing_changes_before_the_code(sam: Customer) -> None:
    ask(sam)
    assert (Customer.objects.get().email, AccountChange.objects.count()) == (make.EMAIL, 0)


def test_every_other_browser_is_signed_out(sam: Customer) -> None:
    here = open_session(customer=sam, user_agent="Firefox", at=NOW)
    open_session(customer=sam, user_agent="Safari", at=NOW)
    prove(sam, email_code(ask(sam)), browser=Browser(here, "Firefox"))
    assert [row.user_agent for row in live_sessions(sam, now=NOW)] == ["Firefox"]


def test_links_sent_to_the_old_address_die_even_when_somebody_takes_it(sam: Customer) -> None:
    link = make_link(customer=sam, at=NOW)
    prove(sam, email_code(ask(sam)))
    make.customer(first_name="Kim")
    with pytest.raises(LinkExpired):
        redeem_link(token=link, at=NOW)
    assert SignInRequest.objects.get().used_at == NOW


def test_an_address_another_customer_has_gets_no_code_and_no_other_answer(sam: Customer) -> None:
    kim = make.customer(email="kim@example.com", first_name="Kim")
    change = ask(sam, kim.email)
    assert (open_email_change(sam, now=NOW), events("customers.email_change.requested")) == (change, [])
    with pytest.raises(WrongCode):
        prove(sam, email_code(change))
    assert {row.email for row in Customer.objects.all()} == {make.EMAIL, kim.email}
    assert (AccountChange.objects.count(), EmailChange.objects.get().tries) == (0, 1)


def test_an_address_taken_in_the_meantime_stays_with_who_took_it(sam: Customer) -> None:
    change = ask(sam)
    make.customer(email=NEW, first_name="Kim")
    with pytest.raises(WrongCode):
        prove(sam, email_code(change))
    assert Customer.objects.get(pk=sam.pk).email == make.EMAIL


@pytest.mark.parametrize("email", ["", "x", "a@b", "a@example.com, b@example.com", "a\n@example.com", "x" * 250 + "@example.com"])
def test_what_is_no_address_is_refused(sam: Customer, email: str) -> None:
    with pytest.raises(BadEmail):
        ask(sam, email)
    assert (EmailChange.objects.count(), Attempt.objects.count(), Event.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("email", [make.EMAIL, " SAM@EXAMPLE.COM "])
def test_ones_own_address_is_refused(sam: Customer, email: str) -> None:
    with pytest.raises(SameEmail):
        ask(sam, email)
    assert EmailChange.objects.count() == 0


def test_only_the_newest_code_counts_and_only_once(sam: Customer) -> None:
    first = email_code(ask(sam, "first@example.com"))
    second = email_code(ask(sam, at=MINUTE))
    assert first != second
    with pytest.raises(WrongCode):
        prove(sam, first, at=MINUTE)
    prove(sam, second, at=MINUTE)
    for code in (first, second):
        with pytest.raises(WrongCode):
            prove(sam, code, at=MINUTE)
    assert Customer.objects.get().email == NEW


def test_the_sixth_try_fails_even_with_the_right_code(sam: Customer) -> None:
    right = email_code(ask(sam))
    for _ in range(5):
        with pytest.raises(WrongCode):
            prove(sam, "000000" if right != "000000" else "111111")
    with pytest.raises(WrongCode):
        prove(sam, right)
    assert Customer.objects.get().email == make.EMAIL


def test_a_code_ends_after_ten_minutes(sam: Customer) -> None:
    code = email_code(ask(sam))
    with pytest.raises(WrongCode):
        prove(sam, code, at=10 * MINUTE)


def test_another_shoppers_code_is_nothing(sam: Customer) -> None:
    kim = make.customer(email="kim@example.com")
    code = email_code(ask(sam))
    with pytest.raises(WrongCode):
        prove(kim, code)


def test_codes_are_limited_per_customer_address_and_network(sam: Customer) -> None:
    for number in range(3):
        ask(sam, f"{number}@example.com", ip=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        ask(sam, "3@example.com", ip="192.0.2.3")
    others = [make.customer(email=f"kim{number}@example.com") for number in range(9)]
    for other in others[:3]:
        ask(other, "wanted@example.com", ip="")
    with pytest.raises(TooManyRequests):
        ask(others[3], "Wanted@example.com", ip="")
    for other in others[3:8]:
        ask(other, ip="198.51.100.7", email=f"new-{other.pk}@example.com")
    with pytest.raises(TooManyRequests):
        ask(others[8], ip="198.51.100.7")
    assert EmailChange.objects.count() == 11


def test_the_same_address_at_another_merchant_is_another_persons_matter(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        make.customer(email=NEW)
    with merchant_scope(acme.pk):
        sam = make.customer()
        prove(sam, email_code(ask(sam)))
        assert Customer.objects.get().email == NEW
