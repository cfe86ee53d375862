"""The admin under its policy in a real browser: lists, forms, questions and our own pages work, and nothing of theirs is refused."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from core.clock import now
from merchants.services import create_merchant
from tests.admin.test_access import url
from tests.admin.world import World, build
from tests.browser.conftest import Window
from tests.browser.test_ops import enter

pytestmark = pytest.mark.browser
INLINE = """() => {
    const script = document.createElement("script")
    script.text = "window.ran = 1"
    document.head.append(script)
    return window.ran
}"""
LISTS = ("orders.order", "tracking.incidentrule", "notifications.message", "merchants.membership")
ROWS = ("orders.order", "tracking.incidentrule", "merchants.domain", "support.article")


@pytest.fixture
def world(server: str) -> World:
    return build(create_merchant(slug="acme", name="Acme", at=now(), language="en", country="DE", currency="EUR", timezone="Europe/Berlin"))


def refused(view: Window) -> list[str]:
    return [text for text in view.complaints if "Policy" in text or "Alpine" in text]


def test_the_pages_of_the_admin_run_under_their_policy(server: str, world: World, window: Callable[..., Window]) -> None:
    view = window(width=1280)
    page = enter(view, server, world.owner, url("orders.order", "changelist"))
    pages = ["/admin/", url("merchants.apikey", "add"), url("orders.order", "cancel", world.rows["orders.order"])]
    pages += [url(label, "changelist") for label in LISTS] + [url(label, "change", world.rows[label]) for label in ROWS]
    for path in pages:
        page.goto(f"http://{server}{path}")
        page.wait_for_load_state()
        if page.locator("html[x-data]").count():  # unfold's own page: driven once its script has taken the cloak off, and coloured
            expect(page.locator("html[x-cloak]")).to_have_count(0)
            assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600')"), path
        assert refused(view) == [], path
    assert page.evaluate(INLINE) is None
    assert len(refused(view)) == 1  # an inline script is refused, and the console says so
