"""Finding an order by its number and a code: the same answer for hit and miss, and what the code opens."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from core.encryption import random_id
from customers.types import Channel
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import ProviderAccount
from orders.models import GuestAccess, LookUp, Order
from orders.services.look_up import look_up_code
from tests.conftest import NOW
from tests.factories import EMAIL, PHONE
from tests.portal.conftest import ACME, BOREALIS

Scope = Callable[..., Any]


def stranger(ip: str = "192.0.2.1") -> Client:
    return Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR=ip)


def ask(browser: Client, number: str = "1001", contact: str = EMAIL) -> Any:
    return browser.post("/find-order/", {"number": number, "contact": contact})


def newest_code(merchant: Merchant) -> str:
    with merchant_scope(merchant.pk):
        return look_up_code(LookUp.objects.latest("created_at", "id"))


def facts(merchant: Merchant) -> tuple[int, ...]:
    with merchant_scope(merchant.pk):
        return LookUp.objects.count(), GuestAccess.objects.count(), Event.objects.count()


@pytest.fixture
def texting(in_scope: Scope) -> None:
    """Acme sends texts."""
    in_scope(ProviderAccount.objects.create, channel=Channel.SMS, provider="sandbox", created_at=NOW)


def test_number_and_address_and_code_open_the_order(browser: Client, acme: Merchant, order: Order) -> None:
    asked = ask(browser, "#1001", " Sam@Example.com")
    assert (asked.status_code, asked["Location"]) == (302, "/find-order/code/")
    page = browser.get("/find-order/code/").content.decode()
    assert ("sam@example.com" in page, 'autocomplete="one-time-code"' in page) == (True, True)
    opened = browser.post("/find-order/code/", {"code": newest_code(acme)})
    assert (opened.status_code, opened["Location"]) == (302, f"/orders/{order.public_id}/")
    assert "Torstraße" in browser.get(opened["Location"]).content.decode()


def test_the_guests_cookie_is_like_the_shoppers(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    browser.post("/find-order/code/", {"code": newest_code(acme)})
    cookie = browser.cookies["guest"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"], cookie["max-age"]) == (True, "Lax", "/", "", 86_400)
    assert browser.cookies["look-up"].value == ""


def test_a_text_opens_the_order_too(browser: Client, acme: Merchant, order: Order, texting: None) -> None:
    assert ask(browser, contact="01512 3456789")["Location"] == "/find-order/code/"
    assert PHONE in browser.get("/find-order/code/").content.decode()
    assert browser.post("/find-order/code/", {"code": newest_code(acme)})["Location"] == f"/orders/{order.public_id}/"
    with merchant_scope(acme.pk):
        assert GuestAccess.objects.get().channel == Channel.SMS


def test_a_telephone_is_asked_for_only_where_texts_are_sent(browser: Client, acme: Merchant, order: Order) -> None:
    before = facts(acme)
    response = ask(browser, contact="01512 3456789")
    assert (response.status_code, "telephone" in response.content.decode(), facts(acme)) == (422, False, before)


@pytest.mark.parametrize(
    ("number", "contact", "wrong"),
    [
        ("", EMAIL, ["number"]),
        ("#", EMAIL, ["number"]),
        ("1001", "sam", ["contact"]),
        ("1001", "", ["contact"]),
        ("", "", ["number", "contact"]),
    ],
)
def test_a_field_that_cannot_be_is_named_and_what_was_typed_is_kept(
    browser: Client, acme: Merchant, order: Order, number: str, contact: str, wrong: list[str]
) -> None:
    before = facts(acme)
    response = ask(browser, number, contact)
    page = response.content.decode()
    assert (response.status_code, re.findall(r'id="(\w+)-error"', page), facts(acme)) == (422, wrong, before)
    assert (f'value="{number}"' in page, f'value="{contact}"' in page) == (True, True)


def test_a_link_may_bring_the_number_along(browser: Client, order: Order) -> None:
    assert 'value="1001"' in browser.get("/find-order/", {"number": "1001"}).content.decode()


@pytest.mark.parametrize("number", ["1001'--", "%", "１００２", "9" * 500, "1001\x00x", "<b>1</b>", "../1001"])
def test_a_hostile_number_is_a_miss_like_any_other(browser: Client, acme: Merchant, order: Order, number: str) -> None:
    response = ask(browser, number)
    assert (response.status_code, response["Location"]) == (302, "/find-order/code/")
    page = browser.get("/find-order/code/").content.decode()
    assert "<b>1</b>" not in page
    with merchant_scope(acme.pk):
        assert LookUp.objects.get().order_id is None


def test_a_list_of_numbers_counts_as_its_last(browser: Client, acme: Merchant, order: Order) -> None:
    browser.post("/find-order/", {"number": ["1001", "1002"], "contact": EMAIL})
    with merchant_scope(acme.pk):
        assert LookUp.objects.get().order_id is None


def outward(response: Any) -> tuple[Any, ...]:
    """All of an answer a stranger can see, but the random parts of its cookies."""
    cookies = {name: (len(morsel.value), morsel["max-age"]) for name, morsel in response.cookies.items()}
    headers = {name: value for name, value in response.items() if name not in ("Content-Security-Policy", "X-Request-ID")}
    policy = re.sub(r"nonce-[\w+/=-]+", "nonce", response.get("Content-Security-Policy", ""))
    body = re.sub(rb'(name="csrfmiddlewaretoken" value|nonce)="[\w+/=-]+"', b"token", response.content)
    return response.status_code, body, headers, policy, cookies


def copies(order: Order, numbers: list[str]) -> None:
    """The order again under other numbers, each with an address of its own."""
    rows = []
    for number in numbers:
        row = Order.objects.get(pk=order.pk)
        row.pk, row.public_id, row.track_token = None, random_id(), random_id()
        row.number = row.external_id = f"9{number}"
        row.email = f"h{number}@example.com"
        rows.append(row)
    Order.objects.bulk_create(rows)


def test_of_a_thousand_look_ups_half_valid_nobody_can_tell_which(acme: Merchant, order: Order, in_scope: Scope) -> None:
    """Equal bytes, status, headers and statements, a second apart by the clock, so that no limit is met."""
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    numbers = [f"{n:04}" for n in range(500)]
    in_scope(copies, order, numbers)
    for n, number in enumerate(number for pair in zip(numbers, numbers, strict=True) for number in pair):
        is_hit = n % 2 == 0
        browser = stranger(f"10.0.{n // 250}.{n % 250}")
        statements: list[str] = []
        with time_machine.travel(NOW + timedelta(seconds=n), tick=False), connection.execute_wrapper(noting(statements)):
            first = ask(browser, f"{9 if is_hit else 8}{number}", f"h{number}@example.com")
        pages = [outward(browser.get("/find-order/code/"))] if n % 100 < 2 else []
        plain = re.sub(r"[89]\d{4}|h\d{4}@", "X", str([outward(first), *pages]))
        plain = re.sub(r"\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\dT[\w:+]*", "T", plain)
        seen[is_hit].add(f"{statements} {plain}")
    assert in_scope(lambda: (LookUp.objects.exclude(order=None).count(), LookUp.objects.filter(order=None).count())) == (500, 500)
    assert len(seen[True]) == 2  # with the code's page and without
    assert seen[True] == seen[False]


def noting(statements: list[str]) -> Any:
    """Keeps each statement's text, without what it was given."""

    def note(execute: Any, sql: str, *given: Any) -> Any:
        statements.append(re.sub(r"s\d+_x\d+", "savepoint", sql))
        return execute(sql, *given)

    return note


