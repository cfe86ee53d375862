"""The demo's simulated shops: outside of every merchant's scope, through the front door only."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from demo import carriers
from demo.payloads import Sale
from demo.seed import ensure_world
from demo.server import doors, new_order
from demo.shop import Door, headers, steps_of
from demo.world import SHOPS, Shop, number_of
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message
from orders.models import Order
from tests.conftest import NOW
from tracking.models import Incident, Shipment
from tracking.selectors import scans_of
from tracking.types import ShipmentStatus


@pytest.fixture
def world(db: None) -> list[Merchant]:
    return ensure_world(NOW, "a long password", ordinary=3)


def act_out(shop_door: Door, carrier_door: Door) -> Sale:
    """One sale from purchase to the door, through the hooks; a step every ten minutes."""
    order = new_order(shop_door.shop, NOW - timedelta(seconds=2))
    sale = Sale(order, shop_door.shop.carriers[0], 1_790_000_000_000)
    for place, (door, step) in enumerate(steps_of(shop_door, carrier_door)):
        at = NOW + timedelta(minutes=10 * place)
        topic, body = step(sale, at)
        raw = json.dumps(body).encode()
        sent = {"Host": "platform.test", **headers(door.connector, topic, raw, door.secret)}
        answer = Client().post(door.path, raw, content_type="application/json", headers=sent)
        assert answer.status_code == 200, answer.content
        run_until_quiet(lambda at=at: at)  # type: ignore[misc]
    return sale


def test_every_simulated_shop_and_its_carrier_bring_an_order_to_the_door(world: list[Merchant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "ROADS", ("plain",))
    for merchant, its_doors in zip(world, doors(), strict=True):
        check_sale(merchant, act_out(*its_doors))


def check_sale(merchant: Merchant, sale: Sale) -> None:
    with merchant_scope(merchant.pk):
        row = Order.objects.get(number=sale.order.number)
        assert row.total == sale.order.total
        assert all(line.product is not None for line in row.lines.all())
        assert Customer.objects.filter(email_normalised=sale.order.email).count() == 1
        assert Message.objects.filter(order=row, kind="order_confirmation", channel="email").exists()
        parcel = Shipment.objects.get(order=row)
        assert parcel.status == ShipmentStatus.DELIVERED
        assert [scan.status for scan in scans_of(shipment_ids=[parcel.pk])[parcel.pk] if scan.raw_code] == [
            "delivered", "out_for_delivery", "in_transit", "in_transit", "picked_up", "label_created",
        ]  # fmt: skip


def test_the_demo_shows_trouble_and_the_late_parcel_has_brought_exactly_one_delay_message(world: list[Merchant]) -> None:
    for merchant in world:
        with merchant_scope(merchant.pk):
            late = Shipment.objects.get(scans__cause="weather", order__is_imported=False, status=ShipmentStatus.IN_TRANSIT)
            told = Message.objects.filter(shipment=late, kind="delayed", channel="email")
            assert [message.state for message in told] == ["delivered"]
            assert set(Incident.objects.exclude(state="resolved").values_list("type", flat=True)) >= {
                "unshipped_past_promise", "failed_attempt", "pickup_expiring", "customs_hold", "returning", "delivered_not_received",
            }  # fmt: skip
    before = doors()
    assert [merchant.pk for merchant in ensure_world(NOW + timedelta(days=1), "another")] == [merchant.pk for merchant in world]
    assert doors() == before


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.slug)
def test_shoppers_and_goods_have_ids_of_their_own(shop: Shop) -> None:
    names = [*(shopper.email for shopper in shop.shoppers), *(goods.sku for goods in shop.goods)]
    assert len({number_of(name) for name in names}) == len(names)
