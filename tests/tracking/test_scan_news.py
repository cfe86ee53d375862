"""What is told of scans: steps while they are news, promises, days of arrival."""

from datetime import date, datetime, timedelta

import pytest

from events.models import Event
from merchants.models import Merchant
from orders.models import OrderChange, Promise
from orders.types import Address
from tests import factories as make
from tests.conftest import NOW
from tests.factories import scan, tell
from tests.tracking.conftest import last_event, told
from tracking.models import Scan, Shipment
from tracking.rules.eta import Estimate
from tracking.types import ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = NOW + DAY  # when the shop gave the parcel away


def test_a_life_is_told_step_by_step(parcel: Shipment) -> None:
    since = last_event()
    at = LEFT
    for status, hours, city in (
        ("label_created", 1, ""),
        ("picked_up", 2, "Köln"),
        ("in_transit", 10, "Leipzig"),
        ("in_transit", 20, "Berlin"),
        ("in_transit", 21, "Berlin"),
        ("out_for_delivery", 22, "Berlin"),
        ("out_for_delivery", 23, "Berlin"),
        ("attempt_failed", 26, "Berlin"),
        ("out_for_delivery", 46, "Berlin"),
        ("attempt_failed", 48, "Berlin"),
        ("ready_for_pickup", 50, "Berlin"),
        ("ready_for_pickup", 60, "Berlin"),
        ("delivered", 70, "Berlin"),
    ):
        tell(scan(status, at=at + hours * HOUR, city=city))
    assert [type for type in told(since=since) if type != "changed"] == [
        "arrived_in_city",
        "out_for_delivery",
        "attempt_failed",
        "out_for_delivery",
        "attempt_failed",
        "ready_for_pickup",
        "delivered",
    ]
    days = [event.payload["day"] for event in Event.objects.filter(type="tracking.shipment.out_for_delivery").order_by("pk")]
    assert days == ["2026-11-22", "2026-11-23"]


def test_the_payload_names_the_scan(parcel: Shipment) -> None:
    tell(scan("out_for_delivery", at=LEFT + 20 * HOUR))
    row = Scan.objects.get(status=S.OUT_FOR_DELIVERY)
    event = Event.objects.get(type="tracking.shipment.out_for_delivery")
    assert event.payload == {"order": parcel.order_id, "shipment": parcel.pk, "scan": row.pk, "day": "2026-11-22"}


@pytest.mark.parametrize(
    ("steps", "news"),
    [
        (["picked_up", "in_transit", "out_for_delivery"], ["out_for_delivery"]),
        (["out_for_delivery", "attempt_failed"], ["attempt_failed"]),
        (["out_for_delivery", "in_transit"], []),
        (["out_for_delivery", "attempt_failed", "delivered"], ["delivered"]),
        (["out_for_delivery", "delivered", "returning"], ["delivered"]),
        (["out_for_delivery", "lost"], []),
    ],
)
def test_of_several_steps_told_at_once_the_newest_is_news(parcel: Shipment, steps: list[str], news: list[str]) -> None:
    since = last_event()
    tell(*(scan(status, at=LEFT + place * HOUR) for place, status in enumerate(steps, 1)))
    assert told(since=since) == [*news, "changed"]


@pytest.mark.parametrize("status", ["out_for_delivery", "attempt_failed", "ready_for_pickup", "delivered"])
def test_what_is_told_a_day_late_changes_the_record_and_is_no_news(parcel: Shipment, status: str) -> None:
    since = last_event()
    tell(scan(status, at=LEFT + HOUR), at=LEFT + 26 * HOUR)
    parcel.refresh_from_db()
    assert (parcel.status, told(since=since)) == (status, ["changed"])


def test_older_than_what_is_known_is_no_news(parcel: Shipment) -> None:
    tell(scan("in_transit", at=LEFT + 9 * HOUR, city="Köln"))
    since = last_event()
    tell(scan("out_for_delivery", at=LEFT + 8 * HOUR), at=LEFT + 9 * HOUR)
    assert ("out_for_delivery" in told(since=since), Shipment.objects.get().status) == (False, S.IN_TRANSIT)


def test_a_parcel_the_carrier_has_left_even_if_the_shop_says_nothing(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, status=S.LABEL_CREATED)
    tell(scan("label_created", at=LEFT))
    assert told() == ["changed", "changed"]
    tell(scan("picked_up", at=LEFT + HOUR, city="Köln"))
    order.refresh_from_db()
    assert (told()[2:], order.fulfilment) == (["dispatched", "changed"], "fulfilled")


def test_history_told_at_once_long_after_its_end_is_not_told_on(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, status=S.LABEL_CREATED)
    since = last_event()
    tell(scan("picked_up", at=LEFT), scan("delivered", at=LEFT + DAY), at=LEFT + 20 * DAY)
    assert told(since=since) == ["changed"]
    assert OrderChange.objects.filter(kind="delivered").count() == 1


def test_delivered_by_a_carriers_word_settles_order_and_promises(parcel: Shipment) -> None:
    tell(scan("delivered", at=LEFT + 2 * DAY, how="locker", signed_by="Sam"))
    parcel.refresh_from_db()
    assert (parcel.delivered_how, parcel.delivered_to, parcel.eta_hidden) == ("locker", "Sam", "")
    assert list(Promise.objects.filter(kind="arrive_by").values_list("is_kept", flat=True)) == [True, True]
    assert OrderChange.objects.get(kind="delivered").at == LEFT + 2 * DAY


def promises() -> list[tuple[str, date, bool | None]]:
    rows = Promise.objects.filter(kind="arrive_by", subject__startswith="shipment").order_by("pk")
    return list(rows.values_list("source", "date", "is_kept"))


