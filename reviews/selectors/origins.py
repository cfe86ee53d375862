"""What is known here of reviews that were written elsewhere: which of them we have, of which product, and whether we sent it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from catalog.models import Product
from orders.models import Order, OrderLine
from orders.types import OrderState
from reviews.models import Review
from reviews.models.reviews import GONE
from reviews.types import Origin
from tracking.models import Shipment


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of ours that a review may be about. `delivered_at`: when the first parcel it lay in came; None: none did."""

    line: OrderLine
    order: Order
    delivered_at: datetime | None
    is_reviewed: bool

    @property
    def is_whole(self) -> bool:
        """Not all of it was taken off, and the order stands."""
        return self.line.quantity_removed < self.line.quantity and self.order.state != OrderState.CANCELLED


def known_of(*, origin_name: str, ids: Iterable[str]) -> set[str]:
    """Those of its ids that are here already, withdrawn and erased ones too."""
    return set(Review.objects.filter(origin_name=origin_name, origin_id__in=list(ids)).values_list("origin_id", flat=True))


def products_named(keys: Iterable[str]) -> dict[str, Product]:
    """Products by the shop's id, else by article number. Two queries."""
    wanted = {key for key in keys if key}
    rows = Product.objects.only("merchant_id", "external_id", "sku", "title", "variant_title")
    found = {row.external_id: row for row in rows.filter(external_id__in=wanted)}
    rest = wanted - found.keys()
    return {**({row.sku: row for row in rows.filter(sku__in=rest).order_by("-pk")} if rest else {}), **found}


def sold_in(numbers: Iterable[str]) -> dict[str, list[Sold]]:
    """The lines of orders with these numbers, those of several shops together. Five queries, whatever their number."""
    orders = {row.pk: row for row in Order.objects.filter(number__in={number for number in numbers if number}).order_by("pk")}
    lines = list(OrderLine.objects.filter(order_id__in=orders).select_related("product").order_by("order_id", "position"))
    came = _came(lines)
    reviewed = set(
        Review.objects.filter(order_line_id__in=[line.pk for line in lines]).exclude(state__in=GONE).values_list("order_line_id", flat=True)
    )
    # A file's review holds no line, which is its buyer's: one of a product and an order is enough.
    brought = Review.objects.filter(order_id__in=orders, origin=Origin.IMPORT, product__isnull=False).exclude(state__in=GONE)
    told = set(brought.values_list("order_id", "product_id"))
    found: dict[str, list[Sold]] = {}
    for line in lines:
        order = orders[line.order_id]
        is_reviewed = line.pk in reviewed or (order.pk, line.product_id) in told
        found.setdefault(order.number, []).append(Sold(line, order, came.get(line.pk), is_reviewed))
    return found


def _came(lines: Sequence[OrderLine]) -> dict[int, datetime]:
    """When each line first came; a parcel nobody itemised may hold all lines of its order."""
    parcels = (
        Shipment.objects.filter(Q(order_id__in={line.order_id for line in lines}) & Q(delivered_at__isnull=False))
        .only("merchant_id", "order_id", "delivered_at")
        .prefetch_related("lines")
        .order_by("-delivered_at")
    )
    of_order: dict[int, list[int]] = {}
    for line in lines:
        of_order.setdefault(line.order_id, []).append(line.pk)
    found: dict[int, datetime] = {}
    for parcel in parcels:
        held = [piece.order_line_id for piece in parcel.lines.all()] or of_order[parcel.order_id]
        found.update({line_id: parcel.delivered_at for line_id in held if parcel.delivered_at})
    return found
