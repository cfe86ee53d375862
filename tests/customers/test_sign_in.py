"""Signing in by code or link: once, soon, in the browser that asked, and no oracle for addresses."""

from datetime import datetime, timedelta

import pytest

from customers.models import ShopperSession, SignInRequest
from customers.selectors import customer_of_session
from customers.services import (
    LinkExpired,
    TooManyRequests,
    WrongCode,
    end_all_sessions,
    end_session,
    make_link,
    open_session,
    peek_link,
    redeem_code,
    redeem_link,
    request_sign_in,
    sign_in_secrets,
)
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW

EMAIL = make.EMAIL
MINUTE = timedelta(minutes=1)


def ask(email: str = EMAIL, *, ip: str = "192.0.2.1", browser: str = "mine", next_path: str = "", at: datetime = NOW) -> SignInRequest:
    request_sign_in(email=email, ip=ip, browser=browser, next_path=next_path, at=at)
    row: SignInRequest = SignInRequest.objects.latest("id")
    return row


def code_of(request: SignInRequest) -> str:
    return sign_in_secrets(request)[0]


def link_of(request: SignInRequest) -> str:
    return sign_in_secrets(request)[1]


def wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def test_the_code_signs_in_the_browser_that_asked(in_acme: Merchant) -> None:
    sam = make.customer()
    request = ask()
    code = code_of(request)
    assert len(code) == 6 and code.isdigit()
    assert redeem_code(email=" SAM@example.com", code=f"{code[:3]} {code[3:]}", browser="mine", at=NOW + 9 * MINUTE) == sam
    assert Event.objects.get().payload == {"sign_in": request.pk, "customer": sam.pk}


def test_nothing_that_signs_in_lies_in_the_database(in_acme: Merchant) -> None:
    make.customer()
    request = ask()
    stored = str(SignInRequest.objects.values().get()) + str(list(Event.objects.values()))
    assert code_of(request) not in stored.replace(request.nonce, "") and link_of(request) not in stored
    assert "mine" not in stored


@pytest.mark.parametrize("browser", ["another", ""])
def test_the_code_is_worth_nothing_in_another_browser(in_acme: Merchant, browser: str) -> None:
    make.customer()
    request = ask()
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(request), browser=browser, at=NOW)
    request.refresh_from_db()
    assert (request.used_at, request.tries) == (None, 0)


def test_a_code_works_once(in_acme: Merchant) -> None:
    make.customer()
    request = ask()
    redeem_code(email=EMAIL, code=code_of(request), browser="mine", at=NOW)
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(request), browser="mine", at=NOW)
    with pytest.raises(LinkExpired):
        redeem_link(token=link_of(request), at=NOW)


def test_a_code_ends_after_ten_minutes(in_acme: Merchant) -> None:
    make.customer()
    request = ask()
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(request), browser="mine", at=NOW + 10 * MINUTE)


def test_only_the_newest_code_counts(in_acme: Merchant) -> None:
    make.customer()
    old, new = ask(), ask(at=NOW + MINUTE)
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(old), browser="mine", at=NOW + MINUTE)
    with pytest.raises(LinkExpired):
        redeem_link(token=link_of(old), at=NOW + MINUTE)
    assert redeem_code(email=EMAIL, code=code_of(new), browser="mine", at=NOW + MINUTE).email == EMAIL


def test_a_strangers_request_does_not_spoil_the_shoppers(in_acme: Merchant) -> None:
    sam = make.customer()
    mine = ask()
    ask(browser="stranger", ip="203.0.113.5", at=NOW + MINUTE)
    assert redeem_code(email=EMAIL, code=code_of(mine), browser="mine", at=NOW + 2 * MINUTE) == sam


def test_after_five_wrong_tries_the_right_code_is_wrong_too(in_acme: Merchant) -> None:
    make.customer()
    request = ask()
    for _ in range(5):
        with pytest.raises(WrongCode):
            redeem_code(email=EMAIL, code=wrong(code_of(request)), browser="mine", at=NOW)
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(request), browser="mine", at=NOW)
    request.refresh_from_db()
    assert (request.tries, request.used_at) == (5, None)


def test_an_unknown_address_has_the_same_outcome_and_no_event(in_acme: Merchant) -> None:
    request = ask("nobody@example.com")
    assert (SignInRequest.objects.count(), Event.objects.count()) == (1, 0)
    for secret in (code_of(request),):
        with pytest.raises(WrongCode):
            redeem_code(email="nobody@example.com", code=secret, browser="mine", at=NOW)
    with pytest.raises(LinkExpired):
        redeem_link(token=link_of(request), at=NOW)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com", "not an address"])
