"""Clocks, lines of the timetable and arrivals, by tables."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from portal.formats import grouped_number
from portal.rules import arrival_of, is_late, order_state, parcel_state, waiting_arrival
from portal.rules.causes import cause_words, delayed_words
from portal.rules.clocks import Clock, clock_of, destination_zone, told, zone_named
from portal.rules.odds import odds_of
from portal.rules.stops import Seen, Telling, stops_of
from portal.templatetags.portal import zone_place
from portal.types import Arrival, ParcelFacts, Trouble
from tests.portal.test_rules import NEWS, TODAY, TOMORROW, YESTERDAY, confirmed, on_the_road
from tracking.types import Cause, IncidentType
from tracking.types import ShipmentStatus as Status

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LATER = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("name", "offset"),
    [("Europe/Berlin", 60), ("+05:30", 330), ("UTC-03:00", -180), ("+0800", 480), ("-00:00", 0), ("UTC", 0)],
)
def test_a_zone_is_a_name_or_an_offset(name: str, offset: int) -> None:
    zone = zone_named(name)
    assert zone is not None and zone.utcoffset(AT.replace(tzinfo=None)) == timedelta(minutes=offset)


@pytest.mark.parametrize("name", ["", "Berlin", "europe/berlin", "+25:00", "+05:75", "+5", "../etc", "Etc/GMT+5", "a" * 999, "\0"])
def test_anything_else_is_no_zone(name: str) -> None:
    assert zone_named(name) is None


@pytest.mark.parametrize(
    ("country", "scans", "zone"),
    [
        ("DE", [], "Europe/Berlin"),
        ("SG", [], "Asia/Singapore"),
        ("US", [("US", "America/Chicago"), ("US", "America/New_York")], "America/Chicago"),
        ("US", [("DE", "Europe/Berlin")], ""),
        ("US", [("US", "nonsense")], ""),
        ("ID", [], ""),
        ("", [("", "Europe/Berlin")], ""),
        ("XX", [], ""),
    ],
)
def test_the_destination_s_clock_is_the_country_s_only_one_or_that_of_a_scan_there(
    country: str, scans: list[tuple[str, str]], zone: str
) -> None:
    assert destination_zone(country, scans=scans, home=("DE", "Europe/Berlin")) == zone


def test_a_destination_nobody_knows_falls_back_to_each_place() -> None:
    assert clock_of("destination", destination="") == Clock("place")
    assert clock_of("destination", destination="Asia/Tokyo").zone == ZoneInfo("Asia/Tokyo")
    assert told(AT, clock=Clock("place"), zone="", fallback=BERLIN).hour == 11
    assert told(AT, clock=Clock("place"), zone="Asia/Tokyo", fallback=BERLIN).hour == 19


def seen(**over: Any) -> Seen:
    return Seen(**{"status": Status.IN_TRANSIT, "at": AT, "zone": "Europe/Berlin", "city": "Feucht", "country": "DE", **over})


def lines(*scans: Seen) -> list[tuple[int, str, str, int]]:
    telling = Telling(Clock("place"), BERLIN, "DHL", here="DE", countries={"ID": "Indonesia", "DE": "Germany"})
    return [(stop.at.hour, stop.words, stop.place, len(stop.texts)) for stop in stops_of(scans, telling)]


def hours(n: int) -> datetime:
    return AT + timedelta(hours=n)


@pytest.mark.parametrize(
    ("scans", "told"),
    [
        ((seen(), seen(at=hours(1))), [(11, "On its way", "Feucht", 0)]),
        ((seen(text="a"), seen(at=hours(1), text="a")), [(11, "On its way", "Feucht", 1)]),
        ((seen(text="a"), seen(at=hours(1))), [(11, "On its way", "Feucht", 1)]),
        ((seen(text="a"), seen(at=hours(1), text="b")), [(12, "On its way", "Feucht", 1), (11, "On its way", "Feucht", 1)]),
        ((seen(), seen(at=hours(1), city="Hof")), [(12, "On its way", "Hof", 0), (11, "On its way", "Feucht", 0)]),
        ((seen(), seen(at=hours(13))), [(0, "On its way", "Feucht", 0), (11, "On its way", "Feucht", 0)]),
        (
            (seen(), seen(at=hours(1), city="Hof"), seen(at=hours(2))),
            [(13, "On its way", "Feucht", 0), (12, "On its way", "Hof", 0), (11, "On its way", "Feucht", 0)],
        ),
        ((seen(is_delay=True, cause="weather"),), [(11, "Delayed by the weather", "Feucht", 0)]),
        ((seen(status=Status.PICKED_UP),), [(11, "Handed to DHL", "Feucht", 0)]),
        ((seen(status=Status.LABEL_CREATED, city=""),), [(11, "Packed. The label is made, DHL does not have it yet", "Germany", 0)]),
        ((seen(country="ID", city="Jakarta"),), [(11, "On its way", "Jakarta, Indonesia", 0)]),
        ((seen(city="", region="Bavaria"),), [(11, "On its way", "Bavaria", 0)]),
        ((seen(city="", country="ID"),), [(11, "On its way", "Indonesia", 0)]),
    ],
)  # fmt: skip
def test_the_same_news_from_the_same_place_is_told_once(scans: tuple[Seen, ...], told: list[tuple[int, str, str, int]]) -> None:
    assert lines(*scans) == told
    assert lines(*reversed(scans)) == told


@pytest.mark.parametrize("status", Status.values)
def test_every_scan_has_words(status: str) -> None:
    ((_, words, _, _),) = lines(seen(status=status))
    assert words


@pytest.mark.parametrize("cause", [*Cause.values, "", "nonsense"])
def test_every_cause_has_a_state_and_none_is_made_up(cause: str) -> None:
    assert delayed_words(cause).startswith("Delayed")
    assert (cause_words(cause, "", carrier="") == "") is (cause in ("", "unknown", "nonsense"))


def slipped(**over: Any) -> Trouble:
    return Trouble(**{"type": IncidentType.ETA_SLIPPED, **over})


@pytest.mark.parametrize(
    ("parcel", "promised", "arrival"),
    [
        ({"eta_by": LATER, "eta_source": "carrier", "promised_by": TOMORROW}, None, Arrival(LATER, None, "carrier", NEWS, was=TOMORROW)),
        ({"eta_by": LATER, "eta_source": "carrier", "eta_first_by": TOMORROW}, LATER, Arrival(LATER, None, "carrier", NEWS, was=TOMORROW)),
        ({"eta_by": LATER, "eta_source": "carrier"}, TOMORROW, Arrival(LATER, None, "carrier", NEWS, was=TOMORROW)),
        ({"eta_by": TOMORROW, "eta_source": "carrier", "eta_first_by": LATER}, LATER, Arrival(TOMORROW, None, "carrier", TOMORROW)),
        (
            {"eta_by": TOMORROW, "eta_source": "carrier", "troubles": (slipped(expected_by=LATER, promised_by=TOMORROW),)},
            None,
            Arrival(LATER, None, "learned", NEWS, was=TOMORROW),
        ),
        ({"eta_by": LATER, "eta_source": "carrier", "eta_hidden": "on_hold"}, None, Arrival(None, None, "carrier", NEWS, missed=LATER)),
        ({"troubles": (slipped(news_by=TOMORROW),)}, None, Arrival(next_news=TOMORROW)),
        ({"troubles": (slipped(news_by=YESTERDAY),)}, None, Arrival(next_news=NEWS)),
        (
            {"eta_from": TOMORROW, "eta_by": LATER, "eta_source": "learned", "eta_alike": 214},
            LATER,
            Arrival(LATER, TOMORROW, "learned", NEWS, alike=214),
        ),
    ],
)
def test_the_newest_true_day_is_shown_and_the_one_it_replaces_is_struck(parcel: Any, promised: date | None, arrival: Arrival) -> None:
    assert arrival_of(on_the_road(**parcel), order=confirmed(arrive_by=promised), today=TODAY) == arrival


@pytest.mark.parametrize(
    ("parcel", "late"),
    [
        ({"eta_by": TOMORROW}, False),
        ({"eta_by": YESTERDAY}, True),
        ({"eta_by": LATER, "promised_by": TOMORROW}, True),
        ({"eta_by": LATER, "promised_by": LATER, "eta_first_by": TOMORROW}, False),
        ({"eta_by": TOMORROW, "is_delayed": True}, True),
        ({"eta_by": TOMORROW, "eta_hidden": "on_hold"}, True),
        ({"eta_by": TOMORROW, "troubles": (Trouble(IncidentType.STALLED),)}, True),
        ({"eta_by": TOMORROW, "troubles": (Trouble(IncidentType.FAILED_ATTEMPT),)}, False),
        ({"eta_by": YESTERDAY, "status": Status.DELIVERED}, False),
        ({"eta_by": YESTERDAY, "status": Status.READY_FOR_PICKUP}, False),
    ],
)
def test_late_means_later_than_promised(parcel: Any, late: bool) -> None:
    assert is_late(on_the_road(**parcel), order=confirmed(), today=TODAY) is late


def test_a_denied_delivery_is_the_order_s_first_word() -> None:
    denied = ParcelFacts(Status.DELIVERED, troubles=(Trouble(IncidentType.DELIVERED_NOT_RECEIVED),))
    state = order_state(confirmed(parcels=(denied, ParcelFacts(Status.LOST))), today=TODAY)
    assert (state.tone, state.text) == ("warn", "Delivered, but not found")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble(IncidentType.LOST_SUSPECTED, cause="carrier"), "Probably lost"),
        (Trouble(IncidentType.INVALID_NUMBER), "The carrier does not know the number"),
        (Trouble(IncidentType.STALLED, cause="carrier"), "No scan for days"),
        (Trouble(IncidentType.PREDICTED_LATE, cause="weather"), "Delayed by the weather"),
        (Trouble(IncidentType.ETA_SLIPPED, cause="carrier"), "Delayed"),
        (Trouble(IncidentType.PICKUP_EXPIRING), "On its way"),
    ],
)
def test_what_is_open_about_a_parcel_names_its_state(trouble: Trouble, words: str) -> None:
    assert parcel_state(on_the_road(eta_by=TOMORROW, troubles=(trouble,)), order=confirmed(), today=TODAY).text == words


@pytest.mark.parametrize(
    ("over", "arrival"),
    [
        ({"ship_by": TOMORROW}, Arrival(TOMORROW, None, "merchant", NEWS)),
        ({"ship_by": YESTERDAY}, Arrival(source="merchant", missed=YESTERDAY, next_news=date(2026, 11, 23))),
        (
            {"ship_by": YESTERDAY, "unsent": slipped(expected_by=LATER, news_by=TOMORROW)},
            Arrival(LATER, None, "merchant", TOMORROW, was=YESTERDAY),
        ),
        ({"ship_by": YESTERDAY, "unsent": slipped(expected_by=YESTERDAY)}, Arrival(source="merchant", missed=YESTERDAY, next_news=NEWS)),
    ],
)
def test_what_waits_has_a_day_or_the_day_of_the_next_news(over: Any, arrival: Arrival) -> None:
    assert waiting_arrival(confirmed(waiting=1, **over), today=TODAY) == arrival


def test_ten_dots_stand_for_one_before_eight_within_and_one_after() -> None:
    strip = odds_of(first=TOMORROW, last=LATER, alike=30, source="learned")
    assert [(part.first, part.last, len(part.dots), part.is_likely) for part in strip] == [
        (None, TOMORROW, 1, False),
        (TOMORROW, LATER, 8, True),
        (LATER, None, 1, False),
    ]
    assert odds_of(first=None, last=LATER, alike=29, source="learned") == ()
    assert odds_of(first=None, last=LATER, alike=300, source="carrier") == ()


@pytest.mark.parametrize(
    ("number", "shown"),
    [("00340434491726000058", "0034 0434 4917 2600 0058"), ("1Z999AA1", "1Z999AA1"), ("AB-123456789-DE", "AB-123456789-DE"), ("", "")],
)
def test_a_long_number_is_set_in_groups(number: str, shown: str) -> None:
    assert grouped_number(number) == shown


@pytest.mark.parametrize(
    ("language", "zone", "place"),
    [
        ("de", "Asia/Tokyo", "Tokio"),
        ("zh-hans", "Europe/Athens", "雅典"),
        ("pt-br", "Europe/Athens", "Atenas"),
        ("en", "America/New_York", "New York"),
        ("de", "UTC", "UTC"),
        ("en", "Factory", "Factory"),
    ],
)
def test_clocks_are_named_by_their_place_in_the_readers_language(language: str, zone: str, place: str) -> None:
    with translation.override(language):
        assert zone_place(zone) == place
