"""When shoppers are asked, about what, and what becomes of the question: by tables."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.rules.asking import Asking, Goods, Pick, Seen, asking, day_moment, fits, is_live, is_news, step_of, zones_at
from reviews.types import Match, RequestState
from tests.conftest import NOW

DAY = timedelta(days=1)
BERLIN, CHICAGO, HONOLULU = "Europe/Berlin", "America/Chicago", "Pacific/Honolulu"
SHIRT = Goods(1, "shirts", ("linen", "summer"), ("SHIRT-M", "SHIRT"))
BELT = Goods(2, "belts", (), ("BELT",))
NEVER, LATE = Pick(Match.CATEGORY, "belts", is_asked=False), Pick(Match.TAG, "linen", days=21)


@pytest.mark.parametrize(
    ("goods", "picks", "besides", "found"),
    [
        ([SHIRT, BELT], [], (), Asking((1, 2), 7)),
        ([BELT, SHIRT], [NEVER], (), Asking((1,), 7)),
        ([SHIRT, BELT], [LATE], (), Asking((1, 2), 21)),
        ([SHIRT, BELT], [NEVER, LATE], (), Asking((1,), 21)),
        ([BELT], [NEVER], (), None),
        ([SHIRT], [Pick(Match.SKU, "SHIRT", days=0)], (), Asking((1,), 0)),
        ([SHIRT], [Pick(Match.SKU, "SHIRT", is_asked=False), LATE], (), None),
        ([SHIRT], [LATE, Pick(Match.SKU, "SHIRT", is_asked=False)], (), Asking((1,), 21)),
        ([SHIRT], [Pick(Match.CATEGORY, "shirts")], (), Asking((1,), 7)),
        ([SHIRT, BELT], [LATE], (1,), Asking((2,), 7)),
        ([SHIRT, BELT], [], (1, 2), None),
        ([], [], (), None),
    ],
)
def test_a_parcel_is_asked_about_once_at_the_latest_of_its_lines_days(
    goods: list[Goods], picks: list[Pick], besides: tuple[int, ...], found: Asking | None
) -> None:
    assert asking(goods, picks, days=7, besides=besides) == found


@pytest.mark.parametrize(
    ("match", "value", "is_one"),
    [
        ("sku", "shirt-m", True),
        ("sku", "SHIRT", True),
        ("sku", "SHIR", False),
        ("tag", " Linen ", True),
        ("tag", "wool", False),
        ("category", "SHIRTS", True),
        ("category", "", False),
    ],
)
def test_a_rule_fits_whole_words_in_any_capitals(match: str, value: str, is_one: bool) -> None:
    assert fits(Pick(match, value), SHIRT) is is_one


def test_an_empty_rule_fits_nothing_even_of_a_product_without_category() -> None:
    assert not fits(Pick("category", " "), Goods(3))


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("base", "zones", "first", "last"),
    [
        (utc(20, 8), (BERLIN,), utc(20, 8), utc(20, 8)),  # nine in the morning
        (utc(20, 19, 59), (BERLIN,), utc(20, 19, 59), utc(20, 19, 59)),
        (utc(20, 20), (BERLIN,), utc(21, 8), utc(21, 11)),  # nine in the evening
        (utc(20, 7, 59), (BERLIN,), utc(20, 8), utc(20, 11)),
        (utc(20, 10), (CHICAGO,), utc(20, 15), utc(20, 18)),
        (utc(20, 16), (CHICAGO, HONOLULU), utc(20, 19), utc(20, 22)),  # both are awake
        (utc(21, 3), (CHICAGO, HONOLULU), utc(21, 19), utc(21, 22)),
        # The night clocks go forward, and the one they go back.
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), (BERLIN,), datetime(2026, 3, 29, 7, tzinfo=UTC), datetime(2026, 3, 29, 10, tzinfo=UTC)),
        (utc(25, 0, 30, month=10), (BERLIN,), utc(25, 8, month=10), utc(25, 11, month=10)),
        # Never awake at once: the first counts.
        (utc(20, 0), ("Asia/Kamchatka", "Africa/Abidjan"), utc(20, 0), utc(20, 0)),
    ],
)
def test_a_moment_by_day_stays_and_one_by_night_moves_into_the_morning(
    base: datetime, zones: tuple[str, ...], first: datetime, last: datetime
) -> None:
    moments = [day_moment(base, zones, nonce) for nonce in "abcdefgh"]
    assert all(first <= moment <= last for moment in moments)
    assert (len(set(moments)) == 1) is (first == last)
    assert moments == [day_moment(base, zones, nonce) for nonce in "abcdefgh"]


ANYWHERE = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))


@given(st.sampled_from(ANYWHERE), st.integers(0, 366 * 24 * 60), st.text(max_size=5))
def test_nobody_is_asked_by_night(zone: str, minutes: int, nonce: str) -> None:
    base = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    moment = day_moment(base, (zone,), nonce)
    assert time(9) <= moment.astimezone(ZoneInfo(zone)).time() < time(21)
    assert base <= moment < base + timedelta(hours=16)


@pytest.mark.parametrize(
    ("country", "region", "zones"),
    [
        ("DE", "", (BERLIN,)),
        ("US", "IL", (CHICAGO,)),
        ("", "", ("UTC",)),
        ("QQ", "", ("UTC",)),
    ],
)
def test_the_zone_is_that_of_where_the_parcel_went(country: str, region: str, zones: tuple[str, ...]) -> None:
    assert zones_at(country, region, "UTC") == zones


def test_an_unknown_region_may_be_any_of_its_country() -> None:
    assert {CHICAGO, HONOLULU, "America/New_York"} <= set(zones_at("US", "", "UTC"))


S, AGO, AHEAD = RequestState, NOW - DAY, NOW + DAY
LIVE: dict[str, Any] = {"state": S.ASKED, "ends_at": AHEAD}


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        ({"state": S.WAITING}, ("ask", "")),
        ({"state": S.DEFERRED}, ("ask", "")),
        ({"state": S.WAITING, "is_here": False}, ("hold", "")),
        ({"state": S.WAITING, "is_on": False}, ("end", "off")),
        ({"state": S.WAITING, "void": "cancelled"}, ("end", "cancelled")),
        ({"state": S.WAITING, "void": "refunded"}, ("end", "refunded")),
        ({"state": S.WAITING, "left": 0}, ("end", "removed")),
        ({"state": S.WAITING, "left": 0, "written": 1}, ("done", "")),
        ({"state": S.WAITING, "left": 1, "written": 1}, ("ask", "")),
        ({"state": S.DEFERRED, "ends_at": AGO}, ("ask", "")),
        ({**LIVE, "remind_at": AGO}, ("remind", "")),
        ({**LIVE, "remind_at": NOW}, ("remind", "")),
        ({**LIVE, "remind_at": AHEAD}, ("rest", "")),
        ({**LIVE, "remind_at": AGO, "reminded_at": AGO}, ("rest", "")),
        ({**LIVE, "remind_at": AGO, "is_on": False}, ("rest", "")),
        ({**LIVE, "remind_at": AGO, "is_here": False}, ("rest", "")),
        ({**LIVE, "remind_at": AGO, "void": "refunded"}, ("rest", "")),
        ({**LIVE, "remind_at": AGO, "void": "cancelled"}, ("end", "cancelled")),
        ({**LIVE, "remind_at": AGO, "void": "erased"}, ("end", "erased")),
        ({**LIVE, "left": 0, "written": 2, "remind_at": AGO}, ("done", "")),
        ({**LIVE, "ends_at": NOW}, ("end", "over")),
        ({**LIVE, "ends_at": AGO, "remind_at": AGO}, ("end", "over")),
    ],
)
def test_what_becomes_of_a_question_when_its_time_has_come(seen: dict[str, Any], step: tuple[str, str]) -> None:
    assert step_of(Seen(**seen), NOW) == step


@pytest.mark.parametrize(("days", "is_one"), [(0, True), (30, True), (31, False), (-1, True)])
def test_what_came_more_than_thirty_days_ago_is_history(days: int, is_one: bool) -> None:
    assert is_news(NOW - days * DAY, NOW) is is_one


@pytest.mark.parametrize(
    ("state", "ends_at", "is_one"),
    [("asked", AHEAD, True), ("asked", NOW, False), ("done", AHEAD, True), ("ended", AHEAD, False), ("waiting", None, True)],
)
def test_a_link_works_until_its_question_ends(state: str, ends_at: datetime | None, is_one: bool) -> None:
    assert is_live(state, ends_at, NOW) is is_one
