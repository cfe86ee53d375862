"""The page of one product: what was sold, what helps to use it, and until when it is covered."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product, SizeTable
from catalog.services import delete_product, relate_products, upsert_product, write_product
from catalog.tokens import preview_token
from catalog.types import Column, Manual, Picture, Relation, Sizes, Step
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from portal.rules.warranties import Arrived, Since, Warranty, warranty_of
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tracking.types import ShipmentStatus

Run = Callable[..., Any]
DAY = timedelta(days=1)
TABLE = Sizes("Coats", (Column("Size"), Column("Chest", "cm")), (("M", "96–101"), ("L", "loose")), "Over the body.")
GUIDE: dict[str, Any] = {
    "description": "Warm and plain.",
    "specs": {"Weight": "1 kg", "Fabric": "Wool"},
    "guide": "Air it.",
    "steps": [Step("Hang it up", "On a wide hanger.")],
    "pictures": [Picture("https://x.example/front.jpg", "The front"), Picture("https://x.example/red.jpg", "Red", "Red")],
    "manuals": [Manual("Booklet", "https://x.example/b.pdf", "de", 2_400_000)],
    "care": "Brush it.",
    "care_symbols": ["wash_not", "clean_dry"],
    "video_url": "https://www.film.example/coat",
    "warranty_months": 24,
    "warranty_text": "Seams and buttons.",
    "size_table": TABLE,
    "price": Decimal("299.00"),
    "currency": "EUR",
    "stock": 0,
    "page_url": "https://x.example/coat",
}


def coat(**over: Any) -> Product:
    return upsert_product(**{"external_id": "P1", "title": "Coat", "at": NOW - 30 * DAY, **GUIDE, **over})


def bought(number: str = "1008", **over: Any) -> Order:
    line = incoming_line(**{"title": "Coat as sold", "product_external_id": "P1", "variant_title": "Red / M", "sku": "C-1", **over})
    order: Order = place_order(number=number, lines=(line,), placed_at=NOW)
    return order


@pytest.fixture
def path(in_scope: Run) -> str:
    """Sam's coat."""
    in_scope(coat)
    return address(in_scope, in_scope(bought))


def address(in_scope: Run, order: Order) -> str:
    return f"/orders/{order.public_id}/products/{in_scope(lambda: order.lines.get().public_id)}/"


def test_the_page_tells_what_was_sold_and_all_that_helps_to_use_it(sam: Client, path: str) -> None:
    text = words(sam, path)
    for fact in (
        "Coat as sold", "Red / M", "As sold on Friday 20 November.", "Warm and plain.", "Weight 1 kg Fabric Wool", "Air it.", "Hang it up",
        "On a wide hanger.", "Film, opens at film.example.", "Do not wash", "Dry clean only", "Brush it.", "Booklet", "German, 2.4\u00a0MB",
        "Over the body.", "In the shop today: €299.00.", "Sold out today.", "See it in the shop", "Seams and buttons.",
    ):  # fmt: skip
        assert " ".join(fact.split()) in text, fact
    html = sam.get(path).content.decode()
    assert re.findall(r'<img src="([^"]+)" alt="([^"]*)"', html) == [
        ("https://x.example/red.jpg", "Red"),
        ("https://x.example/front.jpg", "The front"),
    ]
    assert "<iframe" not in html and "<video" not in html


def test_sizes_stand_in_both_units_with_the_readers_first(sam: Client, in_scope: Run, path: str) -> None:
    html = sam.get(path).content.decode()
    assert re.findall(r'value="(cm|in)"( checked)?', html) == [("cm", " checked"), ("in", "")]
    text = words(sam, path)
    assert "M 96–101 L loose" in text and "M 37.8–39.8 L loose cm" in text
    sam.cookies["language"] = "de"
    assert "37,8–39,8" in words(sam, path)


def test_a_table_without_measures_has_no_switch(sam: Client, in_scope: Run, path: str) -> None:
    in_scope(lambda: SizeTable.objects.update(columns=[{"name": "EU", "unit": ""}, {"name": "US", "unit": ""}], rows=[["38", "8"]]))
    html = sam.get(path).content.decode()
    assert 'name="unit"' not in html and html.count("<table") == 1


