"""Who tells which part of a product: the shop, or the merchant in the admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.models import Product, ProductPicture, RelatedProduct, SizeTable, WarrantyTerm
from catalog.selectors import manuals_of, pictures_of, product_with_parts, relatives, sizes_of, specs_of, steps_of
from catalog.services import ProductRefused, add_product, hand_back, relate_products, save_size_table, upsert_product, write_product
from catalog.types import Column, Manual, Picture, Relation, Sizes, Step
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRONT, BACK = Picture("https://x.example/front.jpg", "Front"), Picture("https://x.example/back.jpg", "Back", "Pink")
STEP, MANUAL = Step("Open it", "Turn the lid."), Manual("Manual", "https://x.example/m.pdf", "de", 1200)
TABLE = Sizes("Shirts", (Column("Size"), Column("Chest", "cm")), (("M", "96"), ("L", "102")), "Over the body.")


def shirt(**over: Any) -> Product:
    return upsert_product(**{"external_id": "P1", "title": "Shirt", "at": NOW, **over})


def whole() -> Product:
    row = product_with_parts(id=Product.objects.get(external_id="P1").pk)
    assert row is not None
    return row


def test_a_guide_is_kept_and_read_in_its_order(in_acme: Merchant) -> None:
    specs = {"Weight": "1 kg", "A": "first in the alphabet, second here"}
    shirt(
        pictures=[FRONT, BACK],
        steps=[STEP, Step("Close it")],
        manuals=[MANUAL],
        size_table=TABLE,
        specs=specs,
        care_symbols=["wipe", "wash_30"],
    )
    row = whole()
    assert (pictures_of(row), steps_of(row), manuals_of(row)) == ([FRONT, BACK], [STEP, Step("Close it")], [MANUAL])
    assert (sizes_of(row.size_table), specs_of(row), row.care_symbols) == (TABLE, list(specs.items()), ["wipe", "wash_30"])
    assert row.image_url == FRONT.url


def test_what_a_shop_does_not_tell_stays_except_its_own_facts(in_acme: Merchant) -> None:
    shirt(
        description="Soft.",
        specs={"A": "b"},
        guide="Iron it.",
        category="Shirts",
        pictures=[FRONT],
        sku="S",
        stock=3,
        page_url="https://x.example/",
    )
    shirt(at=NOW + HOUR)
    row = whole()
    assert (row.description, specs_of(row), row.guide, row.category, pictures_of(row)) == (
        "Soft.",
        [("A", "b")],
        "Iron it.",
        "Shirts",
        [FRONT],
    )
    assert (row.sku, row.stock, row.page_url, row.image_url) == ("", None, "", "")


def test_told_as_empty_is_empty(in_acme: Merchant) -> None:
    shirt(description="Soft.", pictures=[FRONT], steps=[STEP], size_table=TABLE, warranty_months=24)
    shirt(description="", pictures=[], steps=[], size_table=None, warranty_months=0, at=NOW + DAY)
    row = whole()
    assert (row.description, pictures_of(row), steps_of(row), row.size_table, row.warranty_months) == ("", [], [], None, 0)


def test_older_news_changes_no_list_either(in_acme: Merchant) -> None:
    shirt(pictures=[FRONT], size_table=TABLE, updated_at=NOW)
    shirt(pictures=[BACK], size_table=None, updated_at=NOW - HOUR)
    assert (pictures_of(whole()), sizes_of(whole().size_table)) == ([FRONT], TABLE)


def test_a_list_told_again_keeps_its_rows(in_acme: Merchant) -> None:
    shirt(pictures=[FRONT, BACK])
    before = list(ProductPicture.objects.order_by("pk").values_list("pk", flat=True))
    shirt(pictures=[FRONT, BACK], at=NOW + HOUR)
    assert list(ProductPicture.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_what_the_merchant_wrote_outlives_the_shops_news_until_it_is_handed_back(in_acme: Merchant) -> None:
    row = shirt(description="Theirs.", guide="Theirs.", pictures=[FRONT])
    write_product(product=row, at=NOW, description="Ours.", pictures=[BACK], steps=[STEP])
    shirt(description="New.", guide="New.", pictures=[FRONT], steps=[], image_url=FRONT.url, at=NOW + HOUR)
    held = whole()
    assert (held.description, held.guide, pictures_of(held), steps_of(held), held.image_url) == ("Ours.", "New.", [BACK], [STEP], BACK.url)
    assert held.kept == ["description", "pictures", "steps"]
    assert hand_back(product=row, parts=["pictures", "guide", "nonsense"]) == ["pictures"]
    assert (pictures_of(whole()), whole().kept) == ([BACK], ["description", "steps"])
    shirt(description="New.", pictures=[FRONT], at=NOW + 2 * HOUR)
    assert (whole().description, pictures_of(whole()), whole().image_url) == ("Ours.", [FRONT], FRONT.url)


def test_relations_have_their_kinds_and_their_keeper(in_acme: Merchant) -> None:
    row = shirt()
    for id in ("P2", "P3"):
        shirt(external_id=id, sku=id)
    others = {other.external_id: other for other in Product.objects.exclude(pk=row.pk)}
    relate_products(external_id="P1", related=["P2", "P3"])
    relate_products(external_id="P1", related=["P3"], kind=Relation.SPARE_PART)
    assert [r.external_id for r in relatives(product_id=row.pk, kind=Relation.GOES_WITH)] == ["P2", "P3"]
    assert [r.external_id for r in relatives(product_id=row.pk, kind=Relation.SPARE_PART)] == ["P3"]
    write_product(product=row, at=NOW, spare_parts=[others["P2"]])
    relate_products(external_id="P1", related=["P3"], kind=Relation.SPARE_PART)
    relate_products(external_id="P1", related=[])
    assert [r.external_id for r in relatives(product_id=row.pk, kind=Relation.SPARE_PART)] == ["P2"]
    assert relatives(product_id=row.pk, kind=Relation.GOES_WITH) == []


def test_products_share_a_size_table_and_the_merchants_own_is_kept(in_acme: Merchant) -> None:
    shirt(size_table=TABLE)
    shirt(external_id="P2", size_table=Sizes("Shirts", TABLE.columns, (("M", "97"),)))
    assert [row.rows for row in SizeTable.objects.all()] == [[["M", "97"]]]
    table = SizeTable.objects.get()
    save_size_table(table=Sizes("Tops", TABLE.columns, (("M", "98"),)), row=table)
    assert (sizes_of(whole().size_table), table.pk) == (Sizes("Tops", TABLE.columns, (("M", "98"),)), SizeTable.objects.get().pk)
    shirt(size_table=Sizes("Tops", TABLE.columns, (("M", "99"),)), at=NOW + HOUR)
    assert SizeTable.objects.get().rows == [["M", "98"]]


def test_a_warranty_that_is_changed_is_remembered_and_a_slip_is_corrected(in_acme: Merchant) -> None:
    shirt(warranty_months=240)
    shirt(warranty_months=24, at=NOW + HOUR)
    shirt(warranty_months=24, at=NOW + 9 * DAY)
    shirt(warranty_months=12, at=NOW + 10 * DAY)
    assert list(WarrantyTerm.objects.order_by("since").values_list("months", "since")) == [(24, NOW), (12, NOW + 10 * DAY)]


def test_a_product_added_by_hand_takes_the_shops_first_news_whatever_its_date(in_acme: Merchant) -> None:
    row = add_product(external_id="P1", title="Shirt by hand", at=NOW)
    write_product(product=row, at=NOW, guide="Ours.")
    shirt(title="Shirt", guide="Theirs.", updated_at=NOW - 300 * DAY)
    assert (whole().title, whole().guide) == ("Shirt", "Ours.")
    add_product(external_id="P1", title="By hand again", at=NOW + DAY)
    assert whole().title == "Shirt"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"pictures": [FRONT, Picture("")]}, "pictures.1.url"),
        ({"pictures": [Picture("javascript:alert(1)")]}, "pictures.0.url"),
        ({"pictures": [FRONT] * 31}, "pictures"),
        ({"steps": [Step(" ")]}, "steps.0.title"),
        ({"steps": [Step("x", "a\0b")]}, "steps.0.text"),
        ({"steps": [Step("x", image_url="data:x")]}, "steps.0.image_url"),
        ({"manuals": [Manual("x", "ftp://x")]}, "manuals.0.url"),
        ({"manuals": [Manual("x", "https://x.example", "", -1)]}, "manuals.0.size"),
        ({"care_symbols": ["wash_30", "wash_31"]}, "care_symbols.1"),
        ({"care": "x" * 5_001}, "care"),
        ({"video_url": "http://x.example/film"}, "video_url"),
        ({"warranty_months": -1}, "warranty_months"),
        ({"warranty_months": True}, "warranty_months"),
        ({"size_table": Sizes("", TABLE.columns, TABLE.rows)}, "size_table.name"),
        ({"size_table": Sizes("x", TABLE.columns, (("M",),))}, "size_table"),
        ({"size_table": Sizes("x", (Column("a"), Column("b", "yd")), (("M", "1"),))}, "size_table"),
    ],
)
def test_a_bad_guide_is_refused_by_field_and_nothing_is_kept(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    row = shirt(guide="Kept.")
    attempts: list[Callable[[], Product]] = [
        lambda: shirt(guide="New.", at=NOW + HOUR, **over),
        lambda: write_product(product=row, at=NOW, guide="New.", **over),
    ]
    for attempt in attempts:
        with pytest.raises(ProductRefused) as refusal:
            attempt()
        assert (refusal.value.field, whole().guide, whole().kept, pictures_of(whole())) == (field, "Kept.", [], [])


def test_another_merchants_parts_can_be_neither_seen_nor_pointed_at(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        theirs = shirt(pictures=[BACK], size_table=TABLE)
        table = SizeTable.objects.get()
    with merchant_scope(acme.pk):
        row = shirt(pictures=[FRONT], size_table=Sizes("Shirts", TABLE.columns, (("M", "1"),)))
        assert (pictures_of(whole()), SizeTable.objects.get().rows) == ([FRONT], [["M", "1"]])
        for wrong in (
            lambda: ProductPicture.objects.create(product_id=theirs.pk, url=FRONT.url),
            lambda: Product.objects.filter(pk=row.pk).update(size_table=table.pk),
            lambda: RelatedProduct.objects.create(product=row, related_id=theirs.pk, kind=Relation.SPARE_PART),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                wrong()
                connection.cursor().execute("set constraints all immediate")
    with merchant_scope(borealis.pk):
        assert (pictures_of(whole()), SizeTable.objects.get().rows) == ([BACK], [["M", "96"], ["L", "102"]])
