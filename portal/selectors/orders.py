"""The list of a shopper's orders, and what of it needs a look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, QuerySet, Subquery

from notifications.models import ShortLink
from orders.models import Order, OrderLine, Refund
from orders.selectors import OrderNotFound
from orders.types import Fulfilment, OrderState
from portal.rules import STILL_COMING, action_of, arrival_of, order_state, own_path
from portal.selectors.journey import facts_of
from portal.selectors.parcels import Troubles
from portal.types import Action, OrderFacts, ParcelFacts, State
from tracking.models import Shipment
from tracking.types import ShipmentStatus

TRAVELLING = STILL_COMING | {ShipmentStatus.READY_FOR_PICKUP}


@dataclass(frozen=True, slots=True)
class Listed:
    """One order in the list, or one thing that needs a look."""

    order: Order
    facts: OrderFacts
    state: State
    name: str
    image_url: str
    more: int
    parcels: tuple[ParcelFacts, ...]
    today: date

    @property
    def is_travelling(self) -> bool:
        """Whether following it makes sense: something is on the road or waits to be collected."""
        return self.facts.state != OrderState.CANCELLED and any(parcel.status in TRAVELLING for parcel in self.parcels)

    @property
    def action(self) -> Action:
        """The one button it has in the list."""
        return action_of(self.facts, number=self.order.number, today=self.today)

    @property
    def comes_on(self) -> date | None:
        """The day the next parcel comes, while one is on its way and a day is known."""
        coming = [parcel for parcel in self.parcels if parcel.status in STILL_COMING] if self.is_travelling else []
        days = [arrival_of(parcel, order=self.facts, today=self.today).last for parcel in coming]
        return min((day for day in days if day is not None), default=None)

    @property
    def fetch_by(self) -> date | None:
        """The last day on which a parcel can be collected, while one waits."""
        waits = [parcel.pickup_until for parcel in self.parcels if parcel.status == ShipmentStatus.READY_FOR_PICKUP]
        return min((day for day in waits if day is not None), default=None)

    @property
    def came_on(self) -> date | None:
        """The day the last parcel was delivered, once all are."""
        days = [parcel.delivered_on for parcel in self.parcels]
        return max((day for day in days if day is not None), default=None) if self.state.tone == "good" and None not in days else None


def order_with_lines(*, public_id: str, customer_id: int | None) -> Order:
    """One of the shopper's own orders, in two queries. Raises OrderNotFound for anybody else's."""
    order: Order | None = Order.objects.filter(public_id=public_id, customer_id=customer_id).prefetch_related("lines").first()
    if order is None:
        raise OrderNotFound("no such order")
    return order


def order_by_token(*, token: str) -> Order:
    """The order a tracking link opens, with its lines and the days we said; three queries. Raises OrderNotFound."""
    return _tracked(Order.objects.filter(track_token=token))


def order_for_tracking(*, public_id: str, customer_id: int | None) -> Order:
    """The same for one of the shopper's own orders. Raises OrderNotFound for anybody else's."""
    return _tracked(Order.objects.filter(public_id=public_id, customer_id=customer_id))


def _tracked(rows: "QuerySet[Order]") -> Order:
    order: Order | None = rows.prefetch_related("lines", "promises").first()
    if order is None:
        raise OrderNotFound("no such order")
    return order


def line_of(*, order: Order, public_id: str) -> OrderLine | None:
    """One line of the order with its product, when the catalogue has it."""
    line: OrderLine | None = OrderLine.objects.select_related("product").filter(order=order, public_id=public_id).first()
    return line


def with_summary(rows: "QuerySet[Order]") -> "QuerySet[Order]":
    """Adds the first item's name and picture, how many lines there are and the newest refund: no query per order."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by("position", "id")
    return rows.annotate(
        first_title=Subquery(lines.values("title")[:1]),
        first_image=Subquery(lines.values("image_url")[:1]),
        line_count=Count("lines"),
        refunded_at=Subquery(Refund.objects.filter(order=OuterRef("pk")).order_by("-refunded_at").values("refunded_at")[:1]),
    )


def listed(
    orders: Sequence[Order], shipments: dict[int, list[Shipment]], troubles: dict[int, Troubles], *, today: date, zone: ZoneInfo
) -> list[Listed]:
    """Orders with their state in words. `orders` come from `with_summary`."""
    return [_listed(order, shipments.get(order.pk, []), troubles.get(order.pk, Troubles()), today=today, zone=zone) for order in orders]


def _listed(order: Order, shipments: list[Shipment], troubles: Troubles, *, today: date, zone: ZoneInfo) -> Listed:
    alive = [s for s in sorted(shipments, key=lambda s: s.position) if s.status != ShipmentStatus.CANCELLED]
    is_all_sent = order.fulfilment == Fulfilment.FULFILLED
    waiting = 0 if is_all_sent else 1
    untracked = 1 if is_all_sent and not alive else 0
    facts = facts_of(order, alive, troubles, zone=zone, waiting=waiting, untracked=untracked)
    return Listed(
        order=order,
        facts=facts,
        state=order_state(facts, today=today),
        name=getattr(order, "first_title", None) or "",
        image_url=getattr(order, "first_image", None) or "",
        more=max(0, getattr(order, "line_count", 0) - 1),
        parcels=facts.parcels,
        today=today,
    )


def short_link_path(*, code: str) -> str | None:
    """Where a short link of this merchant leads: a path on this host, never anything else."""
    path: str | None = ShortLink.objects.filter(code=code).values_list("path", flat=True).first()
    return path if path is not None and own_path(path) == path else None
