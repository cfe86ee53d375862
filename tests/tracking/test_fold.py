"""What scans come to: tables, and the same whatever their order, number and portions."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.factories import scan
from tracking.rules.fold import SHOP, Folded, Road, State, fold, gather, hidden_by, is_contradictory, join, moment_of, show, with_day
from tracking.types import IncomingScan, Place, ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROAD = Road(to_city="berlin", to_country="DE")
MIDNIGHT = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # of the 20th in Berlin


def folded(*scans: IncomingScan, road: Road = ROAD, source: str = "aftership") -> Folded:
    return fold([(one, source) for one in scans], road)


@pytest.mark.parametrize(
    ("scans", "status"),
    [
        ([], S.PENDING),
        ([scan("label_created")], S.LABEL_CREATED),
        ([scan("in_transit"), scan("label_created", at=NOW + HOUR)], S.IN_TRANSIT),
        ([scan("out_for_delivery"), scan("in_transit", at=NOW + HOUR)], S.IN_TRANSIT),
        ([scan("out_for_delivery", at=NOW + HOUR), scan("in_transit")], S.OUT_FOR_DELIVERY),
        ([scan("in_transit"), scan("out_for_delivery")], S.OUT_FOR_DELIVERY),
        ([scan("delivered"), scan("in_transit", at=NOW + DAY)], S.DELIVERED),
        ([scan("delivered"), scan("returning", at=NOW + DAY)], S.RETURNING),
        ([scan("returned"), scan("delivered", at=NOW + DAY)], S.RETURNED),
        ([scan("in_transit"), scan("unknown", at=NOW + DAY)], S.IN_TRANSIT),
        ([scan("lost"), scan("delivered", at=NOW + DAY)], S.DELIVERED),
    ],
)
def test_the_status_is_the_newest_of_those_furthest_along(scans: list[IncomingScan], status: S) -> None:
    assert folded(*scans).status == status


@pytest.mark.parametrize("status", ["label_created", "pending", "unknown", "cancelled"])
def test_what_no_carrier_has_is_not_shipped(status: str) -> None:
    found = folded(scan(status))
    assert (found.shipped_at, found.first_scan_at, found.last_scan_at) == (None, None, NOW)


def test_the_facts_of_an_ordinary_life() -> None:
    found = folded(
        scan("label_created", at=NOW),
        scan("picked_up", at=NOW + HOUR, city="Köln"),
        scan("in_transit", at=NOW + 20 * HOUR, city="BERLIN"),
        scan("attempt_failed", at=NOW + 26 * HOUR, city="Berlin", cause="consignee", reason="nobody_home"),
        scan("delivered", at=NOW + 50 * HOUR, city="Berlin", how="neighbour", signed_by="Frau Kurz"),
    )
    assert found == Folded(
        status=S.DELIVERED,
        status_at=NOW + 50 * HOUR,
        first_scan_at=NOW + HOUR,
        last_scan_at=NOW + 50 * HOUR,
        shipped_at=NOW + HOUR,
        attempted_at=NOW + 26 * HOUR,
        delivered_at=NOW + 50 * HOUR,
        arrived_at=NOW + 20 * HOUR,
        delivered_how="neighbour",
        delivered_to="Frau Kurz",
    )


@pytest.mark.parametrize(
    ("timed", "status"),
    [
        ("in_transit", S.DELIVERED),
        ("out_for_delivery", S.DELIVERED),
        ("attempt_failed", S.DELIVERED),
        ("returning", S.RETURNING),
    ],
)
def test_a_delivery_of_a_day_comes_after_that_days_scans(timed: str, status: S) -> None:
    day_only = scan("delivered", at=MIDNIGHT, has_time=False)
    found = folded(day_only, scan(timed, at=MIDNIGHT + 14 * HOUR))
    assert (found.status, found.delivered_at) == (status, MIDNIGHT if timed != "returning" else None)


@pytest.mark.parametrize(
    ("day_only", "timed", "status"),
    [
        ("picked_up", "in_transit", S.IN_TRANSIT),
        ("in_transit", "out_for_delivery", S.OUT_FOR_DELIVERY),
        ("out_for_delivery", "attempt_failed", S.ATTEMPT_FAILED),
        ("attempt_failed", "out_for_delivery", S.ATTEMPT_FAILED),
        ("ready_for_pickup", "attempt_failed", S.READY_FOR_PICKUP),
        ("on_hold", "in_transit", S.ON_HOLD),
    ],
)
def test_a_day_without_time_lies_where_such_news_lies_in_its_day(day_only: str, timed: str, status: S) -> None:
    found = folded(scan(day_only, at=MIDNIGHT, has_time=False), scan(timed, at=MIDNIGHT + 14 * HOUR))
    assert found.status == status


def test_a_day_without_time_stays_in_its_day_when_clocks_change() -> None:
    spring = datetime(2026, 3, 29, tzinfo=UTC) - HOUR  # Berlin's day of 23 hours
    assert moment_of(status=S.DELIVERED, at=spring, has_time=False) < spring + 23 * HOUR


@pytest.mark.parametrize(
    ("scans", "from_city", "arrived"),
    [
        ([("picked_up", "Köln"), ("in_transit", "Berlin")], "", 1),
        ([("picked_up", "Köln"), ("in_transit", "Leipzig"), ("in_transit", "berlin ")], "", 2),
        ([("picked_up", "Berlin"), ("in_transit", "Berlin")], "", None),
        ([("in_transit", "Berlin")], "", None),
        ([("in_transit", "Berlin")], "koln", 0),
        ([("label_created", "Köln"), ("in_transit", "Berlin")], "berlin", None),
        ([("label_created", "Berlin"), ("picked_up", "Köln")], "", None),
    ],
)
def test_it_arrives_in_the_city_it_does_not_come_from(scans: list[tuple[str, str]], from_city: str, arrived: int | None) -> None:
    found = folded(
        *(scan(status, at=NOW + place * HOUR, city=city) for place, (status, city) in enumerate(scans)),
        road=Road(from_city=from_city, to_city="berlin", to_country="DE"),
    )
    assert found.arrived_at == (None if arrived is None else NOW + arrived * HOUR)


@pytest.mark.parametrize(
    ("place", "is_there"),
    [
        (Place("Paris", "TX", country="US"), True),
        (Place("Paris", "Texas", country="US"), True),
        (Place("PARIS"), True),
        (Place("Paris", country="FR"), False),
        (Place("Paris", "KY", country="US"), False),
    ],
)
def test_a_city_of_the_same_name_elsewhere_is_another(place: Place, is_there: bool) -> None:
    road = Road(from_city="dallas", to_city="paris", to_region="TX", to_country="US")
    assert (folded(scan(place=place), road=road).arrived_at is not None) is is_there


def test_a_shop_does_not_know_whether_the_carrier_has_it() -> None:
    found = folded(scan("in_transit"), source=SHOP)
    assert (found.status, found.shipped_at, found.first_scan_at, found.last_scan_at) == (S.IN_TRANSIT, NOW, None, None)
    assert folded(scan("out_for_delivery"), source=SHOP).first_scan_at == NOW


def test_a_delay_ends_when_the_parcel_moves() -> None:
    late = scan("in_transit", at=NOW, is_delay=True, cause="weather", reason="storm")
    found = folded(scan("in_transit", at=NOW - HOUR), late)
    assert (found.is_delayed, found.cause, found.reason, found.status) == (True, "weather", "storm", S.IN_TRANSIT)
    found = folded(late, scan("in_transit", at=NOW + HOUR))
    assert (found.is_delayed, found.cause, found.reason) == (False, "", "")


def test_a_cause_is_told_while_it_holds() -> None:
    hold = scan("on_hold", cause="customs", reason="documents")
    assert (folded(hold).cause, folded(hold).reason) == ("customs", "documents")
    assert folded(hold, scan("in_transit", at=NOW + HOUR)).cause == ""
    refused = scan("attempt_failed", cause="consignee", reason="refused")
    assert folded(refused, scan("returning", at=NOW + HOUR)).reason == "refused"


def test_delivered_after_it_turned_back_is_delivered_to_nobody_and_flagged() -> None:
    scans = [(scan("returning"), "dhl"), (scan("delivered", at=NOW + DAY, how="door"), "dhl")]
    state = gather(scans, ROAD)
    found = show(state, ROAD)
    assert is_contradictory(state)
    assert (found.status, found.delivered_at, found.attempted_at, found.delivered_how) == (S.RETURNING, None, None, "")
    assert found.reason == "contradictory"


def test_delivered_and_then_sent_back_is_no_contradiction() -> None:
    state = gather([(scan("delivered"), "dhl"), (scan("returning", at=NOW + DAY), "dhl")], ROAD)
    assert (is_contradictory(state), show(state, ROAD).delivered_at) == (False, NOW)


@pytest.mark.parametrize(
    ("scans", "said_at", "hidden"),
    [
        ([scan("in_transit")], NOW, ""),
        ([scan("on_hold")], NOW + DAY, "on_hold"),
        ([scan("returning")], None, "returning"),
        ([scan("in_transit", is_delay=True)], NOW - HOUR, "delayed"),
        ([scan("in_transit", is_delay=True)], None, "delayed"),
        ([scan("in_transit", is_delay=True)], NOW + HOUR, ""),
        ([scan("delivered")], NOW, ""),
    ],
)
def test_a_day_that_is_not_true_any_more_is_hidden(scans: list[IncomingScan], said_at: datetime | None, hidden: str) -> None:
    state = gather([(one, "dhl") for one in scans], ROAD)
    assert hidden_by(show(state, ROAD), state, said_at=said_at) == hidden


def test_the_newest_day_the_carrier_named_counts() -> None:
    first, second = date(2026, 11, 24), date(2026, 11, 26)
    one = with_day({}, first=second, last=second, told_at=NOW + HOUR)
    assert with_day(one, first=first, last=first, told_at=NOW) == one


CITIES = st.sampled_from(["", "Köln", "Berlin", "Leipzig"])
SCANS = st.builds(
    scan,
    st.sampled_from(list(S)),
    at=st.integers(-5, 5).map(lambda hours: NOW + 7 * hours * HOUR),
    city=CITIES,
    has_time=st.booleans(),
    is_delay=st.booleans(),
    cause=st.sampled_from(["", "weather", "customs"]),
    how=st.sampled_from(["", "door", "signed"]),
    signed_by=st.sampled_from(["", "Berg"]),
    pickup_until=st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 25)),
)
TOLD = st.lists(st.tuples(SCANS, st.sampled_from([SHOP, "dhl"])), max_size=12)


@settings(max_examples=300, deadline=None, database=None)
@given(told=TOLD, data=st.data())
def test_any_order_any_doubling_and_any_portions_come_to_the_same(told: list[Any], data: st.DataObject) -> None:
    whole = gather(told, ROAD)
    mixed = data.draw(st.permutations(told + told[:4]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    portions = [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    nothing: State = {}
    assert reduce(join, (gather(portion, ROAD) for portion in portions), nothing) == whole
    assert fold(mixed, ROAD) == show(whole, ROAD)


@settings(max_examples=100, deadline=None, database=None)
@given(told=TOLD)
def test_what_a_parcel_shows_never_contradicts_itself(told: list[Any]) -> None:
    found = fold(told, ROAD)
    if found.status == S.DELIVERED:
        assert found.delivered_at is not None and found.attempted_at is not None
    if found.delivered_at is not None:
        assert found.shipped_at is not None and found.status in (S.DELIVERED, S.RETURNING, S.RETURNED)
    if found.status in (S.LABEL_CREATED, S.PENDING, S.UNKNOWN):
        assert found.shipped_at is None
