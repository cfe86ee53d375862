"""Signing in by code and by link: forged, expired, replayed, from another browser, by a scanner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Customer, ShopperSession, SignInRequest
from customers.services import make_link, sign_in_secrets
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.conftest import NOW
from tests.factories import EMAIL, customer
from tests.portal.conftest import ACME

SECOND = timedelta(seconds=1)


def ask(browser: Client, email: str = EMAIL, next: str = "/") -> Any:
    return browser.post("/sign-in/", {"email": email, "next": next})


def newest_code(merchant: Merchant) -> str:
    with merchant_scope(merchant.pk):
        return sign_in_secrets(SignInRequest.objects.latest("created_at"))[0]


def sessions(merchant: Merchant) -> int:
    with merchant_scope(merchant.pk):
        return ShopperSession.objects.filter(ended_at=None).count()


@pytest.fixture
def link(acme: Merchant, in_scope: Callable[..., Any]) -> str:
    return f"/sign-in/confirm/{in_scope(lambda: make_link(customer=customer(), at=NOW))}/"


def test_a_code_signs_in_and_leads_to_the_page_asked_for(browser: Client, acme: Merchant, order: Order) -> None:
    asked = ask(browser, next=f"/orders/{order.public_id}/")
    assert (asked.status_code, asked["Location"]) == (302, "/sign-in/code/")
    response = browser.post("/sign-in/code/", {"code": newest_code(acme)})
    assert (response.status_code, response["Location"]) == (302, f"/orders/{order.public_id}/")
    cookie = browser.cookies["shopper"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert browser.get(f"/orders/{order.public_id}/").status_code == 200


def test_a_code_may_be_pasted_with_spaces(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    code = newest_code(acme)
    assert browser.post("/sign-in/code/", {"code": f" {code[:3]} {code[3:]}\n"}).status_code == 302


def test_the_code_field_takes_one_time_codes(browser: Client, order: Order) -> None:
    ask(browser)
    assert 'autocomplete="one-time-code"' in browser.get("/sign-in/code/").content.decode()


def test_known_and_unknown_addresses_get_the_same_answer(browser: Client, acme: Merchant, order: Order) -> None:
    known, unknown = ask(browser), ask(Client(HTTP_HOST=ACME), "nobody@example.com")
    assert (known.status_code, known["Location"], known.content) == (unknown.status_code, unknown["Location"], unknown.content)
    assert set(known.headers) == set(unknown.headers)
    with merchant_scope(acme.pk):
        assert Event.objects.filter(type="customers.sign_in.requested").count() == 1


def test_something_that_is_no_address_is_named_and_nothing_is_asked(browser: Client, acme: Merchant) -> None:
    response = ask(browser, "not an address")
    assert (response.status_code, 'aria-invalid="true"' in response.content.decode()) == (422, True)
    with merchant_scope(acme.pk):
        assert SignInRequest.objects.count() == 0


@pytest.mark.parametrize("code", ["", "000000", "٠١٢٣٤٥", "1" * 500, "12345", "\x00", "\ud800"])
def test_a_wrong_code_signs_nobody_in(browser: Client, acme: Merchant, order: Order, code: str) -> None:
    ask(browser)
    before = sessions(acme)
    given = code.encode("utf-8", "replace").decode() if newest_code(acme) != code else "999999"
    response = browser.post("/sign-in/code/", {"code": given})
    assert (response.status_code, sessions(acme)) == (422, before)
    assert "not right" in response.content.decode()


def test_the_sixth_try_fails_even_with_the_right_code(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    right = newest_code(acme)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert browser.post("/sign-in/code/", {"code": wrong}).status_code == 422
    assert browser.post("/sign-in/code/", {"code": right}).status_code == 422
    assert sessions(acme) == 0


def test_a_code_ends_after_ten_minutes(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    with time_machine.travel(NOW + timedelta(minutes=10) + SECOND, tick=False):
        response = browser.post("/sign-in/code/", {"code": newest_code(acme)})
    assert (response.status_code, response["Location"], sessions(acme)) == (302, "/sign-in/", 0)


def test_a_code_works_once(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    pending = browser.cookies["sign-in"].value
    code = newest_code(acme)
    assert browser.post("/sign-in/code/", {"code": code}).status_code == 302
    other = Client(HTTP_HOST=ACME)
    other.cookies["sign-in"] = pending
    assert other.post("/sign-in/code/", {"code": code}).status_code == 422
    assert sessions(acme) == 1


def test_a_code_works_only_in_the_browser_that_asked(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    code = newest_code(acme)
    stranger = Client(HTTP_HOST=ACME)
    ask(stranger, "other@example.com")
    assert stranger.post("/sign-in/code/", {"code": code}).status_code == 422
    assert sessions(acme) == 0


def test_a_changed_cookie_asks_for_nothing(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    browser.cookies["sign-in"] = browser.cookies["sign-in"].value[:-2] + "xx"
    response = browser.post("/sign-in/code/", {"code": newest_code(acme)})
    assert (response["Location"], sessions(acme)) == ("/sign-in/", 0)


def test_a_new_code_may_be_had_after_a_minute(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    first = newest_code(acme)
    early = browser.post("/sign-in/resend/")
    assert (early.status_code, early["Retry-After"]) == (429, "60")
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert browser.post("/sign-in/resend/").status_code == 302
        assert browser.post("/sign-in/code/", {"code": first}).status_code == 422
        assert browser.post("/sign-in/code/", {"code": newest_code(acme)}).status_code == 302


def test_too_many_requests_are_told_to_wait(browser: Client, acme: Merchant, order: Order) -> None:
    for _ in range(3):
        assert ask(Client(HTTP_HOST=ACME)).status_code == 302
    response = ask(browser)
    assert (response.status_code, response["Retry-After"]) == (429, "600")
    assert "try again in 10 minutes" in response.content.decode()
    with merchant_scope(acme.pk):
        assert SignInRequest.objects.count() == 3


def test_looking_at_a_link_does_not_use_it_up(browser: Client, acme: Merchant, link: str) -> None:
    for _ in range(3):
        assert browser.get(link).status_code == 200
    assert browser.head(link).status_code == 200
    assert sessions(acme) == 0
    assert browser.post(link)["Location"] == "/"
    assert (sessions(acme), browser.get("/").status_code) == (1, 200)


def test_a_link_works_once(browser: Client, acme: Merchant, link: str) -> None:
    assert browser.post(link).status_code == 302
    again = Client(HTTP_HOST=ACME).post(link)
    assert (again.status_code, sessions(acme)) == (410, 1)


def test_an_old_and_a_forged_link_get_the_same_answer(browser: Client, acme: Merchant, link: str) -> None:
    with time_machine.travel(NOW + timedelta(minutes=10) + SECOND, tick=False):
        old = [browser.get(link), browser.post(link)]
        forged = [browser.get("/sign-in/confirm/" + "A" * 43 + "/"), browser.post("/sign-in/confirm/" + "A" * 43 + "/")]
    assert [r.status_code for r in (*old, *forged)] == [410] * 4
    assert sessions(acme) == 0


def test_a_link_of_one_merchant_is_nothing_at_another(browser: Client, acme: Merchant, borealis: Merchant, link: str) -> None:
    response = browser.post(link, headers={"host": "borealis.platform.test"})
    assert (response.status_code, sessions(acme), sessions(borealis)) == (410, 0, 0)


def test_the_confirm_page_hides_most_of_the_address(browser: Client, link: str) -> None:
    text = browser.get(link).content.decode()
    assert ("s•••@example.com" in text, EMAIL in text) == (True, False)


def test_signing_in_again_ends_the_session_before(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    old = sam.cookies["shopper"].value
    token = in_scope(lambda: make_link(customer=Customer.objects.get(), at=NOW))
    sam.post(f"/sign-in/confirm/{token}/")
    assert sam.cookies["shopper"].value != old
    assert sessions(acme) == 1


def test_signing_out_ends_the_session_on_the_server(sam: Client, acme: Merchant) -> None:
    token = sam.cookies["shopper"].value
    response = sam.post("/sign-out/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    copied = Client(HTTP_HOST=ACME)
    copied.cookies["shopper"] = token
    assert (copied.get("/").status_code, sessions(acme)) == (302, 0)


def test_a_session_ends_after_thirty_days(sam: Client) -> None:
    with time_machine.travel(NOW + timedelta(days=30) + SECOND, tick=False):
        assert sam.get("/").status_code == 302


def test_cookies_are_bound_to_the_host_where_they_travel_by_https(acme: Merchant, link: str, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    browser = Client(HTTP_HOST=ACME)
    browser.post(link)
    cookie = browser.cookies["__Host-shopper"]
    assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["httponly"]) == (True, "/", "", True)


@pytest.mark.parametrize("next", ["//evil.com", "/\\evil.com", "/%09/evil.com"])
def test_next_leads_only_to_this_host(browser: Client, acme: Merchant, order: Order, next: str) -> None:
    ask(browser, next=next)
    assert browser.post("/sign-in/code/", {"code": newest_code(acme)})["Location"] == "/"
    assert browser.get("/sign-in/", {"next": next})["Location"] == "/"
    assert browser.post("/language/", {"language": "de", "next": next})["Location"] == "/"
