"""Parcels over the REST API."""

from collections.abc import Callable
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.api.examples import WHOLE
from tests.api.conftest import Caller
from tests.factories import place_order
from tracking.models import Shipment

Look = Callable[[Callable[[], Any]], Any]
PARCEL: dict[str, Any] = {
    "external_id": "parcel-1",
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "shipped_at": "2026-11-20T16:00:00+01:00",
    "updated_at": "2026-11-20T16:00:00+01:00",
    "eta": "2026-11-24",
    "lines": [{"external_id": "1", "quantity": 1}],
}
PRIVATE = ("email", "phone", "name", "address", "street", "postcode", "city", "customer", "total")


@pytest.fixture(autouse=True)
def _an_order(api: Caller) -> None:
    api.post("/orders", WHOLE)


def test_a_parcel_is_made_and_counted(api: Caller, inside: Look) -> None:
    answer = api.post("/orders/1002/shipments", PARCEL)
    body = answer.json()
    assert len(body.pop("id")) == 22
    assert body.pop("tracking_url").startswith("https://www.dhl.")
    assert (answer.status_code, body) == (
        201,
        {
            "external_id": "parcel-1",
            "position": 1,
            "status": "in_transit",
            "carrier": "DHL",
            "carrier_code": "dhl",
            "service": "",
            "tracking_number": "00340434161094042557",
            "eta": "2026-11-24",
            "shipped_at": "2026-11-20T15:00:00Z",
            "delivered_at": None,
            "updated_at": "2026-11-20T15:00:00Z",
            "lines": [{"external_id": "1", "title": "Linen shirt", "quantity": 1}],
        },
    )
    order = api.get("/orders/1002").json()
    assert (order["fulfilment"], [line["quantity_fulfilled"] for line in order["lines"]]) == ("partial", [1, 0])
    assert inside(lambda: Event.objects.filter(type="tracking.shipment.dispatched").count()) == 1


def test_the_same_parcel_again_is_brought_up_to_date(api: Caller, inside: Look) -> None:
    first = api.post("/orders/1002/shipments", PARCEL).json()
    told = {**PARCEL, "status": "delivered", "delivered_at": "2026-11-23T11:00:00Z", "updated_at": "2026-11-23T11:00:00Z"}
    answer = api.post("/orders/1002/shipments", told)
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, first["id"], "delivered")
    late = api.post("/orders/1002/shipments", {**PARCEL, "status": "in_transit"})
    assert (late.status_code, late.json()["status"]) == (200, "delivered")
    assert inside(Shipment.objects.count) == 1


def test_the_parcels_of_an_order_say_nothing_about_the_person(api: Caller) -> None:
    made = [api.post("/orders/1002/shipments", {**PARCEL, "external_id": f"p{i}"}).json() for i in (1, 2)]
    answer = api.get("/orders/1002/shipments")
    assert (answer.status_code, answer.json()) == (200, {"results": made})
    keys = {key for parcel in made for key in (*parcel, *(name for line in parcel["lines"] for name in line))}
    assert keys & set(PRIVATE) == set()


def test_a_parcel_of_a_connected_shops_order_belongs_to_that_order(api: Caller, acme: Merchant, inside: Look) -> None:
    with merchant_scope(acme.pk):
        place_order(source="shopify-1", number="S-1")
    assert api.post("/orders/S-1/shipments", {"external_id": "p1"}).status_code == 201
    assert inside(lambda: Shipment.objects.get().source) == "shopify-1"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"status": "shipped"}, "status"),
        ({"tracking_url": "javascript:alert(1)"}, "tracking_url"),
        ({"carrier": "x" * 81}, "carrier"),
        ({"shipped_at": "2026-11-20T16:00:00"}, "shipped_at"),
        ({"eta": "2026-02-30"}, "eta"),
        ({"eta": "20261124"}, "eta"),
        ({"eta": "0001-01-01"}, "eta"),
        ({"lines": [{"external_id": "9", "quantity": 1}]}, "lines.0.external_id"),
        ({"lines": [{"external_id": "1", "quantity": 3}]}, "lines.0.quantity"),
        ({"lines": [{"external_id": "1", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"external_id": "1", "quantity": 1}] * 2}, "lines"),
        ({"lines": {"1": 1}}, "lines"),
        ({"weight": 5}, "weight"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_parcel_is_refused_by_field(api: Caller, inside: Look, over: dict[str, Any], field: str) -> None:
    answer = api.post("/orders/1002/shipments", {**PARCEL, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(Shipment.objects.count) == 0