def test_three_requests_in_ten_minutes_for_any_address(in_acme: Merchant, email: str) -> None:
    make.customer()
    for i in range(3):
        ask(email, ip=f"192.0.2.{i}")
    with pytest.raises(TooManyRequests):
        ask(email, ip="192.0.2.9")
    assert SignInRequest.objects.count() == 3
    ask(email, ip="192.0.2.9", at=NOW + 10 * MINUTE)


def test_ten_requests_a_day_for_an_address(in_acme: Merchant) -> None:
    for i in range(10):
        ask(ip=f"192.0.2.{i}", at=NOW + 11 * i * MINUTE)
    with pytest.raises(TooManyRequests):
        ask(ip="192.0.2.99", at=NOW + 200 * MINUTE)
    ask(ip="192.0.2.99", at=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("first", "sixth"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:192.0.2.1", "192.0.2.1")],
)
def test_five_requests_from_one_network(in_acme: Merchant, first: str, sixth: str) -> None:
    for i in range(5):
        ask(f"s{i}@example.com", ip=first)
    with pytest.raises(TooManyRequests):
        ask("s9@example.com", ip=sixth)
    assert SignInRequest.objects.count() == 5
    ask("s9@example.com", ip="2001:db8:1:3::1")


def test_limits_are_each_merchants_own(acme: Merchant, borealis: Merchant) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            for _ in range(3):
                ask()
            with pytest.raises(TooManyRequests):
                ask()


def test_a_link_is_looked_at_without_being_spent_and_works_once(in_acme: Merchant) -> None:
    sam = make.customer()
    request = ask(next_path="/orders/abc/")
    for _ in range(3):
        assert peek_link(token=link_of(request), now=NOW) == request
    assert redeem_link(token=link_of(request), at=NOW) == (sam, "/orders/abc/")
    assert peek_link(token=link_of(request), now=NOW) is None
    with pytest.raises(LinkExpired):
        redeem_link(token=link_of(request), at=NOW)


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/a\n", "/" + "x" * 200])
def test_a_link_leads_to_no_other_host(in_acme: Merchant, path: str) -> None:
    assert ask(next_path=path).next_path == ""


def test_a_link_of_another_merchant_opens_nothing(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        token = make_link(customer=make.customer(), at=NOW)
    with merchant_scope(borealis.pk):
        make.customer()
        assert peek_link(token=token, now=NOW) is None
        with pytest.raises(LinkExpired):
            redeem_link(token=token, at=NOW)
    with merchant_scope(acme.pk):
        assert redeem_link(token=token, at=NOW)[0].email == EMAIL


def test_an_operators_link_has_no_code(in_acme: Merchant) -> None:
    make_link(customer=make.customer(), at=NOW)
    with pytest.raises(WrongCode):
        redeem_code(email=EMAIL, code=code_of(SignInRequest.objects.get()), browser="", at=NOW)


def test_a_session_lasts_thirty_days_and_its_token_is_not_stored(in_acme: Merchant) -> None:
    sam = make.customer()
    token = open_session(customer=sam, user_agent="Firefox", at=NOW)
    assert token not in str(ShopperSession.objects.values().get())
    assert customer_of_session(token=token, now=NOW + timedelta(days=29)) == sam
    assert customer_of_session(token=token, now=NOW + timedelta(days=30)) is None
    assert customer_of_session(token="", now=NOW) is None


def test_signing_out_ends_one_session_or_all(in_acme: Merchant) -> None:
    sam, robin = make.customer(), make.customer(email="robin@example.com")
    tokens = [open_session(customer=sam, user_agent="", at=NOW) for _ in range(3)]
    other = open_session(customer=robin, user_agent="", at=NOW)
    assert (end_session(token=tokens[0], at=NOW), end_session(token=tokens[0], at=NOW)) == (True, False)
    assert customer_of_session(token=tokens[0], now=NOW) is None
    assert end_all_sessions(customer=sam, at=NOW) == 2
    assert [customer_of_session(token=token, now=NOW) for token in (*tokens, other)] == [None, None, None, robin]


def test_a_session_of_another_merchant_opens_nothing(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        token = open_session(customer=make.customer(), user_agent="", at=NOW)
    with merchant_scope(borealis.pk):
        make.customer()
        assert customer_of_session(token=token, now=NOW) is None
        assert end_session(token=token, at=NOW) is False
    with merchant_scope(acme.pk):
        assert customer_of_session(token=token, now=NOW) is not None
