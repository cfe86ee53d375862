"""Finding an order without an account: what is typed, what is found, what is limited, what is told."""

from datetime import timedelta
from typing import Any

import pytest

from core.encryption import fingerprint
from customers.models import Attempt
from customers.types import Channel
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import GuestAccess, LookUp, Order
from orders.rules.look_up import BadContact, Contact, contact_in, number_in, spellings
from orders.selectors import find_by_contact, guest_of
from orders.services.look_up import (
    TooManyLookUps,
    WrongOrderCode,
    announce_hit,
    end_guest,
    end_guests,
    look_up_code,
    open_guest,
    redeem_look_up,
    request_look_up,
)
from tests.conftest import NOW
from tests.factories import EMAIL, PHONE, place_order

MAIL = Contact(Channel.EMAIL, EMAIL)
TEXT = Contact(Channel.SMS, PHONE)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    return place_order()


def ask(number: str = "1001", contact: Contact = MAIL, ip: str = "192.0.2.1", browser: str = "b1", at: Any = NOW) -> None:
    request_look_up(number=number, contact=contact, ip=ip, browser=browser, at=at)


def newest() -> LookUp:
    row: LookUp = LookUp.objects.latest("created_at", "id")
    return row


def told() -> list[Any]:
    return list(Event.objects.filter(type="orders.look_up.requested").values_list("payload", flat=True))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1001", "1001"),
        ("#1001", "1001"),
        (" 1001 ", "1001"),
        ("１００１", "1001"),
        ("١٠٠١", "1001"),
        ("# 10 01", "1001"),
        ("ab-1001", "AB-1001"),
        ("10\x0001\u200b", "1001"),
        ("", ""),
        ("##", ""),
        ("\n", ""),
    ],
)
def test_numbers_are_compared_as_people_mean_them(typed: str, number: str) -> None:
    assert number_in(typed) == number


@pytest.mark.parametrize("typed", ["1001'--", "%", "_", "1001%", "10012", "9" * 500, "1001" + "0" * 57])
def test_what_is_almost_a_number_finds_nothing(order: Order, typed: str) -> None:
    assert find_by_contact(number=number_in(typed), channel=Channel.EMAIL, address=EMAIL) is None


def test_a_number_is_looked_for_as_shops_write_it() -> None:
    assert spellings("AB1") == ["AB1", "#AB1", "ab1", "#ab1"]


@pytest.mark.parametrize("stored", ["1001", "#1001", "W-1001", "#w-1001"])
def test_the_order_is_found_however_the_shop_writes_its_number(in_acme: Merchant, stored: str) -> None:
    row = place_order(number=stored)
    assert find_by_contact(number=number_in(stored.strip("#").upper()), channel=Channel.EMAIL, address=EMAIL) == row.pk


@pytest.mark.parametrize(
    ("typed", "contact"),
    [
        ("Sam@Example.com ", MAIL),
        ("+49 1512 3456789", TEXT),
        ("01512 3456789", TEXT),
        ("０１５１２３４５６７８９", TEXT),
    ],
)
def test_addresses_and_numbers_are_told_apart(typed: str, contact: Contact) -> None:
    assert contact_in(typed, region="DE") == contact


@pytest.mark.parametrize("typed", ["", "sam", "a@b@c", "a@b", "12", "0900 1234567", "x" * 500, "\x00@example.com", "a b@example.com"])
def test_what_is_neither_is_refused(typed: str) -> None:
    with pytest.raises(BadContact):
        contact_in(typed, region="DE")


def test_the_newest_order_of_the_number_with_that_contact_is_meant(in_acme: Merchant) -> None:
    first = place_order(external_id="a", source="shop-a")
    second = place_order(external_id="b", source="shop-b", placed_at=NOW + HOUR)
    place_order(external_id="c", source="shop-c", email="eve@example.com", phone="", placed_at=NOW + 2 * HOUR)
    assert find_by_contact(number="1001", channel=Channel.EMAIL, address=EMAIL) == second.pk != first.pk


def test_an_address_finds_by_its_own_channel_alone(order: Order) -> None:
    assert find_by_contact(number="1001", channel=Channel.SMS, address=EMAIL) is None
    assert find_by_contact(number="1001", channel=Channel.EMAIL, address=PHONE) is None


def test_the_telephone_of_the_account_finds_no_order_placed_without_it(in_acme: Merchant) -> None:
    row = place_order(phone="")
    place_order(number="1002", phone=PHONE)
    row.refresh_from_db()
    assert row.customer is not None and row.customer.phone == PHONE
    assert find_by_contact(number="1001", channel=Channel.SMS, address=PHONE) is None


