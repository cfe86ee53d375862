"""A guest of one order: what opens, what does not, and the step to an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Customer, ShopperSession, SignInRequest
from customers.services import sign_in_secrets, upsert_customer
from customers.types import Channel, SignInMethod
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import GuestAccess, LookUp, Order
from orders.services.look_up import look_up_code
from tests.conftest import NOW
from tests.factories import EMAIL, customer, place_order
from tests.portal.conftest import guest_of, signed_in
from tests.portal.world import parcel, unsent
from tracking.models import Incident
from tracking.types import ShipmentStatus

Scope = Callable[..., Any]
PAGES = ("", "shipping/", "shipping/live/", "products/", "returns/", "share/")


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        return (
            list(Order.objects.order_by("pk").values()),
            list(Customer.objects.order_by("pk").values()),
            list(GuestAccess.objects.order_by("pk").values()),
            ShopperSession.objects.filter(ended_at=None).count(),
            Event.objects.count(),
        )


@pytest.mark.parametrize("page", PAGES)
def test_a_guest_sees_every_page_of_the_order(guest: Client, order: Order, page: str) -> None:
    response = guest.get(f"/orders/{order.public_id}/{page}")
    assert (response.status_code, "1001" in response.content.decode() or page == "shipping/live/") == (200, True)


@pytest.mark.parametrize("page", PAGES)
def test_a_guest_sees_no_other_order_not_even_their_own(acme: Merchant, guest: Client, in_scope: Scope, page: str) -> None:
    other = in_scope(place_order, number="1002")
    before = facts(acme)
    response = guest.get(f"/orders/{other.public_id}/{page}")
    assert (response.status_code, "Linen shirt" in response.content.decode(), facts(acme)) == (404, False, before)


def test_a_guests_account_is_the_one_order(guest: Client, order: Order) -> None:
    assert guest.get("/")["Location"] == f"/orders/{order.public_id}/"


@pytest.mark.parametrize("path", ["/orders/", "/messages/", "/preferences/"])
def test_the_account_stays_closed_to_a_guest(guest: Client, path: str) -> None:
    response = guest.get(path)
    assert (response.status_code, response["Location"].startswith("/sign-in/")) == (302, True)


def test_a_guest_is_told_until_when_and_offered_the_account(guest: Client, order: Order) -> None:
    text = guest.get(f"/orders/{order.public_id}/").content.decode()
    assert "Open in this browser until" in text
    assert ("Saturday 21 November" in text, "/find-order/keep/" in text) == (True, True)


def test_the_owner_is_told_nothing_of_guests(sam: Client, order: Order) -> None:
    assert "Open in this browser until" not in sam.get(f"/orders/{order.public_id}/").content.decode()


def test_a_guest_acts_like_the_owner(acme: Merchant, guest: Client, order: Order, in_scope: Scope) -> None:
    in_scope(unsent, order)
    response = guest.post(f"/orders/{order.public_id}/choice/", {"choice": "wait"})
    assert response.status_code == 302
    with merchant_scope(acme.pk):
        assert Incident.objects.get().choice == "wait"


def test_a_guest_sees_the_carriers_words_on_the_tracking_page(guest: Client, browser: Client, order: Order, in_scope: Scope) -> None:
    in_scope(parcel, order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, delivered_to="Frau Meyer", delivered_how="neighbour")
    path = f"/track/{order.track_token}/"
    assert ("Frau Meyer" in guest.get(path).content.decode(), "Frau Meyer" in browser.get(path).content.decode()) == (True, False)


def test_a_guests_access_ends_after_a_day(guest: Client, order: Order) -> None:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert guest.get(f"/orders/{order.public_id}/")["Location"].startswith("/sign-in/")


def test_closing_it_here_ends_it_on_the_server(acme: Merchant, guest: Client, order: Order) -> None:
    token = guest.cookies["guest"].value
    response = guest.post("/find-order/forget/")
    assert (response["Location"], response["Clear-Site-Data"]) == ("/find-order/", '"cache", "storage"')
    copied = Client(HTTP_HOST="acme.platform.test")
    copied.cookies["guest"] = token
    assert copied.get(f"/orders/{order.public_id}/").status_code == 302


def test_looking_up_another_order_closes_the_one_before(acme: Merchant, guest: Client, order: Order, in_scope: Scope) -> None:
    other = in_scope(place_order, number="1002")
    guest.post("/find-order/", {"number": "1002", "contact": EMAIL})
    code = in_scope(newest_code)
    assert guest.post("/find-order/code/", {"code": code})["Location"] == f"/orders/{other.public_id}/"
    assert (guest.get(f"/orders/{other.public_id}/").status_code, guest.get(f"/orders/{order.public_id}/").status_code) == (200, 404)
    assert in_scope(lambda: GuestAccess.objects.filter(ended_at=None).count()) == 1


def newest_code() -> str:
    return look_up_code(LookUp.objects.latest("created_at", "id"))


def test_somebody_signed_in_sees_their_own_and_as_a_guest_one_more(acme: Merchant, order: Order, in_scope: Scope) -> None:
    theirs = in_scope(place_order, number="2002", email="eve@example.com")
    eve = signed_in(acme, theirs.customer)
    eve.cookies["guest"] = guest_of(acme, order).cookies["guest"].value
    assert [eve.get(f"/orders/{row.public_id}/").status_code for row in (theirs, order)] == [200, 200]


def test_one_press_signs_in_who_proved_the_address(acme: Merchant, guest: Client, order: Order, in_scope: Scope) -> None:
    older = in_scope(place_order, number="0999", placed_at=NOW - timedelta(days=9))
    page = guest.get("/find-order/keep/").content.decode()
    assert ("s•••@example.com" in page, EMAIL in page) == (True, False)
    response = guest.post("/find-order/keep/")
    assert (response.status_code, response["Location"]) == (302, "/orders/")
    assert [guest.get(f"/orders/{row.public_id}/").status_code for row in (order, older)] == [200, 200]
    session = in_scope(ShopperSession.objects.get)
    assert (session.method, session.customer_id, session.confirmed_at) == (SignInMethod.GUEST, order.customer_id, NOW)
    assert in_scope(lambda: GuestAccess.objects.filter(ended_at=None).count()) == 0


def test_the_proof_is_as_old_as_the_code_not_as_the_press(guest: Client, in_scope: Scope) -> None:
    with time_machine.travel(NOW + timedelta(hours=20), tick=False):
        guest.post("/find-order/keep/")
    assert in_scope(ShopperSession.objects.get).confirmed_at == NOW


def test_looking_at_the_page_signs_nobody_in(acme: Merchant, guest: Client) -> None:
    before = facts(acme)
    assert (guest.get("/find-order/keep/").status_code, guest.head("/find-order/keep/").status_code, facts(acme)) == (200, 200, before)


def test_an_address_the_account_has_left_does_not_open_it(acme: Merchant, guest: Client, order: Order, in_scope: Scope) -> None:
    in_scope(Customer.objects.update, email="new@example.com", email_normalised="new@example.com")
    before = facts(acme)
    response = guest.post("/find-order/keep/")
    assert (response.status_code, "shopper" in guest.cookies, facts(acme)) == (422, False, before)


@pytest.fixture
def textless(in_scope: Scope) -> Order:
    """An order taken by telephone: no e-mail address, so nobody's."""
    row: Order = in_scope(place_order, number="3003", email="")
    assert row.customer_id is None
    return row


