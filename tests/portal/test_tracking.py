"""The tracking page in every state: the answer first, never blank, never more than is proven; redacted without sign-in."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from orders.models import Order, Promise
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order, ship
from tests.portal.conftest import signed_in
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tests.portal.world import DAY, HOUR, incident, parcel, scan, snowed_in, unsent
from tracking.models import Scan
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]
TODAY = NOW.date()  # Friday 20 November
ROAD: dict[str, Any] = {"shipped_at": NOW - DAY, "eta_source": "carrier"}

# What is recorded, and what the answer says: state, day, the rest of the first screen.
ANSWERS: list[tuple[dict[str, Any], dict[str, Any] | None, str]] = [
    (
        {"status": Status.LABEL_CREATED, "shipped_at": None},
        None,
        "Packed, not handed over yet. It arrives by Wednesday 25 November Not before Monday 23 November. Date from the shop.",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "eta_by": TODAY + 3 * DAY},
        None,
        "On its way. It arrives Monday 23 November Date from the carrier.",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "eta_from": TODAY + DAY, "eta_by": TODAY + 3 * DAY},
        None,
        "On its way. It arrives by Monday 23 November Not before Saturday 21 November. Date from the carrier.",
    ),
    ({**ROAD, "status": Status.OUT_FOR_DELIVERY, "eta_by": TODAY}, None, "Out for delivery. It arrives today, Friday 20 November"),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "is_delayed": True, "cause": "weather", "promised_by": TODAY, "eta_by": TODAY + 6 * DAY},
        None,
        "Delayed by the weather. It now arrives Thursday 26 November Was planned for Friday 20 November Sorry. Bad weather stopped",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "promised_by": TODAY + 5 * DAY, "eta_first_by": TODAY + DAY, "eta_by": TODAY + 3 * DAY},
        None,
        "On its way. It now arrives Monday 23 November Was planned for Saturday 21 November Sorry.",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "eta_by": TODAY + DAY, "promised_by": TODAY + DAY},
        {"type": IncidentType.PREDICTED_LATE, "cause": "carrier", "expected_by": TODAY + 4 * DAY, "promised_by": TODAY + DAY},
        "Delayed. It now arrives Tuesday 24 November Was planned for Saturday 21 November Sorry.",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "eta_by": TODAY - DAY},
        {"type": IncidentType.STALLED, "cause": "carrier", "news_by": TODAY + 4 * DAY},
        "No scan for days No new date yet Was planned for Thursday 19 November Sorry.",
    ),
    (
        {**ROAD, "status": Status.ON_HOLD, "cause": "customs", "reason": "documentation", "eta_hidden": "on_hold", "eta_by": TODAY + DAY},
        None,
        "Held at customs No new date yet Was planned for Saturday 21 November Sorry. Customs needs another paper.",
    ),
    (
        {**ROAD, "status": Status.ATTEMPT_FAILED, "cause": "consignee", "reason": "not_home", "eta_by": TODAY + 3 * DAY},
        None,
        "Nobody was at home. It arrives Monday 23 November Nobody was at home.",
    ),
    (
        {**ROAD, "status": Status.READY_FOR_PICKUP, "pickup_until": TODAY + 8 * DAY},
        None,
        "Ready to collect. Collect it by Saturday 28 November",
    ),
    (
        {**ROAD, "status": Status.IN_TRANSIT, "eta_by": TODAY + 3 * DAY},
        {"type": IncidentType.LOST_SUSPECTED},
        "Probably lost. It arrives Monday 23 November",
    ),
    ({**ROAD, "status": Status.LOST}, None, "Parcel Lost by the carrier Sorry."),
    ({**ROAD, "status": Status.RETURNING}, None, "Parcel On its way back to us"),
    (
        {**ROAD, "status": Status.DELIVERED, "delivered_at": NOW, "delivered_how": "neighbour", "delivered_to": "Krüger"},
        None,
        "Delivered Friday 20 November At 11:00. Left with a neighbour.",
    ),
    (
        {**ROAD, "status": Status.DELIVERED, "delivered_at": NOW},
        {"type": IncidentType.DELIVERED_NOT_RECEIVED, "news_by": TODAY + 4 * DAY},
        "Delivered, but not found Friday 20 November At 11:00. You told us that it is not there. "
        "We look into it and answer by Tuesday 24 November.",
    ),
]


def answer(text: str) -> str:
    """From the state to the buttons."""
    return text.partition("Reload ")[2]


@pytest.mark.parametrize(("facts", "trouble", "said"), ANSWERS, ids=[said[:40] for _, _, said in ANSWERS])
def test_the_answer_names_state_day_contents_and_next_step(
    sam: Client, browser: Client, in_scope: Scope, order: Order, facts: dict[str, Any], trouble: dict[str, Any] | None, said: str
) -> None:
    row = in_scope(parcel, order, **facts)
    if trouble:
        in_scope(incident, row, **trouble)
    for client, path in ((browser, f"/track/{order.track_token}/"), (sam, f"/orders/{order.public_id}/shipping/")):
        text = answer(words(client, path))
        assert text.startswith(said), text[:300]
        assert "In this parcel: 2 × Linen shirt and Leather belt" in text
        if facts["status"] != Status.DELIVERED:
            assert "Next: " in text
    for path in (f"/orders/{order.public_id}/", "/"):
        assert words(sam, path)


@pytest.mark.parametrize("status", [s for s in Status.values if s != Status.CANCELLED])
def test_no_state_leaves_the_answer_without_a_day_or_words(browser: Client, in_scope: Scope, status: str) -> None:
    order = in_scope(place_order, number="1002", placed_at=NOW - 20 * DAY, at=NOW - 20 * DAY)
    in_scope(parcel, order, at=NOW - 15 * DAY, status=status, eta_by=None, eta_source="")
    text = answer(words(browser, f"/track/{order.track_token}/"))
    assert re.search(
        r"(Next news by|answer by|November|Lost|Damaged|Back with us|On its way back|Ready to collect|Delivered)", text[:400]
    ), text[:400]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"reason": "not_enough_time", "cause": "carrier"}, "The driver ran out of time."),
        ({"reason": "carrier_address_not_found", "cause": "carrier"}, "DHL could not find the address."),
        ({"cause": "carrier"}, "Something went wrong at DHL on the way."),
        ({"cause": "customs"}, "Customs is checking it."),
        ({"cause": "retailer"}, "We did not have it ready in time."),
        ({"cause": "", "reason": "never heard of"}, "Sorry. Date from the carrier."),
    ],
)
def test_a_delay_is_told_with_its_cause_in_plain_words(browser: Client, in_scope: Scope, order: Order, facts: Any, told: str) -> None:
    late = {"status": Status.IN_TRANSIT, "is_delayed": True, "promised_by": TODAY, "eta_by": TODAY + 6 * DAY}
    in_scope(parcel, order, **ROAD, **late, **facts)
    assert told in answer(words(browser, f"/track/{order.track_token}/"))


def test_a_rule_that_found_nobody_to_blame_blames_nobody(browser: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.IN_TRANSIT, eta_by=TODAY + 6 * DAY, promised_by=TODAY)
    in_scope(incident, row, type=IncidentType.ETA_SLIPPED, cause="carrier", promised_by=TODAY)
    text = words(browser, f"/track/{order.track_token}/")
    assert "Delayed. It now arrives Thursday 26 November" in text
    assert "went wrong" not in text


def test_a_learned_day_says_how_sure_it_is_with_ten_dots(browser: Client, in_scope: Scope, order: Order) -> None:
    in_scope(snowed_in, order)
    html = browser.get(f"/track/{order.track_token}/").content.decode()
    text = words(browser, f"/track/{order.track_token}/")
    assert "8 of 10 parcels like yours arrive from Sunday 22 November to Tuesday 24 November." in text
    assert "sooner : 1 of 10 Sun 22 – Tue 24 : 8 of 10 later : 1 of 10" in text
    assert html.count("<i></i>") == 10
    assert "Date from 214 parcels like yours" in text


@pytest.mark.parametrize("over", [{"eta_alike": 29}, {"eta_source": "carrier"}, {"eta_by": TODAY - DAY}])
def test_no_dots_without_enough_parcels_behind_them(browser: Client, in_scope: Scope, order: Order, over: dict[str, Any]) -> None:
    in_scope(snowed_in, order, **over)
    assert "<i></i>" not in browser.get(f"/track/{order.track_token}/").content.decode()


def test_a_label_is_not_a_dispatch_and_a_parcel_without_scan_is_not_on_its_way(browser: Client, in_scope: Scope, order: Order) -> None:
    for status in (Status.LABEL_CREATED, Status.UNKNOWN):
        in_scope(parcel, order, external_id=status, lines={"L1": 1}, status=status, shipped_at=None)
    for position in (1, 2):
        html = browser.get(f"/track/{order.track_token}/?parcel={position}").content.decode()
        steps = re.findall(r'<li(?: data-state="(\w+)")?[^>]*><span class="steps__mark">.*?<b>(.*?)</b>', html)
        assert [name for state, name in steps if state] == ["Ordered", "Packed" if position == 1 else "Packing"]


def test_the_journey_is_told_newest_first_with_local_times_places_and_our_own_deeds(sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(snowed_in, order)
    in_scope(lambda: Scan.objects.filter(source="api").delete())
    for day, said in ((TODAY + DAY, NOW - DAY), (TODAY + 4 * DAY, NOW - 2 * HOUR)):
        in_scope(
            lambda day=day, said=said: Promise.objects.create(
                order=order, subject=f"shipment:{row.pk}", kind="arrive_by", date=day, said_at=said, source="carrier"
            )
        )
    text = words(sam, f"/orders/{order.public_id}/shipping/").partition("Journey ")[2]
    assert text.startswith("All times local (CET) Still to come Tue 24 To your door")
    expected = [
        "Today, Friday 20 November 10:00 Delayed by the weather Bad weather stopped the traffic on the way. Feucht",
        "In the carrier’s words Die Sendung wurde aufgehalten (Witterung).",
        "09:00 The day was moved to Tuesday 24 November",
        "Thursday 19 November 23:00 On its way Feucht",
        "21:00 On its way Aschheim",
        "11:00 Handed to DHL Munich",
        "11:00 We received your order",
    ]
    places = [text.index(line) for line in expected]
    assert places == sorted(places)


def test_a_guess_that_stays_inside_the_promise_is_no_line_of_the_journey(sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(snowed_in, order, promised_by=TODAY + 2 * DAY)
    in_scope(lambda: Promise.objects.filter(subject=f"shipment:{row.pk}").delete())
    for days, hours in ((0, 30), (1, 20), (2, 10), (4, 2)):
        in_scope(
            lambda days=days, hours=hours: Promise.objects.create(
                order=order,
                subject=f"shipment:{row.pk}",
                kind="arrive_by",
                date=TODAY + days * DAY,
                said_at=NOW - hours * HOUR,
                source="learned",
            )
        )
    text = words(sam, f"/orders/{order.public_id}/shipping/")
    assert re.findall(r"The day was moved to (\w+ \d+)", text) == ["Tuesday 24"]


def test_the_shops_own_word_of_sending_gives_way_to_the_carriers_scan(browser: Client, sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.PICKED_UP)
    in_scope(lambda: Scan.objects.all().delete())
    in_scope(scan, row, at=NOW - 5 * HOUR, status=Status.PICKED_UP, city="", country="", text="", source="shop")
    in_scope(scan, row, at=NOW - 3 * HOUR, status=Status.PICKED_UP, city="Munich", country="DE", text="Abgeholt")
    for client, path in ((browser, f"/track/{order.track_token}/"), (sam, f"/orders/{order.public_id}/shipping/")):
        assert words(client, path).count("Handed to DHL") == 1
        assert "08:00 Handed to DHL Munich" in words(client, path)


def test_stages_that_were_reached_show_the_days_of_their_scans(sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.READY_FOR_PICKUP, pickup_until=TODAY, eta_by=TODAY + 4 * DAY)
    in_scope(lambda: Scan.objects.all().delete())
    in_scope(scan, row, at=NOW - 2 * DAY, status=Status.LABEL_CREATED, city="Munich", country="DE", text="Label")
    in_scope(scan, row, at=NOW - DAY, status=Status.READY_FOR_PICKUP, city="Berlin", country="DE", text="Shop")
    steps = words(sam, f"/orders/{order.public_id}/shipping/").partition("Progress ")[2].partition(" Journey")[0]
    assert "Packed Wed 18" in steps
    assert steps.endswith("Ready to collect Thu 19 Delivered")
    assert "by Fri 20 Nov" in words(sam, "/")


def test_a_day_of_answer_we_did_not_keep_is_struck_and_the_next_one_stands_on_every_page(
    sam: Client, in_scope: Scope, order: Order
) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.DELIVERED, delivered_at=NOW - 5 * DAY)
    in_scope(incident, row, type=IncidentType.DELIVERED_NOT_RECEIVED, news_by=TODAY - 3 * DAY)
    assert "We look into it and answer by Monday 23 November." in words(sam, "/")
    for path in ("", "shipping/"):
        text = words(sam, f"/orders/{order.public_id}/{path}")
        assert "Was planned for Tuesday 17 November Sorry. We look into it and answer by Monday 23 November." in text


def test_what_is_told_twice_is_shown_once(browser: Client, sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.IN_TRANSIT)
    in_scope(lambda: Scan.objects.all().delete())
    for minutes in (0, 3, 90):
        in_scope(scan, row, at=NOW - 3 * HOUR + timedelta(minutes=minutes), city="Feucht", country="DE", text="Sortiert")
    for client, path in ((browser, f"/track/{order.track_token}/"), (sam, f"/orders/{order.public_id}/shipping/")):
        assert words(client, path).count("On its way Feucht") == 1
        assert "08:00" in words(client, path)


def test_the_clock_can_be_changed_without_script(browser: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.IN_TRANSIT)
    in_scope(scan, row, at=NOW, city="Jakarta", country="ID", zone="Asia/Jakarta")
    in_scope(scan, row, at=NOW - HOUR, city="Leipzig", country="DE", is_zone_assumed=True)
    in_scope(scan, row, at=NOW - 3 * DAY, city="Hof", country="DE", has_time=False)
    path = f"/track/{order.track_token}/"
    here = words(browser, path)
    assert "Times local to each place" in here and "17:00 On its way Jakarta, Indonesia (WIB)" in here
    assert "10:00 On its way Leipzig (CET, zone assumed)" in here
    assert "Tuesday 17 November – On its way Hof (the carrier named only the day)" in here
    there = words(browser, path + "?clock=destination")
    assert "All times at the destination (CET)" in there and "11:00 On its way Jakarta, Indonesia" in there
    mine = words(browser, path + "?clock=America/New_York")
    assert "All times in New York (EST)" in mine and "05:00 On its way Jakarta, Indonesia" in mine
    assert "Tuesday 17 November – On its way Hof" in mine


@pytest.mark.parametrize("clock", ["", "Nowhere/City", "../../etc/passwd", "+99:99", "x" * 300, "%00", "Etc/GMT+5", "posixrules"])
def test_an_unusable_clock_is_the_place_s_own(browser: Client, in_scope: Scope, order: Order, clock: str) -> None:
    in_scope(snowed_in, order)
    assert "All times local (CET)" in words(browser, f"/track/{order.track_token}/?clock={clock}")


@pytest.mark.parametrize(
    "query", ["parcel=0", "parcel=99", "parcel=x", "parcel=%00", "news=-1", "news=99", "news=1e9", "parcel=1&parcel=2"]
)
def test_odd_questions_still_get_a_page(browser: Client, in_scope: Scope, order: Order, query: str) -> None:
    in_scope(snowed_in, order)
    assert browser.get(f"/track/{order.track_token}/?{query}").status_code == 200


def test_two_thousand_scans_show_the_newest_fifty_and_lead_to_all(browser: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, **ROAD, status=Status.IN_TRANSIT)
    in_scope(lambda: Scan.objects.all().delete())
    for n in range(2000):
        in_scope(scan, row, at=NOW - timedelta(minutes=n), city=f"Town {n}.")
    path = f"/track/{order.track_token}/"
    first, reads = browser.get(path).content.decode(), rows_read(browser, path)
    assert (first.count('class="stop"'), "Town 49." in first, "Town 50." in first) == (51, True, False)  # and one still to come
    assert 'href="?news=1#journey"' in first and "We received your order" not in first
    second = browser.get(path + "?news=1").content.decode()
    assert ("Town 499." in second, "Town 500." in second) == (True, False)
    assert "We received your order" in browser.get(path + "?news=5").content.decode()
    assert reads == rows_read(browser, path + "?news=2") <= 12


def test_several_parcels_are_told_apart_and_what_follows_has_its_day(browser: Client, in_scope: Scope) -> None:
    lines = tuple(incoming_line(external_id=str(n), title=title) for n, title in enumerate(("Coat", "Boots", "Scarf")))
    order = in_scope(place_order, number="1003", lines=lines, placed_at=NOW)
    in_scope(ship, order, external_id="S1", lines={"0": 1}, updated_at=NOW, at=NOW, eta=date(2026, 11, 24))
    in_scope(ship, order, external_id="S2", lines={"1": 1}, updated_at=NOW, at=NOW, eta=date(2026, 11, 26))
    path = f"/track/{order.track_token}/"
    text = words(browser, path)
    assert "Order 1003, parcel 1 of 2" in text and "It comes in 2 parcels, and 1 piece follows" in text
    assert "Scarf will be sent by Monday 23 November." in text
    assert "It arrives Tuesday 24 November" in answer(text)
    other = words(browser, path + "?parcel=2")
    assert "parcel 2 of 2" in other and "It arrives Thursday 26 November" in answer(other) and "In this parcel: Boots" in other
    html = browser.get(path).content.decode()
    assert re.findall(r'id="(parcel-\d)"', html) == ["parcel-1", "parcel-2"]


HIDDEN = (
    "Torstraße", "10119", "Berg", "Sam ", "sam@example.com", "15123456789", "4242", "49.00", "127.90", "132.80", "€", "Visa",
    "Krüger", "Hoffmann", "Empfänger", "Witterung", "carrier’s words",
)  # fmt: skip


def test_the_page_of_a_link_shows_no_name_address_price_or_carrier_s_text(
    acme: Merchant, browser: Client, sam: Client, in_scope: Scope, order: Order
) -> None:
    row = in_scope(snowed_in, order, status=Status.DELIVERED, delivered_at=NOW, delivered_how="signed", delivered_to="Krüger")
    in_scope(scan, row, Status.DELIVERED, at=NOW, text="Signed by Krüger, neighbour of Berg", city="Berlin", country="DE")
    in_scope(unsent, order)
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    token = f"/track/{order.track_token}/"
    paths = [token, token + "?parcel=1", token + "?news=1", token + "live/", token + "choice/", token + "not-here/"]
    for client in (browser, eve):
        for path in paths:
            html = client.get(path).content.decode()
            assert "Linen shirt" in html or "not-here" in path or "choice" in path
            assert [secret for secret in HIDDEN if secret in html] == [], path
    own = sam.get(token).content.decode()
    assert all(fact in own for fact in ("Torstraße 1", "Krüger", "Signed by Krüger, neighbour of Berg"))


def test_what_a_carrier_writes_is_shown_as_text(sam: Client, in_scope: Scope, order: Order) -> None:
    evil = "<script>alert(1)</script>"
    facts = {"status": Status.IN_TRANSIT, "is_delayed": True, "reason": evil[:40], "delivered_to": evil, "service": evil}
    row = in_scope(parcel, order, **ROAD, **facts)
    in_scope(scan, row, text=evil + "\u202e javascript:alert(1)", city=evil, region='"><b onclick=x>', country="<b", zone=evil)
    for path in (f"/track/{order.track_token}/", f"/orders/{order.public_id}/shipping/", f"/track/{order.track_token}/live/"):
        html = sam.get(path).content.decode()
        assert "<script>alert" not in html and "<b onclick" not in html and 'href="javascript' not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("language", ["de", "id", "zh-hans", "pt-br"])
def test_the_page_reads_in_every_language(browser: Client, in_scope: Scope, order: Order, language: str) -> None:
    in_scope(snowed_in, order)
    browser.cookies["language"] = language
    html = browser.get(f"/track/{order.track_token}/").content.decode()
    told = {
        "de": "Verspätet durch das Wetter. Neue Ankunft bis",
        "id": "Tertunda karena cuaca. Kini tiba",
        "zh-hans": "因天气延误",
        "pt-br": "Atraso por mau tempo. Agora chega até",
    }
    assert told[language] in html
    assert "parcels like yours" not in html and "What you can do" not in html


def test_order_page_and_hub_tell_the_same_delay(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(snowed_in, order)
    page = words(sam, f"/orders/{order.public_id}/")
    assert "Delayed by the weather Tuesday 24 November Was planned for Saturday 21 November Sorry. Not before" not in page
    assert page.count("Delayed by the weather") == 2  # the order's badge and its parcel's
    assert "by Tuesday 24 November Was planned for Saturday 21 November Sorry." in page
    hub = words(sam, "/")
    assert "One thing needs a look Delayed by the weather Tue 24 Nov Was planned for Sat 21 Nov" in hub


def test_an_order_not_sent_in_time_says_so_everywhere_and_leads_to_the_choice(sam: Client, browser: Client, in_scope: Scope) -> None:
    order = in_scope(place_order, number="1004", placed_at=NOW - 9 * DAY, at=NOW - 9 * DAY)
    in_scope(unsent, order, expected_by=TODAY + 4 * DAY, promised_by=order.ship_by, cause="retailer")
    text = answer(words(browser, f"/track/{order.track_token}/"))
    assert text.startswith("Late: not sent yet. It now leaves us by Tuesday 24 November Was planned for"), text[:200]
    assert "Sorry. We did not have it ready in time. We send it by Tuesday 24 November." in text
    assert f'href="/track/{order.track_token}/choice/"' in browser.get(f"/track/{order.track_token}/").content.decode()
    hub = sam.get("/").content.decode()
    assert f'href="/orders/{order.public_id}/choice/"' in hub