def test_what_an_address_opened_ends_when_the_shop_corrects_it(order: Order) -> None:
    ask()
    code, token = look_up_code(newest()), open_guest(order_id=order.pk, channel=Channel.EMAIL, at=NOW)
    place_order(email="right@example.com", updated_at=NOW + MINUTE, at=NOW + MINUTE)
    assert guest_of(token=token, now=NOW + MINUTE) is None
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=code, browser="b1", ip="192.0.2.1", at=NOW + MINUTE)
    assert GuestAccess.objects.filter(ended_at=None).count() == 0


def test_what_an_address_opened_stays_when_only_the_name_is_corrected(order: Order) -> None:
    token = open_guest(order_id=order.pk, channel=Channel.EMAIL, at=NOW)
    place_order(first_name="Samuel", updated_at=NOW + MINUTE, at=NOW + MINUTE)
    assert guest_of(token=token, now=NOW + MINUTE) is not None


def test_an_order_whose_data_are_erased_is_nobodys(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(erased_at=NOW)
    assert find_by_contact(number="1001", channel=Channel.EMAIL, address=EMAIL) is None


def test_a_hit_is_told_with_its_order_once_the_answer_has_gone(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = place_order()
        ask()
        assert told() == []
    run_until_quiet(lambda: NOW)
    with merchant_scope(acme.pk):
        assert told() == [{"look_up": newest().pk, "order": order.pk}]


@pytest.mark.parametrize(("number", "contact"), [("1002", MAIL), ("1001", Contact(Channel.EMAIL, "eve@example.com"))])
def test_a_miss_is_stored_and_told_to_nobody(acme: Merchant, number: str, contact: Contact) -> None:
    with merchant_scope(acme.pk):
        place_order()
        ask(number, contact)
    run_until_quiet(lambda: NOW)
    with merchant_scope(acme.pk):
        assert (newest().order_id, told()) == (None, [])


def test_what_is_published_before_the_answer_says_nothing(order: Order) -> None:
    ask()
    ask("1002")
    payloads = list(Event.objects.filter(type="orders.look_up.made").order_by("pk").values_list("payload", "thread"))
    ids = list(LookUp.objects.order_by("pk").values_list("pk", flat=True))
    assert payloads == [({"look_up": id}, None) for id in ids]


def test_a_spent_look_up_is_not_told_again(order: Order) -> None:
    ask()
    redeem_look_up(code=look_up_code(newest()), browser="b1", ip="", at=NOW)
    announce_hit(look_up_id=newest().pk, at=NOW)
    assert told() == []


def test_another_merchants_order_is_a_miss(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        place_order(currency="USD")
    with merchant_scope(acme.pk):
        ask()
        assert newest().order_id is None


def test_the_code_opens_the_order_once(order: Order) -> None:
    ask()
    code = look_up_code(newest())
    assert redeem_look_up(code=f" {code[:3]} {code[3:]}", browser="b1", ip="", at=NOW).order_id == order.pk
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=code, browser="b1", ip="", at=NOW)


def test_the_code_of_a_miss_opens_nothing(order: Order) -> None:
    ask("1002")
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=look_up_code(newest()), browser="b1", ip="", at=NOW)
    assert (newest().used_at, newest().tries) == (None, 1)


def test_the_code_works_only_in_the_browser_that_asked(order: Order) -> None:
    ask()
    ask("1002", browser="b2")
    code = look_up_code(LookUp.objects.get(order=order))
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=code, browser="b2", ip="", at=NOW)


def test_an_older_code_ends_with_the_next_look_up(order: Order) -> None:
    ask()
    old = look_up_code(newest())
    ask(at=NOW + MINUTE)
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=old, browser="b1", ip="", at=NOW + MINUTE)
    assert redeem_look_up(code=look_up_code(newest()), browser="b1", ip="", at=NOW + MINUTE).order_id == order.pk


def test_a_code_ends_after_ten_minutes(order: Order) -> None:
    ask()
    with pytest.raises(WrongOrderCode):
        redeem_look_up(code=look_up_code(newest()), browser="b1", ip="", at=NOW + 10 * MINUTE)


def test_the_sixth_try_fails_even_with_the_right_code(order: Order) -> None:
    ask()
    right = look_up_code(newest())
    wrong = "000000" if right != "000000" else "111111"
    for code in (*[wrong] * 5, right):
        with pytest.raises(WrongOrderCode):
            redeem_look_up(code=code, browser="b1", ip="", at=NOW)
    assert (newest().tries, newest().used_at) == (5, None)


def refused_at(*tries: dict[str, Any]) -> int:
    """Which of the look-ups is the first that is one too many."""
    for at, values in enumerate(tries, start=1):
        try:
            ask(**values)
        except TooManyLookUps:
            return at
    return 0


def test_one_network_asks_ten_times_a_minute(order: Order) -> None:
    assert refused_at(*({"number": str(n), "contact": Contact(Channel.EMAIL, f"a{n}@example.com")} for n in range(12))) == 11


