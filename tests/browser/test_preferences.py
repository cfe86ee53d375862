"""The preference page, one-click unsubscribe and the sent messages in a real browser, with script and without, by mouse and by keyboard."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.clock import now
from customers.models import Consent, Customer
from customers.selectors import preferences_of
from customers.services import preference_token, record_consent, unsubscribe_token
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from notifications.models import Message, MessageContent
from notifications.types import Kind, MessageState
from orders.models import Order
from tests.browser.conftest import Window
from tests.browser.test_shopper import sign_in
from tests.factories import EMAIL, place_order

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
LETTER = """<html><head><title>x</title></head><body style="font-family: sans-serif">
<h1>Thank you, Sam</h1><p>Order 1001 is confirmed.</p><script>document.title = "broken out"; top.location = "https://evil.example/"</script>
<a href="https://shop.example/">To the shop</a></body></html>"""


@pytest.fixture
def shop(server: str) -> tuple[Merchant, Order]:
    """Acme on this server; Sam ordered, agreed to offers by e-mail, and was written to twice."""
    at = now() - timedelta(days=1)
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        order = place_order(at=at, placed_at=at)
        assert order.customer is not None
        record_consent(customer=order.customer, channel="email", is_granted=True, source="checkout", wording="Send me news.", at=at)
        for number, (kind, state, reason) in enumerate(
            ((Kind.ORDER_CONFIRMATION, MessageState.DELIVERED, ""), (Kind.ADDITIONS, MessageState.SUPPRESSED, "paused"))
        ):
            row = Message.objects.create(
                kind=kind,
                channel="email",
                state=state,
                reason=reason,
                dedupe_key=f"made-{number}",
                order=order,
                customer=order.customer,
                recipient=EMAIL,
                language="en",
                decided_at=at + timedelta(minutes=number),
                sent_at=at if state == MessageState.DELIVERED else None,
                due_at=at,
                topic="orders" if number == 0 else "offers",
            )
            if state == MessageState.DELIVERED:
                MessageContent.objects.create(message=row, subject="Your order 1001 is confirmed", text="Thank you", html=LETTER)
    return merchant, order


def links(shop: tuple[Merchant, Order]) -> tuple[str, str]:
    with merchant_scope(shop[0].pk):
        person = Customer.objects.get()
        token = unsubscribe_token(customer=person, topic="offers", channel="email")
        return f"/preferences/{preference_token(customer=person)}/", f"/unsubscribe/{token}/"


def wanted(shop: tuple[Merchant, Order]) -> set[tuple[str, str]]:
    with merchant_scope(shop[0].pk):
        return set(preferences_of(Customer.objects.get(), now=now()).wanted)


PARCELS = {("parcels", "email"), ("parcels", "sms")}
OFFERED = PARCELS | {(topic, "email") for topic in ("offers", "reviews", "care")}


@pytest.mark.parametrize("script", [True, False])
def test_choices_are_saved_and_undone(server: str, shop: tuple[Merchant, Order], window: Open, script: bool) -> None:
    view = window(script=script)
    page = view.page
    page.goto(f"http://acme.{server}{links(shop)[0]}")
    assert page.get_by_role("heading", level=1).inner_text() == "What we send you"
    assert page.locator("main").get_by_text("s•••@example.com").is_visible()
    page.get_by_role("group", name="Offers").get_by_label("By e-mail").uncheck()
    page.get_by_label("Only the important").check()
    page.get_by_label("For a week").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Saved").wait_for()
    assert wanted(shop) == OFFERED - {("offers", "email")}
    assert page.get_by_label("Only the important").is_checked()
    assert page.get_by_label("Stay paused until").is_checked()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Only the important")).not_to_be_checked()
    assert wanted(shop) == OFFERED
    assert view.complaints == []


def test_a_wrong_day_is_told_beside_its_field(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window()
    page = view.page
    page.goto(f"http://acme.{server}{links(shop)[0]}")
    page.locator("#until").fill("2030-01-01")
    page.get_by_label("For a week").check()
    assert page.locator("#until").input_value() == ""
    page.locator("#until").fill("2020-01-01")
    assert page.get_by_label("Until a day").is_checked()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Choose a day from tomorrow on").wait_for()
    assert page.locator("#until").get_attribute("aria-invalid") == "true"
    assert page.locator("#until").input_value() == "2020-01-01"
    assert wanted(shop) == OFFERED


def test_a_mail_programs_one_click_stops_it_and_the_page_undoes_it(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window()
    page, (_, stop) = view.page, links(shop)
    port = server.rpartition(":")[2]
    for _ in range(2):  # raw HTTP, as a mail program asks: no cookie, no script
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{stop}", data=b"List-Unsubscribe=One-Click", headers={"Host": f"acme.{server}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert (answer.status, answer.read(), answer.url) == (200, b"Unsubscribed.", f"http://127.0.0.1:{port}{stop}")
    assert wanted(shop) == PARCELS
    page.goto(f"http://acme.{server}{stop}")
    page.get_by_role("heading", name="“Offers” is off").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Stop “Offers”?").wait_for()
    assert wanted(shop) == OFFERED
    page.get_by_role("button", name="Stop these messages").click()
    page.get_by_role("heading", name="“Offers” is off").wait_for()
    page.get_by_role("link", name="Choose what else we send you").click()
    page.get_by_role("heading", name="What we send you").wait_for()
    assert not page.get_by_role("group", name="Offers").get_by_label("By e-mail").is_checked()
    with merchant_scope(shop[0].pk):
        told = Consent.objects.order_by("at", "pk").values_list("is_granted", "source")
        assert list(told)[1:] == [
            (False, "unsubscribe, one click"),
            (True, "unsubscribe, undone"),
            (False, "unsubscribe"),
        ]
    assert view.complaints == []


def test_it_works_by_keyboard_alone(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    page = window().page
    page.goto(f"http://acme.{server}{links(shop)[0]}")
    page.get_by_role("group", name="Offers").get_by_label("By e-mail").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Saved").wait_for()
    assert wanted(shop) == OFFERED - {("offers", "email")}


def test_a_sent_message_is_read_in_a_frame_that_runs_nothing(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window(width=1280)
    page = view.page
    sign_in(view, server, shop[0])
    page.get_by_role("link", name="Messages we sent you").click()
    page.get_by_text("You paused our messages.").wait_for()
    page.get_by_role("link", name="Order confirmation").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Thank you, Sam").wait_for()
    assert frame.get_by_role("link", name="To the shop").get_attribute("target") is None  # the base says where it opens
    assert page.url.startswith(f"http://acme.{server}/messages/")
    assert "broken out" not in page.title()
    assert [text for text in view.complaints if "Blocked script execution" not in text] == []


def test_nothing_scrolls_sideways_at_320_pixels_in_any_language(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window(width=320)
    sign_in(view, server, shop[0])
    with merchant_scope(shop[0].pk):
        token = Message.objects.get(kind=Kind.ORDER_CONFIRMATION).token
    found = {}
    for language in ("en", "de", "zh-hans", "id", "pt-br"):
        view.page.locator("#language").select_option(language)
        view.page.locator(".language button").click()
        for path in ("/preferences/", *links(shop), "/messages/", f"/messages/{token}/"):
            view.page.goto(f"http://acme.{server}{path}")
            assert view.page.locator("html").get_attribute("lang") == language
            found[language, path] = view.overflow()
    assert {place: pixels for place, pixels in found.items() if pixels} == {}