@pytest.mark.parametrize(
    ("parcels", "says"),
    [
        ([], "Until Saturday 25 November 2028 24 months, counted from Wednesday 25 November, the last day we promised."),
        ([("S1", 1, NOW + 2 * DAY)], "Until Wednesday 22 November 2028 24 months from delivery on Sunday 22 November."),
    ],
)
def test_the_warranty_runs_from_delivery_else_from_the_last_day_promised(
    sam: Client, in_scope: Run, path: str, parcels: list[tuple[str, int, Any]], says: str
) -> None:
    order = in_scope(lambda: Order.objects.get(number="1008"))
    in_scope(lambda: Order.objects.filter(pk=order.pk).update(arrive_by=date(2026, 11, 25)))
    for external_id, pieces, at in parcels:
        facts = {"status": ShipmentStatus.DELIVERED, "delivered_at": at, "updated_at": at, "at": at}
        line = in_scope(lambda: order.lines.get().external_id)
        in_scope(ship, order, external_id=external_id, lines={line: pieces}, **facts)
    assert says in words(sam, path)


D1, D2, D3 = date(2026, 11, 1), date(2026, 11, 5), date(2026, 11, 9)


@pytest.mark.parametrize(
    ("facts", "warranty"),
    [
        ({"months": 0}, None),
        ({"wanted": 0}, None),
        ({}, Warranty(12, Since.UNKNOWN, None, None)),
        ({"promised": D2}, Warranty(12, Since.PROMISED, D2, date(2027, 11, 5))),
        ({"bought": D1}, Warranty(12, Since.BOUGHT, D1, date(2027, 11, 1))),
        ({"arrived": [Arrived(2, D1, None)]}, Warranty(12, Since.DELIVERED, D1, date(2027, 11, 1))),
        ({"arrived": [Arrived(1, D1, None), Arrived(1, D2, None)]}, Warranty(12, Since.DELIVERED, D2, date(2027, 11, 5))),
        ({"arrived": [Arrived(1, D1, None), Arrived(1, None, D3)], "promised": D2}, Warranty(12, Since.PROMISED, D3, date(2027, 11, 9))),
        ({"arrived": [Arrived(1, D3, None)], "promised": D2}, Warranty(12, Since.PROMISED, D3, date(2027, 11, 9))),
    ],
)
def test_a_warranty_is_counted_from_the_last_piece_that_came(facts: dict[str, Any], warranty: Warranty | None) -> None:
    values: dict[str, Any] = {"months": 12, "wanted": 2, "arrived": [], "promised": None, "bought": None, **facts}
    assert warranty_of(**values) == warranty


def test_a_warranty_shortened_later_is_not_shortened_for_who_bought_before(sam: Client, in_scope: Run, path: str) -> None:
    in_scope(lambda: write_product(product=Product.objects.get(), at=NOW + DAY, warranty_months=6))
    assert "24 months" in words(sam, path)


def test_the_guide_outlives_the_product_in_the_shop(sam: Client, in_scope: Run, path: str) -> None:
    in_scope(lambda: delete_product(external_id="P1", at=NOW))
    text = words(sam, path)
    assert "No longer sold since Friday 20 November. What you need to use it stays here." in text
    assert "Hang it up" in text and "Booklet" in text and "See it in the shop" not in text and "€299.00" not in text


def test_without_a_product_the_page_still_says_what_was_sold(sam: Client, in_scope: Run) -> None:
    order = in_scope(bought, sku="NONE")
    text = words(sam, address(in_scope, order))
    assert "Coat as sold" in text and "There is no guide for this product yet." in text


def test_an_order_older_than_the_catalogue_finds_its_guide_by_the_article_number(sam: Client, in_scope: Run) -> None:
    order = in_scope(bought)
    in_scope(coat, sku="C-1")
    path = address(in_scope, order)
    assert "Hang it up" in words(sam, path)
    in_scope(coat, external_id="P2", sku="C-1", guide="Another one.")
    assert "Hang it up" not in words(sam, path)


def test_spare_parts_are_named_while_they_are_sold(sam: Client, in_scope: Run, path: str) -> None:
    facts: dict[str, Any] = {"at": NOW, "price": Decimal("4.00"), "currency": "EUR", "page_url": "https://x.example/button"}
    in_scope(upsert_product, external_id="P2", title="Button", **facts)
    in_scope(relate_products, external_id="P1", related=["P2"], kind=Relation.SPARE_PART)
    assert "Spare parts Button" in words(sam, path)
    in_scope(delete_product, external_id="P2", at=NOW)
    assert "Spare parts" not in words(sam, path)


