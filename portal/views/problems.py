"""Something is wrong: the one question after a delivery, the form that opens a claim, and the claim's page.

Only for the one who ordered. Nothing changes by opening a page; a problem told twice with the same words is one claim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.models import Order
from portal.rules.drafts import picked, tidy, too_long
from portal.rules.returns import claim_state, next_best_words, outcome_words, problem_words
from portal.selectors.cases import Look, claim_lines_of, instead_of, moneys_of, photos_of_claim, stops_of
from portal.selectors.journey import Journey, Parcel
from portal.selectors.orders import order_for_tracking, order_with_lines
from portal.selectors.problems import ClaimCard, cards_of, same_claim
from portal.views.edge import PortalRequest, for_order, show
from portal.views.orders import journey, own
from portal.views.returns import owner_of
from portal.views.uploads import photos_in
from returns.models import Claim
from returns.rules.states import CaseClosed
from returns.selectors.cases import CaseNotFound, answers_of, claim_by_public_id
from returns.selectors.timeline import claim_timeline
from returns.services import ReturnRefused, all_fine, answer_claim, open_claim, withdraw_claim
from returns.services.book import held_order
from returns.types import Actor, ClaimKind, ClaimState, Origin, Outcome, Problem

SALT, LIFETIME = "portal.claim", timedelta(days=1)
LONGEST_NOTE, LONGEST_ANSWER = 1_000, 1_000
ASKED = (Problem.DAMAGED, Problem.WRONG, Problem.MISSING, Problem.NOT_RECEIVED)  # after a delivery
TOLD = (Problem.DAMAGED, Problem.WRONG, Problem.MISSING, Problem.FAULTY)  # in the form
WANTED = {
    ClaimKind.DELIVERY: (Outcome.REPLACEMENT, Outcome.REFUND, Outcome.KEEP, Outcome.CREDIT),
    ClaimKind.WARRANTY: (Outcome.REPAIR, Outcome.REPLACEMENT, Outcome.REFUND),
}


# Did everything arrive well?


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: PortalRequest, public_id: str, shipment_id: str) -> HttpResponse:
    """All fine, or which problem; a problem leads to its form, a parcel that is not there to the search for it."""
    order = own(order_for_tracking, request, public_id)
    travels = journey(request, order)
    parcel = next((one for one in travels.parcels if one.shipment.public_id == shipment_id), None)
    if parcel is None:
        raise Http404
    answer = request.POST.get("answer", "") if request.method == "POST" else None
    if answer is None or not parcel.is_delivered:
        return _arrived_page(request, order, travels, parcel, status=200 if answer is None else 409)
    if answer == "fine":
        all_fine(shipment=parcel.shipment, at=request.now)
        return HttpResponseRedirect(request.path)
    if answer == Problem.NOT_RECEIVED:
        return HttpResponseRedirect(reverse("order-not-here", args=[public_id, shipment_id]))
    if answer not in ASKED:
        return _arrived_page(request, order, travels, parcel, is_missing=True, status=422)
    return HttpResponseRedirect(f"{reverse('order-claim-new', args=[public_id])}?parcel={shipment_id}&problem={answer}")


def _arrived_page(
    request: PortalRequest, order: Order, travels: Journey, parcel: Parcel, *, is_missing: bool = False, status: int = 200
) -> HttpResponse:
    said = answers_of([parcel.shipment.pk]).get(parcel.shipment.pk)
    claim = Claim.objects.filter(shipment=parcel.shipment.pk).order_by("-pk").first()
    context = {
        "order": order,
        "parcel": parcel,
        "is_fine": said is not None and said.answer == "fine" and claim is None,
        "claim": claim,
        "problems": [(code.value, *problem_words(code)) for code in ASKED],
        "is_missing": is_missing,
        "current": "order-shipping",
    }
    return show(request, "returns/arrived.html", context, status=status)


# Tell us about a problem


@dataclass(frozen=True, slots=True)
class Form:
    """What the form is about and what was typed into it."""

    order: Order
    kind: ClaimKind
    parcel: Parcel | None
    cards: Sequence[ClaimCard]
    typed: Mapping[str, str]
    once: str
    photos: Sequence[str] = ()

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        return [(code.value, *problem_words(code)) for code in TOLD]

    @property
    def wants(self) -> list[tuple[str, str]]:
        return [(outcome.value, outcome_words(outcome)) for outcome in WANTED[self.kind]]


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def new_claim(request: PortalRequest, public_id: str) -> HttpResponse:
    """The order's lines are filled in; from a parcel's question only what was in it. Refused, it comes back with what was typed."""
    order = own(order_with_lines, request, public_id)
    sent = request.POST if request.method == "POST" else request.GET
    kind = ClaimKind.WARRANTY if sent.get("kind") == ClaimKind.WARRANTY else ClaimKind.DELIVERY
    form = _form(request, order, kind, sent.get("parcel", ""), sent.dict(), sent.getlist("line"))
    if request.method != "POST":
        return _form_page(request, form)
    return _open(request, form)


def _form(request: PortalRequest, order: Order, kind: ClaimKind, parcel_id: str, typed: Mapping[str, str], lines: Sequence[str]) -> Form:
    travels = journey(request, order, requests=()) if parcel_id else None
    parcel = next((one for one in travels.parcels if one.shipment.public_id == parcel_id), None) if travels else None
    inside = {piece.line.pk: piece.quantity for piece in parcel.pieces} if parcel else None
    cards = cards_of(order, inside=inside, kind=kind, chosen=lines, typed=typed, today=request.today)
    kept = {name: typed.get(name, "")[:2000] for name in ("problem", "note", "wanted")}
    return Form(order, kind, parcel, cards, kept, signing.dumps(request.now.isoformat(), salt=SALT))


def _form_page(request: PortalRequest, form: Form, *, errors: Mapping[str, str] | None = None, once: str = "") -> HttpResponse:
    path = reverse("order-photos", args=[form.order.public_id])
    context = {
        "order": form.order,
        "kind": form.kind.value,
        "parcel_id": form.parcel.shipment.public_id if form.parcel else "",
        "cards": [replace(card, error=(errors or {}).get(f"quantity_{card.id}", "")) for card in form.cards],
        "typed": form.typed,
        "problems": form.problems,
        "wants": form.wants,
        "photos": [{"id": id, "url": f"{path}{id}/"} for id in form.photos],
        "once": once or form.once,
        "errors": errors or {},
        "current": "order-returns",
    }
    return show(request, "returns/claim_new.html", context, status=422 if errors else 200)


def _open(request: PortalRequest, form: Form) -> HttpResponse:
    sent = request.POST
    once = sent.get("once", "")
    found = picked(sent.getlist("line"), sent.dict(), {card.id: card.most for card in form.cards})
    errors = dict(found.errors)
    note = tidy(sent.get("note", ""))
    if too := too_long(note, LONGEST_NOTE):
        errors["note"] = too
    if form.typed["problem"] not in [code.value for code in TOLD]:
        errors["problem"] = _("Choose what is wrong.")
    if form.typed["wanted"] not in [code for code, _words in form.wants]:
        errors["wanted"] = _("Choose what you would like.")
    photos, refused = photos_in(request, form.order, name="claim", kept=sent.getlist("photo"))
    if refused:
        errors["photos_claim"] = refused
    form = replace(form, photos=photos, typed={**form.typed, "note": note[:2000]})
    if errors:
        return _form_page(request, form, errors=errors, once=once)
    try:
        claim = _opened(request, form, found.quantities, note, since=_since(once))
    except ReturnRefused as told:
        return _form_page(request, form, errors={_field(one.field): one.text for one in told.refusals}, once=once)
    return HttpResponseRedirect(reverse("order-claim", args=[form.order.public_id, claim.public_id]) + "?new=1")


def _since(once: str) -> datetime | None:
    """When the form was shown; None for one nobody of us wrote, and for an old one."""
    try:
        return datetime.fromisoformat(signing.loads(once, salt=SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


def _field(name: str) -> str:
    """The form's name for what a service refused."""
    known = {"lines": "lines", "problem": "problem", "wanted": "wanted", "note": "note", "photos": "photos_claim"}
    return known.get(name.partition("[")[0].partition(".")[0], "lines")


