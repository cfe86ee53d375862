"""A shopper's reviews: what is left to write, what was written, one with what became of it, its change and its taking back."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.rules.reviews import FOLDED, LONGEST, Typed, fit_words, star_words, typed_in
from portal.selectors.reviews import Mine, has_fit_of, languages, mine_of, to_write
from portal.views.edge import PortalRequest, SignedInRequest, for_order, show, signed_in
from portal.views.review_form import said, words_of
from portal.views.review_photos import photos_in
from reviews.selectors.mine import ReviewNotFound, my_reviews, review_of_author
from reviews.selectors.photos import photo as photo_row
from reviews.services.photos import PER_REVIEW, remove_photo
from reviews.services.replies import ReplyRefused, write_note
from reviews.services.submitting import ReviewRefused, edit_review, withdraw_review
from reviews.types import ReviewState

CHANGEABLE = (ReviewState.PENDING, ReviewState.PUBLISHED, ReviewState.REJECTED)
PER_PAGE = 20


@signed_in
@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    """What is left to write, and what was written with what became of it."""
    waiting = to_write(request.customer, now=request.now)
    found = Paginator(my_reviews(request.customer.pk), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {"waiting": waiting if found.number == 1 else [], "written": mine_of(list(found.object_list)), "found": found}
    return show(request, "reviews/mine.html", context)


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: PortalRequest, public_id: str) -> HttpResponse:
    """How it stands and what was answered; what its author writes here only the shop reads."""
    mine = _mine(request, public_id)
    if request.method != "POST":
        return _page(request, mine)
    if request.POST.get("act") == "remove-photo":
        return _remove_photo(request, mine)
    text = request.POST.get("text", "")
    try:
        note = write_note(review=mine.row, text=text, is_of_staff=False, user=None, at=request.now)
    except ReplyRefused as refused:
        return _page(request, mine, errors={"text": refused.text}, typed=text)
    return HttpResponseRedirect(f"{request.path}#note-{note.pk}")


def _remove_photo(request: PortalRequest, mine: Mine) -> HttpResponse:
    """A picture of this review, and of no other; removed before, it is gone all the same."""
    wanted = request.POST.get("photo", "")
    if any(photo.id == wanted for photo in mine.photos) and mine.row.order_id is not None:
        remove_photo(photo=photo_row(public_id=wanted, order_id=mine.row.order_id), at=request.now)
    return HttpResponseRedirect(request.path)


def _page(request: PortalRequest, mine: Mine, *, errors: Mapping[str, str] | None = None, typed: str = "") -> HttpResponse:
    context = {
        "mine": mine,
        "order": mine.row.order,
        "can_change": mine.row.state in CHANGEABLE,
        "can_write": mine.row.state != ReviewState.ERASED,
        "is_changed": "changed" in request.GET and not errors,
        "errors": errors or {},
        "typed": typed[:3000],
    }
    return show(request, "reviews/one.html", context, status=422 if errors else 200)


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PortalRequest, public_id: str) -> HttpResponse:
    """Other words, other stars: by the author alone, and it is looked at again like a new one."""
    mine = _mine(request, public_id)
    if mine.row.state not in CHANGEABLE:
        return HttpResponseRedirect(reverse("review", args=[public_id]))
    if request.method != "POST":
        return _edit_page(request, mine, _typed_of(mine))
    line = mine.row.order_line
    photos, no_photo = photos_in(request, line, kept=request.POST.getlist("photo")) if line is not None else ((), "")
    typed = typed_in(request.POST.dict(), photos=photos)
    if typed.stars is None or no_photo:
        errors = {} if typed.stars else {"stars": _("Choose one to five stars.")}
        return _edit_page(request, mine, typed, errors={**errors, **({"photos": no_photo} if no_photo else {})})
    try:
        words, agrees = words_of(typed), typed.is_consented
        edit_review(review=mine.row, words=words, stars=typed.stars, at=request.now, photos=typed.photos, agrees=agrees)
    except ReviewRefused as refused:
        return _edit_page(request, mine, typed, errors=said(refused))
    return HttpResponseRedirect(reverse("review", args=[public_id]) + "?changed=1")


def _typed_of(mine: Mine) -> Typed:
    words = {name: getattr(mine.row, name) for name in LONGEST}
    return Typed(stars=mine.stars, fit=mine.row.fit, language=mine.row.language, can_share=mine.row.can_share, **words)


def _edit_page(request: PortalRequest, mine: Mine, typed: Typed, *, errors: Mapping[str, str] | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "mine": mine,
        "typed": typed,
        "errors": errors or {},
        "stars": star_words(),
        "fits": fit_words(),
        "has_fit": has_fit_of(mine.row),
        "languages_known": languages(),
        "most_photos": PER_REVIEW,
        "is_more_open": typed.has_more or FOLDED & set(errors or {}),
        **_uploads(mine, typed),
    }
    return show(request, "reviews/edit.html", context, status=422 if errors else 200)


def _uploads(mine: Mine, typed: Typed) -> dict[str, Any]:
    """Where further pictures go, and those sent with a form that came back."""
    order, line = mine.row.order, mine.row.order_line
    if order is None or line is None:
        return {"photos": [], "photos_path": ""}
    photo = reverse("order-review-photo", args=[order.public_id, "PHOTO"])
    path = reverse("order-review-photos", args=[order.public_id, line.public_id])
    return {"photos": [{"id": id, "url": photo.replace("PHOTO", id)} for id in typed.photos], "photos_path": path}


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PortalRequest, public_id: str) -> HttpResponse:
    """Asked once more, then it is gone from every page."""
    mine = _mine(request, public_id)
    target = reverse("review", args=[public_id])
    if mine.row.state not in CHANGEABLE:
        return HttpResponseRedirect(target)
    if request.method != "POST":
        return show(request, "reviews/withdraw.html", {"mine": mine})
    withdraw_review(review=mine.row, at=request.now)
    return HttpResponseRedirect(target)


def _mine(request: PortalRequest, public_id: str) -> Mine:
    """The asker's own review: the customer's, or one of the order a guest may see. Anybody else's is a 404, like none."""
    try:
        if request.guest is not None and request.customer is None:
            found = review_of_author(public_id, order=request.guest.order)
        elif request.customer is not None:
            found = review_of_author(public_id, customer_id=request.customer.pk)
        else:
            raise Http404
    except ReviewNotFound:
        raise Http404 from None
    request.can_act = True
    order = found.review.order
    path = reverse("order-review-photo", args=[order.public_id, "PHOTO"]) if order is not None else ""
    return mine_of([found], path=path)[0]
