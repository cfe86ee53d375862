"""The page on which something more is added to a parcel: no sign-in, no person shown, once, and closed in time."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.services import relate_products, upsert_product
from customers.models import Customer
from customers.services import record_consent
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Addition, Order, OrderChange, OrderLine
from orders.selectors import offer_token
from orders.services import cancel_order, confirm_addition, refuse_addition
from orders.types import PaymentState
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tests.portal.conftest import ACME, BOREALIS, signed_in
from tests.portal.world import unsent
from tracking.types import ShipmentStatus

Run = Callable[..., Any]
HOUR = timedelta(hours=1)


def sell(external_id: str, title: str, price: str, **over: Any) -> Product:
    values: dict[str, Any] = {"price": Decimal(price), "currency": "EUR", "stock": 5, "at": NOW - 2 * HOUR, **over}
    return upsert_product(external_id=external_id, title=title, **values)


def place(**over: Any) -> Order:
    """Sam's shirt, with which a wallet and a key ring go; placed an hour ago."""
    sell("SHIRT", "Linen shirt", "49.00")
    sell("WALLET", "Leather wallet <b>", "39.00", variant_title="Brown")
    sell("KEY", "Key ring", "12.50")
    relate_products(external_id="SHIRT", related=["WALLET", "KEY"])
    line = incoming_line(title="Linen shirt", product_external_id="SHIRT")
    return place_order(**{"placed_at": NOW - HOUR, "lines": (line,), **over})


@pytest.fixture
def order(in_scope: Run) -> Order:
    """In place of the order of yesterday: one that still takes something."""
    placed: Order = in_scope(place)
    return placed


@pytest.fixture
def path(in_scope: Run, order: Order) -> str:
    return f"/offer/{in_scope(offer_token, order)}/"


def item(in_scope: Run, external_id: str = "WALLET", price: str = "") -> dict[str, str]:
    row = in_scope(lambda: Product.objects.get(external_id=external_id))
    return {"item": f"{row.public_id} {price or row.price}"}


def facts() -> tuple[Any, ...]:
    tables: tuple[Any, ...] = (Order, OrderLine, OrderChange, Addition, Event)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_page_says_what_until_when_and_how_it_is_paid(browser: Client, path: str) -> None:
    text = words(browser.get(path))
    for fact in (
        "arrives with your order 1001 , at no extra postage",
        "Until Friday 20 November , 14:00 (CET)",
        "Leather wallet &lt;b&gt; Brown €39.00",
        "Key ring €12.50",
        "Acme adds it to your order and charges it the way you paid",
    ):
        assert fact in text, fact


def test_it_shows_nothing_of_the_person_and_is_not_kept(browser: Client, path: str) -> None:
    response = browser.get(path)
    text = response.content.decode()
    for secret in ("Sam", "Berg", "sam@example.com", "Torstraße", "10119", "15123456789", "4242", "Visa", "49.00", "53.90", "Linen shirt"):
        assert secret not in text, secret
    assert (response["Cache-Control"], response["X-Robots-Tag"], response["Referrer-Policy"]) == (
        "no-store", "noindex, nofollow", "same-origin",
    )  # fmt: skip


def test_one_press_asks_for_one_item_and_two_presses_for_one(browser: Client, path: str, in_scope: Run, order: Order) -> None:
    first = browser.post(path, item(in_scope))
    assert (first.status_code, first["Location"]) == (302, path)
    before = in_scope(facts)
    assert browser.post(path, item(in_scope)).status_code == 302
    assert in_scope(facts) == before
    row = in_scope(Addition.objects.get)
    assert (row.order_id, row.title, row.unit_price, row.state) == (order.pk, "Leather wallet <b>, Brown", Decimal("39.00"), "requested")
    text = words(browser.get(path))
    assert "Asked for in the same parcel Leather wallet &lt;b&gt;, Brown Asked for €39.00 Anything else? Key ring" in text


def test_opening_the_page_changes_nothing(browser: Client, path: str, in_scope: Run) -> None:
    before = in_scope(facts)
    for method in (browser.get, browser.head):
        assert method(path + "?item=" + item(in_scope)["item"].replace(" ", "+")).status_code == 200
    assert {browser.put(path).status_code, browser.delete(path).status_code, browser.patch(path).status_code} == {405}
    assert in_scope(facts) == before


def test_a_press_needs_the_forms_token(path: str, in_scope: Run) -> None:
    before = in_scope(facts)
    assert Client(HTTP_HOST=ACME, enforce_csrf_checks=True).post(path, item(in_scope)).status_code == 403
    assert in_scope(facts) == before


