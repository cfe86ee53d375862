"""Products as the shop tells them."""

from datetime import UTC, datetime
from typing import Any, Unpack

from catalog.models import Product
from catalog.services.checks import COLUMNS, FACTS, check_identity, check_values
from catalog.services.parts import store_lists, store_sizes, store_warranty, stored
from catalog.types import ProductTexts

NEVER_TOLD = datetime(1990, 1, 1, tzinfo=UTC)  # added by hand: any news of the shop is newer


def upsert_product(
    *, external_id: str, title: str, at: datetime, updated_at: datetime | None = None, **texts: Unpack[ProductTexts]
) -> Product:
    """Make or update the product with this external id; news older than what is held is ignored. A deleted one comes back.

    `updated_at` is the shop's clock, `at` when it has none. The shop's facts (`FACTS`) are told whole: what is left out of
    them is empty. Everything else stays as it is when left out, and also when told while the merchant keeps it as written in
    the admin. Refuses (ProductRefused, naming the field) empty ids and titles, over-long texts, NUL, addresses that are not
    http(s), prices that are no amount of their currency, and lists and size tables no page can show.
    """
    values: dict[str, Any] = {**FACTS, **texts, "title": title}
    check_identity(external_id, title)
    check_values(values)
    moment = updated_at or at
    row: Product | None = Product.objects.select_for_update(no_key=True).filter(external_id=external_id).first()
    if row is None:
        return _create(external_id, values, at, moment)
    if moment >= row.updated_at:
        _refresh(row, values, at, moment)
    return row


def _create(external_id: str, values: dict[str, Any], at: datetime, moment: datetime) -> Product:
    """One statement also when two first arrivals race: the later one overwrites."""
    columns = _columns(values)
    row = Product(external_id=external_id, created_at=at, updated_at=moment, **columns)
    Product.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["merchant", "external_id"], update_fields=[*columns, "updated_at"]
    )
    stored: Product = Product.objects.get(pk=row.pk)
    _store_parts(stored, values, at)
    return stored


def _refresh(row: Product, values: dict[str, Any], at: datetime, moment: datetime) -> None:
    told = {name: value for name, value in values.items() if name not in row.kept}
    if "pictures" in row.kept:
        told.pop("image_url", None)  # the first of the merchant's own stands for the product everywhere
    _set(row, {**_columns(told), "updated_at": moment, "deleted_at": None})
    _store_parts(row, told, at)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """What goes into the product's own row. Without a main picture the first of the list is it."""
    found = {name: stored(name, value) for name, value in values.items() if name in FACTS or name in COLUMNS or name == "title"}
    if values.get("pictures") and not values.get("image_url"):
        found["image_url"] = values["pictures"][0].url
    return found


def _store_parts(row: Product, values: dict[str, Any], at: datetime) -> None:
    store_lists(row, values)
    if "size_table" in values:
        store_sizes(row, values["size_table"])
    if "warranty_months" in values:
        store_warranty(row, at)


def _set(row: Product, values: dict[str, Any]) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)


def add_product(*, external_id: str, title: str, at: datetime, sku: str = "", variant_title: str = "", page_url: str = "") -> Product:
    """A product the shop has not told of, or is told again of one added so: the shop's first news takes its facts over.

    Refuses what `upsert_product` refuses. One the shop has told of stays as it is.
    """
    return upsert_product(
        external_id=external_id, title=title, at=at, updated_at=NEVER_TOLD, sku=sku, variant_title=variant_title, page_url=page_url
    )


def delete_product(*, external_id: str, at: datetime) -> bool:
    """The shop no longer sells it: hidden, not gone, since orders and guides point at it. False when there is nothing to hide."""
    return bool(Product.objects.filter(external_id=external_id, deleted_at=None).update(deleted_at=at))
