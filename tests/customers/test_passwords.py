"""Passwords: what is taken, what a wrong one costs, who is told, and that nobody's address looks like somebody's."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from customers import rules
from customers.models import AccountChange, Attempt, Customer
from customers.selectors import live_sessions
from customers.services import (
    BadPassword,
    Browser,
    TooManyRequests,
    WrongPassword,
    confirm_password,
    open_session,
    password_sign_in,
    remove_password,
    set_password,
)
from customers.services import passwords as service
from customers.types import PasswordFlaw
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from postpurchase.settings import base
from tests import factories as make
from tests.conftest import NOW

GOOD = "four words, quite apart"
HERE = Browser(token="", device="Firefox")
COMMON = frozenset({"1q2w3e4r5t"})


@pytest.fixture
def sam(in_acme: Merchant) -> Customer:
    customer = make.customer()
    set_password(customer=customer, password=GOOD, browser=HERE, at=NOW)
    return customer


def enter(password: str = GOOD, *, email: str = make.EMAIL, ip: str = "192.0.2.1", at: Any = NOW) -> Customer:
    return password_sign_in(email=email, password=password, ip=ip, at=at)


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("", PasswordFlaw.SHORT),
        ("ninechars", PasswordFlaw.SHORT),
        ("ten chars.", None),
        ("x1" + "y2z3" * 31 + "ab", None),  # 128
        ("x1" + "y2z3" * 31 + "abc", PasswordFlaw.LONG),
        ("sam@example.com", PasswordFlaw.OWN),
        ("SAM@EXAMPLE.COM", PasswordFlaw.OWN),
        ("Sam Example Com 2026!", PasswordFlaw.OWN),
        ("123sambergen456", None),
        ("!!!Sam-Berg-1990", PasswordFlaw.OWN),
        ("BergSam1234", PasswordFlaw.OWN),
        ("acme acme acme", None),
        ("acme-2026-11", PasswordFlaw.OWN),
        ("1q2W3e4R5t", PasswordFlaw.COMMON),
        ("aaaaaaaaaaaa", PasswordFlaw.COMMON),
        ("1212121212", PasswordFlaw.COMMON),
        ("密码是四个不相干的词语", None),
        ("          ", PasswordFlaw.COMMON),
        ("2026-11-20 10:00", None),
    ],
)
def test_which_passwords_are_taken(password: str, flaw: PasswordFlaw | None) -> None:
    about = ["sam@example.com", "sam", "example.com", "Sam", "Berg", "SamBerg", "BergSam", "Acme", ""]
    assert rules.password_flaw(password, about=about, common=COMMON) == flaw


def test_the_most_common_ones_are_known(in_acme: Merchant) -> None:
    with pytest.raises(BadPassword) as refused:
        set_password(customer=make.customer(), password="Qwertyuiop", browser=HERE, at=NOW)
    assert refused.value.flaw == PasswordFlaw.COMMON
    assert Customer.objects.get().password == ""
    assert (AccountChange.objects.count(), Event.objects.count()) == (0, 0)


def test_a_password_signs_in_and_is_not_kept_as_typed(sam: Customer) -> None:
    assert enter() == sam
    row = Customer.objects.get()
    assert (GOOD in row.password, row.password_at) == (False, NOW)


def test_the_product_hashes_with_argon2id(in_acme: Merchant, settings: Any) -> None:
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    sam = make.customer()
    set_password(customer=sam, password=GOOD, browser=HERE, at=NOW)
    assert sam.password.startswith("argon2$argon2id$v=19$m=47104,t=2,p=1$")
    assert enter() == sam


def test_a_hash_of_older_settings_is_renewed_when_it_matches(sam: Customer, settings: Any) -> None:
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    Customer.objects.update(password=make_password(GOOD, hasher="pbkdf2_sha256"))
    assert enter() == sam
    assert identify_hasher(Customer.objects.get().password).algorithm == "argon2"


def test_however_a_keyboard_composes_it(sam: Customer) -> None:
    set_password(customer=sam, password="Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}ne Wiese am See", browser=HERE, at=NOW)
    assert enter("Gru\N{COMBINING DIAERESIS}ne Wiese am See") == sam


@pytest.mark.parametrize("password", ["", GOOD.upper(), GOOD + " ", "x" * 129, "x" * 100_000, "\x00", "\N{PILE OF POO}" * 300])
def test_a_wrong_password_is_refused_and_counted(sam: Customer, password: str) -> None:
    with pytest.raises(WrongPassword):
        enter(password)
    assert Attempt.objects.filter(what="password").count() == 2


@pytest.mark.parametrize("email", ["nobody@example.com", "not an address", ""])
def test_nobodys_address_costs_the_same_work(sam: Customer, monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(service, "make_password", lambda text: hashed.append(text))
    with pytest.raises(WrongPassword):
        enter(email=email)
    Customer.objects.update(password="")
    with pytest.raises(WrongPassword):
        enter()
    assert hashed == [GOOD, GOOD]


def test_known_and_unknown_addresses_ask_the_database_the_same(sam: Customer, django_assert_num_queries: Any) -> None:
    for email in (make.EMAIL, "nobody@example.com"):
        with django_assert_num_queries(4), pytest.raises(WrongPassword):  # lock, tries, customer, one count
            enter("wrong password", email=email, ip="192.0.2.9")


def test_after_ten_wrong_ones_an_hour_even_the_right_one_waits(sam: Customer) -> None:
    for number in range(10):
        with pytest.raises(WrongPassword):
            enter("wrong", ip=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        enter(ip="192.0.2.99")
    assert enter(at=NOW + timedelta(hours=1)) == sam


def test_unknown_addresses_are_limited_alike(sam: Customer) -> None:
    for number in range(10):
        with pytest.raises(WrongPassword):
            enter(email="nobody@example.com", ip=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        enter(email="nobody@example.com")


def test_a_network_is_limited_over_all_addresses(sam: Customer) -> None:
    for number in range(20):
        with pytest.raises(WrongPassword):
            enter("wrong", email=f"{number}@example.com", ip="2001:db8::1")
    with pytest.raises(TooManyRequests):
        enter(ip="2001:db8::2")
    assert enter(ip="192.0.2.2") == sam


def test_right_ones_are_not_counted(sam: Customer) -> None:
    for _ in range(25):
        assert enter() == sam
    assert Attempt.objects.count() == 0


def test_who_guesses_at_the_door_locks_nobody_out_inside(sam: Customer) -> None:
    for _ in range(10):
        with pytest.raises(WrongPassword):
            enter("wrong")
    confirm_password(customer=sam, password=GOOD, ip="192.0.2.1", at=NOW)
    with pytest.raises(WrongPassword):
        confirm_password(customer=sam, password="wrong", ip="192.0.2.1", at=NOW)
    assert Attempt.objects.filter(what="confirm").count() == 2


def test_setting_one_signs_every_other_browser_out_and_is_told(sam: Customer) -> None:
    here, there = (open_session(customer=sam, user_agent=name, at=NOW) for name in ("Firefox", "Safari"))
    before = Event.objects.count()
    set_password(customer=sam, password=GOOD + "!", browser=Browser(here, "Firefox"), at=NOW)
    assert [row.user_agent for row in live_sessions(sam, now=NOW)] == ["Firefox"]
    change = AccountChange.objects.latest("pk")
    assert (change.what, change.device, change.told_to) == ("password_set", "Firefox", "")
    assert Event.objects.count() == before + 1
    assert Event.objects.latest("pk").payload == {"account_change": change.pk, "customer": sam.pk}
    assert there not in {here}


def test_removing_it_leaves_codes_and_passkeys(sam: Customer) -> None:
    open_session(customer=sam, user_agent="Safari", at=NOW)
    assert remove_password(customer=sam, browser=HERE, at=NOW) is True
    with pytest.raises(WrongPassword):
        enter()
    row = Customer.objects.get()
    assert (row.password, row.password_at, live_sessions(sam, now=NOW)) == ("", None, [])
    assert AccountChange.objects.latest("pk").what == "password_removed"
    before = Event.objects.count()
    assert (remove_password(customer=sam, browser=HERE, at=NOW), Event.objects.count()) == (False, before)


def test_a_password_of_one_merchant_is_nothing_at_another(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        set_password(customer=make.customer(), password=GOOD, browser=HERE, at=NOW)
    with merchant_scope(borealis.pk):
        make.customer()
        with pytest.raises(WrongPassword):
            enter()


def test_an_erased_shopper_cannot_sign_in(sam: Customer) -> None:
    Customer.objects.update(erased_at=NOW)
    with pytest.raises(WrongPassword):
        enter()
