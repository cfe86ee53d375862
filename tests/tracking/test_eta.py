"""Learned days of arrival in the product: learned once, asked in one read, weighed hourly, one merchant's own."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, Promise
from orders.registry import Asked, Learned, learned_days, register_estimator
from tests import factories as make
from tests.conftest import NOW
from tracking.models import LaneEffect, Shipment
from tracking.services import expected_arrival, learn, refresh_lanes, renew_days, review
from tracking.services.lanes import CLASS
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
OPEN = NOW - 40 * DAY  # a Sunday


def arrived(number: int, *, days: float = 3.0, sent: datetime | None = None, handling: float = 1.0) -> Shipment:
    """An imported order whose parcel has come."""
    sent = sent or OPEN + number % 5 * DAY
    order = make.place_order(number=str(number), placed_at=sent - handling * DAY, quiet=True, email=f"s{number}@example.com")
    came = sent + days * DAY
    over: dict[str, Any] = {"status": ShipmentStatus.DELIVERED, "shipped_at": sent, "delivered_at": came, "updated_at": came}
    return make.ship(order, quiet=True, tracking_number=f"T{number}", at=came, **over)


def under_way(number: int, *, sent: datetime, tracking_number: str = "") -> Shipment:
    """A parcel on its way."""
    order = make.place_order(number=str(number), placed_at=sent - DAY, quiet=True, email=f"s{number}@example.com")
    return make.ship(order, quiet=True, tracking_number=tracking_number or f"T{number}", at=sent, shipped_at=sent, updated_at=sent)


def taught(count: int, **over: Any) -> list[Shipment]:
    """So many parcels that have come, learned from."""
    rows = [arrived(number, **over) for number in range(count)]
    learn(shipment_ids=ids(rows), now=NOW)
    return rows


def ids(rows: Iterable[Shipment]) -> list[int]:
    return [row.pk for row in rows]


def effects() -> list[tuple[str, str, float, int]]:
    return list(LaneEffect.objects.order_by("leg", "key").values_list("leg", "key", "mean", "count"))


def test_nothing_is_said_before_ten_parcels_are_known(in_acme: Merchant) -> None:
    taught(9)
    assert expected_arrival(shipment=under_way(99, sent=NOW), now=NOW) is None
    learn(shipment_ids=[arrived(9).pk], now=NOW)
    said = expected_arrival(shipment=under_way(98, sent=NOW), now=NOW)
    assert said is not None
    assert said.alike == 10


def test_a_parcel_is_expected_as_its_like_have_come(in_acme: Merchant) -> None:
    """Twenty took three days from Monday to Thursday; one handed over on a Friday morning has a week-end before it."""
    taught(20, sent=datetime.fromisoformat("2026-10-12T10:00:00+00:00"))
    said = expected_arrival(shipment=under_way(99, sent=NOW), now=NOW)
    assert said is not None
    assert (said.first, said.middle, said.last) == (date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 27))


def test_each_leg_is_learned_once_however_often_it_is_told(in_acme: Merchant) -> None:
    rows = taught(3)
    before = effects()
    assert learn(shipment_ids=ids(rows), now=NOW) == 0
    assert refresh_lanes(now=NOW) == 0
    assert [row for row in effects() if not row[1].startswith("now")] == before
    assert {row.lessons for row in Shipment.objects.all()} == {3}
    assert LaneEffect.objects.get(leg="transit", key="all:all").count == 3
    assert LaneEffect.objects.get(leg="handling", key="all:all").count == 3


def test_the_legs_are_learned_as_each_is_finished(in_acme: Merchant) -> None:
    parcel = under_way(1, sent=NOW - 2 * DAY)
    assert learn(shipment_ids=[parcel.pk], now=NOW) == 1
    assert learn(shipment_ids=[parcel.pk], now=NOW) == 0
    make.tell(make.scan("delivered", at=NOW), tracking_number="T1")
    assert learn(shipment_ids=[parcel.pk], now=NOW) == 1
    assert sorted({(leg, count) for leg, _, _, count in effects()}) == [("handling", 1), ("transit", 1)]


def test_whatever_order_they_are_told_in_the_same_is_learned(acme: Merchant, borealis: Merchant) -> None:
    found = []
    for merchant, turn in ((acme, 1), (borealis, -1)):
        with merchant_scope(merchant.pk):
            Merchant.objects.filter(pk=merchant.pk).update(country="DE", timezone="Europe/Berlin")
            rows = [arrived(number, days=2 + number % 4) for number in range(12)]
            learn(shipment_ids=ids(rows[::turn]), now=NOW)
            found.append(effects())
    assert found[0] == found[1]


def test_a_parcel_that_came_back_or_got_lost_teaches_no_arrival(in_acme: Merchant) -> None:
    parcel = under_way(1, sent=NOW - 9 * DAY)
    make.tell(make.scan("lost", at=NOW), tracking_number="T1")
    learn(shipment_ids=[parcel.pk], now=NOW)
    assert not LaneEffect.objects.filter(leg="transit").exists()
    assert Shipment.objects.get().lessons == 3


def test_impossible_times_teach_nothing_and_are_not_looked_at_again(in_acme: Merchant) -> None:
    parcel = arrived(1, days=200, sent=NOW - 201 * DAY)
    assert learn(shipment_ids=[parcel.pk], now=NOW) == 1  # the hand-over only
    assert not LaneEffect.objects.filter(leg="transit").exists()
    assert learn(shipment_ids=[parcel.pk], now=NOW) == 0


def test_one_merchants_lanes_never_answer_for_another(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        taught(12)
        refresh_lanes(now=NOW)
        theirs = arrived(50)
    with merchant_scope(borealis.pk):
        assert expected_arrival(shipment=under_way(99, sent=NOW), now=NOW) is None
        assert learn(shipment_ids=[theirs.pk], now=NOW) == 0
        refresh_lanes(now=NOW)
        assert not LaneEffect.objects.filter(leg="transit").exclude(key__startswith="now").exists()
        assert LaneEffect.objects.get(leg="handling", key="all:all").count == 1  # its own parcel's
    with merchant_scope(acme.pk):
        assert Shipment.objects.get(pk=theirs.pk).lessons == 0
        assert LaneEffect.objects.get(leg="transit", key="all:all").count == 12


def test_refreshing_takes_what_the_event_road_left(in_acme: Merchant) -> None:
    for number in range(12):
        arrived(number)
    assert refresh_lanes(now=NOW) == 24
    assert refresh_lanes(now=NOW) == 0
    assert expected_arrival(shipment=under_way(99, sent=NOW), now=NOW) is not None


def test_parcels_that_do_not_come_make_the_next_ones_expected_later(in_acme: Merchant) -> None:
    taught(20, days=2)
    parcel = under_way(99, sent=NOW)
    refresh_lanes(now=NOW)
    calm = expected_arrival(shipment=parcel, now=NOW)
    for number in range(100, 130):
        under_way(number, sent=NOW - 10 * DAY)
    refresh_lanes(now=NOW)
    strike = expected_arrival(shipment=parcel, now=NOW)
    assert calm is not None
    assert strike is not None
    assert strike.last > calm.last


def test_what_the_last_weeks_added_is_replaced_and_fades(in_acme: Merchant) -> None:
    taught(20, days=2)
    for number in range(100, 130):
        under_way(number, sent=NOW - 10 * DAY)
    refresh_lanes(now=NOW)
    assert LaneEffect.objects.get(leg="transit", key="now").mean > 0.1
    refresh_lanes(now=NOW + 30 * DAY)
    assert list(LaneEffect.objects.filter(leg="transit", key__startswith="now").values_list("key", "mean")) == [("now", 0.0)]


def test_a_parcel_that_waits_is_expected_later_and_never_yesterday(in_acme: Merchant) -> None:
    taught(20)
    parcel = under_way(99, sent=NOW)
    for wait in (0, 3, 9, 40):
        said = expected_arrival(shipment=parcel, now=NOW + wait * DAY)
        assert said is not None
        assert NOW.date() + wait * DAY <= said.first <= said.middle <= said.last


def test_a_parcel_not_handed_over_yet_is_expected_by_both_legs(in_acme: Merchant) -> None:
    taught(20)
    order = make.place_order(number="99")
    parcel = make.ship(order, status=ShipmentStatus.LABEL_CREATED, tracking_number="T99", updated_at=NOW, at=NOW)
    both = expected_arrival(shipment=parcel, now=NOW)
    sent = expected_arrival(shipment=under_way(98, sent=NOW), now=NOW)
    assert both is not None
    assert sent is not None
    assert both.middle > sent.middle


def test_nobody_waits_while_another_transaction_learns(in_acme: Merchant) -> None:
    rows = [arrived(number) for number in range(3)]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [CLASS, in_acme.pk])
        assert learn(shipment_ids=ids(rows), now=NOW) == 0
        assert effects() == []
        cursor.execute("select pg_advisory_unlock(%s, %s)", [CLASS, in_acme.pk])  # closing alone lets go some time later
    other.close()
    assert learn(shipment_ids=ids(rows), now=NOW) == 6


def test_a_scan_that_only_says_it_moves_does_not_move_the_day_whenever_it_is_told(in_acme: Merchant) -> None:
    taught(20)
    parcel = under_way(99, sent=NOW)
    moving = make.scan("in_transit", at=NOW + DAY / 4)
    make.tell(moving, tracking_number="T99", at=NOW + DAY)
    assert LaneEffect.objects.filter(leg="transit").update(mean=2.0)  # three weeks later than all that is known
    said = Shipment.objects.get(pk=parcel.pk)
    make.tell(make.scan("in_transit", at=NOW + DAY / 2), tracking_number="T99", at=NOW + 2 * DAY)
    assert said.eta_source == "learned"
    assert said.eta_by is not None
    assert Shipment.objects.get(pk=parcel.pk).eta_by == said.eta_by
    make.tell(make.scan("on_hold", at=NOW + DAY), tracking_number="T99", at=NOW + 2 * DAY)  # it is another state that asks anew
    later = Shipment.objects.get(pk=parcel.pk).eta_by
    assert later is not None
    assert later > said.eta_by


def test_a_day_that_has_passed_is_asked_anew_by_the_clock_when_the_parcel_was_heard_of(in_acme: Merchant) -> None:
    taught(20)
    moving, silent = under_way(98, sent=NOW), under_way(99, sent=NOW)
    first = moving.eta_by
    later = NOW + 9 * DAY
    assert first is not None
    assert first < later.date()
    make.tell(make.scan("in_transit", at=later - DAY), tracking_number="T98", at=later - DAY)
    assert Shipment.objects.get(pk=moving.pk).eta_by == first
    review(shipment_ids=[moving.pk, silent.pk], now=later)
    assert [renew_days(now=later), renew_days(now=later)] == [1, 0]
    renewed = Shipment.objects.get(pk=moving.pk)
    assert renewed.eta_by is not None
    assert (renewed.eta_by >= later.date(), renewed.eta_first_by, renewed.eta_said_at) == (True, first, later)
    assert Shipment.objects.get(pk=silent.pk).eta_by == first


@pytest.mark.parametrize("count", [12, 30])
def test_asking_is_one_read_and_learning_costs_the_same_for_one_and_many(
    in_acme: Merchant, django_assert_num_queries: Any, count: int
) -> None:
    rows = [arrived(number) for number in range(count)]
    with django_assert_num_queries(8):
        learn(shipment_ids=ids(rows), now=NOW)
    parcel = under_way(99, sent=NOW)
    with django_assert_num_queries(2):  # the merchant's setting, and the effects
        assert expected_arrival(shipment=parcel, now=NOW) is not None
    with django_assert_num_queries(1):  # nothing finished
        learn(shipment_ids=ids(rows), now=NOW)


def test_a_shops_parcel_gets_the_learned_days_unless_the_carrier_names_one(in_acme: Merchant) -> None:
    taught(20)
    learned = Shipment.objects.get(pk=under_way(99, sent=NOW).pk)
    assert (learned.eta_source, learned.eta_alike) == ("learned", 20)
    order = make.place_order(number="98")
    assert make.ship(order, eta=date(2026, 12, 1), tracking_number="T98").eta_source == "carrier"


# At purchase


def promised(order: Order) -> list[tuple[str, date, str]]:
    return list(Promise.objects.filter(order=order).order_by("kind").values_list("kind", "date", "source"))


def test_an_order_is_promised_what_its_like_have_taught(in_acme: Merchant) -> None:
    taught(20, days=9)
    order = make.place_order(number="99")
    asked = order.arrive_by
    assert asked is not None
    assert asked > date(2026, 11, 30)
    assert promised(order) == [("arrive_by", asked, "learned"), ("dispatch_by", date(2026, 11, 23), "merchant")]


def test_an_order_of_a_merchant_without_history_is_promised_as_before(in_acme: Merchant) -> None:
    taught(9, days=9)
    order = make.place_order(number="99")
    assert promised(order) == [("arrive_by", date(2026, 11, 26), "merchant"), ("dispatch_by", date(2026, 11, 23), "merchant")]


def test_an_order_is_never_promised_by_another_merchants_lanes(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        taught(20, days=9)
    with merchant_scope(borealis.pk):
        assert {source for _, _, source in promised(make.place_order(number="99"))} == {"merchant"}


def test_the_first_who_knows_answers_and_nobody_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    known = Learned(date(2026, 12, 1), date(2026, 12, 3))

    def ignorant(question: Asked) -> Learned | None:
        asked.append("ignorant")
        return None

    def wise(question: Asked) -> Learned | None:
        asked.append("wise")
        return known

    monkeypatch.setattr("orders.registry._estimators", [])
    question = Asked("api", "Standard", Decimal("4.90"), {}, NOW, "DE", UTC)
    assert learned_days(question) is None
    for estimator in (ignorant, wise, wise):
        register_estimator(estimator)
    assert learned_days(question) == known
    assert asked == ["ignorant", "wise"]
