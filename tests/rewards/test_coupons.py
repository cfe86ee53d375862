"""Coupons are given once per order and redeemed once; referral codes bring friends, not oneself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order
from rewards.models import Coupon, CouponRule, Referral, ReferralCode
from rewards.rules import read
from rewards.selectors import CodeNotFound, taken
from rewards.services import (
    AlreadyCounted,
    BelowMinimum,
    CouponExpired,
    CouponUsed,
    NoCoupon,
    OwnCode,
    draw_codes,
    give_coupon,
    redeem_coupon,
    redeem_referral,
    referral_code,
)
from rewards.services import codes as codes_module
from rewards.types import Basket
from tests.conftest import NOW
from tests.factories import customer, place_order

WORKERS = 4
BASKET = Basket("1002", Decimal("84.00"), "EUR")
LATER = NOW + timedelta(days=400)


def rule(**over: Any) -> CouponRule:
    values = {"value": 10, "currency": "EUR", "minimum": 50, **over}
    row: CouponRule = CouponRule.objects.create(**values)
    return row


def given(**over: Any) -> Coupon:
    rule(**over)
    return give_coupon(order=place_order(), at=NOW)


def test_an_order_is_given_one_coupon_however_often_it_is_asked_for(in_acme: Merchant) -> None:
    first = given()
    again = give_coupon(order=place_order(), at=NOW + timedelta(days=1))
    assert (again.pk, again.code, Coupon.objects.count()) == (first.pk, first.code, 1)
    assert read(first.code) == first.code
    assert (first.worth, first.value, first.currency, first.minimum) == ("percent", Decimal(10), "EUR", Decimal(50))
    assert (first.issued_at, first.expires_at.isoformat()) == (NOW, "2026-12-20T23:59:59+01:00")


def test_what_a_coupon_is_worth_is_fixed_when_it_is_given(in_acme: Merchant) -> None:
    coupon = given()
    CouponRule.objects.update(value=50, minimum=0)
    coupon.refresh_from_db()
    assert (coupon.value, coupon.minimum) == (Decimal(10), Decimal(50))


@pytest.mark.parametrize(("over", "order"), [({"is_on": False}, {}), ({"currency": "USD"}, {}), ({}, {"email": "", "phone": ""})])
def test_no_coupon_without_a_rule_a_shopper_and_the_rules_currency(in_acme: Merchant, over: dict[str, Any], order: dict[str, Any]) -> None:
    rule(**over)
    with pytest.raises(NoCoupon):
        give_coupon(order=place_order(**order), at=NOW)
    assert Coupon.objects.count() == 0


def test_a_code_that_is_taken_is_drawn_again(in_acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = given().code
    drawn = iter([mine, mine, "34679-CDFGH"])
    monkeypatch.setattr(codes_module, "_code", lambda: next(drawn))
    assert draw_codes(1) == ["34679-CDFGH"]
    assert taken([mine, "34679-CDFGH"]) == {mine}


def test_a_coupon_is_redeemed_once_and_says_what_it_takes_off(in_acme: Merchant) -> None:
    coupon = given()
    redeemed = redeem_coupon(code=coupon.code.lower().replace("-", ""), basket=BASKET, at=NOW)
    coupon.refresh_from_db()
    assert (redeemed.discount, coupon.redeemed_at, coupon.redeemed_for) == (Decimal("8.40"), NOW, "1002")
    with pytest.raises(CouponUsed):
        redeem_coupon(code=coupon.code, basket=Basket("1003", Decimal(90), "EUR"), at=NOW)
    coupon.refresh_from_db()
    assert coupon.redeemed_for == "1002"
    event = Event.objects.get(type="rewards.coupon.redeemed")
    assert event.payload == {"coupon": coupon.pk, "order_number": "1002"}


@pytest.mark.parametrize(
    ("code", "basket", "at", "refusal"),
    [
        ("34679-CDFGH", BASKET, NOW, CodeNotFound),
        ("", BASKET, NOW, CodeNotFound),
        (None, BASKET, LATER, CouponExpired),
        (None, Basket("1002", Decimal("49.99"), "EUR"), NOW, BelowMinimum),
        (None, Basket("1002", Decimal("84.00"), "USD"), NOW, BelowMinimum),
    ],
)
def test_a_refused_coupon_stays_as_it_was(in_acme: Merchant, code: str | None, basket: Basket, at: Any, refusal: type[Exception]) -> None:
    coupon = given()
    with pytest.raises(refusal):
        redeem_coupon(code=coupon.code if code is None else code, basket=basket, at=at)
    coupon.refresh_from_db()
    assert (coupon.redeemed_at, coupon.redeemed_for) == (None, "")
    assert Event.objects.filter(type__startswith="rewards.").count() == 0


def test_another_merchants_code_is_unknown(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        coupon = given()
        friend = referral_code(customer=customer(), at=NOW)
    with merchant_scope(borealis.pk):
        with pytest.raises(CodeNotFound):
            redeem_coupon(code=coupon.code, basket=BASKET, at=NOW)
        with pytest.raises(CodeNotFound):
            redeem_referral(code=friend.code, order_number="1", customer_email="kim@example.com", at=NOW)
        assert (Coupon.objects.count(), ReferralCode.objects.count(), taken([coupon.code])) == (0, 0, set())


def test_a_shopper_has_one_referral_code(in_acme: Merchant) -> None:
    sam = customer()
    first, again = referral_code(customer=sam, at=NOW), referral_code(customer=sam, at=LATER)
    assert (first.pk, ReferralCode.objects.count(), read(first.code)) == (again.pk, 1, first.code)


def test_a_friends_order_counts_once(in_acme: Merchant) -> None:
    code = referral_code(customer=customer(), at=NOW).code
    other = referral_code(customer=customer(email="lee@example.com"), at=NOW).code
    referral = redeem_referral(code=code, order_number="2001", customer_email="kim@example.com", at=NOW)
    assert (referral.referral_code.code, referral.order_number, referral.redeemed_at) == (code, "2001", NOW)
    for again in (code, other):
        with pytest.raises(AlreadyCounted):
            redeem_referral(code=again, order_number="2001", customer_email="kim@example.com", at=NOW)
    assert Referral.objects.count() == 1
    assert Event.objects.filter(type="rewards.referral.redeemed").count() == 1


@pytest.mark.parametrize("email", ["sam@example.com", " SAM@Example.COM "])
def test_nobody_refers_themselves(in_acme: Merchant, email: str) -> None:
    code = referral_code(customer=customer(), at=NOW).code
    with pytest.raises(OwnCode):
        redeem_referral(code=code, order_number="2001", customer_email=email, at=NOW)
    assert Referral.objects.count() == 0


def test_the_code_of_an_erased_shopper_is_unknown(in_acme: Merchant) -> None:
    sam = customer()
    code = referral_code(customer=sam, at=NOW).code
    sam.erased_at = NOW
    sam.save()
    with pytest.raises(CodeNotFound):
        redeem_referral(code=code, order_number="2001", customer_email="kim@example.com", at=NOW)


@pytest.mark.parametrize(
    "bad",
    [
        {"value": 0},
        {"value": 101},
        {"worth": "amount", "currency": ""},
        {"minimum": 50, "currency": ""},
        {"minimum": -1},
        {"valid_days": 0},
        {"referral_value": 101},
    ],
)
def test_a_rule_that_makes_no_sense_cannot_be_stored(in_acme: Merchant, bad: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(**bad)
    assert CouponRule.objects.count() == 0


def shop() -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")


def at_once(merchant: Merchant, act: Any) -> list[Any]:
    """What each of some workers gets who do the same at the same moment."""
    start = Barrier(WORKERS)

    def one(number: int) -> Any:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def test_of_several_who_redeem_at_once_one_gets_it(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        code = given().code

    def redeem(number: int) -> str:
        try:
            return f"{redeem_coupon(code=code, basket=Basket(str(number), Decimal(84), 'EUR'), at=NOW).discount}"
        except CouponUsed:
            return "used"

    assert sorted(at_once(merchant, redeem)) == ["8.40", "used", "used", "used"]
    with merchant_scope(merchant.pk):
        assert Event.objects.filter(type="rewards.coupon.redeemed").count() == 1


def test_several_who_give_at_once_give_the_same(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        rule()
        order = place_order()
        sam = customer()

    def give(number: int) -> tuple[str, str]:
        return give_coupon(order=Order.objects.get(pk=order.pk), at=NOW).code, referral_code(customer=sam, at=NOW).code

    assert len(set(at_once(merchant, give))) == 1
    with merchant_scope(merchant.pk):
        assert (Coupon.objects.count(), ReferralCode.objects.count()) == (1, 1)


def test_an_order_told_by_several_codes_at_once_counts_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        codes = [referral_code(customer=customer(email=f"s{n}@example.com"), at=NOW).code for n in range(WORKERS)]

    def tell(number: int) -> bool:
        try:
            redeem_referral(code=codes[number], order_number="2001", customer_email="kim@example.com", at=NOW)
        except AlreadyCounted:
            return False
        return True

    assert sorted(at_once(merchant, tell)) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert Referral.objects.count() == 1
