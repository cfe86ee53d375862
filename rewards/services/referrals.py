"""Referral codes: one per shopper, counted once per order, and not for oneself."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from customers.models import Customer
from customers.selectors import usable_email
from events.services import emit
from rewards.events import REFERRAL_REDEEMED
from rewards.models import Referral, ReferralCode
from rewards.selectors import CodeNotFound, referral_codes_of, referral_of_code
from rewards.services.codes import draw_codes

RETRIES = 3


class OwnCode(ValueError):
    """Nobody refers themselves."""


class AlreadyCounted(ValueError):
    """The order was brought by a code before."""


def draft_referral_code(*, customer_id: int, code: str, at: datetime) -> ReferralCode:
    """A shopper's own code, not stored yet."""
    return ReferralCode(code=code, customer_id=customer_id, created_at=at)


def keep_referral_codes(codes: Sequence[ReferralCode]) -> None:
    """Store drafted codes, in one statement. A shopper who got one meanwhile undoes the caller's transaction."""
    if codes:
        ReferralCode.objects.bulk_create(codes)


def referral_code(*, customer: Customer, at: datetime) -> ReferralCode:
    """The shopper's code: the one they have, else a new one. Refuses (CodeNotFound) only when no code is free."""
    for _ in range(RETRIES):
        if row := referral_codes_of([customer.pk]).get(customer.pk):
            return row
        [code] = draw_codes(1)
        row = draft_referral_code(customer_id=customer.pk, code=code, at=at)
        try:
            with transaction.atomic():
                keep_referral_codes([row])
        except IntegrityError:  # somebody made it, or drew the code, at the same moment
            continue
        return row
    raise CodeNotFound("no free code was found")


def redeem_referral(*, code: str, order_number: str, customer_email: str, at: datetime) -> Referral:
    """Count an order as brought by a code.

    Refuses unknown codes and those of erased shoppers (CodeNotFound), the shopper's own code (OwnCode), and an order that was
    counted before (AlreadyCounted). Nothing changes then.
    """
    owner = referral_of_code(code=code)
    if owner.customer.erased_at is not None:
        raise CodeNotFound("no such referral code")
    if owner.customer.email_normalised and owner.customer.email_normalised == usable_email(customer_email):
        raise OwnCode("nobody can use their own referral code")
    referral = Referral(referral_code=owner, order_number=order_number, redeemed_at=at)
    try:
        with transaction.atomic():
            referral.save(force_insert=True)
    except IntegrityError:
        raise AlreadyCounted("this order was counted for a referral before") from None
    emit(type=REFERRAL_REDEEMED, payload={"referral": referral.pk, "referral_code": owner.pk}, at=at)
    return referral
