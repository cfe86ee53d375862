"""The page of a shopper's data: what is held, a copy that only its owner fetches, and the way out."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Customer, PrivacyRequest, ShopperSession
from customers.services import carry_out_due, request_erasure, request_export
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.conftest import NOW
from tests.factories import customer, place_order, ship
from tests.portal.conftest import signed_in
from tests.portal.test_answers import rows_read
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def person(in_scope: Callable[..., Any]) -> Customer:
    found: Customer = in_scope(lambda: Customer.objects.get(email="sam@example.com"))
    return found


def asked(in_scope: Callable[..., Any]) -> list[tuple[str, str]]:
    return list(in_scope(lambda: list(PrivacyRequest.objects.order_by("pk").values_list("kind", "state"))))


def copy_of(in_scope: Callable[..., Any]) -> PrivacyRequest:
    """A copy that was asked for and made."""
    me = person(in_scope)
    row = in_scope(request_export, customer=me, source="profile", at=NOW)
    run_until_quiet(lambda: NOW)
    found: PrivacyRequest = in_scope(lambda: PrivacyRequest.objects.get(pk=row.pk))
    return found


def opened(file: bytes) -> tuple[dict[str, Any], str]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert sorted(archive.namelist()) == ["data.json", "index.html"]
        return json.loads(archive.read("data.json")), archive.read("index.html").decode()


def test_the_page_says_what_is_held_why_and_until_when_with_counts_in_few_queries(sam: Client, in_scope: Callable[..., Any]) -> None:
    page = sam.get("/privacy/").content.decode()
    assert 'Your orders <span class="muted num">1</span>' in page
    assert 'Your address book <span class="muted num">0</span>' in page
    for words in ("required by tax law", "As long as tax law asks", "90 days", "30 days", "fingerprint that cannot be read back"):
        assert words in page
    assert rows_read(sam, "/privacy/") <= 7


def test_twenty_askings_for_a_copy_are_one_copy(sam: Client, in_scope: Callable[..., Any]) -> None:
    for _ in range(20):
        assert sam.post("/privacy/export/").status_code == 302
    assert asked(in_scope) == [("export", "requested")]
    assert in_scope(lambda: Event.objects.filter(type="customers.privacy_request.changed").count()) == 1
    run_until_quiet(lambda: NOW)
    sam.post("/privacy/export/")
    assert asked(in_scope) == [("export", "done")]


def test_the_copy_holds_everything_for_machines_and_for_reading(sam: Client, order: Order, in_scope: Callable[..., Any]) -> None:
    in_scope(ship, order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW)
    in_scope(place_order, number="1002", first_name=HOSTILE, placed_at=NOW - DAY)
    row = copy_of(in_scope)
    assert (row.state, row.expires_at) == ("done", NOW + 7 * DAY)
    response = sam.get(f"/privacy/{row.public_id}/file")
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (200, "application/zip", "no-store")
    assert response["Content-Disposition"] == 'attachment; filename="acme-2026-11-20.zip"'
    data, page = opened(response.content)
    held = {one["key"]: one["records"] for one in data["holdings"]}
    assert held["account"][0]["email"] == "sam@example.com"
    assert [one["number"] for one in held["orders"]] == ["1001", "1002"]
    assert held["orders"][0]["shipping_address"]["street"] == "Torstraße 1"
    assert held["orders"][0]["lines"][0]["title"] == "Linen shirt"
    assert held["parcels"][0]["tracking_number"] == "00340434161094042557"
    assert ("Torstraße 1" in page, "Linen shirt" in page, "<img src=x" in page) == (True, True, False)
    assert row.facts["records"] == sum(len(records) for records in held.values())


def test_the_copy_is_gone_after_seven_days(sam: Client, in_scope: Callable[..., Any]) -> None:
    row = copy_of(in_scope)
    with time_machine.travel(NOW + 7 * DAY - timedelta(seconds=1), tick=False):
        assert "Fetch the copy" in sam.get("/privacy/").content.decode()
    with time_machine.travel(NOW + 7 * DAY, tick=False):
        in_scope(lambda: ShopperSession.objects.update(confirmed_at=NOW + 7 * DAY))
        assert sam.get(f"/privacy/{row.public_id}/file").status_code == 404
        assert "No longer kept" in sam.get("/privacy/").content.decode()


def test_the_copy_and_the_erasure_need_a_fresh_proof_of_who_asks(sam: Client, in_scope: Callable[..., Any]) -> None:
    row = copy_of(in_scope)
    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        for path in (f"/privacy/{row.public_id}/file", "/privacy/erase/"):
            response = sam.get(path)
            assert (response.status_code, response["Location"].startswith("/confirm/?next=")) == (302, True)
        assert sam.post("/privacy/erase/", {"sure": "1"})["Location"].startswith("/confirm/")
    assert asked(in_scope) == [("export", "done")]


@pytest.mark.parametrize("path", ["/privacy/{id}/file", "/privacy/{erasure}/withdraw/"])
def test_nobody_else_reaches_a_request(
    acme: Merchant, borealis: Merchant, browser: Client, sam: Client, in_scope: Callable[..., Any], path: str
) -> None:
    row = copy_of(in_scope)
    erasure = in_scope(request_erasure, customer=person(in_scope), source="profile", at=NOW)
    with merchant_scope(borealis.pk):
        twin = place_order(currency="USD").customer
    assert twin is not None
    target = path.format(id=row.public_id, erasure=erasure.public_id)
    before = asked(in_scope)
    eve = in_scope(customer, email="eve@example.com")
    for stranger in (signed_in(acme, eve), signed_in(borealis, twin)):
        assert (stranger.get(target).status_code, stranger.post(target).status_code) in [(404, 405), (405, 404)]
    assert browser.get(target).status_code in (302, 405)
    assert browser.post(target).status_code in (302, 405)
    assert asked(in_scope) == before


def test_an_erasure_is_asked_for_with_the_box_ticked_and_taken_back_until_it_begins(sam: Client, in_scope: Callable[..., Any]) -> None:
    page = sam.get("/privacy/erase/").content.decode()
    assert ("Order 1001 is not finished yet." in page, "tax law asks the shop to keep it" in page) == (True, True)
    response = sam.post("/privacy/erase/")
    assert (response.status_code, "Tick the box" in response.content.decode(), asked(in_scope)) == (422, True, [])
    assert sam.post("/privacy/erase/", {"sure": "1"})["Location"] == "/privacy/"
    assert asked(in_scope) == [("erasure", "requested")]
    page = sam.get("/privacy/").content.decode()
    assert "erased on" in page and "Monday 23 November" in page
    id = in_scope(lambda: PrivacyRequest.objects.get().public_id)
    assert sam.post(f"/privacy/{id}/withdraw/").status_code == 302
    assert asked(in_scope) == [("erasure", "withdrawn")]
    assert sam.post(f"/privacy/{id}/withdraw/").status_code == 409
    assert carry_out_due(now=NOW + 4 * DAY) == {}
    assert person(in_scope).erased_at is None


def test_once_it_was_erased_the_browser_is_signed_out_and_the_links_are_dead(
    sam: Client, order: Order, in_scope: Callable[..., Any]
) -> None:
    in_scope(lambda: Order.objects.update(state="cancelled"))
    sam.post("/privacy/erase/", {"sure": "1"})
    assert carry_out_due(now=NOW + 3 * DAY) == {"working": 1}
    assert sam.get("/privacy/")["Location"].startswith("/sign-in/")
    assert sam.get(f"/track/{order.track_token}/").status_code == 404
    assert sam.get(f"/orders/{order.public_id}/").status_code == 302


def test_nothing_changes_by_reading(sam: Client, in_scope: Callable[..., Any]) -> None:
    before = in_scope(lambda: (list(Customer.objects.values()), Event.objects.count(), PrivacyRequest.objects.count()))
    for path in ("/privacy/", "/privacy/erase/"):
        assert sam.get(path).status_code == 200
    for path in ("/privacy/export/", "/privacy/x/withdraw/"):
        assert sam.get(path).status_code == 405
    assert in_scope(lambda: (list(Customer.objects.values()), Event.objects.count(), PrivacyRequest.objects.count())) == before
