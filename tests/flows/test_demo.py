"""The demo's simulated shops: outside of every merchant's scope, through the front door only."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from demo import carriers, till
from demo.payloads import Sale
from demo.seed import ensure_world
from demo.server import doors, new_order
from demo.shop import Door, Server, headers, steps_of
from demo.world import SHOPS, Shop, number_of
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import key_of_token
from merchants.services import create_merchant
from notifications.models import Message
from orders.models import Order
from returns.models import CasePhoto, Claim, Exchange, MoneyBack, Return, ReturnLine, ReturnPlace, ReturnPolicy, Withdrawal
from returns.selectors.cases import returns_of_orders
from returns.selectors.exchanges import targets_of
from returns.types import ClaimState, ExchangeState, MoneyState, PolicyState, ReturnState, WithdrawalState
from reviews.models import Review, ReviewNote, ReviewPhoto, ReviewReply, Theme, ThemeMark, Voice
from reviews.models.ratings import FeedbackTask, ProductScore, SurveyAnswer
from reviews.types import PhotoState, ReviewState, Source, TaskState, ThemeState
from rewards.models import Coupon
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


def test_the_demo_shows_trouble_and_the_late_parcel_has_brought_exactly_one_delay_message(
    world: list[Merchant], monkeypatch: pytest.MonkeyPatch
) -> None:
    for merchant in world:
        with merchant_scope(merchant.pk):
            late = Shipment.objects.get(scans__cause="weather", order__is_imported=False, status=ShipmentStatus.IN_TRANSIT)
            told = Message.objects.filter(shipment=late, kind="delayed", channel="email")
            assert [message.state for message in told] == ["delivered"]
            assert set(Incident.objects.exclude(state="resolved").values_list("type", flat=True)) >= {
                "unshipped_past_promise", "failed_attempt", "pickup_expiring", "customs_hold", "returning", "delivered_not_received",
            }  # fmt: skip
    check_returns(world)
    check_reviews(world)
    monkeypatch.setattr(till, "_call", call_of_client)
    check_till(world[0])
    before = doors()
    assert [merchant.pk for merchant in ensure_world(NOW + timedelta(days=1), "another")] == [merchant.pk for merchant in world]
    assert doors() == before


# The one state nothing rests in: money is asked for in the transaction that owes it.
NO_REST = {MoneyState.DUE}


def states(*tables: type[Any]) -> list[set[str]]:
    return [set(table.objects.values_list("state", flat=True)) for table in tables]


def check_returns(world: list[Merchant]) -> None:
    """Every state there is, on each desk; withdrawals where the law knows them. Nobody sees the other's."""
    seen: list[set[int]] = []
    for merchant in world:
        with merchant_scope(merchant.pk):
            assert states(Return, Claim, Exchange, MoneyBack) == [
                set(ReturnState.values), set(ClaimState.values), set(ExchangeState.values), set(MoneyState.values) - NO_REST,
            ]  # fmt: skip
            assert states(Withdrawal) == [set(WithdrawalState.values) if merchant.country == "DE" else set()]
            check_desk(merchant)
            cases = Return.objects.all()
            assert {row.merchant_id for row in cases} == {merchant.pk}
            assert {row.order.merchant_id for row in cases} == {merchant.pk}
            seen.append({row.pk for row in cases})
    assert not seen[0] & seen[1]


def check_reviews(world: list[Merchant]) -> None:
    """Reviews, pictures, tasks and themes in every state but erased; answers in public and private; surveys; coupons, one per order."""
    for merchant in world:
        with merchant_scope(merchant.pk):
            assert states(Review, FeedbackTask, ReviewPhoto, Theme) == [
                set(ReviewState.values) - {ReviewState.ERASED}, set(TaskState.values), {PhotoState.PENDING, PhotoState.PUBLISHED},
                set(ThemeState.values),
            ]  # fmt: skip
            assert ReviewReply.objects.count() == 3
            assert sorted(ReviewNote.objects.values_list("is_of_staff", flat=True)) == [False, False, True]
            assert FeedbackTask.objects.filter(state=TaskState.SOLVED).exclude(case="").count() == 1
            assert SurveyAnswer.objects.count() == 8
            assert set(Voice.objects.values_list("source", flat=True)) == set(Source.values)
            assert ThemeMark.objects.filter(told_at__isnull=False).exists()
            thanked = Coupon.objects.exclude(thanks_for="").values_list("thanks_for", flat=True)
            orders = Review.objects.filter(is_incentivised=True).values_list("order__public_id", flat=True)
            assert sorted(thanked) == sorted(set(orders))
            published = Review.objects.filter(state=ReviewState.PUBLISHED)
            assert sum(ProductScore.objects.values_list("n", flat=True)) == published.count()
            assert all(review.is_verified for review in published)