def test_one_network_asks_sixty_times_an_hour(order: Order) -> None:
    tries = (
        {"number": str(n), "contact": Contact(Channel.EMAIL, f"a{n}@example.com"), "at": NOW + n * 10 * MINUTE / 60} for n in range(70)
    )
    assert refused_at(*tries) == 61


def test_one_order_is_looked_for_five_times_an_hour_whoever_asks(order: Order) -> None:
    tries = ({"contact": Contact(Channel.EMAIL, f"a{n}@example.com"), "ip": f"192.0.2.{n}"} for n in range(8))
    assert refused_at(*tries) == 6


def test_one_address_is_tried_five_times_in_ten_minutes_whoever_asks(order: Order) -> None:
    assert refused_at(*({"number": str(n), "ip": f"192.0.2.{n}"} for n in range(8))) == 6


def test_texts_are_held_tighter(order: Order) -> None:
    assert refused_at(*({"number": str(n), "ip": f"192.0.2.{n}", "contact": TEXT} for n in range(8))) == 4


def test_hits_and_misses_are_limited_alike(order: Order) -> None:
    hits = refused_at(*({"ip": f"192.0.2.{n}"} for n in range(8)))
    misses = refused_at(
        *({"number": "2002", "ip": f"198.51.100.{n}", "contact": Contact(Channel.EMAIL, "eve@example.com")} for n in range(8))
    )
    assert (hits, misses) == (6, 6)


def test_a_refused_look_up_leaves_nothing_and_uses_up_nothing(order: Order) -> None:
    for n in range(5):
        ask(ip=f"192.0.2.{n}")
    rows, attempts, events = LookUp.objects.count(), Attempt.objects.count(), Event.objects.count()
    with pytest.raises(TooManyLookUps):
        ask(ip="192.0.2.99")
    assert (LookUp.objects.count(), Attempt.objects.count(), Event.objects.count()) == (rows, attempts, events)


def test_limits_end(order: Order) -> None:
    for n in range(5):
        ask(ip=f"192.0.2.{n}")
    ask(ip="192.0.2.99", at=NOW + HOUR)
    assert LookUp.objects.count() == 6


def test_limits_are_each_merchants_own(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        assert refused_at(*({"ip": f"192.0.2.{n}"} for n in range(8))) == 6
    with merchant_scope(borealis.pk):
        ask()
        assert LookUp.objects.count() == 1


def test_twenty_codes_an_hour_from_a_network(order: Order) -> None:
    outcomes = []
    for n in range(22):
        try:
            redeem_look_up(code="000000", browser=f"b{n}", ip="192.0.2.1", at=NOW)
        except (WrongOrderCode, TooManyLookUps) as error:
            outcomes.append(type(error))
    assert outcomes == [WrongOrderCode] * 20 + [TooManyLookUps] * 2


def test_rows_hold_no_address_no_number_and_no_code(order: Order) -> None:
    ask()
    row = newest()
    text = " ".join(str(value) for value in LookUp.objects.values().get(pk=row.pk).values())
    assert row.browser_fingerprint == fingerprint("b1")
    for secret in (EMAIL, look_up_code(row), "1001"):
        assert secret not in text
    assert EMAIL not in " ".join(str(value) for values in Attempt.objects.values() for value in values.values())


def test_a_guests_browser_sees_its_order_for_a_day(order: Order) -> None:
    token = open_guest(order_id=order.pk, channel=Channel.EMAIL, at=NOW)
    guest = guest_of(token=token, now=NOW + 23 * HOUR)
    assert guest is not None
    assert guest.order == order
    assert (guest_of(token=token, now=NOW + 24 * HOUR), guest_of(token=token + "x", now=NOW), guest_of(token="", now=NOW)) == (None,) * 3
    assert GuestAccess.objects.filter(fingerprint=token).count() == 0


def test_a_guest_of_one_merchant_is_nobody_at_another(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        token = open_guest(order_id=place_order().pk, channel=Channel.EMAIL, at=NOW)
    with merchant_scope(borealis.pk):
        assert guest_of(token=token, now=NOW) is None


def test_a_guests_access_ends_once(order: Order) -> None:
    token = open_guest(order_id=order.pk, channel=Channel.EMAIL, at=NOW)
    guest = guest_of(token=token, now=NOW)
    assert guest is not None
    assert (end_guest(guest=guest, at=NOW), end_guest(guest=guest, at=NOW), guest_of(token=token, now=NOW)) == (True, False, None)


def test_ending_all_guests_may_spare_the_one_who_asks(order: Order) -> None:
    mine, other = (open_guest(order_id=order.pk, channel=Channel.EMAIL, at=NOW) for _ in range(2))
    guest = guest_of(token=mine, now=NOW)
    assert end_guests(order=order, at=NOW, but=guest) == 1
    assert (guest_of(token=mine, now=NOW) == guest, guest_of(token=other, now=NOW)) == (True, None)
