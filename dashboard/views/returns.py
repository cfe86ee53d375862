"""The returns desk: its queue by state and day, the scanner's field, one return with everything known of it, and its photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.rules import returns as words
from dashboard.views.base import page, staff_page
from merchants.staff import Actor
from returns.models import Claim, MoneyBack, Return, ReturnLine, Withdrawal
from returns.selectors.desk import TABS, BadPlace, Item, desk_page, find_cases, scanned, tab_counts
from returns.selectors.photos import PhotoNotFound, photo, picture


@dataclass(frozen=True, slots=True)
class Row:
    """Anything of the desk as a line of its list."""

    url: str
    name: str
    kind: str
    what: str
    tone: str
    icon: str
    state: str
    detail: str
    order: str
    person: str
    due: date | None
    due_words: str
    due_tone: str
    step: str


@require_safe
@staff_page()
def queue_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    today = timezone.localdate(now())
    text = _word(request, "order") or _word(request, "text")
    tab = request.GET.get("tab", "") if request.GET.get("tab") in TABS else TABS[0]
    counts = tab_counts(today=today)
    if text:
        found: Sequence[tuple[Item, date | None]] = [(item, None) for item in find_cases(text=text)]
        following = ""
    else:
        found, following = _tab(request, tab, today)
    context = {
        "here": "returns",
        "now": now(),
        "tab": tab,
        "text": text,
        "counts": counts,
        "pills": [{"tab": key, "label": label, "n": counts.get(key), "on": key == tab and not text} for key, label in words.TABS],
        "rows": [row_of(item, due, today) for item, due in found],
        "next": urlencode({"tab": tab, "place": following}) if following else "",
        "empty": words.EMPTY[tab],
        "is_later": bool(request.GET.get("place")),
        "sentence": _sentence(counts),
    }
    return page(request, actor, "dashboard/returns.html", context)


def _word(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:100]


def _tab(request: HttpRequest, tab: str, today: date) -> tuple[Sequence[tuple[Item, date | None]], str]:
    try:
        found = desk_page(tab=tab, place=request.GET.get("place", "")[:80], today=today)
    except BadPlace:
        raise Http404 from None
    return found.rows, found.next


def _sentence(counts: Mapping[str, int]) -> str:
    """The one thing to know first."""
    if late := counts["overdue"]:
        return ngettext("%(n)s promised day has passed.", "%(n)s promised days have passed.", late) % {"n": late}
    if open_ := counts["decide"]:
        return ngettext("%(n)s return waits for a decision.", "%(n)s returns wait for a decision.", open_) % {"n": open_}
    return _("Every promised day holds so far.")


def row_of(item: Item, due: date | None, today: date) -> Row:
    """A line of the list, whatever it is about."""
    if isinstance(item, Return):
        return _return_row(item, due, today)
    if isinstance(item, MoneyBack):
        return _money_row(item, due, today)
    return _claim_row(item, due, today) if isinstance(item, Claim) else _withdrawal_row(item, due, today)


def _shopper(item: Item) -> str:
    customer = item.order.customer if item.order else None
    return f"{customer.first_name} {customer.last_name}".strip() if customer else ""


def what_of(lines: Sequence[Any]) -> str:
    """2 × Linen shirt, M and 1 more."""
    if not lines:
        return ""
    first = lines[0]
    said = f"{first.quantity} × {first.order_line.title}" + (
        f", {first.order_line.variant_title}" if first.order_line.variant_title else ""
    )
    return said if len(lines) == 1 else _("%(first)s and %(n)s more") % {"first": said, "n": len(lines) - 1}


def _return_row(item: Return, due: date | None, today: date) -> Row:
    tone, icon = words.RETURN_LOOKS[item.state]
    said, due_tone = words.due_words(due, today)
    is_ours = item.state not in ("approved", "labelled")  # a hand-over is the shopper's to do, and never late by us
    has_no_label = item.state == "approved" and item.label_state == "failed"
    return Row(
        url=reverse("dashboard:return", args=[item.pk]),
        name=item.rma,
        kind=str(_("Withdrawal")) if item.is_withdrawal else str(_("Return")),
        what=what_of(list(item.lines.all())),
        tone="bad" if has_no_label else tone,
        icon="alert" if has_no_label else icon,
        state=_("No label could be made") if has_no_label else item.get_state_display(),
        detail=item.answer if item.state == "requested" else "",
        order=item.order.number,
        person=_shopper(item),
        due=due,
        due_words=said,
        due_tone=due_tone if is_ours else "",
        step=str(words.NEXT.get(item.state, "")),
    )


def _money_row(item: MoneyBack, due: date | None, today: date) -> Row:
    tone, icon = words.MONEY_LOOKS[item.state]
    said, due_tone = words.due_words(due or item.due_by, today)
    is_claim = item.claim_id is not None
    name = item.claim.number if item.claim else item.case.rma if item.case else ""
    return Row(
        url=reverse("dashboard:claim" if is_claim else "dashboard:return", args=[item.claim_id or item.case_id]) + "#money",
        name=name,
        kind=_("Money"),
        what=f"{words.money_text(item.amount, item.currency)}, {item.get_way_display()}",
        tone=tone,
        icon=icon,
        state=item.get_state_display(),
        detail=item.error,
        order=item.order.number,
        person=_shopper(item),
        due=due or item.due_by,
        due_words=said,
        due_tone=due_tone,
        step=str(words.MONEY_NEXT.get(item.state, "")),
    )


def _claim_row(item: Claim, due: date | None, today: date) -> Row:
    tone, icon = words.CLAIM_LOOKS[item.state]
    said, due_tone = words.due_words(due, today)
    return Row(
        url=reverse("dashboard:claim", args=[item.pk]),
        name=item.number,
        kind=_("Claim"),
        what=what_of(list(item.lines.all())),
        tone=tone,
        icon=icon,
        state=item.get_state_display(),
        detail=item.get_problem_display(),
        order=item.order.number,
        person=_shopper(item),
        due=due,
        due_words=said,
        due_tone=due_tone,
        step=str(words.CLAIM_NEXT.get(item.state, "")),
    )


def _withdrawal_row(item: Withdrawal, due: date | None, today: date) -> Row:
    tone, icon = words.WITHDRAWAL_LOOKS[item.state]
    said, due_tone = words.due_words(due, today)
    return Row(
        url=reverse("dashboard:withdrawal", args=[item.pk]),
        name=item.order_number,
        kind=_("Withdrawal"),
        what=item.scope or _("The whole contract"),
        tone=tone,
        icon=icon,
        state=item.get_state_display(),
        detail="",
        order=item.order.number if item.order else "",
        person=item.name,
        due=due,
        due_words=said,
        due_tone=due_tone,
        step=str(words.WITHDRAWAL_NEXT.get(item.state, "")),
    )


@require_safe
@staff_page()
def scan(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A scanner's field: the code and Enter open the return, ready to unpack."""
    code = _word(request, "code")
    found = scanned(text=code) if code else []
    if len(found) == 1:
        return redirect(reverse("dashboard:return", args=[found[0].pk]) + "#next")
    if found:
        return redirect(f"{reverse('dashboard:returns')}?{urlencode({'text': code})}")
    messages.warning(request, _("No return has the number “%(code)s”.") % {"code": code} if code else _("Scan a number first."))
    return redirect("dashboard:returns")


@require_safe
@staff_page()
def case_photo(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """One picture, as we wrote it anew; nothing else comes from this address."""
    try:
        body = picture(photo=photo(public_id=public_id))
    except PhotoNotFound:
        raise Http404 from None
    response = HttpResponse(body, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def line_words(line: ReturnLine) -> dict[str, Any]:
    """A line of a return in words."""
    return {"line": line, "decided": words.decided_words(line.decided)}
