"""What a tracking link opens and what it never does, sign-in on the way to a page, and ids that are none.

Who sees which address is in `test_strangers.py`, made from all addresses there are.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer, ShopperSession
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.conftest import NOW
from tests.factories import customer, ship
from tests.portal.conftest import BOREALIS, signed_in
from tests.portal.world import unsent
from tracking.models import Incident, Shipment
from tracking.types import ShipmentStatus

OWN = ("/", "/orders/", "/orders/{order}/", "/orders/{order}/products/{line}/", "/orders/{order}/parcels/{parcel}/not-here/", "/messages/")


@pytest.fixture
def address(order: Order, in_scope: Callable[..., Any]) -> Callable[[str], str]:
    line = in_scope(lambda: order.lines.earliest("position").public_id)
    parcel = in_scope(ship, order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW).public_id
    return lambda path: path.format(order=order.public_id, line=line, track=order.track_token, parcel=parcel)


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        return (
            list(Order.objects.order_by("pk").values()),
            list(Customer.objects.order_by("pk").values()),
            ShopperSession.objects.filter(ended_at=None).count(),
            Event.objects.count(),
            list(Shipment.objects.order_by("pk").values()),
            list(Incident.objects.order_by("pk").values()),
        )


@pytest.mark.parametrize("path", OWN)
def test_anonymous_visitors_are_sent_to_sign_in_and_back(browser: Client, address: Callable[[str], str], path: str) -> None:
    response = browser.get(address(path))
    assert response.status_code == 302
    back = "" if path == "/" else "?next=" + address(path).replace("/", "%2F")
    assert response["Location"] == f"/sign-in/{back}"


def test_a_tracking_link_changes_nothing_whoever_holds_it(
    acme: Merchant, sam: Client, browser: Client, address: Callable[[str], str], order: Order, in_scope: Callable[..., Any]
) -> None:
    in_scope(unsent, order)
    targets = [address(f"/track/{{track}}/{part}") for part in ("choice/", "not-here/?parcel=1", "live/", "calendar.ics")]
    before = facts(acme)
    assert {client.post(path, {"choice": "cancel"}).status_code for client in (sam, browser) for path in targets} == {405}
    assert facts(acme) == before


def test_what_an_open_page_asks_for_is_nothing_after_signing_out(sam: Client, browser: Client, address: Callable[[str], str]) -> None:
    path = address("/orders/{order}/shipping/live/")
    assert (sam.get(path).status_code, browser.get(path).status_code) == (200, 404)


def test_a_tracking_link_is_nothing_on_anothers_host(browser: Client, borealis: Merchant, order: Order) -> None:
    assert browser.get(f"/track/{order.track_token}/").status_code == 200
    for part in ("", "live/", "choice/", "not-here/", "calendar.ics"):
        assert browser.get(f"/track/{order.track_token}/{part}", headers={"host": BOREALIS}).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/orders/{}/",
        "/track/{}/",
        "/l/{}",
        "/orders/{}/shipping/",
        "/track/{}/live/",
        "/track/{}/calendar.ics",
        "/orders/{}/choice/",
        "/offer/{}/",
    ],
)
def test_ids_that_are_no_ids_are_404(sam: Client, path: str) -> None:
    wrong = ["x", "%00", "1%27--", "a" * 65, "..%2f..%2fetc", "%F0%9F%92%A5", "1001"]
    assert {id: sam.get(path.format(id)).status_code for id in wrong} == dict.fromkeys(wrong, 404)


def test_the_tracking_page_shows_no_address_no_contact_no_price(browser: Client, order: Order) -> None:
    text = browser.get(f"/track/{order.track_token}/").content.decode()
    assert "Linen shirt" in text
    for secret in ("Torstraße", "10119", "Berg", "sam@example.com", "15123456789", "4242", "49.00", "127.90", "132.80", "€", "Visa"):
        assert secret not in text


def test_somebody_elses_tracking_page_is_redacted_for_a_signed_in_stranger(
    acme: Merchant, order: Order, in_scope: Callable[..., Any]
) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    text = eve.get(f"/track/{order.track_token}/").content.decode()
    assert "Torstraße" not in text
    assert f"/orders/{order.public_id}/" in text  # the link to sign in as somebody else
