"""What this room publishes. Payloads: ids, and the number of the order it was used for."""

COUPON_REDEEMED = "rewards.coupon.redeemed"
REFERRAL_REDEEMED = "rewards.referral.redeemed"
