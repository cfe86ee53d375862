"""Getting in by password and passkey beside the code, and proving once more who it is: forged, replayed, guessed, at another host."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import AccountChange, Customer, Passkey, ShopperSession, SignInRequest
from customers.services import Browser, set_password, sign_in_secrets
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.authenticator import Device
from tests.conftest import NOW
from tests.factories import EMAIL, customer
from tests.portal.conftest import ACME, BOREALIS, signed_in

GOOD = "four words, quite apart"
ORIGIN = f"https://{ACME}"
LATER = NOW + timedelta(minutes=31)
PASSWORD_PAGE = "/profile/security/password/"


def sessions(merchant: Merchant) -> list[str]:
    with merchant_scope(merchant.pk):
        return list(ShopperSession.objects.filter(ended_at=None).order_by("pk").values_list("method", flat=True))


def options(client: Client, use: str, **over: Any) -> str:
    response = client.post("/passkey/options/", {"use": use}, **over)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return response.content.decode()


@pytest.fixture
def password(acme: Merchant, order: Order, in_scope: Callable[..., Any]) -> str:
    in_scope(lambda: set_password(customer=Customer.objects.get(), password=GOOD, browser=Browser("", ""), at=NOW))
    return GOOD


@pytest.fixture
def device(sam: Client) -> Device:
    """Sam's, with a passkey made on the page."""
    made = Device()
    answer = made.make(options(sam, "add"), origin=ORIGIN)
    response = sam.post("/profile/security/passkeys/", {"answer": answer, "name": ""})
    assert (response.status_code, response["Location"]) == (302, "/profile/security/passkeys/")
    return made


def test_the_code_stays_the_first_way(browser: Client, acme: Merchant) -> None:
    text = browser.get("/sign-in/?next=/orders/").content.decode()
    code, passkey, password = (text.index(words) for words in ("Send me a code", "Use a passkey", "Sign in with a password"))
    assert code < passkey < password
    assert text.count("btn--primary") == 1
    assert 'href="/sign-in/password/?next=%2Forders%2F"' in text


def test_address_and_password_sign_in_and_lead_on(browser: Client, acme: Merchant, password: str) -> None:
    response = browser.post("/sign-in/password/", {"email": EMAIL, "password": password, "next": "/orders/"})
    assert (response.status_code, response["Location"]) == (302, "/orders/")
    cookie = browser.cookies["shopper"]
    assert (cookie["httponly"], cookie["samesite"], sessions(acme)) == (True, "Lax", ["password"])
    assert browser.get("/sign-in/password/")["Location"] == "/"
    with merchant_scope(acme.pk):
        assert AccountChange.objects.latest("pk").what == "signed_in"


def test_known_and_unknown_addresses_get_the_same_answer(browser: Client, acme: Merchant, password: str) -> None:
    known = browser.post("/sign-in/password/", {"email": EMAIL, "password": "wrong one"})
    unknown = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en").post(
        "/sign-in/password/", {"email": "sal@example.com", "password": "wrong one"}
    )
    assert (known.status_code, unknown.status_code, set(known.headers)) == (422, 422, set(unknown.headers))
    assert _plain(known.content.decode(), EMAIL) == _plain(unknown.content.decode(), "sal@example.com")
    assert (sessions(acme), "wrong one" in known.content.decode()) == ([], False)


def _plain(text: str, email: str) -> str:
    """Without what differs between any two answers: the tokens of its forms, and what was typed."""
    return re.sub(r"[A-Za-z0-9]{64}|nonce=\"[^\"]+", "TOKEN", text.replace(email, "EMAIL"))


@pytest.mark.parametrize(
    "data", [{}, {"email": EMAIL}, {"email": "\0", "password": "\0"}, {"email": "x" * 9_000, "password": "x" * 100_000}]
)
def test_nonsense_signs_nobody_in(browser: Client, acme: Merchant, password: str, data: dict[str, str]) -> None:
    assert (browser.post("/sign-in/password/", data).status_code, sessions(acme)) == (422, [])


