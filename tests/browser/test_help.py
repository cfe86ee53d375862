"""From the order's page to its answer, and from there to a person, in a real browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.clock import now
from customers.services import open_session
from merchants.models import Branding
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from support.models import DayCount, Verdict
from tests.browser.conftest import Window
from tests.factories import place_order
from tests.portal.world import snowed_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "script"), [(390, False), (1280, True)])
def test_a_late_parcel_leads_to_its_answer_and_to_a_person(server: str, window: Callable[..., Window], width: int, script: bool) -> None:
    at = now()
    acme = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(acme.pk):
        Branding.objects.update(support_email="care@acme.example")
        order = place_order(at=at - timedelta(days=3), placed_at=at - timedelta(days=3))
        snowed_in(order, now=at)
        assert order.customer is not None
        token = open_session(customer=order.customer, user_agent="x", at=at)
    view = window(width=width, script=script)
    page, host = view.page, f"http://acme.{server}"
    page.context.set_extra_http_headers({"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    page.context.add_cookies([{"name": "shopper", "value": token, "url": f"{host}/"}])
    page.goto(f"{host}/orders/{order.public_id}/shipping/")
    page.locator("summary", has_text="My parcel is late. What happens now?").click()
    page.get_by_role("link", name=re.compile(r"Read more\W+My parcel is late")).click()
    assert page.get_by_role("heading", level=1).inner_text() == "My parcel is late. What happens now?"
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("What was missing?").fill("The new day")
    page.get_by_role("button", name="Tell us").click()
    page.get_by_role("heading", name="Thank you. We read this.").wait_for()
    page.get_by_role("link", name="Ask a person").click()
    letter = page.get_by_role("link", name="Write an e-mail").get_attribute("href") or ""
    assert letter.startswith("mailto:care%40acme.example?subject=1001%20")
    assert (view.overflow(), view.complaints) == (0, [])
    with merchant_scope(acme.pk):
        assert list(Verdict.objects.values_list("slug", "stage", "missing")) == [("parcel-is-late", "late", "The new day")]
        rows = DayCount.objects.order_by("slug").values_list("slug", "stage", "reads", "unhelpful", "contacts")
        assert list(rows) == [("", "late", 1, 0, 0), ("parcel-is-late", "late", 1, 1, 1)]
