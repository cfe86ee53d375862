"""Messages of reviews, surveys and themes.

What asks for something, or tells news nobody waits for, needs consent where the country wants it, keeps daytime where the shopper is,
waits for days while something is unsettled, and can be ended with one press. What answers an author goes to that author alone.
"""

from datetime import time, timedelta
from typing import Any

from customers.types import Channel, Topic
from notifications.entry import HOLD, Entry
from notifications.types import Kind

DAYTIME = (time(9), time(21))
PATIENCE = timedelta(days=14)  # as long as a question may wait for trouble to be over

REQUEST: dict[str, Any] = {"named": "request", "is_void_when_cancelled": True, "per": "state"}


def _asking(kind: Kind, event: str, subject: str, transition: str, **over: Any) -> Entry:
    """A question, or news of what shoppers asked for."""
    values: dict[str, Any] = {
        "channels": (Channel.EMAIL,),
        "lifetime": PATIENCE,
        "topic": Topic.REVIEWS,
        "window": DAYTIME,
        "is_mandatory": False,
        "is_important": False,
        "is_patient": True,
        **over,
    }
    return Entry(kind=kind, event=event, subject=subject, transition=transition, **values)


def _told(kind: Kind, event: str, transition: str, **over: Any) -> Entry:
    """Something the author of a review is told of it."""
    values: dict[str, Any] = {
        "channels": (Channel.EMAIL,),
        "lifetime": timedelta(days=7),
        "topic": Topic.ORDERS,
        "is_mandatory": False,
        **over,
    }
    return Entry(kind=kind, event=event, subject="review", transition=transition, **values)


ABOUT_REVIEWS = (
    _asking(Kind.REVIEW_REQUEST, "reviews.request.due", "review_request", "due", **REQUEST),
    _asking(Kind.REVIEW_REMINDER, "reviews.request.reminder_due", "review_request", "reminder", **REQUEST),
    # All of an order's that are published within the hold are one message, and its coupon with them.
    _told(Kind.REVIEW_PUBLISHED, "reviews.review.published", "published", hold=HOLD, is_important=False, per="state"),
    _told(Kind.REVIEW_REJECTED, "reviews.review.rejected", "rejected", per="event"),
    _told(Kind.REVIEW_ANSWERED, "reviews.review.replied", "answered", also=("reviews.note.written",), per="state"),
    _told(Kind.REVIEW_THANKS, "reviews.thanks.given", "thanked", hold=HOLD),
    _asking(Kind.SURVEY, "reviews.survey.due", "survey_invite", "due", named="invite"),
    _asking(Kind.THEME_DONE, "reviews.theme.done", "theme_mark", "done", named="mark"),
)
