"""Every address of the portal, asked by those it does not belong to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from customers.models import Customer, ShopperSession
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from portal.urls import urlpatterns
from tests.conftest import NOW
from tests.factories import customer, place_order, ship
from tests.portal.conftest import BOREALIS, signed_in
from tests.portal.world import unsent
from tracking.models import Incident, Shipment
from tracking.types import ShipmentStatus

OWN = {
    "order": "/orders/{order}/",
    "order-shipping": "/orders/{order}/shipping/",
    "order-products": "/orders/{order}/products/",
    "order-product": "/orders/{order}/products/{line}/",
    "order-returns": "/orders/{order}/returns/",
}
# Read and answered at the same address.
ANSWERED = {"order-choice": "/orders/{order}/choice/", "order-not-here": "/orders/{order}/parcels/{parcel}/not-here/"}
# Asked by the script of an open page: never a redirect to sign in.
LIVE = {"order-shipping-live": "/orders/{order}/shipping/live/"}
SIGNED_IN = {"hub": "/", "orders": "/orders/", "messages": "/messages/"}
OPEN = {"sign-in": "/sign-in/", "return-policy": "/policies/returns/", "brand": "/brand.css", "track": "/track/{track}/"}
OPEN |= {name: f"/track/{{track}}/{part}" for name, part in (("track-live", "live/"), ("track-choice", "choice/"))}
POST_ONLY = {"sign-out": "/sign-out/", "language": "/language/", "sign-in-resend": "/sign-in/resend/"}
TESTED_ELSEWHERE = {"track-calendar", "track-not-here", "sign-in-code", "sign-in-confirm", "short-link", "offer"}
TESTED_ELSEWHERE |= {"preferences", "preferences-link", "unsubscribe", "message", "message-letter"}


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


def test_every_address_is_in_one_of_these_tables() -> None:
    names = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert names == {*OWN, *ANSWERED, *LIVE, *SIGNED_IN, *OPEN, *POST_ONLY, *TESTED_ELSEWHERE}


@pytest.mark.parametrize("path", [*OWN.values(), *ANSWERED.values(), *SIGNED_IN.values()])
def test_anonymous_visitors_are_sent_to_sign_in_and_back(browser: Client, address: Callable[[str], str], path: str) -> None:
    response = browser.get(address(path))
    assert response.status_code == 302
    back = "" if path == "/" else "?next=" + address(path).replace("/", "%2F")
    assert response["Location"] == f"/sign-in/{back}"


@pytest.mark.parametrize("path", [*OWN.values(), *ANSWERED.values()])
def test_the_owner_sees_the_page(sam: Client, address: Callable[[str], str], path: str) -> None:
    response = sam.get(address(path))
    assert (response.status_code, "1001" in response.content.decode()) == (200, True)


PRIVATE = [*OWN.values(), *ANSWERED.values(), *LIVE.values()]


@pytest.mark.parametrize("path", PRIVATE)
def test_another_shopper_of_the_merchant_gets_404_and_nothing_changes(
    acme: Merchant, address: Callable[[str], str], in_scope: Callable[..., Any], path: str
) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    target, before = address(path), facts(acme)
    response = eve.get(target)
    assert response.status_code == 404
    assert "Linen shirt" not in response.content.decode()
    assert facts(acme) == before


@pytest.mark.parametrize("path", PRIVATE)
def test_the_same_person_at_another_merchant_gets_404(acme: Merchant, borealis: Merchant, address: Callable[[str], str], path: str) -> None:
    with merchant_scope(borealis.pk):
        there = place_order(currency="USD").customer
    assert there is not None
    target, before = address(path), facts(acme)
    response = signed_in(borealis, there).get(target)
    assert response.status_code == 404
    assert facts(acme) == before


@pytest.mark.parametrize("path", ANSWERED.values())
def test_nobody_else_answers_for_the_owner(
    acme: Merchant,
    borealis: Merchant,
    browser: Client,
    address: Callable[[str], str],
    order: Order,
    in_scope: Callable[..., Any],
    path: str,
) -> None:
    in_scope(unsent, order)
    with merchant_scope(borealis.pk):
        there = place_order(currency="USD").customer
    assert there is not None
    eve, twin = signed_in(acme, in_scope(customer, email="eve@example.com")), signed_in(borealis, there)
    target, before = address(path), facts(acme)
    assert [client.post(target, {"choice": "cancel"}).status_code for client in (eve, twin, browser)] == [404, 404, 302]
    assert facts(acme) == before


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


@pytest.mark.parametrize("path", [*OWN.values(), *SIGNED_IN.values()])
def test_a_session_of_one_merchant_opens_nothing_on_anothers_host(
    sam: Client, borealis: Merchant, address: Callable[[str], str], path: str
) -> None:
    response = sam.get(address(path), headers={"host": BOREALIS})
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_a_tracking_link_is_nothing_on_anothers_host(browser: Client, borealis: Merchant, order: Order) -> None:
    assert browser.get(f"/track/{order.track_token}/").status_code == 200
    for part in ("", "live/", "choice/", "not-here/", "calendar.ics"):
        assert browser.get(f"/track/{order.track_token}/{part}", headers={"host": BOREALIS}).status_code == 404


@pytest.mark.parametrize("path", [*OWN.values(), *SIGNED_IN.values(), *OPEN.values()])
def test_pages_that_show_take_nothing(acme: Merchant, sam: Client, address: Callable[[str], str], path: str) -> None:
    target, before = address(path), facts(acme)
    methods = [sam.put, sam.delete, sam.patch, *([] if path == "/sign-in/" else [sam.post])]
    assert {method(target).status_code for method in methods} == {405}
    assert facts(acme) == before


@pytest.mark.parametrize("path", POST_ONLY.values())
def test_what_changes_something_is_refused_by_get(acme: Merchant, sam: Client, path: str) -> None:
    before = facts(acme)
    assert sam.get(path).status_code == 405
    assert facts(acme) == before


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
