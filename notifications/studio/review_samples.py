"""Made-up rows for messages of reviews, surveys and themes, so that they can be looked at before anybody was asked. What was bought is
the order's own; what its shopper would have said is made up, and nothing is ever stored.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from merchants.models import MerchantModel
from notifications.background import Background
from notifications.models import Message
from notifications.registry import entry_of
from notifications.types import Kind
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewChange, ReviewNote, ReviewReply, ReviewRequest, Survey, SurveyInvite, Theme, ThemeMark, Voice
from reviews.types import Ground, RequestState, ReviewState, Step, ThemeState, Trigger
from rewards.models import Coupon
from rewards.rules import SAMPLE
from rewards.types import Worth

DAY = timedelta(days=1)
OPEN_FOR = 90 * DAY
GROUNDS = tuple(Ground)
QUESTIONS = {
    "questions": [
        {"key": "product", "kind": "csat", "text": {"en": "How satisfied are you with what you bought?"}},
        {"key": "delivery", "kind": "csat", "text": {"en": "How satisfied are you with the delivery?"}},
    ]
}


def is_made_up(kind: str) -> bool:
    """Whether the message is shown with a made-up row."""
    return entry_of(kind).is_about_feedback


def example_for(message: Message, now: datetime) -> Background:
    """What the message is about, for its order; orders that follow each other show what else may be said."""
    subject = entry_of(message.kind).subject
    message.subject_id = 1
    if message.kind == Kind.REVIEW_ANSWERED:
        is_note = (message.order_id or 0) % 2
        message.dedupe_key = f"{message.kind}:{subject}1:answered-{'note' if is_note else 'reply'}1:{message.channel}:none"
    order = message.order
    assert order is not None, "an example is made for an order"
    coupon = Coupon(code=SAMPLE, worth=Worth.PERCENT, value=10, minimum=0, issued_at=now, expires_at=now + 60 * DAY)
    thanks = {order.public_id: coupon} if subject == "review" else {}
    return Background(rows={subject: {1: MAKERS[subject](order, message, now)}}, thanks=thanks)


def _request(order: Order, message: Message, now: datetime) -> ReviewRequest:
    parcel = message.shipment
    lines = [row.order_line_id for row in parcel.lines.all()] if parcel is not None else []
    return ReviewRequest(
        pk=1,
        order=order,
        shipment=parcel,
        state=RequestState.ASKED,
        lines=lines or [line.pk for line in order.lines.all()],
        delivered_at=(parcel.delivered_at if parcel is not None else None) or now - 7 * DAY,
        due_at=now,
        ends_at=now + OPEN_FOR,
    )


def _review(order: Order, message: Message, now: datetime) -> Review:
    line = _first_line(order)
    ground = GROUNDS[order.pk % len(GROUNDS)]
    row = Review(
        pk=1,
        order=order,
        order_line=line,
        customer=order.customer,
        product_key="example",
        product_title=line.title if line is not None else "",
        variant_title=line.variant_title if line is not None else "",
        state=ReviewState.REJECTED if message.kind == Kind.REVIEW_REJECTED else ReviewState.PUBLISHED,
        ground=ground if message.kind == Kind.REVIEW_REJECTED else "",
        language=order.language,
        written_at=now,
        decided_at=now,
    )
    _keep(row, "changes", ReviewChange, [ReviewChange(pk=1, review=row, step=Step.REJECTED, at=now, ground=ground)])
    _keep(row, "replies", ReviewReply, [ReviewReply(pk=1, review=row, text=str(_("Your public answer stands here.")), at=now)])
    _keep(row, "notes", ReviewNote, [ReviewNote(pk=1, review=row, is_of_staff=True, text=str(_("Your message stands here.")), at=now)])
    return row


def _first_line(order: Order) -> OrderLine | None:
    return min(order.lines.all(), key=lambda line: (line.position, line.pk), default=None)


def _keep(row: Review, name: str, model: type[MerchantModel], rows: Sequence[Any]) -> None:
    """Let `row.<name>.all()` answer these and ask nobody."""
    kept: QuerySet[Any] = model.objects.none()
    kept._result_cache = list(rows)
    vars(row).setdefault("_prefetched_objects_cache", {})[name] = kept


def _invite(order: Order, message: Message, now: datetime) -> SurveyInvite:
    """By the merchant's newest survey that follows a parcel or a case; by two plain questions while there is none."""
    newest = Survey.objects.filter(is_on=True).exclude(trigger=Trigger.NONE).order_by("-updated_at", "-pk").first()
    survey = newest or Survey(pk=1, key="example", name="", definition=QUESTIONS, is_on=True)
    return SurveyInvite(pk=1, survey=survey, order=order, subject="", state=RequestState.ASKED, due_at=now, ends_at=now + OPEN_FOR)


def _mark(order: Order, message: Message, now: datetime) -> ThemeMark:
    """By the merchant's newest theme that is done, with what its shoppers are told; never with anybody's own words."""
    newest = Theme.objects.filter(state=ThemeState.DONE).order_by("-done_at", "-pk").first()
    note = {message.language: str(_("Your note to those who raised it stands here."))}
    theme = newest or Theme(pk=1, key="example", names={message.language: str(_("Packaging"))}, state=ThemeState.DONE, note=note)
    voice = Voice(pk=1, order=order, customer=order.customer, text=str(_("What the shopper wrote stands here.")), said_at=now - 60 * DAY)
    return ThemeMark(pk=1, theme=theme, voice=voice, said_at=now)


MAKERS: dict[str, Callable[[Order, Message, datetime], Any]] = {
    "review_request": _request,
    "review": _review,
    "survey_invite": _invite,
    "theme_mark": _mark,
}
