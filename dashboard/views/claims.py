"""Claims and withdrawals: what came wrong, what shoppers declared, and what staff do about it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from dashboard.rules import returns as look
from dashboard.views.base import page, staff_page
from dashboard.views.return_acts import Refused, by_of, confirm, rehearse, whole_or_nothing
from dashboard.views.return_forms import BadForm, amount, words
from dashboard.views.return_pages import exchange_row, money_row, story_of
from merchants.staff import Actor
from returns import services
from returns.models import CaseChange, Claim, MoneyBack
from returns.rules.states import CLAIM_MOVES
from returns.selectors.cases import CaseNotFound, claim_by_id
from returns.selectors.photos import photos_of
from returns.types import Actor as By
from returns.types import ClaimState, Outcome

C = ClaimState
RESOLUTIONS = (
    (Outcome.REFUND, "The money back"),
    (Outcome.KEEP, "A part of the money, the shopper keeps it"),
    (Outcome.CREDIT, "Store credit"),
    (Outcome.REPLACEMENT, "The same again"),
    (Outcome.REPAIR, "Repair it"),
)
Act = Callable[[HttpRequest, Claim, By, datetime], str]


def claim_or_404(claim_id: int) -> Claim:
    try:
        return claim_by_id(claim_id)
    except CaseNotFound:
        raise Http404 from None


@require_safe
@staff_page()
def claim_page(request: HttpRequest, actor: Actor, claim_id: int) -> HttpResponse:
    return _show(request, actor, claim_or_404(claim_id))


def _show(request: HttpRequest, actor: Actor, claim: Claim, *, problems: Sequence[str] = (), status: int = 200) -> HttpResponse:
    today = timezone.localdate(now())
    tone, icon = look.CLAIM_LOOKS[claim.state]
    moves = CLAIM_MOVES[claim.state]
    due = claim.answer_by if claim.state == C.OPEN else claim.settle_by if claim.state in (C.APPROVED, C.REPAIRING) else None
    due_words, due_tone = look.due_words(due, today)
    context = {
        "here": "returns",
        "today": today,
        "claim": claim,
        "tone": tone,
        "icon": icon,
        "due": due,
        "due_words": due_words,
        "due_tone": due_tone,
        "step": look.CLAIM_NEXT.get(claim.state, ""),
        "may": {name for name, state in (("approve", C.APPROVED), ("decline", C.DECLINED), ("ask", C.INFO_NEEDED)) if state in moves}
        | ({"repaired"} if claim.state == C.REPAIRING else set())
        | ({"answer"} if claim.state == C.INFO_NEEDED else set()),
        "lines": list(claim.lines.all()),
        "paid": look.money_text(claim.amount, claim.currency) if claim.amount else "",
        "photos": photos_of(claim_ids=[claim.pk]),
        "moneys": [money_row(row, today) for row in claim.moneys.all()],
        "exchanges": [exchange_row(row) for row in claim.exchanges.all()],
        "story": story_of(CaseChange.objects.filter(claim=claim)),
        "resolutions": RESOLUTIONS,
        "bests": look.NEXT_BEST.items(),
        "problems": problems,
        "posted": request.POST if problems else {},
        "shopper": f"{claim.order.first_name} {claim.order.last_name}".strip(),
    }
    return page(request, actor, "dashboard/claim.html", context, status=status)


def _approve(request: HttpRequest, claim: Claim, by: By, at: datetime) -> str:
    resolution, sum_ = _resolution(request), _sum(request, claim)
    services.approve_claim(claim=claim, resolution=resolution, amount=sum_, needs_goods="needs_goods" in request.POST, at=at, by=by)
    return _("Accepted. The shopper is told what happens now.")


def _resolution(request: HttpRequest) -> Outcome:
    text = request.POST.get("resolution", "")
    if text not in {value.value for value, _label in RESOLUTIONS}:
        raise BadForm(_("Choose what is done about it."))
    return Outcome(text)


def _sum(request: HttpRequest, claim: Claim) -> Any:
    text = request.POST.get("amount", "").strip()
    return amount(text, claim.currency, _("Amount")) if text else None


def _decline(request: HttpRequest, claim: Claim, by: By, at: datetime) -> str:
    reason, best = words(request, "reason", 300), words(request, "next_best", 20)
    services.decline_claim(claim=claim, reason=reason, next_best=best, at=at, by=by)
    return _("Declined. The shopper is told why.")


def _ask(request: HttpRequest, claim: Claim, by: By, at: datetime) -> str:
    services.ask_claim(claim=claim, question=words(request, "question", 500), at=at, by=by)
    return _("The question is on its way to the shopper.")


def _answer(request: HttpRequest, claim: Claim, by: By, at: datetime) -> str:
    services.answer_claim(claim=claim, text=words(request, "text", 1_000), at=at)
    return _("The answer is kept.")


def _repaired(request: HttpRequest, claim: Claim, by: By, at: datetime) -> str:
    services.claim_repaired(claim=claim, at=at, by=by)
    return _("Kept as repaired.")


ACTS: Mapping[str, Act] = {"approve": _approve, "decline": _decline, "ask": _ask, "answer": _answer, "repaired": _repaired}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, claim_id: int, name: str) -> HttpResponse:
    """One step of a claim. One that pays is asked for twice."""
    claim = claim_or_404(claim_id)
    if name not in ACTS:
        raise Http404
    try:
        if name == "approve" and "sure" not in request.POST:
            return _are_you_sure(request, actor, claim, now())
        with whole_or_nothing():
            said = ACTS[name](request, claim, by_of(actor), now())
    except Refused as refused:
        return _show(request, actor, claim_or_404(claim_id), problems=refused.problems, status=refused.status)
    messages.success(request, said)
    return redirect("dashboard:claim", claim_id)


def _are_you_sure(request: HttpRequest, actor: Actor, claim: Claim, at: datetime) -> HttpResponse:
    """What will be paid or sent, once more before it is."""
    sums = rehearse(
        lambda: _approve(request, claim, by_of(actor), at), lambda: MoneyBack.objects.filter(claim=claim, created_at=at).order_by("pk")
    )
    resolution = _resolution(request)
    heading = _("Pay %(sums)s?") % {"sums": "; ".join(sums)} if sums else _("Accept claim %(number)s?") % {"number": claim.number}
    waits = _("The goods have to come back first.") if "needs_goods" in request.POST else ""
    text = _("The shopper is told at once. Money that was sent and goods that were ordered cannot be taken back here.")
    rows = [{"title": f"{line.quantity} × {line.order_line.title}", "said": resolution.label} for line in claim.lines.all()]
    context = {"heading": heading, "text": f"{text} {waits}".strip(), "rows": rows, "button": _("Yes, accept it")}
    return confirm(request, actor, context, back=reverse("dashboard:claim", args=[claim.pk]))
