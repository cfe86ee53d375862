"""The profile page and the address book: what is kept, what is refused, and whose it is."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from customers.models import ContactRule, Customer, SavedAddress
from customers.services import save_address
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.conftest import NOW
from tests.factories import customer, place_order
from tests.portal.conftest import signed_in
from tests.portal.test_answers import rows_read

ME = {
    "first_name": "Samira",
    "last_name": "Berg",
    "phone": "0151 23456789",
    "birthday": "1990-02-28",
    "language": "de",
    "timezone": "Asia/Jakarta",
}
HOME = {"country": "DE", "name": "Sam Berg", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin", "act": "save"}
HOSTILE = "<script>alert(1)</script>\u202egnirts"


def person(in_scope: Callable[..., Any]) -> Customer:
    found: Customer = in_scope(lambda: Customer.objects.get(email="sam@example.com"))
    return found


def book(in_scope: Callable[..., Any]) -> list[tuple[str, bool]]:
    return list(in_scope(lambda: list(SavedAddress.objects.order_by("pk").values_list("street", "is_default"))))


def test_what_is_typed_is_kept_in_its_normal_form_and_told_once(sam: Client, in_scope: Callable[..., Any]) -> None:
    response = sam.post("/profile/", ME)
    assert (response.status_code, response["Location"]) == (302, "/profile/")
    me = person(in_scope)
    assert (me.first_name, me.phone, me.birthday, me.language, me.timezone) == (
        "Samira",
        "+4915123456789",
        date(1990, 2, 28),
        "de",
        "Asia/Jakarta",
    )
    assert in_scope(lambda: ContactRule.objects.values_list("language", flat=True).get()) == "de"
    told = in_scope(lambda: Event.objects.get(type="customers.profile.changed").payload)
    assert told == {"customer": me.pk, "what": ["first_name", "birthday", "language", "timezone"]}


def test_the_page_says_once_that_it_was_saved(sam: Client) -> None:
    sam.post("/profile/", {**ME, "language": "en"})
    assert [">Saved<" in sam.get("/profile/").content.decode() for _ in range(2)] == [True, False]


def test_saving_the_same_again_changes_nothing_and_tells_nobody(sam: Client, in_scope: Callable[..., Any]) -> None:
    sam.post("/profile/", ME)
    events = in_scope(Event.objects.count)
    sam.post("/profile/", ME)
    assert in_scope(Event.objects.count) == events


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "12", "not a telephone number"),
        ("phone", "+1 900 555 0100", "not a telephone number"),
        ("birthday", "2026-11-20", "a day in the past"),
        ("birthday", "1899-12-31", "a day in the past"),
        ("birthday", "31.12.1990", "a day in the past"),
        ("birthday", "2023-02-29", "a day in the past"),
        ("language", "tlh", "one of the languages"),
        ("language", "", "one of the languages"),
        ("timezone", "Etc/../../passwd", "one of the time zones"),
        ("timezone", "Berlin", "one of the time zones"),
        ("first_name", "x" * 81, "at most 80"),
        ("last_name", "x" * 5000, "at most 80"),
    ],
)
def test_what_cannot_be_kept_is_named_at_its_field_and_nothing_is_changed(
    sam: Client, in_scope: Callable[..., Any], field: str, value: str, words: str
) -> None:
    before = in_scope(lambda: (list(Customer.objects.values()), Event.objects.count()))
    response = sam.post("/profile/", {**ME, field: value})
    page = response.content.decode()
    assert (response.status_code, words in page, f'aria-describedby="{field}-error"' in page) == (422, True, True)
    assert 'value="Samira"' in page or field == "first_name"
    assert in_scope(lambda: (list(Customer.objects.values()), Event.objects.count())) == before


def test_markup_and_turned_direction_in_a_name_are_shown_as_text(sam: Client, in_scope: Callable[..., Any]) -> None:
    sam.post("/profile/", {**ME, "language": "en", "first_name": HOSTILE})
    assert person(in_scope).first_name == "<script>alert(1)</script>gnirts"
    assert "<script>alert(1)" not in sam.get("/profile/").content.decode()


def test_everything_can_be_left_empty_but_the_language(sam: Client, in_scope: Callable[..., Any]) -> None:
    assert sam.post("/profile/", {"language": "en"}).status_code == 302
    me = person(in_scope)
    assert (me.first_name, me.last_name, me.phone, me.birthday, me.timezone) == ("", "", "", None, "")


def test_the_page_says_what_the_birthday_is_for_and_leads_to_everything_else(sam: Client) -> None:
    page = sam.get("/profile/").content.decode()
    assert "For nothing else." in page
    for path in ("/profile/email/", "/profile/addresses/", "/profile/security/", "/preferences/", "/messages/", "/privacy/"):
        assert f'href="{path}"' in page


def test_an_empty_book_begins_with_where_the_last_order_went(sam: Client) -> None:
    page = sam.get("/profile/addresses/new/").content.decode()
    assert ("Torstraße 1" in page, "Your last order went here" in page) == (True, True)


def test_the_first_address_is_the_usual_one_and_there_is_only_one(sam: Client, in_scope: Callable[..., Any]) -> None:
    for street in ("A 1", "B 2", "C 3"):
        assert sam.post("/profile/addresses/new/", {**HOME, "street": street}).status_code == 302
    assert book(in_scope) == [("A 1", True), ("B 2", False), ("C 3", False)]
    third = in_scope(lambda: SavedAddress.objects.get(street="C 3").public_id)
    assert sam.post(f"/profile/addresses/{third}/", {"act": "usual"})["Location"] == "/profile/addresses/"
    assert book(in_scope) == [("A 1", False), ("B 2", False), ("C 3", True)]
    sam.post(f"/profile/addresses/{third}/", {"act": "remove"})
    assert book(in_scope) == [("A 1", True), ("B 2", False)]


def test_an_address_is_changed_in_place(sam: Client, in_scope: Callable[..., Any]) -> None:
    sam.post("/profile/addresses/new/", HOME)
    row = in_scope(SavedAddress.objects.get)
    sam.post(f"/profile/addresses/{row.public_id}/", {**HOME, "street": "Neue Straße 5", "phone": "030 12345678"})
    changed = in_scope(SavedAddress.objects.get)
    assert (changed.pk, changed.street, changed.phone, changed.is_default) == (row.pk, "Neue Straße 5", "+493012345678", True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "XX"),
        ("country", ""),
        ("name", ""),
        ("street", "  "),
        ("city", ""),
        ("postcode", "123"),
        ("phone", "1"),
        ("name", "x" * 121),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_its_field(sam: Client, in_scope: Callable[..., Any], field: str, value: str) -> None:
    events = in_scope(Event.objects.count)
    response = sam.post("/profile/addresses/new/", {**HOME, field: value})
    assert (response.status_code, f'aria-describedby="{field}-error"' in response.content.decode()) == (422, True)
    assert (book(in_scope), in_scope(Event.objects.count)) == ([], events)


def test_the_fifty_first_address_is_refused(sam: Client, in_scope: Callable[..., Any]) -> None:
    me = person(in_scope)
    rows = [SavedAddress(customer=me, name="x", street="x", city="x", country="DE", created_at=NOW, updated_at=NOW) for _ in range(50)]
    in_scope(_keep, rows)
    response = sam.post("/profile/addresses/new/", HOME)
    assert (response.status_code, "fifty addresses" in response.content.decode()) == (422, True)
    assert len(book(in_scope)) == 50


def _keep(rows: list[SavedAddress]) -> None:
    for row in rows:
        row.merchant_id = row.customer.merchant_id
        row.save()


@pytest.mark.parametrize("act", ["save", "usual", "remove", "nonsense"])
def test_nobody_else_touches_an_address(acme: Merchant, borealis: Merchant, sam: Client, in_scope: Callable[..., Any], act: str) -> None:
    sam.post("/profile/addresses/new/", HOME)
    id = in_scope(lambda: SavedAddress.objects.get().public_id)
    with merchant_scope(borealis.pk):
        twin = place_order(currency="USD").customer
    assert twin is not None
    before = in_scope(lambda: (list(SavedAddress.objects.values()), Event.objects.count()))
    for stranger in (signed_in(acme, in_scope(customer, email="eve@example.com")), signed_in(borealis, twin)):
        assert stranger.get(f"/profile/addresses/{id}/").status_code == 404
        assert stranger.post(f"/profile/addresses/{id}/", {**HOME, "street": "Mine 1", "act": act}).status_code == 404
    after = in_scope(lambda: (list(SavedAddress.objects.values()), Event.objects.filter(type__startswith="customers.address").count()))
    assert after[0] == before[0]
    with merchant_scope(borealis.pk):
        assert SavedAddress.objects.count() == 0


@pytest.mark.parametrize("path", ["/profile/", "/profile/addresses/", "/profile/addresses/new/"])
def test_strangers_are_asked_to_sign_in(browser: Client, order: Order, path: str) -> None:
    assert browser.get(path).status_code == 302
    assert browser.post(path, ME).status_code in (302, 405)


@pytest.mark.parametrize("path", ["/profile/", "/profile/addresses/", "/profile/addresses/new/"])
def test_the_pages_take_few_queries(sam: Client, in_scope: Callable[..., Any], path: str) -> None:
    me = person(in_scope)
    for number in range(5):
        typed = {**HOME, "street": f"A {number}"}
        in_scope(save_address, customer=me, typed=typed, countries={"DE": "Germany"}, is_default=False, at=NOW)
    assert rows_read(sam, path) <= 6
