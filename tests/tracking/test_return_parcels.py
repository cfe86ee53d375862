"""A parcel on its way back is followed like any other, and is nobody's business but the returns'."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.models import Poll
from connectors.services import connect, poll_with
from customers.registry import holdings
from customers.selectors import subject_of
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.types import Scope
from notifications.models import Message
from orders.models import Order, Promise
from tests import factories as make
from tests.api.conftest import Caller
from tests.conftest import NOW
from tracking.models import CarrierFeed, Counted, FlowCell, Incident, LaneEffect, LaneStat, Scan, Shipment, WaitingScans
from tracking.rules import ShipmentRefused
from tracking.selectors import handed_over, parcels_of, shipments_of
from tracking.services import follow_return, learn_gaps, rebuild_figures, record_scans, refresh_lanes, review, sweep_incidents
from tracking.types import IncomingTracking, ShipmentStatus

DAY = timedelta(days=1)
BACK = "00340434161094099999"
S = ShipmentStatus


def send_back(order: Order, *, at: Any = NOW + 9 * DAY, **over: Any) -> Shipment:
    values = {"source": "returns", "external_id": "R-1", "carrier": "DHL", "tracking_number": BACK, **over}
    return follow_return(order=order, at=at, **values)


def delivered(in_acme: Merchant) -> Order:
    """An order whose parcel came a week ago."""
    order = make.place_order()
    make.ship(order)
    make.tell(make.scan("in_transit", at=NOW + 2 * DAY), make.scan("delivered", at=NOW + 3 * DAY, city="Berlin"))
    order.refresh_from_db()
    return order


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    return delivered(in_acme)


def told(since: int) -> list[tuple[str, Any]]:
    return list(Event.objects.filter(pk__gt=since).order_by("pk").values_list("type", "payload"))


def last_event() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True)[0]


def scans_back(*scans: Any, number: str = BACK) -> Any:
    return make.tell(*scans, tracking_number=number)


def test_it_is_followed_once_however_often_it_is_told(order: Order) -> None:
    before = last_event()
    row = send_back(order)
    assert (row.direction, row.status, row.carrier_code, row.tracking_number, row.position) == ("back", "label_created", "dhl", BACK, 1)
    assert (row.from_country, row.to_country, row.to_postcode, row.promised_by, row.check_at) == ("DE", "DE", "", None, None)
    assert send_back(order, at=NOW + 10 * DAY).pk == row.pk
    assert told(before) == [("tracking.return_parcel.changed", {"shipment": row.pk})]
    assert Shipment.any_way.filter(direction="back").count() == 1


def test_its_scans_are_found_by_number_and_folded(order: Order) -> None:
    row = send_back(order)
    before = last_event()
    done = scans_back(make.scan("picked_up", at=NOW + 10 * DAY), make.scan("in_transit", at=NOW + 11 * DAY))
    assert (done.shipment, done.added) == (row, 2)
    assert scans_back(make.scan("in_transit", at=NOW + 11 * DAY)).known == 1
    scans_back(make.scan("delivered", at=NOW + 12 * DAY))
    row = Shipment.any_way.get(pk=row.pk)
    assert (row.status, row.shipped_at, row.delivered_at) == ("delivered", NOW + 10 * DAY, NOW + 12 * DAY)
    assert told(before) == [("tracking.return_parcel.changed", {"shipment": row.pk})] * 2


def test_its_scans_are_found_by_our_id(order: Order) -> None:
    row = send_back(order)
    news = IncomingTracking(source="17track", scans=(make.scan("picked_up", at=NOW + 10 * DAY),), shipment=row.public_id)
    done = record_scans(news=news, at=NOW + 10 * DAY)
    assert done.shipment == row
    assert done.added == 1


def test_the_carriers_own_day_is_kept_and_promised_to_nobody(order: Order) -> None:
    row, promises = send_back(order), Promise.objects.count()
    day = (NOW + 13 * DAY).date()
    make.tell(make.scan("in_transit", at=NOW + 11 * DAY), tracking_number=BACK, eta_by=day)
    row = Shipment.any_way.get(pk=row.pk)
    assert (row.eta_by, row.eta_source, Promise.objects.count()) == (day, "carrier", promises)


def test_news_that_came_before_it_are_taken_in(order: Order) -> None:
    assert scans_back(make.scan("picked_up", at=NOW + 10 * DAY)).is_waiting
    row = send_back(order, at=NOW + 11 * DAY)
    assert (row.status, row.shipped_at) == ("picked_up", NOW + 10 * DAY)
    assert not WaitingScans.objects.exists()


def test_a_number_put_right_forgets_what_was_said_of_the_wrong_one(order: Order) -> None:
    row = send_back(order)
    scans_back(make.scan("picked_up", at=NOW + 10 * DAY))
    before = last_event()
    again = send_back(order, at=NOW + 11 * DAY, tracking_number="00340434161094088888")
    assert (again.pk, again.tracking_number, again.status, again.shipped_at) == (row.pk, "00340434161094088888", "label_created", None)
    assert list(Scan.objects.filter(shipment=row).values_list("status", flat=True)) == ["label_created"]
    assert told(before) == [("tracking.return_parcel.changed", {"shipment": row.pk})]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"tracking_number": "0034 0434 1610 9404 2557"}, "tracking_number"),  # the number it came under
        ({"source": "api", "external_id": "S1"}, "external_id"),
        ({"external_id": " "}, "external_id"),
        ({"tracking_number": "1" * 101}, "tracking_number"),
        ({"carrier": "A\0B"}, "carrier"),
    ],
)
def test_what_cannot_be_followed_changes_nothing(order: Order, over: dict[str, Any], field: str) -> None:
    before, parcels = last_event(), Shipment.any_way.count()
    with pytest.raises(ShipmentRefused) as error:
        send_back(order, **over)
    assert error.value.field == field
    assert (told(before), Shipment.any_way.count()) == ([], parcels)


def everything() -> dict[str, Any]:
    """All that is made of parcels besides the parcels themselves."""
    figures = [field.attname for field in FlowCell._meta.local_concrete_fields if field.attname != "id"]
    return {
        "cells": sorted(map(str, FlowCell.objects.values_list(*figures))),
        "counted": sorted(Counted.objects.values_list("shipment_id", "standing")),
        "lanes": sorted(map(str, LaneEffect.objects.values_list("leg", "key", "mean", "count"))),
        "gaps": sorted(map(str, LaneStat.objects.values_list("leg", "key", "days", "count"))),
        "feeds": sorted(map(str, CarrierFeed.objects.values_list("carrier_code", "source", "received_count"))),
        "incidents": Incident.objects.count(),
        "promises": sorted(map(str, Promise.objects.values_list("subject", "kind", "date", "is_kept"))),
        "messages": sorted(Message.objects.values_list("kind", "shipment_id")),
        "order": Order.objects.values_list("state", "fulfilment", "arrive_by").get(),
    }


def look_at_all(at: Any) -> None:
    run_until_quiet(lambda: at)


def test_a_parcel_on_its_way_back_is_in_no_dashboard_list_incident_promise_or_message(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = delivered(acme)
    look_at_all(NOW + 4 * DAY)
    later = NOW + 60 * DAY
    with merchant_scope(acme.pk):
        sweep_incidents(now=later)
        refresh_lanes(now=later)
        learn_gaps(now=later)
        rebuild_figures(now=later)
        before, since = everything(), last_event()
        row = send_back(order)
        scans_back(make.scan("picked_up", at=NOW + 10 * DAY), make.scan("attempt_failed", at=NOW + 12 * DAY))
        scans_back(make.scan("on_hold", at=NOW + 13 * DAY, is_delay=True))
    look_at_all(later)
    with merchant_scope(acme.pk):
        assert review(shipment_ids=[row.pk], now=later) == 0
        Shipment.any_way.filter(pk=row.pk).update(check_at=NOW)  # as nothing of ours does
        sweep_incidents(now=later)
        Shipment.any_way.filter(pk=row.pk).update(check_at=None)
        refresh_lanes(now=later)
        learn_gaps(now=later)
        rebuild_figures(now=later)
        scans_back(make.scan("delivered", at=NOW + 20 * DAY))
    look_at_all(later)
    with merchant_scope(acme.pk):
        learn_gaps(now=later)
        assert everything() == before
        assert {type for type, _ in told(since)} == {"tracking.return_parcel.changed"}
        out = Shipment.objects.get()
        assert [one.pk for one in order.shipments.all()] == [out.pk]
        assert [one.pk for one in shipments_of(order_ids=[order.pk])[order.pk]] == [out.pk]
        assert [one.pk for one in parcels_of(order=order)] == [out.pk]
        assert Order.objects.prefetch_related("shipments").get().shipments.count() == 1
        assert set(handed_over(order=order).values()) == {1, 2}
        assert Shipment.any_way.count() == 2


def test_the_order_still_gets_parcels_of_its_own(order: Order) -> None:
    """A return before everything was sent takes no place, no number and no piece of what is still to come."""
    other = make.place_order(number="1002")
    make.ship(other, external_id="A", tracking_number="1Z1", lines={"L1": 1})
    send_back(other)
    rest = make.ship(other, external_id="B", tracking_number="1Z2")
    assert (rest.position, {line.order_line.external_id: line.quantity for line in rest.lines.all()}) == (2, {"L1": 1, "L2": 1})


def test_api_lists_leave_it_out_and_its_own_address_shows_it(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = delivered(acme)
        row = send_back(order)
        _, token = create_api_key(name="test", scopes=list(Scope.values), at=NOW)
    api = Caller(token)
    assert [one["external_id"] for one in api.get(f"/orders/{order.number}/shipments").json()["results"]] == ["S1"]
    shown = api.get(f"/shipments/{row.public_id}").json()
    assert (shown["direction"], shown["status"], shown["lines"]) == ("back", "label_created", [])
    answer = api.post(f"/shipments/{row.public_id}/scans", {"scans": [{"status": "picked_up", "at": "2026-11-20T10:00:00Z"}]})
    assert (answer.status_code, answer.json()["shipment"]["status"]) == (200, "picked_up")


def test_it_is_asked_for_at_the_carrier(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        row, _ = connect(connector="17track", at=NOW, secret="webhook-secret")
        poll_with(connection=row, polls=True, api_key="acme-api-key", at=NOW)
        parcel = send_back(delivered(acme))
    look_at_all(NOW + 10 * DAY)
    with merchant_scope(acme.pk):
        assert list(Poll.objects.filter(shipment=parcel.pk).values_list("number", "carrier_code", "state")) == [(BACK, "dhl", "ready")]


def test_what_a_shopper_is_told_we_hold_names_it_and_erasure_reaches_it(order: Order) -> None:
    row = send_back(order)
    scans_back(make.scan("picked_up", at=NOW + 10 * DAY, text="From Sam Berg"))
    (holding,) = [one for one in holdings() if one.key == "parcels"]
    assert order.customer is not None
    subject = subject_of(order.customer)
    held = {record["tracking_number"]: record for record in holding.collect(subject)}
    assert held[BACK]["direction"] == "back"
    assert [scan["text"] for scan in held[BACK]["scans"]] == ["", "From Sam Berg"]
    assert holding.holds(subject, NOW + 10 * DAY)
    assert holding.erase(subject, NOW + 11 * DAY) >= 2
    row = Shipment.any_way.get(pk=row.pk)
    assert (row.tracking_number, row.tracking_url, row.delivered_to) == ("", "", "")
    assert not Scan.objects.exclude(text="").exists()


def test_of_a_forgotten_shopper_no_number_is_kept(order: Order) -> None:
    Order.objects.update(erased_at=NOW + 8 * DAY)
    row = send_back(order)
    assert (row.carrier_code, row.tracking_number, row.tracking_url) == ("dhl", "", "")


def test_another_merchant_neither_sees_nor_moves_it(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        row = send_back(delivered(acme))
    with merchant_scope(borealis.pk):
        assert not Shipment.any_way.exists()
        assert scans_back(make.scan("picked_up", at=NOW + 10 * DAY)).is_waiting
    with merchant_scope(acme.pk):
        assert Shipment.any_way.get(pk=row.pk).status == "label_created"
