"""Writes of this room."""

from rewards.selectors import CodeNotFound
from rewards.services.codes import draw_codes
from rewards.services.coupons import (
    BelowMinimum,
    CouponExpired,
    CouponUsed,
    NoCoupon,
    Redeemed,
    draft_coupon,
    give_coupon,
    keep_coupons,
    redeem_coupon,
)
from rewards.services.referrals import (
    AlreadyCounted,
    OwnCode,
    draft_referral_code,
    keep_referral_codes,
    redeem_referral,
    referral_code,
)
from rewards.services.thanks import give_thanks

__all__ = [
    "AlreadyCounted",
    "BelowMinimum",
    "CodeNotFound",
    "CouponExpired",
    "CouponUsed",
    "NoCoupon",
    "OwnCode",
    "Redeemed",
    "draft_coupon",
    "draft_referral_code",
    "draw_codes",
    "give_coupon",
    "give_thanks",
    "keep_coupons",
    "keep_referral_codes",
    "redeem_coupon",
    "redeem_referral",
    "referral_code",
]
