"""Passkeys in a real browser with a virtual device: make one, sign in with it, prove it again, remove it; and what there is without."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from core.clock import now
from customers.models import AccountChange, Customer, EmailChange, Passkey, ShopperSession
from customers.services import email_code
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from tests.browser.conftest import Window
from tests.browser.test_shopper import sign_in
from tests.factories import EMAIL, place_order

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
PASSWORD = "four words, quite apart"


@pytest.fixture
def shop(server: str) -> Merchant:
    """Acme on this server; Sam ordered yesterday."""
    at = now() - timedelta(days=1)
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        place_order(at=at, placed_at=at)
    return merchant


def with_device(view: Window, **over: Any) -> tuple[CDPSession, str]:
    """Plug a virtual device into the browser that checks its owner by itself."""
    session = view.page.context.new_cdp_session(view.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **over,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def age_session(merchant: Merchant) -> None:
    """As if Sam had signed in an hour ago."""
    with merchant_scope(merchant.pk):
        ShopperSession.objects.update(created_at=now() - timedelta(hours=1), confirmed_at=None)


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_first_passkey_to_none(server: str, shop: Merchant, window: Open, width: int) -> None:
    view = window(width=width)
    page = view.page
    with_device(view)
    sign_in(view, server, shop)
    page.goto(f"http://acme.{server}/profile/security/")
    page.get_by_role("link", name="Passkeys").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Passkey added").wait_for()
    assert (page.get_by_role("link", name="My phone").is_visible(), view.overflow()) == (True, 0)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("This device has a passkey for this account already.").wait_for()
    page.goto(f"http://acme.{server}/profile/security/")
    page.get_by_role("button", name="Sign out everywhere, here too").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"http://acme.{server}/")
    with merchant_scope(shop.pk):
        assert list(ShopperSession.objects.order_by("pk").values_list("method", flat=True)) == ["code", "passkey"]
        assert Passkey.objects.get().used_at is not None
    age_session(shop)
    page.goto(f"http://acme.{server}/profile/security/passkeys/")
    page.get_by_role("heading", name="Is it you?").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("link", name="My phone").click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.get_by_role("heading", name="Passkey removed").wait_for()
    with merchant_scope(shop.pk):
        assert Passkey.objects.count() == 0
        whats = list(AccountChange.objects.order_by("pk").values_list("what", flat=True))
    assert whats == ["signed_in", "passkey_added", "signed_out_all", "signed_in", "passkey_removed"]
    assert view.complaints == []


def test_a_device_that_does_not_check_its_owner_is_told_in_words(server: str, shop: Merchant, window: Open) -> None:
    view = window()
    page = view.page
    with_device(view, isUserVerified=False)
    sign_in(view, server, shop)
    page.goto(f"http://acme.{server}/profile/security/passkeys/")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Nothing was added. You can try again.").wait_for()
    expect(page.get_by_role("button", name="Add a passkey")).not_to_have_attribute("aria-busy", "true")
    with merchant_scope(shop.pk):
        assert Passkey.objects.count() == 0


def test_without_script_there_is_no_passkey_button_and_the_rest_works(server: str, shop: Merchant, window: Open) -> None:
    view = window(script=False)
    page = view.page
    page.goto(f"http://acme.{server}/sign-in/")
    assert page.get_by_role("button", name="Use a passkey").count() == 0
    sign_in(view, server, shop)
    page.goto(f"http://acme.{server}/profile/security/passkeys/")
    assert page.get_by_text("This browser cannot make passkeys").is_visible()
    page.goto(f"http://acme.{server}/profile/security/password/")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Password set").first.wait_for()
    page.get_by_role("button", name="Sign out everywhere, here too").click()
    page.get_by_role("link", name="Sign in with a password").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("not this one at all")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Address and password do not match").wait_for()
    assert page.get_by_label("E-mail").input_value() == EMAIL
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"http://acme.{server}/")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_new_e_mail_address_by_code(server: str, shop: Merchant, window: Open, width: int) -> None:
    view = window(width=width)
    page = view.page
    sign_in(view, server, shop)
    page.goto(f"http://acme.{server}/profile/email/")
    page.get_by_label("New e-mail address").fill(EMAIL)
    page.get_by_role("button", name="Send the code").click()
    page.get_by_text("This is your address already.").wait_for()
    page.get_by_label("New e-mail address").fill("sam.new@example.com")
    page.get_by_role("button", name="Send the code").click()
    page.get_by_role("heading", name="Look into the new mailbox").wait_for()
    with merchant_scope(shop.pk):
        code = email_code(EmailChange.objects.get())
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Use this address").click()
    page.get_by_role("heading", name="E-mail address changed").wait_for()
    with merchant_scope(shop.pk):
        assert Customer.objects.get().email == "sam.new@example.com"
    assert [text for text in view.complaints if "422" not in text] == []


def test_what_is_typed_can_be_shown(server: str, shop: Merchant, window: Open) -> None:
    page = (view := window()).page
    sign_in(view, server, shop)
    page.goto(f"http://acme.{server}/profile/security/password/")
    field = page.get_by_label("New password")
    assert field.get_attribute("type") == "password"
    page.get_by_label("Show what I type").check()
    assert field.get_attribute("type") == "text"
    field.fill("qwertyuiop")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("so it is tried first").wait_for()
    assert (field.get_attribute("type"), field.input_value()) == ("password", "")


def test_nothing_scrolls_sideways_at_320_pixels_in_any_language(server: str, shop: Merchant, window: Open) -> None:
    view = window(width=320)
    sign_in(view, server, shop)
    found = {}
    for language in ("en", "de", "zh-hans", "id", "pt-br"):
        view.page.locator("#language").select_option(language)
        view.page.locator(".language button").click()
        for path in ("profile/security/", "profile/security/password/", "profile/security/passkeys/", "profile/email/"):
            view.page.goto(f"http://acme.{server}/{path}")
            found[language, path] = view.overflow()
    age_session(shop)
    view.page.goto(f"http://acme.{server}/confirm/")
    found["pt-br", "confirm/"] = view.overflow()
    assert {place: pixels for place, pixels in found.items() if pixels} == {}
