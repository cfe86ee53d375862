"""What one parcel adds to the figures."""

from datetime import date, timedelta
from typing import Any

import pytest

from tracking.rules.rollups import NOTHING, Facts, Journey, facts_of, moves, region_of
from tracking.types import IncidentType, ShipmentStatus

TODAY = date(2026, 11, 20)  # a Friday
MONDAY = date(2026, 11, 16)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def journey(**over: Any) -> Journey:
    values: dict[str, Any] = {"sent": day(-3), "promised": day(1), "carrier": "dhl", "region": "DE-BE", **over}
    return Journey(**values)


BASE = {"sent": 1}
HERE = {**BASE, "arrived": 1}
KEPT = {"on_time": 1, "promises": 1, "promises_kept": 1}


@pytest.mark.parametrize(
    ("over", "counts", "standing", "look_on"),
    [
        ({}, BASE, "", day(2)),
        ({"promised": None}, BASE, "", None),
        ({"promised": day(0)}, BASE, "", day(1)),  # the promised day itself is not late
        ({"promised": day(-1)}, {**BASE, "late": 1, "overdue": 1, "promises": 1}, "overdue", None),
        ({"expected": day(1)}, BASE, "", day(2)),
        ({"expected": day(2)}, {**BASE, "at_risk": 1}, "at_risk", day(2)),
        ({"is_delayed": True}, {**BASE, "at_risk": 1}, "at_risk", day(2)),
        ({"incidents": {IncidentType.STALLED: True}}, {**BASE, "at_risk": 1, "stalled": 1}, "at_risk", day(2)),
        ({"incidents": {IncidentType.STALLED: False}}, {**BASE, "stalled": 1}, "", day(2)),
        ({"incidents": {IncidentType.LOST_SUSPECTED: False}}, {**BASE, "lost": 1}, "", day(2)),
        ({"status": "lost", "promised": day(-4)}, {**BASE, "late": 1, "lost": 1, "promises": 1}, "", None),
        ({"status": "damaged"}, {**BASE, "damaged": 1}, "", day(2)),
        ({"status": "returning", "is_delayed": True}, {**BASE, "returned": 1}, "", day(2)),
        ({"arrived": day(0)}, {**HERE, **KEPT, "transit:3": 1, "delay:6": 1}, "", None),
        ({"arrived": day(3)}, {**HERE, "late": 1, "transit:6": 1, "delay:9": 1, "promises": 1}, "", None),
        ({"arrived": day(60)}, {**HERE, "late": 1, "transit:40": 1, "delay:28": 1, "promises": 1}, "", None),
        ({"arrived": day(-9)}, {**HERE, **KEPT, "transit:0": 1, "delay:0": 1}, "", None),
        ({"arrived": day(0), "promised": None}, {**HERE, "transit:3": 1}, "", None),
        (
            {"arrived": day(0), "promised": None, "learned": (day(-1), day(0))},
            {**HERE, "transit:3": 1, "eta_asked": 1, "eta_held": 1}, "", None,
        ),
        (
            {"arrived": day(0), "promised": None, "learned": (day(1), day(2))},
            {**HERE, "transit:3": 1, "eta_asked": 1, "eta_early": 1}, "", None,
        ),
        ({"arrived": day(0), "promised": None, "learned": (day(-2), day(-1))}, {**HERE, "transit:3": 1, "eta_asked": 1}, "", None),
        ({"promised": None, "said": frozenset({day(-1), day(2), day(3)})}, {**BASE, "promises": 1}, "", day(3)),
        (
            {"arrived": day(2), "promised": day(1), "said": frozenset({day(1), day(2), day(3)})},
            {**HERE, "late": 1, "transit:5": 1, "delay:8": 1, "promises": 3, "promises_kept": 2}, "", None,
        ),
    ],
)  # fmt: skip
def test_what_a_parcel_adds(over: dict[str, Any], counts: dict[str, int], standing: str, look_on: date | None) -> None:
    found = facts_of(journey(**over), TODAY)
    assert (dict(found.counts), found.standing, found.look_on) == (counts, standing, look_on)


@pytest.mark.parametrize("over", [{"sent": None}, {"status": ShipmentStatus.CANCELLED}])
def test_what_was_never_handed_over_adds_nothing(over: dict[str, Any]) -> None:
    assert facts_of(journey(**over), TODAY) == NOTHING
    assert list(NOTHING.cells()) == []


def test_a_parcel_counts_in_its_week_and_on_the_day_it_was_promised_for() -> None:
    assert list(facts_of(journey(), TODAY).cells()) == [("week", MONDAY, "dhl", "DE-BE"), ("day", day(1), "dhl", "")]
    assert list(facts_of(journey(promised=None), TODAY).cells()) == [("week", MONDAY, "dhl", "DE-BE")]


def test_time_alone_changes_nothing_before_the_day_a_parcel_names() -> None:
    on = journey(said=frozenset({day(4)}))
    found = facts_of(on, TODAY)
    assert found.look_on == day(2)
    assert facts_of(on, day(1)) == found
    assert facts_of(on, day(2)).standing == "overdue"
    assert facts_of(on, day(2)).look_on == day(5)


def test_only_differences_move() -> None:
    old = facts_of(journey(), TODAY)
    new = facts_of(journey(arrived=TODAY), TODAY)
    added = {"arrived": 1, "on_time": 1, "transit:3": 1, "delay:6": 1, "promises": 1, "promises_kept": 1}
    assert moves([(old, new)]) == {("week", MONDAY, "dhl", "DE-BE"): added, ("day", day(1), "dhl", ""): added}
    assert moves([(new, new)]) == {}
    assert moves([(old, new), (new, old)]) == {}


def test_a_parcel_that_changes_hands_leaves_one_cell_for_another() -> None:
    old, new = facts_of(journey(), TODAY), facts_of(journey(carrier="dpd", promised=None), TODAY)
    assert moves([(old, new)]) == {
        ("week", MONDAY, "dhl", "DE-BE"): {"sent": -1},
        ("day", day(1), "dhl", ""): {"sent": -1},
        ("week", MONDAY, "dpd", "DE-BE"): {"sent": 1},
    }
    assert moves([(new, Facts())]) == {("week", MONDAY, "dpd", "DE-BE"): {"sent": -1}}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("DE", "BE", "10119"), "DE-BE"), (("DE", "", "10119"), "DE-1…"), (("GB", "", "sw1a"), "GB-S…"), (("AT", "", ""), "AT"),
        (("", "BE", "1"), "BE"), (("", "", "1"), ""), (("DE", "", "-1"), "DE"), (("DE", "x" * 60, ""), "DE-" + "x" * 57),
    ],
)  # fmt: skip
def test_where_a_parcel_goes_is_named_as_finely_as_is_known(place: tuple[str, str, str], name: str) -> None:
    assert region_of(*place) == name