def test_guessing_ends_and_the_code_stays(acme: Merchant, password: str) -> None:
    for number in range(10):
        guess = Client(HTTP_HOST=ACME, REMOTE_ADDR=f"192.0.2.{number}").post("/sign-in/password/", {"email": EMAIL, "password": "wrong"})
        assert guess.status_code == 422
    waiting = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR="192.0.2.99")
    response = waiting.post("/sign-in/password/", {"email": EMAIL, "password": password})
    assert (response.status_code, response["Retry-After"], sessions(acme)) == (429, "3600", [])
    assert "Sign in with a code" in response.content.decode()
    assert waiting.post("/sign-in/", {"email": EMAIL}).status_code == 302


def test_a_password_is_nothing_at_another_merchant(acme: Merchant, borealis: Merchant, password: str) -> None:
    with merchant_scope(borealis.pk):
        customer()
    response = Client(HTTP_HOST=BOREALIS).post("/sign-in/password/", {"email": EMAIL, "password": password})
    assert (response.status_code, sessions(borealis), sessions(acme)) == (422, [], [])


@pytest.mark.parametrize("next", ["//evil.com", "/\\evil.com", "https:evil.com", "javascript:alert(1)", "/%09/evil.com", "\t//evil"])
def test_the_way_on_stays_on_this_host(browser: Client, acme: Merchant, password: str, next: str) -> None:
    assert browser.post("/sign-in/password/", {"email": EMAIL, "password": password, "next": next})["Location"] == "/"


def test_a_passkey_signs_in_without_a_word_typed(device: Device, browser: Client, acme: Merchant) -> None:
    answer = device.use(options(browser, "sign-in"), origin=ORIGIN)
    response = browser.post("/sign-in/passkey/", {"answer": answer, "next": "/orders/"})
    assert (response.status_code, response["Location"], sessions(acme)) == (302, "/orders/", ["code", "passkey"])
    assert browser.get("/orders/").status_code == 200
    assert browser.cookies["challenge"].value == ""


