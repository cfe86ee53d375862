"""What of an order can go back and what is on its way; one return with all that can be done about it; all of a shopper's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orders.models import Order
from orders.selectors import OrderNotFound
from portal.rules import is_https
from portal.rules.drafts import tidy, too_long
from portal.rules.returns import next_best_words, return_state, way_words
from portal.selectors.cases import Look, exchanges_in, instead_of, lines_of, moneys_of, photos_by_line, qr_of, stops_of, sums_of
from portal.selectors.orders import order_with_lines
from portal.selectors.returns import keys_of, listed_of, next_step, shelf_of
from portal.views.edge import PortalRequest, SignedInRequest, for_order, show, signed_in
from portal.views.orders import own
from returns.models import Claim, Return
from returns.rules.reasons import shipped_name
from returns.rules.states import BEFORE_GOODS, CaseClosed
from returns.selectors import policy, reasons
from returns.selectors.cases import CaseNotFound, return_by_public_id
from returns.selectors.timeline import timeline_of
from returns.services import ReturnRefused, answer_return, cancel_return, tell_parcel
from returns.types import Actor, Origin, ReturnState, Way
from tracking.services import ShipmentRefused

PER_PAGE = 10
LONGEST_ANSWER, LONGEST_NUMBER, LONGEST_CARRIER = 1_000, 100, 80
TO_SEND = (ReturnState.APPROVED, ReturnState.LABELLED)


@for_order
@require_safe
def overview(request: PortalRequest, public_id: str) -> HttpResponse:
    """Line by line: until when it can go back, or why not and what helps; and what is on its way back."""
    order = own(order_with_lines, request, public_id)
    shelf = shelf_of(order, merchant=request.merchant, today=request.today)
    context = {
        "order": order,
        "cards": shelf.cards,
        "going": shelf.going,
        "can_return": shelf.can_return and not order.cancelled_at,
        "deadline": shelf.deadline,
        "delivered_on": shelf.dossier.situation.delivered_on,
        "is_refunded": 0 < order.total <= order.refunded_total,
        "policy": shelf.dossier.current,
        "current": "order-returns",
    }
    return show(request, "returns/overview.html", context)


@signed_in
@require_safe
def listing(request: SignedInRequest) -> HttpResponse:
    """All returns and problems of a shopper, newest first."""
    found = Paginator(keys_of(request.customer.pk), PER_PAGE).get_page(request.GET.get("page", "1"))
    pages = list(found.paginator.get_elided_page_range(found.number, on_each_side=1, on_ends=1))
    return show(request, "returns/list.html", {"going": listed_of(found.object_list), "found": found, "pages": pages, "policy": policy()})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a return is looked at: by the one who ordered, or by who got it as a gift."""

    order: Order
    paths: Mapping[str, str]
    actor: Actor
    photos: str = ""
    is_gift: bool = False


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: PortalRequest, public_id: str, case_id: str) -> HttpResponse:
    """One return of the one who ordered. A gift's is nobody's but its receiver's."""
    row = found_case(case_id, is_gift=False)
    order = own(owner_of(row), request, public_id)
    paths = {"case": reverse("order-return", args=[public_id, case_id]), "back": reverse("order-returns", args=[public_id])}
    paths["warranty"] = reverse("order-claim-new", args=[public_id]) + "?kind=warranty"
    origin = Origin.ACCOUNT if request.customer is not None else Origin.GUEST
    return run(request, Place(order, paths, Actor(origin), reverse("order-photos", args=[public_id])), row)


def found_case(case_id: str, *, is_gift: bool, order_id: int | None = None) -> Return:
    """A return with its order; a 404 for any other, and for a gift's that its giver asks for. Whose it is, is asked next."""
    try:
        row = return_by_public_id(case_id, order_id=order_id)
    except CaseNotFound:
        raise Http404 from None
    if row.is_gift is not is_gift:
        raise Http404
    return row


def owner_of(row: Return | Claim) -> Callable[..., Order]:
    """Finds the case's own order for `own`, which was read with it: nobody else's, and no other order's."""

    def find(*, public_id: str, customer_id: int | None) -> Order:
        if row.order.public_id != public_id or row.order.customer_id != customer_id:
            raise OrderNotFound("no such order")
        return row.order

    return find


