"""What staff do with a return and its money: POST only, by support and up; each press is one service, or a sentence why not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.clock import now
from dashboard.rules.returns import money_text
from dashboard.views.base import page, staff_page
from dashboard.views.return_forms import BadForm, photos_of, unpacked_of, verdicts_of, words
from dashboard.views.return_pages import case_or_404, show_case
from merchants.staff import Actor
from returns import services
from returns.models import Exchange, MoneyBack, Return
from returns.rules.states import CaseClosed
from returns.services.book import ReturnRefused
from returns.services.desk_photos import add_line_photo
from returns.services.photos import PhotoRefused
from returns.types import Actor as By
from returns.types import Origin

PHOTO_WORDS = {
    "empty": "The photo is empty.",
    "too_large": "The photo is larger than 10 MB.",
    "not_a_picture": "One of the photos is not a picture we can read.",
}
Act = Callable[[HttpRequest, Return, By, datetime], str]


def by_of(actor: Actor) -> By:
    """Staff, by name."""
    user = actor.user
    return By(Origin.STAFF, user.pk if user else None, (user.name or user.email) if user else "")


class Refused(Exception):
    """What stood against an act: sentences, and the status they are told with."""

    def __init__(self, status: int, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.status, self.problems = status, problems


@contextmanager
def whole_or_nothing() -> Iterator[None]:
    """One act is one transaction: refused, it has left nothing. Refusals become sentences with 409 (too late) or 422 (not like this)."""
    try:
        with transaction.atomic():
            yield
    except CaseClosed as error:
        raise Refused(409, [str(error)]) from None
    except ReturnRefused as error:
        raise Refused(422, [str(one.text) for one in error.refusals]) from None
    except BadForm as error:
        raise Refused(422, [str(error)]) from None
    except PhotoRefused as error:
        raise Refused(422, [_(PHOTO_WORDS.get(error.code, "The photo could not be kept."))]) from None


class _Enough(Exception):
    """The rehearsal is over: nothing of it stays."""


def rehearse(act: Callable[[], object], moneys: Callable[[], Iterable[MoneyBack]]) -> list[str]:
    """What an act would pay: done whole and taken back before anybody could see it. Refused as the act itself is."""
    found: list[str] = []
    try:
        with whole_or_nothing():
            act()
            found = [f"{money_text(row.amount, row.currency)} {row.get_way_display().lower()}" for row in moneys()]
            raise _Enough
    except _Enough:
        return found


def _approve(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.approve_return(case=case, at=at, by=by)
    return _("Approved. The shopper is told how to send it.")


def _decline(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    reason, best = words(request, "reason", 300), words(request, "next_best", 20)
    services.decline_return(case=case, reason=reason, next_best=best, at=at, by=by)
    return _("Declined. The shopper is told why.")


def _ask(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.ask_return(case=case, question=words(request, "question", 500), at=at, by=by)
    return _("The question is on its way to the shopper.")


def _answer(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.answer_return(case=case, text=words(request, "text", 1_000), at=at)
    return _("The answer is kept.")


def _cancel(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.cancel_return(case=case, at=at, by=by)
    return _("Called off.")


def _label(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.ask_label(case=case, at=at, by=by)
    return _("The label was asked for again.")


def _arrive(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.arrive(case=case, at=at, by=by)
    return _("It is here. It can be unpacked now.")


def _hand_over(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.hand_over(case=case, at=at, by=by)
    return _("It is on its way. The shopper is told.")


def _receive(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.receive_return(case=case, lines=unpacked_of(request, case), at=at, by=by)
    for line, data in photos_of(request, case):
        add_line_photo(line=line, data=data, at=at)
    return _("Unpacked. It can be checked now.")


def _inspect(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.inspect_return(case=case, lines=verdicts_of(request, case), at=at, by=by)
    return _("Checked. What is due to the shopper is on its way.")


def _close(request: HttpRequest, case: Return, by: By, at: datetime) -> str:
    services.close_return(case=case, at=at, by=by)
    return _("Closed.")


ACTS: Mapping[str, Act] = {
    "approve": _approve,
    "decline": _decline,
    "ask": _ask,
    "answer": _answer,
    "cancel": _cancel,
    "label": _label,
    "hand-over": _hand_over,
    "arrive": _arrive,
    "receive": _receive,
    "inspect": _inspect,
    "close": _close,
}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, return_id: int, name: str) -> HttpResponse:
    """One step of a return. A check moves money, which nobody takes back, so it is asked for twice."""
    case = case_or_404(return_id)
    if name not in ACTS:
        raise Http404
    try:
        if name == "inspect" and "sure" not in request.POST:
            return _are_you_sure(request, actor, case, now())
        with whole_or_nothing():
            said = ACTS[name](request, case, by_of(actor), now())
    except Refused as refused:
        return show_case(request, actor, case_or_404(return_id), problems=refused.problems, status=refused.status)
    messages.success(request, said)
    return redirect("dashboard:return", return_id)


def _are_you_sure(request: HttpRequest, actor: Actor, case: Return, at: datetime) -> HttpResponse:
    """What will be paid, once more before it is."""
    sums = rehearse(
        lambda: _inspect(request, case, by_of(actor), at), lambda: MoneyBack.objects.filter(case=case, created_at=at).order_by("pk")
    )
    with whole_or_nothing():
        verdicts = verdicts_of(request, case)
    rows = [
        {
            "title": line.order_line.title,
            "said": _("%(accepted)s of %(all)s accepted") % {"accepted": verdicts[line.pk].accepted, "all": line.quantity_received}
            + f", {line.get_outcome_display()}",
            "deduction": money_text(verdicts[line.pk].deduction, case.currency) if verdicts[line.pk].deduction else "",
            "note": verdicts[line.pk].note,
        }
        for line in case.lines.all()
    ]
    context = {
        "heading": _("Pay %(sums)s?") % {"sums": "; ".join(sums)} if sums else _("Settle it without money?"),
        "text": _("The shop is asked at once, and what was held instead is ordered. Neither can be taken back here."),
        "rows": rows,
        "button": _("Yes, go on"),
    }
    return confirm(request, actor, context, back=reverse("dashboard:return", args=[case.pk]))


def confirm(request: HttpRequest, actor: Actor, context: dict[str, Any], *, back: str) -> HttpResponse:
    """The page before an act that nobody takes back; it posts the same again, and that one is sure."""
    sent = [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]
    return page(request, actor, "dashboard/returns_confirm.html", {"here": "returns", "sent": sent, "back": back, **context})


@require_POST
@staff_page(acts=True)
def money_act(request: HttpRequest, actor: Actor, money_id: int, name: str) -> HttpResponse:
    """Pay by hand, ask the shop again, or let it be."""
    money: MoneyBack | None = MoneyBack.objects.select_related("case", "claim", "order").filter(pk=money_id).first()
    if money is None or name not in ("pay", "retry", "drop"):
        raise Http404
    back = reverse("dashboard:claim" if money.claim_id else "dashboard:return", args=[money.claim_id or money.case_id])
    external_id = words(request, "external_id", 100)
    if "sure" not in request.POST and (name != "pay" or external_id):
        return confirm(request, actor, _money_words(money, name, external_id), back=f"{back}#money")
    try:
        with whole_or_nothing():
            said = _pay(money, name, external_id, by_of(actor), now())
    except Refused as refused:
        for problem in refused.problems:
            messages.error(request, problem)
        return redirect(f"{back}#money")
    messages.success(request, said)
    return redirect(f"{back}#money")


def _pay(money: MoneyBack, name: str, external_id: str, by: By, at: datetime) -> str:
    if name == "retry":
        services.ask_money(money=money, at=at)
        return _("The shop was asked again.")
    if name == "drop":
        services.drop_money(money=money, at=at, by=by)
        return _("It is not sent any more.")
    if not external_id:
        raise BadForm(_("Write the number of the payment, so that it is found again."))
    services.pay_by_hand(money=money, external_id=external_id, at=at, by=by)
    return _("Kept as paid. The shopper is told.")


def _money_words(money: MoneyBack, name: str, external_id: str) -> dict[str, Any]:
    told = {"amount": money_text(money.amount, money.currency), "number": money.order.number, "id": external_id}
    if name == "retry":
        text = _("The shop is asked once more to send %(amount)s for order %(number)s, under the same id: it pays once at most.")
        return {"heading": _("Ask the shop again?"), "text": text % told, "rows": [], "button": _("Yes, ask again")}
    if name == "drop":
        text = _("Nobody sends %(amount)s for order %(number)s any more, and the shopper is not told. This cannot be taken back.")
        return {"heading": _("Not send it any more?"), "text": text % told, "rows": [], "button": _("Yes, let it be")}
    text = _("The shopper is told that %(amount)s for order %(number)s were sent, as payment %(id)s. This cannot be taken back.")
    return {"heading": _("Was it paid by hand?"), "text": text % told, "rows": [], "button": _("Yes, it was paid")}


@require_POST
@staff_page(acts=True)
def exchange_act(request: HttpRequest, actor: Actor, exchange_id: int, name: str) -> HttpResponse:
    """Let go of what goes out instead; what happens then is shown first."""
    row: Exchange | None = Exchange.objects.select_related("order", "line", "claim").filter(pk=exchange_id).first()
    if row is None or name != "release":
        raise Http404
    case_id = row.line.case_id if row.line is not None else None
    back, at, by = reverse("dashboard:claim" if row.claim_id else "dashboard:return", args=[row.claim_id or case_id]), now(), by_of(actor)
    try:
        if "sure" not in request.POST:
            return confirm(request, actor, _release_words(row, by, at), back=back)
        with whole_or_nothing():
            services.release_exchange(exchange=row, at=at, by=by)
    except Refused as refused:
        for problem in refused.problems:
            messages.error(request, problem)
        return redirect(back)
    messages.success(request, _("It is let go."))
    return redirect(back)


def _release_words(row: Exchange, by: By, at: datetime) -> dict[str, Any]:
    """What happens instead, once more before it does."""
    moneys = MoneyBack.objects.filter(order=row.order_id)
    known = list(moneys.values_list("pk", flat=True))
    sums = rehearse(lambda: services.release_exchange(exchange=row, at=at, by=by), lambda: moneys.exclude(pk__in=known).order_by("pk"))
    if sums:
        text = _("The shop is asked at once to send %(sums)s instead.") % {"sums": "; ".join(sums)}
    else:
        text = _("No money goes back now: where the goods are still to come, it does once they were checked.")
    if row.external_id:
        text = _("%(text)s The shop has made order %(id)s of it: call that one off there.") % {"text": text, "id": row.external_id}
    return {"heading": _("Let go of %(what)s?") % {"what": str(row)}, "text": text, "rows": [], "button": _("Yes, let it go")}
