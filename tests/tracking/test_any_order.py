"""Whatever the order in which news arrives, and however often: one final state, one set of events."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from events.models import Event
from merchants.models import Merchant
from orders.models import Order, OrderLine
from orders.services import OrderNotFound, record_order
from orders.types import IncomingOrder, PaymentState
from tests import factories as make
from tests.conftest import NOW
from tracking.models import Shipment
from tracking.services import record_shipment
from tracking.types import IncomingShipment, ShipmentStatus

S = ShipmentStatus
HOUR = timedelta(hours=1)
AT = NOW + timedelta(days=2)


class Undo(Exception):
    """Takes one history back, so that the next starts from nothing."""


def order_news(hours: int, **over: Any) -> IncomingOrder:
    return make.incoming_order(updated_at=NOW + hours * HOUR, **over)


def parcel_news(name: str, hours: int, status: S, lines: dict[str, int]) -> IncomingShipment:
    return IncomingShipment(
        source="api", external_id=name, order_external_id="1001", updated_at=NOW + hours * HOUR, status=status, carrier="DHL", lines=lines
    )


NEWS: list[IncomingOrder | IncomingShipment] = [
    order_news(0, is_confirmed=False, payment_state=PaymentState.PENDING),
    order_news(1),
    parcel_news("A", 2, S.LABEL_CREATED, {"L1": 2}),
    parcel_news("A", 3, S.IN_TRANSIT, {"L1": 2}),
    parcel_news("A", 4, S.OUT_FOR_DELIVERY, {"L1": 2}),
    parcel_news("A", 5, S.DELIVERED, {"L1": 2}),
    parcel_news("B", 3, S.PICKED_UP, {"L2": 1}),
    parcel_news("B", 6, S.ATTEMPT_FAILED, {"L2": 1}),
    parcel_news("B", 7, S.OUT_FOR_DELIVERY, {"L2": 1}),
]


def arrive(news: list[IncomingOrder | IncomingShipment], at: datetime) -> None:
    """Tell everything once in this order; a parcel before its order is told again at the end, as the inbox does."""
    waiting = []
    for item in news:
        try:
            if isinstance(item, IncomingOrder):
                record_order(incoming=item, at=at)
            else:
                record_shipment(incoming=item, at=at)
        except OrderNotFound:
            waiting.append(item)
    if waiting:
        arrive(waiting, at)


def outcome() -> dict[str, Any]:
    order = Order.objects.get()
    shipments = Shipment.objects.order_by("external_id")
    return {
        "order": (order.state, order.payment_state, order.fulfilment, order.total, order.paid_total, order.source_updated_at),
        "lines": list(OrderLine.objects.order_by("external_id").values_list("external_id", "quantity", "quantity_fulfilled")),
        "parcels": list(shipments.values_list("external_id", "status", "status_at", "shipped_at", "delivered_at", "eta_by")),
        "held": [sorted(row.lines.values_list("order_line__external_id", "quantity")) for row in shipments],
        # How often the books are told to look again depends on the order; what people are told does not.
        "events": Counter(Event.objects.exclude(type="tracking.shipment.changed").values_list("type", flat=True)),
    }


def outcome_of(news: list[IncomingOrder | IncomingShipment]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            arrive(news, AT)
            found = outcome()
            raise Undo
    except Undo:
        return found


def test_the_ordinary_history(in_acme: Merchant) -> None:
    found = outcome_of(NEWS)
    assert found["order"][:3] == ("confirmed", "paid", "fulfilled")
    assert found["lines"] == [("L1", 2, 2), ("L2", 1, 1)]
    assert [row[:2] for row in found["parcels"]] == [("A", "delivered"), ("B", "out_for_delivery")]
    assert found["events"] == {
        "orders.order.placed": 1,
        "orders.order.confirmed": 1,
        "orders.order.paid": 1,
        "tracking.shipment.dispatched": 2,
        "tracking.shipment.delivered": 1,
    }


def test_any_order_and_any_doubling_end_the_same(in_acme: Merchant) -> None:
    told_in_order = outcome_of(NEWS)

    @settings(max_examples=20, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
    @given(news=st.permutations(range(len(NEWS))), doubled=st.lists(st.integers(0, len(NEWS) - 1), max_size=4))
    def check(news: list[int], doubled: list[int]) -> None:
        assert outcome_of([NEWS[i] for i in (*news, *doubled)]) == told_in_order

    check()
