"""The ways people take through My Account: signed in, as a guest, as a stranger; by keyboard; without script."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from customers.models import SignInRequest
from customers.services import sign_in_secrets
from orders.models import LookUp, OrderRequest
from orders.services.look_up import look_up_code
from tests.browser.conftest import Window
from tests.browser.gallery import NOW, PICTURES, Gallery, build
from tests.browser.scenes import own

pytestmark = pytest.mark.browser
Open = Callable[..., Window]


@pytest.fixture
def gallery(settings: Any, server: str) -> Iterator[Gallery]:
    settings.STATICFILES_DIRS = [PICTURES]
    with time_machine.travel(NOW, tick=True):
        yield build(server)


def as_lena(view: Window, gallery: Gallery) -> Page:
    cookie = {"name": "shopper", "value": gallery.session("lena"), "url": gallery.host}
    view.page.context.add_cookies([cookie])  # type: ignore[list-item]
    return view.page


def sign_in_code(gallery: Gallery) -> str:
    code: str = gallery.inside(lambda: sign_in_secrets(SignInRequest.objects.latest("created_at"))[0])
    return code


def order_code(gallery: Gallery) -> str:
    code: str = gallery.inside(lambda: look_up_code(LookUp.objects.latest("created_at")))
    return code


@pytest.mark.parametrize("width", [390, 1280])
def test_a_shopper_signs_in_sees_what_needs_a_look_finds_an_order_and_takes_it_back(gallery: Gallery, window: Open, width: int) -> None:
    view = window(width=width)
    page = view.page
    page.goto(f"{gallery.host}/")
    page.get_by_label("E-mail").fill("lena@example.com")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(sign_in_code(gallery))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("5 things need a look")
    for fact in ("Delayed by the weather", "Late: not sent yet", "Ready to collect", "On its way back to us"):
        expect(page.locator(".todo").get_by_text(fact).first).to_be_visible()
    page.get_by_label("Find an item or order number").fill("A-20431")
    expect(page.locator("#found .order")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=A-20431"))
    expect(page.get_by_role("status").filter(has_text="1 order found")).to_have_count(1)
    page.get_by_role("link", name="Birch scarf and 1 more").click()
    page.locator("main").get_by_role("link", name="Cancel").first.click()
    page.locator("main form .btn--primary").first.click()
    expect(page.locator("main")).to_contain_text("Cancellation requested")
    page.goto(f"{gallery.host}/")
    expect(page.locator("main")).to_contain_text("Cancellation requested")
    assert gallery.inside(lambda: OrderRequest.objects.filter(order=gallery.orders["fresh"], state="requested").count()) == 1
    assert view.overflow() == 0
    assert view.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_guest_opens_one_order_by_code_and_keeps_it_in_an_account(gallery: Gallery, window: Open, width: int) -> None:
    view = window(width=width)
    page = view.page
    page.goto(f"{gallery.host}/sign-in/")
    page.get_by_role("link", name="Find an order").first.click()
    page.locator("#number").fill(" #a-20410 ")
    page.locator("#contact").fill("LENA@example.com")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(order_code(gallery))
    page.get_by_role("button", name="Open the order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order A-20410")
    expect(page.get_by_role("link", name="Your order")).to_be_visible()
    refused = page.goto(gallery.host + own(gallery, "late"))
    assert refused is not None
    assert (refused.status, "Juniper" in refused.text()) == (404, False)
    page.goto(f"{gallery.host}/")  # a guest's account is the one order
    expect(page.get_by_role("heading", level=1)).to_have_text("Order A-20410")
    page.goto(f"{gallery.host}/find-order/keep/")
    page.locator("main form .btn--primary").first.click()
    page.wait_for_url(f"{gallery.host}/orders/**")
    expect(page.locator("#found .order").first).to_be_visible()
    assert view.complaints == ["Failed to load resource: the server responded with a status of 404 (Not Found)"] * len(view.complaints)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_stranger_sees_what_the_link_says_and_no_more(gallery: Gallery, window: Open, width: int) -> None:
    page = window(width=width).page
    page.goto(gallery.host + own(gallery, "late"))
    expect(page.get_by_role("heading", level=1)).to_have_text("See your orders")
    seen = {}
    for name in ("view", "view-old", "gift"):
        page.goto(f"{gallery.host}/{name.partition('-')[0]}/{gallery.tokens[name]}/")
        seen[name] = page.locator("body").inner_text()
    for text in seen.values():
        assert not [secret for secret in ("Torstraße", "lena@example.com", "15123456789") if secret in text]
    assert "€139.00" in seen["view"] and "€" not in seen["view-old"] + seen["gift"]
    assert "Wide-leg trousers" in seen["view"] and "Wide-leg trousers" not in seen["view-old"] + seen["gift"]


def test_the_keyboard_reaches_everything_in_its_order_and_shows_where_it_is(gallery: Gallery, window: Open) -> None:
    page = as_lena(window(width=1280), gallery)
    page.goto(f"{gallery.host}/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text().startswith("Follow parcel")
    page.goto(f"{gallery.host}/")
    reached, unseen = 0, []
    for _ in range(90):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None:
            break
        reached += 1
        unseen += [found["what"]] if not found["seen"] else []
    assert unseen == []
    assert reached == page.locator(FOCUSABLE).count()


FOCUSABLE = "a[href]:visible, button:visible, input:visible:not([type=hidden]), select:visible, summary:visible, textarea:visible"
# The element with the focus: has it a ring, and does it lie on the screen?
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const on = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return { what: e.outerHTML.slice(0, 120), seen: ring && on };
}"""


def test_the_account_menu_opens_and_closes_by_keyboard_and_without_script(gallery: Gallery, window: Open) -> None:
    for script in (True, False):
        page = as_lena(window(script=script), gallery)
        page.goto(f"{gallery.host}/orders/")
        page.get_by_role("button", name="My account").focus()
        page.keyboard.press("Enter")
        menu = page.locator("#account-menu")
        expect(menu).to_be_visible()
        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        assert page.locator(":focus").get_attribute("aria-label") == "My account"
        page.keyboard.press("Enter")
        menu.get_by_role("link", name="Messages we sent you").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Messages we sent you")


def test_search_and_filter_work_without_script(gallery: Gallery, window: Open) -> None:
    page = as_lena(window(script=False), gallery)
    page.goto(f"{gallery.host}/orders/")
    page.get_by_label("Which orders").select_option("ended")
    page.get_by_role("button", name="Search").click()
    assert page.locator("#found .order").count() == 1
    expect(page.locator("#found")).to_contain_text("Cancelled and refunded")


def test_a_late_answer_of_the_list_never_replaces_a_newer_one_and_back_shows_what_was_searched(gallery: Gallery, window: Open) -> None:
    view = window()
    page = as_lena(view, gallery)
    page.goto(f"{gallery.host}/orders/")
    page.get_by_label("Which orders").select_option("arrived")
    expect(page).to_have_url(re.compile(r"show=arrived"))
    expect(page.locator("#found .order")).to_have_count(10)
    page.get_by_label("Which orders").select_option("ended")
    expect(page.locator("#found")).to_contain_text("Cancelled and refunded")
    page.go_back()
    expect(page.locator("#found")).to_contain_text("Delivered")
    kept = page.evaluate("[...Object.entries(localStorage), ...Object.entries(sessionStorage)]")
    assert [name for name, _ in kept] == ["htmx-current-path-for-history"]  # the address, and nothing of the list
    assert view.complaints == []
