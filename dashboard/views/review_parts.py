"""What the review pages share: words with what a check found marked, pictures, what the order tells, the story, and drafts of answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.rules import reviews as look
from merchants.models import Branding, Merchant
from orders.models import Order
from returns.selectors.cases import claims_of_orders, returns_of_orders
from reviews.models import Review, ReviewChange, ReviewPhoto
from reviews.models.ratings import ParcelRating
from reviews.rules.replies import Draft, drafts
from reviews.types import Ground, PhotoState
from tracking.models import Shipment

FIELDS = (("title", ""), ("text", ""), ("pros", "Good"), ("cons", "Not so good"))
HAPPY = 4


def flags_of(review: Review) -> list[dict[str, str]]:
    """What the checks found, each with the ground it may be."""
    return [
        {"ground": str(Ground(flag["ground"]).label), "field": str(flag.get("field", "")), "found": str(flag.get("found", ""))}
        for flag in review.flags
        if isinstance(flag, dict) and flag.get("ground") in Ground.values
    ]


def words_of(review: Review) -> list[dict[str, Any]]:
    """Every field that says something, cut where a check found something."""
    flags = flags_of(review)
    return [
        {"name": name, "label": _(label) if label else "", "parts": parts_of(getattr(review, name), name, flags)}
        for name, label in FIELDS
        if getattr(review, name)
    ]


def parts_of(text: str, name: str, flags: Sequence[Mapping[str, str]]) -> list[look.Part]:
    found = [(flag["found"], flag["ground"]) for flag in flags if flag["field"] in (name, "")]
    return look.marked(text, look.spans_of(text, found))


def photo_of(photo: ReviewPhoto) -> dict[str, Any]:
    tone, icon = look.PHOTO_LOOKS[photo.state]
    return {
        "public_id": photo.public_id,
        "tone": tone,
        "icon": icon,
        "state": photo.get_state_display(),
        "ground": photo.get_ground_display() if photo.ground else "",
        "is_shown": photo.state == PhotoState.PUBLISHED,
        "is_hidden": photo.state == PhotoState.REJECTED,
        "is_consented": photo.consented_at is not None,
    }


def story_of(changes: Sequence[ReviewChange]) -> list[dict[str, Any]]:
    """The history, newest first, with who did it and the words an edit replaced."""
    return [
        {
            "change": row,
            "who": (row.user.name or row.user.email) if row.user else "",
            "before": [str(text) for text in row.before.values() if text and isinstance(text, str)],
        }
        for row in changes
    ]


def facts_of(order: Order | None, parcel: Shipment | None, *, rated: ParcelRating | None = None, origin: str = "") -> list[dict[str, str]]:
    """What the order and the parcel tell, each with where to read on."""
    if order is None:
        return [{"label": _("Comes from"), "text": origin}] if origin else []
    person = f"{order.first_name} {order.last_name}".strip()
    facts = [
        {
            "label": _("Order"),
            "text": order.number,
            "url": reverse("admin:orders_order_change", args=[order.pk]),
            "more": f"{order.total:.2f} {order.currency}",
        },
        {"label": _("Shopper"), "text": person or "–", "more": str(order.shipping_address.get("city", ""))},
    ]
    if parcel is not None:
        facts += [
            {"label": _("Parcel"), "text": parcel.get_status_display(), "more": look.day_text(parcel.delivered_at)},
            {"label": _("Carrier"), "text": parcel.carrier_name or parcel.carrier_code or "–", "more": parcel.tracking_number},
            {"label": _("Promised"), "text": look.promise_words(parcel.promised_by, parcel.delivered_at)},
        ]
    stars = [(_("Delivery"), rated.delivery), (_("Service"), rated.service)] if rated else []
    facts += [{"label": label, "text": look.stars_words(n), "more": _("not published")} for label, n in stars]
    return [fact for fact in facts if fact["text"]]


def cases_of(order: Order | None) -> list[dict[str, str]]:
    """The order's returns and claims: what may put it right."""
    if order is None:
        return []
    returns = [
        {"number": row.rma, "state": str(row.get_state_display()), "url": reverse("dashboard:return", args=[row.pk])}
        for row in returns_of_orders([order.pk]).get(order.pk, [])
    ]
    claims = [
        {"number": row.number, "state": str(row.get_state_display()), "url": reverse("dashboard:claim", args=[row.pk])}
        for row in claims_of_orders([order.pk]).get(order.pk, [])
    ]
    return returns + claims


def drafts_of(review: Review, merchant: Merchant, *, stars: int | None, area: str = "", case: str = "") -> list[Draft]:
    """Answers to begin with, in the author's language and the merchant's name."""
    team = Branding.objects.values_list("support_team", flat=True).first() or ""
    return drafts(
        language=review.language,
        merchant_name=merchant.name,
        author=review.author,
        product=review.product_title,
        area=area,
        case=case,
        is_happy=stars is not None and stars >= HAPPY,
        team=team,
    )


def answer_context(request: HttpRequest, found: Sequence[Draft], *, replied: str, posted: str = "") -> dict[str, Any]:
    """The form of the public answer: what was typed, else what stands there, else the draft that was chosen."""
    key = request.GET.get("draft", "")
    chosen = next((draft for draft in found if draft.key == key), None)
    return {
        "drafts": [{"key": draft.key, "label": look.DRAFTS.get(draft.key, draft.key)} for draft in found],
        "drafted": key,
        "reply_text": posted or (chosen.text if chosen else replied),
    }