def _opened(request: PortalRequest, form: Form, lines: Mapping[str, int], note: str, *, since: datetime | None) -> Claim:
    problem, by = Problem(form.typed["problem"]), _actor(request)
    if since is not None:
        held_order(form.order.pk)  # two at once: the second finds what the first opened
        known = same_claim(order=form.order, problem=problem, lines=lines, since=since)
        if known is not None:
            return known
    return open_claim(
        order=form.order,
        lines=lines,
        problem=problem,
        wanted=Outcome(form.typed["wanted"]),
        note=note,
        at=request.now,
        by=by,
        shipment=form.parcel.shipment if form.parcel else None,
        kind=form.kind,
        photos=tuple(form.photos),
    )


def _actor(request: PortalRequest) -> Actor:
    return Actor(Origin.ACCOUNT if request.customer is not None else Origin.GUEST)


# One claim


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: PortalRequest, public_id: str, claim_id: str) -> HttpResponse:
    """How it stands and by when it is settled; a question of ours is answered here, and it can be taken back while it is open."""
    row = _claim(claim_id)
    order = own(owner_of(row), request, public_id)
    if request.method != "POST":
        return _claim_page(request, order, row)
    answer = tidy(request.POST.get("answer", ""))
    if words := too_long(answer, LONGEST_ANSWER):
        return _claim_page(request, order, row, errors={"answer": words}, typed={"answer": answer}, status=422)
    try:
        if request.POST.get("act") == "withdraw":
            withdraw_claim(claim=row, at=request.now)
        elif request.POST.get("act") == "answer":
            answer_claim(claim=row, text=answer, at=request.now)
        else:
            return _claim_page(request, order, row, error=_("Please choose again; nothing was changed."), status=422)
    except ReturnRefused as refused:
        errors = {"answer": refused.refusals[0].text}
        return _claim_page(request, order, row, errors=errors, typed={"answer": answer}, status=422)
    except CaseClosed as closed:
        return _claim_page(request, order, _claim(claim_id), error=str(closed), status=409)
    return HttpResponseRedirect(request.path)


