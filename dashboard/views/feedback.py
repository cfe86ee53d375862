"""Unhappy shoppers by the time left to answer; one of them with what was said, what it was about, and the ways to put it right."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from dashboard.rules import reviews as look
from dashboard.selectors import staff
from dashboard.views import review_parts as parts
from dashboard.views.base import page, staff_page
from merchants.models import User
from merchants.selectors import current_merchant
from merchants.staff import Actor
from reviews.models.ratings import FeedbackTask
from reviews.rules.surveys import text_in
from reviews.selectors.desk import whole
from reviews.selectors.tasks import TABS, BadPlace, Filters, TaskDetail, TaskNotFound, TaskRow, task_counts, task_detail, task_of, tasks
from reviews.services import tasks_desk
from reviews.types import ReviewState, TaskState, ThemeArea

ENGLISH = "en"
FAULTS = ("product",)
Act = Callable[[HttpRequest, FeedbackTask, Actor, datetime], str]


@require_safe
@staff_page()
def tasks_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at, user_id = now(), actor.user.pk if actor.user else None
    tab = request.GET.get("tab", "") if request.GET.get("tab") in TABS else TABS[0]
    area = request.GET.get("area", "") if request.GET.get("area") in ThemeArea.values else ""
    try:
        found = tasks(filters=Filters(tab, user_id, area), page=request.GET.get("place", "")[:80], now=at)
    except BadPlace:
        raise Http404 from None
    counts = task_counts(user_id=user_id, now=at)
    kept = {name: text for name, text in (("tab", tab), ("area", area)) if text}
    context = {
        "here": "reviews",
        "tab": tab,
        "area": area,
        "areas": ThemeArea.choices,
        "pills": [{"tab": key, "label": label, "n": counts.get(key), "on": key == tab} for key, label in look.TASK_TABS],
        "rows": [_row(row, at) for row in found.rows],
        "is_open": tab in ("open", "mine", "overdue"),
        "is_later": bool(request.GET.get("place")),
        "next": urlencode({**kept, "place": found.next}) if found.next else "",
        "empty": look.TASK_EMPTY[tab],
        "sentence": _sentence(counts),
    }
    return page(request, actor, "dashboard/feedback.html", context)


def _sentence(counts: Mapping[str, int]) -> str:
    """The one thing to know first."""
    if late := counts["overdue"]:
        return ngettext("%(n)s answer is late.", "%(n)s answers are late.", late) % {"n": late}
    if waiting := counts["open"]:
        return ngettext("%(n)s unhappy shopper waits for an answer.", "%(n)s unhappy shoppers wait for an answer.", waiting) % {
            "n": waiting
        }
    return _("Nobody who is unhappy waits for an answer.")


def _row(row: TaskRow, at: datetime) -> dict[str, Any]:
    task = row.task
    left, left_tone = look.time_left(task.due_at, at)
    order = task.order
    return {
        "id": task.public_id,
        "due": task.due_at,
        "closed": task.closed_at,
        "left": left,
        "left_tone": left_tone,
        "reasons": look.reason_words(row.reasons),
        "text": row.words,
        "about": row.product_title or (task.answer.survey.name if task.answer else _("Delivery and service")),
        "order": order.number if order else "",
        "person": f"{order.first_name} {order.last_name}".strip() if order else "",
        "owner": (task.owner.name or task.owner.email) if task.owner else "",
        "step": look.TASK_NEXT["review" if task.review_id else "answer" if task.answer_id else "shipment"],
        "case": task.case,
    }


@require_safe
@staff_page()
def task_page(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    return _show(request, actor, public_id)


def _show(
    request: HttpRequest, actor: Actor, public_id: str, *, problems: Sequence[str] = (), act: str = "", status: int = 200
) -> HttpResponse:
    try:
        found = task_detail(public_id=public_id)
    except TaskNotFound:
        raise Http404 from None
    task, at = found.task, now()
    left, left_tone = look.time_left(task.due_at, at)
    tone, icon = look.TASK_LOOKS[task.state]
    cases = parts.cases_of(task.order)
    context = {
        "here": "reviews",
        "task": task,
        "heading": _heading(found),
        "tone": tone,
        "icon": icon,
        "is_open": task.state == TaskState.OPEN,
        "left": left,
        "left_tone": left_tone,
        "reasons": look.reason_words(task.reasons),
        "said": _said(found),
        "facts": parts.facts_of(task.order, found.parcel),
        "cases": cases,
        "case_url": next((case["url"] for case in cases if case["number"] == task.case), ""),
        "others": found.others,
        "people": [person for person in staff() if person.pk != task.owner_id],
        "problems": problems,
        "posted": {"act": act, "case": request.POST.get("case", ""), "note": request.POST.get("note", "")} if act else {},
        **_review(request, found, cases),
    }
    return page(request, actor, "dashboard/task.html", context, status=status)


def _heading(found: TaskDetail) -> str:
    task = found.task
    if task.review:
        return task.review.product_title
    return task.answer.survey.name if task.answer else _("Delivery of %(number)s") % {"number": task.order.number if task.order else "–"}


def _said(found: TaskDetail) -> list[dict[str, str]]:
    """What was said outside a review: answers of a survey by question, and what came with the stars of a parcel."""
    said = []
    survey = found.task.answer.survey if found.task.answer else None
    texts = {str(row.get("key")): row.get("text") or {} for row in survey.definition.get("questions", [])} if survey else {}
    for score in found.scores:
        shown = " · ".join(part for part in ("" if score.value is None else str(score.value), score.choice, score.text) if part)
        said.append({"label": text_in(texts.get(score.question, {}), ENGLISH) or score.question, "text": shown})
    if found.parcel_rating and found.parcel_rating.text:
        said.append({"label": _("About the delivery and the service"), "text": found.parcel_rating.text})
    return said


def _review(request: HttpRequest, found: TaskDetail, cases: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The review with its answers; nothing where the task is about something else."""
    review, task = found.task.review, found.task
    if review is None:
        return {"review": None}
    reply = found.reply.text if found.reply else ""
    area = next((str(reason[3]) for reason in task.reasons if len(reason) > 3 and reason[3]), "")
    case = task.case or (cases[0]["number"] if cases else "")
    is_shown = review.state == ReviewState.PUBLISHED
    drafts = parts.drafts_of(review, current_merchant(), stars=found.stars, area=area, case=case) if is_shown else []
    return {
        "review": review,
        "is_pending": review.state == ReviewState.PENDING,
        "words": parts.words_of(review),
        "photos": [parts.photo_of(photo) for photo in found.photos],
        "reply": found.reply,
        "notes": found.notes,
        "story": parts.story_of(whole(review=review).story),
        "may_reply": is_shown,
        "may_note": review.customer_id is not None,
        **parts.answer_context(request, drafts, replied=reply),
    }


