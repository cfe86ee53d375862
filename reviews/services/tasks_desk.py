"""What staff do with the tasks unhappy words give rise to."""

import re
from datetime import datetime

from django.utils.translation import gettext as _

from events.services import emit
from merchants.models import User
from reviews.events import TASK_CLOSED, TASK_OPENED
from reviews.models.ratings import FeedbackTask
from reviews.rules.alarms import answer_by
from reviews.selectors.asking import plan
from reviews.types import TaskState

CASE = re.compile(r"[\w./ -]{1,40}")
LONGEST_NOTE = 500
ENDS = (TaskState.SOLVED, TaskState.DISMISSED)


class TaskRefused(ValueError):
    """Not possible as asked. Names the field."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class TaskClosed(ValueError):
    """Somebody has dealt with it already."""


def take_task(*, task: FeedbackTask, user: User | None, at: datetime) -> FeedbackTask:
    """Say who deals with it; `None` gives it back to everybody. Refuses (TaskClosed) one that is over."""
    row = held_task(task)
    if row.state != TaskState.OPEN:
        raise TaskClosed(_("Somebody has dealt with it already."))
    row.owner = user
    row.save(update_fields=["owner"])
    return row


def close_task(*, task: FeedbackTask, state: str, case: str = "", note: str = "", user: User | None, at: datetime) -> FeedbackTask:
    """Put it away: solved, with the number of the return or claim that puts it right where there is one; or nothing to do, with why.

    Closed the same way before, it stays as it is. Refuses (TaskRefused) another state (`state`), a number that is none (`case`), no
    words where nothing is done (`note`), and more than 500 characters; (TaskClosed) one that was closed otherwise.
    """
    row = held_task(task)
    number, words = case.strip(), note.replace("\0", "").strip()
    _check(state, number, words)
    if row.state == state:
        return row
    if row.state != TaskState.OPEN:
        raise TaskClosed(_("Somebody has dealt with it already."))
    row.state, row.case, row.note, row.closed_at, row.closed_by = state, number, words, at, user
    row.save(update_fields=["state", "case", "note", "closed_at", "closed_by"])
    tell(TASK_CLOSED, row, at)
    return row


def _check(state: str, case: str, note: str) -> None:
    if state not in ENDS:
        raise TaskRefused("state", _("Choose what came of it."))
    if case and not CASE.fullmatch(case):
        raise TaskRefused("case", _("This is not the number of a return or claim."))
    if len(note) > LONGEST_NOTE:
        raise TaskRefused("note", _("No more than 500 characters."))
    if state == TaskState.DISMISSED and not note:
        raise TaskRefused("note", _("Say why there is nothing to do."))


def reopen_task(*, task: FeedbackTask, at: datetime) -> FeedbackTask:
    """It was not over after all: open anew, with a new day to answer by. An open one stays as it is."""
    row = held_task(task)
    if row.state != TaskState.OPEN:
        open_anew(row, at)
    return row


def open_anew(row: FeedbackTask, at: datetime) -> None:
    """The same task from now on; its owner keeps it, and what came of it the first time is not forgotten by its case."""
    row.state, row.opened_at, row.due_at = TaskState.OPEN, at, answer_by(at, plan().answer_hours)
    row.closed_at, row.closed_by, row.note = None, None, ""
    row.save(update_fields=["state", "opened_at", "due_at", "closed_at", "closed_by", "note", "reasons"])
    tell(TASK_OPENED, row, at)


def held_task(task: FeedbackTask) -> FeedbackTask:
    """The task as it is now, held until the transaction ends."""
    row: FeedbackTask = FeedbackTask.objects.select_for_update(no_key=True).get(pk=task.pk)
    return row


def tell(type: str, row: FeedbackTask, at: datetime) -> None:
    """Publish what became of it; ids only."""
    whose = {"order": row.order_id} if row.order_id is not None else {}
    emit(type=type, payload={"task": row.pk, **whose}, at=at)
