"""Writing about what came: one step per line, one about the delivery. By the link of a message without signing in, or as the owner.

A link is passed on and opened by scanners: reading changes nothing, and it tells the names of the goods, never a price or an address.
A draft is kept when its button is pressed, and by the script while one types.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.models import Order
from portal.rules.reviews import FOLDED, Typed, fit_words, is_blank, kept, star_words, stars_in, typed_in
from portal.selectors.orders import order_with_lines
from portal.selectors.reviews import Form, LineStep, ParcelStep, form_of, languages, photos_ready, request_about
from portal.views.edge import PortalRequest, for_order, page, show
from portal.views.orders import own
from portal.views.review_photos import photos_in
from portal.views.track import owns
from reviews.models import ReviewRequest
from reviews.selectors.asking import RequestNotFound, request_of_token
from reviews.services.asking import RequestOver, defer_request
from reviews.services.drafts import save_draft
from reviews.services.photos import PER_REVIEW
from reviews.services.submitting import ReviewRefused, rate_parcel, write_review
from reviews.types import RequestState, Words

LONGEST_REMARK = 1_000


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose form it is, where its pages lie, and the question it answers."""

    order: Order
    form: Form
    path: str
    photos: str  # where a line's pictures are sent, `LINE` in place of its id
    photo: str  # where one of them lies, `PHOTO` in place of its id
    request: ReviewRequest | None
    is_owner: bool


@page
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: PortalRequest, token: str) -> HttpResponse:
    """The lines of one parcel, for whoever holds the link. Forged links and those of other merchants are a plain 404."""
    try:
        asked = request_of_token(token=token, now=request.now)
    except RequestNotFound:
        raise Http404 from None
    row = asked.request
    is_owner = owns(request, row.order)
    if not asked.is_live:
        return show(request, "reviews/ended.html", {"order": row.order}, status=200 if request.method != "POST" else 409)
    form = form_of(row.order, now=request.now, lines=row.lines)
    photos, photo = reverse("review-form-photos", args=[token, "LINE"]), reverse("review-form-photo", args=[token, "PHOTO"])
    desk = Desk(row.order, form, reverse("review-form", args=[token]), photos, photo, row, is_owner)
    if row.state == RequestState.DEFERRED and request.method != "POST" and "came" not in request.GET:
        return _not_here_page(request, desk, row)
    return run(request, desk)


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def of_order(request: PortalRequest, public_id: str) -> HttpResponse:
    """Everything of an order that came."""
    order = own(order_with_lines, request, public_id)
    form = form_of(order, now=request.now)
    photos = reverse("order-review-photos", args=[public_id, "LINE"])
    photo = reverse("order-review-photo", args=[public_id, "PHOTO"])
    return run(request, Desk(order, form, reverse("order-reviews", args=[public_id]), photos, photo, None, True))


def run(request: PortalRequest, desk: Desk) -> HttpResponse:
    """The step its address names, else the first open one; what was sent goes to its service."""
    sent = request.POST if request.method == "POST" else request.GET
    line, parcel = desk.form.line(sent.get("line", "")), desk.form.parcel(sent.get("parcel", ""))
    if request.method != "POST":
        return _step_page(request, desk, line or parcel)
    if sent.get("act") == "not-here":
        return _not_here(request, desk, parcel)
    if parcel is not None:
        return _rate(request, desk, parcel)
    if line is None:
        raise Http404
    return _draft(request, desk, line) if sent.get("act") == "draft" else _write(request, desk, line)


def _to(desk: Desk, **query: str) -> str:
    return f"{desk.path}?{urlencode(query)}" if query else desk.path


# One line


def _write(request: PortalRequest, desk: Desk, step: LineStep) -> HttpResponse:
    """Send it off. Written already, by this form sent twice or in another window, it is that review."""
    if step.review is not None:
        return HttpResponseRedirect(_to(desk, written=step.id))
    typed, errors = _typed(request, desk, step)
    if typed.stars is None:
        errors["stars"] = _("Choose one to five stars.")
    if not errors and typed.stars is not None:
        try:
            row = desk.request or (request_about(step.shipment) if step.shipment is not None else None)
            write_review(
                line=step.line,
                words=words_of(typed),
                stars=typed.stars,
                at=request.now,
                request=row,
                customer_id=desk.order.customer_id,
                photos=typed.photos,
                agrees=typed.is_consented,
            )
            return HttpResponseRedirect(_to(desk, written=step.id))
        except ReviewRefused as refused:
            errors = said(refused)
    return _step_page(request, desk, replace(step, typed=typed), errors=errors)


def _draft(request: PortalRequest, desk: Desk, step: LineStep) -> HttpResponse:
    """Keep what is in the form; by the script without a word, else with a page that says so."""
    is_quiet = request.POST.get("quiet") == "1"
    if step.review is not None:
        return HttpResponse(status=409) if is_quiet else HttpResponseRedirect(_to(desk, written=step.id))
    typed, errors = _typed(request, desk, step)
    try:
        if not is_blank(typed):
            save_draft(line=step.line, request=desk.request, data=kept(typed), at=request.now)
    except ReviewRefused as refused:
        errors |= {"": refused.refusals[0][1]}
    if is_quiet:
        return HttpResponse(status=422 if errors else 204)
    if errors:
        return _step_page(request, desk, replace(step, typed=typed), errors=errors)
    return HttpResponseRedirect(_to(desk, line=step.id, saved="1"))


def _typed(request: PortalRequest, desk: Desk, step: LineStep) -> tuple[Typed, dict[str, str]]:
    photos, refused = photos_in(request, step.line, kept=request.POST.getlist("photo"))
    return typed_in(request.POST.dict(), photos=photos), {"photos": refused} if refused else {}


