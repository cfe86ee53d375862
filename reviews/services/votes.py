"""Whether shoppers found a review helpful: one voice each, of those who are signed in."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from customers.models import Customer
from reviews.models import Review, ReviewVote
from reviews.services.book import held_review, refuse
from reviews.types import ReviewState

PER_DAY = 50  # of one shopper
COUNT = {True: "helpful", False: "unhelpful"}


def vote(*, review: Review, customer_id: int, is_helpful: bool, at: datetime) -> Review:
    """Count a voice. Said again, nothing changes; a changed mind moves it.

    Refuses (ReviewRefused) a review that is not published or one's own (`review`), an unknown or erased shopper (`customer`), and the
    fifty-first of a shopper's day (`customer`).
    """
    # The shopper before the review, as an erasure holds them; and the fiftieth of a day is not cast twice at once.
    is_known = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id, erased_at=None).exists()
    row = held_review(review)
    if row.state != ReviewState.PUBLISHED:
        raise refuse("review", _("This review is not shown any more."))
    if row.customer_id == customer_id:
        raise refuse("review", _("This is your own review."))
    if not is_known:
        raise refuse("customer", _("Please sign in first."))
    known = ReviewVote.objects.filter(review=row, customer=customer_id).first()
    if known is not None and known.is_helpful == is_helpful:
        return row
    if known is None and ReviewVote.objects.filter(customer=customer_id, at__gt=at - timedelta(days=1)).count() >= PER_DAY:
        raise refuse("customer", _("That is enough for today. Please go on tomorrow."))
    changed = [_count(row, is_helpful, 1), *([] if known is None else [_count(row, known.is_helpful, -1)])]
    ReviewVote.objects.update_or_create(review=row, customer_id=customer_id, defaults={"is_helpful": is_helpful, "at": at})
    row.save(update_fields=changed)
    return row


def forget_votes(*, customer_id: int) -> int:
    """A shopper's voices go, and with them what they counted. Returns how many."""
    votes = list(ReviewVote.objects.filter(customer=customer_id).order_by("review_id"))
    for one in votes:
        row: Review = Review.objects.select_for_update(no_key=True).get(pk=one.review_id)
        row.save(update_fields=[_count(row, one.is_helpful, -1)])
        one.delete()
    return len(votes)


def _count(row: Review, is_helpful: bool, by: int) -> str:
    """Move a count of a review that is held; returns its column."""
    name = COUNT[is_helpful]
    setattr(row, name, max(0, getattr(row, name) + by))
    return name
