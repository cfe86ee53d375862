"""What the merchant sells, as the shop tells it."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.models import Product
from catalog.selectors import ProductNotFound, product_by_external_id, products, products_by_id, specs_of
from catalog.services import ProductRefused, delete_product, upsert_product
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def shirt(**over: Any) -> Product:
    return upsert_product(**{"external_id": "P1", "title": "Shirt", "sku": "S", "specs": {"Fabric": "Linen"}, "at": NOW, **over})


def test_a_product_is_made_and_brought_up_to_date(in_acme: Merchant) -> None:
    first = shirt()
    second = shirt(title="Linen shirt", at=NOW + HOUR)
    row = Product.objects.get()
    assert (first.pk, second.title, row.title, row.created_at, row.updated_at) == (row.pk, "Linen shirt", "Linen shirt", NOW, NOW + HOUR)
    assert specs_of(row) == [("Fabric", "Linen")]


def test_older_news_is_ignored(in_acme: Merchant) -> None:
    shirt(updated_at=NOW)
    shirt(title="Old", updated_at=NOW - HOUR)
    assert Product.objects.get().title == "Shirt"


def test_a_deleted_product_is_hidden_and_comes_back(in_acme: Merchant) -> None:
    row = shirt()
    assert (delete_product(external_id="P1", at=NOW), delete_product(external_id="P1", at=NOW)) == (True, False)
    assert (products().count(), product_by_external_id(external_id="P1").pk, list(products_by_id(ids=[row.pk, None]))) == (
        0,
        row.pk,
        [row.pk],
    )
    shirt(at=NOW + HOUR)
    assert products().count() == 1


def test_products_are_each_merchants_own(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        shirt()
    with merchant_scope(borealis.pk):
        assert delete_product(external_id="P1", at=NOW) is False
        with pytest.raises(ProductNotFound):
            product_by_external_id(external_id="P1")
        shirt(title="Theirs")
    with merchant_scope(acme.pk):
        assert (Product.objects.get().title, Product.objects.get().deleted_at) == ("Shirt", None)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"guide": "a\0b"}, "guide"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"page_url": "https://x.example/" + "x" * 1000}, "page_url"),
        ({"specs": {str(i): "x" for i in range(101)}}, "specs"),
        ({"specs": {"size": "x" * 501}}, "specs[size]"),
    ],
)
def test_bad_products_are_refused_by_field(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    with pytest.raises(ProductRefused) as refusal:
        shirt(**over)
    assert (refusal.value.field, Product.objects.count()) == (field, 0)
