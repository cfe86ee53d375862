"""A coupon for having written, the same whatever was written. What a review says is not looked at here."""

from datetime import datetime

from reviews.events import THANKS_GIVEN
from reviews.models import Review
from reviews.services.book import held_order, note, tell
from reviews.types import Origin, ReviewState, Step
from rewards.models import Coupon
from rewards.selectors import coupons_of_thanks
from rewards.services import NoCoupon, give_thanks

GONE = (ReviewState.WITHDRAWN, ReviewState.ERASED)


def thank(*, review: Review, at: datetime) -> Coupon | None:
    """Give the order's one thank-you coupon for the first review of it; None when there is none to give, or it was given.

    Only who was told of it before writing gets it, and then the review bears the badge: both are the same fact.
    """
    if not review.is_incentivised or review.origin != Origin.PORTAL or review.state in GONE or review.order_id is None:
        return None
    order = held_order(review.order_id)
    if coupons_of_thanks([order.public_id]):
        return None
    try:
        coupon = give_thanks(customer_id=review.customer_id, thanks_for=order.public_id, currency=order.currency, at=at)
    except NoCoupon:
        return None
    note(review, Step.THANKED, at)
    tell(THANKS_GIVEN, review, at, coupon=coupon.pk)
    return coupon


def thank_for(*, review_id: int, at: datetime) -> Coupon | None:
    """The same by the review's id, as events name it; None when it is gone."""
    review: Review | None = Review.objects.filter(pk=review_id).first()
    return thank(review=review, at=at) if review is not None else None
