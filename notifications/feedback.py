"""Questions, reviews and raised themes behind messages: the rows, how they stand, and whom their news go to. Stars are never read."""

from collections.abc import Iterable, Mapping
from typing import Any

from customers.types import Contact
from merchants.models import MerchantModel
from notifications.rules.feedback import GONE, Feedback
from notifications.types import Kind
from orders.models import Order, OrderLine
from orders.types import OrderState, PaymentState
from returns.types import ReturnState
from reviews.models import Review, ReviewRequest, SurveyInvite, ThemeMark
from reviews.types import Origin, Step, Trigger
from rewards.models import Coupon
from rewards.selectors import coupons_of_thanks

ROWS: dict[str, type[MerchantModel]] = {
    "review_request": ReviewRequest,
    "review": Review,
    "survey_invite": SurveyInvite,
    "theme_mark": ThemeMark,
}
# Joined and fetched with the rows of each table, so that deciding and composing ask for nothing more.
JOINED: dict[type[MerchantModel], tuple[str, ...]] = {
    ReviewRequest: ("order__customer",),
    Review: ("order__customer", "customer", "order_line"),
    SurveyInvite: ("order__customer", "survey"),
    ThemeMark: ("theme", "voice__order__customer", "voice__customer", "voice__product"),
}
FETCHED: dict[type[MerchantModel], tuple[str, ...]] = {
    ReviewRequest: ("order__lines__return_lines__case", "order__reviews"),
    Review: ("changes", "replies", "notes", "order__reviews__order_line"),
}
NOT_BACK = frozenset({ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED})
ANSWERED = {"reviews.review.replied": "reply", "reviews.note.written": "note"}


def order_of(row: Any) -> Order | None:
    """The order it belongs to; what was said elsewhere may belong to none."""
    order: Order | None = row.voice.order if isinstance(row, ThemeMark) else row.order
    return order


def contact_of_feedback(row: Any) -> Contact | None:
    """Who bought, or who wrote. None for what was brought along from elsewhere: nobody is written to about words of years ago."""
    if isinstance(row, Review) and row.origin == Origin.IMPORT:
        return None
    order = order_of(row)
    customer = row.voice.customer if isinstance(row, ThemeMark) else getattr(row, "customer", None)
    if order is not None:
        return Contact(order.customer_id, order.first_name, order.email, order.phone, order.language, {})
    if customer is None:
        return None
    return Contact(customer.pk, customer.first_name, customer.email, "", customer.language, {})


def feedback_of(row: Any, kind: str, *, told: str = "") -> Feedback:
    """The row as decisions see it."""
    if isinstance(row, ReviewRequest):
        return Feedback(row.state, told, _unasked(row))
    if isinstance(row, SurveyInvite):
        return Feedback(row.state, told, _unsurveyed(row))
    if isinstance(row, ThemeMark):
        return Feedback("", obstacle="taken away" if row.is_off else "" if row.theme.state == "done" else row.theme.state)
    if kind == Kind.REVIEW_ANSWERED:
        return Feedback(row.state, told, "" if answer_of(row, told) is not None else "the answer is gone")
    return Feedback(row.state, told)


def told_of(row: Any, kind: str, event_type: str, payload: Mapping[str, Any]) -> str:
    """What sets this fact apart: which answer it is, how often the review had been turned down when it was published, or that the
    question was put off before."""
    if isinstance(row, ReviewRequest):
        return "again" if row.deferred_at is not None else ""
    if not isinstance(row, Review):
        return ""
    if kind == Kind.REVIEW_ANSWERED:
        reply = next(iter(row.replies.all()), None)
        return f"note{payload.get('note', '')}" if event_type == "reviews.note.written" else f"reply{reply.pk if reply is not None else ''}"
    if kind == Kind.REVIEW_PUBLISHED:
        times = sum(change.step == Step.REJECTED for change in row.changes.all())
        return f"again{times}" if times else ""
    return ""


def answer_of(row: Review, told: str) -> Any:
    """The public reply or the note a message tells; None when it is gone."""
    rows: Iterable[Any] = row.notes.all() if told.startswith("note") else row.replies.all()
    return next((one for one in rows if str(one.pk) == told.removeprefix("note").removeprefix("reply")), None)


def lines_to_ask(row: ReviewRequest) -> list[OrderLine]:
    """Of the lines it is about those the shopper still has and has not reviewed."""
    wanted = {int(pk) for pk in row.lines}
    written = {review.order_line_id for review in row.order.reviews.all() if review.state not in GONE}
    lines = [line for line in row.order.lines.all() if line.pk in wanted and line.pk not in written and _is_kept(line)]
    return sorted(lines, key=lambda line: (line.position, line.pk))


def _is_kept(line: OrderLine) -> bool:
    back = sum(one.quantity for one in line.return_lines.all() if one.case.state not in NOT_BACK)
    return line.quantity - line.quantity_removed - back > 0


def _unasked(row: ReviewRequest) -> str:
    if is_paid_back(row.order):
        return "the money went back"
    return "" if lines_to_ask(row) else "sent back or reviewed"


def _unsurveyed(row: SurveyInvite) -> str:
    if not row.survey.is_on:
        return "the survey is over"
    if row.survey.trigger == Trigger.DELIVERED and (row.order.state == OrderState.CANCELLED or is_paid_back(row.order)):
        return "the order was taken back"
    return ""


def is_paid_back(order: Order) -> bool:
    """Whether all of its money went back."""
    return order.payment_state == PaymentState.REFUNDED


def thanks_for(rows: Iterable[Any]) -> dict[str, Coupon]:
    """The coupon given for each of these reviews' or questions' orders, by the order's public id; at most one query."""
    keys = {row.order.public_id for row in rows if isinstance(row, ReviewRequest | Review) and row.order is not None}
    return coupons_of_thanks(keys) if keys else {}
