"""The template studio in a real browser: written, seen live, checked, mended, saved, put out, taken back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Dialog, expect

from core.clock import now
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.types import Role
from notifications import versions
from notifications.admin.slots import Slot
from notifications.models import TestAddress
from notifications.studio.types import Editing
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.browser.test_ops import enter
from tests.factories import place_order, ship

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
GERMAN = Slot("order_confirmation", "email", "de", "plain")
SMS = Slot("dispatch", "sms", "de")
SOURCE = "Paket zu {{ order.number }} ist unterwegs: {{ links.short }}"


@pytest.fixture
def shop(server: str) -> tuple[Merchant, User]:
    """Two orders, one of them sent, and Sabine who writes the messages."""
    cache.clear()
    merchant = create_merchant(slug="acme", name="Acme", at=now(), language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        ship(place_order(number="1001", language="de"))
        place_order(number="1002", language="de", email="mia@example.com", phone="", first_name="Mia", last_name="Vogel")
    return merchant, person("sabine@acme.example", merchant, Role.EDITOR, name="Sabine Albrecht")


def open_studio(view: Window, server: str, user: User, slot: Slot = GERMAN, query: str = "") -> Any:
    return enter(view, server, user, slot.url() + query)


def mail(page: Any) -> Any:
    return page.frame_locator("[data-frame]")


def in_force(merchant: Merchant, slot: Slot) -> tuple[int, str] | None:
    with merchant_scope(merchant.pk):
        row = versions.published(**slot.named)
        return (row.number, row.source) if row else None


def test_the_german_confirmation_is_written_seen_mended_published_and_taken_back(
    server: str, shop: tuple[Merchant, User], window: Open
) -> None:
    merchant, user = shop
    view = window(width=1280)
    page = open_studio(view, server, user)
    expect(mail(page).locator("h1")).to_be_visible()
    # One writes in a block, and the mail follows without the caret leaving.
    page.locator(".block", has_text="Opening").get_by_role("link").click()
    field = page.locator("[data-settings-of]:visible textarea").first
    field.fill("Danke, {{ customer.first_name }}! Schön, dass du da bist")
    expect(mail(page).get_by_text("Schön, dass du da bist")).to_be_visible()
    expect(field).to_be_focused()
    expect(page.locator("[data-dirty]")).to_have_text(", not saved")
    # A variable that is none is told with its line, and holds up publishing.
    field.fill("Danke,\n{{ customer.frst_name }}! Schön, dass du da bist")
    error = page.locator("[data-lint] li[data-severity=error]", has_text="customer.frst_name")
    expect(error).to_contain_text("line 2")
    expect(page.locator("[data-blocked-text]")).to_have_text("1 error to fix")
    publish = page.locator("[data-publish]")
    expect(publish).to_have_attribute("aria-disabled", "true")
    page.locator("#subject").focus()
    error.get_by_role("button", name="line 2").click()
    expect(field).to_be_focused()
    assert page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart)").startswith("{{ customer.frst_name }}")
    error.get_by_role("button", name="Use customer.first_name").click()
    expect(field).to_have_value("Danke,\n{{ customer.first_name }}! Schön, dass du da bist")
    expect(error).to_have_count(0)
    expect(publish).not_to_have_attribute("aria-disabled", "true")
    # Saved by the keyboard, in place.
    page.get_by_label("What changed, for the history").fill("Warmer opening")
    page.keyboard.press("Control+s")
    expect(page.locator("p.toast")).to_have_text("Draft v1 is saved.")
    expect(page.locator("[data-dirty]")).to_be_hidden()
    assert in_force(merchant, GERMAN) is None
    publish.click()
    expect(page.locator("p.toast")).to_have_text("v1 goes out from the next message on.")
    expect(page.locator(".versions dl")).to_contain_text("v1, since")
    found = in_force(merchant, GERMAN)
    assert found is not None and found[0] == 1 and "Schön, dass du da bist" in found[1]
    # And back to the shipped words.
    page.get_by_text("Use the shipped wording").first.click()
    page.get_by_role("button", name="Use the shipped wording").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    assert in_force(merchant, GERMAN) is None
    page.get_by_role("link", name="Roll back to this").click()
    page.get_by_role("button", name="Roll back").click()
    expect(page.locator("p.toast")).to_have_text("This version goes out again.")
    assert in_force(merchant, GERMAN) == found
    assert view.complaints == []


def test_blocks_are_moved_added_and_removed_from_the_keyboard(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = open_studio(view, server, shop[1])
    blocks = page.locator(".block")
    ids = blocks.evaluate_all("rows => rows.map(row => row.dataset.block)")
    blocks.nth(1).get_by_role("link").focus()
    page.keyboard.press("Alt+ArrowDown")
    assert blocks.evaluate_all("rows => rows.map(row => row.dataset.block)")[1:3] == [ids[2], ids[1]]
    expect(blocks.nth(2).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(blocks.nth(1).get_by_role("link")).to_be_focused()
    page.get_by_label("Block to add").select_option("text")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(blocks).to_have_count(len(ids) + 1)
    page.locator("[data-settings-of]:visible textarea").fill("Ein neuer **Absatz** für {{ order.number }}")
    expect(mail(page).locator("strong", has_text="Absatz")).to_be_visible()
    page.locator("[aria-current]").locator("xpath=..").get_by_role("button", name="Remove Text").click()
    expect(blocks).to_have_count(len(ids))
    expect(mail(page).locator("strong", has_text="Absatz")).to_have_count(0)
    assert view.complaints == []


def test_the_preview_takes_the_order_the_screen_and_the_light_one_chooses(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1440, scheme="dark")
    page = open_studio(view, server, shop[1])
    order = page.get_by_label("Shown with")
    order.fill("1001")
    order.press("Enter")
    expect(mail(page).get_by_text("1001").first).to_be_visible()
    order.fill("Vogel")
    order.press("Enter")
    expect(mail(page).get_by_text("1002").first).to_be_visible()
    expect(page.locator("[data-palette] thead")).to_contain_text("For 1002")
    body = mail(page).locator("body")
    day = body.evaluate("body => getComputedStyle(body).backgroundColor")
    page.get_by_text("Dark", exact=True).click()
    expect(body).not_to_have_css("background-color", day)
    page.get_by_text("Phone", exact=True).click()
    expect(page.locator("[data-frame]")).to_have_css("width", "390px")
    page.get_by_text("Plain text", exact=True).click()
    expect(page.locator(".paper")).to_contain_text("1002")
    expect(page.locator("[data-frame]")).to_be_hidden()
    order.fill("9999")
    order.press("Enter")
    expect(page.locator("[data-needs-text]")).to_have_text("No order of yours has this number or name.")
    assert [text for text in view.complaints if "404" not in text] == []


def test_a_source_shows_its_lines_and_takes_variables_at_the_caret(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = open_studio(view, server, shop[1])
    page.get_by_text("Write the source by hand").click()
    page.get_by_role("button", name="Turn into source").click()
    source = page.locator("#source")
    expect(source).to_be_visible()
    assert page.locator("[data-part=html] [data-lines] span").count() == source.input_value().count("\n") + 1
    line = source.input_value().split("\n").index(next(text for text in source.input_value().split("\n") if "<h1" in text)) + 1
    source.evaluate("(field, at) => { field.focus(); field.setSelectionRange(at, at); }", source.input_value().index("<h1"))
    page.get_by_label("Find a variable").fill("order.number")
    page.locator("[data-insert]:visible", has_text="order.number").first.click()
    assert "{{ order.number }}<h1" in source.input_value()
    source.evaluate("(field, at) => { field.focus(); field.setSelectionRange(at, at); }", source.input_value().index("<h1"))
    page.keyboard.type("{{ order.nmber }}")
    marked = page.locator("[data-part=html] [data-lines] [data-tone=bad]")
    expect(marked).to_have_text(str(line))
    page.get_by_role("button", name=f"Source, line {line}").first.click()
    expect(source).to_be_focused()
    assert view.complaints == []


def test_an_sms_shows_its_bubble_and_size_while_one_writes(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = open_studio(view, server, shop[1], SMS)
    page.locator("#source").fill(SOURCE)
    expect(page.locator("[data-sms]")).to_contain_text("Paket zu 1001 ist unterwegs")
    expect(page.locator(".counts")).to_contain_text("GSM-7")
    page.locator("#source").fill(SOURCE + " 谢谢")
    expect(page.locator(".counts")).to_contain_text("UCS-2")
    assert view.complaints == []


def test_nothing_unsaved_is_left_without_asking(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = open_studio(view, server, shop[1], SMS)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.locator("#source").press_sequentially("x")
    expect(page.locator("[data-dirty]")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.locator("#source")).to_be_visible()
    assert asked == ["beforeunload"]
    page.keyboard.press("Control+s")
    expect(page.locator("p.toast")).to_have_text("Draft v1 is saved.")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    assert asked == ["beforeunload"]


def test_somebody_elses_save_is_shown_beside_mine(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    merchant, user = shop
    ben = person("ben@acme.example", merchant, Role.EDITOR, name="Ben Ode")
    with merchant_scope(merchant.pk):
        row = versions.save_draft(draft=replace(SMS.empty, source=SOURCE), editing=Editing(), by=user, at=now())
    view = window(width=1280)
    page = open_studio(view, server, user, SMS)
    with merchant_scope(merchant.pk):
        versions.save_draft(draft=replace(SMS.empty, source="Ben: " + SOURCE), editing=Editing(row.pk, 1), by=ben, at=now())
    page.locator("#source").fill("Sabine: " + SOURCE)
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("Ben Ode saved this draft")
    expect(page.locator(".diff")).to_contain_text("Ben: Paket zu")
    expect(page.locator(".diff")).to_contain_text("Sabine: Paket zu")
    page.get_by_role("button", name="Save mine over theirs").click()
    expect(page.locator("p.toast")).to_have_text("Draft v1 is saved.")
    with merchant_scope(merchant.pk):
        assert versions.draft_of(versions.version_by_id(row.pk)).source == "Sabine: " + SOURCE


def test_without_script_one_refreshes_moves_and_saves(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280, script=False)
    page = open_studio(view, server, shop[1])
    page.locator("#subject").fill("Neuer Betreff {{ order.number }}")
    page.get_by_role("button", name="Refresh preview").click()
    expect(page.locator("[data-subject]")).to_contain_text("Neuer Betreff 100")
    expect(mail(page).locator("h1")).to_be_visible()
    page.get_by_role("button", name="Move Stages up").click()
    expect(page.locator(".block").nth(1)).to_contain_text("Stages")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("p.toast")).to_have_text("Draft v1 is saved.")
    assert view.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_studio_pages_fit_and_complain_of_nothing(server: str, shop: tuple[Merchant, User], window: Open, width: int, scheme: str) -> None:
    merchant, user = shop
    with merchant_scope(merchant.pk):
        row = versions.save_draft(draft=replace(SMS.empty, source=SOURCE), editing=Editing(), by=user, at=now())
        TestAddress.objects.create(user=user, channel="email", address="sabine@acme.example", nonce="n", asked_at=now(), verified_at=now())
    view = window(width=width, scheme=scheme)
    for path in ("/admin/notifications/templateversion/", GERMAN.url(), SMS.url(), SMS.url("past"), SMS.url("compare"),
                 f"/admin/notifications/templateversion/{row.pk}/publish"):  # fmt: skip
        page = enter(view, server, user, path)
        expect(page.locator("h1")).to_be_visible()
        assert view.overflow() == 0, path
    assert view.complaints == []