def test_who_proved_a_telephone_proves_an_address_and_adds_the_orders(acme: Merchant, textless: Order, in_scope: Scope) -> None:
    second = in_scope(place_order, number="3004", email="")
    foreign = in_scope(place_order, number="3005", email="", phone="+4915199999999")
    client = guest_of(acme, textless, channel=Channel.SMS)
    assert client.post("/find-order/keep/", {"email": "Fresh@Example.com"})["Location"] == "/sign-in/code/"
    code = in_scope(lambda: sign_in_secrets(SignInRequest.objects.latest("created_at"))[0])
    assert client.post("/sign-in/code/", {"code": code})["Location"] == "/find-order/keep/"
    assert "3003" in client.get("/find-order/keep/").content.decode()
    assert client.post("/find-order/keep/")["Location"] == f"/orders/{textless.public_id}/"
    owners = in_scope(lambda: dict(Order.objects.values_list("number", "customer__email_normalised")))
    assert owners == {"3003": "fresh@example.com", "3004": "fresh@example.com", "3005": None}
    assert [client.get(f"/orders/{row.public_id}/").status_code for row in (textless, second, foreign)] == [200, 200, 404]
    told = in_scope(lambda: list(Event.objects.filter(type="orders.order.attached").order_by("pk").values_list("thread", flat=True)))
    assert told == [textless.pk, second.pk]


