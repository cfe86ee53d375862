"""Sign-in and security: what the page says, what it lets its owner do, and that strangers and old proofs do nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import AccountChange, Customer, EmailChange, Passkey, ShopperSession
from customers.services import Browser, add_passkey, email_code, open_session, set_password
from customers.services.passkeys import registration_options
from customers.types import AccountFact, PasswordFlaw, SignInMethod, Site
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from portal.rules.devices import device_words
from portal.rules.security import fact_state, flaw_words, method_words, note_words
from tests.authenticator import Device
from tests.conftest import NOW
from tests.factories import EMAIL, customer
from tests.portal.conftest import ACME, signed_in

GOOD = "four words, quite apart"
NEW = "sam.new@example.com"
HALF_AN_HOUR = timedelta(minutes=30)
SITE = Site(host=ACME, origin=f"https://{ACME}", name="Acme")
PROTECTED = [
    "/profile/security/password/",
    "/profile/security/passkeys/",
    "/profile/security/passkeys/AAAAAAAAAAAAAAAAAAAAAA/",
    "/profile/email/",
    "/profile/email/code/",
]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        return (
            list(Customer.objects.order_by("pk").values("email", "password", "password_at")),
            list(ShopperSession.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True)),
            list(Passkey.objects.order_by("pk").values("name", "used_at")),
            EmailChange.objects.count(),
            AccountChange.objects.count(),
            Event.objects.count(),
        )


def text_of(client: Client, path: str = "/profile/security/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def keyed(sam: Client, in_scope: Callable[..., Any]) -> str:
    """Sam's passkey; its id."""

    def make() -> str:
        owner = Customer.objects.get(email=EMAIL)
        challenge = b"1" * 32
        answer = Device().make(registration_options(customer=owner, site=SITE, challenge=challenge), origin=SITE.origin)
        row = add_passkey(customer=owner, answer=answer, challenge=challenge, site=SITE, name="Kitchen tablet", device="", at=NOW)
        return row.public_id

    return str(in_scope(make))


def test_the_page_says_how_one_gets_in_and_where_one_is(sam: Client, keyed: str, in_scope: Callable[..., Any]) -> None:
    in_scope(lambda: set_password(customer=Customer.objects.get(), password=GOOD, browser=Browser("", ""), at=NOW))
    sam = _again(sam, in_scope)
    text = text_of(sam)
    assert (EMAIL in text, "1 passkey<" in text, "Set on <time" in text) == (True, True, True)
    assert ("Firefox on Windows" in text, "this browser" in text, "with a code by e-mail" in text) == (True, True, True)
    assert [text.count(words) for words in ("Password set", "Passkey added")] == [1, 1]


def _again(sam: Client, in_scope: Callable[..., Any]) -> Client:
    token = in_scope(lambda: open_session(customer=Customer.objects.get(), user_agent=FIREFOX, at=NOW))
    client = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en", HTTP_USER_AGENT=FIREFOX)
    client.cookies["shopper"] = token
    return client


def test_a_first_visit_says_what_there_is_not(sam: Client) -> None:
    text = text_of(sam)
    assert ("None. You need none." in text, "None yet. Sign in with your fingerprint" in text) == (True, True)
    assert ("other browser" in text, "Sign out everywhere, here too" in text) == (False, True)


def test_it_asks_the_database_little(sam: Client, keyed: str, in_scope: Callable[..., Any]) -> None:
    for _ in range(60):
        in_scope(lambda: open_session(customer=Customer.objects.get(), user_agent=FIREFOX, at=NOW))
    pages = ("", "passkeys/", f"passkeys/{keyed}/", "password/")
    asked = {}
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            text = text_of(sam, f"/profile/security/{page}")
        asked[page] = sum(query["sql"].startswith("SELECT ") for query in queries)  # beside the scope's own statements
        assert text.count('name="session"') == (0 if page else 49)  # the newest fifty, this one first
    assert asked == dict(zip(pages, (6, 4, 4, 3), strict=True))


@pytest.mark.parametrize("path", ["/profile/security/", "/confirm/", "/confirm/code/", *PROTECTED])
def test_anonymous_visitors_are_sent_to_sign_in(browser: Client, acme: Merchant, path: str) -> None:
    for response in (browser.get(path), browser.post(path)):
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("path", PROTECTED)
def test_an_old_sign_in_is_asked_to_prove_who_it_is_and_changes_nothing(sam: Client, acme: Merchant, path: str) -> None:
    before = facts(acme)
    with time_machine.travel(NOW + HALF_AN_HOUR, tick=False):
        for response in (sam.get(path), sam.post(path, {"password": GOOD, "email": NEW, "act": "remove", "name": "x"})):
            assert (response.status_code, response["Location"]) == (302, "/confirm/?next=" + path.replace("/", "%2F"))
    assert facts(acme) == before


def test_the_overview_needs_no_proof(sam: Client) -> None:
    with time_machine.travel(NOW + HALF_AN_HOUR, tick=False):
        assert sam.get("/profile/security/").status_code == 200


