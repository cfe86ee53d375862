"""What Maya is asked about her headphones, what she says, and what is answered: rows as the room `reviews` leaves them."""

from datetime import datetime, timedelta
from typing import Any

from notifications.types import Kind
from orders.models import Order
from reviews.models import (
    Review,
    ReviewChange,
    ReviewNote,
    ReviewReply,
    ReviewRequest,
    Survey,
    SurveyInvite,
    Theme,
    ThemeMark,
    Voice,
)
from reviews.types import Ground, RequestState, ReviewState, Step, ThemeState, Trigger
from rewards.models import Coupon, ThanksRule
from rewards.services import draw_codes
from tracking.models import Shipment

CAME = datetime.fromisoformat("2026-11-23T18:00:00+00:00")
ASKED = datetime.fromisoformat("2026-11-30T16:00:00+00:00")
ENDS = ASKED + timedelta(days=90)
CSAT = {
    "intro": {"en": "Two taps, and you are done.", "de": "Zweimal tippen, fertig."},
    "questions": [
        {"key": "product", "kind": "csat", "text": {"en": "How do you like it?", "de": "Wie gefällt es?"}},
        {"key": "delivery", "kind": "csat", "text": {"en": "How was the delivery?", "de": "Wie war die Lieferung?"}},
        {"key": "words", "kind": "open", "text": {"en": "Anything else?"}},
    ],
}


def thanks_rule(**over: Any) -> ThanksRule:
    row, _ = ThanksRule.objects.update_or_create(defaults={"value": 10, "valid_days": 60, **over})
    return row


def coupon(order: Order, *, at: datetime = ASKED, code: str = "34679-CDFGH") -> Coupon:
    values = {"worth": "percent", "value": 10, "issued_at": at, "expires_at": at + timedelta(days=60)}
    row: Coupon = Coupon.objects.create(customer=order.customer, thanks_for=order.public_id, code=code, **values)
    return row


def request(order: Order, parcel: Shipment, **over: Any) -> ReviewRequest:
    values: dict[str, Any] = {
        "state": RequestState.ASKED,
        "lines": sorted(parcel.lines.values_list("order_line_id", flat=True)),
        "delivered_at": CAME,
        "due_at": ASKED,
        "asked_at": ASKED,
        "ends_at": ENDS,
        **over,
    }
    row: ReviewRequest = ReviewRequest.objects.create(order=order, shipment=parcel, **values)
    return row


def review(order: Order, external_id: str = "L1", **over: Any) -> Review:
    line = order.lines.get(external_id=external_id)
    state = over.get("state", ReviewState.PUBLISHED)
    values: dict[str, Any] = {
        "order_line": line,
        "customer": order.customer,
        "product_key": f"KEY/{external_id}",
        "product_title": line.title,
        "variant_title": line.variant_title,
        "language": "en",
        "text": "They sit well.",
        "is_verified": True,
        "written_at": ASKED,
        "decided_at": ASKED,
        "state": state,
        "published_at": ASKED if state == ReviewState.PUBLISHED else None,
        **over,
    }
    row: Review = Review.objects.create(order=order, **values)
    return row


def rejected(order: Order, ground: Ground = Ground.PERSONAL_DATA, note: str = "Please leave the driver's name out.", **over: Any) -> Review:
    row = review(order, **{"state": ReviewState.REJECTED, "ground": ground, **over})
    ReviewChange.objects.create(review=row, step=Step.REJECTED, at=ASKED, ground=ground, note=note)
    return row


def reply(row: Review, text: str = "Thank you, Maya.\nWe pass it on.") -> ReviewReply:
    made: ReviewReply = ReviewReply.objects.create(review=row, text=text, at=ASKED)
    return made


def note(row: Review, text: str = "Which size did you get?", *, is_of_staff: bool = True, at: datetime = ASKED) -> ReviewNote:
    made: ReviewNote = ReviewNote.objects.create(review=row, is_of_staff=is_of_staff, text=text, at=at)
    return made


def survey(key: str = "csat", **over: Any) -> Survey:
    values: dict[str, Any] = {
        "name": key,
        "trigger": Trigger.DELIVERED,
        "definition": CSAT,
        "is_on": True,
        "created_at": ASKED,
        "updated_at": ASKED,
        **over,
    }
    row, _ = Survey.objects.get_or_create(key=key, defaults=values)
    return row


def invite(order: Order, asked: Survey | None = None, **over: Any) -> SurveyInvite:
    values: dict[str, Any] = {"subject": f"order:{order.pk}", "state": RequestState.ASKED, "due_at": ASKED, "ends_at": ENDS, **over}
    row: SurveyInvite = SurveyInvite.objects.create(order=order, survey=asked or survey(), **values)
    return row


def mark(order: Order, **over: Any) -> ThemeMark:
    note = {"en": "The ear pads are wider now.", "de": "Die Polster sind jetzt breiter."}
    values: dict[str, Any] = {"key": f"pads{order.pk}", "names": {"en": "Narrow ear pads", "de": "Schmale Polster"}, "note": note, **over}
    theme = Theme.objects.create(state=ThemeState.DONE, done_at=ASKED, created_at=CAME, **values)
    words = {"source": "review", "source_id": str(order.pk), "text": "The pads press on my ears.", "said_at": CAME, "language": "en"}
    voice = Voice.objects.create(order=order, customer=order.customer, **words)
    row: ThemeMark = ThemeMark.objects.create(theme=theme, voice=voice, said_at=CAME)
    return row


def about(kind: Kind, order: Order, parcel: Shipment) -> dict[str, Any]:
    """What a message of the kind is about."""
    known: dict[str, Any] = {"order": order, "customer": order.customer}
    match kind:
        case Kind.REVIEW_REQUEST | Kind.REVIEW_REMINDER:
            thanks_rule()
            return {**known, "topic": "reviews", "subject_id": request(order, parcel).pk}
        case Kind.SURVEY:
            return {**known, "topic": "reviews", "subject_id": invite(order).pk}
        case Kind.THEME_DONE:
            return {**known, "topic": "reviews", "subject_id": mark(order).pk}
        case Kind.REVIEW_REJECTED:
            return {**known, "subject_id": rejected(order).pk}
        case Kind.REVIEW_ANSWERED:
            row = review(order)
            return {**known, "subject_id": row.pk, "dedupe_key": f"{kind}:review{row.pk}:answered-reply{reply(row).pk}:email:x"}
        case _:
            coupon(order, code=draw_codes(1)[0])
            return {**known, "subject_id": review(order).pk}
