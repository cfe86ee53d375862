"""Coupons and referral codes over the REST API."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from rewards.api import BASKET, COUPON, REFERRAL
from rewards.models import Coupon, CouponRule, Referral
from rewards.services import give_coupon, referral_code
from tests.api.conftest import Caller
from tests.conftest import NOW
from tests.factories import customer, place_order

Look = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def code(acme: Merchant) -> str:
    """Of a coupon of ten percent from 50 euro on."""
    with merchant_scope(acme.pk):
        CouponRule.objects.create(value=10, currency="EUR", minimum=50)
        return give_coupon(order=place_order(), at=NOW).code


@pytest.fixture
def friend(acme: Merchant) -> str:
    with merchant_scope(acme.pk):
        return referral_code(customer=customer(), at=NOW).code


def untouched(inside: Look) -> bool:
    return bool(inside(lambda: Coupon.objects.filter(redeemed_at=None, redeemed_for="").count() == 1))


def test_looking_a_coupon_up_shows_it_and_changes_nothing(api: Caller, code: str, inside: Look) -> None:
    answer = api.get(f"/coupons/{code.lower()}")
    assert (answer.status_code, answer.json()) == (200, {**COUPON, "code": code})
    assert untouched(inside)


def test_a_coupon_is_used_once(api: Caller, code: str, inside: Look) -> None:
    first = api.post(f"/coupons/{code}/redeem", BASKET, key="k1")
    assert (first.status_code, first.json()["discount"], first.json()["coupon"]["state"]) == (200, "8.40", "used")
    assert (first.json()["coupon"]["redeemed_for"], first.json()["coupon"]["redeemed_at"]) == ("1002", "2026-11-20T10:00:00Z")
    assert api.post(f"/coupons/{code}/redeem", BASKET, key="k1").json() == first.json()
    again = api.post(f"/coupons/{code}/redeem", {**BASKET, "order_number": "1003"})
    assert (again.status_code, again.json()["code"]) == (409, "coupon_used")
    assert inside(lambda: Coupon.objects.get().redeemed_for) == "1002"


def test_an_expired_coupon_is_refused(api: Caller, code: str, inside: Look) -> None:
    inside(lambda: Coupon.objects.update(expires_at=NOW.replace(hour=9)))
    answer = api.post(f"/coupons/{code}/redeem", BASKET)
    assert (answer.status_code, answer.json()["code"]) == (409, "coupon_expired")
    assert api.get(f"/coupons/{code}").json()["state"] == "expired"
    assert untouched(inside)


@pytest.mark.parametrize(
    ("over", "field", "message"),
    [
        ({"order_total": "49.99"}, "order_total", "The coupon needs an order of at least 50.00 EUR."),
        ({"currency": "USD"}, "currency", "The coupon is in EUR."),
        ({"order_total": "-1"}, "order_total", "Amount must not be negative."),
        ({"order_total": "84.001"}, "order_total", "EUR has 2 decimals."),
        ({"currency": "XXY"}, "currency", "Must be an ISO 4217 currency code."),
        ({"order_number": ""}, "order_number", "This field may not be blank."),
        ({"order_number": "x" * 61}, "order_number", "Ensure this field has no more than 60 characters."),
        ({"coupon": "x"}, "coupon", "There is no such field."),
    ],
)
def test_a_basket_that_does_not_fit_is_refused_by_field(
    api: Caller, code: str, inside: Look, over: dict[str, Any], field: str, message: str
) -> None:
    answer = api.post(f"/coupons/{code}/redeem", {**BASKET, **over})
    assert (answer.status_code, answer.json()["fields"]) == (400, {field: [message]})
    assert untouched(inside)


def test_an_unknown_code_is_not_found(api: Caller, code: str, inside: Look) -> None:
    for wrong in ("34679-CDFGH", "nonsense", "x" * 99):
        assert api.get(f"/coupons/{wrong}").status_code == 404
        assert api.post(f"/coupons/{wrong}/redeem", BASKET).status_code == 404
        assert api.post("/referrals", {**REFERRAL, "code": wrong[:40]}).status_code == 404
    assert untouched(inside)


def test_another_merchants_codes_are_not_there(stranger: Caller, code: str, friend: str, inside: Look) -> None:
    assert stranger.get(f"/coupons/{code}").status_code == 404
    assert stranger.post(f"/coupons/{code}/redeem", BASKET).status_code == 404
    assert stranger.post("/referrals", {**REFERRAL, "code": friend}).status_code == 404
    assert untouched(inside)
    assert inside(Referral.objects.count) == 0


def test_a_coupon_of_an_amount_without_minimum_says_so(api: Caller, code: str, inside: Look) -> None:
    inside(lambda: Coupon.objects.update(worth="amount", value=Decimal("7.5"), minimum=0))
    row = api.get(f"/coupons/{code}").json()
    assert (row["value"], row["minimum"], row["currency"]) == ("7.50", None, "EUR")
    assert api.post(f"/coupons/{code}/redeem", {**BASKET, "order_total": "5.00"}).json()["discount"] == "5.00"


def test_a_referral_counts_once_and_not_for_oneself(api: Caller, friend: str, inside: Look) -> None:
    told = {**REFERRAL, "code": friend.replace("-", " ").lower()}
    own = api.post("/referrals", {**told, "customer_email": "SAM@example.com"})
    assert (own.status_code, own.json()["code"], inside(Referral.objects.count)) == (409, "own_code", 0)
    counted = api.post("/referrals", told)
    assert (counted.status_code, counted.json()) == (201, {"code": friend, "order_number": "1003", "redeemed_at": "2026-11-20T10:00:00Z"})
    again = api.post("/referrals", told)
    assert (again.status_code, again.json()["code"], inside(Referral.objects.count)) == (409, "already_counted", 1)


@pytest.mark.parametrize("over", [{"customer_email": "nobody"}, {"order_number": ""}, {"code": ""}, {"code": "x" * 41}])
def test_a_bad_referral_is_refused_by_field(api: Caller, friend: str, inside: Look, over: dict[str, str]) -> None:
    answer = api.post("/referrals", {**REFERRAL, "code": friend, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(over))
    assert inside(Referral.objects.count) == 0
