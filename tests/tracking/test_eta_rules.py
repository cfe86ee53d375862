"""Tables and properties of the learned day of arrival: clock, effects, drift, range."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from math import log
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.rules.eta import (
    ENOUGH,
    HANDLING,
    STILL,
    TRANSIT,
    Drift,
    Effect,
    Estimate,
    House,
    Record,
    Spell,
    Trace,
    Trip,
    Way,
    arrival,
    clock_of,
    day_of,
    days_from,
    door_to_door,
    drift_of,
    expect,
    handling_of,
    measure,
    moment_of,
    spell_of,
    teach,
    traits,
    transit_of,
    trip_of,
    weight_of,
    zone_of,
)
from tracking.rules.eta.drift import USUAL, curve_of
from tracking.rules.eta.estimate import gap_at, share_at

BERLIN, DE = ZoneInfo("Europe/Berlin"), "DE"
MONDAY = date(2026, 11, 16).toordinal() + 0.5  # noon
HERE = House(DE, BERLIN)
TRIP = Trip(country=DE, to="DE-BE", origin=DE, carrier="dhl", sender="shop")
GAPS = st.floats(-2, 2)


# Clock


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 11, 16), date(2026, 11, 17), 1.0),  # Monday
        (date(2026, 11, 19), date(2026, 11, 20), 0.95),  # Thursday
        (date(2026, 11, 21), date(2026, 11, 22), 0.3),  # Saturday
        (date(2026, 11, 22), date(2026, 11, 23), 0.07),  # Sunday
        (date(2026, 12, 25), date(2026, 12, 26), 0.2),  # a holiday on a Friday
        (date(2026, 11, 16), date(2026, 11, 23), 5.27),
    ],
)
def test_the_clock_runs_by_working_days(start: date, end: date, days: float) -> None:
    clock = clock_of(DE)
    assert clock.read(end.toordinal()) - clock.read(start.toordinal()) == pytest.approx(days)


@given(st.floats(date(2015, 1, 1).toordinal(), date(2040, 1, 1).toordinal()))
def test_the_clock_can_be_asked_both_ways(moment: float) -> None:
    clock = clock_of("BR")
    assert clock.when(clock.read(moment)) == pytest.approx(moment, abs=1e-4)


@pytest.mark.parametrize("moment", [0.0, 10.0, 9e5])
def test_times_that_cannot_be_do_not_break_the_clock(moment: float) -> None:
    assert clock_of("").when(clock_of("").read(moment)) > 0


def test_a_moment_is_counted_in_its_own_zone() -> None:
    at = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert day_of(moment_of(at, BERLIN)) == date(2026, 11, 17)
    assert day_of(moment_of(at, UTC)) == date(2026, 11, 16)


# Effects


def learned(days: float, count: int, trip: Trip = TRIP, known: dict[str, Effect] | None = None) -> dict[str, Effect]:
    known = {} if known is None else known
    for place in range(count):
        teach(known, traits(TRANSIT, trip), measure(days), MONDAY + place / 10)
    return known


def said(known: dict[str, Effect], trip: Trip = TRIP) -> float:
    return days_from(expect(known, traits(TRANSIT, trip)))


def test_what_is_seen_often_is_what_is_expected() -> None:
    assert said(learned(4.0, 60)) == pytest.approx(4.0, abs=0.05)


def test_a_lane_never_seen_is_expected_as_the_wider_ones_are() -> None:
    known = learned(4.0, 60)
    elsewhere = Trip(country=DE, to="DE-BY", origin=DE, carrier="dhl", sender="shop")
    assert said(known, elsewhere) == pytest.approx(4.0, abs=0.7)


def test_few_parcels_move_a_lane_a_little_and_many_move_it_there() -> None:
    far = Trip(country=DE, to="DE-MV", origin=DE, carrier="dhl", sender="shop")
    known = learned(2.0, 200)
    few = said(learned(8.0, 1, far, dict(known)), far)
    many = said(learned(8.0, 60, far, known), far)
    assert 2.0 < few < 5.0 < many < 8.2
    assert said(known) < 4.0  # the others stay about where they were


def test_doubt_shrinks_with_parcels_and_grows_back_with_time_but_not_beyond_the_start() -> None:
    known = learned(4.0, 30)
    own = traits(TRANSIT, TRIP)
    late = {key: Effect(one.mean, one.doubt, one.moved, one.count) for key, one in known.items()}
    teach(known, own, measure(8.0), MONDAY + 4)
    teach(late, own, measure(8.0), MONDAY + 4000)
    assert said(late) > said(known)
    assert all(one.doubt <= trait.spread**2 for trait in own for one in (known[trait.key], late[trait.key]))


def test_the_past_is_forgotten_the_newer_parcels_outweigh_the_older() -> None:
    known: dict[str, Effect] = {}
    for place in range(400):
        teach(known, traits(TRANSIT, TRIP), measure(2.0 if place < 300 else 6.0), MONDAY + place / 4)
    assert said(known) == pytest.approx(6.0, abs=0.8)


def test_one_absurd_parcel_moves_an_effect_no_more_than_a_slow_one() -> None:
    slow, absurd = learned(3.0, 50), learned(3.0, 50)
    teach(slow, traits(TRANSIT, TRIP), measure(30.0), MONDAY + 6)
    teach(absurd, traits(TRANSIT, TRIP), measure(3000.0), MONDAY + 6)
    assert said(absurd) == pytest.approx(said(slow), rel=0.03)


@given(st.lists(st.floats(0.05, 60), min_size=1, max_size=30))
def test_what_is_expected_lies_within_what_was_seen_or_near_nothing_known(days: list[float]) -> None:
    known: dict[str, Effect] = {}
    for place, one in enumerate(days):
        teach(known, traits(TRANSIT, TRIP), measure(one), MONDAY + place)
    assert 0 <= said(known) <= max(days) * 1.5 + 1


# Drift


def trace(gap: float, *, is_open: bool = False, weight: float = 1.0, lane: str = "a") -> Trace:
    return Trace(gap, is_open, weight, lane)


def test_nothing_known_of_the_last_weeks_adds_nothing() -> None:
    assert drift_of([]) == STILL


def test_when_all_are_slower_by_as_much_the_shift_is_about_that() -> None:
    drift = drift_of([trace(0.4 + 0.2 * (place % 5 - 2) / 2) for place in range(400)])
    assert drift.shift == pytest.approx(0.4, abs=0.02)


def test_open_parcels_correct_the_haste_of_those_that_have_arrived() -> None:
    """Parcels a day apart, of which only the fast have come: with the open ones' ages the true middle shows."""
    dice = random.Random(7)
    true = [0.3 + 0.22 * log(share / (1 - share)) for share in (dice.uniform(0.001, 0.999) for _ in range(3000))]
    seen = [dice.uniform(-0.5, 0.9) for _ in true]
    arrived = [trace(gap) for gap, age in zip(true, seen, strict=True) if gap <= age]
    waiting = [trace(age, is_open=True) for gap, age in zip(true, seen, strict=True) if gap > age]
    assert drift_of(arrived).shift < 0.22
    drift = drift_of([*arrived, *waiting])
    assert drift.shift + drift.lanes["a"] == pytest.approx(0.3, abs=0.03)
    assert drift.curve[6] == pytest.approx(0.0, abs=0.05)


