"""Reads of this room."""

from collections.abc import Iterable

from rewards.models import Coupon, CouponRule, ReferralCode
from rewards.rules import read


class CodeNotFound(LookupError):
    """The current merchant gave no such code."""


def coupon_rule() -> CouponRule | None:
    """What the merchant gives; None when nothing, or nothing now."""
    row: CouponRule | None = CouponRule.objects.filter(is_on=True).first()
    return row


def coupon_of_code(*, code: str) -> Coupon:
    """As typed by a shopper. Raises CodeNotFound."""
    row: Coupon | None = Coupon.objects.filter(code=read(code)).first()
    if row is None:
        raise CodeNotFound("no such coupon")
    return row


def referral_of_code(*, code: str) -> ReferralCode:
    """As typed by a shopper, with whose it is. Raises CodeNotFound."""
    row: ReferralCode | None = ReferralCode.objects.select_related("customer").filter(code=read(code)).first()
    if row is None:
        raise CodeNotFound("no such referral code")
    return row


def coupons_of_orders(order_ids: Iterable[int]) -> dict[int, Coupon]:
    """The coupon given for each of these orders, by order."""
    rows = Coupon.objects.filter(order__in=list(order_ids))
    return {row.order_id: row for row in rows if row.order_id is not None}


def referral_codes_of(customer_ids: Iterable[int]) -> dict[int, ReferralCode]:
    """The referral code of each of these shoppers who has one."""
    return {row.customer_id: row for row in ReferralCode.objects.filter(customer__in=list(customer_ids))}


def taken(codes: Iterable[str]) -> set[str]:
    """Those of the codes that are somebody's already, as a coupon or as a referral code; one query."""
    wanted = list(codes)
    coupons = Coupon.objects.filter(code__in=wanted).values_list("code", flat=True)
    return set(coupons.union(ReferralCode.objects.filter(code__in=wanted).values_list("code", flat=True)))