def test_a_telephone_alone_signs_nobody_in(acme: Merchant, order: Order) -> None:
    client = guest_of(acme, order, channel=Channel.SMS)
    before = facts(acme)
    response = client.post("/find-order/keep/", {"email": "not an address"})
    assert (response.status_code, 'aria-invalid="true"' in response.content.decode(), facts(acme)) == (422, True, before)
    assert client.get("/orders/").status_code == 302


def test_who_asks_for_too_many_codes_makes_no_accounts(acme: Merchant, textless: Order, in_scope: Scope) -> None:
    client = guest_of(acme, textless, channel=Channel.SMS)
    codes = [client.post("/find-order/keep/", {"email": f"a{n}@example.com"}).status_code for n in range(7)]
    assert codes == [302] * 5 + [429] * 2
    assert in_scope(Customer.objects.count) == 5


def test_an_order_in_one_account_is_not_moved_to_another(acme: Merchant, order: Order, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    eve.cookies["guest"] = guest_of(acme, order, channel=Channel.SMS).cookies["guest"].value
    before = facts(acme)
    response = eve.post("/find-order/keep/")
    assert (response.status_code, "in another account" in response.content.decode(), facts(acme)) == (200, True, before)


def test_an_erased_account_is_not_opened(acme: Merchant, guest: Client, in_scope: Scope) -> None:
    in_scope(Customer.objects.update, erased_at=NOW)
    before = facts(acme)
    assert (guest.post("/find-order/keep/").status_code, facts(acme)) == (422, before)


def test_an_order_without_an_account_gets_one_by_the_proven_address(acme: Merchant, in_scope: Scope) -> None:
    row = in_scope(place_order, number="4004")
    in_scope(Order.objects.update, customer=None)
    client = guest_of(acme, row)
    client.post("/find-order/keep/")
    assert in_scope(lambda: Order.objects.get().customer) == in_scope(
        upsert_customer, email=EMAIL, phone="", first_name="", last_name="", language="", at=NOW
    )
    assert client.get(f"/orders/{row.public_id}/").status_code == 200


def test_an_old_proof_opens_the_account_and_not_what_it_hangs_on(guest: Client) -> None:
    with time_machine.travel(NOW + timedelta(hours=20), tick=False):
        assert guest.post("/find-order/keep/")["Location"] == "/orders/"
        assert (guest.get("/orders/").status_code, guest.get("/profile/email/")["Location"].startswith("/confirm/")) == (200, True)


def test_naming_an_account_changes_nothing_of_it(acme: Merchant, textless: Order, in_scope: Scope) -> None:
    in_scope(customer, email="kim@example.com", language="de")
    before = in_scope(lambda: list(Customer.objects.order_by("pk").values()))
    client = guest_of(acme, textless, channel=Channel.SMS)
    assert client.post("/find-order/keep/", {"email": "KIM@example.com"})["Location"] == "/sign-in/code/"
    assert in_scope(lambda: list(Customer.objects.order_by("pk").values())) == before


def test_signing_out_closes_what_the_browser_saw_as_a_guest(guest: Client, sam: Client, order: Order) -> None:
    token = guest.cookies["guest"].value
    sam.cookies["guest"] = token
    assert sam.post("/sign-out/").status_code == 302
    sam.cookies["guest"] = token
    assert sam.post("/find-order/keep/")["Location"] == "/find-order/"
    assert "shopper" not in sam.cookies or not sam.cookies["shopper"].value


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/profile/security/sessions/", {"act": "others"}),
        ("/profile/security/sessions/", {"act": "everywhere"}),
        ("/profile/security/password/", {"password": "a wholly new sentence"}),
    ],
)
def test_what_signs_other_browsers_out_ends_their_sight_as_guests(
    acme: Merchant, guest: Client, sam: Client, in_scope: Scope, path: str, data: dict[str, str]
) -> None:
    foreign = guest_of(acme, in_scope(place_order, number="2002", email="eve@example.com"))
    assert sam.post(path, data).status_code == 302
    assert guest.post("/find-order/keep/")["Location"] == "/find-order/"
    assert foreign.post("/find-order/keep/")["Location"] == "/orders/"


def test_addresses_that_only_look_alike_in_capitals_are_not_one(acme: Merchant, in_scope: Scope) -> None:
    mine = in_scope(place_order, number="5001", email="k\u0131m@example.com")
    theirs = in_scope(place_order, number="5002", email="kim@example.com")
    in_scope(Order.objects.update, customer=None)
    guest_of(acme, mine).post("/find-order/keep/")
    assert in_scope(lambda: dict(Order.objects.values_list("number", "customer__email_normalised"))) == {
        mine.number: "k\u0131m@example.com",
        theirs.number: None,
    }
