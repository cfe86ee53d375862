"""What every step of a review does: hold it, write its history, tell."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from events.services import emit
from merchants.models import User
from orders.models import Order
from reviews.models import Review, ReviewChange
from reviews.types import Ground, ReviewState, Step


class ReviewRefused(ValueError):
    """Not possible as asked; `refusals` holds every reason at once, each as (field, words)."""

    def __init__(self, refusals: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in refusals))
        self.refusals = refusals


def refuse(field: str, text: str) -> ReviewRefused:
    """One refusal on its own."""
    return ReviewRefused([(field, text)])


def held_order(order_id: int) -> Order:
    """Everybody who writes about an order holds it first, so that two at once are one after the other."""
    order: Order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    return order


def held_review(review: Review) -> Review:
    """The review as it is now, held. Refuses (ReviewRefused: review) one that was erased."""
    row: Review = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    if row.state == ReviewState.ERASED:
        raise refuse("review", _("This review was erased."))
    return row


def note(
    review: Review, step: Step, at: datetime, *, user: User | None = None, ground: str = "", words: str = "", before: Any = None
) -> None:
    """One line of the review's history."""
    ReviewChange.objects.create(review=review, step=step, at=at, user=user, ground=ground, note=words[:300], before=before or {})


def tell(type: str, review: Review, at: datetime, **more: Any) -> None:
    """Publish an event; ids only."""
    whose = {"order": review.order_id} if review.order_id is not None else {}
    emit(type=type, payload={"review": review.pk, **whose, **more}, at=at)


def ground_of(value: str) -> Ground:
    """A published ground. Refuses (ReviewRefused: ground) any other: there is no ground for not liking what it says."""
    if value not in Ground.values:
        raise refuse("ground", _("Choose one of the published grounds."))
    return Ground(value)
