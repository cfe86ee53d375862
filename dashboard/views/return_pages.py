"""One return with everything known of it: what and why, what the policy said, the days, the money, the story, and what can be done."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.rules import returns as words
from dashboard.views.base import page, staff_page
from merchants.staff import Actor
from returns.models import CaseChange, Claim, Exchange, MoneyBack, Return, ReturnLine
from returns.rules.reasons import shipped_name
from returns.rules.states import EXCHANGE_MOVES, MONEY_MOVES, RETURN_MOVES
from returns.selectors.cases import CaseNotFound, return_by_id
from returns.selectors.photos import photos_of
from returns.selectors.policy import reasons
from returns.types import Condition, ExchangeState, MoneyState, ReturnState

R = ReturnState
STORY = 200
STEPS: Mapping[str, ReturnState] = {
    "approve": R.APPROVED,
    "decline": R.DECLINED,
    "ask": R.INFO_NEEDED,
    "cancel": R.CANCELLED,
    "hand_over": R.IN_TRANSIT,
    "arrive": R.ARRIVED,
    "receive": R.RECEIVED,
    "inspect": R.INSPECTED,
    "close": R.CLOSED,
}


def case_or_404(return_id: int) -> Return:
    try:
        return return_by_id(return_id)
    except CaseNotFound:
        raise Http404 from None


@require_safe
@staff_page()
def return_page(request: HttpRequest, actor: Actor, return_id: int) -> HttpResponse:
    return show_case(request, actor, case_or_404(return_id))


def show_case(request: HttpRequest, actor: Actor, case: Return, *, problems: Sequence[str] = (), status: int = 200) -> HttpResponse:
    """The page, with what stood against the last act and what was written into its form."""
    at = now()
    today = timezone.localdate(at)
    lines = list(case.lines.all())
    tone, icon = words.RETURN_LOOKS[case.state]
    moves = RETURN_MOVES[case.state]
    context = {
        "here": "returns",
        "now": at,
        "today": today,
        "case": case,
        "tone": tone,
        "icon": icon,
        "may": {name for name, state in STEPS.items() if state in moves} | _more(case),
        "step": words.NEXT.get(case.state, ""),
        "lines": line_rows(lines, case, request.POST if problems else {}),
        "moneys": [money_row(row, today) for row in case.moneys.all()],
        "exchanges": [exchange_row(row) for line in lines for row in line.exchanges.all()],
        "days": days_of(case, today),
        "story": story_of(CaseChange.objects.filter(case=case)),
        "claims": list(Claim.objects.filter(case=case).order_by("pk")),
        "is_partly_here": any(line.quantity_received < line.quantity for line in lines),
        "conditions": Condition.choices,
        "bests": words.NEXT_BEST.items(),
        "problems": problems,
        "posted": request.POST if problems else {},
        "shopper": shopper_of(case),
    }
    return page(request, actor, "dashboard/return.html", context, status=status)


def _more(case: Return) -> set[str]:
    """What is possible beside the steps."""
    found = {"answer"} if case.state == R.INFO_NEEDED else set()
    return found | {"label"} if case.state == R.APPROVED and case.label_state == "failed" else found


def shopper_of(case: Return) -> str:
    """Who gets the news: of a gift not the giver."""
    if case.is_gift:
        return str(case.recipient.get("name") or _("Who got it as a gift"))
    return f"{case.order.first_name} {case.order.last_name}".strip()


def line_rows(lines: Sequence[ReturnLine], case: Return, posted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each line with its reason in words, its photos, and what its form shows: what was written, else what is expected."""
    named = {reason.code: reason.name for reason in reasons()}
    photos: dict[int, list[Any]] = {}
    for photo in photos_of(line_ids=[line.pk for line in lines]):
        photos.setdefault(photo.line_id or 0, []).append(photo)
    return [
        {
            "line": line,
            "reason": named.get(line.reason) or shipped_name(line.reason),
            "decided": words.decided_words(line.decided),
            "amount": words.money_text(line.amount, case.currency),
            "fee": words.money_text(line.fee, case.currency) if line.fee else "",
            "bonus": words.money_text(line.bonus, case.currency) if line.bonus else "",
            "deduction": words.money_text(line.deduction, case.currency) if line.deduction else "",
            "photos": photos.get(line.pk, []),
            "left": line.quantity - line.quantity_received,
            "quantity": posted.get(f"quantity-{line.pk}", line.quantity - line.quantity_received),
            "condition": posted.get(f"condition-{line.pk}", line.condition or Condition.NEW),
            "accepted": posted.get(f"accepted-{line.pk}", line.quantity_received),
            "resellable": posted.get(f"resellable-{line.pk}") == "on"
            if posted
            else line.condition in ("", Condition.NEW, Condition.OPENED),
            "taken": posted.get(f"deduction-{line.pk}", ""),
            "note": posted.get(f"note-{line.pk}", line.found),
        }
        for line in lines
    ]


def money_row(row: MoneyBack, today: date) -> dict[str, Any]:
    tone, icon = words.MONEY_LOOKS[row.state]
    is_open = row.state in ("due", "asked", "failed")
    due, due_tone = words.due_words(row.due_by, today) if is_open else ("", "")
    return {
        "money": row,
        "amount": words.money_text(row.amount, row.currency),
        "tone": tone,
        "icon": icon,
        "due": due,
        "due_tone": due_tone,
        "may_pay": is_open,
        "may_retry": row.state == "failed",
        "may_drop": MoneyState.CANCELLED in MONEY_MOVES[row.state],
    }


def exchange_row(row: Exchange) -> dict[str, Any]:
    difference = words.money_text(row.difference, row.currency) if row.difference else ""
    return {"exchange": row, "difference": difference, "may_release": ExchangeState.RELEASED in EXCHANGE_MOVES[row.state]}


def days_of(case: Return, today: date) -> list[dict[str, Any]]:
    """Every day that was promised, when it happened, and whether it is late."""
    sent = [money.sent_at for money in case.moneys.all() if money.sent_at]
    is_paid = case.state in (R.RESOLVED, R.CLOSED) and bool(sent)
    steps: tuple[tuple[str, date | None, datetime | None], ...] = (
        (_("Decided"), case.answer_by, case.decided_at),
        (_("Handed over"), case.hand_over_by, case.handed_over_at),
        (_("Arrived"), case.arrive_by, case.arrived_at),
        (_("Checked"), case.inspect_by, case.inspected_at),
        (_("Money sent"), case.refund_by, max(sent) if is_paid else None),
        (_("At the bank"), case.bank_by, None),
    )
    is_over = case.state in (R.DECLINED, R.CANCELLED, R.EXPIRED, R.CLOSED)
    return [
        {
            "label": label,
            "by": by,
            "at": at,
            "is_passed": at is None and any(later for _label, _by, later in steps[place + 1 :]),  # a later step happened without it
            "is_late": _is_late(by, at, today, is_over or label == _("At the bank") or any(later for _l, _b, later in steps[place + 1 :])),
        }
        for place, (label, by, at) in enumerate(steps)
        if by or at
    ]


def _is_late(by: date | None, at: datetime | None, today: date, is_over: bool) -> bool:
    if by is None:
        return False
    return timezone.localdate(at) > by if at else by < today and not is_over


def story_of(rows: Any) -> list[dict[str, Any]]:
    """The history, newest first, with who did it."""
    return [
        {"change": row, "who": (row.user.name or row.user.email) if row.user else row.get_origin_display()}
        for row in rows.select_related("user").order_by("-at", "-pk")[:STORY]
    ]