def check_desk(merchant: Merchant) -> None:
    """Policies, places, a photo, an overdue refund, a parcel on its way back, a gift; what the first shopper sees."""
    assert list(ReturnPolicy.objects.order_by("number").values_list("state", flat=True)) == [PolicyState.ARCHIVED, PolicyState.PUBLISHED]
    assert ReturnPlace.objects.count() == 2
    assert CasePhoto.objects.filter(ready_at__isnull=False, width=960).count() == 2
    assert Return.objects.filter(state=ReturnState.INSPECTED, overdue_at__isnull=False, moneys__state=MoneyState.ASKED).exists()
    parcel = Shipment.any_way.get(pk=Return.objects.get(state=ReturnState.IN_TRANSIT).shipment_id)
    assert (parcel.direction, [scan.status for scan in scans_of(shipment_ids=[parcel.pk])[parcel.pk] if scan.raw_code]) == (
        "back", ["in_transit", "picked_up"],
    )  # fmt: skip
    gift = Return.objects.get(is_gift=True)
    assert (gift.state, gift.moneys.get().way) == (ReturnState.RESOLVED, "credit")
    lines = ReturnLine.objects.filter(case__state=ReturnState.LABELLED, outcome="exchange")
    assert len(targets_of(order_line=lines.get().order_line)) > 1
    shop = next(shop for shop in SHOPS if shop.slug == merchant.slug)
    mine = Order.objects.filter(customer__email_normalised=shop.shoppers[0].email).values_list("pk", flat=True)
    found = returns_of_orders(list(mine))
    assert sorted(case.state for cases in found.values() for case in cases) == ["closed", "in_transit", "inspected", "labelled"]
    assert Message.objects.filter(order__in=mine, kind="return_approved", state="delivered").exists()


def call_of_client(server: Server, of: till.Till, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """As `till._call`, without the socket."""
    sent = {"Host": server.host, "Authorization": f"Bearer {of.key}", "Idempotency-Key": path}
    answer = Client().generic(method, path, json.dumps(body) if body else "", "application/json", headers=sent)
    return answer.status_code, answer.json()


def check_till(merchant: Merchant) -> None:
    """What was asked before the till opened stays on the desk; what was asked since is sent, once."""
    server, opened = Server(0, "platform.test"), till.till_of(SHOPS[0], merchant, NOW)
    assert till.pay_back(server, opened, NOW + timedelta(hours=1)) == 0
    earlier = replace(opened, since=NOW - timedelta(days=60))
    with merchant_scope(merchant.pk):
        asked = set(MoneyBack.objects.filter(state=MoneyState.ASKED).values_list("public_id", flat=True))
    assert till.pay_back(server, earlier, NOW + timedelta(hours=1)) == len(asked) > 0
    assert till.pay_back(server, earlier, NOW + timedelta(hours=1)) == 0
    with merchant_scope(merchant.pk):
        sent = MoneyBack.objects.filter(state=MoneyState.SENT, public_id__in=asked)
        assert {row.external_id for row in sent} == {f"M-{id}" for id in asked}


def test_a_shops_till_pays_what_was_asked_since_it_opened_and_its_old_key_ends(db: None) -> None:
    merchant = create_merchant(slug="aurora", name="Aurora", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    first, second = (till.till_of(SHOPS[0], merchant, NOW + timedelta(hours=hours)) for hours in (0, 1))
    assert (key_of_token(first.key, now=NOW), first.since) == (None, NOW)
    assert key_of_token(second.key, now=NOW) is not None
    moments = [NOW + timedelta(hours=1, minutes=minutes) for minutes in (-1, 0, 8, 9)]
    told = [till.is_due(second, at.isoformat().replace("+00:00", "Z"), NOW + timedelta(hours=1, minutes=10)) for at in moments]
    assert told == [False, True, True, False]


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.slug)
def test_shoppers_and_goods_have_ids_of_their_own(shop: Shop) -> None:
    names = [*(shopper.email for shopper in shop.shoppers), *(goods.sku for goods in shop.goods)]
    assert len({number_of(name) for name in names}) == len(names)
