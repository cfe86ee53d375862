"""Parcels move forward, once, whatever arrives."""

import logging
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import FulfilmentPolicy, Order, OrderChange, OrderLine, Promise
from orders.services import OrderNotFound
from tests import factories as make
from tests.conftest import NOW
from tracking.models import Shipment, ShipmentLine
from tracking.selectors import shipments_of, story_of
from tracking.services import ShipmentRefused, record_shipment
from tracking.types import IncomingShipment, ShipmentStatus

S = ShipmentStatus
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def told() -> list[str]:
    """What the shopper may be told; the books follow `changed`."""
    types = Event.objects.order_by("id").values_list("type", flat=True)
    return [type for type in types if type.startswith("tracking.") and type != "tracking.shipment.changed"]


def held(shipment: Shipment) -> dict[str, int]:
    return dict(ShipmentLine.objects.filter(shipment=shipment).values_list("order_line__external_id", "quantity"))


def test_a_parcel_holds_all_that_is_left_and_sends_the_order(in_acme: Merchant) -> None:
    order = make.place_order()
    shipment = make.ship(order)
    order.refresh_from_db()
    assert (held(shipment), order.fulfilment, shipment.position) == ({"L1": 2, "L2": 1}, "fulfilled", 1)
    assert (shipment.carrier_code, shipment.carrier_name, shipment.shipped_at) == ("dhl", "DHL", NOW + DAY)
    assert shipment.tracking_url == "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=00340434161094042557"
    for type in ("tracking.shipment.dispatched", "tracking.shipment.changed"):
        assert Event.objects.get(type=type).payload == {"order": order.pk, "shipment": shipment.pk}


