"""The returns desk in a real browser: scan, unpack with a photo, check, and the money, on a desk and on a telephone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import now
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.types import Role
from returns.models import MoneyBack, Return, ReturnPolicy
from returns.services import request_return
from returns.types import Way
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.browser.test_ops import enter
from tests.dashboard.test_returns import jpeg
from tests.factories import place_order, ship
from tests.returns.stage import DAY, SHOPPER, offer_all, wish
from tracking.types import ShipmentStatus

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def shop(server: str) -> tuple[Merchant, User, str]:
    """A return on its way back, one that waits for a decision, and Sabine who works here."""
    at = now()
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        policy: ReturnPolicy = offer_all()
        order = place_order(number="A-1", at=at - 9 * DAY, placed_at=at - 9 * DAY)
        came = at - 5 * DAY
        ship(order, at=came, status=ShipmentStatus.DELIVERED, shipped_at=at - 8 * DAY, delivered_at=came, updated_at=came)
        order.refresh_from_db()
        rma = request_return(order=order, wishes=[wish(order, note="Tight at the shoulders")], way=Way.OWN, at=at - DAY, by=SHOPPER).rma
        policy.rules = [{"id": "look", "name": "Look first", "when": {}, "then": {"review": True}}]
        policy.save()
        request_return(order=order, wishes=[wish(order, "L2", reason="changed_mind")], way=Way.OWN, at=at, by=SHOPPER)
    return merchant, person("sabine@acme.example", merchant, Role.SUPPORT, name="Sabine Albrecht"), rma


def shot(page: Any, name: str) -> None:
    """Kept for people to look at, where they ask for it."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_parcel_is_scanned_unpacked_checked_and_paid(
    server: str, shop: tuple[Merchant, User, str], window: Open, width: int, tmp_path: Path
) -> None:
    merchant, user, rma = shop
    (tmp_path / "found.jpg").write_bytes(jpeg())
    view = window(width=width)
    page = enter(view, server, user, "/ops/returns/")
    expect(page.get_by_role("link", name="Decide", exact=True)).to_be_visible()
    assert view.overflow() == 0
    shot(page, f"queue-{width}")
    page.locator("#scan").fill(rma.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(rma)
    expect(page.get_by_text("Tight at the shoulders")).to_be_visible()
    page.get_by_label("Condition").select_option("opened")
    page.get_by_label("What you found").fill("The box is missing")
    page.get_by_label("Photos").set_input_files(tmp_path / "found.jpg")
    assert view.overflow() == 0
    shot(page, f"unpack-{width}")
    page.get_by_role("button", name="Unpacked").click()
    expect(page.locator(".toast")).to_have_text("Unpacked. It can be checked now.")
    expect(page.get_by_alt_text("Photo of the warehouse 1")).to_be_visible()
    page.get_by_label("Deduct, EUR").fill("4,50")
    page.get_by_label("Why, in words for the shopper").fill("The box is missing")
    assert view.overflow() == 0
    shot(page, f"check-{width}")
    page.get_by_role("button", name="Checked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay €44.50 back the way it was paid?")
    assert view.overflow() == 0
    shot(page, f"sure-{width}")
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator(".toast")).to_have_text("Checked. What is due to the shopper is on its way.")
    page.get_by_label("Number of the payment").fill("R-77")
    page.get_by_role("button", name="Paid by hand").click()
    page.get_by_role("button", name="Yes, it was paid").click()
    expect(page.locator("h1 + p .badge")).to_have_text("Settled")
    assert view.overflow() == 0
    shot(page, f"settled-{width}")
    with merchant_scope(merchant.pk):
        money = MoneyBack.objects.get()
        assert (str(money.amount), money.state, Return.objects.get(rma=rma).state) == ("44.5000", "sent", "resolved")
    for path in ("/ops/returns/?tab=all", "/ops/returns/?tab=overdue", "/ops/returns/figures/"):
        enter(view, server, user, path)
        assert view.overflow() == 0, path
    shot(page, f"figures-{width}")
    assert view.complaints == []