def test_hit_and_miss_send_the_same_statements(acme: Merchant, order: Order) -> None:
    told: list[list[str]] = []
    for n, number in enumerate(("1001", "1002", "1001", "1002")):
        statements: list[str] = []
        with connection.execute_wrapper(noting(statements)):
            ask(stranger(f"192.0.2.{n}"), number, EMAIL if n < 2 else "eve@example.com")
        told.append(statements)
    assert told[0] == told[1] == told[2] == told[3]
    assert any("orders_lookup" in statement for statement in told[0])


def test_a_thousand_numbers_with_one_address_meet_a_limit(acme: Merchant, order: Order) -> None:
    codes = [ask(stranger(f"10.0.0.{n}"), f"{n}").status_code for n in range(10)]
    assert codes == [302] * 5 + [429] * 5


def test_a_thousand_addresses_with_one_number_meet_a_limit(acme: Merchant, order: Order) -> None:
    codes = [ask(stranger(f"10.0.0.{n}"), contact=f"a{n}@example.com").status_code for n in range(10)]
    assert codes == [302] * 5 + [429] * 5


def test_one_network_meets_a_limit(acme: Merchant, order: Order) -> None:
    codes = [ask(stranger(), f"{n}", f"a{n}@example.com").status_code for n in range(12)]
    assert codes == [302] * 10 + [429] * 2