HOSTILE = "</p><script>alert(1)</script>\u202e{{ 7|add:7 }}"


def test_hostile_texts_are_only_ever_text(sam: Client, in_scope: Run, path: str) -> None:
    in_scope(
        lambda: coat(
            at=NOW,
            description=HOSTILE,
            guide=HOSTILE,
            care=HOSTILE,
            specs={HOSTILE: HOSTILE},
            steps=[Step(HOSTILE, HOSTILE, "https://x.example/a.png", '"><script>')],
            pictures=[Picture("https://x.example/a.png?\"onerror='x", '" onerror="x'), Picture("http://x.example/plain.png", "over http")],
            manuals=[Manual(HOSTILE, "http://x.example/plain.pdf"), Manual(HOSTILE, "https://x.example/m.pdf", "xx-none")],
            size_table=Sizes("Coats", (Column("<script>"), Column("b", "cm")), (("<b>", "1e9"),)),
            video_title=HOSTILE,
            page_url="https://x.example/<script>",
        )
    )
    html = sam.get(path).content.decode()
    main = html.partition("<main")[2].partition("</main>")[0]
    assert "<script" not in main and " onerror=" not in main.replace("&quot; onerror=", "")
    assert "http://x.example" not in main
    assert f"<bdi>{HOSTILE[:4].replace('<', '&lt;').replace('>', '&gt;')}" in main


def test_three_hundred_lines_with_guides_cost_twelve_queries(sam: Client, in_scope: Run) -> None:
    in_scope(coat)
    for number in range(2, 21):
        in_scope(upsert_product, external_id=f"P{number}", title="Part", at=NOW)
    in_scope(relate_products, external_id="P1", related=[f"P{n}" for n in range(2, 21)], kind=Relation.SPARE_PART)
    lines = tuple(incoming_line(external_id=str(n), title=f"Coat {n}.", product_external_id="P1") for n in range(300))
    order = in_scope(place_order, number="1009", lines=lines)
    in_scope(ship, order)
    line = in_scope(lambda: order.lines.earliest("position").public_id)
    for path in (f"/orders/{order.public_id}/products/", f"/orders/{order.public_id}/products/{line}/"):
        assert "Coat 0." in words(sam, path)
        assert rows_read(sam, path) <= 12


def test_the_list_of_products_leads_to_what_there_is_to_read(sam: Client, in_scope: Run, path: str) -> None:
    order = in_scope(lambda: Order.objects.get(number="1008"))
    html = sam.get(f"/orders/{order.public_id}/products/").content.decode()
    assert f'href="{path}"' in html and f'href="{path}#sizes"' in html and f'href="{path}#manuals"' in html
    in_scope(lambda: coat(at=NOW, guide="", care="", care_symbols=[], steps=[], manuals=[], size_table=None))
    html = sam.get(f"/orders/{order.public_id}/products/").content.decode()
    assert f'href="{path}#' not in html and "Use and care" not in html


def test_a_preview_needs_its_link_of_today_and_this_merchant(browser: Client, in_scope: Run, acme: Merchant, borealis: Merchant) -> None:
    row = in_scope(coat)
    token = in_scope(preview_token, row.public_id, at=NOW)
    text = words(browser, f"/preview/products/{token}/")
    assert "A preview for staff." in text and "Hang it up" in text and "24 months from delivery" in text
    old, flipped = in_scope(preview_token, row.public_id, at=NOW - DAY), token[:-1] + ("a" if token[-1] != "a" else "b")
    with merchant_scope(borealis.pk):
        theirs = preview_token(row.public_id, at=NOW)
    gone = in_scope(preview_token, "x" * 22, at=NOW)
    for wrong in (old, flipped, theirs, gone, "x", token + "x"):
        assert browser.get(f"/preview/products/{wrong}/").status_code == 404
    assert Client(HTTP_HOST="borealis.platform.test").get(f"/preview/products/{token}/").status_code == 404
    response = browser.get(f"/preview/products/{token}/")
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
