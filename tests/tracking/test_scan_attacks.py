"""What carriers, shops and strangers do to scans that nobody planned for."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant
from orders.models import Order
from orders.services import cancel_order
from orders.types import Address
from tests import factories as make
from tests.conftest import NOW
from tests.factories import scan, tell
from tracking.models import CarrierFeed, Shipment, WaitingScans
from tracking.rules.fold import Road, fold
from tracking.rules.places import normal_city
from tracking.rules.scans import AHEAD, without_future
from tracking.selectors import hold_orders
from tracking.services import count_parcels, learn, review, scans, sweep_incidents
from tracking.types import IncomingTracking, ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = NOW + DAY
ORDINARY = ("dispatched", "arrived_in_city", "out_for_delivery", "attempt_failed", "ready_for_pickup", "delivered")


def told() -> list[str]:
    types = Event.objects.filter(type__startswith="tracking.shipment.").order_by("pk").values_list("type", flat=True)
    return [name for type in types if (name := type.removeprefix("tracking.shipment.")) in ORDINARY]


@pytest.mark.parametrize("hours", [[0], [0, 24], [25], [0, 25, 24], [25, 26, 30]])
def test_scans_from_the_future_are_left_out_and_named(hours: list[int]) -> None:
    news = IncomingTracking("aftership", tuple(scan(at=NOW + hour * HOUR) for hour in hours), "N", warnings=("odd",))
    kept = without_future(news, at=NOW)
    assert [one.at for one in kept.scans] == [NOW + hour * HOUR for hour in hours if hour * HOUR <= AHEAD]
    ahead = ", ".join(f"scans[{place}]" for place, hour in enumerate(hours) if hour > 24)
    assert kept.warnings == (("odd", f"left out, in the future: {ahead}") if ahead else ("odd",))


def test_a_place_that_is_no_city_does_not_hide_where_it_came_from() -> None:
    road = Road(to_city="berlin", to_country="DE")
    scans = [scan("picked_up", at=NOW, city="-"), scan("in_transit", at=NOW + HOUR, city="Berlin")]
    assert fold([(one, "x") for one in scans], road).arrived_at is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mexico City", "MEXICO"),
        ("Panama City", "Panama"),
        ("Guatemala City", "Guatemala"),
        ("Frankfurt (Oder)", "Frankfurt"),
        ("Frankfurt/Oder", "Frankfurt/Main"),
        ("Halle (Saale)", "Halle (Westf.)"),
        ("Rotenburg (Wümme)", "Rotenburg"),
    ],
)
def test_cities_that_share_a_word_are_different(one: str, other: str) -> None:
    assert normal_city(one) != normal_city(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Milano (MI)", "MILANO"),
        ("Paris (France)", "Paris"),
        ("Berlin/DE", "berlin"),
        ("Kansas City", "KANSAS CITY"),
        ("Köln (75)", "Koeln"),
    ],
)
def test_where_a_city_lies_is_not_its_name(one: str, other: str) -> None:
    assert normal_city(one) == normal_city(other)


@pytest.mark.parametrize(
    ("shops", "carriers"), [("rr123456789de", "RR123456789DE"), ("RR123456789DE", "rr123456789de"), ("rr 123 456 789 de", "RR123456789DE")]
)
def test_a_number_is_the_same_in_small_letters(in_acme: Merchant, shops: str, carriers: str) -> None:
    make.ship(make.place_order(), tracking_number=shops)
    tell(scan("out_for_delivery", at=LEFT + HOUR), tracking_number=carriers)
    assert (Shipment.objects.get().status, WaitingScans.objects.count()) == (S.OUT_FOR_DELIVERY, 0)


def test_news_without_a_carrier_move_one_carriers_parcels_only(in_acme: Merchant) -> None:
    make.ship(make.place_order(number="1"), carrier="DHL", tracking_number="N1")
    make.ship(make.place_order(number="2", placed_at=NOW + DAY), carrier="UPS", tracking_number="N1")
    tell(scan("delivered", at=LEFT + 3 * DAY), tracking_number="N1", carrier="")
    assert sorted(Shipment.objects.values_list("carrier_code", "status")) == [("dhl", "in_transit"), ("ups", "delivered")]


@pytest.mark.parametrize("is_cancelled_first", [True, False])
def test_a_parcel_cancelled_by_the_shop_and_delivered_all_the_same_was_sent(in_acme: Merchant, is_cancelled_first: bool) -> None:
    order = make.place_order()
    make.ship(order)
    steps: list[Callable[[], Any]] = [
        lambda: make.ship(order, status=S.CANCELLED, updated_at=LEFT + HOUR),
        lambda: tell(scan("delivered", at=LEFT + 2 * DAY)),
    ]
    for step in steps if is_cancelled_first else reversed(steps):
        step()
    order.refresh_from_db()
    assert (Shipment.objects.get().status, order.fulfilment) == (S.DELIVERED, "fulfilled")


@pytest.mark.parametrize("status", ["attempt_failed", "out_for_delivery", "ready_for_pickup", "delivered"])
def test_a_shop_that_tells_a_state_again_makes_no_news(in_acme: Merchant, status: str) -> None:
    order = make.place_order()
    make.ship(order, status=S.LABEL_CREATED)
    for hours in (1, 5, 25, 30):
        make.ship(order, status=S(status), shipped_at=LEFT, updated_at=LEFT + hours * HOUR, at=LEFT + hours * HOUR)
    assert told() == ["dispatched", status]


@pytest.mark.parametrize("is_shop_first", [True, False])
def test_one_attempt_told_by_carrier_and_shop_is_one(in_acme: Merchant, is_shop_first: bool) -> None:
    order = make.place_order()
    make.ship(order)
    steps: list[Callable[[], Any]] = [
        lambda: tell(scan("attempt_failed", at=LEFT + 3 * HOUR)),
        lambda: make.ship(
            order, status=S.ATTEMPT_FAILED, shipped_at=LEFT, updated_at=LEFT + 3 * HOUR + timedelta(seconds=7), at=LEFT + 4 * HOUR
        ),
    ]
    for step in reversed(steps) if is_shop_first else steps:
        step()
    assert told() == ["dispatched", "attempt_failed"]


def test_two_attempts_of_one_day_are_two(in_acme: Merchant) -> None:
    make.ship(make.place_order())
    for hours, status in enumerate(("attempt_failed", "in_transit", "attempt_failed", "attempt_failed"), 1):
        tell(scan(status, at=LEFT + hours * HOUR))
    assert told() == ["dispatched", "attempt_failed", "attempt_failed"]


@pytest.mark.parametrize("status", ["out_for_delivery", "attempt_failed", "ready_for_pickup", "on_hold"])
def test_a_shop_that_says_no_more_than_sent_moves_no_parcel_back(in_acme: Merchant, status: str) -> None:
    order = make.place_order()
    make.ship(order)
    tell(scan(status, at=LEFT + 9 * HOUR))
    make.ship(order, updated_at=LEFT + 10 * HOUR, at=LEFT + 10 * HOUR, tracking_url="https://example.com/x")
    assert Shipment.objects.get().status == status


def test_a_shop_that_says_no_more_than_sent_ends_no_delay(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    tell(scan("in_transit", at=LEFT + 9 * HOUR, is_delay=True, cause="weather"))
    make.ship(order, updated_at=LEFT + 10 * HOUR, at=LEFT + 10 * HOUR)
    row = Shipment.objects.get()
    assert (row.is_delayed, row.cause) == (True, "weather")


def test_a_shop_that_goes_on_saying_delivered_contradicts_nobody(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    tell(scan("delivered", at=LEFT + DAY), scan("returning", at=LEFT + 3 * DAY))
    make.ship(order, status=S.DELIVERED, delivered_at=LEFT + 5 * DAY, updated_at=LEFT + 5 * DAY)
    row = Shipment.objects.get()
    assert (row.status, row.reason) == (S.RETURNING, "")


@pytest.mark.parametrize("address", [{}, {"city": None}, {"city": "", "country": ""}])
def test_scans_of_an_order_without_its_shopper_are_kept(in_acme: Merchant, address: dict[str, Any]) -> None:
    order = make.place_order()
    make.ship(order)
    order.shipping_address, order.customer = address, None
    order.save()
    tell(scan("in_transit", at=LEFT + HOUR, city="Berlin"), scan("delivered", at=LEFT + DAY))
    assert told()[-1] == "delivered"
    make.ship(order, external_id="S2", tracking_number="N2", lines={})
    tell(scan("in_transit", at=LEFT + HOUR, city="Köln"), scan("in_transit", at=LEFT + 2 * HOUR, city="Berlin"), tracking_number="N2")
    assert "arrived_in_city" not in told()


def test_scans_of_a_cancelled_order_are_kept(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, status=S.LABEL_CREATED)
    cancel_order(order=order, reason="x", at=NOW + HOUR)
    tell(scan("picked_up", at=LEFT + HOUR))
    tell(scan("delivered", at=LEFT + DAY))
    order.refresh_from_db()
    assert (Shipment.objects.get().status, order.state, told()) == (S.DELIVERED, "cancelled", ["dispatched", "delivered"])


def test_a_quiet_import_with_waiting_scans_is_quiet(in_acme: Merchant) -> None:
    tell(scan("picked_up", at=LEFT), scan("out_for_delivery", at=LEFT + HOUR))
    make.ship(make.place_order(quiet=True), quiet=True, at=LEFT + 2 * HOUR)
    assert told() == []
    tell(scan("picked_up", at=LEFT), scan("out_for_delivery", at=LEFT + HOUR))
    assert told() == []
    tell(scan("delivered", at=LEFT + 3 * HOUR))
    assert told() == ["delivered"]


def test_an_unknown_code_that_waits_is_counted_once_however_often_its_history_is_told(in_acme: Merchant) -> None:
    scans = [scan("unknown", at=LEFT + hour * HOUR, raw_code=f"X{hour}") for hour in range(4)]
    for upto in range(1, 5):
        tell(*scans[:upto])
    make.ship(make.place_order())
    tell(*scans)
    assert CarrierFeed.objects.get().unknown_codes == {"X0": 1, "X1": 1, "X2": 1, "X3": 1}


@pytest.mark.parametrize("day", [date.min, date(1970, 1, 1), date(2099, 12, 31), date.max])
def test_absurd_days_break_nothing(in_acme: Merchant, day: date) -> None:
    make.ship(make.place_order())
    tell(scan("ready_for_pickup", at=LEFT, pickup_until=day), eta_from=day, eta_by=day)
    row = Shipment.objects.get()
    assert (row.pickup_until, row.eta_source) == (None, "merchant")
    ids = [row.pk]
    for at in (LEFT, LEFT + 10 * DAY):
        learn(shipment_ids=ids, now=at)
        review(shipment_ids=ids, now=at)
        count_parcels(shipment_ids=ids, now=at)
        sweep_incidents(now=at)


@pytest.mark.parametrize("name", ["updated_at", "shipped_at", "delivered_at"])
def test_a_shop_from_the_future_outweighs_nobody(in_acme: Merchant, name: str) -> None:
    order = make.place_order()
    status = S.DELIVERED if name == "delivered_at" else S.IN_TRANSIT
    over: dict[str, Any] = {"status": status, "updated_at": LEFT, name: NOW + 400 * DAY}
    make.ship(order, at=LEFT, **over)
    tell(scan("returning", at=LEFT + DAY))
    row = Shipment.objects.get()
    assert (row.status, row.shipped_at is not None and row.shipped_at <= LEFT) == (S.RETURNING, True)


def test_a_shops_absurd_day_is_left_out(in_acme: Merchant) -> None:
    make.ship(make.place_order(), eta=date(2099, 12, 31))
    assert Shipment.objects.get().eta_source == "merchant"


def test_goods_sent_twice_count_as_sent(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order)
    make.ship(order, status=S.CANCELLED, updated_at=LEFT + HOUR)
    make.ship(order, external_id="S2", tracking_number="N2")
    tell(scan("delivered", at=LEFT + 2 * DAY))
    tell(scan("delivered", at=LEFT + 2 * DAY), tracking_number="N2")
    order.refresh_from_db()
    assert order.fulfilment == "fulfilled"


@pytest.mark.parametrize("country", ["US", "DE", "JP"])
def test_a_bare_day_is_the_day_it_names_west_of_utc_too(in_acme: Merchant, country: str) -> None:
    midnight = datetime.fromisoformat("2026-11-23T00:00:00+00:00")
    place = {"US": Address(city="Austin", region="TX", country="US")}.get(country, Address(city="Tokyo", country=country))
    make.ship(make.place_order(shipping_address=place))
    tell(scan("out_for_delivery", at=midnight, has_time=False))
    tell(scan("out_for_delivery", at=midnight + 14 * HOUR))
    assert [event.payload["day"] for event in Event.objects.filter(type="tracking.shipment.out_for_delivery")] == ["2026-11-23"]


def test_a_number_put_right_takes_the_wrong_parcels_scans_away(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, tracking_number="WRONG")
    tell(
        scan("in_transit", at=LEFT + 9 * HOUR, city="Köln"),
        scan("delivered", at=LEFT + DAY),
        tracking_number="WRONG",
        eta_by=date(2026, 11, 22),
    )
    tell(scan("picked_up", at=LEFT + HOUR, city="Leipzig"), tracking_number="RIGHT")
    make.ship(order, tracking_number="RIGHT", updated_at=LEFT + 2 * DAY)
    row = Shipment.objects.get()
    assert (row.status, row.delivered_at, row.eta_source) == (S.PICKED_UP, None, "merchant")
    assert sorted(row.scans.values_list("status", "city")) == [("in_transit", ""), ("in_transit", ""), ("picked_up", "Leipzig")]
    tell(scan("delivered", at=LEFT + 3 * DAY), tracking_number="RIGHT")
    assert told() == ["dispatched", "delivered", "delivered"]


@pytest.mark.parametrize("written", ["RR-123 de", "rr123DE", ""])
def test_a_number_written_in_another_way_keeps_its_scans(in_acme: Merchant, written: str) -> None:
    order = make.place_order()
    make.ship(order, tracking_number="RR123DE")
    tell(scan("delivered", at=LEFT + DAY), tracking_number="RR123DE")
    make.ship(order, tracking_number=written, updated_at=LEFT + 2 * DAY)
    assert Shipment.objects.get().status == S.DELIVERED


def test_news_of_a_number_put_right_just_now_go_to_nobody(in_acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    order = make.place_order()
    make.ship(order, tracking_number="WRONG")

    def hold(*, ids: Iterable[int]) -> list[Order]:
        make.ship(order, tracking_number="RIGHT", updated_at=LEFT + HOUR)
        return hold_orders(ids=ids)

    monkeypatch.setattr(scans, "hold_orders", hold)
    done = tell(scan("delivered", at=LEFT + DAY), tracking_number="WRONG")
    assert (done.is_waiting, Shipment.objects.get().status) == (True, S.IN_TRANSIT)
