"""The queue of reviews to decide: words, pictures and what the checks found, and nothing of how content their authors are.

Decided by the published grounds, one by one or several at once; the last decision can be taken back for a while.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from dashboard.rules import reviews as look
from dashboard.views.base import page, staff_page
from dashboard.views.review_parts import flags_of, parts_of, photo_of, words_of
from merchants.audit import About, record
from merchants.selectors import base_url
from merchants.staff import Actor
from merchants.types import Deed
from reviews.models import Review
from reviews.selectors.moderation import COUNTED, BadPage, Waiting, queue, reviews_named
from reviews.selectors.photos import PhotoNotFound
from reviews.selectors.photos import photo as photo_row
from reviews.services import moderation, publishing
from reviews.services.book import ReviewRefused

UNDO = timedelta(minutes=15)  # how long the way back is offered
UNDONE = "undo_review"
MOST_NOTE = 300
PROOF = "/reviews/about/"


@require_safe
@staff_page()
def queue_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    try:
        found = queue(page=number)
    except BadPage:
        return redirect("dashboard:reviews")
    at = now()
    context = {
        "here": "reviews",
        "now": at,
        "rows": [_row(row, at) for row in found.rows],
        "waiting": f"{found.count}+" if found.count == COUNTED else found.count,
        "next": f"page={found.page + 1}" if found.page < found.pages else "",
        "before": f"page={found.page - 1}" if found.page > 1 else "",
        "sentence": _sentence(found.count),
        "grounds": look.ground_choices(),
        "proof_url": f"{base_url()}{PROOF}",
        "undo": last_decision(request),
    }
    return page(request, actor, "dashboard/reviews.html", context)


def _sentence(count: int) -> str:
    if not count:
        return _("No review waits for a decision.")
    return ngettext("%(n)s review waits for a decision.", "%(n)s reviews wait for a decision.", count) % {"n": count}


def _row(row: Waiting, at: datetime) -> dict[str, Any]:
    """What may be judged: the words and the pictures."""
    review = row.review
    flags = flags_of(review)
    return {
        "id": review.pk,
        "public_id": review.public_id,
        "product": review.product_title,
        "variant": review.variant_title,
        "is_verified": review.is_verified,
        "origin": review.origin_name,
        "is_edited": review.is_edited,
        "is_waiting": not row.is_text_decided,
        "language": review.language,
        "waits": look.waits(row.waits_since, at),
        "words": words_of(review),
        "author": parts_of(review.author, "author", flags),
        "fit": review.get_fit_display(),
        "flags": flags,
        "photos": [photo_of(photo) for photo in row.photos],
        "before": [str(text) for text in row.before.values() if text and isinstance(text, str)],
    }


# Deciding


def back(request: HttpRequest) -> HttpResponse:
    """To the page the decision was made on, when it is one of ours."""
    to = request.POST.get("back", "")
    is_ours = to.startswith(reverse("dashboard:reviews")) and url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    return redirect(to if is_ours else "dashboard:reviews")


def _ground(request: HttpRequest) -> str:
    """The ground the pressed button stands for; empty to publish. Anything else is nobody's button."""
    if request.GET.get("act") == "publish":
        return ""
    return request.GET.get("ground", "") or "?"


def _note(request: HttpRequest, chosen: Sequence[str]) -> str:
    """What the authors are told: typed beside the one, or for all of them."""
    own = request.POST.get(f"note-{chosen[0]}", "") if request.POST.get("only") and chosen else ""
    return (own or request.POST.get("note", "")).replace("\0", "").strip()[:MOST_NOTE]


@require_POST
@staff_page(acts=True)
def decide(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The pressed one, else the selected ones. What was decided meanwhile is left as it is, and said so."""
    chosen = [text[:64] for text in (request.POST.getlist("only") or request.POST.getlist("id"))[: moderation.MANY]]
    ground, at = _ground(request), now()
    rows = [row for row in reviews_named(public_ids=chosen) if row.state == "pending"]
    try:
        done = moderation.decide_many(reviews=rows, ground=ground, note=_note(request, chosen), user=actor.user, at=at)
    except ReviewRefused as refused:
        messages.error(request, " ".join(text for _field, text in refused.refusals))
        return back(request)
    if done > 1:
        record(Deed.BULK, About("dashboard:review_decide"), {"rows": done, "ground": ground})
    _tell(request, done, len(set(chosen)) - done, is_published=not ground)
    if done:
        _remember(request, "reject" if ground else "publish", [row.public_id for row in rows], at)
    return back(request)


def _tell(request: HttpRequest, done: int, left: int, *, is_published: bool) -> None:
    if not done:
        messages.warning(request, _("Nothing was changed: select a review that still waits."))
        return
    if is_published:
        said = ngettext("%(n)s review published.", "%(n)s reviews published.", done)
    else:
        said = ngettext(
            "%(n)s review not published; its author is told why.", "%(n)s reviews not published; their authors are told why.", done
        )
    parts = [said % {"n": done}]
    if left > 0:
        parts.append(ngettext("%(n)s was decided meanwhile.", "%(n)s were decided meanwhile.", left) % {"n": left})
    messages.success(request, " ".join(parts))


@require_POST
@staff_page(acts=True)
def decide_photo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One picture: shown once its review is, or not shown for a ground."""
    ground = _ground(request)
    try:
        row = photo_row(public_id=request.POST.get("photo", "")[:64])
        moderation.decide_photo(photo=row, ground=ground, user=actor.user, at=now())
    except PhotoNotFound:
        raise Http404 from None
    except ReviewRefused as refused:
        messages.error(request, " ".join(text for _field, text in refused.refusals))
        return back(request)
    messages.success(request, _("The picture is not shown.") if ground else _("The picture is shown once its review is published."))
    return back(request)


# Taking back


def _remember(request: HttpRequest, act: str, ids: Sequence[str], at: datetime) -> None:
    """What the next press of Undo takes back."""
    until = int((at + UNDO).timestamp())
    request.session[UNDONE] = {"act": act, "ids": list(ids), "n": len(ids), "at": at.isoformat(), "until": until}


def last_decision(request: HttpRequest) -> Mapping[str, Any] | None:
    """What can be taken back, while it can."""
    held: Mapping[str, Any] = request.session.get(UNDONE) or {}
    return held if held.get("until", 0) > int(now().timestamp()) else None


@require_POST
@staff_page(acts=True)
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The last decision is taken back: those reviews wait again. What somebody decided anew since is left as it is."""
    held, at = last_decision(request), now()
    request.session.pop(UNDONE, None)
    if held is None:
        messages.warning(request, _("There is nothing to undo."))
        return redirect("dashboard:reviews")
    state = "published" if held["act"] == "publish" else "rejected"
    rows = [row for row in reviews_named(public_ids=held["ids"]) if row.state == state and _stamp(row) == held["at"]]
    n = sum(_is_restored(row, actor, at) for row in rows)
    said = ngettext("%(n)s review waits again.", "%(n)s reviews wait again.", n) % {"n": n}
    (messages.success if n else messages.warning)(request, said if n else _("There is nothing to undo."))
    return redirect("dashboard:reviews")


def _stamp(row: Review) -> str:
    return row.decided_at.isoformat() if row.decided_at else ""


def _is_restored(row: Review, actor: Actor, at: datetime) -> bool:
    try:
        publishing.restore(review=row, user=actor.user, at=at)
    except ReviewRefused:  # taken back by its author since it was read
        return False
    return True