@given(st.lists(GAPS, min_size=1, max_size=40), st.floats(0, 2))
def test_a_parcel_that_waits_never_makes_the_others_look_faster(gaps: list[float], age: float) -> None:
    arrived = [trace(gap) for gap in gaps]
    assert drift_of([*arrived, trace(age, is_open=True)]).shift >= drift_of(arrived).shift - 1e-6


def test_a_lane_has_its_own_shift_drawn_to_none_while_it_is_small() -> None:
    rest = [trace(0.0, lane="a") for _ in range(200)]
    few, many = (drift_of([*rest, *(trace(0.6, lane="b") for _ in range(count))]).lanes["b"] for count in (1, 60))
    assert 0 < few < many <= 0.6


def test_old_parcels_weigh_less() -> None:
    assert weight_of(0) == 1
    assert weight_of(4.35) == pytest.approx(0.5)
    old = [trace(-0.4, weight=weight_of(20)) for _ in range(50)]
    assert drift_of([*old, *(trace(0.4, weight=weight_of(1)) for _ in range(50))]).shift > 0.2


def test_a_curve_of_few_parcels_is_the_usual_one_and_of_many_their_own() -> None:
    wide = [(3 * (place % 101 - 50) / 50, False, 1.0) for place in range(2020)]
    assert curve_of(wide[:1])[9] == pytest.approx(USUAL[9], abs=0.4)
    assert curve_of(wide)[10] == pytest.approx(2.4, abs=0.1)


@given(st.lists(st.tuples(GAPS, st.booleans(), st.floats(0.01, 1)), max_size=50))
def test_a_curve_only_rises(rows: list[tuple[float, bool, float]]) -> None:
    curve = curve_of(rows)
    assert list(curve) == sorted(curve)


@given(st.floats(0.03, 0.99))
def test_share_and_gap_undo_each_other(share: float) -> None:
    assert share_at(USUAL, gap_at(USUAL, share)) == pytest.approx(share, abs=1e-6)


# Range


def way(days: float, curve: tuple[float, ...] = USUAL, country: str = DE) -> Way:
    return Way(Spell(measure(days), curve, 50), clock_of(country))


def test_a_parcel_of_three_days_handed_over_on_monday_noon_comes_by_the_end_of_the_week() -> None:
    assert arrival(way(3.0), sent=MONDAY, now=MONDAY) == Estimate(
        date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 23), 50, date(2026, 11, 24)
    )


def test_a_holiday_on_the_way_moves_the_days() -> None:
    sent = date(2026, 12, 22).toordinal() + 0.5
    plain, festive = arrival(way(3.0, country=""), sent=sent, now=sent), arrival(way(3.0), sent=sent, now=sent)
    assert festive.middle > plain.middle


