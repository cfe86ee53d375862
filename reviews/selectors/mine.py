"""What an author sees: what can be written about an order, and what was written, with its stars."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from orders.models import Order, OrderLine
from orders.types import OrderState
from reviews.models import Review, ReviewNote, ReviewPhoto, ReviewReply
from reviews.models.ratings import ParcelRating, Rating, ReviewDraft
from reviews.models.reviews import GONE
from reviews.types import ReviewState, WhyNot
from tracking.models import Shipment, ShipmentLine


class ReviewNotFound(LookupError):
    """The current merchant has no such review, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class Writable:
    """A bought line: the parcel it came in first, what was written about it or typed so far, and why nothing can be written now."""

    line: OrderLine
    shipment: Shipment | None
    delivered_at: datetime | None
    review: Review | None
    draft: ReviewDraft | None
    why_not: WhyNot | None


@dataclass(frozen=True, slots=True)
class Mine:
    """A review as its author sees it; photos without their pictures, the thread oldest first."""

    review: Review
    stars: int
    reply: ReviewReply | None = None
    notes: Sequence[ReviewNote] = ()
    photos: Sequence[ReviewPhoto] = ()


@dataclass(slots=True)
class _Found:
    parcels: dict[int, Shipment] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)
    drafts: dict[int, ReviewDraft] = field(default_factory=dict)


def reviewable(*, order: Order, now: datetime) -> list[Writable]:
    """Every line of the order in its order; four queries."""
    lines = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position", "pk"))
    found = _Found(
        parcels=_delivered(order, now),
        reviews={row.order_line_id: row for row in Review.objects.filter(order=order).exclude(state__in=GONE)},
        drafts={row.order_line_id: row for row in ReviewDraft.objects.filter(order_line__order=order)},
    )
    return [_writable(order, line, found) for line in lines]


def _delivered(order: Order, now: datetime) -> dict[int, Shipment]:
    """By line, the first parcel with it that came."""
    rows = ShipmentLine.objects.filter(shipment__in=Shipment.objects.filter(order=order, delivered_at__lte=now))
    parcels: dict[int, Shipment] = {}
    for row in rows.select_related("shipment").order_by("shipment__delivered_at", "shipment_id"):
        parcels.setdefault(row.order_line_id, row.shipment)
    return parcels


def _writable(order: Order, line: OrderLine, found: _Found) -> Writable:
    parcel, review = found.parcels.get(line.pk), found.reviews.get(line.pk)
    came = parcel.delivered_at if parcel else None
    return Writable(line, parcel, came, review, found.drafts.get(line.pk), _why_not(order, line, parcel, review))


def _why_not(order: Order, line: OrderLine, parcel: Shipment | None, review: Review | None) -> WhyNot | None:
    if order.erased_at is not None:
        return WhyNot.ERASED
    if review is not None:
        return WhyNot.WRITTEN
    if order.state == OrderState.CANCELLED:
        return WhyNot.CANCELLED
    if line.quantity_removed >= line.quantity:
        return WhyNot.REMOVED
    return None if parcel else WhyNot.NOT_DELIVERED


def product_key(line: OrderLine) -> str:
    """What reviews of one product have in common: the shop's id of it; its SKU where the catalogue does not know it.

    With neither the line stands for itself: shops number lines anew in each order, so "1" would be any product.
    """
    return (line.product.external_id if line.product else "") or line.sku or line.public_id


def my_reviews(customer_id: int) -> list[Mine]:
    """All a shopper has written and not had erased, newest first; five queries."""
    return _mine(Review.objects.filter(customer=customer_id))


def reviews_of_order(order: Order) -> list[Mine]:
    """The same of one order; five queries."""
    return _mine(Review.objects.filter(order=order))


def review_of_author(public_id: str, *, customer_id: int | None = None, order: Order | None = None) -> Mine:
    """One of the shopper's, or of the order a guest may see. Raises ReviewNotFound; without either there is none."""
    if customer_id is None and order is None:
        raise ReviewNotFound(public_id[:64])
    rows = Review.objects.filter(public_id=public_id, **({"order": order} if order is not None else {"customer": customer_id}))
    found = _mine(rows)
    if not found:
        raise ReviewNotFound(public_id[:64])
    return found[0]


def _mine(rows: "QuerySet[Review]") -> list[Mine]:
    living = rows.exclude(state=ReviewState.ERASED).select_related("order", "product").order_by("-written_at", "-pk")
    found = list(living.prefetch_related("replies", _thread(), _photos()))
    stars = stars_of(row.pk for row in found)
    return [
        Mine(row, stars[row.pk], next(iter(row.replies.all()), None), list(row.notes.all()), list(row.photos.all()))
        for row in found
        if row.pk in stars
    ]


def _thread() -> "Prefetch[Any]":
    return Prefetch("notes", queryset=ReviewNote.objects.select_related("user").order_by("at", "pk"))


def _photos() -> "Prefetch[Any]":
    return Prefetch("photos", queryset=ReviewPhoto.objects.defer("body").filter(ready_at__isnull=False).order_by("pk"))


def stars_of(review_ids: Iterable[int]) -> dict[int, int]:
    """By review; one query."""
    return dict(Rating.objects.filter(review__in=list(review_ids)).values_list("review_id", "stars"))


def parcels_rated(shipment_ids: Collection[int]) -> dict[int, ParcelRating]:
    """What was said of these parcels, by parcel; one query."""
    return {row.shipment_id: row for row in ParcelRating.objects.filter(shipment__in=shipment_ids)}