def run(request: PortalRequest, place: Place, row: Return) -> HttpResponse:
    """Show it, or do what was asked of it."""
    if request.method == "POST":
        return _act(request, place, row)
    if "cancel" in request.GET and row.state in BEFORE_GOODS:
        return _show(request, place, row, template="cancel.html")
    return _show(request, place, row)


def _act(request: PortalRequest, place: Place, row: Return) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        return _show(request, place, row, error=_("Please choose again; nothing was changed."), status=422)
    typed = {name: tidy(request.POST.get(name, "")) for name in LIMITS}
    errors = {name: words for name, most in LIMITS.items() if (words := too_long(typed[name], most))}
    try:
        if not errors:
            act(request, place, row, typed)
            return HttpResponseRedirect(place.paths["case"])
    except ReturnRefused as refused:
        errors = {one.field: one.text for one in refused.refusals}
    except ShipmentRefused as refused:
        errors = {"tracking_number": _number_refused(refused)}
    except CaseClosed as closed:
        return _show(
            request, place, found_case(row.public_id, is_gift=place.is_gift, order_id=place.order.pk), error=str(closed), status=409
        )
    return _show(request, place, row, errors=errors, typed=typed, status=422)


def _number_refused(refused: ShipmentRefused) -> str:
    return _("This is no number we can follow: it is that of another parcel, or has a sign too many. Take it from your receipt.")


def _answer(request: PortalRequest, place: Place, row: Return, typed: Mapping[str, str]) -> None:
    answer_return(case=row, text=typed["answer"], at=request.now)


def _sent(request: PortalRequest, place: Place, row: Return, typed: Mapping[str, str]) -> None:
    tell_parcel(case=row, carrier=typed["carrier"], tracking_number=typed["tracking_number"], at=request.now)


def _cancel(request: PortalRequest, place: Place, row: Return, typed: Mapping[str, str]) -> None:
    cancel_return(case=row, at=request.now, by=place.actor)


ACTS = {"answer": _answer, "sent": _sent, "cancel": _cancel}
LIMITS = {"answer": LONGEST_ANSWER, "tracking_number": LONGEST_NUMBER, "carrier": LONGEST_CARRIER}


def _show(
    request: PortalRequest,
    place: Place,
    row: Return,
    *,
    template: str = "case.html",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    look = Look(row.currency, request.today, is_gift=place.is_gift)
    swaps = exchanges_in(row)
    steps = stops_of(timeline_of(row, today=request.today)) if template == "case.html" else []
    context: dict[str, Any] = {
        "order": place.order,
        "case": row,
        "state": return_state(row.state),
        "next": next_step(row),
        "steps": steps,
        "is_late": any(one.is_late for one in steps),
        "exchanges": instead_of(swaps, look),
        "paths": place.paths,
        "is_gift": place.is_gift,
        "frame": "portal/returns/gift_base.html" if place.is_gift else "portal/order_base.html",
        "level": "h1" if place.is_gift else "h2",
        "current": "order-returns",
        "is_new": "new" in request.GET and not error,
        "can_cancel": row.state in BEFORE_GOODS,
        "errors": errors or {},
        "typed": typed or {},
        "error": error,
        **(_goods(row, place, look) if template == "case.html" else {}),
    }
    return show(request, f"returns/{template}", context, status=status)


def _goods(row: Return, place: Place, look: Look) -> dict[str, Any]:
    """What is packed and how it travels, with the money of it."""
    photos = photos_by_line([line.pk for line in row.lines.all()], path=place.photos)
    names = {one.code: one.name for one in reasons()}
    known = {line.reason: names.get(line.reason) or shipped_name(line.reason) for line in row.lines.all()}
    title, words = way_words(row.way)
    is_to_send = row.state in TO_SEND and row.way != Way.NONE
    helps = [found for found in (next_best_words(row.next_best),) if found]
    return {
        "rows": lines_of(row, photos, known, look),
        "sums": sums_of(row, look),
        "moneys": moneys_of(row.moneys.all(), look),
        "is_to_send": is_to_send,
        "way": {"title": title, "words": words},
        "address": row.place.get("address") if is_to_send else None,
        "qr": qr_of(row.label_code) if is_to_send and row.label_code else "",
        "label_path": row.label_url if is_https(row.label_url) else "",
        "helps": helps,
        "track_url": _track_url(row),
    }


def _track_url(row: Return) -> str:
    url = row.shipment.tracking_url if row.shipment is not None else ""
    return url if is_https(url) else ""
