"""An order that has come, the question about its parcel, and the steps of a review in few words."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from catalog.models import Product
from events.models import Event
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewPlan, ReviewRequest
from reviews.models.ratings import Rating
from reviews.types import ReviewState
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tracking.models import Shipment
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
CAME = NOW + 3 * DAY  # Monday 23 November 2026, 11:00 in Berlin
ASKED = NOW + 11 * DAY  # the day after the question went out
SAID = "The linen is soft and it fits as told."


def plan(**over: Any) -> ReviewPlan:
    """The merchant asks: seven days after delivery, once more six days later."""
    row: ReviewPlan = ReviewPlan.objects.create(**over)
    return row


def product(external_id: str = "shirt", **over: Any) -> Product:
    """The product behind the first line."""
    values: dict[str, Any] = {
        "external_id": external_id, "title": "Linen shirt", "sku": "SHIRT", "price": Decimal("49.00"), "currency": "EUR",
        "created_at": NOW, "updated_at": NOW, **over,
    }  # fmt: skip
    row: Product = Product.objects.create(**values)
    return row


def bought(*, came: datetime | None = CAME, **over: Any) -> Order:
    """A linen shirt (L1, product `shirt`) and a belt (L2, of no known product) in one parcel that came three days later.

    `came=None`: still under way.
    """
    lines = (
        incoming_line(external_id="L1", variant_title="M", sku="SHIRT-M", product_external_id="shirt"),
        incoming_line(external_id="L2", title="Leather belt", sku="BELT", unit_price=Decimal("29.90")),
    )
    parcel = {"tracking_number": over.pop("tracking_number", "00340434161094042557"), **over.pop("parcel", {})}
    order = place_order(**{"lines": lines, **over})
    send(order, came=came, **parcel)
    order.refresh_from_db()
    return order


def send(order: Order, *, came: datetime | None = CAME, **over: Any) -> Shipment:
    """One parcel of an order, with what is left of it unless `lines` says otherwise."""
    values: dict[str, Any] = {"shipped_at": NOW + DAY, **over}
    if came is not None:
        values |= {"status": ShipmentStatus.DELIVERED, "delivered_at": came, "updated_at": came}
    return ship(order, **values)


def parcel_of(order: Order, position: int = 1) -> Shipment:
    row: Shipment = Shipment.objects.get(order=order, position=position)
    return row


def line_of(order: Order, external_id: str = "L1") -> OrderLine:
    row: OrderLine = OrderLine.objects.get(order=order, external_id=external_id)
    return row


def request_row(order: Order, **over: Any) -> ReviewRequest:
    """The question about the order's first parcel as it lies there once it was sent."""
    parcel = parcel_of(order)
    came = parcel.delivered_at or CAME
    values: dict[str, Any] = {
        "state": "asked", "lines": sorted(parcel.lines.values_list("order_line_id", flat=True)), "delivered_at": came,
        "due_at": came + 7 * DAY, "asked_at": came + 7 * DAY, "remind_at": came + 13 * DAY, "ends_at": came + 97 * DAY,
        "check_at": came + 13 * DAY, **over,
    }  # fmt: skip
    row: ReviewRequest = ReviewRequest.objects.create(order=order, shipment=parcel, **values)
    return row


def review_row(order: Order, external_id: str = "L1", *, stars: int = 5, at: datetime = ASKED, **over: Any) -> Review:
    """A review as it lies there, published unless told otherwise; nothing follows from it."""
    line = line_of(order, external_id)
    values: dict[str, Any] = {
        "order": order, "order_line": line, "customer": order.customer, "product": line.product,
        "product_key": line.product.external_id if line.product else line.sku, "product_title": line.title,
        "variant_title": line.variant_title, "state": ReviewState.PUBLISHED, "is_verified": True, "author": "Sam", "language": "en",
        "text": SAID, "written_at": at, "decided_at": at, "published_at": at, **over,
    }  # fmt: skip
    if values["state"] != ReviewState.PUBLISHED:
        values["published_at"] = over.get("published_at")
    row: Review = Review.objects.create(**values)
    Rating.objects.create(review=row, stars=stars, at=at)
    return row


def events(prefix: str = "reviews.") -> list[str]:
    """What this room has told, in order, without its name."""
    rows = Event.objects.filter(type__startswith=prefix).order_by("pk").values_list("type", flat=True)
    return [type.removeprefix("reviews.") for type in rows]


class Unchanged:
    """Nothing of this room was written and nothing was queued inside the block, which raises `error`; gives what was raised."""

    def __init__(self, error: type[Exception]) -> None:
        self.raises = pytest.raises(error)

    def __enter__(self) -> Any:
        self.before = everything()
        return self.raises.__enter__()

    def __exit__(self, *args: Any) -> bool:
        is_raised = self.raises.__exit__(*args)
        assert everything() == self.before
        return bool(is_raised)


def everything() -> dict[str, Any]:
    """Every row of this room, and how much was told."""
    rooms = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in apps.get_app_config("reviews").get_models()}
    return {**rooms, "told": Event.objects.count()}
