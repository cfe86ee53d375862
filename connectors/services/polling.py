"""Ask the carriers' vendors for what is due: claim, ask outside any transaction, record, and say when to ask again."""

import logging
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection as database
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from connectors import rules
from connectors.models import Connection, Poll
from connectors.pollers import POLLERS, Poller, Question
from connectors.rules import Again, Ended
from connectors.types import KeyRefused, Misunderstood, Said, Watched
from core.clock import Clock
from core.encryption import BadSecret
from core.http import Limits, Permanent, Transient, checked, send
from core.transactions import forbid_transaction
from events import queue
from events.models import Work
from events.services import emit
from events.types import Lease
from merchants.models import unseal
from merchants.scope import merchant_scope, required_merchant_id
from tracking.rules.scans import without_future
from tracking.services import record_scans
from tracking.types import Direction

logger = logging.getLogger(__name__)

QUEUE = queue.Queue("connectors_poll")
POLLS_DUE = QUEUE.due
BATCH = 100
POOL = 8
LIMITS = Limits(total=10.0)
# No call is begun after this many seconds: the relay's other queues wait meanwhile, and all must end well within the lease.
BUDGET = 5.0
# What a vendor has just been told of, it has not looked at yet; what it does not take, it may take when the label is older.
SOON, REFUSED_AGAIN, ASLEEP = timedelta(minutes=10), timedelta(days=1), timedelta(hours=12)
KEY_STATUSES = frozenset({401, 402, 403})
KEY_REFUSED = "the key is not accepted, or the account is used up"
GIVE_BACK = """
    update connectors_poll as row set state = 'ready', attempts = greatest(row.attempts - 1, 0),
        due_at = statement_timestamp() + %s * (1 + random() * 0.2)
    from unnest(%s::bigint[], %s::int[]) as mine(id, fence)
    where row.id = mine.id and row.fence = mine.fence and row.state = 'running'"""


@dataclass(slots=True)
class Round:
    """One connection's share of a batch: what to ask, and what came of it."""

    merchant_id: int
    connection: Connection
    poller: Poller
    key: str
    leases: dict[int, Lease]
    fresh: list[Watched] = field(default_factory=list)  # not registered at the vendor yet
    known: list[Watched] = field(default_factory=list)
    said: dict[int, Said] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    trouble: Exception | None = None


def drain_polls(clock: Clock, limit: int = BATCH) -> int:
    """Ask for due parcels of all merchants once; returns how many were claimed, none when the time ran out before the work."""
    forbid_transaction("connectors.drain_polls")
    until = time.monotonic() + BUDGET
    leases = queue.claim(QUEUE, limit=min(limit, BATCH))
    rounds = [one for _, mine in groupby(leases, key=lambda lease: lease.merchant_id) for one in _prepared(list(mine), clock())]
    _ask_all(rounds, until)
    for one in rounds:
        _record(one, clock)
    return len(leases) if time.monotonic() <= until else 0


def _prepared(leases: list[Lease], now: datetime) -> list[Round]:
    try:
        return _prepare(leases, now)
    except Exception:  # one merchant's trouble must not cost the others their lease
        logger.exception("polls not prepared", extra={"merchant": leases[0].merchant_id})
        return []


def _prepare(leases: list[Lease], now: datetime) -> list[Round]:
    """One merchant's rows by connection. What has ended, sleeps or must wait is put aside here and costs no call."""
    with merchant_scope(leases[0].merchant_id):
        held = {lease.id: lease for lease in queue.take(QUEUE, leases)}
        rows = (
            Poll.objects.filter(pk__in=held).select_related("connection", "shipment").annotate(pause=F("connection__paused_until") - Now())
        )
        by_connection: dict[int, list[Poll]] = {}
        for row in rows.order_by("connection_id", "pk"):
            if not _ends_now(row, held[row.pk], now):
                by_connection.setdefault(row.connection_id, []).append(row)
        return [one for mine in by_connection.values() if (one := _round(mine, held)) is not None]