def test_the_same_parcel_again_changes_nothing(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    before = (Shipment.objects.values().get(), Event.objects.count(), OrderChange.objects.count(), Promise.objects.count())
    make.ship(order)
    assert (Shipment.objects.values().get(), Event.objects.count(), OrderChange.objects.count(), Promise.objects.count()) == before


def test_a_label_is_not_shipped(in_acme: Merchant) -> None:
    order = make.place_order()
    shipment = make.ship(order, status=S.LABEL_CREATED)
    order.refresh_from_db()
    assert (shipment.shipped_at, order.fulfilment, told()) == (None, "unfulfilled", [])
    assert (shipment.eta_from, shipment.eta_by) == (order.arrive_from, order.arrive_by)
    make.ship(order, status=S.PICKED_UP, updated_at=NOW + 2 * DAY)
    order.refresh_from_db()
    assert (order.fulfilment, told()) == ("fulfilled", ["tracking.shipment.dispatched"])


def test_dispatch_and_delivery_are_told_once(in_acme: Merchant) -> None:
    order = make.place_order()
    for days, status in enumerate((S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED, S.DELIVERED, S.OUT_FOR_DELIVERY), 1):
        shipment = make.ship(order, status=status, updated_at=NOW + days * DAY)
    assert told() == ["tracking.shipment.dispatched", "tracking.shipment.out_for_delivery", "tracking.shipment.delivered"]
    assert (shipment.status, shipment.shipped_at, shipment.delivered_at) == (S.DELIVERED, NOW + DAY, NOW + 3 * DAY)
    assert list(OrderChange.objects.order_by("id").values_list("kind", flat=True))[-2:] == ["shipped", "delivered"]


def test_a_delivered_parcel_can_only_go_back(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, status=S.DELIVERED)
    make.ship(order, status=S.IN_TRANSIT, updated_at=NOW + 9 * DAY)
    assert Shipment.objects.get().status == S.DELIVERED
    make.ship(order, status=S.RETURNING, updated_at=NOW + 9 * DAY)
    make.ship(order, status=S.DELIVERED, updated_at=NOW + 10 * DAY)
    assert Shipment.objects.get().status == S.RETURNING


def test_quantities_per_parcel_never_exceed_the_order(in_acme: Merchant, caplog: pytest.LogCaptureFixture) -> None:
    order = make.place_order()
    with caplog.at_level(logging.WARNING):
        first = make.ship(order, external_id="S1", lines={"L1": 1, "unknown": 4})
        second = make.ship(order, external_id="S2", lines={"L1": 5})
        third = make.ship(order, external_id="S3")
    assert [held(parcel) for parcel in (first, second, third)] == [{"L1": 1}, {"L1": 1}, {"L2": 1}]
    assert [parcel.position for parcel in (first, second, third)] == [1, 2, 3]
    assert [record.getMessage() for record in caplog.records] == [
        "parcel differs from order: unknown line 'unknown'",
        "parcel differs from order: line 'L1': 5 told, 1 left",
    ]
    assert list(OrderLine.objects.order_by("position").values_list("quantity_fulfilled", flat=True)) == [2, 1]


def test_lines_named_with_none_are_not_all_that_is_left(in_acme: Merchant) -> None:
    assert held(make.ship(make.place_order(), lines={"L1": 0, "L2": 0})) == {}


def test_a_parcel_can_be_packed_anew(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    shipment = make.ship(order, lines={"L1": 1}, updated_at=NOW + DAY + HOUR)
    order.refresh_from_db()
    assert (held(shipment), order.fulfilment) == ({"L1": 1}, "partial")
    assert list(OrderLine.objects.order_by("position").values_list("quantity_fulfilled", flat=True)) == [1, 0]


def test_a_cancelled_parcel_gives_its_goods_free(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    make.ship(order, status=S.CANCELLED, updated_at=NOW + 2 * DAY)
    order.refresh_from_db()
    assert order.fulfilment == "unfulfilled"
    again = make.ship(order, external_id="S2", updated_at=NOW + 3 * DAY)
    order.refresh_from_db()
    assert (held(again), order.fulfilment) == ({"L1": 2, "L2": 1}, "fulfilled")


def test_a_parcel_before_its_order_waits(in_acme: Merchant) -> None:
    incoming = IncomingShipment(source="api", external_id="S1", order_external_id="1001", updated_at=NOW)
    with pytest.raises(OrderNotFound):
        record_shipment(incoming=incoming, at=NOW)
    assert (Shipment.objects.count(), Event.objects.count()) == (0, 0)


def test_another_merchants_order_gets_no_parcel(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        incoming = make.incoming_shipment(make.place_order())
    with merchant_scope(borealis.pk), pytest.raises(OrderNotFound):
        record_shipment(incoming=incoming, at=NOW)
    with merchant_scope(acme.pk):
        assert Shipment.objects.count() == 0


def test_the_carriers_day_goes_before_the_merchants(in_acme: Merchant) -> None:
    FulfilmentPolicy.objects.create(transit_days_min=2, transit_days_max=4)
    order = make.place_order()
    shipment = make.ship(order)  # handed over on Saturday
    assert (shipment.eta_from, shipment.eta_by, shipment.eta_source) == (date(2026, 11, 25), date(2026, 11, 27), "merchant")
    shipment = make.ship(order, eta=date(2026, 11, 24), updated_at=NOW + DAY + HOUR)
    assert (shipment.eta_by, shipment.eta_source) == (date(2026, 11, 24), "carrier")
    shipment = make.ship(order, status=S.OUT_FOR_DELIVERY, updated_at=NOW + 2 * DAY)
    assert (shipment.eta_by, shipment.eta_source) == (date(2026, 11, 24), "carrier")
    said = Promise.objects.filter(subject=f"shipment:{shipment.pk}").order_by("id").values_list("date", "source")
    assert list(said) == [(date(2026, 11, 27), "merchant"), (date(2026, 11, 24), "carrier")]


def test_promises_of_a_parcel_are_settled_when_it_comes(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, eta=date(2026, 11, 24))
    make.ship(order, status=S.DELIVERED, updated_at=NOW + 5 * DAY)  # the 25th
    assert list(Promise.objects.order_by("id").values_list("subject", "kind", "is_kept")) == [
        ("order", "dispatch_by", True),
        ("order", "arrive_by", True),
        (f"shipment:{Shipment.objects.get().pk}", "arrive_by", False),
    ]


def test_unknown_carriers_are_kept_as_written(in_acme: Merchant) -> None:
    shipment = make.ship(make.place_order(), carrier="Onkel Bob", tracking_url="https://bob.example/7")
    assert (shipment.carrier_code, shipment.carrier_name, shipment.tracking_url) == ("", "Onkel Bob", "https://bob.example/7")


def test_old_news_fills_gaps_and_overwrites_nothing(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, tracking_number="", service="Express", updated_at=NOW + 2 * DAY)
    shipment = make.ship(order, tracking_number="123", service="Old", updated_at=NOW + DAY)
    assert (shipment.tracking_number, shipment.service, shipment.source_updated_at) == ("123", "Express", NOW + 2 * DAY)


def test_history_is_quiet(in_acme: Merchant) -> None:
    order = make.place_order(quiet=True)
    make.ship(order, status=S.DELIVERED, quiet=True)
    order.refresh_from_db()
    assert (order.fulfilment, told(), Promise.objects.count()) == ("fulfilled", [], 0)
    assert Event.objects.filter(type="tracking.shipment.changed").count() == 1
    assert OrderChange.objects.filter(kind="delivered").count() == 1


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"tracking_number": "x" * 101}, "tracking_number"),
        ({"carrier": "D\0HL"}, "carrier"),
        ({"lines": {"L1": -1}}, "lines[L1]"),
        ({"lines": {"L1": 1_000_001}}, "lines[L1]"),
        ({"shipped_at": NOW.replace(tzinfo=None)}, "shipped_at"),
    ],
)
def test_bad_parcels_are_refused_by_field(in_acme: Merchant, over: dict[str, Any], field: str) -> None:
    order = make.place_order()
    with pytest.raises(ShipmentRefused) as refusal:
        make.ship(order, at=NOW, **over)
    assert (refusal.value.field, Shipment.objects.count(), told()) == (field, 0, [])


