"""A shopper's order that has come, a policy that offers everything, and the steps of a return in few words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product, Variant
from events.models import Event
from orders.models import Order, OrderLine, Refund
from orders.services import record_refund
from orders.types import IncomingRefund
from returns.models import CaseChange, MoneyBack, Return, ReturnLine, ReturnPolicy
from returns.services import inspect_return, receive_return, request_return
from returns.types import Actor, Origin, Outcome, Unpacked, Verdict, Way, Wish
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
CAME = NOW + 3 * DAY  # Monday 23 November 2026, 11:00 in Berlin
ASKED = NOW + 4 * DAY
SHOPPER = Actor(Origin.ACCOUNT)
GUEST = Actor(Origin.GUEST)
STAFF = Actor(Origin.STAFF)
OUTCOMES: dict[str, Any] = {
    "refund": {},
    "credit": {"bonus_percent": 10},
    "exchange": {},
    "keep": {"share_percent": 20},
    "donate": {"for": "any"},
    "replacement": {"for": "any"},
    "repair": {"for": "any"},
}


def offer_all(**over: Any) -> ReturnPolicy:
    """A policy in force that offers every outcome, for wishes as for faults."""
    outcomes = {name: {**terms} for name, terms in {**OUTCOMES, **over.pop("outcomes", {})}.items()}
    row: ReturnPolicy = ReturnPolicy.objects.create(outcomes=outcomes, created_at=NOW, **over)
    return row


def shirt(**over: Any) -> Product:
    """The product behind the first line, in three sizes."""
    values: dict[str, Any] = {
        "external_id": "shirt", "title": "Linen shirt", "sku": "SHIRT", "price": Decimal("49.00"), "currency": "EUR",
        "created_at": NOW, "updated_at": NOW, **over,
    }  # fmt: skip
    product: Product = Product.objects.create(**values)
    for rank, (size, price, stock) in enumerate([("S", "39.00", 3), ("M", "49.00", 2), ("L", "59.00", 1)]):
        Variant.objects.create(
            product=product, external_id=f"v-{size}", title=size, sku=f"SHIRT-{size}", price=Decimal(price), stock=stock, rank=rank
        )
    return product


def bought(**over: Any) -> Order:
    """Three shirts for 49.00 and a belt for 29.90, delivered three days later; 4.90 postage, 181.80 paid."""
    lines = (
        incoming_line(external_id="L1", variant_title="M", sku="SHIRT-M", quantity=3, product_external_id="shirt"),
        incoming_line(external_id="L2", title="Leather belt", sku="BELT", unit_price=Decimal("29.90")),
    )
    parcel = {"tracking_number": over.pop("tracking_number", "00340434161094042557")}
    order = place_order(**{"lines": lines, **over})
    ship(order, **parcel, status=ShipmentStatus.DELIVERED, shipped_at=NOW + DAY, delivered_at=CAME, updated_at=CAME)
    order.refresh_from_db()
    return order


def line_of(order: Order, external_id: str = "L1") -> OrderLine:
    line: OrderLine = OrderLine.objects.get(order=order, external_id=external_id)
    return line


def wish(order: Order, external_id: str = "L1", quantity: int = 1, outcome: str = "refund", **over: Any) -> Wish:
    values: dict[str, Any] = {"reason": "too_small", **over}
    return Wish(line=line_of(order, external_id).public_id, quantity=quantity, outcome=Outcome(outcome), **values)


def ask(order: Order, *wishes: Wish, at: datetime = ASKED, by: Actor = SHOPPER, way: Way = Way.OWN, **over: Any) -> Return:
    """A return asked for; without wishes, one shirt for its money."""
    return request_return(order=order, wishes=wishes or (wish(order),), way=way, at=at, by=by, **over)


def only_line(case: Return) -> ReturnLine:
    line: ReturnLine = ReturnLine.objects.get(case=case)
    return line


def unpack(case: Return, at: datetime = ASKED + 5 * DAY, **over: Any) -> Return:
    """Everything came."""
    found = {line.pk: Unpacked(line.quantity, **over) for line in ReturnLine.objects.filter(case=case)}
    return receive_return(case=case, lines=found, at=at, by=STAFF)


def check(case: Return, at: datetime = ASKED + 6 * DAY, **over: Any) -> Return:
    """Everything that came is accepted."""
    found = {line.pk: Verdict(line.quantity_received, **over) for line in ReturnLine.objects.filter(case=case)}
    return inspect_return(case=case, lines=found, at=at, by=STAFF)


def through(case: Return) -> Return:
    return check(unpack(case))


def shop_refunds(
    order: Order, amount: str, *, id: str = "R1", lines: Mapping[str, int] | None = None, at: datetime = ASKED + 7 * DAY
) -> Refund:
    """The shop tells of a refund."""
    told = IncomingRefund(external_id=id, amount=Decimal(amount), refunded_at=at, lines=dict(lines or {}))
    row = record_refund(order=order, refund=told, at=at)
    assert row is not None
    return row


def moneys(order: Order) -> list[tuple[str, Decimal, str]]:
    return [(row.way, row.amount, row.state) for row in MoneyBack.objects.filter(order=order).order_by("pk")]


def events(prefix: str = "returns.") -> list[str]:
    rows = Event.objects.filter(type__startswith=prefix).order_by("pk").values_list("type", flat=True)
    return [type.removeprefix("returns.") for type in rows]


class Unchanged:
    """Nothing of this room was written and nothing was queued inside the block, which raises `error`."""

    def __init__(self, error: type[Exception]) -> None:
        self.raises = pytest.raises(error)
        self.told: Any = None

    def __enter__(self) -> Any:
        self.before = _everything()
        self.told = self.raises.__enter__()
        return self.told

    def __exit__(self, *args: Any) -> bool:
        is_raised = self.raises.__exit__(*args)
        assert _everything() == self.before
        return bool(is_raised)


def _everything() -> tuple[Any, ...]:
    cases = list(Return.objects.order_by("pk").values_list("pk", "state", "reason", "question"))
    lines = list(ReturnLine.objects.order_by("pk").values_list("pk", "quantity_received", "quantity_accepted"))
    paid = list(MoneyBack.objects.order_by("pk").values_list("pk", "state", "external_id"))
    return cases, lines, paid, CaseChange.objects.count(), Event.objects.count()
