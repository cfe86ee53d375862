"""Scans over the REST API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.api.examples import WHOLE
from tests.api.conftest import Caller
from tests.factories import place_order, ship
from tracking.models import Scan, Shipment, WaitingScans

Look = Callable[[Callable[[], Any]], Any]
NUMBER = "00340434161094042557"
PARCEL: dict[str, Any] = {
    "external_id": "parcel-1",
    "status": "label_created",
    "carrier": "DHL",
    "tracking_number": NUMBER,
    "updated_at": "2026-11-19T16:00:00+01:00",
}
LABEL: dict[str, Any] = {"status": "label_created", "at": "2026-11-18T18:00:00+01:00"}
GONE: dict[str, Any] = {"status": "picked_up", "at": "2026-11-19T18:00:00+01:00", "place": {"city": "Köln", "country": "DE"}}
OUT: dict[str, Any] = {
    "status": "out_for_delivery",
    "at": "2026-11-20T08:12:00+01:00",
    "code": "OFD",
    "text": "Im Zustellfahrzeug.",
    "place": {"city": "Berlin", "region": "BE", "country": "DE"},
}


@pytest.fixture
def parcel(api: Caller) -> str:
    """A parcel of order 1002; its address."""
    api.post("/orders", WHOLE)
    made: str = api.post("/orders/1002/shipments", PARCEL).json()["id"]
    return f"/shipments/{made}"


def stored(inside: Look) -> tuple[int, int, int]:
    counts: tuple[int, int, int] = inside(lambda: (Scan.objects.count(), WaitingScans.objects.count(), Event.objects.count()))
    return counts


def test_scans_move_a_parcel(api: Caller, parcel: str, inside: Look) -> None:
    answer = api.post(f"{parcel}/scans", {"scans": [OUT, GONE], "eta_by": "2026-11-20"})
    body = answer.json()
    moved = body.pop("shipment")
    assert (answer.status_code, body) == (200, {"added": 2, "known": 0, "left_out": 0, "warnings": []})
    assert (moved["status"], moved["shipped_at"], moved["first_scan_at"]) == ("out_for_delivery",) + ("2026-11-19T17:00:00Z",) * 2
    assert (moved["last_scan_at"], moved["eta"], moved["eta_source"]) == ("2026-11-20T07:12:00Z", "2026-11-20", "carrier")
    told = inside(lambda: list(Event.objects.filter(type__startswith="tracking.").order_by("id").values_list("type", flat=True)))
    assert [type.removeprefix("tracking.shipment.") for type in told] == ["changed", "dispatched", "out_for_delivery", "changed"]


def test_the_same_scans_again_are_known(api: Caller, parcel: str, inside: Look) -> None:
    api.post(f"{parcel}/scans", {"scans": [OUT, GONE]})
    before = stored(inside)
    answer = api.post(f"{parcel}/scans", {"scans": [GONE, OUT, OUT]}).json()
    assert (answer["added"], answer["known"], stored(inside)) == (0, 3, before)


def test_the_same_request_again_gives_the_same_answer(api: Caller, parcel: str, inside: Look) -> None:
    first = api.post(f"{parcel}/scans", {"scans": [OUT]}, key="once")
    again = api.post(f"{parcel}/scans", {"scans": [OUT]}, key="once")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    other = api.post(f"{parcel}/scans", {"scans": [GONE]}, key="once")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_scan_keeps_its_zone_and_a_midnight_is_a_day(api: Caller, parcel: str, inside: Look) -> None:
    times = ["2026-11-20T00:00:00+01:00", "2026-11-19T08:00:00Z", "2026-11-18T00:00:00Z"]
    api.post(f"{parcel}/scans", {"scans": [{"status": "in_transit", "at": at} for at in times]})
    api.post(f"{parcel}/scans", {"scans": [{"status": "on_hold", "at": times[2], "has_time": True}]})
    rows = inside(lambda: list(Scan.objects.filter(source="api").order_by("id").values_list("zone", "has_time")))
    assert sorted(rows) == [("", False), ("", True), ("", True), ("+01:00", False)]


def test_a_parcel_is_told_with_its_scans_page_by_page(api: Caller, parcel: str) -> None:
    api.post(f"{parcel}/scans", {"scans": [LABEL, OUT, GONE]})
    first = api.get(f"{parcel}?limit=2").json()
    assert first["scans"][0] == {
        "status": "out_for_delivery",
        "at": "2026-11-20T07:12:00Z",
        "has_time": True,
        "zone": "+01:00",
        "code": "OFD",
        "text": "Im Zustellfahrzeug.",
        "city": "Berlin",
        "region": "BE",
        "country": "DE",
        "is_delay": False,
        "cause": "",
        "reason": "",
        "source": "api",
    }
    second = api.get(f"{parcel}?limit=2&cursor={first['next_cursor']}").json()
    seen = [(scan["status"], scan["source"]) for page in (first, second) for scan in page["scans"]]
    assert seen == [("out_for_delivery", "api"), ("picked_up", "api"), ("label_created", "shop"), ("label_created", "api")]
    assert (second["next_cursor"], first["status"], first["is_delayed"]) == (None, "out_for_delivery", False)


def test_the_cursor_of_one_parcel_opens_no_other(api: Caller, parcel: str) -> None:
    api.post(f"{parcel}/scans", {"scans": [OUT, GONE]})
    other = api.post("/orders/1002/shipments", {**PARCEL, "external_id": "parcel-2"}).json()["id"]
    cursor = api.get(f"{parcel}?limit=1").json()["next_cursor"]
    answer = api.get(f"/shipments/{other}?cursor={cursor}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"])


def test_another_merchants_parcel_is_not_found(api: Caller, stranger: Caller, parcel: str, inside: Look) -> None:
    before = stored(inside)
    for answer in (stranger.get(parcel), stranger.post(f"{parcel}/scans", {"scans": [OUT]})):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    waits = stranger.post("/scans", {"items": [{"tracking_number": NUMBER, "scans": [OUT]}]}).json()
    assert (waits["results"][0]["result"], stored(inside)) == ("waiting", before)


def test_nothing_a_scan_answers_says_who_gets_it(api: Caller, parcel: str) -> None:
    api.post(f"{parcel}/scans", {"scans": [{**OUT, "status": "delivered", "signed_by": "Lena Secret"}]})
    assert "Secret" not in api.get(parcel).content.decode()


def test_news_of_several_parcels_are_answered_one_by_one(api: Caller, parcel: str, acme: Merchant, inside: Look) -> None:
    with merchant_scope(acme.pk):
        ups = ship(place_order(number="7"), carrier="UPS").public_id
    items = [
        {"tracking_number": NUMBER, "carrier": "DHL", "scans": [OUT]},
        {"tracking_number": NUMBER, "carrier": "UPS", "scans": [{**OUT, "status": "delivered"}]},
        {"tracking_number": "new", "scans": [GONE]},
        {"tracking_number": NUMBER, "carrier": "DHL", "scans": [GONE, {**OUT, "at": "2026-11-22T08:00:00Z"}]},
    ]
    answer = api.post("/scans", {"items": items})
    results = answer.json()["results"]
    assert (answer.status_code, [row["result"] for row in results]) == (200, ["recorded", "recorded", "waiting", "refused"])
    assert [row["shipment"] for row in results] == [parcel.split("/")[2], ups, None, None]
    assert [row["added"] for row in results] == [1, 1, 0, 0]
    assert results[3]["problems"] == {"scans.1.at": ["Lies in the future."]}
    statuses = inside(lambda: sorted(Shipment.objects.values_list("carrier_code", "status")))
    assert statuses == [("dhl", "out_for_delivery"), ("ups", "delivered")]


def scans(count: int) -> list[dict[str, Any]]:
    start = datetime.fromisoformat("2026-11-20T07:12:01+00:00")
    return [{"status": "in_transit", "at": (start + timedelta(seconds=place)).isoformat()} for place in range(count)]


def test_five_thousand_scans_in_one_body_cost_what_one_costs(
    api: Caller, parcel: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    api.post(f"{parcel}/scans", {"scans": [GONE]})
    with django_assert_max_num_queries(30) as few:
        api.post(f"{parcel}/scans", {"scans": [OUT]})
    with django_assert_max_num_queries(len(few)):
        answer = api.post(f"{parcel}/scans", {"scans": scans(5000)})
    assert (answer.status_code, answer.json()["added"]) == (200, 5000)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"status": "shipped"}, "status"),
    ({"status": None}, "status"),
    ({"at": "2026-11-20T08:00:00"}, "at"),
    ({"at": "2026-11-20"}, "at"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
    ({"at": "2026-11-21T10:00:01Z"}, "at"),
    ({"at": 1}, "at"),
    ({"has_time": "no"}, "has_time"),
    ({"code": "x" * 81}, "code"),
    ({"text": "x" * 501}, "text"),
    ({"text": "a\x07b"}, "text"),
    ({"place": "Berlin"}, "place"),
    ({"place": {"country": "Germany"}}, "place.country"),
    ({"place": {"city": "x" * 101}}, "place.city"),
    ({"cause": "bad luck"}, "cause"),
    ({"how": "thrown"}, "how"),
    ({"pickup_until": "2026-02-30"}, "pickup_until"),
    ({"latitude": 52}, "latitude"),
]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scans"),
        ({"scans": []}, "scans"),
        ({"scans": {}}, "scans"),
        ({"scans": [1]}, "scans.0"),
        ({"scans": scans(5001)}, "scans"),
        ({"scans": [GONE], "eta_by": "tomorrow"}, "eta_by"),
        ({"scans": [GONE], "carrier": "DHL"}, "carrier"),
        *[({"scans": [GONE, {**OUT, **over}]}, f"scans.1.{field}") for over, field in BAD],
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_scans_are_refused_by_field(api: Caller, parcel: str, inside: Look, body: dict[str, Any], field: str) -> None:
    before = stored(inside)
    answer = api.post(f"{parcel}/scans", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert stored(inside) == before


ITEM: dict[str, Any] = {"tracking_number": NUMBER, "scans": [GONE]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{"scans": [GONE]}]}, "items.0.tracking_number"),
        ({"items": [{**ITEM, "tracking_number": ""}]}, "items.0.tracking_number"),
        ({"items": [{**ITEM, "tracking_number": "1" * 101}]}, "items.0.tracking_number"),
        ({"items": [ITEM, {**ITEM, "scans": []}]}, "items.1.scans"),
        ({"items": [ITEM, {**ITEM, "scans": [{**GONE, "at": "now"}]}]}, "items.1.scans.0.at"),
        ({"items": [ITEM, {**ITEM, "merchant": 1}]}, "items.1.merchant"),
        ({"items": [ITEM] * 201}, "items"),
        ({"items": [{**ITEM, "scans": scans(2501)}] * 2}, "items"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_batch_is_refused_by_field(api: Caller, parcel: str, inside: Look, body: dict[str, Any], field: str) -> None:
    before = stored(inside)
    answer = api.post("/scans", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert stored(inside) == before


def test_a_body_over_a_megabyte_is_too_large(api: Caller, parcel: str, inside: Look) -> None:
    before = stored(inside)
    answer = api.post(f"{parcel}/scans", {"scans": [{**GONE, "text": "x" * 500}] * 2000})
    assert (answer.status_code, answer.json()["code"], stored(inside)) == (413, "too_large", before)
