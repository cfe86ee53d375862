"""Each vendor asked: the request as sent, the answer parsed, its errors, and what it does not know."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.carriers.asking import number_key
from connectors.pollers import POLLERS, Question
from connectors.registry import CONNECTORS
from connectors.types import KeyRefused, Misunderstood, Said, Watched
from core.http import Request, Response, Transient
from tests.connectors import vendors
from tests.connectors.vendors import NUMBER, OTHER, answer
from tracking.registry import CARRIERS

PARCEL, NEIGHBOUR = Watched(1, NUMBER, "dhl"), Watched(2, OTHER, "dhl")
SCAN = ("in_transit", datetime(2026, 11, 21, 8, 15, tzinfo=UTC), "Leipzig", "DE", "Arrived at the parcel centre")


def ask(name: str) -> Question:
    return POLLERS[name].ask


def register(name: str) -> Question:
    return POLLERS[name].register


def told(said: dict[int, Said], poll: int = 1) -> tuple[Any, ...]:
    """The one scan the vendor told of the parcel."""
    news = said[poll].news
    assert news is not None
    (scan,) = news.scans
    return scan.status.value, scan.at, scan.place.city, scan.place.country, scan.text


def content(request: Request) -> Any:
    return json.loads(request.body or b"null")


def test_every_poller_is_a_connector_and_asks_for_carriers_we_know() -> None:
    assert set(POLLERS) <= set(CONNECTORS)
    codes = {carrier.code for carrier in CARRIERS}
    assert all(poller.carriers is None or poller.carriers <= codes for poller in POLLERS.values())


@pytest.mark.parametrize(
    ("name", "method", "url", "header", "body"),
    [
        (
            "easypost",
            "POST",
            "https://api.easypost.com/v2/trackers/batch",
            ("Authorization", "Basic a2V5Og=="),
            {"tracking_codes": [NUMBER, OTHER]},
        ),
        (
            "aftership",
            "GET",
            f"https://api.aftership.com/tracking/2024-07/trackings?tracking_numbers={NUMBER}%2C{OTHER}&limit=200",
            ("as-api-key", "key"),
            None,
        ),
        ("17track", "POST", "https://api.17track.net/track/v2.2/gettrackinfo", ("17token", "key"), [{"number": NUMBER}, {"number": OTHER}]),
    ],
)
def test_many_parcels_are_asked_for_in_one_call(name: str, method: str, url: str, header: tuple[str, str], body: Any) -> None:
    request = ask(name).write("key", [PARCEL, NEIGHBOUR])
    assert (request.method, request.url, content(request)) == (method, url, body)
    assert header in request.headers.items()


def test_shippo_is_asked_for_one_parcel_under_its_own_name_of_the_carrier() -> None:
    request = ask("shippo").write("key", [Watched(1, "AB/12 3", "dhl")])
    assert (request.method, request.url) == ("GET", "https://api.goshippo.com/tracks/dhl_germany/AB%2F12%203")
    assert request.headers["Authorization"] == "ShippoToken key"
    assert ask("shippo").per_call == 1


@pytest.mark.parametrize(
    ("name", "url", "body"),
    [
        ("easypost", "https://api.easypost.com/v2/trackers", {"tracker": {"tracking_code": NUMBER}}),
        ("aftership", "https://api.aftership.com/tracking/2024-07/trackings", {"tracking_number": NUMBER}),
        ("shippo", "https://api.goshippo.com/tracks/", {"carrier": "dhl_germany", "tracking_number": NUMBER}),
        ("17track", "https://api.17track.net/track/v2.2/register", [{"number": NUMBER}]),
    ],
)
def test_a_number_is_registered_before_it_is_asked_for(name: str, url: str, body: Any) -> None:
    request = register(name).write("key", [PARCEL])
    assert (request.method, request.url, content(request)) == ("POST", url, body)


ANSWERS = {
    "easypost": {"trackers": [vendors.easypost_tracker(OTHER), vendors.easypost_tracker()]},
    "aftership": vendors.aftership_list(vendors.aftership_tracking(OTHER), vendors.aftership_tracking()),
    "shippo": vendors.shippo_track(),
    "17track": vendors.seventeentrack(vendors.seventeentrack_track(OTHER), vendors.seventeentrack_track()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_becomes_the_parcels_news(name: str) -> None:
    said = ask(name).read(answer(ANSWERS[name]), [PARCEL], "slug")
    assert told(said) == SCAN
    assert (said[1].news.source, said[1].news.tracking_number, said[1].is_registered) == ("slug", NUMBER, True)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["easypost", "aftership", "17track"])
def test_each_parcel_gets_its_own_news_whatever_the_order(name: str) -> None:
    said = ask(name).read(answer(ANSWERS[name]), [PARCEL, NEIGHBOUR], "slug")
    assert {poll: one.news.tracking_number for poll, one in said.items() if one.news} == {1: NUMBER, 2: OTHER}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("easypost", {"trackers": []}),
        ("aftership", vendors.aftership_list()),
        ("17track", vendors.seventeentrack(rejected={NUMBER: -18019902})),
    ],
)
def test_a_number_the_vendor_does_not_follow_is_registered_again(name: str, body: Any) -> None:
    assert ask(name).read(answer(body), [PARCEL], "slug") == {1: Said(is_registered=False)}


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("easypost", answer({"trackers": [vendors.easypost_unknown()]})),
        ("shippo", answer({"detail": "Not found"}, 404)),
        ("shippo", answer(vendors.shippo_track(tracking_status=None, tracking_history=[]))),
        (
            "17track",
            answer(
                vendors.seventeentrack(
                    {"number": NUMBER, "track_info": {"latest_status": {"status": "NotFound"}, "tracking": {"providers": []}}}
                )
            ),
        ),
    ],
)
def test_a_number_no_carrier_knows_is_told_as_such(name: str, reply: Response) -> None:
    news = ask(name).read(reply, [PARCEL], "slug")[1].news
    assert news is not None
    assert (news.is_unknown_to_carrier, news.scans) == (True, ())


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("easypost", answer(vendors.easypost_tracker(), 201)),
        ("aftership", answer({"meta": {"code": 201}, "data": vendors.aftership_tracking(checkpoints=[])}, 201)),
        ("aftership", answer(vendors.aftership_error(4003), 400)),
        ("shippo", answer(vendors.shippo_track(), 201)),
        ("17track", answer(vendors.seventeentrack({"number": NUMBER, "carrier": 7041}))),
        ("17track", answer(vendors.seventeentrack(rejected={NUMBER: -18019901}))),
    ],
)
def test_registered_now_or_before_is_the_same(name: str, reply: Response) -> None:
    said = register(name).read(reply, [PARCEL], "slug")[1]
    assert (said.is_registered, said.refusal) == (True, "")


@pytest.mark.parametrize(
    ("name", "reply", "refusal"),
    [
        ("easypost", answer({"error": {"code": "TRACKER.CREATE.ERROR"}}, 422), "EasyPost does not take the number (TRACKER.CREATE.ERROR)"),
        ("aftership", answer(vendors.aftership_error(4012), 400), "AfterShip: no carrier fits the number"),
        ("shippo", answer({"carrier": ["invalid"]}, 400), "Shippo does not take the number for this carrier"),
        ("17track", answer(vendors.seventeentrack(rejected={NUMBER: -18019903})), "17TRACK: no carrier fits the number"),
        ("17track", answer(vendors.seventeentrack(rejected={NUMBER: -1})), "17TRACK: refused (-1)"),
    ],
)
def test_a_number_that_is_not_taken_says_why(name: str, reply: Response, refusal: str) -> None:
    assert register(name).read(reply, [PARCEL], "slug") == {1: Said(is_registered=False, refusal=refusal)}


@pytest.mark.parametrize("code", [-18010001, -18010002, -18010004, -18010005, -18019908])
def test_17track_says_in_its_body_that_the_account_is_shut(code: int) -> None:
    with pytest.raises(KeyRefused):
        ask("17track").read(answer({"code": code, "data": {}}), [PARCEL], "slug")
    with pytest.raises(KeyRefused):
        register("17track").read(answer(vendors.seventeentrack(rejected={NUMBER: code})), [PARCEL], "slug")


def test_17track_says_in_its_body_that_the_day_is_used_up() -> None:
    with pytest.raises(Transient) as error:
        ask("17track").read(answer({"code": -18019907, "data": {}}), [PARCEL], "slug")
    assert error.value.retry_after == 3600


def test_17track_may_write_a_number_in_capitals_and_answer_for_two_parcels_at_once() -> None:
    parcels = [Watched(1, "rr123de", "dhl"), Watched(2, "RR123DE", "dhl")]
    for rejected, said in ((-18019901, Said()), (-1, Said(is_registered=False, refusal="17TRACK: refused (-1)"))):
        reply = answer(vendors.seventeentrack(rejected={"RR123DE": rejected}))
        assert register("17track").read(reply, parcels, "slug") == {1: said, 2: said}


def test_17track_has_no_news_yet_of_a_number_it_follows() -> None:
    assert ask("17track").read(answer(vendors.seventeentrack(rejected={NUMBER: -18019909})), [PARCEL], "slug") == {1: Said()}


@pytest.mark.parametrize("name", POLLERS)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(b"<html>busy</html>"), Transient),
        (answer(b'{"trackers": ['), Transient),
        (answer([1, 2]), Misunderstood),
        (answer({"error": "teapot"}, 418), Misunderstood),
    ],
    ids=["html", "half", "a list", "teapot"],
)
def test_an_answer_that_makes_no_sense_is_an_error_and_never_news(name: str, reply: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(name).read(reply, [PARCEL], "slug")


@pytest.mark.parametrize("name", POLLERS)
@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": []}, {"trackers": None}, {"code": 0}, {"code": 0, "data": {"accepted": 7}}])
def test_an_empty_or_odd_answer_brings_no_news(name: str, body: Any) -> None:
    """It may be refused, and must not be taken for something said of the parcel."""
    try:
        said = ask(name).read(answer(body), [PARCEL], "slug")
    except (Misunderstood, ValueError):
        return
    assert all(one.news is None for one in said.values())


def test_of_two_parcels_with_one_number_the_one_of_the_carrier_counts() -> None:
    stranger = vendors.aftership_tracking(tag="Delivered", slug="usps", updated_at="2026-11-22T00:00:00+00:00")
    body = vendors.aftership_list(vendors.aftership_tracking(slug="dhl"), stranger)
    assert told(ask("aftership").read(answer(body), [PARCEL], "slug")) == SCAN


def test_of_two_of_one_carrier_the_newest_counts() -> None:
    old = vendors.aftership_tracking(tag="InfoReceived", updated_at="2025-01-01T00:00:00+00:00")
    for body in (vendors.aftership_list(old, vendors.aftership_tracking()), vendors.aftership_list(vendors.aftership_tracking(), old)):
        assert told(ask("aftership").read(answer(body), [PARCEL], "slug")) == SCAN


def test_numbers_are_the_same_however_they_are_written() -> None:
    assert number_key("jd 0146-0000 03") == number_key("JD01460000 03") == "JD0146000003"