# What staff do with it


def _owner(request: HttpRequest, task: FeedbackTask, actor: Actor, at: datetime) -> str:
    owner = _person(request.POST.get("owner", ""), actor)
    tasks_desk.take_task(task=task, user=owner, at=at)
    return _("Given to %(who)s.") % {"who": owner.name or owner.email} if owner else _("Nobody's again.")


def _person(text: str, actor: Actor) -> User | None:
    if text in ("none", "me"):
        return actor.user if text == "me" else None
    owner = next((person for person in staff() if str(person.pk) == text), None)
    if owner is None:
        raise tasks_desk.TaskRefused("owner", _("Choose somebody who works here."))
    return owner


def _close(state: TaskState) -> Act:
    def close(request: HttpRequest, task: FeedbackTask, actor: Actor, at: datetime) -> str:
        case, note = request.POST.get("case", "").strip(), request.POST.get("note", "")
        tasks_desk.close_task(task=task, state=state, case=case, note=note, user=actor.user, at=at)
        return _("Solved.") if state == TaskState.SOLVED else _("Put away.")

    return close


def _reopen(request: HttpRequest, task: FeedbackTask, actor: Actor, at: datetime) -> str:
    tasks_desk.reopen_task(task=task, at=at)
    return _("Open again, with a new day to answer by.")


ACTS: Mapping[str, Act] = {
    "owner": _owner,
    "solved": _close(TaskState.SOLVED),
    "dismissed": _close(TaskState.DISMISSED),
    "reopen": _reopen,
}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, public_id: str, name: str) -> HttpResponse:
    """One press about one task; refused, the page says why and keeps what was typed."""
    if name not in ACTS:
        raise Http404
    try:
        task = task_of(public_id)
        said = ACTS[name](request, task, actor, now())
    except TaskNotFound:
        raise Http404 from None
    except tasks_desk.TaskClosed as closed:
        return _show(request, actor, public_id, problems=[str(closed)], status=409)
    except tasks_desk.TaskRefused as refused:
        return _show(request, actor, public_id, problems=[refused.text], act=name, status=422)
    messages.success(request, said)
    return redirect("dashboard:task", public_id)
