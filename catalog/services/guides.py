"""What the merchant writes about a product in the admin, and keeps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Unpack

from catalog.models import Product, SizeTable
from catalog.services.checks import PARTS, check_sizes, check_values
from catalog.services.parts import TABLES, store_lists, store_sizes, store_warranty, stored, write_sizes
from catalog.services.relations import store_relations
from catalog.types import Relation, Sizes, Written


def write_product(
    *,
    product: Product,
    at: datetime,
    related: Sequence[Product] | None = None,
    spare_parts: Sequence[Product] | None = None,
    **parts: Unpack[Written],
) -> Product:
    """Take over what the merchant wrote; the shop's news leaves these parts alone until they are handed back.

    Refuses (ProductRefused, naming the field) what `upsert_product` refuses.
    """
    values: dict[str, Any] = dict(parts)
    check_values(values)
    row: Product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    told = [*values, *_relate(row, related, spare_parts)]
    columns = {name: stored(name, value) for name, value in values.items() if name not in (*TABLES, "variants", "size_table")}
    if values.get("pictures"):
        columns["image_url"] = values["pictures"][0].url
    columns["kept"] = sorted({*row.kept, *told})
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    store_lists(row, values)
    if "size_table" in values:
        store_sizes(row, values["size_table"])
    if "warranty_months" in values:
        store_warranty(row, at)
    return row


def _relate(row: Product, related: Sequence[Product] | None, spare_parts: Sequence[Product] | None) -> list[str]:
    told = []
    for name, kind, others in (("related", Relation.GOES_WITH, related), ("spare_parts", Relation.SPARE_PART, spare_parts)):
        if others is not None:
            store_relations(row, others, kind)
            told.append(name)
    return told


def hand_back(*, product: Product, parts: Iterable[str]) -> list[str]:
    """Let the shop tell these parts again; what stands there stays until it does. Returns what was handed back."""
    row: Product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    freed = [name for name in PARTS if name in row.kept and name in set(parts)]
    if freed:
        row.kept = [name for name in row.kept if name not in freed]
        row.save(update_fields=["kept"])
    return freed


def save_size_table(*, table: Sizes, row: SizeTable | None = None) -> SizeTable:
    """Keep a table as the merchant wrote it; with `row`, in its place, also under a new name.

    Refuses (ProductRefused) what no page can show.
    """
    check_sizes(table)
    if row is not None and row.name != table.name:
        row.name = table.name
        row.save(update_fields=["name"])
    return write_sizes(table, is_kept=True)