def _claim(claim_id: str) -> Claim:
    try:
        return claim_by_public_id(claim_id)
    except CaseNotFound:
        raise Http404 from None


def _claim_page(
    request: PortalRequest,
    order: Order,
    row: Claim,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    look = Look(row.currency, request.today)
    steps = stops_of(claim_timeline(row, today=request.today))
    paths = {"warranty": reverse("order-claim-new", args=[order.public_id]) + "?kind=warranty"}
    context: dict[str, Any] = {
        "order": order,
        "claim": row,
        "state": claim_state(row.state),
        "is_settling": row.state in (ClaimState.APPROVED, ClaimState.REPAIRING) and row.settle_by is not None,
        "steps": steps,
        "is_late": any(one.is_late for one in steps),
        "rows": claim_lines_of(row),
        "problem": problem_words(row.problem)[0],
        "wanted": outcome_words(row.wanted),
        "resolution": outcome_words(row.resolution),
        "amount": look.money(row.amount) if row.amount else "",
        "photos": photos_of_claim(row, path=reverse("order-photos", args=[order.public_id])),
        "moneys": moneys_of(row.moneys.all(), look),
        "exchanges": instead_of(row.exchanges.all(), look),
        "case_path": reverse("order-return", args=[order.public_id, row.case.public_id]) if row.case and not row.case.is_gift else "",
        "helps": [found for found in (next_best_words(row.next_best),) if found],
        "can_withdraw": row.state in (ClaimState.OPEN, ClaimState.INFO_NEEDED),
        "paths": paths,
        "is_new": "new" in request.GET and not error,
        "errors": errors or {},
        "typed": typed or {},
        "error": error,
        "current": "order-returns",
    }
    return show(request, "returns/claim.html", context, status=status)