def test_after_the_time_every_press_is_told_that_it_is_closed(browser: Client, path: str, in_scope: Run) -> None:
    browser.post(path, item(in_scope, "KEY"))
    before = in_scope(facts)
    with time_machine.travel(NOW + 3 * HOUR, tick=False):
        shown = browser.get(path)
        for wanted in (item(in_scope), item(in_scope, "KEY"), {"item": "x"}, {}):
            response = browser.post(path, wanted)
            assert response.status_code == 409
            assert "This offer is closed The time for it is over" in words(response)
            assert "Nothing was added." in words(response)
    assert in_scope(facts) == before
    assert (shown.status_code, "Leather wallet" in words(shown), "Key ring" in words(shown)) == (200, False, True)
    assert "Nothing was added" not in words(shown)


@pytest.mark.parametrize(
    ("close", "why"),
    [
        (lambda order: ship(order, at=NOW, updated_at=NOW, status=ShipmentStatus.LABEL_CREATED), "Your parcel is packed or on its way"),
        (lambda order: cancel_order(order=order, reason="x", at=NOW), "The order was cancelled."),
        (lambda order: Order.objects.update(payment_state=PaymentState.REFUNDED), "The order is not paid, or money has gone back."),
        (lambda order: Order.objects.update(ship_by=None), "Nothing can be added to this order."),
    ],
)
def test_a_closed_offer_says_why(browser: Client, path: str, in_scope: Run, order: Order, close: Callable[[Order], Any], why: str) -> None:
    in_scope(close, order)
    before = in_scope(facts)
    response = browser.post(path, item(in_scope))
    assert (response.status_code, why in words(response), "Leather wallet" in words(response)) == (409, True, False)
    assert in_scope(facts) == before


def test_what_was_sold_out_meanwhile_is_said_and_the_rest_stays(browser: Client, path: str, in_scope: Run) -> None:
    wanted = item(in_scope)
    in_scope(sell, "WALLET", "Leather wallet", "39.00", stock=0, at=NOW)
    before = in_scope(facts)
    response = browser.post(path, wanted)
    text = words(response)
    assert (response.status_code, "This one is gone" in text, "Key ring" in text, "Leather wallet" in text) == (409, True, True, False)
    assert in_scope(facts) == before


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_added(browser: Client, path: str, in_scope: Run) -> None:
    wanted = item(in_scope)
    in_scope(sell, "WALLET", "Leather wallet", "44.00", at=NOW)
    before = in_scope(facts)
    response = browser.post(path, wanted)
    text = words(response)
    assert (response.status_code, "The price has changed" in text, "€44.00" in text) == (409, True, True)
    assert in_scope(facts) == before
    assert browser.post(path, item(in_scope)).status_code == 302


@pytest.mark.parametrize(
    "value", ["", "x", " ", "\0", "%00 1", "A" * 22 + " 39.00", "{id} NaN", "{id} Infinity", "{id} -39", "{id} 1e999999", "{id} ", "{id}"]
)
def test_nonsense_adds_nothing(browser: Client, path: str, in_scope: Run, value: str) -> None:
    id = in_scope(lambda: Product.objects.get(external_id="WALLET").public_id)
    before = in_scope(facts)
    assert browser.post(path, {"item": value.replace("{id}", id)}).status_code == 409
    assert in_scope(facts) == before


def test_the_merchants_other_products_are_not_on_offer(browser: Client, path: str, in_scope: Run) -> None:
    in_scope(sell, "SOFA", "Sofa", "999.00")
    before = in_scope(facts)
    for external_id in ("SOFA", "SHIRT"):
        assert browser.post(path, item(in_scope, external_id)).status_code == 409
    assert in_scope(facts) == before


def test_the_link_opens_this_order_at_this_merchant_only(browser: Client, path: str, in_scope: Run, borealis: Merchant) -> None:
    other = in_scope(place_order, number="1002", email="eve@example.com")
    with merchant_scope(borealis.pk):
        foreign = offer_token(place_order(currency="USD"))
    before = in_scope(facts)
    wrong = [
        f"/offer/{other.public_id}{path[29:]}",
        f"/offer/{foreign}/",
        path[:-2] + ("A/" if path[-2] != "A" else "B/"),
        f"/offer/{other.public_id}/",
    ]
    for address in wrong:
        assert (browser.get(address).status_code, browser.post(address, item(in_scope)).status_code) == (404, 404)
    assert browser.get(path, headers={"host": BOREALIS}).status_code == 404
    assert browser.post(path, item(in_scope), headers={"host": BOREALIS}).status_code == 404
    assert in_scope(facts) == before


