"""Work off the commands: claim, ask the shop outside any transaction, and tell the case what came of it.

At most once: before anything is asked for, the other side is looked at for our mark (a note, a reference); a call whose outcome
is not known waits long enough for it to be seen there. Whoever lost the lease meanwhile records nothing: the next one finds it.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.doers import DOERS, LABELS, OWN
from connectors.models import Command, Connection
from connectors.selectors import access_of, is_wanted, parcel_of, subject_of, wanted_of
from connectors.shops.calls import CallRefused
from connectors.types import CommandKind, Done, KeyRefused, Refused, Result, Steps, Taken
from core.clock import Clock
from core.encryption import BadSecret
from core.http import Limits, Permanent, Transient, send
from core.logs import scrubbed
from core.transactions import forbid_transaction
from events import queue
from events.models import Work
from events.station import current_hold
from events.types import Lease
from merchants.scope import merchant_scope, required_merchant_id
from returns.models import Exchange, MoneyBack, Return
from returns.services import (
    CaseClosed,
    ReturnRefused,
    exchange_failed,
    exchange_ordered,
    label_failed,
    label_made,
    money_failed,
    money_sent,
)

logger = logging.getLogger(__name__)

QUEUE = queue.Queue("connectors_command")
COMMANDS_DUE = QUEUE.due
BATCH, POOL, MOST_CALLS = 20, 8, 8
LIMITS = Limits(total=8.0)
# No command is begun after the first, no call after the second: the last one must end within the lease of a minute.
BEGIN, CALL = 15.0, 45.0
# After a call whose outcome nobody knows: by then the other side shows what it has done.
UNKNOWN = timedelta(minutes=2)
LATER = """
    update connectors_command set due_at = greatest(due_at, statement_timestamp() + %s) where id = %s and fence = %s and state = 'ready'"""
KEY_REFUSED = gettext_lazy("The shop does not accept our key. Enter a new one at its connection, then ask again.")
GIVEN_UP = gettext_lazy("The shop did not answer. Look there whether it was done before you ask again.")


@dataclass(slots=True)
class Job:
    """One command in hand: its calls, and what came of them."""

    merchant_id: int
    lease: Lease
    connection_id: int
    steps: Steps | None = None
    result: Result | None = None
    trouble: str = ""
    wait: int | None = None
    is_unknown: bool = False  # something may have been done at the other side


def drain_commands(clock: Clock, limit: int = BATCH) -> int:
    """Do due commands of all merchants once; returns how many were claimed."""
    forbid_transaction("connectors.drain_commands")
    if current_hold() is not None:  # each is looked for at the other side before it is done, but not by a machine that should be silent
        return 0
    began = time.monotonic()
    leases = queue.claim(QUEUE, limit=min(limit, BATCH))
    jobs = [job for _id, mine in groupby(leases, key=lambda lease: lease.merchant_id) for job in _prepared(list(mine), clock)]
    forbid_transaction("asking shops")
    with ThreadPoolExecutor(min(POOL, max(1, len(jobs))), thread_name_prefix="command") as pool:
        list(pool.map(lambda job: _do(job, began), jobs))
    for job in jobs:
        _record(job, clock)
    return len(leases)


def _prepared(leases: list[Lease], clock: Clock) -> list[Job]:
    merchant_id = leases[0].merchant_id
    try:
        with merchant_scope(merchant_id):
            held = {lease.id: lease for lease in queue.take(QUEUE, leases)}
            rows = Command.objects.select_related("connection").filter(pk__in=held).order_by("pk")
            return [job for row in rows if (job := _prepare(row, held[row.pk], clock())) is not None]
    except Exception:  # one merchant's trouble must not cost the others their lease
        logger.exception("commands not prepared", extra={"merchant": merchant_id})
        return []


def _prepare(row: Command, lease: Lease, now: datetime) -> Job | None:
    """What to call, read while it is ours; written down first that it is asked for. None when nothing has to be asked."""
    subject, merchant_id = subject_of(row), required_merchant_id()
    if subject is None or not is_wanted(row.kind, subject):
        _close(row.pk, Work.DONE, _("not needed any more"))
        return None
    if row.external_id and row.connection.connector == OWN:  # done; only its record failed, and nothing can be looked at there
        return Job(merchant_id, lease, row.connection_id, result=Done(row.external_id))
    try:
        steps = _steps(row, subject, now)
    except BadSecret:
        steps = None
    if steps is None:
        return Job(merchant_id, lease, row.connection_id, result=Refused(_("The connection is off, or has no key.")))
    Command.objects.filter(pk=row.pk).update(asked_at=Coalesce("asked_at", Now()))
    return Job(merchant_id, lease, row.connection_id, steps)


def _steps(row: Command, subject: MoneyBack | Exchange | Return, now: datetime) -> Steps | None:
    connection = row.connection
    if not connection.is_active:
        return None
    access = access_of(connection, at=now)
    if row.kind == CommandKind.LABEL and isinstance(subject, Return):
        make = LABELS.get(connection.connector)
        return make(access, parcel_of(subject)) if make is not None and access.key else None
    do = DOERS.get(connection.connector, {}).get(CommandKind(row.kind))
    return do(access, wanted_of(row, subject)) if do is not None and access.account else None


def _do(job: Job, began: float) -> None:
    """Make the calls one after the other. Whatever goes wrong is kept with the job; nothing is raised."""
    if job.result is not None or job.steps is None:
        return
    if time.monotonic() - began > BEGIN:
        job.trouble = "no time left in this round"
        return
    try:
        job.result = _drive(job, job.steps, began)
    except KeyRefused as error:
        job.result = Refused(str(KEY_REFUSED), is_key=True)
        job.trouble = str(error)
    except (CallRefused, Permanent) as error:
        job.result = Refused(str(error))
    except Transient as error:
        job.trouble, job.wait = str(error), error.retry_after
    except Exception as error:  # an answer nobody expected: what was done there is not known
        logger.exception("command not understood", extra={"command": job.lease.id})
        job.trouble, job.is_unknown = f"{error.__class__.__name__}: {error}"[:300], True


def _drive(job: Job, steps: Steps, began: float) -> Result:
    try:
        request = next(steps)
        for _call in range(MOST_CALLS):
            if time.monotonic() - began > CALL:
                raise Transient("took too long")
            job.is_unknown = job.is_unknown or request.method != "GET"
            answer = send(request, limits=LIMITS)
            request = steps.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise Transient("asked too many things")


def _record(job: Job, clock: Clock) -> None:
    """Tell the case in one transaction with the row, while it is ours. What was done is kept even when the case refuses it."""
    try:
        with merchant_scope(job.merchant_id):
            if job.lease.id in queue.hold(QUEUE, [job.lease]):
                row: Command = Command.objects.select_related("connection").get(pk=job.lease.id)
                _note_trouble(job)
                _settle(row, job, clock())
    except Exception:  # the lease ends by itself, and the other side is looked at again
        logger.exception("command not recorded", extra={"command": job.lease.id})


def _settle(row: Command, job: Job, now: datetime) -> None:
    subject, result = subject_of(row), job.result
    if result is None:
        _again(row, job, subject, now)
    elif isinstance(result, Taken):
        _close(row.pk, Work.DONE, _("taken; the outcome is told through our API"))
    elif isinstance(result, Refused):
        _fail(row.kind, subject, result.text, now)
        _refuse(row, result.text)
    else:
        _finish(row, job, result, subject, now)


def _refuse(row: Command, text: str) -> None:
    """The case says what failed; goods for the shelf have no place there, so staff see them with what was given up."""
    if row.kind == CommandKind.RESTOCK:
        Command.objects.filter(pk=row.pk).update(round=F("round") + 1)
        _close(row.pk, Work.DEAD, text, text)
    else:
        _close(row.pk, Work.DONE, text)


def _finish(row: Command, job: Job, done: Done, subject: MoneyBack | Exchange | Return | None, now: datetime) -> None:
    Command.objects.filter(pk=row.pk).update(external_id=(done.external_id or "-")[:100])
    try:
        with transaction.atomic():
            if subject is not None:
                _tell(subject, done, now)
    except (CaseClosed, ReturnRefused) as error:  # it was called off while we asked: staff have to see it
        _close(row.pk, Work.DEAD, _("done at the other side, but the case is closed"), str(error))
    except Exception as error:  # the road's edge: whatever a service raises is kept, shown and tried again
        logger.exception("command's outcome not kept", extra={"command": row.pk})
        queue.fail(QUEUE, job.lease, f"{error.__class__.__name__}: {error}")
    else:
        _close(row.pk, Work.DONE, _("done"))


def _tell(subject: MoneyBack | Exchange | Return, done: Done, now: datetime) -> None:
    external_id = "" if done.external_id == "-" else done.external_id
    if isinstance(subject, MoneyBack):
        money_sent(money=subject, external_id=external_id, at=now, credit_code=done.credit_code)
    elif isinstance(subject, Exchange):
        exchange_ordered(exchange=subject, external_id=external_id, at=now)
    elif done.label is not None:
        label_made(case=subject, label=done.label, at=now)


def _again(row: Command, job: Job, subject: MoneyBack | Exchange | Return | None, now: datetime) -> None:
    """Later, longer each time. Given up, it is the staff's: nobody knows whether it was done."""
    if queue.fail(QUEUE, job.lease, job.trouble):
        _fail(row.kind, subject, str(GIVEN_UP), now)
        return
    wait = max(UNKNOWN if job.is_unknown else timedelta(), timedelta(seconds=job.wait or 0))
    with database.cursor() as cursor:
        values: list[Any] = [wait, row.pk, job.lease.fence]
        cursor.execute(LATER, values)


