"""Coupons: given once per order, redeemed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from events.services import emit
from merchants.selectors import current_merchant
from orders.models import Order
from rewards.events import COUPON_REDEEMED
from rewards.models import Coupon, CouponRule
from rewards.rules import discount, expiry, shortfall, state_of
from rewards.selectors import coupon_of_code, coupon_rule, coupons_of_orders
from rewards.services.codes import draw_codes
from rewards.types import Basket, CouponState

RETRIES = 3


class NoCoupon(LookupError):
    """The merchant gives none for this order: no rule that is on, another currency, or nobody to give it to."""


class CouponUsed(ValueError):
    """It was redeemed before."""


class CouponExpired(ValueError):
    """Its last day is over."""


class BelowMinimum(ValueError):
    """The order is in another currency or costs too little; the text says which. Names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A coupon that was just used, and what it takes off."""

    coupon: Coupon
    discount: Decimal


def draft_coupon(*, rule: CouponRule, order: Order, code: str, zone: str, at: datetime) -> Coupon:
    """The coupon an order is given by this rule, not stored yet. Refuses (NoCoupon) orders without a shopper or in another currency."""
    if order.customer_id is None:
        raise NoCoupon("the order has no shopper")
    if rule.currency and rule.currency != order.currency:
        raise NoCoupon(f"coupons are in {rule.currency}")
    return Coupon(
        code=code,
        customer_id=order.customer_id,
        order_id=order.pk,
        worth=rule.worth,
        value=rule.value,
        currency=rule.currency,
        minimum=rule.minimum,
        issued_at=at,
        expires_at=expiry(given_at=at, days=rule.valid_days, zone=zone),
    )


def keep_coupons(coupons: Sequence[Coupon]) -> None:
    """Store drafted coupons, in one statement. A code or an order that got one meanwhile undoes the caller's transaction."""
    if coupons:
        Coupon.objects.bulk_create(coupons)


def give_coupon(*, order: Order, at: datetime) -> Coupon:
    """The order's coupon: the one it has, else a new one. Refuses (NoCoupon) when the merchant gives none for it."""
    for _ in range(RETRIES):
        if coupon := coupons_of_orders([order.pk]).get(order.pk):
            return coupon
        rule = coupon_rule()
        if rule is None:
            raise NoCoupon("no coupon rule is on")
        [code] = draw_codes(1)
        row = draft_coupon(rule=rule, order=order, code=code, zone=current_merchant().timezone, at=at)
        try:
            with transaction.atomic():
                keep_coupons([row])
        except IntegrityError:  # somebody gave it, or drew the code, at the same moment
            continue
        return row
    raise NoCoupon("no free code was found")


def redeem_coupon(*, code: str, basket: Basket, at: datetime) -> Redeemed:
    """Use a coupon up for an order, exactly once.

    Refuses unknown codes (CodeNotFound), a used (CouponUsed) or expired (CouponExpired) coupon, and a basket that is too small
    or in another currency (BelowMinimum). Nothing changes then.
    """
    coupon = coupon_of_code(code=code)
    _check(coupon, basket, at)
    used = Coupon.objects.filter(pk=coupon.pk, redeemed_at=None).update(redeemed_at=at, redeemed_for=basket.order_number)
    if used != 1:
        raise CouponUsed("this coupon was used before")
    coupon.redeemed_at, coupon.redeemed_for = at, basket.order_number
    emit(type=COUPON_REDEEMED, payload={"coupon": coupon.pk, "order_number": basket.order_number}, at=at)
    return Redeemed(coupon, discount(worth=coupon.worth, value=coupon.value, basket=basket))


def _check(coupon: Coupon, basket: Basket, at: datetime) -> None:
    state = state_of(redeemed_at=coupon.redeemed_at, expires_at=coupon.expires_at, now=at)
    if state == CouponState.USED:
        raise CouponUsed("this coupon was used before")
    if state == CouponState.EXPIRED:
        raise CouponExpired("this coupon has expired")
    if problem := shortfall(minimum=coupon.minimum, currency=coupon.currency, basket=basket):
        raise BelowMinimum("currency" if coupon.currency not in ("", basket.currency) else "order_total", problem)