def test_over_the_limit_hit_and_miss_get_the_same_answer_and_nothing_is_queued(acme: Merchant, order: Order) -> None:
    for n in range(5):
        ask(stranger(f"10.0.0.{n}"))
        ask(stranger(f"10.0.1.{n}"), "2002", "eve@example.com")
    before = facts(acme)
    hit, miss = ask(stranger("10.0.2.1")), ask(stranger("10.0.2.2"), "2002", "eve@example.com")
    assert outward(hit) == outward(miss)
    assert (hit.status_code, hit["Retry-After"], facts(acme)) == (429, "3600", before)
    assert "Try again in an hour" in hit.content.decode()


@pytest.mark.parametrize("code", ["", "000000", "٠١٢٣٤٥", "1" * 500, "\x00"])
def test_a_wrong_code_opens_nothing(browser: Client, acme: Merchant, order: Order, code: str) -> None:
    ask(browser)
    response = browser.post("/find-order/code/", {"code": code if newest_code(acme) != code else "999999"})
    assert (response.status_code, "not right" in response.content.decode(), "guest" in browser.cookies) == (422, True, False)
    with merchant_scope(acme.pk):
        assert GuestAccess.objects.count() == 0


def test_the_code_of_a_miss_gets_the_answer_of_a_wrong_one(acme: Merchant, order: Order) -> None:
    hit, miss = stranger("192.0.2.1"), stranger("192.0.2.2")
    ask(hit)
    right = newest_code(acme)
    ask(miss, "1002")
    told = hit.post("/find-order/code/", {"code": "000000" if right != "000000" else "111111"})
    nothing = miss.post("/find-order/code/", {"code": newest_code(acme)})
    assert outward(told)[1] == outward(nothing)[1].replace(b"1002", b"1001")
    assert (told.status_code, nothing.status_code) == (422, 422)


def test_codes_guessed_by_the_dozen_meet_a_limit(acme: Merchant, order: Order) -> None:
    codes = []
    for n in range(5):
        browser = stranger("192.0.2.1")
        ask(browser, str(n), f"a{n}@example.com")
        codes += [browser.post("/find-order/code/", {"code": "000000"}).status_code for _ in range(5)]
    assert codes == [422] * 20 + [429] * 5


def test_a_code_works_only_in_the_browser_that_asked(acme: Merchant, order: Order, browser: Client) -> None:
    ask(browser)
    code = newest_code(acme)
    other = stranger()
    assert other.post("/find-order/code/", {"code": code})["Location"] == "/find-order/"
    ask(other, "1002")
    assert other.post("/find-order/code/", {"code": code}).status_code == 422


def test_a_changed_cookie_asks_for_nothing(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    browser.cookies["look-up"] = browser.cookies["look-up"].value[:-2] + "xx"
    assert browser.post("/find-order/code/", {"code": newest_code(acme)})["Location"] == "/find-order/"


def test_a_cookie_of_one_merchant_opens_nothing_on_anothers_host(
    browser: Client, acme: Merchant, borealis: Merchant, order: Order, guest: Client
) -> None:
    ask(browser)
    assert browser.post("/find-order/code/", {"code": newest_code(acme)}, headers={"host": BOREALIS}).status_code == 422
    assert guest.get(f"/orders/{order.public_id}/", headers={"host": BOREALIS})["Location"].startswith("/sign-in/")


def test_a_new_code_may_be_had_after_a_minute(browser: Client, acme: Merchant, order: Order) -> None:
    ask(browser)
    first = newest_code(acme)
    early = browser.post("/find-order/resend/")
    assert (early.status_code, early["Retry-After"]) == (429, "60")
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert browser.post("/find-order/resend/")["Location"] == "/find-order/code/"
        assert browser.post("/find-order/code/", {"code": first}).status_code == 422
        assert browser.post("/find-order/code/", {"code": newest_code(acme)})["Location"] == f"/orders/{order.public_id}/"


@pytest.mark.parametrize("path", ["/find-order/code/", "/find-order/resend/", "/find-order/keep/"])
def test_without_having_asked_everything_leads_to_the_start(browser: Client, acme: Merchant, path: str) -> None:
    response = browser.post(path)
    assert (response.status_code, response["Location"]) == (302, "/find-order/")


@pytest.mark.parametrize("path", ["/find-order/resend/", "/find-order/forget/"])
def test_what_changes_something_is_refused_by_get(guest: Client, acme: Merchant, path: str) -> None:
    before = facts(acme)
    assert (guest.get(path).status_code, facts(acme)) == (405, before)


@pytest.mark.parametrize("path", ["/find-order/", "/find-order/code/"])
def test_looking_at_the_pages_changes_nothing(browser: Client, acme: Merchant, order: Order, path: str) -> None:
    ask(browser)
    before = facts(acme)
    assert (browser.get(path).status_code, browser.head(path).status_code, facts(acme)) == (200, 200, before)