def words_of(typed: Typed) -> Words:
    """What the service takes."""
    return Words(
        title=typed.title,
        text=typed.text,
        pros=typed.pros,
        cons=typed.cons,
        fit=typed.fit,
        language=typed.language,
        author=typed.author,
        can_share=typed.can_share,
    )


def said(refused: ReviewRefused) -> dict[str, str]:
    """What a service refused, by the form's fields."""
    return {"" if field == "line" else field: str(text) for field, text in refused.refusals}


# The delivery


def _rate(request: PortalRequest, desk: Desk, step: ParcelStep) -> HttpResponse:
    sent = request.POST
    delivery = stars_in(sent.get("delivery", "")) if desk.form.plan.asks_delivery else None
    service = stars_in(sent.get("service", "")) if desk.form.plan.asks_service else None
    remark = sent.get("text", "").replace("\0", "").strip()
    errors: dict[str, str] = {}
    if delivery is None and service is None:
        errors["delivery" if desk.form.plan.asks_delivery else "service"] = _("Choose one to five stars.")
    if len(remark) > LONGEST_REMARK:
        errors["text"] = _("This is too long: at most %(most)s characters, and it has %(n)s.") % {"most": LONGEST_REMARK, "n": len(remark)}
    if not errors:
        try:
            rate_parcel(shipment=step.shipment, delivery=delivery, service=service, text=remark, at=request.now)
            return HttpResponseRedirect(_to(desk, rated=step.id))
        except ReviewRefused as refused:
            errors = said(refused)
    return _step_page(request, desk, step, errors=errors)


def _not_here(request: PortalRequest, desk: Desk, parcel: ParcelStep | None) -> HttpResponse:
    """Ask again later, and open the search; the owner goes straight to it."""
    shipment = desk.request.shipment if desk.request is not None else parcel.shipment if parcel is not None else None
    if shipment is None:
        raise Http404
    row = desk.request or request_about(shipment)
    if row is not None and row.state != RequestState.DEFERRED:
        with suppress(RequestOver):  # put off before, or answered: the search is open all the same
            row = defer_request(request=row, at=request.now)
    if desk.is_owner:
        return HttpResponseRedirect(reverse("order-not-here", args=[desk.order.public_id, shipment.public_id]))
    return _not_here_page(request, desk, row)


def _not_here_page(request: PortalRequest, desk: Desk, row: ReviewRequest | None) -> HttpResponse:
    shipment = row.shipment if row is not None else None
    is_deferred = row is not None and row.state == RequestState.DEFERRED
    context = {"order": desk.order, "request_row": row if is_deferred else None, "shipment": shipment, "paths": {"form": desk.path}}
    return show(request, "reviews/not_here.html", {**context, "is_owner": desk.is_owner})


# The page


def _step_page(
    request: PortalRequest, desk: Desk, step: LineStep | ParcelStep | None, *, errors: Mapping[str, str] | None = None
) -> HttpResponse:
    """A step's form; once none is open, the thanks with what became of each. A written line is shown there, not as a form."""
    form = desk.form
    done = form.line(request.GET.get("written", "")) or form.parcel(request.GET.get("rated", ""))
    if step is None or (isinstance(step, LineStep) and step.review is not None):
        step = form.after(done)
    context: dict[str, Any] = {
        "order": desk.order,
        "form": form,
        "step": step,
        "done": done if not errors else None,
        "is_saved": "saved" in request.GET and not errors,
        "is_owner": desk.is_owner,
        "by_link": desk.request is not None,
        "paths": {"form": desk.path},
        "errors": errors or {},
        "stars": star_words(),
    }
    if step is None:
        return show(request, "reviews/done.html", context)
    context |= {"number": form.number(step), "count": len(form.steps), "next": form.after(step)}
    status = 422 if errors else 200
    if isinstance(step, ParcelStep):
        return show(request, "reviews/parcel.html", {**context, "typed": _parcel_typed(request, step)}, status=status)
    typed = step.typed if request.method == "POST" else _begun(request, desk, step)
    ready = photos_ready(step.line, typed.photos) if typed.photos else []
    context |= {
        "typed": typed,
        "fits": fit_words(),
        "languages_known": languages(),
        "most_photos": PER_REVIEW,
        "is_more_open": typed.has_more or FOLDED & set(errors or {}),
        "photos": [{"id": id, "url": desk.photo.replace("PHOTO", id)} for id in ready],
        "photos_path": desk.photos.replace("LINE", step.id),
    }
    return show(request, "reviews/line.html", context, status=status)


def _begun(request: PortalRequest, desk: Desk, step: LineStep) -> Typed:
    """The draft; else an empty form with the stars tapped in the message, the reader's language and the first name."""
    tapped = stars_in(request.GET.get("stars", ""))
    if step.is_draft:
        return replace(step.typed, stars=step.typed.stars or tapped)
    return Typed(stars=tapped, language=request.LANGUAGE_CODE, author=desk.order.first_name[:60])


def _parcel_typed(request: PortalRequest, step: ParcelStep) -> dict[str, Any]:
    """As it was sent; else what was said before, else what was tapped in the message."""
    sent = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" and step.rating is not None:
        return {"delivery": step.rating.delivery, "service": step.rating.service, "text": step.rating.text}
    stars = {name: stars_in(sent.get(name, "")) for name in ("delivery", "service")}
    return {**stars, "text": request.POST.get("text", "")[: 3 * LONGEST_REMARK]}
