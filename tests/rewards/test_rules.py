"""Codes, worth and state of a coupon, by tables."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rewards.rules import ALPHABET, discount, expiry, read, shortfall, spell, state_of
from rewards.types import Basket, CouponState
from tests.conftest import NOW

SECOND = timedelta(seconds=1)


def basket(total: str, currency: str = "EUR") -> Basket:
    return Basket("1002", Decimal(total), currency)


def test_no_two_characters_of_a_code_look_alike_and_none_is_a_vowel() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 22
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUAE")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("7KXCR-4WHPN", "7KXCR-4WHPN"),
        (" 7kxcr 4whpn ", "7KXCR-4WHPN"),
        ("7KXCR4WHPN", "7KXCR-4WHPN"),
        ("7KXCR\u20134WHPN", "7KXCR-4WHPN"),
        ("7KXCR-4WHP", ""),
        ("7KXCR-4WHPNN", ""),
        ("7KXCR-4WHP0", ""),
        ("XXXXX-XXXXX", "XXXXX-XXXXX"),
        ("", ""),
        ("'; drop table", ""),
        ("7" * 5000, ""),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str) -> None:
    assert read(typed) == code


def test_a_code_is_shown_in_two_groups() -> None:
    assert spell("7KXCR4WHPN") == "7KXCR-4WHPN"


@pytest.mark.parametrize(
    ("worth", "value", "total", "currency", "off"),
    [
        ("percent", "10", "84.00", "EUR", "8.40"),
        ("percent", "12.5", "9.99", "EUR", "1.25"),
        ("percent", "100", "84.00", "EUR", "84.00"),
        ("percent", "15", "1999", "JPY", "300"),
        ("amount", "5", "84.00", "EUR", "5.00"),
        ("amount", "50", "20.00", "EUR", "20.00"),
        ("amount", "5", "0.00", "EUR", "0.00"),
    ],
)
def test_a_coupon_takes_off_what_it_says_and_never_more_than_the_order(worth: str, value: str, total: str, currency: str, off: str) -> None:
    assert discount(worth=worth, value=Decimal(value), basket=basket(total, currency)) == Decimal(off)


@pytest.mark.parametrize(
    ("minimum", "currency", "total", "paid_in", "problem"),
    [
        ("50", "EUR", "50.00", "EUR", ""),
        ("50", "EUR", "49.99", "EUR", "the coupon needs an order of at least 50.00 EUR"),
        ("0", "", "0.01", "USD", ""),
        ("50", "EUR", "80.00", "USD", "the coupon is in EUR"),
    ],
)
def test_the_minimum_is_reached_or_said(minimum: str, currency: str, total: str, paid_in: str, problem: str) -> None:
    assert shortfall(minimum=Decimal(minimum), currency=currency, basket=basket(total, paid_in)) == problem


@pytest.mark.parametrize(
    ("given_at", "zone", "days", "until"),
    [
        (NOW, "Europe/Berlin", 30, datetime(2026, 12, 20, 22, 59, 59, tzinfo=UTC)),
        (NOW, "America/Chicago", 30, datetime(2026, 12, 21, 5, 59, 59, tzinfo=UTC)),
        # It is the next day in Jakarta, and summer time begins meanwhile in Berlin.
        (datetime(2026, 11, 20, 18, 0, tzinfo=UTC), "Asia/Jakarta", 1, datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC)),
        (datetime(2026, 3, 1, 12, 0, tzinfo=UTC), "Europe/Berlin", 30, datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_coupon_ends_with_a_day_of_the_merchant(given_at: datetime, zone: str, days: int, until: datetime) -> None:
    assert expiry(given_at=given_at, days=days, zone=zone) == until


@pytest.mark.parametrize(
    ("redeemed_at", "now", "state"),
    [
        (None, NOW, CouponState.OPEN),
        (None, NOW + SECOND, CouponState.EXPIRED),
        (NOW - SECOND, NOW, CouponState.USED),
        (NOW - SECOND, NOW + SECOND, CouponState.USED),
    ],
)
def test_a_coupon_is_open_to_its_last_second_and_used_for_good(redeemed_at: datetime | None, now: datetime, state: CouponState) -> None:
    assert state_of(redeemed_at=redeemed_at, expires_at=NOW, now=now) == state
