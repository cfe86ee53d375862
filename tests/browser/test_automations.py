"""The automation editor and the simulator in a real browser: with and without script, narrow and wide."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import now
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.types import Role
from notifications.automations import open_draft, save_draft
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.browser.test_ops import enter
from tests.factories import place_order, ship

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
LIST = "/admin/notifications/automationversion/"
PLAN = f"{LIST}of/dispatch/"


@pytest.fixture
def shop(server: str) -> tuple[Merchant, User]:
    """An order on its way, a draft for it, and Sabine who writes the messages."""
    merchant = create_merchant(slug="acme", name="Acme", at=now(), language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    user = person("sabine@acme.example", merchant, Role.EDITOR, name="Sabine Albrecht")
    with merchant_scope(merchant.pk):
        ship(place_order(number="1001", language="de"))
        save_draft(kind="order_confirmation", definition={"channels": ["email"], "delay_minutes": 120}, by=user, at=now())
    return merchant, user


def definition(merchant: Merchant) -> dict[str, Any]:
    with merchant_scope(merchant.pk):
        draft = open_draft(kind="dispatch")
        assert draft is not None
        found: dict[str, Any] = draft.definition
        return found


@pytest.mark.parametrize("script", [True, False])
def test_a_condition_is_added_and_kept(server: str, shop: tuple[Merchant, User], window: Open, *, script: bool) -> None:
    merchant, user = shop
    view = window(width=1280, script=script)
    page = enter(view, server, user, PLAN)
    page.get_by_role("button", name="SMS first").click()
    expect(page.locator("[name=channels]").first).to_have_value("sms")
    page.get_by_role("button", name="Add a condition").click()
    fact, op, value = (page.locator(f"[id='checks[0].{name}']") for name in ("fact", "op", "value"))
    expect(fact).to_be_visible()
    if script:
        expect(fact).to_be_focused()
    fact.select_option("order.country")
    if not script:
        page.get_by_role("button", name="Show the fields of what was chosen").click()
    expect(op).to_have_value("is")
    value.fill("DE")
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("Draft v1 is saved.")).to_be_visible()
    assert definition(merchant)["channels"] == ["sms", "email"]
    assert definition(merchant)["checks"] == [{"fact": "order.country", "op": "is", "value": "DE"}]
    assert view.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_an_order_is_simulated_and_its_e_mail_shown(server: str, shop: tuple[Merchant, User], window: Open, width: int) -> None:
    view = window(width=width)
    page = enter(view, server, shop[1], f"{LIST}simulator/")
    page.get_by_text("With the drafts").click()
    page.get_by_label("Order: number, e-mail or name").fill("1001")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_role("heading", name="What the drafts change")).to_be_visible()
    mail = page.locator(".played__one", has_text="Order confirmation")
    mail.get_by_text("Show the e-mail").click()
    expect(mail.frame_locator("iframe").locator("body")).to_contain_text("1001")
    page.get_by_text("Why", exact=True).first.click()
    expect(page.get_by_text("The shop sends this message").first).to_be_visible()
    assert view.overflow() == 0
    assert view.complaints == []
