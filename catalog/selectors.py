"""Reads of this room."""

from collections.abc import Iterable

from django.db.models import QuerySet

from catalog.models import Product


class ProductNotFound(LookupError):
    """The current merchant has no such product."""


def products() -> "QuerySet[Product]":
    """What is sold today, for lists."""
    rows: QuerySet[Product] = Product.objects.filter(deleted_at=None)
    return rows


def product_by_external_id(*, external_id: str) -> Product:
    """Also a deleted one: its guide outlives it. Raises ProductNotFound."""
    row: Product | None = Product.objects.filter(external_id=external_id).first()
    if row is None:
        raise ProductNotFound(f"no product {external_id[:100]!r}")
    return row


def products_by_id(*, ids: Iterable[int | None]) -> dict[int, Product]:
    """Products of order lines, in one query; deleted ones included."""
    wanted = {id for id in ids if id is not None}
    return Product.objects.in_bulk(wanted) if wanted else {}
