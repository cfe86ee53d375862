"""Profile, address book and data of a shopper in a real browser: typed, refused, saved, taken along, and taken back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.clock import now
from customers.models import Customer, PrivacyRequest, SavedAddress
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from tests.browser.conftest import Window
from tests.browser.test_shopper import sign_in
from tests.factories import place_order

pytestmark = pytest.mark.browser
Open = Callable[..., Window]


@pytest.fixture
def shop(server: str) -> Merchant:
    """Acme on this server, where Sam ordered yesterday."""
    at = now() - timedelta(days=1)
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        place_order(at=at, placed_at=at)
    return merchant


@pytest.mark.parametrize("width", [390, 1280])
def test_a_profile_is_filled_in_and_what_is_wrong_is_named(shop: Merchant, server: str, window: Open, width: int) -> None:
    seen = window(width=width)
    sign_in(seen, server, shop)
    seen.page.goto(f"http://acme.{server}/profile/")
    seen.page.get_by_label("Telephone").fill("12")
    seen.page.get_by_label("Birthday").fill("1990-02-28")
    seen.page.get_by_role("button", name="Save").click()
    expect(seen.page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(seen.page.get_by_label("Telephone")).to_have_attribute("aria-invalid", "true")
    seen.page.get_by_label("Telephone").fill("0151 23456789")
    seen.page.get_by_label("Time zone").select_option("Asia/Jakarta")
    seen.page.get_by_role("button", name="Save").click()
    expect(seen.page.get_by_role("status").first).to_contain_text("Saved")
    with merchant_scope(shop.pk):
        me = Customer.objects.get()
    assert (str(me.birthday), me.phone, me.timezone, seen.overflow()) == ("1990-02-28", "+4915123456789", "Asia/Jakarta", 0)


@pytest.mark.parametrize("script", [True, False])
def test_an_address_is_added_changed_and_removed(shop: Merchant, server: str, window: Open, script: bool) -> None:
    seen = window(script=script)
    sign_in(seen, server, shop)
    seen.page.goto(f"http://acme.{server}/profile/addresses/")
    seen.page.get_by_role("link", name="Add an address").click()
    expect(seen.page.get_by_label("Street and house number")).to_have_value("Torstraße 1")
    seen.page.get_by_label("Postcode").fill("1")
    seen.page.get_by_role("button", name="Save").click()
    expect(seen.page.get_by_label("Postcode")).to_have_attribute("aria-invalid", "true")
    seen.page.get_by_label("Postcode").fill("10119")
    seen.page.get_by_role("button", name="Save").click()
    expect(seen.page.get_by_text("usual address")).to_be_visible()
    seen.page.get_by_role("link", name="Change").click()
    seen.page.get_by_role("button", name="Remove this address").click()
    expect(seen.page.get_by_text("There is none yet")).to_be_visible()
    with merchant_scope(shop.pk):
        assert SavedAddress.objects.count() == 0


def test_a_copy_is_fetched_and_an_erasure_taken_back(shop: Merchant, server: str, window: Open) -> None:
    seen = window()
    sign_in(seen, server, shop)
    seen.page.goto(f"http://acme.{server}/privacy/")
    seen.page.get_by_role("button", name="Make a copy").click()
    run_until_quiet(now)
    seen.page.reload()
    with seen.page.expect_download() as fetched:
        seen.page.get_by_role("link", name="Fetch the copy").click()
    assert fetched.value.suggested_filename.startswith("acme-") and fetched.value.suggested_filename.endswith(".zip")
    seen.page.get_by_role("link", name="See what happens").click()
    expect(seen.page.get_by_text("Order 1001 is not finished yet.")).to_be_visible()
    seen.page.get_by_role("button", name="Erase my account").click()
    expect(seen.page.get_by_role("alert")).to_contain_text("Tick the box")
    seen.page.get_by_label("I have saved what I need").check()
    seen.page.get_by_role("button", name="Erase my account").click()
    expect(seen.page.get_by_role("status").first).to_contain_text("Your account will be erased")
    assert seen.overflow() == 0
    seen.page.get_by_role("button", name="Keep my account").click()
    expect(seen.page.get_by_role("status").first).to_contain_text("Taken back")
    with merchant_scope(shop.pk):
        assert sorted(PrivacyRequest.objects.values_list("kind", "state")) == [("erasure", "withdrawn"), ("export", "done")]
