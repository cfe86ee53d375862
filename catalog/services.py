"""Writes of this room."""

from datetime import datetime
from typing import Any, TypedDict, Unpack

from catalog.models import Product

LIMITS = {"external_id": 100, "sku": 100, "title": 300, "variant_title": 200, "description": 20_000, "guide": 20_000}
URLS = ("image_url", "page_url")
MAX_SPECS = 100
TEXTS = ("sku", "title", "variant_title", "description", "guide")
EMPTY: dict[str, Any] = {"sku": "", "variant_title": "", "description": "", "image_url": "", "page_url": "", "specs": {}, "guide": ""}


class ProductRefused(ValueError):
    """Not a product we can keep. Names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


class ProductTexts(TypedDict, total=False):
    """What may be told about a product beside its id and title. What is left out is empty."""

    sku: str
    variant_title: str
    description: str
    image_url: str
    page_url: str
    specs: dict[str, str]
    guide: str


def upsert_product(
    *, external_id: str, title: str, at: datetime, updated_at: datetime | None = None, **texts: Unpack[ProductTexts]
) -> Product:
    """Make or update the product with this external id; news older than what is held is ignored. A deleted one comes back.

    `updated_at` is the shop's clock, `at` when it has none. Refuses (ProductRefused, naming the field) empty ids and
    titles, over-long texts, NUL, and addresses that are not http(s).
    """
    values: dict[str, Any] = {**EMPTY, **texts, "title": title}
    _check(external_id, values)
    moment = updated_at or at
    row: Product | None = Product.objects.select_for_update(no_key=True).filter(external_id=external_id).first()
    if row is None:
        return _create(external_id, values, at, moment)
    if moment >= row.updated_at:
        _refresh(row, {**values, "updated_at": moment, "deleted_at": None})
    return row


def _create(external_id: str, values: dict[str, Any], at: datetime, moment: datetime) -> Product:
    """One statement also when two first arrivals race: the later one overwrites."""
    row = Product(external_id=external_id, created_at=at, updated_at=moment, **values)
    Product.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["merchant", "external_id"], update_fields=[*values, "updated_at"]
    )
    stored: Product = Product.objects.get(pk=row.pk)
    return stored


def _refresh(row: Product, values: dict[str, Any]) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)


def delete_product(*, external_id: str, at: datetime) -> bool:
    """The shop no longer sells it: hidden, not gone, since orders and guides point at it. False when there is nothing to hide."""
    return bool(Product.objects.filter(external_id=external_id, deleted_at=None).update(deleted_at=at))


def _check(external_id: str, values: dict[str, Any]) -> None:
    for name, value in (("external_id", external_id), ("title", values["title"])):
        if not value.strip():
            raise ProductRefused(name, "must not be empty")
    _text(external_id, LIMITS["external_id"], "external_id")
    for name in TEXTS:
        _text(values[name], LIMITS[name], name)
    for name in URLS:
        _url(values[name], name)
    if len(values["specs"]) > MAX_SPECS:
        raise ProductRefused("specs", f"more than {MAX_SPECS}")
    for key, value in values["specs"].items():
        _text(key, 100, "specs")
        _text(value, 500, f"specs[{key[:40]}]")


def _text(value: str, limit: int, field: str) -> None:
    if not isinstance(value, str):
        raise ProductRefused(field, "must be text")
    if len(value) > limit:
        raise ProductRefused(field, f"longer than {limit} characters")
    if "\0" in value:
        raise ProductRefused(field, "must not contain NUL")


def _url(value: str, field: str) -> None:
    _text(value, 1000, field)
    if value and not value.startswith(("https://", "http://")):
        raise ProductRefused(field, "must begin with https:// or http://")
