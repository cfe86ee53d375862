"""Order links and gift links: what each grade shows and hides, how it ends, and that none of them changes anything."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import GuestAccess, LookUp, Order
from orders.services.look_up import look_up_code
from orders.tokens import gift_token, order_link_token
from portal.rules.masks import masked_place
from tests.conftest import NOW
from tests.factories import EMAIL, customer, ship
from tests.portal.conftest import BOREALIS, guest_of, signed_in
from tests.portal.test_answers import rows_read
from tests.portal.world import parcel
from tracking.types import ShipmentStatus

Scope = Callable[..., Any]
DAY = timedelta(days=1)
# What no link may tell, whoever holds it.
PERSONAL = ("Torstraße", "10119", "Sam Berg", EMAIL, "15123456789", "4242")
PRICES = ("49.00", "98.00", "29.90", "127.90", "132.80", "4.90", "€")
GOODS = ("Linen shirt", "Leather belt")


@pytest.fixture
def link(order: Order, in_scope: Scope) -> str:
    return f"/view/{in_scope(order_link_token, order, at=NOW)}/"


@pytest.fixture
def gift(order: Order, in_scope: Scope) -> str:
    return f"/gift/{in_scope(gift_token, order)}/"


def text_of(client: Client, path: str, *, days: int = 0) -> str:
    with time_machine.travel(NOW + days * DAY, tick=False):
        response = client.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        orders = list(Order.objects.order_by("pk").values())
        return orders, LookUp.objects.count(), GuestAccess.objects.count(), Event.objects.count()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ({"postcode": "12345", "city": "Berlin"}, "12••• Berlin"),
        ({"postcode": "SW1A 1AA", "city": "London"}, "SW••• London"),
        ({"postcode": "101", "city": "Reykjavík"}, "1••• Reykjavík"),
        ({"postcode": "1", "city": "X"}, "••• X"),
        ({"postcode": "", "city": "Dublin"}, "Dublin"),
        ({"postcode": "12345"}, "12•••"),
        ({"street": "Torstraße 1", "name": "Sam"}, ""),
        ({"postcode": None, "city": 7}, "7"),
        ({}, ""),
    ],
)
def test_a_masked_place_is_the_start_of_the_postcode_and_the_city(address: dict[str, object], shown: str) -> None:
    assert masked_place(address) == shown


@pytest.mark.parametrize("days", [0, 30])
def test_a_live_order_link_shows_goods_amounts_and_a_masked_person(browser: Client, order: Order, link: str, days: int) -> None:
    text = text_of(browser, link, days=days)
    for told in (*GOODS, "€132.80", "10••• Berlin", "s•••@example.com", "Order <bdi>1001</bdi>"):
        assert told in text
    for secret in PERSONAL:
        assert secret not in text


def test_an_order_link_says_until_when(browser: Client, link: str) -> None:
    assert "Sunday 20 December" in text_of(browser, link)


def holds_the_stub(text: str, *, state: str) -> None:
    for told in ("Order <bdi>1001</bdi>", "3 items", "s•••@example.com", state):
        assert told in text
    for secret in (*PERSONAL, *PRICES, *GOODS, "Berlin"):
        assert secret not in text


def test_an_ended_order_link_says_state_days_and_number_alone(browser: Client, link: str) -> None:
    holds_the_stub(text_of(browser, link, days=31), state="It has not been sent yet")


def test_a_revoked_order_link_says_the_same(sam: Client, browser: Client, order: Order, link: str) -> None:
    sam.post(f"/orders/{order.public_id}/share/", {"end": "links"})
    holds_the_stub(text_of(browser, link), state="We are packing your order")


def test_links_sent_after_revoking_work(sam: Client, browser: Client, order: Order, in_scope: Scope) -> None:
    sam.post(f"/orders/{order.public_id}/share/", {"end": "links"})
    token = in_scope(lambda: order_link_token(Order.objects.get(pk=order.pk), at=NOW))
    assert "Linen shirt" in text_of(browser, f"/view/{token}/")


@pytest.mark.parametrize("path", ["/view/{}/", "/gift/{}/"])
def test_forged_links_are_404(browser: Client, link: str, gift: str, path: str) -> None:
    token = (link if "view" in path else gift).split("/")[2]
    crossed = (gift if "view" in path else link).split("/")[2]
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), token[:-1], "A" * 62, "x", token[:22], crossed, "%00", "A" * 65]
    assert {one: browser.get(path.format(one)).status_code for one in wrong} == dict.fromkeys(wrong, 404)


def test_links_are_nothing_on_anothers_host(browser: Client, borealis: Merchant, link: str, gift: str) -> None:
    assert [browser.get(path, headers={"host": BOREALIS}).status_code for path in (link, gift)] == [404, 404]


def test_the_links_of_an_order_whose_data_are_erased_are_404(browser: Client, in_scope: Scope, link: str, gift: str) -> None:
    in_scope(Order.objects.update, erased_at=NOW)
    assert [browser.get(path).status_code for path in (link, gift)] == [404, 404]


def test_the_owner_is_led_to_the_page_they_act_on(acme: Merchant, sam: Client, order: Order, link: str) -> None:
    for client in (sam, guest_of(acme, order)):
        response = client.get(link)
        assert (response.status_code, response["Location"]) == (302, f"/orders/{order.public_id}/")


def test_somebody_else_signed_in_sees_what_a_stranger_sees(acme: Merchant, link: str, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    text = text_of(eve, link)
    assert ("Linen shirt" in text, [secret for secret in PERSONAL if secret in text]) == (True, [])


def test_opening_links_changes_nothing(acme: Merchant, browser: Client, link: str, gift: str) -> None:
    before = facts(acme)
    assert [(browser.get(path).status_code, browser.head(path).status_code) for path in (link, gift)] == [(200, 200)] * 2
    assert (browser.post(gift).status_code, facts(acme)) == (405, before)


@pytest.mark.parametrize("days", [0, 31])
def test_one_press_sends_a_code_to_the_orders_own_address(
    acme: Merchant, browser: Client, order: Order, link: str, in_scope: Scope, days: int
) -> None:
    with time_machine.travel(NOW + days * DAY, tick=False):
        assert browser.post(link)["Location"] == "/find-order/code/"
        page = browser.get("/find-order/code/").content.decode()
        assert ("s•••@example.com" in page, EMAIL in page) == (True, False)
        code = in_scope(lambda: look_up_code(LookUp.objects.get()))
        assert browser.post("/find-order/code/", {"code": code})["Location"] == f"/orders/{order.public_id}/"
        assert "Torstraße" in browser.get(f"/orders/{order.public_id}/").content.decode()


def test_the_cookie_of_that_press_holds_no_address(browser: Client, link: str) -> None:
    browser.post(link)
    value = browser.cookies["look-up"].value
    assert ("•••" in browser.get("/find-order/code/").content.decode(), EMAIL in value, "@" in value) == (True, False, False)


def test_asking_again_leads_back_to_the_link(browser: Client, link: str) -> None:
    browser.post(link)
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert browser.post("/find-order/resend/")["Location"] == link


def test_the_owner_cannot_be_flooded_with_codes_by_a_link(acme: Merchant, browser: Client, link: str) -> None:
    codes = [browser.post(link).status_code for _ in range(7)]
    with merchant_scope(acme.pk):
        assert (codes, LookUp.objects.count()) == ([302] * 5 + [429] * 2, 5)


def test_an_order_without_any_address_asks_to_sign_in(acme: Merchant, browser: Client, link: str, in_scope: Scope) -> None:
    in_scope(Order.objects.update, email="", phone="")
    before = facts(acme)
    text = text_of(browser, link)
    assert ("Send a code" in text, "/sign-in/?next=" in text) == (False, True)
    assert (browser.post(link).status_code, facts(acme)) == (404, before)


def test_a_gift_link_tells_when_and_nothing_of_price_person_or_contents(browser: Client, order: Order, gift: str, in_scope: Scope) -> None:
    in_scope(ship, order)
    text = text_of(browser, gift)
    for told in ("Something is coming to you", "stays a surprise", "DHL"):
        assert told in text
    for secret in (*PERSONAL, *PRICES, *GOODS, "Berlin", "s•••", "10•••"):
        assert secret not in text


def test_a_gift_page_names_no_other_link_of_the_order(browser: Client, order: Order, link: str, gift: str, in_scope: Scope) -> None:
    in_scope(ship, order)
    text = text_of(browser, gift)
    for other in (order.track_token, link, f"/orders/{order.public_id}"):
        assert other not in text


def test_a_present_is_named_once_it_has_arrived(browser: Client, order: Order, gift: str, in_scope: Scope) -> None:
    lines = in_scope(lambda: {line.external_id: line.quantity for line in order.lines.all()})
    in_scope(parcel, order, lines=lines, status=ShipmentStatus.DELIVERED, delivered_at=NOW, delivered_to="Frau Meyer")
    text = text_of(browser, gift)
    assert ("Your present has arrived" in text, "Linen shirt" in text, "Frau Meyer" in text) == (True, True, False)
    assert [price for price in PRICES if price in text] == []


def test_a_cancelled_present_says_so_without_blame(browser: Client, gift: str, in_scope: Scope) -> None:
    in_scope(Order.objects.update, state="cancelled", cancelled_at=NOW)
    text = text_of(browser, gift)
    assert ("Nothing is on its way" in text, "parcels" in re.findall(r'class="(\w+)"', text)) == (True, False)


@pytest.mark.parametrize(("days", "status"), [(179, 200), (180, 410)])
def test_a_gift_link_ends_after_half_a_year(browser: Client, gift: str, days: int, status: int) -> None:
    with time_machine.travel(NOW + days * DAY, tick=False):
        assert browser.get(gift).status_code == status


def test_a_gift_link_is_shown_to_the_owner_and_ended_at_a_press(sam: Client, browser: Client, order: Order, gift: str) -> None:
    path = f"/orders/{order.public_id}/share/"
    assert f"http://acme.platform.test{gift}" in text_of(sam, path)
    response = sam.post(path, {"end": "gift"})
    assert (response.status_code, response["Location"]) == (302, f"{path}?ended=gift")
    page = text_of(sam, response["Location"])
    fresh = re.findall(r'value="http://acme\.platform\.test(/gift/[\w-]+/)"', page)
    assert ("The old gift link has ended" in page, gift in page) == (True, False)
    ended = browser.get(gift)
    assert (ended.status_code, "Ask the person who gave it to you" in ended.content.decode()) == (410, True)
    assert [browser.get(one).status_code for one in fresh] == [200]


def test_ending_links_ends_the_sight_of_other_guests_and_not_of_the_one_who_asks(acme: Merchant, order: Order) -> None:
    mine, other = guest_of(acme, order), guest_of(acme, order)
    mine.post(f"/orders/{order.public_id}/share/", {"end": "links"})
    assert [client.get(f"/orders/{order.public_id}/").status_code for client in (mine, other)] == [200, 302]


@pytest.mark.parametrize("end", ["", "everything", "\x00"])
def test_an_unknown_press_changes_nothing(acme: Merchant, sam: Client, order: Order, end: str) -> None:
    before = facts(acme)
    response = sam.post(f"/orders/{order.public_id}/share/", {"end": end})
    assert (response["Location"], facts(acme)) == (f"/orders/{order.public_id}/share/", before)


def test_nobody_else_ends_the_links(acme: Merchant, browser: Client, order: Order, link: str, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    before = facts(acme)
    path = f"/orders/{order.public_id}/share/"
    assert [client.post(path, {"end": end}).status_code for client in (eve, browser) for end in ("gift", "links")] == [404, 404, 302, 302]
    assert facts(acme) == before


def test_pages_take_few_queries(browser: Client, sam: Client, guest: Client, order: Order, link: str, gift: str, in_scope: Scope) -> None:
    in_scope(ship, order)
    pages = {"view": (browser, link), "gift": (browser, gift), "share": (sam, f"/orders/{order.public_id}/share/")}
    pages |= {"find": (browser, "/find-order/"), "keep": (guest, "/find-order/keep/")}
    counts = {name: rows_read(client, path) for name, (client, path) in pages.items()}
    assert max(counts.values()) <= 12, counts


@pytest.mark.parametrize("path", ["link", "gift"])
def test_links_are_not_cached_indexed_or_told_to_other_hosts(browser: Client, request: pytest.FixtureRequest, path: str) -> None:
    response = browser.get(request.getfixturevalue(path))
    told = {name: response[name] for name in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")}
    assert told == {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "same-origin"}
