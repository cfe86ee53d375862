"""The start page: what it says of the parcels, for whom, and at what cost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from tests.admin.world import person, signed_in
from tests.dashboard.parcels import arrivals, feed, trouble
from tests.dashboard.test_pages import DELAYS
from tracking.models import FlowCell, Incident
from tracking.types import IncidentType


@pytest.fixture
def staff(acme: Merchant) -> Client:
    return signed_in(person("viewer@staff.example", acme, Role.VIEWER))


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", DELAYS)
def test_every_role_may_look(acme: Merchant, name: str, role: str) -> None:
    trouble(acme)
    client = signed_in(person(f"{role}@staff.example", acme, Role(role)))
    assert client.get(reverse(f"dashboard:{name}")).status_code == 200
    assert client.post(reverse(f"dashboard:{name}")).status_code == 405


@pytest.mark.parametrize("name", DELAYS)
def test_signed_out_people_are_sent_to_the_sign_in(db: None, name: str) -> None:
    response = Client(HTTP_HOST="platform.test").get(reverse(f"dashboard:{name}"))
    assert response["Location"].startswith("/admin/login/?next=/ops/")


def test_a_shop_without_parcels_is_told_so(staff: Client) -> None:
    body = staff.get("/ops/").content.decode()
    assert "No parcel is late. Nothing needs a person." in body
    assert "Figures begin with the first." in body
    for name in DELAYS:
        assert staff.get(reverse(f"dashboard:{name}")).status_code == 200


def test_the_day_is_said_in_a_sentence_and_in_figures(acme: Merchant, staff: Client) -> None:
    trouble(acme)
    arrivals(acme, 20, late=3)
    feed(acme, "hermes", last_received_at=now() - timedelta(hours=3), unknown_count=2, unknown_codes={"<b>": 2})
    with merchant_scope(acme.pk):
        Incident.objects.create(
            type=IncidentType.FEED_STALE, subject="carrier:hermes", carrier_code="hermes", facts={"held_back": 61}, act_by=now(),
            opened_at=now(), updated_at=now(), rank=1,
        )  # fmt: skip
    response = staff.get("/ops/")
    body, context = response.content.decode(), response.context
    assert context["sentence"] == "1 parcel is late. 2 incidents need a person."
    assert [(kpi["label"], kpi["value"]) for kpi in context["kpis"]] == [
        ("On time at first attempt", "81.0"),
        ("Late, still to come", "1"),
        ("At risk", "0"),
        ("Promises kept", "81.0"),
        ("Median delay when late", "1"),
        ("Need a person", "2"),
    ]
    assert "Silent 3 h" in body
    assert "61 alarms held back, 2 scans with an unknown code" in body
    assert context["calibration"]["parts"] == ["0", "85", "15"]
    assert "&lt;b&gt;" in staff.get("/ops/delays/feeds/").content.decode()
    assert {row["text"] for row in context["changes"]} == {
        "2 opened: 1 delivery failed; 1 no news from the carrier at all",
        "1 parcel missed its day yesterday, 3 the day before",
    }


def test_the_heat_map_leads_to_the_very_parcels(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 20, late=4)
    arrivals(acme, 9, late=9, carrier="dpd")
    heat = staff.get("/ops/").context["heat"]
    cells = {row["name"]: row["cells"][0] for row in heat["rows"]}
    assert (cells["DHL"]["text"], cells["DHL"]["level"]) == ("20", 4)
    assert (cells["DPD"]["text"], cells["DPD"]["is_few"]) == ("<10", True)
    response = staff.get(f"/ops/delays/parcels/?{cells['DHL']['query']}")
    assert len(response.context["rows"]) == 4
    assert {row.carrier_code for row, _carrier, _late in response.context["rows"]} == {"dhl"}


def test_the_heat_map_has_all_regions_of_a_carrier_beside_each(acme: Merchant, staff: Client) -> None:
    for region, count, late in (("BE", 6, 2), ("BY", 6, 1), ("HH", 3, 1)):
        arrivals(acme, count, late=late, region=region)
    heat = staff.get("/ops/").context["heat"]
    (row,) = heat["rows"]
    assert ([cell["text"] for cell in row["cells"]], row["all"]["text"], row["all"]["level"]) == (["<10", "<10", "<10"], "27", 5)
    assert sorted(short for short, _long in heat["columns"]) == ["BE", "BY", "HH"]
    assert len(staff.get(f"/ops/delays/parcels/?{row['all']['query']}").context["rows"]) == 4


def test_staff_pages_are_in_one_language_whatever_the_browser_asks_for(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 12, late=2)
    trouble(acme)
    for path in ("", "incidents/", "messages/", "service/", "delays/lanes/", "delays/feeds/"):
        response = staff.get(f"/ops/{path}", headers={"accept-language": "de"})
        html = response.content.decode()
        assert (response["Content-Language"], '<html lang="en"' in html) == ("en", True)
        assert not re.search("Paketdienst|Verspätet|Anzeigen|Mitteilungen", html)


def test_lines_are_drawn_in_numbers_browsers_read(acme: Merchant, staff: Client) -> None:
    context = {"here": "delays", "kpis": [{"path": "M1 2", "end": (59.5, 22.25), "change": {}}], "counts": {"need": 0}}
    with translation.override("de"):
        html = render_to_string("dashboard/delays.html", context)
    assert 'cx="59.5" cy="22.25"' in html


def test_the_heat_map_can_be_of_one_week(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 12)
    weeks = staff.get("/ops/").context["weeks"]
    with merchant_scope(acme.pk):
        start = FlowCell.objects.get(grain="week").start
    found = {week["start"]: len(staff.get(f"/ops/?{week['query']}").context["heat"]["rows"]) for week in weeks}
    assert found == {week["start"]: int(week["start"] == start) for week in weeks}


def test_lanes_name_all_that_went_wrong(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 20, late=5)
    (row,) = staff.get("/ops/delays/lanes/").context["rows"]
    assert (row["carrier"], row["region"], row["late_share"], row["kept"], row["median_delay"]) == ("DHL", "DE-BY", "25.0", "75.0", 1)


def test_parcels_page_without_gap_or_repeat(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 130, late=110)
    for mark in ("late", "", "overdue"):
        seen: list[int] = []
        query = f"mark={mark}"
        while query:
            context = staff.get(f"/ops/delays/parcels/?{query}").context
            seen += [row.pk for row, _carrier, _late in context["rows"]]
            query = context["next"]
        assert len(seen) == len(set(seen)) == {"late": 110, "": 130, "overdue": 0}[mark]


@pytest.mark.parametrize(
    "query",
    ["days=0", "days=x", "week=nonsense", "week=0001-01-01", "week=9999-12-31", "first=x&last=2026-02-31", "mark=%00", "after=x",
     "after=99999999999999999999999", "carrier=%00", "region=" + "x" * 500, "last=2000-01-01&first=2100-01-01", "mark=sent&after=-1"],
)  # fmt: skip
@pytest.mark.parametrize("name", DELAYS)
def test_nonsense_in_the_address_changes_nothing(acme: Merchant, staff: Client, name: str, query: str) -> None:
    trouble(acme)
    assert staff.get(f"{reverse(f'dashboard:{name}')}?{query}").status_code == 200


def test_no_page_shows_another_merchants_parcels(acme: Merchant, borealis: Merchant) -> None:
    trouble(acme, "ONLY-HERE")
    arrivals(acme, 12, late=12, carrier="gls", region="only-here")
    feed(acme, "gls")
    client = signed_in(person("owner@borealis.example", borealis, Role.OWNER))
    for name in DELAYS:
        body = client.get(reverse(f"dashboard:{name}")).content.decode()
        assert "ONLY-HERE" not in body, name
        assert "only-here" not in body, name
        assert "GLS" not in body, name
    assert client.get("/ops/").context["sentence"] == "No parcel is late. Nothing needs a person."


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", DELAYS)
def test_pages_cost_the_same_whatever_the_number_of_parcels(acme: Merchant, staff: Client, name: str) -> None:
    trouble(acme)
    feed(acme)
    arrivals(acme, 1)
    path = reverse(f"dashboard:{name}")
    few = queries(staff, path)
    arrivals(acme, 40, late=20, carrier="dpd")
    arrivals(acme, 40, late=20, carrier="gls", region="SN")
    for number in range(8):
        trouble(acme, f"M-{number}")
    feed(acme, "dpd")
    assert queries(staff, path) == few <= 30


def test_pages_hold_no_style_and_no_script_of_their_own(acme: Merchant, staff: Client) -> None:
    arrivals(acme, 20, late=4)
    trouble(acme)
    for name in DELAYS:
        response: Any = staff.get(reverse(f"dashboard:{name}"))
        body = response.content.decode()
        assert ' style="' not in body, name
        assert "<script>" not in body, name
        assert "style-src 'self'" in response["Content-Security-Policy"]