def _fail(kind: str, subject: MoneyBack | Exchange | Return | None, text: str, now: datetime) -> None:
    """What was settled or called off meanwhile needs no telling."""
    if subject is None or not is_wanted(kind, subject):
        return
    if isinstance(subject, MoneyBack):
        money_failed(money=subject, error=text, at=now)
    elif isinstance(subject, Exchange):
        exchange_failed(exchange=subject, error=text, at=now)
    elif kind == CommandKind.LABEL:
        label_failed(case=subject, error=text, at=now)


def _note_trouble(job: Job) -> None:
    """A key that is not accepted shows at its connection until a call goes through."""
    rows = Connection.objects.filter(pk=job.connection_id)
    if isinstance(job.result, Refused) and job.result.is_key:
        rows.update(trouble=f"{KEY_REFUSED} ({job.trouble})"[:300], trouble_since=Coalesce("trouble_since", Now()))
    elif isinstance(job.result, Done):
        rows.filter(trouble__startswith=str(KEY_REFUSED)).update(trouble="", trouble_since=None)


def _close(id: int, state: Work, outcome: str, error: str = "") -> None:
    told: dict[str, Any] = {"state": state, "outcome": str(outcome)[:300], "last_error": scrubbed(error)[:500]}
    Command.objects.filter(pk=id).update(**told, finished_at=Now() if state == Work.DONE else None)