def test_a_password_is_set_said_and_signs_the_others_out(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    in_scope(lambda: open_session(customer=Customer.objects.get(), user_agent=FIREFOX, at=NOW))
    response = sam.post("/profile/security/password/", {"password": GOOD})
    assert (response.status_code, response["Location"]) == (302, "/profile/security/")
    text = text_of(sam)
    assert ("Every other browser was signed out." in text, text.count("Firefox on Windows")) == (True, 1)  # only in what happened
    assert "Every other browser was signed out." not in text_of(sam)
    assert in_scope(lambda: Customer.objects.get().password_at) == NOW


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 10"),
        ("x1y2" * 33, "at most 128"),
        ("SamBerg2026", "only you know"),
        ("qwertyuiop", "tried first"),
        ("", "at least"),
    ],
)
def test_a_password_that_is_not_taken_says_why_beside_the_field(sam: Client, acme: Merchant, password: str, words: str) -> None:
    before = facts(acme)
    response = sam.post("/profile/security/password/", {"password": password})
    text = response.content.decode()
    assert (response.status_code, words in text, 'id="password-error"' in text) == (422, True, True)
    assert (password in text) == (password == "")
    assert facts(acme) == before


def test_a_password_is_removed(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    sam.post("/profile/security/password/", {"password": GOOD})
    assert "Remove the password" in text_of(sam, "/profile/security/password/")
    assert sam.post("/profile/security/password/", {"act": "remove"}).status_code == 302
    assert "You sign in with a code by e-mail, or a passkey." in text_of(sam)
    assert in_scope(lambda: Customer.objects.get().password) == ""


def test_one_other_browser_is_signed_out(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    in_scope(lambda: open_session(customer=Customer.objects.get(), user_agent=FIREFOX, at=NOW))
    name = in_scope(lambda: ShopperSession.objects.get(user_agent=FIREFOX).fingerprint)
    assert sam.post("/profile/security/sessions/", {"act": "one", "session": name})["Location"] == "/profile/security/"
    text = text_of(sam)
    assert ("Signed out there" in text, text.count("Firefox on Windows")) == (True, 1)  # only in what happened
    assert sam.post("/profile/security/sessions/", {"act": "one", "session": name}).status_code == 404


@pytest.mark.parametrize(
    "data", [{}, {"act": "all"}, {"act": "one"}, {"act": "one", "session": "x\0"}, {"act": "one", "session": "a" * 5000}]
)
def test_nonsense_signs_nobody_out(sam: Client, acme: Merchant, data: dict[str, str]) -> None:
    before = facts(acme)
    assert sam.post("/profile/security/sessions/", data).status_code == 404
    assert facts(acme) == before


def test_all_others_are_signed_out(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    in_scope(lambda: open_session(customer=Customer.objects.get(), user_agent=FIREFOX, at=NOW))
    assert sam.post("/profile/security/sessions/", {"act": "others"})["Location"] == "/profile/security/"
    assert "Only this browser is still signed in." in text_of(sam)
    assert len(facts(acme)[1]) == 1


def test_signing_out_everywhere_is_here_too(sam: Client, acme: Merchant) -> None:
    token = sam.cookies["shopper"].value
    response = sam.post("/profile/security/sessions/", {"act": "everywhere"})
    assert (response["Location"], response["Clear-Site-Data"], facts(acme)[1]) == ("/sign-in/", '"cache", "storage"', [])
    copied = Client(HTTP_HOST=ACME)
    copied.cookies["shopper"] = token
    assert copied.get("/profile/security/").status_code == 302


def test_another_shopper_can_touch_nothing(sam: Client, keyed: str, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    name = in_scope(lambda: ShopperSession.objects.get().fingerprint)
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    before = facts(acme)
    key = f"/profile/security/passkeys/{keyed}/"
    tried = [
        eve.get(key),
        eve.post(key, {"act": "remove"}),
        eve.post(key, {"name": "mine"}),
        eve.post("/profile/security/sessions/", {"act": "one", "session": name}),
    ]
    assert [response.status_code for response in tried] == [404] * 4
    text = text_of(eve) + text_of(eve, "/profile/security/passkeys/")
    assert [words in text for words in (EMAIL, "Kitchen tablet", name)] == [False] * 3
    assert facts(acme) == before


def test_the_twin_at_another_merchant_can_touch_nothing(sam: Client, keyed: str, acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        there = customer()
    with merchant_scope(acme.pk):
        name = ShopperSession.objects.get().fingerprint
    twin, before = signed_in(borealis, there), facts(acme)
    key = f"/profile/security/passkeys/{keyed}/"
    assert (twin.get(key).status_code, twin.post(key, {"act": "remove"}).status_code) == (404, 404)
    assert twin.post("/profile/security/sessions/", {"act": "one", "session": name}).status_code == 404
    assert facts(acme) == before


def test_a_passkey_is_renamed_and_removed(sam: Client, keyed: str, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    path = f"/profile/security/passkeys/{keyed}/"
    assert sam.post(path, {"name": "<b>\u202eold phone"})["Location"] == "/profile/security/passkeys/"
    text = text_of(sam, "/profile/security/passkeys/")
    assert ("Name saved" in text, "<bdi>&lt;b&gt;\u202eold phone</bdi>" in text, "not used yet" in text) == (True, True, True)
    empty = sam.post(path, {"name": " \0 "})
    assert (empty.status_code, 'aria-invalid="true"' in empty.content.decode()) == (422, True)
    assert sam.post(path, {"act": "remove"})["Location"] == "/profile/security/passkeys/"
    assert "You can delete it on your device, too." in text_of(sam, "/profile/security/passkeys/")
    assert (in_scope(Passkey.objects.count), sam.get(path).status_code) == (0, 404)


def test_a_new_address_is_proven_and_told(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    assert sam.post("/profile/email/", {"email": NEW})["Location"] == "/profile/email/code/"
    assert f"If <bdi>{NEW}</bdi> can be used" in text_of(sam, "/profile/email/code/")
    wrong = sam.post("/profile/email/code/", {"code": "12345"})
    assert (wrong.status_code, 'id="code-error"' in wrong.content.decode()) == (422, True)
    code = in_scope(lambda: email_code(EmailChange.objects.get()))
    assert sam.post("/profile/email/code/", {"code": f"{code[:3]} {code[3:]}"})["Location"] == "/profile/security/"
    text = text_of(sam)
    assert ("We told the address from before." in text, NEW in text) == (True, True)
    assert in_scope(lambda: AccountChange.objects.get(what="email_changed").told_to) == EMAIL
    assert sam.get("/profile/email/code/")["Location"] == "/profile/email/"


def test_a_free_and_a_taken_address_get_the_same_answer(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    in_scope(customer, email="kim@example.com")
    pages = []
    for email in ("kim@example.com", "new@example.com"):
        asked = sam.post("/profile/email/", {"email": email})
        shown = sam.get("/profile/email/code/").content.decode()
        wrong = sam.post("/profile/email/code/", {"code": "1"})
        pages.append((asked.status_code, asked["Location"], asked.content, _plain(shown, email), wrong.status_code))
    assert pages[0] == pages[1]
    assert in_scope(lambda: Event.objects.filter(type="customers.email_change.requested").count()) == 1


def _plain(text: str, email: str) -> str:
    """Without what differs between any two answers: the tokens of its forms, and what was typed."""
    return re.sub(r"[A-Za-z0-9]{64}|nonce=\"[^\"]+", "TOKEN", text.replace(email, "EMAIL"))


@pytest.mark.parametrize(
    ("email", "words"), [("x", "This is not an e-mail address"), (EMAIL, "your address already"), ("", "not an e-mail")]
)
def test_a_wrong_address_is_named_and_kept(sam: Client, acme: Merchant, email: str, words: str) -> None:
    before = facts(acme)
    response = sam.post("/profile/email/", {"email": email})
    text = response.content.decode()
    assert (response.status_code, words in text, f'value="{email}"' in text) == (422, True, True)
    assert facts(acme) == before


def test_too_many_new_addresses_wait(sam: Client, acme: Merchant) -> None:
    for number in range(3):
        assert sam.post("/profile/email/", {"email": f"{number}@example.com"}).status_code == 302
    response = sam.post("/profile/email/", {"email": "4@example.com"})
    assert (response.status_code, response["Retry-After"], facts(acme)[3]) == (429, "600", 3)


@pytest.mark.parametrize("path", ["/profile/security/sessions/", "/passkey/options/"])
def test_what_changes_something_is_refused_by_get(sam: Client, acme: Merchant, path: str) -> None:
    before = facts(acme)
    assert (sam.get(path).status_code, facts(acme)) == (405, before)


def test_forms_of_other_sites_change_nothing(sam: Client, acme: Merchant, order: Order) -> None:
    strict = Client(HTTP_HOST=ACME, enforce_csrf_checks=True)
    strict.cookies["shopper"] = sam.cookies["shopper"].value
    before = facts(acme)
    for path in (*PROTECTED, "/profile/security/sessions/", "/confirm/", "/passkey/options/", "/sign-in/password/", "/sign-in/passkey/"):
        assert strict.post(path, {"password": GOOD, "email": NEW, "act": "everywhere"}).status_code == 403
    assert facts(acme) == before


def test_a_note_is_for_its_own_shopper_and_cannot_be_made_up(sam: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    sam.post("/profile/security/password/", {"password": GOOD})
    note = sam.cookies["note"].value
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    for value in (note, note[:-2] + "xx", "x"):
        eve.cookies["note"] = value
        assert "Every other browser was signed out." not in text_of(eve)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 CriOS/143.0 Mobile Safari/604.1", "Chrome on iPad"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36 Edg/143.0", "Edge on Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("curl/8.5.0", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_named_as_people_name_them(agent: str, words: str) -> None:
    assert device_words(agent) == words


def test_everything_that_may_happen_has_words_of_its_own() -> None:
    assert len({fact_state(fact).text for fact in AccountFact}) == len(AccountFact)
    assert len({method_words(method) for method in SignInMethod}) == len(SignInMethod)
    assert len({flaw_words(flaw) for flaw in PasswordFlaw}) == len(PasswordFlaw)
    assert note_words("made up") == ("", "")
