"""The preference page, signed in and by link; the way out of one kind of message."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Consent, ContactRule, Customer, Suppression
from customers.selectors import preferences_of
from customers.services import preference_token, record_consent, set_contact_rule, suppress, unsubscribe_token
from customers.types import Preferences
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests.conftest import NOW
from tests.factories import customer
from tests.portal.conftest import ACME, BOREALIS, signed_in
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words

Scope = Callable[..., Any]
FRESH = frozenset({("parcels", "email"), ("parcels", "sms")})
ALL = [f"{topic}.{channel}" for topic in ("parcels", "offers", "reviews", "care") for channel in ("email", "sms")]
WORDING = "Offers: Vouchers, and things that go with what you bought. By e-mail."


@pytest.fixture
def person(order: Order, in_scope: Scope) -> Customer:
    row: Customer = in_scope(lambda: order.customer)
    return row


@pytest.fixture
def link(person: Customer, in_scope: Scope) -> str:
    return f"/preferences/{in_scope(preference_token, customer=person)}/"


def stop_link(acme: Merchant, person: Customer, topic: str = "offers", channel: str = "email") -> str:
    with merchant_scope(acme.pk):
        return f"/unsubscribe/{unsubscribe_token(customer=person, topic=topic, channel=channel)}/"


def chosen(acme: Merchant, person: Customer) -> Preferences:
    with merchant_scope(acme.pk):
        return preferences_of(Customer.objects.get(pk=person.pk), now=NOW)


def facts(merchant: Merchant) -> tuple[Any, ...]:
    with merchant_scope(merchant.pk):
        tables = (Consent, ContactRule, Suppression, Customer)
        return (*(list(table.objects.order_by("pk").values()) for table in tables), Event.objects.count())


def form(**over: Any) -> dict[str, Any]:
    return {"save": "1", "on": ["parcels.email", "parcels.sms"], "pause": "no", "language": "en", **over}


def test_a_fresh_shopper_gets_parcel_news_and_no_advertising(sam: Client, person: Customer) -> None:
    text = words(sam, "/preferences/")
    for fact in ("What we send you", "s•••@example.com", "Orders and payments.", "you need them to know what was ordered", "Nothing yet."):
        assert fact in text
    html = sam.get("/preferences/").content.decode()
    assert re.findall(r'name="on" value="([a-z.]+)"[^>]* checked', html) == ["parcels.email", "parcels.sms"]
    assert re.findall(r'name="on" value="([a-z.]+)"', html) == ALL


def test_choices_are_kept_with_the_words_that_stood_beside_them(acme: Merchant, sam: Client, person: Customer) -> None:
    response = sam.post("/preferences/", form(on=["offers.email"], important="1", pause="week", language="de"))
    assert (response.status_code, response["Location"]) == (302, "/preferences/")
    week = datetime(2026, 11, 26, 23, tzinfo=UTC)  # when Friday begins in Berlin
    assert chosen(acme, person) == Preferences(frozenset({("offers", "email")}), True, week, "de")
    text = words(sam, "/preferences/")
    assert f"On: Offers · By e-mail Friday 20 November, 11:00 CET · by you · on this page “ {WORDING} ”" in text
    assert "Stay paused until Friday 27 November" in text


@pytest.mark.parametrize(
    ("pause", "until", "ends"),
    [
        ("month", "", datetime(2026, 12, 19, 23, tzinfo=UTC)),
        ("date", "2026-11-21", datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("date", "2027-07-01", datetime(2027, 6, 30, 22, tzinfo=UTC)),
        ("no", "", None),
        ("keep", "", datetime(2026, 11, 24, 23, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_on_the_day_that_was_chosen(
    acme: Merchant, sam: Client, person: Customer, in_scope: Scope, pause: str, until: str, ends: datetime | None
) -> None:
    before = datetime(2026, 11, 24, 23, tzinfo=UTC)
    in_scope(set_contact_rule, customer=person, is_important_only=False, paused_until=before, language="", at=NOW)
    assert sam.post("/preferences/", form(pause=pause, until=until)).status_code == 302
    assert chosen(acme, person).paused_until == ends


BAD = [
    ({"pause": "date", "until": "2026-11-20"}, "Choose a day from tomorrow on"),
    ({"pause": "date", "until": "2020-01-01"}, "Choose a day from tomorrow on"),
    ({"pause": "date", "until": "2028-01-01"}, "Choose a day from tomorrow on"),
    ({"pause": "date", "until": ""}, "Choose a day from tomorrow on"),
    ({"pause": "date", "until": "next week"}, "Choose a day from tomorrow on"),
    ({"pause": "date", "until": "9999-12-31"}, "Choose a day from tomorrow on"),
    ({"pause": "no", "until": "2026-12-24"}, "You named a day: choose “Until a day” as well, or clear the day."),
    ({"pause": "forever"}, "Choose one of the pauses offered."),
    ({"language": "tlh"}, "We do not write in this language yet."),
    ({"on": ["offers.email", "orders.email"]}, "There is no kind of message called “orders.email”."),
    ({"on": ["offers.pigeon"]}, "There is no kind of message called “offers.pigeon”."),
    ({"on": ["<script>" + "x" * 99]}, "There is no kind of message called “&lt;script&gt;xxx"),
    ({"save": "0"}, "The form did not arrive whole."),
]


@pytest.mark.parametrize(("over", "says"), BAD)
def test_a_form_with_what_was_never_offered_is_refused_and_changes_nothing(
    acme: Merchant, sam: Client, over: dict[str, Any], says: str
) -> None:
    before = facts(acme)
    response = sam.post("/preferences/", form(**{"on": ["offers.email"], "important": "1", **over}))
    assert response.status_code == 400
    assert says in response.content.decode()
    assert "Nothing was changed" in response.content.decode()
    assert facts(acme) == before


def test_an_empty_post_turns_nothing_off(acme: Merchant, sam: Client, browser: Client, link: str) -> None:
    before = facts(acme)
    assert [client.post(path).status_code for client, path in ((sam, "/preferences/"), (browser, link))] == [400, 400]
    assert facts(acme) == before


def test_what_was_saved_can_be_undone_once(acme: Merchant, sam: Client, person: Customer, in_scope: Scope) -> None:
    in_scope(
        set_contact_rule, customer=person, is_important_only=True, paused_until=NOW + timedelta(days=3, hours=13), language="id", at=NOW
    )
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="checkout", at=NOW - timedelta(days=9))
    was = chosen(acme, person)
    sam.post("/preferences/", form(on=[], pause="no", language="de"))
    assert chosen(acme, person) == Preferences(frozenset(), language="de")
    html = sam.get("/preferences/").content.decode()
    undo = html.partition('role="status"')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', undo)
    sent: dict[str, list[str]] = {}
    for name, value in hidden:
        sent.setdefault(name, []).append(value)
    assert sam.post("/preferences/", sent).status_code == 302
    assert chosen(acme, person) == was
    with merchant_scope(acme.pk):
        undone = Consent.objects.filter(source="preferences, undone").order_by("pk").values_list("topic", "channel", "is_granted")
        assert list(undone) == [("parcels", "email", True), ("parcels", "sms", True), ("offers", "email", True)]
    assert 'name="undo"' in sam.get("/preferences/").content.decode()  # what was undone can be done again
    assert 'name="undo"' not in sam.get("/preferences/").content.decode()  # but is offered once


def test_saving_what_it_is_already_says_that_nothing_changed(acme: Merchant, sam: Client) -> None:
    sam.post("/preferences/", form())  # what was never said about questions is a no from here on
    before = facts(acme)
    sam.post("/preferences/", form())
    html = sam.get("/preferences/").content.decode()
    assert "Nothing was changed" in html and 'name="undo"' not in html
    assert facts(acme) == before


def test_an_undo_is_offered_to_nobody_else(acme: Merchant, sam: Client, person: Customer, link: str, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    sam.post("/preferences/", form(on=[]))
    eve.cookies["saved"] = sam.cookies["saved"].value
    assert 'name="undo"' not in eve.get("/preferences/").content.decode()
    for forged in ("x", "e30:1:x", '{"who": 1}'):
        sam.cookies["saved"] = forged
        assert 'name="undo"' not in sam.get("/preferences/").content.decode()


def test_the_link_shows_a_masked_address_and_nothing_else_about_the_person(
    browser: Client, person: Customer, link: str, in_scope: Scope
) -> None:
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="order shopify", wording="Yes, news", at=NOW)
    text = browser.get(link).content.decode()
    assert "s•••@example.com" in text and "The full history opens after signing in." in text
    for secret in (
        "sam@example.com",
        "Sam",
        "Berg",
        "15123456789",
        "Torstraße",
        "1001",
        "Linen",
        "shopify",
        "Yes, news",
        person.public_id + "<",
    ):
        assert secret not in text


def test_choices_by_the_link_are_kept_and_say_where_they_were_made(acme: Merchant, browser: Client, person: Customer, link: str) -> None:
    response = browser.post(link, form(on=["care.sms"]))
    assert (response.status_code, response["Location"]) == (302, link)
    assert chosen(acme, person).wanted == {("care", "sms")}
    with merchant_scope(acme.pk):
        assert set(Consent.objects.values_list("source", flat=True)) == {"preferences link"}
    assert 'name="undo"' in browser.get(link).content.decode()


def test_reading_changes_nothing(acme: Merchant, sam: Client, browser: Client, person: Customer, link: str) -> None:
    before, stop = facts(acme), stop_link(acme, person)
    for client in (sam, browser):
        for path in (link, stop, "/preferences/", "/messages/"):
            for method in (client.get, client.head):
                assert method(path).status_code in (200, 302)
            assert {client.put(path).status_code, client.delete(path).status_code} <= {405, 302}
        assert client.get(f"{stop}?List-Unsubscribe=One-Click&act=stop").status_code == 200
    assert facts(acme) == before


def test_wrong_links_and_those_of_another_merchant_are_404_and_change_nothing(
    acme: Merchant, borealis: Merchant, browser: Client, person: Customer, link: str
) -> None:
    with merchant_scope(borealis.pk):
        Customer.objects.filter(pk=customer().pk).update(public_id=person.public_id)
    stop = stop_link(acme, person)
    before = facts(acme), facts(borealis)
    wrong = [path[:-2] + ("A" if path[-2] != "A" else "B") + "/" for path in (link, stop)]
    wrong += ["/preferences/x/", "/unsubscribe/x/", link.replace("preferences", "unsubscribe"), stop.replace("unsubscribe", "preferences")]
    for path in wrong:
        assert (browser.get(path).status_code, browser.post(path, {"List-Unsubscribe": "One-Click"}).status_code) == (404, 404), path
    for path in (link, stop):
        there = Client(HTTP_HOST=BOREALIS)
        assert (there.get(path).status_code, there.post(path, {"List-Unsubscribe": "One-Click"}).status_code) == (404, 404)
    assert Client(HTTP_HOST="platform.test").post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert (facts(acme), facts(borealis)) == before


def test_erasing_the_person_revokes_their_links(acme: Merchant, browser: Client, person: Customer, link: str, in_scope: Scope) -> None:
    stop = stop_link(acme, person)
    in_scope(lambda: Customer.objects.filter(pk=person.pk).update(erased_at=NOW))
    before = facts(acme)
    assert [browser.get(link).status_code, browser.get(stop).status_code] == [404, 404]
    assert [browser.post(link, form()).status_code, browser.post(stop, {"List-Unsubscribe": "One-Click"}).status_code] == [404, 404]
    assert facts(acme) == before


@pytest.mark.parametrize(
    ("channel", "reason", "says"),
    [
        ("sms", "stop", "write START to the same number"),
        ("email", "bounce", "Messages to this address came back"),
        ("email", "complaint", "A message was reported as spam"),
        ("sms", "manual", "We have stopped sending here."),
    ],
)
def test_a_blocked_address_is_told_with_what_helps(
    sam: Client, person: Customer, in_scope: Scope, channel: str, reason: str, says: str
) -> None:
    in_scope(suppress, channel=channel, recipient=person.email if channel == "email" else person.phone, reason=reason, at=NOW)
    assert says in words(sam, "/preferences/")


def test_who_told_us_is_said_without_naming_staff(sam: Client, person: Customer, in_scope: Scope) -> None:
    in_scope(record_consent, customer=person, channel="sms", is_granted=True, source="till 4", actor="anna@acme.example", at=NOW)
    text = words(sam, "/preferences/")
    assert "told to us by Acme · till 4" in text
    assert "anna@" not in text


def one_click(path: str, *, body: str = "List-Unsubscribe=One-Click", content_type: str = "application/x-www-form-urlencoded") -> Any:
    """As a mail program asks: no cookies, no token of ours."""
    return Client(HTTP_HOST=ACME, enforce_csrf_checks=True).post(path, body, content_type=content_type)


def test_one_click_stops_at_once_without_cookie_sign_in_or_redirect_and_twice_is_once(
    acme: Merchant, person: Customer, in_scope: Scope
) -> None:
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="checkout", at=NOW - timedelta(days=1))
    path = stop_link(acme, person)
    for _ in range(2):
        response = one_click(path)
        assert (response.status_code, response.cookies, response.content) == (200, {}, b"Unsubscribed.")
    assert chosen(acme, person).wanted == FRESH
    with merchant_scope(acme.pk):
        rows = Consent.objects.order_by("-at", "-id").values_list("topic", "channel", "is_granted", "source", "wording")
        assert list(rows) == [("offers", "email", False, "unsubscribe, one click", WORDING), ("offers", "email", True, "checkout", "")]


def test_one_click_may_come_as_multipart(acme: Merchant, person: Customer) -> None:
    response = Client(HTTP_HOST=ACME, enforce_csrf_checks=True).post(stop_link(acme, person), {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/x-www-form-urlencoded"),
        ("List-Unsubscribe=Yes", "application/x-www-form-urlencoded"),
        ("list-unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ("List-Unsubscribe=One-Click&List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ("List-Unsubscribe=One-Click&x=1", "application/x-www-form-urlencoded"),
        ("act=everything", "application/x-www-form-urlencoded"),
        ("act=undo", "application/x-www-form-urlencoded"),
        ("List-Unsubscribe=One-Click", "text/plain"),
        ('{"List-Unsubscribe": "One-Click"}', "application/json"),
    ],
)
def test_any_other_body_is_refused_and_changes_nothing(
    acme: Merchant, person: Customer, in_scope: Scope, body: str, content_type: str
) -> None:
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="checkout", at=NOW)
    before = facts(acme)
    assert one_click(stop_link(acme, person), body=body, content_type=content_type).status_code == 400
    assert facts(acme) == before


def test_the_pages_own_button_stops_and_offers_to_undo(acme: Merchant, browser: Client, person: Customer, in_scope: Scope) -> None:
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="checkout", at=NOW - timedelta(days=1))
    path = stop_link(acme, person)
    assert "Stop “Offers”?" in words(browser, path)
    response = browser.post(path, {"act": "stop"})
    assert (response.status_code, response["Location"]) == (303, path)
    text = words(browser, path)
    assert "“Offers” is off" in text and "Undo" in text and "Choose what else we send you" in text
    assert "s•••@example.com" in text and "sam@" not in text
    assert chosen(acme, person).wanted == FRESH
    assert browser.post(path, {"act": "undo"}).status_code == 303
    assert chosen(acme, person).wanted == FRESH | {(topic, "email") for topic in ("offers", "reviews", "care")}
    assert browser.post(path, {"act": "undo"}).status_code == 400  # nothing to undo any more


def test_an_undo_grants_nothing_that_was_not_granted(acme: Merchant, browser: Client, person: Customer, in_scope: Scope) -> None:
    path = stop_link(acme, person, "reviews")
    assert browser.post(path, {"act": "stop"}).status_code == 303
    assert "Undo" not in words(browser, path)
    before = facts(acme)
    assert browser.post(path, {"act": "undo"}).status_code == 400
    assert facts(acme) == before
    # What was stopped stays so when offers are agreed to later.
    in_scope(record_consent, customer=person, channel="email", is_granted=True, source="checkout", at=NOW)
    assert ("reviews", "email") not in chosen(acme, person).wanted


def test_an_undo_is_for_a_day(acme: Merchant, browser: Client, person: Customer) -> None:
    path = stop_link(acme, person, "parcels", "sms")
    browser.post(path, {"act": "stop"})
    before = facts(acme)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert "Undo" not in words(browser, path)
        assert browser.post(path, {"act": "undo"}).status_code == 400
    assert facts(acme) == before


def test_a_reader_of_a_link_is_met_in_the_language_we_write_to_them(
    acme: Merchant, browser: Client, person: Customer, link: str, in_scope: Scope
) -> None:
    in_scope(set_contact_rule, customer=person, is_important_only=False, paused_until=None, language="de", at=NOW)
    for path in (link, stop_link(acme, person)):
        assert '<html lang="de"' in browser.get(path).content.decode()
    browser.cookies["language"] = "id"
    assert '<html lang="id"' in browser.get(link).content.decode()


def test_the_pages_cost_the_same_however_much_was_said(acme: Merchant, sam: Client, browser: Client, person: Customer, link: str) -> None:
    few = [rows_read(sam, "/preferences/"), rows_read(browser, link), rows_read(browser, stop_link(acme, person))]
    with merchant_scope(acme.pk):
        for n in range(60):
            record_consent(customer=person, channel="email", is_granted=n % 2 == 0, source="x", at=NOW + timedelta(seconds=n))
    assert [rows_read(sam, "/preferences/"), rows_read(browser, link), rows_read(browser, stop_link(acme, person))] == few
    assert max(few) <= 12


def test_a_form_from_elsewhere_is_refused_but_for_the_one_click(acme: Merchant, person: Customer, link: str) -> None:
    strict, before = Client(HTTP_HOST=ACME, enforce_csrf_checks=True), facts(acme)
    assert strict.post(link, form()).status_code == 403
    assert facts(acme) == before


def test_my_account_leads_to_both_pages(sam: Client) -> None:
    html = sam.get("/").content.decode()
    assert 'href="/preferences/"' in html and 'href="/messages/"' in html


def test_without_signing_in_the_page_asks_who_it_is_and_nothing_is_saved(acme: Merchant, browser: Client, person: Customer) -> None:
    before = facts(acme)
    assert browser.get("/preferences/")["Location"] == "/sign-in/?next=%2Fpreferences%2F"
    assert browser.post("/preferences/", form(on=[]))["Location"] == "/sign-in/"
    assert facts(acme) == before
