"""The product page in a real browser, and how a merchant fills it in the admin. `SCREENS=/some/folder` keeps pictures of it."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Product, SizeTable
from catalog.selectors import pictures_of, product_with_parts, specs_of, steps_of
from catalog.services import relate_products, upsert_product
from catalog.types import Column, Manual, Picture, Relation, Sizes, Step
from core.clock import now
from customers.services import open_session
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import add_staff, create_merchant
from merchants.types import Role
from orders.models import Order
from tests.browser.conftest import Window
from tests.factories import incoming_line, place_order, ship
from tracking.types import ShipmentStatus

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SCREENS = os.environ.get("SCREENS", "")
PASSWORD = "a long enough password"
ROWS = (("S", "36", "86–90"), ("M", "38", "91–95"), ("L", "40", "96–101"))


@pytest.fixture
def coat(server: str) -> tuple[Merchant, Order]:
    """Acme on this server, with a coat that has everything a product can have, delivered to Sam."""
    at = now()
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        type(branding()).objects.update(support_email="care@acme.example", color="#5b2a4e", font="serif")
        image = f"http://acme.{server}/static/demo/"
        sizes = Sizes("Coats", (Column("Size"), Column("EU"), Column("Chest", "cm")), ROWS, "Measured over the body.")
        facts: dict[str, Any] = {
            "description": "A straight coat of boiled wool, lined to the hem.",
            "specs": {"Material": "80 % wool, 20 % polyamide", "Weight": "1.4 kg", "Lining": "Viscose"},
            "steps": [
                Step("Air it overnight", "Wool cleans itself in damp air."),
                Step("Brush it with the nap", "From the collar down.", f"{image}coat.png"),
            ],
            "pictures": [Picture(f"{image}{name}.png", name) for name in ("coat", "scarf", "knit")],
            "manuals": [Manual("Care booklet", "https://acme.example/care.pdf", "de", 2_400_000)],
            "care": "Steam it rather than iron it.",
            "care_symbols": ["wash_not", "bleach_not", "tumble_not", "iron_low", "clean_dry"],
            "video_url": "https://film.example/coat",
            "video_title": "How to brush a wool coat",
            "warranty_months": 24,
            "warranty_text": "Covers seams, lining and buttons.",
            "size_table": sizes,
            "page_url": "https://acme.example/coat",
        }
        upsert_product(external_id="COAT", title="Juniper wool coat", price=Decimal("289.00"), currency="EUR", stock=3, at=at, **facts)
        upsert_product(external_id="BTN", title="Horn button", sku="BTN", price=Decimal("4.00"), currency="EUR", at=at)
        relate_products(external_id="COAT", related=["BTN"], kind=Relation.SPARE_PART)
        line = incoming_line(title="Juniper wool coat", variant_title="Charcoal, M", product_external_id="COAT", sku="AC-COAT-M")
        order = place_order(at=at, placed_at=at, lines=(line,))
        ship(order, at=at, external_id="S1", lines={line.external_id: 1}, status=ShipmentStatus.DELIVERED, delivered_at=at, updated_at=at)
        return merchant, order


def keep(view: Window, name: str) -> None:
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        view.page.screenshot(path=f"{SCREENS}/{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_the_page_reads_at_every_width_and_switches_its_sizes_without_script(
    server: str, coat: tuple[Merchant, Order], window: Open, width: int, scheme: str
) -> None:
    merchant, order = coat
    with merchant_scope(merchant.pk):
        assert order.customer is not None
        token = open_session(customer=order.customer, user_agent="test", at=now())
        line = order.lines.get().public_id
    view = window(width=width, scheme=scheme, script=False)
    page = view.page
    page.context.add_cookies([{"name": "shopper", "value": token, "domain": f"acme.{server.partition(':')[0]}", "path": "/"}])
    page.goto(f"http://acme.{server}/orders/{order.public_id}/products/")
    page.get_by_role("link", name="Sizes").click()
    page.get_by_role("cell", name="91–95").wait_for()
    assert page.get_by_role("cell", name="35.8–37.4").count() == 0
    page.get_by_text("Inches").click()
    page.get_by_role("cell", name="35.8–37.4").wait_for()
    assert page.get_by_role("cell", name="91–95").count() == 0
    page.get_by_text("months from delivery on").wait_for()
    keep(view, f"product-{width}-{scheme}")
    assert view.overflow() == 0
    assert page.locator(f'a[href*="/products/{line}"]').count() == 0
    assert [text for text in view.complaints if "favicon" not in text] == []


def test_a_merchant_writes_a_guide_and_looks_at_it(server: str, coat: tuple[Merchant, Order], window: Open) -> None:
    merchant, _order = coat
    with merchant_scope(merchant.pk):
        user = User.objects.create_user("owner@acme.example", PASSWORD, name="Olga")
        add_staff(user=user, role=Role.EDITOR, at=now())
        row = Product.objects.get(external_id="COAT")
    view = window(width=1280)
    page = view.page
    page.goto(f"http://{server}/admin/catalog/product/{row.pk}/change/")
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).first.fill("owner@acme.example")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").first.click()
    page.get_by_label("Details").fill("Material: wool\nno colon")
    page.get_by_label("Spare parts").fill("BTN\nNOPE")
    page.locator('[name="_save"], [name="_continue"]').first.click()
    page.get_by_text("Line 2: write a name, a colon and a value.").wait_for()
    page.get_by_text("NOPE is no product on sale.").wait_for()
    keep(view, "admin-errors")
    page.get_by_label("Details").fill("Material: wool")
    page.get_by_label("Spare parts").fill("BTN")
    page.locator("#id_guidestep_set-0-title, [name$='-0-title']").first.fill("Air it for a night")
    page.locator('[name="_continue"]').first.click()
    page.get_by_text("Details, Steps").or_(page.get_by_text("Steps")).first.wait_for()
    keep(view, "admin-saved")
    with merchant_scope(merchant.pk):
        held = product_with_parts(id=row.pk)
        assert held is not None
        assert (specs_of(held), steps_of(held)[0].title, len(steps_of(held))) == ([("Material", "wool")], "Air it for a night", 2)
        assert (held.kept, len(pictures_of(held))) == (["specs", "steps"], 3)
    page.goto(f"http://{server}/admin/catalog/sizetable/{_table(merchant)}/change/")
    keep(view, "admin-sizes")
    page.get_by_label("Table").fill("Size | Chest (cm)\nM | 96 | 1")
    page.locator('[name="_save"]').first.click()
    page.get_by_text("Line 2 has 3 cells; the first line has 2.").wait_for()


def _table(merchant: Merchant) -> int:
    with merchant_scope(merchant.pk):
        return int(SizeTable.objects.get().pk)
