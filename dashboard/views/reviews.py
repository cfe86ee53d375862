"""Reviews once they are decided, and one with everything known of it: its stars from then on, its answers, its story."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from core.cursor import BadCursor
from dashboard.rules import reviews as look
from dashboard.views import review_parts as parts
from dashboard.views.base import page, staff_page
from dashboard.views.moderation import MOST_NOTE, last_decision
from merchants.models import User
from merchants.selectors import current_merchant
from merchants.staff import Actor
from reviews.models import Review
from reviews.selectors.desk import DECIDED, ReviewNotFound, decided, find_reviews, review_by_id, whole
from reviews.selectors.photos import PhotoNotFound, picture
from reviews.selectors.photos import photo as photo_row
from reviews.services import moderation, publishing, replies
from reviews.services.book import ReviewRefused
from reviews.services.replies import ReplyRefused
from reviews.types import ReviewState

S = ReviewState
FIVE = range(1, 6)
Act = Callable[[HttpRequest, Review, User | None, datetime], str]


@require_safe
@staff_page()
def decided_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = request.GET.get("text", "").replace("\0", "").strip()[:120]
    state = request.GET.get("state", "") if request.GET.get("state") in DECIDED else ""
    try:
        found, following = (find_reviews(text=text), "") if text else decided(state=state, cursor=request.GET.get("cursor", "")[:300])
    except BadCursor:
        raise Http404 from None
    context = {
        "here": "reviews",
        "text": text,
        "pills": [
            {"state": key, "label": label, "on": key == state and not text}
            for key, label in (("", _("All")), *((one.value, one.label) for one in DECIDED))
        ],
        "rows": [_row(review) for review in found],
        "next": urlencode({"state": state, "cursor": following}) if following else "",
    }
    return page(request, actor, "dashboard/reviews_decided.html", context)


def _row(review: Review) -> dict[str, Any]:
    tone, icon = look.REVIEW_LOOKS[review.state]
    return {"review": review, "tone": tone, "icon": icon}


def review_or_404(review_id: int) -> Review:
    try:
        return review_by_id(review_id)
    except ReviewNotFound:
        raise Http404 from None


@require_safe
@staff_page()
def review_page(request: HttpRequest, actor: Actor, review_id: int) -> HttpResponse:
    return _show(request, actor, review_or_404(review_id))


def _show(
    request: HttpRequest,
    actor: Actor,
    review: Review,
    *,
    problems: Sequence[str] = (),
    posted: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = whole(review=review)
    is_waiting = review.state == S.PENDING
    tone, icon = look.REVIEW_LOOKS[review.state]
    reply = found.reply.text if found.reply else ""
    drafts = parts.drafts_of(review, current_merchant(), stars=found.stars) if review.state == S.PUBLISHED else []
    context = {
        "here": "reviews",
        "review": review,
        "tone": tone,
        "icon": icon,
        "is_waiting": is_waiting,
        "stars": found.stars,
        "five": FIVE,
        "stars_words": look.stars_words(found.stars),
        "earlier": [{"said": look.stars_words(row.stars), "at": row.at} for row in found.earlier],
        "words": parts.words_of(review),
        "flags": parts.flags_of(review) if is_waiting else [],
        "photos": [parts.photo_of(photo) for photo in found.photos],
        "reply": found.reply,
        "notes": found.notes,
        "story": parts.story_of(found.story),
        "task": None if is_waiting else found.task,  # that there is one tells the stars
        "facts": parts.facts_of(review.order, found.parcel, rated=found.rated, origin=review.origin_name),
        "grounds": look.ground_choices(),
        "may_restore": review.state == S.REJECTED,
        "may_take_down": review.state == S.PUBLISHED,
        "may_reply": review.state == S.PUBLISHED,
        "may_note": review.customer_id is not None,
        "problems": problems,
        "undo": last_decision(request),
        "note_text": (posted or {}).get("note", ""),
        **parts.answer_context(request, drafts, replied=reply, posted=(posted or {}).get("reply", "")),
    }
    return page(request, actor, "dashboard/review.html", context, status=status)


@require_safe
@staff_page()
def photo(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """One picture, as we wrote it anew; nothing else comes from this address."""
    try:
        body = picture(photo=photo_row(public_id=public_id))
    except PhotoNotFound:
        raise Http404 from None
    response = HttpResponse(body, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# What staff do with one


def _restore(request: HttpRequest, review: Review, user: User | None, at: datetime) -> str:
    publishing.restore(review=review, user=user, at=at)
    return _("It waits for a decision again.")


def _take_down(request: HttpRequest, review: Review, user: User | None, at: datetime) -> str:
    """What is public stays so but for a published ground; that it was taken down counts on the page everybody can check."""
    ground, note = request.POST.get("ground", "") or "?", request.POST.get("note", "").replace("\0", "").strip()[:MOST_NOTE]
    moderation.decide(review=review, ground=ground, note=note, user=user, at=at)
    return _("It is not shown any more; its author is told why.")


def _reply(request: HttpRequest, review: Review, user: User | None, at: datetime) -> str:
    if review.state != S.PUBLISHED:
        raise ReplyRefused("review", _("This review is not shown, so nobody would see an answer to it."))
    replies.reply(review=review, text=request.POST.get("text", ""), user=user, at=at)
    return _("The answer stands under the review, and its author is told.")


def _remove_reply(request: HttpRequest, review: Review, user: User | None, at: datetime) -> str:
    is_gone = replies.remove_reply(review=review, user=user, at=at)
    return _("The answer is gone.") if is_gone else _("There was no answer any more.")


def _note(request: HttpRequest, review: Review, user: User | None, at: datetime) -> str:
    replies.write_note(review=review, text=request.POST.get("text", ""), is_of_staff=True, user=user, at=at)
    return _("Sent to the author.")


ACTS: Mapping[str, Act] = {"restore": _restore, "take-down": _take_down, "reply": _reply, "remove-reply": _remove_reply, "note": _note}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, review_id: int, name: str) -> HttpResponse:
    """One press about one review; refused, the page says why and keeps what was typed."""
    review = review_or_404(review_id)
    if name not in ACTS:
        raise Http404
    try:
        said = ACTS[name](request, review, actor.user, now())
    except ReplyRefused as refused:
        kept = request.POST.get("text", "")[:4_000]
        return _show(request, actor, review, problems=[refused.text], posted={name: kept}, status=422)
    except ReviewRefused as refused:
        return _show(request, actor, review, problems=[text for _field, text in refused.refusals], status=409)
    messages.success(request, said)
    to = request.POST.get("back", "")
    is_ours = to.startswith(reverse("dashboard:feedback")) and url_has_allowed_host_and_scheme(
        to, {request.get_host()}, request.is_secure()
    )
    return redirect(to if is_ours else reverse("dashboard:review", args=[review.pk]))
