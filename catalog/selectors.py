"""Reads of this room."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, Model, OuterRef, QuerySet
from django.db.models.functions import Cast, JSONObject

from catalog.models import GuideStep, Product, ProductManual, ProductPicture, RelatedProduct, SizeTable, Variant, WarrantyTerm
from catalog.rules import Term, Wish, pick
from catalog.types import Choice, Column, Manual, Picture, Relation, Sizes, Step

SHELF = 60  # of a category, the newest: more than any shopper has of it, and read in one go for a batch of messages


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


def product_by_public_id(*, public_id: str) -> Product:
    """With all a page shows of it, also a deleted one. Raises ProductNotFound."""
    row: Product | None = with_parts(Product.objects.filter(public_id=public_id)).first()
    if row is None:
        raise ProductNotFound("no such product")
    return row


def product_with_parts(*, id: int) -> Product | None:
    """The same by its row's id."""
    row: Product | None = with_parts(Product.objects.filter(pk=id)).first()
    return row


def products_by_id(*, ids: Iterable[int | None]) -> dict[int, Product]:
    """Products of order lines, in one query; deleted ones included."""
    wanted = {id for id in ids if id is not None}
    return Product.objects.in_bulk(wanted) if wanted else {}


def product_by_sku(*, sku: str) -> Product | None:
    """The one product with this SKU, also a deleted one; None when there is none or several: a guess would be somebody else's guide."""
    rows = list(Product.objects.filter(sku=sku).order_by("pk")[:2]) if sku else []
    return rows[0] if len(rows) == 1 else None


def with_parts(rows: "QuerySet[Product]") -> "QuerySet[Product]":
    """The same rows with all a page or the API shows of them: lists, ids of what goes with them, the size table. No query more."""
    return rows.select_related("size_table").annotate(
        pictures=_list(ProductPicture, "url", "alt", "variant"),
        steps=_list(GuideStep, "title", "text", "image_url", "alt"),
        manuals=_list(ProductManual, "title", "url", "language", "size"),
        choices=_choices(),
        related=_named(Relation.GOES_WITH),
        spare_parts=_named(Relation.SPARE_PART),
        terms=ArraySubquery(
            WarrantyTerm.objects.filter(product=OuterRef("pk"))
            .order_by("since", "pk")
            .values(json=JSONObject(months="months", since="since"))
        ),
    )


def _list(model: type[Model], *names: str) -> ArraySubquery:
    rows = model._default_manager.filter(product=OuterRef("pk")).order_by("rank", "pk")
    return ArraySubquery(rows.values(json=JSONObject(**{name: F(name) for name in names})))


def _choices() -> ArraySubquery:
    """Its variants; prices as text, which keeps them exact."""
    told = {name: F(name) for name in ("external_id", "title", "options", "sku", "stock")}
    rows = Variant.objects.filter(product=OuterRef("pk")).order_by("rank", "pk")
    return ArraySubquery(rows.values(json=JSONObject(price=Cast("price", CharField()), **told)))


def _named(kind: Relation) -> ArraySubquery:
    named = RelatedProduct.objects.filter(product=OuterRef("pk"), related__deleted_at=None, kind=kind).order_by("rank", "pk")
    return ArraySubquery(named.values("related__external_id"))


def relatives(*, product_id: int, kind: Relation) -> list[Product]:
    """What goes with a product, or its spare parts, on sale today; best first."""
    rows = RelatedProduct.objects.filter(product=product_id, kind=kind, related__deleted_at=None).select_related("related")
    return [row.related for row in rows.order_by("rank", "pk")]


def specs_of(product: Product) -> list[tuple[str, str]]:
    """Names and values in the order they were told."""
    held = product.specs.items() if isinstance(product.specs, dict) else product.specs
    return [(str(name), str(value)) for name, value in held]


def pictures_of(product: Product) -> list[Picture]:
    """Of a product read by `with_parts`; so are those below."""
    return [Picture(**entry) for entry in _told(product, "pictures")]


def choices_of(product: Product) -> list[Choice]:
    return [Choice(**{**entry, "price": entry["price"] and Decimal(entry["price"])}) for entry in _told(product, "choices")]


def steps_of(product: Product) -> list[Step]:
    return [Step(**entry) for entry in _told(product, "steps")]


def manuals_of(product: Product) -> list[Manual]:
    return [Manual(**entry) for entry in _told(product, "manuals")]


def terms_of(product: Product) -> list[Term]:
    """The warranty through time, oldest first."""
    return [Term(entry["months"], datetime.fromisoformat(entry["since"])) for entry in _told(product, "terms")]


def _told(product: Product, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = getattr(product, name)
    return found


def sizes_of(row: SizeTable | None) -> Sizes | None:
    """The table as the rules read it."""
    if row is None:
        return None
    columns = tuple(Column(entry["name"], entry["unit"]) for entry in row.columns)
    return Sizes(row.name, columns, tuple(tuple(cells) for cells in row.rows), row.note)


def size_tables() -> "QuerySet[SizeTable]":
    """All of the merchant's, by name: for help pages as well as for products."""
    rows: QuerySet[SizeTable] = SizeTable.objects.order_by("name")
    return rows


def companions(*, wishes: Iterable[Wish], limit: int) -> list[list[Product]]:
    """What goes with each purchase, best first, at most `limit`: what the merchant related to it, then the newest of its categories.

    In stock, priced in the purchase's currency, nothing the shopper has or had. Three queries, whatever the number of purchases.
    """
    wanted = list(wishes)
    held = products_by_id(ids={id for wish in wanted for id in wish.bought})
    bought = [[held[id] for id in wish.bought if id in held] for wish in wanted]
    related = _related(held)
    shelves = _shelves({shelf for wish, mine in zip(wanted, bought, strict=True) for shelf in _shelves_of(mine, wish)})
    found = []
    for wish, mine in zip(wanted, bought, strict=True):
        near = [row for product in mine for row in related.get(product.pk, ())]
        far = [row for shelf in _shelves_of(mine, wish) for row in shelves.get(shelf, ())]
        found.append(pick([*near, *far], wish, limit=limit))
    return found


def _shelves_of(bought: Iterable[Product], wish: Wish) -> list[tuple[str, str]]:
    """Categories of what was bought, each once, in the purchase's currency."""
    return list(dict.fromkeys((product.category, wish.currency) for product in bought if product.category))


def _related(bought: Iterable[int]) -> dict[int, list[Product]]:
    rows = RelatedProduct.objects.filter(product__in=list(bought), related__deleted_at=None, kind=Relation.GOES_WITH).select_related(
        "related"
    )
    found: dict[int, list[Product]] = {}
    for row in rows.order_by("rank", "pk"):
        found.setdefault(row.product_id, []).append(row.related)
    return found


def _shelves(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[Product]]:
    """The newest of each category that can be offered, one query."""
    if not wanted:
        return {}
    offered = products().filter(price__isnull=False, stock__gt=0)
    parts = [offered.filter(category=category, currency=currency).order_by("-pk")[:SHELF] for category, currency in sorted(wanted)]
    found: dict[tuple[str, str], list[Product]] = {}
    for row in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        found.setdefault((row.category, row.currency), []).append(row)
    return {key: sorted(rows, key=lambda row: -row.pk) for key, rows in found.items()}
