"""Deliver: claim what is due, hand it over outside any transaction, record what the provider said."""

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import groupby

import notifications.channels  # noqa: F401  registers the shipped adapters
from core.clock import Clock
from core.logs import scrubbed
from core.transactions import forbid_transaction
from customers.services import stop_texts
from events import queue
from events.station import current_hold
from events.types import Lease
from merchants.scope import merchant_scope
from notifications import rules
from notifications.models import Message
from notifications.registry import Adapter
from notifications.services.calls import note_calls
from notifications.services.doubt import DOUBTS_DUE, settle_doubts
from notifications.services.held import park
from notifications.services.ladder import failed_of, step_down
from notifications.services.moves import LEASE, QUEUE, Move, finish_attempts, move
from notifications.services.prepare import Ready, fail_composing, give_back, prepare
from notifications.types import Accepted, Account, MessageState, NotAccepted, Outcome, Outgoing, Refused, Unknown

logger = logging.getLogger(__name__)

BATCH = 50
POOL = 10
CALL = 20.0  # seconds the slowest call may take: connect and read timeouts, and some
BEGIN = 20.0  # seconds after the claim in which a hand-over may begin: a task that is done soon is never cut off in mid-call
Answer = tuple[Ready, Outcome]
MESSAGES_DUE = (QUEUE.due, DOUBTS_DUE)


def drain_messages(clock: Clock, limit: int = BATCH) -> int:
    """Send due messages of all merchants once, and settle due doubts; returns how many rows were worked on."""
    forbid_transaction("notifications.drain_messages")
    settled = settle_doubts(clock, limit)
    begin_by = time.monotonic() + BEGIN
    leases = queue.claim(QUEUE, limit=limit)
    for group in groups(leases):
        try:
            _work_off(group, clock, begin_by)
        except Exception:  # one merchant's trouble must not cost the others their lease
            logger.exception("batch failed", extra={"merchant": group[0].merchant_id})
    return settled + len(leases)


def groups(leases: Sequence[Lease]) -> list[list[Lease]]:
    """One merchant's messages together; one that took its worker down before goes alone.

    Who was given back most often begins, or a merchant whose provider is slow would use up every round before the others' turn.
    """
    sound = [lease for lease in leases if not lease.crashes]
    together = [list(group) for _, group in groupby(sound, key=lambda lease: lease.merchant_id)]
    together.sort(key=lambda group: -max(lease.fence - lease.attempts for lease in group))
    return [*together, *([lease] for lease in leases if lease.crashes)]


def _work_off(leases: list[Lease], clock: Clock, begin_by: float) -> None:
    while leases:
        if time.monotonic() > begin_by:
            give_back(leases, clock())
            return
        try:
            batch = prepare(leases, clock())
        except Exception as error:
            _one_by_one(leases, error, clock, begin_by)
            return
        _hand_over(batch.ready, clock)
        leases = batch.later


def _one_by_one(leases: list[Lease], error: Exception, clock: Clock, begin_by: float) -> None:
    """A row that breaks the transaction is found by trying each alone; only that one is put back."""
    logger.exception("preparing failed", extra={"messages": len(leases)})
    if len(leases) == 1:
        fail_composing(leases[0], error, clock())
        return
    for lease in leases:
        _work_off([lease], clock, begin_by)


def _hand_over(ready: Sequence[Ready], clock: Clock) -> None:
    forbid_transaction("handing messages to a provider")
    if ready and current_hold() is not None:
        park(ready, clock)
        return
    until = time.monotonic() + LEASE.total_seconds()
    for _, group in groupby(sorted(ready, key=lambda one: one.account.id), key=lambda one: one.account.id):
        members = list(group)
        outcomes = _call(members[0].account, members[0].adapter, [one.outgoing for one in members], until)
        record(list(zip(members, outcomes, strict=True)), clock)


def _call(account: Account, adapter: Adapter, messages: list[Outgoing], until: float) -> list[Outcome]:
    if not adapter.uses_network or len(messages) == 1:
        return _ask(account, adapter, messages, until)
    with ThreadPoolExecutor(min(POOL, len(messages)), thread_name_prefix="send") as pool:
        return [outcome for [outcome] in pool.map(lambda message: _ask(account, adapter, [message], until), messages)]


def _ask(account: Account, adapter: Adapter, messages: list[Outgoing], until: float) -> list[Outcome]:
    if time.monotonic() > until - CALL:
        return [rules.LEASE_ENDED] * len(messages)
    try:
        outcomes = list(adapter.send(account=account, messages=messages))
    except Exception as error:  # an adapter that raises leaves open whether its provider took the message
        told = {"merchant": account.merchant_id, "account": account.id, "message_ids": [message.message_id for message in messages]}
        logger.exception("adapter raised", extra={"provider": account.provider, **told})
        return [Unknown(f"{error.__class__.__name__}")] * len(messages)
    if len(outcomes) != len(messages):
        return [Unknown("the adapter did not answer for every message")] * len(messages)
    return [_without_people(outcome) for outcome in outcomes]


def _without_people(outcome: Outcome) -> Outcome:
    """Providers quote the address they did not like; what they say is shown to staff and kept longer than the message."""
    return outcome if isinstance(outcome, Accepted) else replace(outcome, detail=scrubbed(outcome.detail))


def record(answers: Sequence[Answer], clock: Clock) -> None:
    """Write down what the provider said, unless a callback or another worker has moved the message on."""
    now = clock()
    _heed_stops(answers, now)
    with merchant_scope(answers[0][0].lease.merchant_id):
        moves = [_move(ready, outcome) for ready, outcome in answers]
        # `unknown` with our fence: the doubt sweep was faster than a slow call, nobody has touched it since.
        taken = move(moves, allowed=[MessageState.SENDING, MessageState.UNKNOWN], at=now)
        step_down(message_ids=failed_of(moves, taken), at=now)
        finish_attempts([_attempt(ready, outcome) for ready, outcome in answers], at=now)
        _remember_ids([m for m in moves if m.id not in taken and m.provider_id])
        note_calls([(ready, outcome, ready.lease.id in taken) for ready, outcome in answers], at=now)


def _move(ready: Ready, outcome: Outcome) -> Move:
    step = rules.after(outcome, attempts=ready.lease.attempts, has_other=ready.has_other)
    provider_id = outcome.provider_id[:200] if isinstance(outcome, Accepted) else None
    return Move(ready.lease.id, ready.lease.fence, step, provider_id=provider_id)


def _attempt(ready: Ready, outcome: Outcome) -> tuple[int, int, str, str]:
    match outcome:
        case Accepted(provider_id=id):
            name, detail = "accepted", id
        case Refused(code=code, detail=text):
            name, detail = "refused", f"{code} {text}"
        case NotAccepted(detail=text):
            name, detail = "not_accepted", text
        case Unknown(detail=text):
            name, detail = "unknown", text
    return ready.lease.id, ready.lease.fence, name, detail.replace("\x00", "").strip()[:300]


def _remember_ids(moves: Iterable[Move]) -> None:
    """A callback may settle a message before we do; the provider's id is still worth keeping."""
    for late in moves:
        Message.objects.filter(pk=late.id, fence=late.fence, provider_id="").update(provider_id=late.provider_id)


def _heed_stops(answers: Sequence[Answer], at: datetime) -> None:
    """In a transaction of their own, so that no shopper's row is waited for while messages and accounts are locked."""
    for ready, outcome in answers:
        if isinstance(outcome, Refused) and outcome.code == rules.STOPPED:
            with merchant_scope(ready.lease.merchant_id):
                stop_texts(number=ready.outgoing.recipient, detail=outcome.detail[:200], at=at)
