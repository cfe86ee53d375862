"""Reads of this room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from merchants.selectors import current_merchant
from rewards.models import Coupon, CouponRule, ReferralCode, ThanksRule
from rewards.rules import month_of, read


class CodeNotFound(LookupError):
    """The current merchant gave no such code."""


def coupon_rule() -> CouponRule | None:
    """What the merchant gives; None when nothing, or nothing now."""
    row: CouponRule | None = CouponRule.objects.filter(is_on=True).first()
    return row


def thanks_rule() -> ThanksRule | None:
    """What the merchant gives for a review, whatever it says; None when nothing, or nothing now."""
    row: ThanksRule | None = ThanksRule.objects.filter(is_on=True).first()
    return row


def thanks_offer(*, now: datetime) -> ThanksRule | None:
    """What may be promised for a review now: the rule, while this month's coupons are not used up. Two queries at most."""
    rule = thanks_rule()
    return rule if rule is not None and given_thanks(now=now) < rule.per_month else None


def given_thanks(*, now: datetime) -> int:
    """How many thank-you coupons were given in this month, in the shop's time zone."""
    first, after = month_of(at=now, zone=current_merchant().timezone)
    return Coupon.objects.exclude(thanks_for="").filter(issued_at__gte=first, issued_at__lt=after).count()


def coupons_of_thanks(keys: Iterable[str]) -> dict[str, Coupon]:
    """The coupon given as thanks for each of these (public ids of orders), by key; one query."""
    return {row.thanks_for: row for row in Coupon.objects.filter(thanks_for__in=[key for key in keys if key])}


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
    rows = Coupon.objects.filter(order__in=list(order_ids), thanks_for="")
    return {row.order_id: row for row in rows if row.order_id is not None}


def referral_codes_of(customer_ids: Iterable[int]) -> dict[int, ReferralCode]:
    """The referral code of each of these shoppers who has one."""
    return {row.customer_id: row for row in ReferralCode.objects.filter(customer__in=list(customer_ids))}


def taken(codes: Iterable[str]) -> set[str]:
    """Those of the codes that are somebody's already, as a coupon or as a referral code; one query."""
    wanted = list(codes)
    coupons = Coupon.objects.filter(code__in=wanted).values_list("code", flat=True)
    return set(coupons.union(ReferralCode.objects.filter(code__in=wanted).values_list("code", flat=True)))


@dataclass(frozen=True, slots=True)
class Owed:
    """Coupons of one worth: how many were given, are open, were used and ran out."""

    is_thanks: bool
    worth: str
    value: Decimal
    currency: str
    given: int
    open: int
    used: int
    expired: int


def owed_coupons(*, now: datetime) -> list[Owed]:
    """What was given, by reason and worth: the most that may still be asked for, and what was. One query."""
    rows = (
        Coupon.objects.order_by()
        .values("worth", "value", "currency", is_thanks=~Q(thanks_for=""))
        .annotate(
            given=Count("pk"),
            open=Count("pk", filter=Q(redeemed_at=None, expires_at__gte=now)),
            used=Count("pk", filter=Q(redeemed_at__isnull=False)),
            expired=Count("pk", filter=Q(redeemed_at=None, expires_at__lt=now)),
        )
    )
    return sorted((Owed(**row) for row in rows), key=lambda row: (not row.is_thanks, row.worth, row.currency, -row.value))