def _ends_now(row: Poll, lease: Lease, now: datetime) -> bool:
    """A parcel that has arrived needs no last question; silence is only called the end after one more answer."""
    step = _step(row, now)
    if isinstance(step, Ended) and not step.is_told:
        _settle(row, lease, step, Said(), now)
        return True
    return False


def _round(rows: list[Poll], held: dict[int, Lease]) -> Round | None:
    connection = rows[0].connection
    leases = {row.pk: held[row.pk] for row in rows}
    poller = POLLERS.get(connection.connector)
    if poller is None or not (connection.polls and connection.is_active):
        _give_back(leases.values(), ASLEEP)
        return None
    if (left := rows[0].pause) is not None and left > timedelta():  # type: ignore[attr-defined]
        _give_back(leases.values(), left)
        return None
    one = Round(required_merchant_id(), connection, poller, "", leases)
    for row in rows:
        (one.known if row.registered_at else one.fresh).append(Watched(row.pk, row.number, row.carrier_code))
    try:
        one.key = unseal(connection, "secret" if poller.is_key_the_secret and not connection.api_key else "api_key")
    except BadSecret as error:
        one.trouble = KeyRefused(str(error))
    return one


def _ask_all(rounds: Sequence[Round], until: float) -> None:
    """Each connection is asked one call after the other, connections side by side."""
    forbid_transaction("asking carriers")
    if len(rounds) == 1:
        _ask(rounds[0], until)
    elif rounds:
        with ThreadPoolExecutor(min(POOL, len(rounds)), thread_name_prefix="poll") as pool:
            list(pool.map(lambda one: _ask(one, until), rounds))


def _ask(one: Round, until: float) -> None:
    for number, (question, parcels) in enumerate(_calls(one)):
        if one.trouble is not None or time.monotonic() > until:
            return
        if number:
            threading.Event().wait(one.poller.gap)
        try:
            heard = _call(one, question, parcels)
        except (KeyRefused, Transient) as error:
            one.trouble = error
        except (Permanent, Misunderstood, ValueError) as error:
            one.failed |= dict.fromkeys((parcel.poll for parcel in parcels), f"{error.__class__.__name__}: {error}")
        except (LookupError, TypeError, AttributeError, ArithmeticError) as error:  # a vendor's folder stumbled
            logger.exception("vendor not understood", extra={"connector": one.connection.connector})
            one.failed |= dict.fromkeys((parcel.poll for parcel in parcels), error.__class__.__name__)
        else:
            one.said |= {parcel.poll: heard.get(parcel.poll, Said()) for parcel in parcels}


def _calls(one: Round) -> Iterator[tuple[Question, list[Watched]]]:
    """Parcels share calls; one that failed before goes alone, so that it spoils no other's answer."""
    for question, parcels in ((one.poller.register, one.fresh), (one.poller.ask, one.known)):
        sound = [parcel for parcel in parcels if one.leases[parcel.poll].attempts == 1]
        for start in range(0, len(sound), question.per_call):
            yield question, sound[start : start + question.per_call]
        for parcel in parcels:
            if one.leases[parcel.poll].attempts > 1:
                yield question, [parcel]


def _call(one: Round, question: Question, parcels: list[Watched]) -> dict[int, Said]:
    answer = send(question.write(one.key, parcels), limits=LIMITS)
    if answer.status in KEY_STATUSES:
        raise KeyRefused(f"{answer.host} answered {answer.status}")
    if answer.status >= 500 or answer.status in (408, 425, 429):
        checked(answer)
    return question.read(answer, parcels, one.connection.slug)


def _record(one: Round, clock: Clock) -> None:
    """Each parcel's news in a transaction of its own: one that cannot be kept hurts no other."""
    for poll, said in one.said.items():
        try:
            with merchant_scope(one.merchant_id):
                _keep(one, one.leases[poll], said, clock())
        except Exception as error:  # the road's edge: whatever a service raises is kept, shown and tried again
            logger.exception("news not kept", extra={"poll": poll})
            one.failed[poll] = f"{error.__class__.__name__}: {error}"
    with merchant_scope(one.merchant_id):
        for poll, text in one.failed.items():
            queue.fail(QUEUE, one.leases[poll], text)
        left = [lease for poll, lease in one.leases.items() if poll not in one.said and poll not in one.failed]
        _give_back(left, _note(one))


