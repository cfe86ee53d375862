"""Journeys in a real browser: a return with a photo as a guest, an exchange, a claim after the delivery, a withdrawal in two steps."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from orders.services.look_up import open_guest
from returns.models import CasePhoto, Claim, Exchange, Return, Withdrawal
from tests.browser.conftest import Window
from tests.browser.gallery import NOW, PICTURES, Gallery, build

pytestmark = pytest.mark.browser
Open = Callable[..., Window]


@pytest.fixture
def gallery(settings: Any, server: str) -> Iterator[Gallery]:
    """The shop of `gallery.py` on this server, on its Tuesday."""
    settings.STATICFILES_DIRS = [PICTURES]
    with time_machine.travel(NOW, tick=True):
        yield build(server)


def photo() -> FilePayload:
    out = BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(out, "JPEG", quality=95)
    return {"name": "boots.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def guest(gallery: Gallery, view: Window, name: str) -> Page:
    """A browser that proved by a code that it may see one order."""
    token = gallery.inside(open_guest, order_id=gallery.orders[name].pk, channel="email", at=NOW)
    view.page.context.add_cookies([{"name": "guest", "value": token, "url": gallery.host}])
    return view.page


def lena(gallery: Gallery, view: Window) -> Page:
    view.page.context.add_cookies([{"name": "shopper", "value": gallery.session("lena"), "url": gallery.host}])
    return view.page


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def begin(page: Page, gallery: Gallery, name: str, reason: str) -> None:
    """From the order's returns to the outcomes of its first article."""
    page.goto(f"{gallery.host}/orders/{gallery.orders[name].public_id}/returns/")
    page.get_by_role("link", name="Send something back").click()
    page.locator("main [name=line]").first.check()
    press(page, "Continue")
    page.get_by_label(reason, exact=True).first.check()
    press(page, "Continue")


@pytest.mark.parametrize("script", [True, False])
def test_a_guest_sends_something_back_with_a_photo(gallery: Gallery, window: Open, script: bool) -> None:
    view = window(script=script)
    page = guest(gallery, view, "came")
    begin(page, gallery, "came", "It came damaged")
    page.get_by_role("radio", name="Money back").check()
    page.get_by_label("Photos (optional)").set_input_files([photo()])
    if script:
        expect(page.locator("input[type=hidden][name^=sent_photos]")).to_have_count(1)
    press(page, "Continue to hand-over")
    page.get_by_role("radio", name="With a code").check()
    press(page, "Continue to check")
    assert page.get_by_role("heading", level=1).inner_text() == "Is everything right?"
    assert view.overflow() == 0
    press(page, "Send it in")
    expect(page.get_by_role("heading", name="We have your return")).to_be_visible()
    row = gallery.inside(lambda: Return.objects.get(order=gallery.orders["came"]))
    expect(page.get_by_text(row.rma).first).to_be_visible()
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    assert page.get_by_role("img", name="Photo 1").evaluate("img => img.naturalWidth") == 900
    assert gallery.inside(lambda: CasePhoto.objects.filter(line__case=row).count()) == 1
    assert (row.origin, view.overflow(), view.complaints) == ("guest", 0, [])


def test_an_exchange_is_held_and_the_whole_way_works_by_keyboard(gallery: Gallery, window: Open) -> None:
    view = window(width=1280)
    page = lena(gallery, view)
    begin(page, gallery, "came", "Too small")
    page.locator("main [type=radio][value^='exchange']").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Continue to hand-over").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_role("radio", name="At our shop").focus()
    page.keyboard.press("Space")
    press(page, "Continue to check")
    press(page, "Send it in")
    expect(page.get_by_role("heading", name="What you get instead")).to_be_visible()
    expect(page.get_by_text("Held for you", exact=True)).to_be_visible()
    case = gallery.inside(lambda: Return.objects.get(order=gallery.orders["came"]))
    assert gallery.inside(lambda: Exchange.objects.get(line__case=case).state) == "reserved"
    assert view.complaints == []


def test_a_claim_begins_with_the_question_after_the_delivery(gallery: Gallery, window: Open) -> None:
    view = window()
    page = lena(gallery, view)
    page.goto(f"{gallery.host}/orders/{gallery.orders['came'].public_id}/shipping/")
    page.get_by_role("link", name="Did everything arrive well?").click()
    page.get_by_role("radio", name="Something is missing").check()
    press(page, "Continue")
    assert page.get_by_role("radio", name="Something is missing").is_checked()
    page.get_by_label("Merino socks").check()
    page.get_by_label("What happened?").fill("Only two of three pairs.")
    page.get_by_role("radio", name="The same again").check()
    press(page, "Send it in")
    expect(page.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    row = gallery.inside(lambda: Claim.objects.get(order=gallery.orders["came"]))
    assert (row.problem, row.note, row.wanted) == ("missing", "Only two of three pairs.", "replacement")
    assert (view.overflow(), view.complaints) == (0, [])


def test_a_withdrawal_takes_two_steps_and_leaves_a_receipt(gallery: Gallery, window: Open) -> None:
    view = window(script=False)
    page = view.page
    page.goto(f"{gallery.host}/policies/returns/")
    page.get_by_role("link", name="Withdraw from a contract").click()
    page.get_by_label("Your name").fill("Lena Hoffmann")
    page.get_by_label("Order number").fill("A-20350")
    page.get_by_label("E-mail for the receipt").fill("lena@example.com")
    before = gallery.inside(Withdrawal.objects.count)
    press(page, "Continue")
    assert gallery.inside(Withdrawal.objects.count) == before
    press(page, "Confirm withdrawal")
    assert page.get_by_role("heading", level=1).inner_text() == "Your withdrawal has been received"
    row = gallery.inside(lambda: Withdrawal.objects.order_by("-pk").first())
    assert row.order_id == gallery.orders["came"].pk
    with page.expect_download() as told:
        page.get_by_role("link", name="Download the receipt").click()
    assert Path(told.value.path()).read_text(encoding="utf-8") == row.receipt
    assert (view.overflow(), view.complaints) == (0, [])
