"""Coupons that thank for a review: the same for every one, given once, and never more in a month than was set aside."""

from datetime import datetime

from django.db import IntegrityError, transaction

from customers.models import Customer
from merchants.selectors import current_merchant
from rewards.models import Coupon, ThanksRule
from rewards.rules import expiry
from rewards.selectors import coupons_of_thanks, given_thanks
from rewards.services.codes import draw_codes
from rewards.services.coupons import NoCoupon, keep_coupons

RETRIES = 3


def give_thanks(*, customer_id: int | None, thanks_for: str, at: datetime, currency: str = "") -> Coupon:
    """The thank-you coupon for what is named (the public id of an order): the one it has, else a new one.

    Refuses (NoCoupon) without a rule that is on, when this month's coupons are used up, when there is nobody to give it to, and
    when it could not be used: the rule is in another currency than the one named.
    """
    if customer_id is None or not thanks_for:
        raise NoCoupon("there is nobody to thank")
    # Held until the transaction ends: whoever counts next counts this coupon too, so that the month's last one is given once.
    rule: ThanksRule | None = ThanksRule.objects.select_for_update(no_key=True).filter(is_on=True).first()
    if coupon := coupons_of_thanks([thanks_for]).get(thanks_for):
        return coupon
    if rule is None:
        raise NoCoupon("no thank-you rule is on")
    _check(rule, customer_id, currency, at)
    return _given(rule, customer_id, thanks_for, at)


def _check(rule: ThanksRule, customer_id: int, currency: str, at: datetime) -> None:
    if currency and rule.currency not in ("", currency):
        raise NoCoupon(f"thank-you coupons are in {rule.currency}")
    if not Customer.objects.filter(pk=customer_id, erased_at=None).exists():
        raise NoCoupon("the shopper is gone")
    if given_thanks(now=at) >= rule.per_month:
        raise NoCoupon("this month's coupons are used up")


def _given(rule: ThanksRule, customer_id: int, thanks_for: str, at: datetime) -> Coupon:
    zone = current_merchant().timezone
    for _ in range(RETRIES):
        [code] = draw_codes(1)
        row = Coupon(code=code, customer_id=customer_id, thanks_for=thanks_for, worth=rule.worth, value=rule.value)
        row.currency, row.minimum = rule.currency, rule.minimum
        row.issued_at, row.expires_at = at, expiry(given_at=at, days=rule.valid_days, zone=zone)
        try:
            with transaction.atomic():
                keep_coupons([row])
        except IntegrityError:  # somebody drew the code at the same moment
            continue
        return row
    raise NoCoupon("no free code was found")
