"""The open page asks whether something changed: cheaply, and only what changed is sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from orders.models import Order
from tests.conftest import NOW
from tests.portal.test_answers import rows_read
from tests.portal.world import DAY, incident, parcel, snowed_in
from tracking.models import Incident, Shipment
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]


@pytest.fixture
def watched(in_scope: Scope, order: Order) -> Shipment:
    row: Shipment = in_scope(parcel, order, status=Status.IN_TRANSIT, shipped_at=NOW - DAY, eta_by=NOW.date() + DAY, eta_source="carrier")
    return row


def etag_in(html: str) -> str:
    return html.partition('data-etag="')[2].partition('">')[0].replace("&quot;", '"')


def ask(client: Client, path: str, etag: str, **headers: str) -> Any:
    return client.get(path, headers={"if-none-match": etag, **headers})


@pytest.mark.parametrize("who", ["browser", "sam"])
def test_the_page_knows_what_it_shows_and_nothing_new_is_304(
    request: pytest.FixtureRequest, order: Order, watched: Shipment, who: str
) -> None:
    client: Client = request.getfixturevalue(who)
    page = client.get(f"/track/{order.track_token}/?parcel=1").content.decode()
    assert f'data-live="/track/{order.track_token}/live/?parcel=1"' in page
    response = ask(client, f"/track/{order.track_token}/live/?parcel=1", etag_in(page))
    assert (response.status_code, response.content, response["X-As-Of"]) == (304, b"", "2026-11-20T11:00+01:00")
    assert response["Cache-Control"] == "no-store"


def test_the_owner_s_page_asks_at_its_own_address(sam: Client, order: Order, watched: Shipment) -> None:
    page = sam.get(f"/orders/{order.public_id}/shipping/").content.decode()
    assert ask(sam, f"/orders/{order.public_id}/shipping/live/", etag_in(page)).status_code == 304


CHANGES: dict[str, Callable[[Shipment], Any]] = {
    "a scan folded": lambda row: Shipment.objects.filter(pk=row.pk).update(status=Status.OUT_FOR_DELIVERY),
    "a day moved": lambda row: Shipment.objects.filter(pk=row.pk).update(eta_by=NOW.date() + 3 * DAY),
    "an incident": lambda row: incident(row, type=IncidentType.STALLED),
    "the order": lambda row: Order.objects.filter(pk=row.order_id).update(ship_by=NOW.date() + 9 * DAY),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_sent_as_the_part_that_shows_it(browser: Client, order: Order, watched: Shipment, in_scope: Scope, change: str) -> None:
    path = f"/track/{order.track_token}/live/"
    old = browser.get(path)["ETag"]
    in_scope(CHANGES[change], watched)
    response = ask(browser, path, old)
    assert response.status_code == 200
    assert response["ETag"] != old
    html = response.content.decode()
    assert "data-part" in html and "<html" not in html and "<script" not in html
    assert ask(browser, path, response["ETag"]).status_code == 304


def test_a_resolved_incident_is_a_change_too(browser: Client, order: Order, watched: Shipment, in_scope: Scope) -> None:
    row = in_scope(incident, watched, type=IncidentType.STALLED)
    path = f"/track/{order.track_token}/live/"
    old = browser.get(path)["ETag"]
    in_scope(lambda: Incident.objects.filter(pk=row.pk).update(state="resolved"))
    assert ask(browser, path, old).status_code == 200


def test_a_new_day_another_language_or_signing_in_is_another_page(browser: Client, sam: Client, order: Order, watched: Shipment) -> None:
    path = f"/track/{order.track_token}/live/"
    old = browser.get(path)["ETag"]
    assert ask(sam, path, old).status_code == 200
    assert ask(browser, path, old, **{"accept-language": "de"}).status_code == 200
    assert ask(browser, path + "?clock=Asia/Jakarta", old).status_code == 200
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert ask(browser, path, old).status_code == 200


def test_asking_costs_three_reads_whatever_the_parcels(browser: Client, order: Order, in_scope: Scope) -> None:
    for n in range(20):
        in_scope(parcel, order, external_id=f"S{n}", lines={"L1": 1})
    path = f"/track/{order.track_token}/live/"
    etag = browser.get(path)["ETag"]
    browser.defaults["HTTP_IF_NONE_MATCH"] = etag
    assert rows_read_of_304(browser, path) == 3


def rows_read_of_304(client: Client, path: str) -> int:
    assert client.get(path).status_code == 304
    return rows_read(client, path, status=304)


def test_the_part_says_in_one_sentence_what_is_announced(browser: Client, order: Order, in_scope: Scope) -> None:
    in_scope(snowed_in, order)
    html = browser.get(f"/track/{order.track_token}/live/").content.decode()
    assert 'data-said="Delayed by the weather. It arrives by Tuesday 24 November."' in html
    assert f'href="/track/{order.track_token}/" data-reload' in html


def test_an_unknown_token_is_asked_for_in_vain(browser: Client, order: Order) -> None:
    assert browser.get("/track/nothing/live/").status_code == 404