def test_a_passkey_without_a_name_is_called_by_its_browser(sam: Client, device: Device, acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        assert Passkey.objects.get().name == "Unknown browser"
    assert "Passkey added" in sam.get("/profile/security/passkeys/").content.decode()


def test_an_answer_is_taken_once_and_in_its_own_browser(device: Device, browser: Client, acme: Merchant) -> None:
    answer = device.use(options(browser, "sign-in"), origin=ORIGIN)
    kept = browser.cookies["challenge"].value
    assert Client(HTTP_HOST=ACME).post("/sign-in/passkey/", {"answer": answer}).status_code == 422
    assert browser.post("/sign-in/passkey/", {"answer": answer}).status_code == 302
    thief = Client(HTTP_HOST=ACME)
    thief.cookies["challenge"] = kept
    assert (thief.post("/sign-in/passkey/", {"answer": answer}).status_code, len(sessions(acme))) == (422, 2)


def test_a_challenge_ends_after_five_minutes_and_is_for_one_use(device: Device, browser: Client, acme: Merchant) -> None:
    answer = device.use(options(browser, "sign-in"), origin=ORIGIN)
    kept = browser.cookies["challenge"].value
    with time_machine.travel(NOW + timedelta(minutes=5, seconds=1), tick=False):
        assert browser.post("/sign-in/passkey/", {"answer": answer}).status_code == 422
    other = signed_in(acme, _sam(acme), at=NOW)
    other.cookies["challenge"] = kept
    assert other.post("/confirm/", {"way": "passkey", "answer": answer}).status_code == 422
    assert sessions(acme) == ["code", "code"]


def _sam(acme: Merchant) -> Customer:
    with merchant_scope(acme.pk):
        return Customer.objects.get(email=EMAIL)


def test_a_passkey_of_one_merchant_is_nothing_at_another(device: Device, acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        customer()
    there = Client(HTTP_HOST=BOREALIS)
    asked = options(there, "sign-in")
    assert json.loads(asked)["rpId"] == BOREALIS
    for origin in (ORIGIN, f"https://{BOREALIS}"):
        assert there.post("/sign-in/passkey/", {"answer": device.use(asked, origin=origin)}).status_code == 422
        asked = options(there, "sign-in")
    assert there.post("/sign-in/passkey/", {"answer": device.use(asked, origin=ORIGIN, host=ACME)}).status_code == 422
    assert (sessions(borealis), sessions(acme)) == ([], ["code"])


@pytest.mark.parametrize("answer", ["", "{}", "[]", "x" * 50_000, '{"id": null}', "\0"])
def test_what_is_no_answer_is_refused_in_words(browser: Client, sam: Client, acme: Merchant, answer: str) -> None:
    options(browser, "sign-in")
    response = browser.post("/sign-in/passkey/", {"answer": answer, "next": "/orders/"})
    text = response.content.decode()
    assert (response.status_code, "This passkey was not taken" in text, 'value="/orders/"' in text) == (422, True, True)
    options(sam, "add")
    added = sam.post("/profile/security/passkeys/", {"answer": answer, "name": "Kitchen"})
    assert (added.status_code, 'value="Kitchen"' in added.content.decode()) == (422, True)
    with merchant_scope(acme.pk):
        assert (Passkey.objects.count(), Event.objects.filter(type="customers.account.changed").count()) == (0, 0)


def test_looking_at_the_answers_address_leads_to_sign_in(browser: Client, acme: Merchant) -> None:
    assert browser.get("/sign-in/passkey/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("use", ["add", "confirm", "", "x"])
def test_options_of_an_account_need_a_sign_in(browser: Client, acme: Merchant, use: str) -> None:
    response = browser.post("/passkey/options/", {"use": use})
    assert (response.status_code, response.json()) == (403, {"go": "/sign-in/"})


def test_options_to_add_need_a_fresh_proof(sam: Client, acme: Merchant) -> None:
    with time_machine.travel(LATER, tick=False):
        response = sam.post("/passkey/options/", {"use": "add"})
    assert (response.status_code, response.json()) == (403, {"go": "/confirm/?next=/profile/security/passkeys/"})


def test_confirming_offers_what_the_account_has(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    with time_machine.travel(LATER, tick=False):
        text = sam.get("/confirm/?next=" + PASSWORD_PAGE).content.decode()
        assert [words in text for words in ("Use a passkey", 'name="password"', "Send me a code")] == [False, False, True]
        assert (EMAIL in text.partition("<main")[2].partition("</main")[0], "s•••@example.com" in text) == (False, True)
    in_scope(lambda: set_password(customer=Customer.objects.get(), password=GOOD, browser=Browser("", ""), at=NOW))
    sam = signed_in(acme, _sam(acme))
    with time_machine.travel(LATER, tick=False):
        text = sam.get("/confirm/").content.decode()
    assert ('name="password"' in text, text.count("btn--primary")) == (True, 1)


def test_the_password_confirms_and_the_browser_gets_a_new_token(acme: Merchant, password: str) -> None:
    sam = signed_in(acme, _sam(acme))
    old = sam.cookies["shopper"].value
    with time_machine.travel(LATER, tick=False):
        wrong = sam.post("/confirm/", {"way": "password", "password": "wrong", "next": PASSWORD_PAGE})
        assert (wrong.status_code, 'id="password-error"' in wrong.content.decode()) == (422, True)
        assert sam.get(PASSWORD_PAGE).status_code == 302
        right = sam.post("/confirm/", {"way": "password", "password": password, "next": PASSWORD_PAGE})
        assert (right.status_code, right["Location"], sam.get(PASSWORD_PAGE).status_code) == (302, PASSWORD_PAGE, 200)
        assert sam.cookies["shopper"].value != old
        assert sam.get("/confirm/?next=/orders/")["Location"] == "/orders/"
        thief = Client(HTTP_HOST=ACME)
        thief.cookies["shopper"] = old
        assert thief.get("/").status_code == 302


def test_a_proof_ends_after_half_an_hour(acme: Merchant, password: str) -> None:
    sam = signed_in(acme, _sam(acme))
    with time_machine.travel(LATER, tick=False):
        sam.post("/confirm/", {"way": "password", "password": password})
    with time_machine.travel(LATER + timedelta(minutes=29, seconds=59), tick=False):
        assert sam.get(PASSWORD_PAGE).status_code == 200
    with time_machine.travel(LATER + timedelta(minutes=30), tick=False):
        assert sam.get(PASSWORD_PAGE).status_code == 302


def test_guessing_inside_ends_too(acme: Merchant, password: str) -> None:
    sam = signed_in(acme, _sam(acme))
    for _ in range(10):
        assert sam.post("/confirm/", {"way": "password", "password": "wrong"}).status_code == 422
    response = sam.post("/confirm/", {"way": "password", "password": password})
    assert (response.status_code, response["Retry-After"]) == (429, "3600")


def test_a_code_confirms_in_the_browser_that_asked(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    with time_machine.travel(LATER, tick=False):
        asked = sam.post("/confirm/", {"way": "code", "next": PASSWORD_PAGE})
        assert (asked.status_code, asked["Location"]) == (302, "/confirm/code/")
        code = in_scope(lambda: sign_in_secrets(SignInRequest.objects.get())[0])
        wrong = sam.post("/confirm/code/", {"code": "12345"})
        assert (wrong.status_code, 'id="code-error"' in wrong.content.decode()) == (422, True)
        right = sam.post("/confirm/code/", {"code": code})
        assert (right["Location"], sam.get(PASSWORD_PAGE).status_code, sessions(acme)) == (PASSWORD_PAGE, 200, ["code"])
        assert sam.get("/confirm/code/")["Location"] == "/confirm/"


def test_another_shoppers_code_confirms_nothing(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    with time_machine.travel(LATER, tick=False):
        eve.post("/confirm/", {"way": "code", "next": PASSWORD_PAGE})
        code = in_scope(lambda: sign_in_secrets(SignInRequest.objects.get())[0])
        sam.cookies["confirm"] = eve.cookies["confirm"].value
        assert sam.post("/confirm/code/", {"code": code}).status_code == 422
        assert sam.get(PASSWORD_PAGE).status_code == 302


def test_a_passkey_confirms_its_owner_only(sam: Client, device: Device, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    with time_machine.travel(LATER, tick=False):
        assert "Use a passkey" in sam.get("/confirm/").content.decode()
        foreign = eve.post("/confirm/", {"way": "passkey", "answer": device.use(options(eve, "confirm"), origin=ORIGIN)})
        assert (foreign.status_code, eve.get(PASSWORD_PAGE).status_code) == (422, 302)
        own = device.use(options(sam, "confirm"), origin=ORIGIN)
        assert sam.post("/confirm/", {"way": "passkey", "answer": own, "next": PASSWORD_PAGE})["Location"] == PASSWORD_PAGE
        assert sam.get(PASSWORD_PAGE).status_code == 200


@pytest.mark.parametrize("data", [{}, {"way": "x"}, {"way": "password"}, {"way": "passkey"}])
def test_nothing_confirms_nothing(sam: Client, acme: Merchant, data: dict[str, str]) -> None:
    with time_machine.travel(LATER, tick=False):
        assert sam.post("/confirm/", data).status_code == 422
        assert sam.get(PASSWORD_PAGE).status_code == 302


def test_an_account_without_any_way_is_told_to_write(acme: Merchant, in_scope: Callable[..., Any]) -> None:
    bare = in_scope(customer)
    in_scope(lambda: Customer.objects.update(email="", email_normalised=None))
    client = signed_in(acme, bare)
    with time_machine.travel(LATER, tick=False):
        assert "Write or call us" in client.get("/confirm/").content.decode()
        assert client.post("/confirm/", {"way": "code"}).status_code == 422
        assert client.get("/confirm/code/")["Location"] == "/confirm/"