def test_on_time_is_measured_at_the_first_attempt(in_acme: Merchant) -> None:
    make.ship(make.place_order(), eta=date(2026, 11, 24))
    tell(scan("attempt_failed", at=NOW + 4 * DAY))  # the 24th
    assert promises() == [("carrier", date(2026, 11, 24), True)]
    tell(scan("delivered", at=NOW + 8 * DAY))
    assert promises() == [("carrier", date(2026, 11, 24), True)]
    assert list(Promise.objects.filter(subject="order", kind="arrive_by").values_list("date", "is_kept")) == [(date(2026, 11, 26), True)]


def test_an_attempt_told_late_puts_right_what_was_settled_without_it(in_acme: Merchant) -> None:
    make.ship(make.place_order(), eta=date(2026, 11, 24))
    tell(scan("delivered", at=NOW + 8 * DAY))
    assert promises() == [("carrier", date(2026, 11, 24), False)]
    tell(scan("attempt_failed", at=NOW + 4 * DAY), at=NOW + 8 * DAY)
    assert promises() == [("carrier", date(2026, 11, 24), True)]
    assert list(Promise.objects.filter(subject="order", kind="arrive_by").values_list("is_kept", flat=True)) == [True]


def test_a_day_said_after_an_attempt_is_measured_at_the_arrival(in_acme: Merchant) -> None:
    make.ship(make.place_order(), eta=date(2026, 11, 24))
    tell(scan("attempt_failed", at=NOW + 4 * DAY), at=NOW + 4 * DAY + HOUR, eta_by=date(2026, 11, 25))
    assert promises() == [("carrier", date(2026, 11, 24), True), ("carrier", date(2026, 11, 25), None)]
    tell(scan("delivered", at=NOW + 6 * DAY))
    assert promises() == [("carrier", date(2026, 11, 24), True), ("carrier", date(2026, 11, 25), False)]


def test_the_day_of_an_attempt_is_the_destinations(in_acme: Merchant) -> None:
    make.ship(make.place_order(shipping_address=Address(city="Los Angeles", region="CA", country="US")), eta=date(2026, 11, 24))
    tell(scan("delivered", at=datetime.fromisoformat("2026-11-24T20:00:00-08:00")))  # the 25th in Berlin
    assert promises() == [("carrier", date(2026, 11, 24), True)]


def test_the_carriers_day_is_taken_and_kept_as_said(parcel: Shipment) -> None:
    assert (parcel.eta_source, parcel.eta_first_by, parcel.promised_by) == ("merchant", parcel.eta_by, date(2026, 11, 26))
    first = parcel.eta_by
    tell(scan(at=LEFT + HOUR), eta_from=date(2026, 11, 27), eta_by=date(2026, 11, 28))
    parcel.refresh_from_db()
    assert (parcel.eta_from, parcel.eta_by, parcel.eta_source) == (date(2026, 11, 27), date(2026, 11, 28), "carrier")
    assert (parcel.eta_first_by, parcel.eta_said_at, parcel.promised_by) == (first, LEFT + HOUR, date(2026, 11, 26))
    tell(at=LEFT + 2 * HOUR, told_at=LEFT, eta_by=date(2026, 11, 24))
    parcel.refresh_from_db()
    assert parcel.eta_by == date(2026, 11, 28)


def test_a_delay_hides_the_day_until_a_newer_one_is_said(parcel: Shipment) -> None:
    tell(scan(at=LEFT + 2 * HOUR, is_delay=True, cause="weather"), eta_by=parcel.eta_by)
    parcel.refresh_from_db()
    assert (parcel.is_delayed, parcel.cause, parcel.eta_hidden) == (True, "weather", "delayed")
    tell(at=LEFT + 3 * HOUR, eta_by=date(2026, 11, 30))
    parcel.refresh_from_db()
    assert (parcel.is_delayed, parcel.eta_hidden, parcel.eta_by) == (True, "", date(2026, 11, 30))


def test_the_lane_knows_better_than_the_merchant_and_worse_than_the_carrier(in_acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = Estimate(first=date(2026, 11, 23), middle=date(2026, 11, 24), last=date(2026, 11, 25), alike=40)
    monkeypatch.setattr("tracking.services.days.expected_arrival", lambda *, shipment, now, house: learned)
    parcel = make.ship(make.place_order())
    assert (parcel.eta_from, parcel.eta_by, parcel.eta_source, parcel.eta_alike) == (learned.first, learned.last, "learned", 40)
    tell(scan(at=LEFT + HOUR), eta_by=date(2026, 11, 24))
    parcel.refresh_from_db()
    assert (parcel.eta_from, parcel.eta_by, parcel.eta_source, parcel.eta_alike) == (date(2026, 11, 24), date(2026, 11, 24), "carrier", 0)
    tell(scan(at=LEFT + 2 * HOUR))
    parcel.refresh_from_db()
    assert (parcel.eta_by, parcel.eta_source) == (date(2026, 11, 24), "carrier")
    assert [row[:2] for row in promises()] == [("learned", date(2026, 11, 25)), ("carrier", date(2026, 11, 24))]


def test_a_delivered_parcel_keeps_the_last_day_said(in_acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 11, 25)
    asked = iter([Estimate(day, day, day, alike=9)])
    monkeypatch.setattr("tracking.services.days.expected_arrival", lambda *, shipment, now, house: next(asked))
    make.ship(make.place_order())
    parcel = tell(scan("delivered", at=LEFT + DAY)).shipment
    assert parcel is not None
    assert (parcel.eta_by, parcel.eta_source) == (date(2026, 11, 25), "learned")