def test_what_became_of_it_stands_on_the_page_the_products_and_in_the_history(
    sam: Client, browser: Client, path: str, in_scope: Run, order: Order
) -> None:
    for external_id in ("WALLET", "KEY"):
        browser.post(path, item(in_scope, external_id))
    rows = in_scope(lambda: {row.product_external_id: row for row in Addition.objects.all()})
    in_scope(confirm_addition, addition=rows["WALLET"], at=NOW)
    in_scope(refuse_addition, addition=rows["KEY"], reason="The last one was damaged", at=NOW)
    for address in (path, f"/orders/{order.public_id}/products/"):
        text = words(sam.get(address))
        assert "Leather wallet &lt;b&gt;, Brown In your order €39.00" in text
        assert "Key ring Not possible The last one was damaged €12.50" in text
    history = words(sam.get(f"/orders/{order.public_id}/"))
    for line in (
        "You asked for something more in the parcel Key ring",
        "The products were changed",
        "Something more in the parcel was not possible Key ring",
    ):
        assert line in history, line


def test_what_left_with_the_parcel_undecided_says_so_in_the_readers_language(
    browser: Client, path: str, in_scope: Run, order: Order
) -> None:
    browser.post(path, item(in_scope))
    in_scope(ship, order, at=NOW, updated_at=NOW, shipped_at=NOW)
    assert "The parcel had left before the shop could add it." in words(browser.get(path))
    german = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="de")
    assert "Das Paket war weg, bevor der Shop es dazulegen konnte." in words(german.get(path))


def test_the_products_page_leads_there_only_who_wants_offers_and_has_no_trouble(
    sam: Client, path: str, in_scope: Run, order: Order
) -> None:
    page = f"/orders/{order.public_id}/products/"

    def agree(is_granted: bool, at: Any) -> None:
        record_consent(customer=Customer.objects.get(), channel="email", is_granted=is_granted, source="test", at=at)

    assert path not in sam.get(page).content.decode()
    in_scope(agree, True, NOW)
    assert path in sam.get(page).content.decode()
    for other in (f"/orders/{order.public_id}/", f"/orders/{order.public_id}/shipping/", "/"):
        assert path not in sam.get(other).content.decode()
    with time_machine.travel(NOW + 3 * HOUR, tick=False):
        assert path not in sam.get(page).content.decode()
    trouble = in_scope(unsent, order)
    assert path not in sam.get(page).content.decode()
    in_scope(trouble.delete)
    in_scope(agree, False, NOW + HOUR)
    assert path not in sam.get(page).content.decode()


def test_the_pages_cost_a_constant_number_of_queries(
    acme: Merchant, sam: Client, browser: Client, path: str, in_scope: Run, order: Order
) -> None:
    page = f"/orders/{order.public_id}/products/"
    in_scope(record_consent, customer=signed_customer(in_scope), channel="sms", is_granted=True, source="test", at=NOW)
    browser.post(path, item(in_scope, "KEY"))
    counts = []
    for more in range(3):
        with CaptureQueriesContext(connection) as offer:
            assert browser.get(path).status_code == 200
        with CaptureQueriesContext(connection) as products:
            assert sam.get(page).status_code == 200
        counts.append((len(offer.captured_queries), len(products.captured_queries)))
        in_scope(lambda more=more: [sell(f"X{more}{n}", f"Thing {more} {n}", "5.00") for n in range(3)])
        in_scope(
            lambda: relate_products(
                external_id="SHIRT", related=[p.external_id for p in Product.objects.exclude(external_id="SHIRT").order_by("pk")]
            )
        )
        browser.post(path, item(in_scope, f"X{more}0"))
    assert len(set(counts)) == 1, counts


def signed_customer(in_scope: Run) -> Customer:
    row: Customer = in_scope(Customer.objects.get)
    return row


@pytest.mark.parametrize("language", ["en", "de", "zh-hans", "id", "pt-br"])
def test_it_speaks_the_readers_language(path: str, language: str) -> None:
    heading = {
        "en": "Something more in your parcel", "de": "Noch etwas in Ihr Paket", "zh-hans": "同一包裹再加一件",
        "id": "Tambahan untuk paket Anda", "pt-br": "Mais um item no seu pacote",
    }  # fmt: skip
    assert f"<h1>{heading[language]}</h1>" in Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE=language).get(path).content.decode()


def test_a_shopper_who_is_signed_in_elsewhere_sees_the_same_page(acme: Merchant, path: str, in_scope: Run, order: Order) -> None:
    eve = in_scope(lambda: place_order(number="1003", email="eve@example.com").customer)
    assert "Leather wallet" in words(signed_in(acme, eve).get(path))
