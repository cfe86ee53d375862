"""A shopper's way through the portal in a real browser, by telephone and at a desk."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import now
from customers.models import SignInRequest
from customers.services import sign_in_secrets
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import create_merchant
from orders.models import Order
from tests.browser.conftest import Window
from tests.factories import EMAIL, incoming_line, place_order, ship
from tracking.types import ShipmentStatus

pytestmark = pytest.mark.browser
Open = Callable[..., Window]


@pytest.fixture
def shop(server: str) -> tuple[Merchant, Order]:
    """Acme on this server, with Sam's order: one parcel delivered, one on its way, one piece to follow."""
    at = now() - timedelta(days=1)
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        type(branding()).objects.update(support_email="care@acme.example", support_phone="030 123456", color="#5b2a4e", font="serif")
        titles = ("Juniper wool coat with a very long name that has to wrap", "Donaudampfschifffahrtsgesellschaftskapitänsmütze", "Scarf")
        lines = tuple(incoming_line(external_id=str(n), title=title) for n, title in enumerate(titles))
        order = place_order(at=at, placed_at=at, lines=lines)
        ship(order, at=at, external_id="S1", lines={"0": 1}, eta=(at + timedelta(days=3)).date())
        ship(order, at=at, external_id="S2", lines={"1": 1}, status=ShipmentStatus.DELIVERED, delivered_at=at, updated_at=at)
    return merchant, order


def code_of(merchant: Merchant) -> str:
    with merchant_scope(merchant.pk):
        return sign_in_secrets(SignInRequest.objects.latest("created_at"))[0]


def sign_in(view: Window, server: str, merchant: Merchant) -> None:
    page = view.page
    page.goto(f"http://acme.{server}/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(code_of(merchant))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"http://acme.{server}/")


@pytest.mark.parametrize("width", [390, 1280])
def test_from_sign_in_to_returns(server: str, shop: tuple[Merchant, Order], window: Open, width: int) -> None:
    view = window(width=width)
    page = view.page
    sign_in(view, server, shop[0])
    assert page.get_by_role("heading", level=1).inner_text() == "All is well"
    page.get_by_role("link", name="Juniper wool coat").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Order 1001"
    for name, heading in (
        ("Shipping", "It comes in 2 parcels, and 1 piece follows"),
        ("Products", "3 products"),
        ("Returns", "You can send"),
    ):
        page.get_by_label("Order 1001").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=2).filter(has_text=heading)).to_be_visible()
        assert view.overflow() == 0
    page.get_by_role("link", name="Write to us").click()
    letter = page.get_by_role("link", name="Write an e-mail").get_attribute("href") or ""
    assert letter.startswith("mailto:care%40acme.example?subject=1001%20")
    assert view.complaints == []


def test_nothing_scrolls_sideways_at_320_pixels_in_any_language(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window(width=320)
    sign_in(view, server, shop[0])
    own = f"/orders/{shop[1].public_id}/"
    paths = ["/", "/orders/?q=zzz", own, f"{own}shipping/", f"{own}products/", f"{own}returns/", f"/track/{shop[1].track_token}/"]
    found = {}
    for language in ("en", "de", "zh-hans", "id", "pt-br"):
        view.page.locator("#language").select_option(language)
        view.page.locator(".language button").click()
        for path in paths:
            view.page.goto(f"http://acme.{server}{path}")
            assert view.page.locator("html").get_attribute("lang") == language
            found[language, path] = view.overflow()
    assert {place: pixels for place, pixels in found.items() if pixels} == {}
    assert view.complaints == []


def test_the_tracking_number_is_copied_and_said(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    view = window()
    view.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=f"http://acme.{server}")
    view.page.goto(f"http://acme.{server}/track/{shop[1].track_token}/")
    view.page.get_by_role("button", name="Copy tracking number of parcel 1").first.click()
    view.page.get_by_text("Tracking number copied").wait_for()
    assert view.page.evaluate("navigator.clipboard.readText()") == "00340434161094042557"


def test_signing_in_works_by_keyboard_alone(server: str, shop: tuple[Merchant, Order], window: Open) -> None:
    page = window().page
    page.goto(f"http://acme.{server}/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.locator("#email").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Enter")
    page.locator("#code:focus").wait_for()  # the page gives its field the focus a moment after it has loaded
    page.keyboard.type(code_of(shop[0]))
    page.keyboard.press("Enter")
    page.wait_for_url(f"http://acme.{server}/")


def contrast(page: Any, one: str, other: str) -> float:
    """WCAG contrast of two custom properties as Chromium computes them."""
    ratio: float = page.evaluate(
        """([one, other]) => {
            const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            const light = (name) => {
                const probe = document.createElement("i");
                probe.className = "sr";
                document.body.append(probe);
                probe.attributeStyleMap.set("color", `var(${name})`);
                canvas.fillStyle = getComputedStyle(probe).color;
                probe.remove();
                canvas.fillRect(0, 0, 1, 1);
                const rgb = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255);
                const [r, g, b] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
            return (bright + 0.05) / (dark + 0.05);
        }""",
        [one, other],
    )
    return ratio


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_whatever_the_brand_colour(server: str, shop: tuple[Merchant, Order], window: Open, scheme: str) -> None:
    view = window(scheme=scheme)
    poor = {}
    for color in ("#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#c6f432", "#5b2a4e", "#777777"):
        with merchant_scope(shop[0].pk):
            type(branding()).objects.update(color=color)
        view.page.goto(f"http://acme.{server}/sign-in/")
        for one, other in (("--on-accent", "--accent"), ("--accent-text", "--canvas"), ("--text-3", "--sunken"), ("--text-2", "--canvas")):
            ratio = contrast(view.page, one, other)
            if ratio < 4.5:
                poor[color, one, other] = round(ratio, 2)
    assert poor == {}
