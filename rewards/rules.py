"""Codes people can read to each other, what a coupon takes off, and whether it can be used. No database, no clock."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.money import round_amount
from rewards.types import Basket, CouponState, Worth

# No two look alike in any hand or face (no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V), and without vowels no code spells a word.
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH, GROUP = 10, 5  # 2.6e13 codes: a million open ones are guessed once in 26 million tries
SAMPLE = "XXXXX-XXXXX"
LAST_MINUTE = time(23, 59, 59)


def spell(letters: str) -> str:
    """The code as it is kept and shown: `34679-CDFGH`."""
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def read(typed: str) -> str:
    """The code somebody typed, with or without dash, blanks and capitals; empty when it cannot be one."""
    letters = "".join(c for c in typed[:40].upper() if c not in "- \u2013\u2010\u2011\u00a0")
    return spell(letters) if len(letters) == LENGTH and all(c in ALPHABET for c in letters) else ""


def expiry(*, given_at: datetime, days: int, zone: str) -> datetime:
    """The last second of the day, in the merchant's zone, that lies this many days ahead."""
    local = given_at.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=days), LAST_MINUTE, ZoneInfo(zone))


def month_of(*, at: datetime, zone: str) -> tuple[datetime, datetime]:
    """The month this moment lies in, in the merchant's zone: its first moment, and the first one after it."""
    local = at.astimezone(ZoneInfo(zone))
    first = datetime(local.year, local.month, 1, tzinfo=ZoneInfo(zone))
    return first, datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=ZoneInfo(zone))


def state_of(*, redeemed_at: datetime | None, expires_at: datetime, now: datetime) -> CouponState:
    """A used coupon stays used; at its last second a coupon is still open."""
    if redeemed_at is not None:
        return CouponState.USED
    return CouponState.EXPIRED if now > expires_at else CouponState.OPEN


def shortfall(*, minimum: Decimal, currency: str, basket: Basket) -> str:
    """What is wrong with the basket for a coupon of this currency (empty: any) and minimum; empty when nothing is."""
    if currency and basket.currency != currency:
        return f"the coupon is in {currency}"
    if basket.total < minimum:
        return f"the coupon needs an order of at least {round_amount(minimum, basket.currency)} {basket.currency}"
    return ""


def discount(*, worth: str, value: Decimal, basket: Basket) -> Decimal:
    """What the coupon takes off, never more than the basket costs."""
    off = basket.total * value / 100 if worth == Worth.PERCENT else value
    return min(round_amount(off, basket.currency), basket.total)
