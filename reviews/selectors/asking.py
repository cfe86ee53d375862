"""Reads about whom to ask, and what is asked. Blind to what anybody thinks of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from orders.models import OrderLine
from reviews.models import Review, ReviewPlan, ReviewRequest, ReviewRule
from reviews.rules.asking import Goods, Pick, is_live
from reviews.tokens import read_request_token
from reviews.types import RequestState
from tracking.models import ShipmentLine


class RequestNotFound(LookupError):
    """No such question: the link was not made here, or what it was about is gone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question a link leads to, with its order and parcel; `is_live` is False once it is over."""

    request: ReviewRequest
    is_live: bool


def plan() -> ReviewPlan:
    """The merchant's settings; when there are none, those of one who asks nobody."""
    return ReviewPlan.objects.first() or ReviewPlan(is_on=False)


def picks() -> list[Pick]:
    """The merchant's rules in their order."""
    rows = ReviewRule.objects.order_by("position", "pk").values_list("match", "value", "is_asked", "days")
    return [Pick(*row) for row in rows]


def request_of_token(*, token: str, now: datetime) -> Asked:
    """The question behind a link. Raises RequestNotFound for what was forged, is another merchant's, or of an erased order."""
    public_id = read_request_token(token)
    rows = ReviewRequest.objects.select_related("order", "shipment").filter(order__erased_at=None)
    row = rows.filter(public_id=public_id).first() if public_id else None
    if row is None:
        raise RequestNotFound("no such question")
    return Asked(row, is_live(row.state, row.ends_at, now))


def open_requests(customer_id: int, now: datetime) -> list[ReviewRequest]:
    """What a shopper was asked and has not answered, the newest first, with orders and parcels; one query."""
    rows = ReviewRequest.objects.filter(order__customer=customer_id, order__erased_at=None, state=RequestState.ASKED, ends_at__gt=now)
    return list(rows.select_related("order", "shipment").order_by("-asked_at", "-pk"))


def goods_in(shipment_ids: Collection[int]) -> dict[int, list[Goods]]:
    """What lies in parcels and was not taken off the order again, as rules look at it; one query."""
    rows = ShipmentLine.objects.filter(shipment__in=shipment_ids, order_line__quantity_removed__lt=F("order_line__quantity"))
    found: dict[int, list[Goods]] = {}
    columns = (
        "shipment_id", "order_line_id", "order_line__sku", "order_line__product__sku", "order_line__product__category",
        "order_line__product__tags",
    )  # fmt: skip
    for shipment, line, *skus, category, tags in rows.values_list(*columns):
        words = tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
        goods = Goods(line, category or "", words, tuple(sku for sku in skus if sku))
        found.setdefault(shipment, []).append(goods)
    return found


def written_about(line_ids: Iterable[int]) -> set[int]:
    """Lines somebody has written a review of, whatever became of it; one query."""
    return set(Review.objects.filter(order_line__in=set(line_ids)).values_list("order_line_id", flat=True))


def kept(line_ids: Iterable[int]) -> set[int]:
    """Lines of which at least one piece was not taken off the order again; one query."""
    rows = OrderLine.objects.filter(pk__in=set(line_ids), quantity_removed__lt=F("quantity"))
    return set(rows.values_list("pk", flat=True))
