"""Reads of this room."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from catalog.models import Product, RelatedProduct
from catalog.rules import Wish, pick

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


def products_by_id(*, ids: Iterable[int | None]) -> dict[int, Product]:
    """Products of order lines, in one query; deleted ones included."""
    wanted = {id for id in ids if id is not None}
    return Product.objects.in_bulk(wanted) if wanted else {}


def with_related(rows: "QuerySet[Product]") -> "QuerySet[Product]":
    """The same rows, each with the external ids of what goes with it in `related`, best first."""
    named = RelatedProduct.objects.filter(product=OuterRef("pk"), related__deleted_at=None).order_by("rank", "pk")
    return rows.annotate(related=ArraySubquery(named.values("related__external_id")))


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
    rows = RelatedProduct.objects.filter(product__in=list(bought), related__deleted_at=None).select_related("related")
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
