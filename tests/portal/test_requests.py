"""Cancel an order, have it sent elsewhere, take it back: what the pages say, and what a press does."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from customers.models import SavedAddress
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderRequest
from orders.rules import CAUSES
from orders.services import accept_request, cancel_order, record_refund, refuse_request, request_address, request_cancel
from orders.types import Address, IncomingRefund, OrderState, PaymentState, RequestKind, RequestState
from portal.rules import action_of, order_state
from portal.rules.refunds import refund_due, way_of
from portal.rules.requests import cause_choices, request_closed_words, request_state
from portal.types import OrderFacts, ParcelFacts, Trouble, Wish
from tests.conftest import NOW
from tests.factories import ADDRESS, customer, place_order, ship
from tests.portal.conftest import signed_in
from tests.portal.test_answers import rows_read
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
HAMBURG = {"name": "Sam Berg", "street": "Jungfernstieg 7", "postcode": "20354", "city": "Hamburg", "country": "DE"}
Inside = Callable[..., Any]


@pytest.fixture
def fresh(in_scope: Inside, order: Order) -> Order:
    """Placed this morning, to be sent on Monday until 14:00."""
    placed: Order = in_scope(place_order, number="1002", placed_at=NOW)
    return placed


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        tables: tuple[Any, ...] = (Order, OrderRequest, Event)
        return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_order_page_says_until_when_it_can_be_changed(sam: Client, fresh: Order) -> None:
    page = text(sam.get(f"/orders/{fresh.public_id}/"))
    assert '<time datetime="2026-11-23">Monday 23 November</time>' in page
    assert f'href="/orders/{fresh.public_id}/cancel/"' in page and f'href="/orders/{fresh.public_id}/address/"' in page


def test_the_page_to_cancel_tells_the_money_and_the_days_before_the_press(sam: Client, fresh: Order, acme: Merchant) -> None:
    before = facts(acme)
    page = text(sam.get(f"/orders/{fresh.public_id}/cancel/"))
    assert "€132.80" in page and "14:00" in page
    assert '<time datetime="2026-11-27">Friday 27 November</time>' in page  # five working days to send it
    assert '<time datetime="2026-12-11">Friday 11 December</time>' in page  # ten more for the bank of a card
    assert "2 × <bdi>Linen shirt</bdi>" in page
    assert facts(acme) == before


def test_one_press_asks_once_and_the_state_is_seen_everywhere(sam: Client, fresh: Order, in_scope: Inside) -> None:
    path = f"/orders/{fresh.public_id}/cancel/"
    answer = sam.post(path, {"cause": "mistake", "note": "Twice <b>"})
    row = in_scope(OrderRequest.objects.get)
    there = f"/orders/{fresh.public_id}/requests/{row.public_id}/"
    assert (answer.status_code, answer["Location"], row.cause, row.note, row.state) == (302, there, "mistake", "Twice <b>", "requested")
    assert [sam.get(path)["Location"], sam.post(path)["Location"], sam.get(f"/orders/{fresh.public_id}/address/")["Location"]] == [
        there
    ] * 3
    assert in_scope(OrderRequest.objects.count) == 1
    for address in (f"/orders/{fresh.public_id}/", f"/orders/{fresh.public_id}/shipping/", "/orders/", "/", there):
        assert "Cancellation requested" in text(sam.get(address)), address
    page = text(sam.get(there))
    assert "Twice &lt;b&gt;" in page and '<time datetime="2026-11-23">Monday 23 November</time>' in page


def test_it_is_taken_back_while_nobody_has_answered(sam: Client, fresh: Order, in_scope: Inside, acme: Merchant) -> None:
    row = in_scope(request_cancel, order=fresh, at=NOW)
    path = f"/orders/{fresh.public_id}/requests/{row.public_id}/"
    assert (sam.post(path).status_code, in_scope(OrderRequest.objects.get).state) == (302, "withdrawn")
    assert "You took it back" in text(sam.get(path))
    row = in_scope(request_cancel, order=fresh, at=NOW)
    in_scope(refuse_request, request=row, reason="Packed <i>", at=NOW)
    before = facts(acme)
    late = sam.post(f"/orders/{fresh.public_id}/requests/{row.public_id}/")
    assert late.status_code == 409 and "It has been answered in the meantime" in text(late) and "Packed &lt;i&gt;" in text(late)
    assert facts(acme) == before


def test_after_the_cut_off_the_page_says_why_and_a_press_changes_nothing(sam: Client, fresh: Order, acme: Merchant) -> None:
    before = facts(acme)
    with time_machine.travel(NOW + 3 * DAY + timedelta(hours=3), tick=False):  # Monday 14:00 in Berlin
        for part, body in (("cancel", {}), ("address", HAMBURG)):
            path = f"/orders/{fresh.public_id}/{part}/"
            page = text(sam.get(path))
            assert "The time for it is over" in page and "<form" not in page.split("<main")[1].split("</main")[0]
            answer = sam.post(path, body)
            assert answer.status_code == 409 and "The time for it is over" in text(answer)
        assert f"/orders/{fresh.public_id}/cancel/" not in text(sam.get(f"/orders/{fresh.public_id}/"))
    assert facts(acme) == before


def test_a_parcel_on_its_way_leads_to_returns(sam: Client, fresh: Order, in_scope: Inside) -> None:
    in_scope(ship, fresh, at=NOW, updated_at=NOW, status=ShipmentStatus.LABEL_CREATED)
    page = text(sam.get(f"/orders/{fresh.public_id}/cancel/"))
    assert "packed or on its way" in page and f'href="/orders/{fresh.public_id}/returns/"' in page


def test_another_address_is_asked_for(sam: Client, fresh: Order, in_scope: Inside) -> None:
    path = f"/orders/{fresh.public_id}/address/"
    assert 'value="Torstraße 1"' in text(sam.get(path))
    answer = sam.post(path, {**HAMBURG, "phone": "x", "extra": "y"})
    row = in_scope(OrderRequest.objects.get)
    assert (answer.status_code, row.kind, {k: v for k, v in row.address.items() if v}) == (302, "address", HAMBURG)
    page = text(sam.get(answer["Location"]))
    assert "Address change requested" in page and "20354 Hamburg" in page
    assert "Address change requested" in text(sam.get("/orders/"))
    in_scope(accept_request, request=row, at=NOW)
    assert "Jungfernstieg 7" in text(sam.get(f"/orders/{fresh.public_id}/"))
    assert "We changed the address as you asked" in text(sam.get(f"/orders/{fresh.public_id}/"))


@pytest.mark.parametrize(
    ("over", "field", "words"),
    [
        ({"postcode": "2035"}, "postcode", "It looks like 10115."),
        ({"street": " "}, "street", "Enter the street and the house number."),
        ({"name": "\u202e"}, "name", "Enter who receives it."),
        ({"country": "US", "postcode": "10001"}, "region", "Enter it."),
        ({"country": "ZZ"}, "country", "Choose a country of the list."),
        ({"city": "x" * 101}, "city", "This is too long."),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_what_was_typed_stays(
    sam: Client, fresh: Order, acme: Merchant, over: dict[str, str], field: str, words: str
) -> None:
    before = facts(acme)
    answer = sam.post(f"/orders/{fresh.public_id}/address/", {**HAMBURG, "company": "Berg & Söhne", **over})
    page = text(answer)
    assert answer.status_code == 422
    assert words in page and f'id="{field}-error"' in page and f'aria-describedby="{field}-error"' in page
    assert 'value="Berg &amp; Söhne"' in page
    assert facts(acme) == before


def test_the_address_it_has_is_said_to_be_the_same(sam: Client, fresh: Order, acme: Merchant) -> None:
    before = facts(acme)
    same = {name: getattr(ADDRESS, name) for name in HAMBURG}
    answer = sam.post(f"/orders/{fresh.public_id}/address/", same)
    assert answer.status_code == 422 and "The order goes to this address already." in text(answer)
    assert facts(acme) == before


def test_one_of_the_shoppers_own_addresses_is_taken_by_a_press(sam: Client, fresh: Order, in_scope: Inside) -> None:
    def keep(owner: Any, street: str) -> str:
        values = {"name": "Sam", "postcode": "1010", "city": "Wien", "country": "AT", "created_at": NOW, "updated_at": NOW}
        return str(SavedAddress.objects.create(customer=owner, street=street, **values).public_id)

    mine = in_scope(lambda: keep(Order.objects.get(pk=fresh.pk).customer, "Ring 1"))
    theirs = in_scope(lambda: keep(customer(email="eve@example.com"), "Gasse 2"))
    path = f"/orders/{fresh.public_id}/address/"
    page = text(sam.get(path))
    assert f'href="?use={mine}"' in page and theirs not in page
    assert 'value="Ring 1"' in text(sam.get(path, {"use": mine}))
    assert 'value="Torstraße 1"' in text(sam.get(path, {"use": theirs}))
    assert 'value="Torstraße 1"' in text(sam.get(path, {"use": "\0"}))


def test_a_cancellation_ends_the_wish_for_another_address(sam: Client, fresh: Order, in_scope: Inside) -> None:
    row = in_scope(request_address, order=fresh, address=Address(**HAMBURG), at=NOW)
    page = text(sam.get(f"/orders/{fresh.public_id}/cancel/"))
    assert "Your wish for another address ends with it." in page
    sam.post(f"/orders/{fresh.public_id}/cancel/")
    assert in_scope(OrderRequest.objects.get, pk=row.pk).state == "withdrawn"


@pytest.mark.parametrize("part", ["cancel/", "address/", "requests/{id}/", "archive/"])
def test_nobody_else_asks_or_takes_back(acme: Merchant, fresh: Order, browser: Client, in_scope: Inside, part: str) -> None:
    row = in_scope(request_cancel, order=fresh, at=NOW)
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    hers = in_scope(place_order, number="3", email="eve@example.com", placed_at=NOW)
    path, before = f"/orders/{fresh.public_id}/{part.format(id=row.public_id)}", facts(acme)
    assert [client.post(path, HAMBURG).status_code for client in (eve, browser)] == [404, 302]
    if "requests" in part:  # nor under an order of their own
        assert eve.post(f"/orders/{hers.public_id}/requests/{row.public_id}/").status_code == 404
    assert facts(acme) == before


def test_a_forged_press_is_refused(fresh: Order, sam: Client, acme: Merchant) -> None:
    strict = Client(HTTP_HOST="acme.platform.test", enforce_csrf_checks=True)
    strict.cookies["shopper"] = sam.cookies["shopper"].value
    before = facts(acme)
    assert strict.post(f"/orders/{fresh.public_id}/cancel/").status_code == 403
    assert facts(acme) == before


@pytest.mark.parametrize("part", ["", "cancel/", "address/", "again/"])
def test_the_pages_take_at_most_twelve_queries(sam: Client, fresh: Order, in_scope: Inside, part: str) -> None:
    """Also with what was asked for before, and with money that went back."""
    for row in (in_scope(request_cancel, order=fresh, at=NOW) for _ in range(3)):
        in_scope(refuse_request, request=row, reason="no", at=NOW)
    back = IncomingRefund(external_id="R1", amount=Decimal("1.00"), refunded_at=NOW)
    in_scope(record_refund, order=fresh, refund=back, at=NOW)
    assert rows_read(sam, f"/orders/{fresh.public_id}/{part}") <= 12


def test_an_order_put_away_is_said_to_be_and_comes_back(sam: Client, fresh: Order, in_scope: Inside) -> None:
    path = f"/orders/{fresh.public_id}/archive/"
    assert sam.get(path).status_code == 405
    assert sam.post(path)["Location"] == f"/orders/{fresh.public_id}/"
    assert in_scope(Order.objects.get, pk=fresh.pk).archived_at == NOW
    page = text(sam.get(f"/orders/{fresh.public_id}/"))
    assert "You put this order away" in page and 'name="undo"' in page
    sam.post(path, {"undo": "1"})
    assert in_scope(Order.objects.get, pk=fresh.pk).archived_at is None


def test_money_on_its_way_has_a_day(sam: Client, fresh: Order, in_scope: Inside) -> None:
    in_scope(cancel_order, order=fresh, reason="", at=NOW)
    page = text(sam.get(f"/orders/{fresh.public_id}/"))
    assert 'We send the refund by <time datetime="2026-11-27">Friday 27 November</time>.' in page
    with time_machine.travel(NOW + 20 * DAY, tick=False):
        sam = signed_in(fresh.merchant, in_scope(lambda: Order.objects.get(pk=fresh.pk).customer), at=NOW + 20 * DAY)
        assert "We said we would send the refund by" in text(sam.get(f"/orders/{fresh.public_id}/"))


@pytest.mark.parametrize(
    ("method", "way"),
    [
        ("Visa", "card"), ("Kreditkarte", "card"), ("Apple Pay", "card"), ("Cartão de crédito", "card"), ("信用卡", "card"),
        ("PayPal Express", "paypal"), ("Klarna Rechnung", "later"), ("SEPA-Lastschrift", "bank"), ("Pix", "bank"),
        ("Virtual Account BCA", "bank"), ("支付宝", "wallet"), ("Geschenkkarte", "voucher"), ("Gift card", "voucher"),
        ("Magic", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_a_way_of_paying_is_known_by_its_name(method: str, way: str) -> None:
    assert way_of(method) == way


def test_the_day_money_is_seen_follows_the_slowest_way() -> None:
    sent = date(2026, 11, 27)
    days = [refund_due(methods, sent_on=sent, country="DE").day for methods in (["Gift card"], ["Pix"], ["Pix", "Visa"], [])]
    assert days == [sent, date(2026, 12, 2), date(2026, 12, 11), date(2026, 12, 11)]
    assert refund_due(["Visa"], sent_on=sent, country="DE").source == "Card banks take up to 10 working days."


OPEN = OrderFacts(state="confirmed", payment_state="paid", placed_on=date(2026, 11, 19), waiting=1)
CAME = ParcelFacts(status="delivered", delivered_on=date(2026, 11, 10))


@pytest.mark.parametrize(
    ("over", "url_name", "words"),
    [
        ({}, "order", "View"),
        ({"asked": (Wish("cancel", date(2026, 11, 23)),)}, "order", "View"),
        ({"state": "cancelled"}, "order-again", "Buy again"),
        ({"payment_state": "failed"}, "order", "View"),
        ({"unsent": Trouble(type="unshipped_past_promise")}, "order-choice", "Choose"),
        ({"parcels": (ParcelFacts(status="in_transit"),)}, "order-shipping", "Follow"),
        ({"parcels": (ParcelFacts(status="ready_for_pickup"),)}, "order-shipping", "Collect"),
        ({"parcels": (CAME,), "waiting": 0}, "order-returns", "Send back"),
        ({"parcels": (CAME,), "waiting": 0, "is_refunded": True}, "order", "View"),
        ({"parcels": (ParcelFacts(status="delivered", delivered_on=date(2026, 10, 1)),), "waiting": 0}, "order-again", "Buy again"),
    ],
)
def test_each_state_has_the_one_action_that_fits(over: dict[str, Any], url_name: str, words: str) -> None:
    action = action_of(OrderFacts(**{**_values(OPEN), **over}), number="1001", today=date(2026, 11, 20))
    assert (action.url_name, action.text, action.label) == (url_name, words, f"{words}: order 1001")


def _values(facts: OrderFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in OrderFacts.__dataclass_fields__}


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"asked": (Wish("cancel", NOW.date()),)}, "Cancellation requested"),
        ({"asked": (Wish("cancel", NOW.date()),), "state": OrderState.PLACED}, "Cancellation requested"),
        ({"asked": (Wish("address", NOW.date()),)}, "Address change requested"),
        ({"asked": (Wish("address", NOW.date()),), "payment_state": PaymentState.FAILED}, "Payment failed"),
        ({"asked": (Wish("cancel", NOW.date()),), "state": OrderState.CANCELLED}, "Cancelled"),
    ],
)
def test_what_is_asked_for_is_a_state_of_its_own(over: dict[str, Any], expected: str) -> None:
    assert order_state(OrderFacts(**{**_values(OPEN), **over}), today=NOW.date()).text == expected


def test_every_state_and_reason_has_words() -> None:
    with translation.override("en"):
        states = {request_state(kind, state).text for kind in RequestKind for state in RequestState}
        reasons = {request_closed_words(reason) for reason in ("cancelled", "sent", "refunded", "no_parcel", "too_late", "never")}
        assert (len(states), len(reasons), tuple(code for code, _ in cause_choices())) == (7, 6, CAUSES)


def test_nothing_is_promised_of_money_nobody_took(sam: Client, in_scope: Inside) -> None:
    unpaid = in_scope(place_order, number="7", placed_at=NOW, payment_state=PaymentState.PENDING, total=Decimal("10.00"))
    assert "Nothing was paid, so nothing has to go back." in text(sam.get(f"/orders/{unpaid.public_id}/cancel/"))
    reserved = in_scope(place_order, number="8", placed_at=NOW, payment_state=PaymentState.AUTHORIZED)
    assert "It is set free" in text(sam.get(f"/orders/{reserved.public_id}/cancel/"))
