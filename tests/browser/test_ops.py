"""The work list in a real browser: keys, selection, and rows that come anew without taking anything away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from core.clock import now
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.types import Role
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.dashboard.parcels import arrivals, feed, trouble
from tracking.models import Incident
from tracking.services import desk

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
RING = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def shop(server: str) -> tuple[Merchant, User]:
    """Three incidents, a map with colour, and Sabine who works here."""
    merchant = create_merchant(slug="acme", name="Acme", at=now(), language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    for number, rank in enumerate((90, 60, 30)):
        trouble(merchant, f"A-{number}", rank=float(rank), harm=rank)
    arrivals(merchant, 20, late=4)
    feed(merchant)
    return merchant, person("sabine@acme.example", merchant, Role.SUPPORT, name="Sabine Albrecht")


def enter(view: Window, server: str, user: User, path: str) -> Any:
    """The page at the path, as the user."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    view.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"http://{server}"}])
    view.page.goto(f"http://{server}{path}")
    return view.page


def selected(page: Any) -> list[str]:
    rows = "[...document.querySelectorAll('[data-row]')].filter(row => row.querySelector('input')?.checked)"
    found: list[str] = page.evaluate(rows + ".map(row => row.innerText.match(/A-\\d/)[0])")
    return found


def test_keys_move_select_and_open(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = enter(view, server, shop[1], "/ops/incidents/")
    assert page.locator("[data-bulk]").is_hidden()
    for key in "jxjkjx":
        page.keyboard.press(key)
    assert selected(page) == ["A-0", "A-1"]
    assert page.locator("[data-count]").inner_text() == "2"
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "seek"
    page.keyboard.type("xj")
    assert selected(page) == ["A-0", "A-1"]
    page.locator("h1").click()
    page.keyboard.press("o")
    page.wait_for_url("**/ops/incidents/*/")
    assert page.get_by_role("heading", level=1).inner_text() == "A-1, parcel 1"
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("A-2, parcel 1")
    assert view.complaints == []


def test_selected_incidents_are_resolved_from_the_keyboard_and_undone(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    view = window(width=1280)
    page = enter(view, server, shop[1], "/ops/incidents/")
    for key in ("j", "x", "j", "x", "r", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".toast")).to_have_text("2 resolved.")
    expect(page.locator("tbody [data-row]")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tbody [data-row]")).to_have_count(3)
    assert view.complaints == []


def test_new_rows_leave_selection_place_and_open_menu_alone(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    merchant, user = shop
    view = window(width=1280)
    page = enter(view, server, user, "/ops/incidents/")
    for key in ("j", "j", "x", "s"):
        page.keyboard.press(key)
    with merchant_scope(merchant.pk):
        first, second = Incident.objects.order_by("-rank")[:2]
        desk.assign(incident_ids=[second.pk], owner=user, actor=user.email, at=now())
        desk.resolve(incident_ids=[first.pk], resolution="by_hand", actor=user.email, at=now())
    page.evaluate(RING)
    expect(page.locator("tbody [data-row]")).to_have_count(2)
    assert selected(page) == ["A-1"]
    assert page.locator("[data-row][aria-current]").inner_text().count("Sabine Albrecht") == 1
    assert page.get_by_role("button", name="For a week").is_visible()
    with merchant_scope(merchant.pk):
        desk.resolve(incident_ids=[second.pk], resolution="by_hand", actor=user.email, at=now())
    page.evaluate(RING)
    expect(page.locator("[data-live-status]")).to_have_text("1 of the selected are no longer in this list.")
    assert (selected(page), view.complaints) == ([], [])


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_complain_of_nothing(server: str, shop: tuple[Merchant, User], window: Open, width: int, scheme: str) -> None:
    view = window(width=width, scheme=scheme)
    with merchant_scope(shop[0].pk):
        incident = Incident.objects.order_by("-rank")[0].pk
    for path in ("/ops/", "/ops/delays/lanes/", "/ops/delays/parcels/?mark=late", "/ops/delays/feeds/", "/ops/incidents/?view=all",
                 f"/ops/incidents/{incident}/", f"/ops/incidents/ask/?id={incident}"):  # fmt: skip
        enter(view, server, shop[1], path)
        assert view.overflow() == 0, path
    assert view.complaints == []
