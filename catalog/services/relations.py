"""What goes with a product, and its spare parts."""

from collections.abc import Sequence

from catalog.models import Product, RelatedProduct
from catalog.services.checks import MAX_RELATED, ProductRefused
from catalog.types import Relation

FIELDS = {Relation.GOES_WITH: "related", Relation.SPARE_PART: "spare_parts"}


def relate_products(*, external_id: str, related: Sequence[str], kind: Relation = Relation.GOES_WITH) -> None:
    """What goes with a product (or is a part of it), best first, in place of what was said before.

    Nothing is changed while the merchant keeps the list as written in the admin. Refuses (ProductRefused, naming the entry)
    products we do not hold or that are off sale, the product itself, one named twice, and more than twenty.
    """
    field = FIELDS[kind]
    if len(related) > MAX_RELATED:
        raise ProductRefused(field, f"more than {MAX_RELATED}")
    rows = {row.external_id: row for row in Product.objects.filter(external_id__in=[external_id, *related], deleted_at=None)}
    if external_id not in rows:
        raise ProductRefused("external_id", "is no product on sale")
    for position, other in enumerate(related):
        if other == external_id:
            raise ProductRefused(f"{field}.{position}", "is the product itself")
        if other in related[:position]:
            raise ProductRefused(f"{field}.{position}", "is named twice")
        if other not in rows:
            raise ProductRefused(f"{field}.{position}", "is no product on sale")
    if field not in rows[external_id].kept:
        store_relations(rows[external_id], [rows[other] for other in related], kind)


def store_relations(product: Product, related: Sequence[Product], kind: Relation) -> None:
    RelatedProduct.objects.filter(product=product, kind=kind).delete()
    RelatedProduct.objects.bulk_create(
        [RelatedProduct(product=product, related=row, kind=kind, rank=rank) for rank, row in enumerate(related)]
    )
