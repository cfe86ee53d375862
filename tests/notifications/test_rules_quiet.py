"""Quiet hours: where the recipient is, what the law there says, and the first moment that suits everywhere they may be."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.registry import entry_of
from notifications.rules.place import Home, Place, place_of
from notifications.rules.quiet import COUNTRIES, STATES, first_open, law_of, quiet_gates
from notifications.rules.timing import Timing, leaving
from notifications.types import Kind

BERLIN = Home("DE", "Europe/Berlin")
ADVERT, TODAY, CONFIRMATION = entry_of(Kind.ADDITIONS), entry_of(Kind.OUT_FOR_DELIVERY), entry_of(Kind.ORDER_CONFIRMATION)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def somewhere(told: str = "", country: str = "", region: str = "", phone_country: str = "", home: Home = BERLIN) -> Place:
    return place_of(told=told, country=country, region=region, phone_country=phone_country, home=home)


PLACES = [
    # told, country, region, country of the number -> zone, how many zones it may be
    (("Asia/Tokyo", "DE", "", "FR"), "Asia/Tokyo", 1),
    (("", "DE", "", "FR"), "Europe/Berlin", 1),
    (("", "US", "California", "FR"), "America/Los_Angeles", 1),
    (("", "US", "CA", ""), "America/Los_Angeles", 1),
    (("", "", "", "FR"), "Europe/Paris", 1),
    (("", "US", "", ""), "America/New_York", 10),
    (("", "", "", "BR"), "America/Sao_Paulo", 13),
    (("", "", "", ""), "Europe/Berlin", 1),
    (("No/Such", "DE", "", ""), "Europe/Berlin", 1),
    (("../etc/passwd", "DE", "", ""), "Europe/Berlin", 1),
    (("", "AQ", "", ""), "Europe/Berlin", 1),
]


@pytest.mark.parametrize(("told", "zone", "zones"), PLACES)
def test_the_zone_is_the_one_told_else_of_the_address_else_of_the_number_else_the_merchants(
    told: tuple[str, str, str, str], zone: str, zones: int
) -> None:
    place = somewhere(*told)
    assert (place.zone, len(place.zones)) == (zone, zones)


MARKETING = [
    # where, asked at (UTC) -> leaves at (UTC)
    (("", "DE", "", ""), "2026-11-20T10:00", "2026-11-20T10:00"),
    (("", "DE", "", ""), "2026-11-20T19:59", "2026-11-20T19:59"),
    (("", "DE", "", ""), "2026-11-20T20:00", "2026-11-21T07:00"),
    (("", "DE", "", ""), "2026-11-20T06:59", "2026-11-20T07:00"),
    # the night in which clocks go forward, and that in which they go back
    (("", "DE", "", ""), "2026-03-28T22:00", "2026-03-29T06:00"),
    (("", "DE", "", ""), "2026-10-24T22:00", "2026-10-25T07:00"),
    # France: until ten, not on Sundays (22 November), not on 11 November nor 14 July
    (("", "FR", "", ""), "2026-11-20T20:30", "2026-11-20T20:30"),
    (("", "FR", "", ""), "2026-11-20T21:00", "2026-11-21T07:00"),
    (("", "FR", "", ""), "2026-11-22T10:00", "2026-11-23T07:00"),
    (("", "FR", "", ""), "2026-11-11T10:00", "2026-11-12T07:00"),
    (("", "FR", "", ""), "2026-07-14T10:00", "2026-07-15T06:00"),
    # Oklahoma until eight, California until nine
    (("", "US", "OK", ""), "2026-11-21T02:30", "2026-11-21T14:00"),
    (("", "US", "CA", ""), "2026-11-21T04:30", "2026-11-21T04:30"),
    (("", "US", "CA", ""), "2026-11-21T05:00", "2026-11-21T16:00"),
    # a French number at an address in Berlin: both laws
    (("", "DE", "", "FR"), "2026-11-22T10:00", "2026-11-23T07:00"),
    (("", "FR", "", "DE"), "2026-11-20T20:30", "2026-11-21T07:00"),
    # somewhere in the United States: an hour all its zones have in common
    (("", "US", "", ""), "2026-11-20T10:00", "2026-11-20T23:00"),
    # a state nobody can read is somewhere in the United States, too
    (("", "US", "Tex.", ""), "2026-11-20T10:00", "2026-11-20T23:00"),
    # eastern Tennessee is an hour ahead of Nashville, El Paso one behind Dallas
    (("", "US", "TN", ""), "2026-11-21T02:30", "2026-11-21T14:00"),
    (("", "US", "TX", ""), "2026-11-22T18:00", "2026-11-22T19:00"),
    # nothing known: as at the merchant's
    (("", "", "", ""), "2026-11-20T23:00", "2026-11-21T07:00"),
]


@pytest.mark.parametrize(("where", "asked", "leaves"), MARKETING)
def test_a_text_that_advertises_leaves_in_the_hours_of_the_recipient(where: tuple[str, str, str, str], asked: str, leaves: str) -> None:
    place = somewhere(*where)
    assert first_open(quiet_gates(ADVERT, "sms", place, at(asked)), at(asked)) == at(leaves)


def test_while_nobody_knows_better_the_merchants_night_is_minded_too() -> None:
    brazil = somewhere(phone_country="BR")
    # 20:30 UTC: afternoon all over Brazil, half past nine in Berlin.
    assert first_open(quiet_gates(ADVERT, "sms", brazil, at("2026-11-20T20:30")), at("2026-11-20T20:30")) == at("2026-11-21T13:00")


def test_news_of_a_parcel_do_not_wake_anybody_and_what_is_mandatory_goes_at_once() -> None:
    night = at("2026-11-20T02:00")
    berlin = somewhere(country="DE")
    assert leaving(TODAY, "sms", Timing(night, berlin)).at == at("2026-11-20T07:00")
    assert leaving(TODAY, "email", Timing(night, berlin)).at == night
    for kind in (Kind.DISPATCH, Kind.DELAYED, Kind.ATTEMPT_FAILED, Kind.READY_FOR_PICKUP, Kind.CANCELLATION):
        left = leaving(entry_of(kind), "sms", Timing(night, berlin))
        assert (left.at, left.waits) == (night, "")
        assert [condition.detail for condition in left.conditions] == ["goes at any hour"]


def test_what_waits_says_until_when_and_what_would_be_stale_by_then_is_withheld() -> None:
    berlin = somewhere(country="DE")
    waits = leaving(TODAY, "sms", Timing(at("2026-11-20T02:00"), berlin, not_after=at("2026-11-20T12:00")))
    assert waits.waits == "quiet_hours"
    assert [(c.condition, c.ok, c.detail) for c in waits.conditions] == [
        ("quiet_hours", True, "waits until 2026-11-20 08:00 (Europe/Berlin): 08:00 to 21:00 in Europe/Berlin"),
        ("too_late", True, ""),
    ]
    for start, not_after in (("2026-11-20T22:00", "2026-11-21T08:00"), ("2026-11-20T01:00", "2026-11-20T06:00")):
        stale = leaving(TODAY, "sms", Timing(at(start), berlin, not_after=at(not_after)))
        assert (stale.conditions[-1].condition, stale.conditions[-1].ok) == ("too_late", False)
        assert stale.conditions[-1].detail.startswith("would leave at 2026-11-2")


def test_a_window_is_the_recipients_and_a_mandatory_message_is_not_lost_by_it() -> None:
    tokyo, window = somewhere(country="JP"), (time(9), time(18))
    left = leaving(CONFIRMATION, "email", Timing(at("2026-11-20T10:00"), tokyo, window, at("2026-11-23T10:00")))
    assert (left.at, left.waits) == (at("2026-11-21T00:00"), "window")
    in_a_hurry = leaving(CONFIRMATION, "email", Timing(at("2026-11-20T10:00"), tokyo, window, at("2026-11-20T12:00")))
    assert (in_a_hurry.at, in_a_hurry.waits) == (at("2026-11-20T10:00"), "")
    assert all(condition.ok for condition in in_a_hurry.conditions)
    idle = leaving(entry_of(Kind.ARRIVED_IN_CITY), "email", Timing(at("2026-11-20T10:00"), tokyo, window, at("2026-11-20T12:00")))
    assert not idle.conditions[-1].ok


def test_hours_that_never_meet_are_found_out_and_not_searched_for_ever() -> None:
    window = (time(3), time(4))
    left = leaving(ADVERT, "sms", Timing(at("2026-11-20T10:00"), somewhere(country="DE"), window))
    assert (left.conditions[-1].condition, left.conditions[-1].ok) == ("too_late", False)


ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
MINUTES = st.integers(0, 366 * 24 * 60 - 1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), MINUTES, st.sampled_from(["", *COUNTRIES, "DE", "US"]), st.sampled_from(sorted({key[1] for key in STATES})))
def test_an_advertising_text_never_leaves_in_quiet_hours_in_any_zone_on_any_day(zone: str, minutes: int, country: str, region: str) -> None:
    start = YEAR + timedelta(minutes=minutes)
    place = somewhere(told=zone, country=country, region=region if country == "US" else "")
    left = leaving(ADVERT, "sms", Timing(start, place))
    local, law = left.at.astimezone(ZoneInfo(zone)), law_of(country, region if country == "US" else "")
    assert left.at >= start
    assert law.start <= local.time() < law.end
    assert time(8) <= local.time() < (time(22) if country == "FR" else time(21))
    if law.without_rest:
        assert local.weekday() != 6
        assert local.date() not in holidays.country_holidays(country, years=local.year)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["US", "CA", "BR", "RU", "AU", "MX", "ID"]), MINUTES)
def test_where_the_zone_is_not_known_it_leaves_in_the_hours_of_all_of_them(country: str, minutes: int) -> None:
    start = YEAR + timedelta(minutes=minutes)
    place = somewhere(phone_country=country)
    left = leaving(ADVERT, "sms", Timing(start, place))
    assert len(place.zones) > 1
    assert all(condition.ok for condition in left.conditions)
    for zone in place.zones:
        assert time(8) <= left.at.astimezone(ZoneInfo(zone)).time() < time(21)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), MINUTES)
def test_nothing_waits_longer_than_it_must(zone: str, minutes: int) -> None:
    """One minute before it leaves it was still night, unless it leaves at once."""
    start = YEAR + timedelta(minutes=minutes)
    left = leaving(ADVERT, "sms", Timing(start, Place(zone, (zone,))))
    before = (left.at - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
    assert left.at == start or not time(8) <= before.time() < time(21)
    assert left.at - start < timedelta(hours=14)


def test_the_law_of_a_state_is_never_looser_than_the_countrys() -> None:
    for (country, region), hours in STATES.items():
        usual = COUNTRIES.get(country) or law_of("", "")
        assert usual.start <= hours.start < hours.end <= usual.end, region
    assert date(2026, 7, 14) in holidays.country_holidays("FR", years=2026)
