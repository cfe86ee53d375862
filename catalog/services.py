"""Writes of this room."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from catalog.models import Product, RelatedProduct
from core.money import BadAmount, UnknownCurrency, check_currency, parse_amount

LIMITS = {"external_id": 100, "sku": 100, "title": 300, "variant_title": 200, "category": 100, "description": 20_000, "guide": 20_000}
URLS = ("image_url", "page_url")
MAX_SPECS, MAX_RELATED, MAX_STOCK = 100, 20, 1_000_000_000
TEXTS = ("sku", "title", "variant_title", "category", "description", "guide")
EMPTY: dict[str, Any] = {
    **{"sku": "", "variant_title": "", "description": "", "image_url": "", "page_url": "", "specs": {}, "guide": ""},
    **{"price": None, "currency": "", "stock": None, "category": ""},
}


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
    price: Decimal | None
    currency: str
    stock: int | None
    category: str


def upsert_product(
    *, external_id: str, title: str, at: datetime, updated_at: datetime | None = None, **texts: Unpack[ProductTexts]
) -> Product:
    """Make or update the product with this external id; news older than what is held is ignored. A deleted one comes back.

    `updated_at` is the shop's clock, `at` when it has none. Refuses (ProductRefused, naming the field) empty ids and
    titles, over-long texts, NUL, addresses that are not http(s), and prices that are no amount of their currency.
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
    _check_offer(values)
    if len(values["specs"]) > MAX_SPECS:
        raise ProductRefused("specs", f"more than {MAX_SPECS}")
    for key, value in values["specs"].items():
        _text(key, 100, "specs")
        _text(value, 500, f"specs[{key[:40]}]")


def _check_offer(values: dict[str, Any]) -> None:
    """Price and currency only together; stock may be told without either."""
    price, currency, stock = values["price"], values["currency"], values["stock"]
    if stock is not None and (type(stock) is not int or not 0 <= stock <= MAX_STOCK):
        raise ProductRefused("stock", f"must be a whole number from 0 to {MAX_STOCK}")
    if currency:
        try:
            values["currency"] = check_currency(currency)
        except UnknownCurrency:
            raise ProductRefused("currency", "must be an ISO 4217 code") from None
    if price is None:
        return
    if not currency:
        raise ProductRefused("currency", "must be told with the price")
    try:
        values["price"] = parse_amount(price, values["currency"])
    except BadAmount as error:
        raise ProductRefused("price", str(error)) from None


def relate_products(*, external_id: str, related: Sequence[str]) -> None:
    """What goes with a product, best first, in place of what was said before.

    Refuses (ProductRefused, naming the entry) products we do not hold or that are off sale, the product itself, one named
    twice, and more than twenty.
    """
    if len(related) > MAX_RELATED:
        raise ProductRefused("related", f"more than {MAX_RELATED}")
    rows = {row.external_id: row for row in Product.objects.filter(external_id__in=[external_id, *related], deleted_at=None)}
    if external_id not in rows:
        raise ProductRefused("external_id", "is no product on sale")
    for position, other in enumerate(related):
        if other == external_id:
            raise ProductRefused(f"related.{position}", "is the product itself")
        if other in related[:position]:
            raise ProductRefused(f"related.{position}", "is named twice")
        if other not in rows:
            raise ProductRefused(f"related.{position}", "is no product on sale")
    product = rows[external_id]
    RelatedProduct.objects.filter(product=product).delete()
    RelatedProduct.objects.bulk_create(
        [RelatedProduct(product=product, related=rows[other], rank=rank) for rank, other in enumerate(related)]
    )


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