def _keep(one: Round, lease: Lease, said: Said, now: datetime) -> None:
    row: Poll = Poll.objects.select_related("shipment", "connection").get(pk=lease.id)
    was_registered = row.registered_at is not None
    # A vendor that has just been told of a number has not looked for it yet: its "unknown" says nothing. A number put right
    # during the call makes its answer another parcel's.
    is_same = row.number == row.shipment.tracking_number
    if said.news is not None and is_same and (was_registered or not said.news.is_unknown_to_carrier):
        news = replace(said.news, source=one.connection.slug, shipment=row.shipment.public_id)
        record_scans(news=without_future(news, at=now), at=now)
        row.shipment.refresh_from_db(fields=["status", "status_at", "last_scan_at"])
    step = _step(row, now)
    if isinstance(step, Again):
        step = Again(_wait(step.after, said, was_registered=was_registered))
    _settle(row, lease, step, said, now)


def _wait(usual: timedelta, said: Said, *, was_registered: bool) -> timedelta:
    if said.refusal:
        return REFUSED_AGAIN
    return SOON if said.is_registered != was_registered and (said.news is None or not said.news.scans) else usual


def _step(row: Poll, now: datetime) -> Again | Ended:
    parcel, heard = row.shipment, row.connection.last_received_at
    return rules.next_poll(
        status=parcel.status,
        status_at=parcel.status_at,
        silent_since=max(row.started_at, parcel.last_scan_at or row.started_at),
        is_pushed=heard is not None and now - heard < rules.PUSH_IS_ALIVE,
        now=now,
    )


def _settle(row: Poll, lease: Lease, step: Again | Ended, said: Said, now: datetime) -> None:
    """Write down what comes next, while the row is still ours. Only then is the end told, so it is told once."""
    values: dict[str, Any] = {"last_error": said.refusal[:500], "attempts": 0, "crashes": 0}
    if isinstance(step, Ended):
        values |= {"state": Work.DONE, "ended_reason": step.reason, "finished_at": Now()}
    else:
        registered_at = Coalesce("registered_at", Now()) if said.is_registered else None
        due_at = Now() + rules.spread(step.after, random.random())
        values |= {"state": Work.READY, "due_at": due_at, "registered_at": registered_at, "polled_at": Now()}
    mine = Poll.objects.filter(pk=lease.id, fence=lease.fence, state=Work.RUNNING)
    is_told = isinstance(step, Ended) and step.is_told and row.shipment.direction == Direction.OUT  # returns have days of their own
    if mine.update(**values) and is_told and isinstance(step, Ended):
        payload = {"order": row.shipment.order_id, "shipment": row.shipment_id, "reason": step.reason}
        emit(type="connectors.poll.ended", payload=payload, at=now)


def _give_back(leases: Iterable[Lease], after: timedelta) -> None:
    """Nothing was asked or answered: the try does not count against the parcel."""
    mine = list(leases)
    if mine:
        values: list[Any] = [after, [lease.id for lease in mine], [lease.fence for lease in mine]]
        with database.cursor() as cursor:
            cursor.execute(GIVE_BACK, values)


def _note(one: Round) -> timedelta:
    """Show the merchant what is wrong with the connection, or that nothing is; how long its parcels are left alone."""
    rows = Connection.objects.filter(pk=one.connection.pk)
    if one.trouble is None:
        if one.connection.trouble and one.said:
            rows.update(trouble="", trouble_since=None, paused_until=None)
        return timedelta()
    since = rows.annotate(lasted=Now() - F("trouble_since")).values_list("lasted", flat=True).first()
    asked = one.trouble.retry_after if isinstance(one.trouble, Transient) else None
    wait = rules.pause(retry_after=asked, troubled_for=since or timedelta(), is_key_refused=isinstance(one.trouble, KeyRefused))
    text = f"{KEY_REFUSED} ({one.trouble})" if isinstance(one.trouble, KeyRefused) else str(one.trouble)
    rows.update(paused_until=Now() + wait, trouble=text[:300], trouble_since=Coalesce("trouble_since", Now()))
    return wait
