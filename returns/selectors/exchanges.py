"""What a line can be exchanged for: in stock and held for nobody, with the difference in price."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum

from catalog.models import Product, Variant
from orders.models import OrderLine
from orders.selectors import asked_for
from returns.models import Exchange
from returns.rules.states import HELD
from returns.types import Target


def targets_of(*, order_line: OrderLine) -> list[Target]:
    """The choices of the product, or the product itself where it has none; what is sold out is left out. Five queries at most."""
    product = order_line.product
    if product is None or product.deleted_at is not None:
        return []
    return [target for target in all_targets(order_line=order_line, product=product) if target.left > 0]


def all_targets(*, order_line: OrderLine, product: Product) -> list[Target]:
    """With those that are sold out; what the shop tells no stock of counts as sold out."""
    variants = list(Variant.objects.filter(product=product).order_by("rank", "pk"))
    held = units_held(product_ids=[product.pk])
    if not variants:
        left = (product.stock or 0) - held.get((product.pk, None), 0) - asked_for([product.pk]).get(product.pk, 0)
        return [_target(order_line, product, None, left)]
    return [_target(order_line, product, row, (row.stock or 0) - held.get((product.pk, row.pk), 0)) for row in variants]


def units_held(*, product_ids: Iterable[int]) -> dict[tuple[int, int | None], int]:
    """(product, variant) -> units held for exchanges that are not ordered yet; one query."""
    rows = Exchange.objects.filter(product__in=list(product_ids), state__in=HELD).values_list("product_id", "variant_id")
    return {(product, variant): units for product, variant, units in rows.annotate(Sum("quantity"))}


def _target(line: OrderLine, product: Product, variant: Variant | None, left: int) -> Target:
    price = product.price if variant is None or variant.price is None else variant.price
    is_same = variant is None or is_bought(line, variant)
    return Target(
        key=f"product:{product.public_id}" if variant is None else f"variant:{variant.pk}",
        title=product.title,
        variant_title=product.variant_title if variant is None else variant.title,
        sku=product.sku if variant is None else variant.sku,
        options={} if variant is None else dict(variant.options),
        price=price,
        difference=Decimal(0) if is_same or price is None else price - line.unit_price,
        left=max(0, left),
        is_same=is_same,
        image_url=product.image_url,
    )


def is_bought(line: OrderLine, variant: Variant) -> bool:
    """Whether this choice is what the line was."""
    if line.variant_external_id:
        return bool(line.variant_external_id == variant.external_id)
    if line.sku and variant.sku:
        return bool(line.sku == variant.sku)
    return bool(line.variant_title) and bool(line.variant_title == variant.title)
