"""What hangs on a product's row: its lists, its size table, its warranty through time."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from catalog.models import GuideStep, Product, ProductManual, ProductPicture, SizeTable, Variant, WarrantyTerm
from catalog.types import Choice, Sizes

TABLES = {"pictures": ProductPicture, "steps": GuideStep, "manuals": ProductManual}
CORRECTED_WITHIN = timedelta(days=1)  # a warranty changed so soon was mistyped


def stored(name: str, value: Any) -> Any:
    """A part as its column holds it. Pairs become a list, for the database would not keep the order of an object's names."""
    if name == "specs":
        return [list(pair) for pair in value.items()]
    if name == "tags":
        return list(dict.fromkeys(tag.strip().lower() for tag in value if tag.strip()))
    return list(value) if name == "care_symbols" else value


def store_lists(product: Product, values: dict[str, Any]) -> None:
    """Put the lists that were told in place of the old ones; one that is the same is left alone."""
    for name, model in TABLES.items():
        if name in values:
            _store_list(product, model, values[name])
    if "variants" in values:
        _store_variants(product, values["variants"])


def _store_list(product: Product, model: Any, entries: Sequence[Any]) -> None:
    wanted = [asdict(entry) for entry in entries]
    names = list(wanted[0]) if wanted else []
    held = list(model.objects.filter(product=product).order_by("rank", "pk").values(*names, "rank"))
    if held == [{**entry, "rank": rank} for rank, entry in enumerate(wanted)]:
        return
    model.objects.filter(product=product).delete()
    model.objects.bulk_create([model(product=product, rank=rank, **entry) for rank, entry in enumerate(wanted)])


def _store_variants(product: Product, entries: Sequence[Choice]) -> None:
    """Rows keep their ids while their variant is told: exchanges point at them. Those no longer told go."""
    held = {row.external_id: row for row in Variant.objects.filter(product=product)}
    told = {entry.external_id: {**asdict(entry), "rank": rank} for rank, entry in enumerate(entries)}
    if gone := [row.pk for id, row in held.items() if id not in told]:
        Variant.objects.filter(pk__in=gone).delete()
    Variant.objects.bulk_create([Variant(product=product, **values) for id, values in told.items() if id not in held])
    names = ["title", "options", "sku", "price", "stock", "rank"]
    changed = [row for id, row in held.items() if id in told and any(getattr(row, name) != told[id][name] for name in names)]
    for row in changed:
        for name in names:
            setattr(row, name, told[row.external_id][name])
    Variant.objects.bulk_update(changed, names, batch_size=500)


def store_sizes(product: Product, table: Sizes | None) -> None:
    """Give the product its size table, which others of that name share; None takes it off."""
    row = None if table is None else stored_sizes(table)
    if product.size_table_id != (row.pk if row else None):
        product.size_table = row
        product.save(update_fields=["size_table"])


def stored_sizes(table: Sizes) -> SizeTable:
    """The table under this name: the last one told, unless the merchant keeps it as written in the admin."""
    row: SizeTable | None = SizeTable.objects.select_for_update(no_key=True).filter(name=table.name).first()
    return row if row is not None and row.is_kept else write_sizes(table, is_kept=False)


def write_sizes(table: Sizes, *, is_kept: bool) -> SizeTable:
    """One statement also when two first arrivals race: the later one overwrites."""
    values = {"columns": [asdict(column) for column in table.columns], "rows": [list(row) for row in table.rows], "note": table.note}
    fresh = SizeTable(name=table.name, is_kept=is_kept, **values)
    SizeTable.objects.bulk_create([fresh], update_conflicts=True, unique_fields=["merchant", "name"], update_fields=[*values, "is_kept"])
    row: SizeTable = SizeTable.objects.get(name=table.name)
    return row


def store_warranty(product: Product, at: datetime) -> None:
    """Remember from when on the warranty is what it is: who bought before keeps what was promised then."""
    months = product.warranty_months or 0
    last: WarrantyTerm | None = WarrantyTerm.objects.filter(product=product).order_by("-since", "-pk").first()
    if (last.months if last else 0) == months:
        return
    if last is not None and at - last.since < CORRECTED_WITHIN:
        last.months = months
        last.save(update_fields=["months"])
    else:
        WarrantyTerm.objects.create(product=product, months=months, since=at)