def test_a_link_that_is_no_web_address_is_left_out(in_acme: Merchant) -> None:
    assert make.ship(make.place_order(), carrier="Bob", tracking_url="javascript:alert(1)").tracking_url == ""


def test_parcels_of_many_orders_take_two_queries(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    orders = [make.place_order(number=str(i)) for i in range(3)]
    for order in orders[:2]:
        make.ship(order, external_id="B", lines={"L1": 1})
        make.ship(order, external_id="A")
    with django_assert_num_queries(2):
        found = shipments_of(order_ids=[order.pk for order in orders])
        titles = {id: [[line.order_line.title for line in parcel.lines.all()] for parcel in parcels] for id, parcels in found.items()}
    assert titles == {
        orders[0].pk: [["Linen shirt"], ["Linen shirt", "Leather belt"]],
        orders[1].pk: [["Linen shirt"], ["Linen shirt", "Leather belt"]],
        orders[2].pk: [],
    }


def test_the_story_tells_what_lies_where_and_what_follows(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, lines={"L1": 1})
    story = story_of(order=Order.objects.prefetch_related("lines").get(), shipments=shipments_of(order_ids=[order.pk])[order.pk])
    assert [(parcel.position, parcel.of, [(item.title, item.quantity) for item in parcel.items]) for parcel in story.parcels] == [
        (1, 1, [("Linen shirt", 1)])
    ]
    assert [(item.title, item.quantity) for item in story.following] == [("Linen shirt", 1), ("Leather belt", 1)]
    assert story.follows_by == date(2026, 11, 23)


@pytest.mark.parametrize("lines", [1, 100])
def test_a_parcel_takes_twenty_queries_whatever_it_holds(in_acme: Merchant, lines: int) -> None:
    order = make.place_order(lines=tuple(make.incoming_line(external_id=f"L{i}") for i in range(lines)))
    with CaptureQueriesContext(connection) as queries:
        make.ship(order)
    assert len([query for query in queries.captured_queries if "events_delivery" not in query["sql"]]) == 20