@given(st.floats(0.2, 30), st.floats(0, 60), st.lists(GAPS, min_size=12, max_size=12))
def test_the_range_is_ordered_and_never_lies_in_the_past(days: float, age: float, gaps: list[float]) -> None:
    now = MONDAY + age
    curve = tuple(sorted(gaps))
    for one in (arrival(way(days, curve), sent=MONDAY, now=now), door_to_door(way(1.0), way(days, curve), since=MONDAY, now=now)):
        assert one.latest is not None
        assert day_of(now) <= one.first <= one.middle <= one.last <= one.latest


@given(st.floats(0.2, 20), st.floats(0, 20), st.floats(0, 20))
def test_the_longer_a_parcel_waits_the_later_it_is_expected(days: float, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    early, late = (arrival(way(days), sent=MONDAY, now=MONDAY + age) for age in (sooner, later))
    assert early.first <= late.first
    assert early.middle <= late.middle
    assert early.last <= late.last


@given(st.floats(0.2, 20), st.floats(0.2, 20))
def test_more_days_are_never_expected_sooner(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert arrival(way(short), sent=MONDAY, now=MONDAY).last <= arrival(way(long), sent=MONDAY, now=MONDAY).last
    assert door_to_door(way(1.0), way(short), since=MONDAY, now=MONDAY).middle <= (
        door_to_door(way(1.0), way(long), since=MONDAY, now=MONDAY).middle
    )


def test_the_last_weeks_move_what_is_expected() -> None:
    known = learned(4.0, 40)
    calm = spell_of(TRANSIT, TRIP, known, STILL)
    strike = spell_of(TRANSIT, TRIP, known, Drift(0.3, {"DE>DE-BE": 0.1}, USUAL))
    assert strike.measure - calm.measure == pytest.approx(0.4)


@pytest.mark.parametrize(("count", "alike"), [(0, 0), (3, 3), (ENOUGH, ENOUGH), (40, 40)])
def test_alike_counts_the_narrowest_kind_that_is_enough(count: int, alike: int) -> None:
    assert spell_of(TRANSIT, TRIP, learned(4.0, count), STILL).alike == alike


def test_a_thin_lane_rests_on_the_wider_kind() -> None:
    known = learned(4.0, 30)
    far = Trip(country=DE, to="DE-BY", origin=DE, carrier="dhl", sender="shop")
    learned(4.0, 2, far, known)
    assert spell_of(TRANSIT, far, known, STILL).alike == 32  # the carrier's


# Legs

RECORD = Record(
    id=1,
    lessons=0,
    ordered_at=datetime(2026, 11, 16, 8, tzinfo=UTC),
    shipped_at=datetime(2026, 11, 17, 16, tzinfo=UTC),
    arrived_at=datetime(2026, 11, 19, 11, tzinfo=UTC),
    source="api",
    method=" Standard ",
    shipping_total=Decimal("4.90"),
    carrier="dhl",
    service="Paket",
    from_country=DE,
    to_country="US",
    to_region="CA",
    to_postcode="90210-12",
)


def test_a_trip_is_read_from_columns() -> None:
    trip = trip_of(RECORD, HERE)
    assert (trip.to, trip.lane, trip.area, trip.spot, trip.service, trip.method) == (
        "US-CA",
        "DE>US-CA",
        "902",
        "9021",
        "paket",
        "standard",
    )
    assert (trip.weekday, trip.hour, trip.sender) == ("0", "2", "api")


def test_a_leg_runs_by_the_clock_of_where_it_ends() -> None:
    handling, transit = handling_of(RECORD, HERE), transit_of(RECORD, HERE)
    assert transit is not None
    assert (handling.country, transit.country) == (DE, "US")
    assert str(zone_of(RECORD, HERE)) == "America/Los_Angeles"
    assert (handling.name, handling.lane, transit.name, transit.lane) == (HANDLING, DE, TRANSIT, "DE>US-CA")


@pytest.mark.parametrize(("days", "is_sound"), [(0, True), (2, True), (119, True), (121, False), (-1, False), (None, False)])
def test_a_leg_backwards_endless_or_open_teaches_nothing(days: int | None, is_sound: bool) -> None:
    leg = transit_of(RECORD, HERE)
    assert leg is not None
    end = None if days is None else leg.start + days
    assert type(leg)(leg.name, leg.traits, leg.lane, leg.start, end, leg.country, leg.zone).is_sound is is_sound


def test_a_postcode_too_short_to_tell_an_area_is_left_out() -> None:
    record = Record(**{name: getattr(RECORD, name) for name in Record.__slots__} | {"to_postcode": "12"})
    assert (trip_of(record, HERE).area, trip_of(record, HERE).spot) == ("", "")
    assert not [trait for trait in traits(TRANSIT, trip_of(record, HERE)) if trait.key.startswith(("area:", "spot:"))]
