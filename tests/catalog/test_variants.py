"""Variants and tags: kept as told, found again under the same row, gone when no longer told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product, Variant
from catalog.selectors import choices_of, product_with_parts
from catalog.services import ProductRefused, hand_back, upsert_product, write_product
from catalog.types import Choice
from merchants.models import Merchant
from tests.api.conftest import caller_of
from tests.conftest import NOW

RED = Choice("1", "Red / M", {"Colour": "Red", "Size": "M"}, "S-RED-M", Decimal("49.00"), 3)
BLUE = Choice("2", "Blue / M", {"Colour": "Blue", "Size": "M"}, "S-BLUE-M", Decimal("52.50"), 0)


def shirt(**over: Any) -> Product:
    values: dict[str, Any] = {"external_id": "P1", "title": "Shirt", "currency": "EUR", "price": Decimal("49.00"), "at": NOW}
    return upsert_product(**{**values, **over})


def rows() -> list[tuple[str, str, Decimal | None, int | None, int]]:
    return list(Variant.objects.order_by("rank").values_list("external_id", "title", "price", "stock", "rank"))


def test_variants_are_kept_in_their_order_and_keep_their_rows(in_acme: Merchant) -> None:
    product = shirt(variants=[RED, BLUE])
    assert rows() == [("1", "Red / M", Decimal("49.00"), 3, 0), ("2", "Blue / M", Decimal("52.50"), 0, 1)]
    ids = dict(Variant.objects.values_list("external_id", "pk"))
    shirt(variants=[replace(BLUE, stock=4), RED, Choice("3", "Green / M")])
    assert rows() == [
        ("2", "Blue / M", Decimal("52.50"), 4, 0),
        ("1", "Red / M", Decimal("49.00"), 3, 1),
        ("3", "Green / M", None, None, 2),
    ]
    assert {id: pk for id, pk in Variant.objects.values_list("external_id", "pk") if id in ids} == ids
    shown = product_with_parts(id=product.pk)
    assert shown is not None
    assert choices_of(shown)[0] == replace(BLUE, stock=4)


def test_those_no_longer_told_go_and_silence_changes_nothing(in_acme: Merchant) -> None:
    shirt(variants=[RED, BLUE], tags=["Sale", " linen ", "sale", ""])
    shirt(variants=[BLUE])
    assert [row[0] for row in rows()] == ["2"]
    shirt(title="Linen shirt")
    assert [row[0] for row in rows()] == ["2"]
    assert Product.objects.get().tags == ["sale", "linen"]
    shirt(variants=[], tags=[])
    assert (rows(), Product.objects.get().tags) == ([], [])


def test_what_the_merchant_keeps_the_shops_news_leave_alone(in_acme: Merchant) -> None:
    product = shirt(variants=[RED], tags=["sale"])
    write_product(product=product, at=NOW, tags=["final sale"])
    write_product(product=product, at=NOW, variants=[replace(RED, price=None, title="Red, medium")])
    assert Product.objects.get().kept == ["tags", "variants"]
    shirt(variants=[BLUE], tags=["new"])
    assert (Product.objects.get().tags, [row[1] for row in rows()]) == (["final sale"], ["Red, medium"])
    hand_back(product=product, parts=["tags", "variants"])
    shirt(variants=[BLUE], tags=["new"])
    assert (Product.objects.get().tags, [row[1] for row in rows()]) == (["new"], ["Blue / M"])


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"variants": [RED, RED]}, "variants.1.external_id"),
        ({"variants": [replace(RED, external_id=" ")]}, "variants.0.external_id"),
        ({"variants": [replace(RED, title="")]}, "variants.0.title"),
        ({"variants": [replace(RED, title="x" * 201)]}, "variants.0.title"),
        ({"variants": [replace(RED, stock=-1)]}, "variants.0.stock"),
        ({"variants": [replace(RED, price=Decimal("-1"))]}, "variants.0.price"),
        ({"variants": [RED], "price": None, "currency": ""}, "currency"),
        ({"variants": [replace(RED, options={"Size": "M\0"})]}, "variants.0.options[Size]"),
        ({"variants": [replace(RED, external_id=str(n)) for n in range(2049)]}, "variants"),
        ({"tags": ["x" * 256]}, "tags.0"),
        ({"tags": ["x"] * 251}, "tags"),
    ],
)
def test_what_is_no_variant_or_tag_is_refused_and_nothing_kept(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    with pytest.raises(ProductRefused) as error:
        shirt(**over)
    assert error.value.field == field
    assert not Product.objects.exists()


def test_the_api_takes_and_shows_them(acme: Merchant) -> None:
    api = caller_of(acme)
    variant = {"external_id": "1", "title": "Red / M", "options": {"Colour": "Red"}, "sku": "S", "price": "49.00", "stock": 3}
    body = {
        "external_id": "P1",
        "title": "Shirt",
        "currency": "EUR",
        "tags": ["Sale"],
        "variants": [variant, {"external_id": "2", "title": "Blue"}],
    }
    answer = api.post("/products", body)
    empty: dict[str, Any] = {"external_id": "2", "title": "Blue", "options": {}, "sku": "", "price": None, "stock": None}
    assert (answer.status_code, answer.json()["tags"], answer.json()["variants"]) == (201, ["sale"], [variant, empty])
    assert api.get("/products/P1").json()["variants"] == [variant, empty]
    refused = api.post("/products", body | {"variants": [variant, variant]})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["variants.1.external_id"])
