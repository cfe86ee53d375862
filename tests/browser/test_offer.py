"""Something more in the parcel, pressed in a real browser without script. `SCREENS=/some/folder` keeps pictures of it."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.services import relate_products, upsert_product
from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import create_merchant
from orders.models import Addition, Order
from orders.selectors import offer_token
from orders.services import cancel_order, confirm_addition
from tests.browser.conftest import Window
from tests.factories import incoming_line, place_order

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SCREENS = os.environ.get("SCREENS", "")


@pytest.fixture
def offer(server: str) -> tuple[Merchant, Order, str]:
    """Acme on this server, and the address at which more goes into Sam's parcel."""
    at = now()
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        type(branding()).objects.update(support_email="care@acme.example", color="#5b2a4e", font="serif")
        sold: dict[str, Any] = {"at": at, "currency": "EUR", "stock": 5}
        upsert_product(external_id="SHIRT", title="Linen shirt", at=at)
        upsert_product(external_id="CAP", title="Donaudampfschifffahrtsgesellschaftskapitänsmütze", price=Decimal("129.00"), **sold)
        upsert_product(external_id="WALLET", title="Leather wallet", variant_title="Cognac", price=Decimal("39.00"), **sold)
        upsert_product(external_id="KEY", title="Key ring", price=Decimal("12.50"), **sold)
        relate_products(external_id="SHIRT", related=["WALLET", "CAP", "KEY"])
        order = place_order(at=at, placed_at=at, lines=(incoming_line(product_external_id="SHIRT"),))
        return merchant, order, f"http://acme.{server}/offer/{offer_token(order)}/"


def keep(view: Window, name: str) -> None:
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        view.page.screenshot(path=f"{SCREENS}/{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_an_item_is_added_without_script(offer: tuple[Merchant, Order, str], window: Open, width: int, scheme: str) -> None:
    merchant, order, address = offer
    view = window(width=width, scheme=scheme, script=False)
    page = view.page
    page.goto(address)
    keep(view, f"offer-{width}-{scheme}")
    assert view.overflow() == 0
    page.get_by_role("button", name="Add to my parcel: Leather wallet").click()
    page.get_by_role("heading", name="Asked for in the same parcel").wait_for()
    assert page.get_by_role("button", name="Add to my parcel").count() == 2
    with merchant_scope(merchant.pk):
        confirm_addition(addition=Addition.objects.get(), at=now())
    page.get_by_role("button", name="Add to my parcel: Key ring").click()
    page.get_by_text("Key ring").wait_for()
    page.get_by_text("In your order").wait_for()
    keep(view, f"offer-asked-{width}-{scheme}")
    with merchant_scope(merchant.pk):
        cancel_order(order=order, reason="x", at=now())
    page.get_by_role("button", name="Add to my parcel").click()
    page.get_by_role("heading", name="This offer is closed").wait_for()
    keep(view, f"offer-closed-{width}-{scheme}")
    assert view.overflow() == 0
    assert [text for text in view.complaints if "409" not in text] == []
